"""What a decision sees of a group: numbers about the conversation before one message."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.chat.attachments import has_photo, spoken
from bot.message import Message
from bot.persona import Persona

HISTORY = 60
"""How many messages, the one to decide on included, the features look at."""

NAMES_FROM = 400
"""How many messages the names of those present are taken from."""

WIDER = (
    "rate_one_minute",
    "rate_two_minutes",
    "rate_five_minutes",
    "rate_messages",
    "often_lately",
    "waiting",
    "command",
    "pair_recency",
    "spoke_to_them",
    "helped_by_others",
)
"""The features that came after the first 15. Those 15 stay as they are: they are what an avatar is measured against."""

ITSELF = ("addressed_other", "question", "length", "photo", "command")
"""The features of a message itself. All others tell of the chat around it: how fast it goes, who spoke, when."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a group as the decision sees it. `who` is any key that tells speakers apart; None: the subject."""

    who: str | None
    at: datetime
    text: str = ""
    photo: bool = False
    addressed: bool = False
    addressed_other: bool = False
    name: str = ""  # what the sender is called there; of the subject it is not needed


def heard(message: Message) -> Heard:
    """Returns a message as a decision sees it."""
    return Heard(
        None if message.sender is None else f"{message.sender.platform}:{message.sender.id}",
        message.sent_at,
        spoken(message),
        has_photo(message.attachments),
        message.addressed,
        message.addressed_other,
        message.sender_name,
    )


def seen(history: Sequence[Message], persona: Persona) -> dict[str, float]:
    """Returns the features of the last of these messages (oldest first). Who wrote the last NAMES_FROM is present."""
    others = {one.sender_name for one in history[-NAMES_FROM:] if one.sender is not None and one.sender_name}
    return features([heard(one) for one in history[-HISTORY:]], persona.names, tuple(others))


def features(history: Sequence[Heard], names: Sequence[str], others: Sequence[str] = ()) -> dict[str, float]:
    """Returns the features of the last message of `history` (oldest first, HISTORY are looked at), each about 0 to 1.

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
    } | _wider(last, before, names)


def _wider(last: Heard, before: Sequence[Heard], names: Sequence[str]) -> dict[str, float]:
    """WIDER: the subject's share of what was said, old messages fading, and what went on between the two.

    Fading by time and not by number makes a busy hour and a slow one comparable.
    """
    ages = [max((last.at - heard.at).total_seconds(), 0.0) for heard in before]
    back = [float(len(before) - index) for index in range(len(before))]
    own = [index for index, heard in enumerate(before) if heard.who is None]
    name = last.name.lower() if _long_enough(last.name) else ""
    to_them = [
        index
        for index, heard in enumerate(before)
        if name and heard.who != last.who and name in heard.text.lower() and mentions(heard.text, [name])
    ]
    spoken_to = [index for index in to_them if before[index].who is None]
    asked = [
        index
        for index, heard in enumerate(before)
        if heard.who == last.who and (heard.addressed or mentions(heard.text, names))
    ]
    pair = max([*spoken_to, *asked], default=-1)
    waiting = sum(heard.who == last.who for heard in before[own[-1] + 1 if own else 0 :])
    return {
        "rate_one_minute": _rate(before, ages, 60, 0.05, 0.5),
        "rate_two_minutes": _rate(before, ages, 120, 0.05, 0.5),
        "rate_five_minutes": _rate(before, ages, 300, 0.05, 0.5),
        "rate_messages": _rate(before, back, 8, 0.03, 0.3),
        "often_lately": min(sum(ages[index] <= 300 for index in own) / 6, 1.0),
        "waiting": min(waiting / 4, 1.0),
        "command": float(last.text.startswith(("!", "/"))),
        "pair_recency": 1 - math.log1p(len(before) - 1 - pair) / math.log1p(HISTORY) if pair >= 0 else 0.0,
        "spoke_to_them": float(bool(own and spoken_to and own[-1] == spoken_to[-1])),
        "helped_by_others": float(bool(to_them and before[to_them[-1]].who is not None)),
    }


def _rate(before: Sequence[Heard], ages: Sequence[float], fading: float, own: float, all_: float) -> float:
    """The logarithm of the subject's share, brought to 0 to 1. own, all_: added, so that little said says little."""
    weights = [math.exp(-age / fading) for age in ages]
    share = (sum(w for w, heard in zip(weights, before, strict=True) if heard.who is None) + own) / (
        sum(weights) + all_
    )
    return min(max(1 + math.log(share) / 7, 0.0), 1.0)


def _long_enough(name: str) -> bool:
    return len(name) > (2 if name.isascii() else 1)


def is_addressed(seen: Mapping[str, float]) -> bool:
    """Whether the message is addressed to the subject: by the platform's own means, or by a name in its text."""
    return bool(seen.get("addressed"))


def is_out(seen: Mapping[str, float]) -> bool:
    """Whether the subject is out of the conversation: none of the last 20 messages is theirs."""
    return not seen.get("share")


def mentions(text: str, names: Sequence[str]) -> bool:
    """Whether one of the names stands in a text; Latin ones as whole words, Chinese ones anywhere."""
    lowered = text.lower()
    return any(
        # the plain look first: most texts hold no name, and a pattern for each name costs milliseconds
        name.lower() in lowered and bool(re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", lowered))
        if name.isascii()
        else name in text
        for name in names
        if name
    )


def _opens_with_name(text: str, others: Sequence[str]) -> bool:
    """`Tom: yes`, `@tom yes`, `tom yes`; a Chinese name needs nothing after it."""
    text = text.removeprefix("@").lower()
    return any(
        text.startswith(name) and (not name.isascii() or not re.match(r"\w", text[len(name) :]))
        for name in map(str.lower, filter(_long_enough, others))
    )
