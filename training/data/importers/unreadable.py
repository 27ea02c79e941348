"""Exports that Echoes knows by sight and cannot read: whose tool wrote a file, so that the refusal can say so."""

from training.data.importers.base import Head

_WRITERS = {
    "chatlab": "ChatLab",
    "chatInfo": "QQ Chat Exporter",
    "guild": "DiscordChatExporter",
    "participants": "Messenger or Instagram",
    "seq": "chatlog",
}
"""By a key of the document or of its messages that nobody else writes."""


def writer_of(head: Head) -> str | None:
    """The tool that wrote a JSON file which cannot be imported yet; None where it is not known."""
    keys = head.keys_at("", "messages.item", "item")
    return next((writer for key, writer in _WRITERS.items() if key in keys), None)
