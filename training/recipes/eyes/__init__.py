"""Eyes for the embedded model: the recipe that made the vision tower which ships with it."""
