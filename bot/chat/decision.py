"""Answer or stay silent: the model's probability, joined by what can be seen of the conversation, calibrated."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bot.chat.features import is_addressed, is_out
from bot.errors import PermanentError
from bot.files import read_text
from bot.outcome import MODEL, Decision, Term
from bot.workspace import write_private

FILE = "decision.json"
VERSION = 4
"""Of the record. 1, which names no version, knew only the first 15 features; 2 decided what is addressed as all else;
3 left nothing to chance. All are read as they are."""

_TERMS = 6  # told of a decision, beside the model's


@dataclass(frozen=True, slots=True)
class Logistic:
    """Turns the model's log-odds and the features into the probability that the person speaks next.

    usual: of each feature, and of the model's log-odds, the mean on the days it was fitted on; 0 where it is not known.
    """

    bias: float = 0.0
    model: float = 1.0  # weight of the model's log-odds
    weights: Mapping[str, float] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict, kw_only=True)

    def probability(self, p_model: float, seen: Mapping[str, float]) -> float:
        total = self.bias + self.model * logit(p_model)
        total += sum(weight * seen.get(name, 0.0) for name, weight in self.weights.items())
        return expit(total)

    def terms(self, p_model: float, seen: Mapping[str, float]) -> tuple[Term, ...]:
        """Returns the model's part, where it has one, and then what else moves the probability most."""
        every = [
            Term(name, seen.get(name, 0.0), self.usual.get(name, 0.0), weight) for name, weight in self.weights.items()
        ]
        moving = sorted((term for term in every if term.contribution), key=lambda term: -abs(term.contribution))
        own = [Term(MODEL, logit(p_model), self.usual.get(MODEL, 0.0), self.model)] if self.model else []
        return (*own, *moving[:_TERMS])

    def corrected(self, correction: float) -> Self:
        """Returns the same for a model whose log-odds are lower by that."""
        usual = dict(self.usual)
        if MODEL in usual:
            usual[MODEL] -= correction
        return dataclasses.replace(self, bias=self.bias + self.model * correction, usual=usual)


@dataclass(frozen=True, slots=True)
class Addressed(Logistic):
    """Decides what is addressed to the person, by the message itself and the model: never by how fast the chat goes.

    threshold: where it answers as many of them as the person did; 0 answers every one.
    """

    model: float = 0.0
    threshold: float = 0.0


@dataclass(frozen=True, slots=True)
class Calibration(Logistic):
    """A logistic over the model's log-odds and the features, fitted on the person's held-out days.

    Who has just spoken is likelier to speak again. With one threshold an avatar that is out of the conversation would
    never find its way back in, so that state has a threshold of its own: where the person joined in as often.

    addressed: what decides on messages addressed to the person; None: what decides on all others, too.
    drawn: what is not addressed is decided by chance, and a threshold is the probability at which every second message
    is answered. A fixed one would make an avatar, whose own words are its past, either fall silent or never stop.
    precision: of the engine that was asked for the model's log-odds, in its own words; empty where it is not known.
    correction: of the log-odds, as training needs it; `bias` holds it already.
    """

    threshold: float = 0.5
    joining: float = 0.5  # the threshold while none of the last 20 messages is the avatar's own
    addressed: Addressed | None = None
    drawn: bool = False
    precision: str = field(default="", compare=False)
    correction: float = field(default=0.0, compare=False)

    def decide(self, p_model: float, seen: Mapping[str, float], chance: float = 0.5) -> Decision:
        """Decides on a message. chance: its own, from `chance_of`; 0.5 moves no threshold."""
        own = self.addressed if is_addressed(seen) else None
        threshold = own.threshold if own else self.joining if is_out(seen) else self.threshold
        rule = own or self
        probability = rule.probability(p_model, seen)
        often = None
        if self.drawn and own is None:  # log-odds of a uniform chance: the logistic's own distribution
            often = expit(logit(probability) - logit(threshold))
            threshold = expit(logit(threshold) + logit(chance))
        terms = rule.terms(p_model, seen)
        own_view = expit(logit(p_model) + self.correction) if self.correction else p_model
        return Decision(probability >= threshold, probability, threshold, own_view, terms, own is not None, often)

    def doubt(self, serving: str) -> str | None:
        """Returns a sentence where another engine was calibrated than the one that serves; None where all is well.

        serving: that one's precision, in its own words.
        """
        asked = self.model or (self.addressed and self.addressed.model)
        if serving == self.precision or not self.precision or not asked:
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
            threshold = float(saved["threshold"])
            addressed = saved.get("addressed")
            return cls(
                **_logistic(saved),
                threshold=threshold,
                joining=float(saved.get("joining", threshold)),
                drawn=bool(saved.get("drawn", False)),
                addressed=addressed and Addressed(**_logistic(addressed), threshold=float(addressed["threshold"])),
                precision=str(saved.get("precision", "")),
                correction=float(saved.get("correction", 0.0)),
            )
        except FileNotFoundError:
            raise PermanentError(
                f"{lora / FILE} is missing, which says when the avatar answers in groups: train again with "
                "`echoes train`, or name another LoRA under model.lora in config.yaml."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PermanentError(f"{lora / FILE} is damaged: train again with `echoes train`.") from None


def chance_of(chat: str, message: str) -> float:
    """Returns a message's chance, above 0 and below 1: evenly spread, and the same whenever it is decided on.

    chat: its key; message: its id there.
    """
    drawn = hashlib.blake2b(f"{chat}\n{message}".encode(), digest_size=6).digest()
    return (int.from_bytes(drawn, "big") + 0.5) / 2**48


def expit(log_odds: float) -> float:
    """Returns the probability with these log-odds."""
    return 1 / (1 + math.exp(-max(min(log_odds, 60.0), -60.0)))


def logit(probability: float) -> float:
    """Returns the log-odds of a probability, within bounds."""
    p = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(p / (1 - p))


def _logistic(saved: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of a logistic."""
    return {
        "bias": float(saved["bias"]),
        "model": float(saved["model"]),
        "weights": _numbers(saved["weights"]),
        "usual": _numbers(saved.get("usual", {})),
    }


def _numbers(saved: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in saved.items()}
