"""What plays: what is seen and heard in videos, moving stickers and voice messages, taken out in a process apart."""
