"""How what ships was made, and ways of training compared. Not for users."""
