"""What mattered: the presets beside each other, and the tuned one with each of its choices switched off."""
