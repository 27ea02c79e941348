"""Speaking first: when the subject used to begin, when the avatar may, and the beginning itself."""
