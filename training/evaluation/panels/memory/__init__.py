"""What the avatar remembers, agrees with, and tells one contact of another."""
