"""What the corpus suggests of who is who, for the owner to confirm: nothing here changes anything."""
