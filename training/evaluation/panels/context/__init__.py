"""Whether it matters to the avatar whom it talks with, and what it is shown."""
