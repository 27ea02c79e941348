"""Whether a LoRA was trained with what is remembered: one that was not never saw it, and is served without."""

import json
from pathlib import Path

from bot.workspace import write_private

FILE = "memory.json"
VERSION = 1
"""Of the way in which memories are found and shown."""


def note_memory(lora: Path) -> None:
    """Notes it beside the LoRA."""
    write_private(lora / FILE, (json.dumps({"version": VERSION}) + "\n").encode())


def remembers(lora: Path | None) -> bool:
    """Whether this LoRA may be shown memories; the base model, which was trained for no prompt of ours, may."""
    return lora is None or (lora / FILE).is_file()
