"""Whether what the avatar writes looks like what the person writes."""
