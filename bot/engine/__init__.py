"""Engines: what turns a prompt into the probability of answering, and into a reply."""
