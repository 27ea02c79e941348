"""Answer or stay silent: the model's probability, joined by what can be seen of the conversation, calibrated."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.chat.features import is_out
from bot.errors import PermanentError
from bot.files import read_text
from bot.workspace import write_private

FILE = "decision.json"
VERSION = 2
"""Of the record. 1, which names no version, knew only the first 15 features, and is read as it is."""


@dataclass(frozen=True, slots=True)
class Decision:
    answer: bool
    probability: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic over the model's log-odds and the features, fitted on the person's held-out days.

    Who has just spoken is likelier to speak again. With one threshold an avatar that is out of the conversation would
    never find its way back in, so that state has a threshold of its own: where the person joined in as often.

    precision: of the engine that was asked for the model's log-odds, in its own words; empty where it is not known.
    correction: of the log-odds, as training needs it; `bias` holds it already.
    """

    bias: float = 0.0
    model: float = 1.0  # weight of the model's log-odds
    weights: Mapping[str, float] = field(default_factory=dict)
    threshold: float = 0.5
    joining: float = 0.5  # the threshold while none of the last 20 messages is the avatar's own
    precision: str = field(default="", compare=False)
    correction: float = field(default=0.0, compare=False)

    def probability(self, p_model: float, seen: Mapping[str, float]) -> float:
        p = min(max(p_model, 1e-6), 1 - 1e-6)
        total = self.bias + self.model * math.log(p / (1 - p))
        total += sum(weight * seen.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(min(total, 60.0), -60.0)))

    def decide(self, p_model: float, seen: Mapping[str, float]) -> Decision:
        probability = self.probability(p_model, seen)
        return Decision(probability >= (self.joining if is_out(seen) else self.threshold), probability)

    def doubt(self, serving: str) -> str | None:
        """Returns a sentence where another engine was calibrated than the one that serves; None where all is well.

        serving: that one's precision, in its own words.
        """
        if serving == self.precision or not self.precision or not self.model:
            return None
        return (
            f"Its decision is calibrated on another engine ({self.precision}) than the one that serves ({serving}): "
            "if they do not compute alike, it answers too often or too seldom in groups. Run `echoes calibrate`."
        )

    def save(self, lora: Path) -> None:
        record = {"version": VERSION} | dataclasses.asdict(self)
        write_private(lora / FILE, (json.dumps(record, indent=2) + "\n").encode())

    @classmethod
    def load(cls, lora: Path) -> "Calibration":
        """The calibration beside a LoRA. Raises PermanentError where it is missing or damaged.

        Without it groups would be decided by the model's own probability at one half, however often the person spoke.
        Raises PassingError while it cannot be read.
        """
        try:
            saved = json.loads(read_text(lora / FILE))
            version = int(saved.get("version", 1))
            if version > VERSION:
                raise PermanentError(
                    f"{lora / FILE} was written by a newer Echoes (version {version} of the record, and this one "
                    f"knows {VERSION}): update Echoes, or train again with `echoes train`."
                )
            weights = {str(name): float(weight) for name, weight in saved["weights"].items()}
            threshold = float(saved["threshold"])
            joining = float(saved.get("joining", threshold))
            about = str(saved.get("precision", "")), float(saved.get("correction", 0.0))
            return cls(float(saved["bias"]), float(saved["model"]), weights, threshold, joining, *about)
        except FileNotFoundError:
            raise PermanentError(
                f"{lora / FILE} is missing, which says when the avatar answers in groups: train again with "
                "`echoes train`, or name another LoRA under model.lora in config.yaml."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PermanentError(f"{lora / FILE} is damaged: train again with `echoes train`.") from None
