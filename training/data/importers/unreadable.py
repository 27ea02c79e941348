"""Recognises exports that no format reads yet, so that the refusal can name the tool that wrote them."""

from training.data.importers.base import Head

_WRITERS = {
    "chatlab": "ChatLab",
    "chatInfo": "QQ Chat Exporter",
    "seq": "chatlog",
}
"""The tools by a key, of the document or of its messages, that nobody else writes."""


def writer_of(head: Head) -> str | None:
    """Returns the name of the tool that wrote a JSON file; None if it is none of these."""
    keys = head.keys_at("", "messages.item", "item")
    return next((writer for key, writer in _WRITERS.items() if key in keys), None)
