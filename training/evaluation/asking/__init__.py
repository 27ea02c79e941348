"""How a model is asked: answers written and weighed in batches, read once and kept."""
