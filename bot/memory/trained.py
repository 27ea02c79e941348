"""How a LoRA was trained with what is remembered: one that was not never saw it, and is served without."""

import json
from pathlib import Path

from bot.files import read_text
from bot.memory.vectors import Encoder
from bot.workspace import write_private

FILE = "memory.json"
VERSION = 1
"""Of the way in which memories are found and shown."""


def note_memory(lora: Path, encoder: Encoder | None) -> None:
    """Notes it beside the LoRA. encoder: what found them by meaning, beside words."""
    noted: dict[str, object] = {"version": VERSION}
    if encoder is not None:
        noted["encoder"] = {"name": encoder.name, "fingerprint": encoder.fingerprint}
    write_private(lora / FILE, (json.dumps(noted) + "\n").encode())


def remembers(lora: Path | None) -> bool:
    """Whether this LoRA may be shown memories; the base model, which was trained for no prompt of ours, may."""
    return lora is None or (lora / FILE).is_file()


def doubt(lora: Path | None, encoder: Encoder | None) -> str:
    """Returns in a sentence that memories are found otherwise than when this LoRA was trained; empty where not."""
    if lora is None:
        return ""
    try:
        noted = json.loads(read_text(lora / FILE))
        trained = noted.get("encoder") or {}
        name, fingerprint = str(trained.get("name", "")), str(trained.get("fingerprint", ""))
    except (FileNotFoundError, ValueError, AttributeError):
        return ""  # it was trained without memories, or nobody knows how
    if fingerprint == (encoder.fingerprint if encoder else ""):
        return ""
    return (
        f"The LoRA {lora.name} was trained with memories found {_by(name)}, and here they are found "
        f"{_by(encoder.name if encoder else '')}: set memory.encoder as it was then, or run `echoes train` again."
    )


def _by(encoder: str) -> str:
    return f"by meaning, with {encoder}" if encoder else "by words alone"
