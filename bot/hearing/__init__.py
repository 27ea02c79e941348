"""Hearing: what is said in voice messages and videos, written down by a speech model on this machine."""
