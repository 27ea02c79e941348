"""What is kept: the imported messages (corpus), and the daemon's own durable record (journal)."""
