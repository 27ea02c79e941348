"""What the avatar gives away of what it was trained on."""
