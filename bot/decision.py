"""Answer or stay silent: the model's probability, joined by what can be seen of the conversation, calibrated."""

import dataclasses
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.errors import PermanentError
from bot.workspace import write_private

FILE = "decision.json"
HISTORY = 60
"""How many messages, the one to decide on included, the features look at."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a group as the decision sees it. `who` is any key that tells speakers apart; None: the subject."""

    who: str | None
    at: datetime
    text: str = ""
    photo: bool = False
    addressed: bool = False
    addressed_other: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    answer: bool
    probability: float


def features(history: Sequence[Heard], names: Sequence[str], others: Sequence[str] = ()) -> dict[str, float]:
    """15 features of the last message of `history` (oldest first; HISTORY of them are looked at), each about 0 to 1.

    names: what the subject is called; others: what the people present are called.
    """
    last = history[-1]
    before = history[-HISTORY:-1]
    own = [index for index, heard in enumerate(before) if heard.who is None]
    since = len(before) - 1 - own[-1] if own else HISTORY
    seconds = (last.at - before[own[-1]].at).total_seconds() if own else 86400.0
    recent = before[-20:]
    previous = before[-1] if before else None
    named = mentions(last.text, names)
    other = last.addressed_other or (not named and _opens_with_name(last.text, others))
    after_own = [heard for heard in before if own and heard.at >= before[own[-1]].at]
    theirs = [index for index, heard in enumerate(before) if heard.who == last.who]
    replied = any(index + 1 < len(before) and before[index + 1].who is None for index in theirs)
    pace = (last.at - recent[0].at).total_seconds() / len(recent) if recent else 600.0
    return {
        "addressed": float(last.addressed or named),
        "addressed_other": float(other),
        "recency_messages": 1 - math.log1p(since) / math.log1p(HISTORY),
        "recency_seconds": 1 / (1 + max(seconds, 0) / 60),
        "share": sum(heard.who is None for heard in recent) / max(len(recent), 1),
        "spoke_last": float(bool(previous and previous.who is None)),
        "same_speaker": float(bool(previous and previous.who == last.who)),
        "answered_them": float(replied),
        "addressed_recently": float(any(heard.addressed or mentions(heard.text, names) for heard in recent[-5:])),
        "new_speaker": float(not theirs),
        "question": float(last.text.rstrip().endswith(("?", "？")) or "?" in last.text),
        "length": min(math.log1p(len(last.text)) / 6, 1.0),
        "photo": float(last.photo),
        "voices": min(len({heard.who for heard in after_own} - {None}) / 5, 1.0),
        "pace": 1 / (1 + max(pace, 0) / 30),
    }


def is_out(seen: Mapping[str, float]) -> bool:
    """Whether the subject is out of the conversation: none of the last 20 messages is theirs."""
    return not seen.get("share")


def mentions(text: str, names: Sequence[str]) -> bool:
    """Whether one of the names stands in a text; Latin ones as whole words, Chinese ones anywhere."""
    lowered = text.lower()
    return any(
        re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", lowered) if name.isascii() else name in text
        for name in names
        if name
    )


def _opens_with_name(text: str, others: Sequence[str]) -> bool:
    """`Tom: yes`, `@tom yes`, `tom yes`; a Chinese name needs nothing after it."""
    text = text.removeprefix("@").lower()
    return any(
        text.startswith(name) and (not name.isascii() or not re.match(r"\w", text[len(name) :]))
        for name in (name.lower() for name in others if len(name) > (2 if name.isascii() else 1))
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic over the model's log-odds and the features, fitted on the person's held-out days.

    Who has just spoken is likelier to speak again. With one threshold an avatar that is out of the conversation would
    never find its way back in, so that state has a threshold of its own: where the person joined in as often.
    """

    bias: float = 0.0
    model: float = 1.0  # weight of the model's log-odds
    weights: Mapping[str, float] = field(default_factory=dict)
    threshold: float = 0.5
    joining: float = 0.5  # the threshold while none of the last 20 messages is the avatar's own

    def probability(self, p_model: float, seen: Mapping[str, float]) -> float:
        p = min(max(p_model, 1e-6), 1 - 1e-6)
        total = self.bias + self.model * math.log(p / (1 - p))
        total += sum(weight * seen.get(name, 0.0) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(min(total, 60.0), -60.0)))

    def decide(self, p_model: float, seen: Mapping[str, float]) -> Decision:
        probability = self.probability(p_model, seen)
        return Decision(probability >= (self.joining if is_out(seen) else self.threshold), probability)

    def save(self, lora: Path) -> None:
        write_private(lora / FILE, (json.dumps(dataclasses.asdict(self), indent=2) + "\n").encode())

    @classmethod
    def load(cls, lora: Path) -> "Calibration":
        """The calibration beside a LoRA; the model's own probability where there is none. Raises PermanentError."""
        try:
            saved = json.loads((lora / FILE).read_text("utf-8"))
            weights = {str(name): float(weight) for name, weight in saved["weights"].items()}
            threshold = float(saved["threshold"])
            joining = float(saved.get("joining", threshold))
            return cls(float(saved["bias"]), float(saved["model"]), weights, threshold, joining)
        except FileNotFoundError:
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PermanentError(f"{lora / FILE} is damaged: train again with `echoes train`.") from None
