"""What is remembered of earlier talks: found again for the turn at hand, and shown with it."""
