"""What people write in YAML and JSON, checked by pydantic models: every mistake a sentence, with its line."""

from bot.validation.document import Document, read, read_json
from bot.validation.model import EMPTY, Place, Section, Text, if_empty, places, section_in, wrong
from bot.validation.sentences import either

__all__ = [
    "EMPTY",
    "Document",
    "Place",
    "Section",
    "Text",
    "either",
    "if_empty",
    "places",
    "read",
    "read_json",
    "section_in",
    "wrong",
]
