"""Readers of what was written outside of chats: diaries and letters, e-mail, posts."""
