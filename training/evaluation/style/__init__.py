"""Panel A: whether what the avatar writes looks like what the person writes."""
