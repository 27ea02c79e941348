"""How a reply's tokens are chosen, and what of it was fitted to the person: that lies beside the LoRA."""

import json
from dataclasses import dataclass
from pathlib import Path

from bot.errors import PermanentError
from bot.files import read_text
from bot.workspace import write_private

FILE = "sampling.json"
VERSION = 2
"""Of the record. The first knew no `min_p`, and was fitted without."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature 0 is greedy. max_tokens bounds one reply. min_p: Nguyen et al., Turning Up the Heat, 2024."""

    temperature: float = 0.8
    top_p: float = 0.95
    presence_penalty: float = 0.2  # taken from the logit of every token the reply already holds
    max_tokens: int = 200
    seed: int | None = None
    min_p: float = 0.05  # a token with less than this share of the likeliest one's chance is never chosen

    def save(self, lora: Path) -> None:
        """Writes what is fitted beside the LoRA."""
        record = {
            "version": VERSION,
            "temperature": self.temperature,
            "min_p": self.min_p,
            "presence_penalty": self.presence_penalty,
        }
        write_private(lora / FILE, (json.dumps(record, indent=2) + "\n").encode())

    @classmethod
    def fitted(cls, lora: Path | None) -> "Sampling":
        """Returns what was fitted to the person; the defaults without a LoRA, or for one trained before that was done.

        Raises PermanentError where the record is damaged, PassingError while it cannot be read.
        """
        if lora is None:
            return cls()
        try:
            saved = json.loads(read_text(lora / FILE))
            version = int(saved["version"])
            if version > VERSION:
                raise PermanentError(
                    f"{lora / FILE} was written by a newer Echoes: update Echoes, or run `echoes calibrate`."
                )
            return cls(
                float(saved["temperature"]),
                presence_penalty=float(saved["presence_penalty"]),
                min_p=float(saved["min_p"]) if version > 1 else 0.0,
            )
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PermanentError(f"{lora / FILE} is damaged: run `echoes calibrate`.") from None
