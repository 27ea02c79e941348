"""Servers that stand in for the platforms: stricter than the real ones where that catches mistakes."""
