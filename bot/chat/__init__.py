"""The one road of a message, for daemon and training alike: turns, a scene, what a decision sees, token ids."""
