"""Measuring the avatar on days it was not trained on."""
