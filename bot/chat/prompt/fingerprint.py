"""What a LoRA was trained to read. Saved beside it; the engine refuses one that differs."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.chat.prompt.codec import Codec
from bot.chat.prompt.render import BLOCKS, RENDERER
from bot.errors import PermanentError
from bot.files import read_text
from bot.people import RELATIONSHIPS
from bot.workspace import write_private

FILE = "prompt.json"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    renderer: int
    base_model: str
    tokenizer: str  # SHA-256 of its definition
    patch: int
    merge: int
    min_pixels: int
    max_pixels: int
    relationships: tuple[str, ...]
    blocks: Mapping[str, int]
    names: str | None = None  # of what photos are called where the model does not see them

    @classmethod
    def of(cls, base_model: str, codec: Codec) -> "Fingerprint":
        return cls(
            RENDERER,
            base_model,
            hashlib.sha256(codec.tokenizer.to_str().encode()).hexdigest(),
            codec.geometry.patch,
            codec.geometry.merge,
            codec.geometry.min_pixels,
            codec.geometry.max_pixels,
            tuple(RELATIONSHIPS),
            BLOCKS,
            codec.names.fingerprint if codec.names else None,
        )

    def save(self, lora: Path) -> None:
        write_private(lora / FILE, (json.dumps(dataclasses.asdict(self), indent=2) + "\n").encode())

    def check(self, lora: Path) -> None:
        """Raises PermanentError where the LoRA in that folder was trained for another prompt.

        Raises PassingError while that cannot be read.
        """
        try:
            saved = dict(json.loads(read_text(lora / FILE)))
        except FileNotFoundError:
            raise PermanentError(f"{lora} has no {FILE}: it is not a LoRA that `echoes train` made.") from None
        except (ValueError, TypeError):
            raise PermanentError(f"{lora / FILE} is damaged: train again with `echoes train`.") from None
        mine = json.loads(json.dumps(dataclasses.asdict(self)))
        differing = [key for key in mine if saved.get(key) != mine[key]]
        if "renderer" in differing and "blocks" in differing:
            differing.remove("blocks")  # another renderer says enough
        if differing:
            shown = "; ".join(f"{key}: trained for {saved.get(key)!r}, here {mine[key]!r}" for key in differing)
            raise PermanentError(
                f"The LoRA in {lora} does not fit this engine ({shown}): choose the base model it was trained on, "
                "or run `echoes train` again."
            )
