"""Speaking: what the avatar says, in a synthetic voice. Off unless the owner and the consent say so."""
