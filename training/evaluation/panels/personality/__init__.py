"""Whether the avatar sees itself as the person does."""
