"""Many prompts at once: whole dialogues scored, continuations scored, replies written, each beginning read once."""
