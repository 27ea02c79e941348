"""Files of a training run that are whole at every moment."""

import io
from pathlib import Path
from typing import Any

import torch

from bot.workspace import write_private


def keep(path: Path, content: dict[str, Any]) -> None:
    """Writes a checkpoint: a kill leaves the old one or the new one."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, buffer.getvalue())


def kept(path: Path) -> dict[str, Any] | None:
    """Reads a checkpoint, without running anything in it; None where there is none."""
    if not path.is_file():
        return None
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content
