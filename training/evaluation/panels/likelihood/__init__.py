"""How well the avatar foresees the subject's real words."""
