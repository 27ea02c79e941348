"""Whether the avatar can hold a talk in which its own replies are the past."""
