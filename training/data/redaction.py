"""What identifies somebody by itself is not learnt: numbers to reach them by become zeros, e-mail one fixed address.

Phone numbers, identity and card numbers, account ids, passwords, e-mail and postal addresses, in English and Chinese
chats. Dates, times, prices, order numbers and short numbers stay. A placeholder has the shape of what it stands for, so
that the subject's way of writing it is still learnt. Names stay: people are spoken to by them. Rules miss things: this
lessens what a LoRA can give away, and the privacy panel measures what is left.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.chat.dialogue import Bubble
from training.data.codes import codes
from training.data.dialogues import Dialogue
from training.data.identities import NOT_BEFORE, WHOLE, identities
from training.data.numbers import is_card, numbers

EMAIL = "name@example.com"


class Secret(StrEnum):
    EMAIL = "e-mail addresses"
    CODE = "passwords and codes to log in with"
    IDENTITY = "identity and account numbers"
    CARD = "card numbers"
    PHONE = "phone and other long numbers"
    ADDRESS = "postal addresses"


@dataclass(frozen=True, slots=True)
class Found:
    """text[start:end] is what was found."""

    kind: Secret
    start: int
    end: int


_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_STREETS = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Court|Ct|Square|Sq|Terrace|Place|Pl|Boulevard|Blvd|Crescent|"
    "Quay|Gardens|Row|Mews|Walk|Way"
)
_SURE_STREETS = "street|road|avenue|lane|terrace|boulevard|crescent"  # also where nothing is a capital
_NO_STREET = (
    "minutes|minute|mins|min|hours|hour|days|day|weeks|years|km|kms|miles|mile|metres|meters|m|steps|times|people|cars|"
    "the|a|an|of|on|in|to|from|down|up|along|off|per|more|other|wrong|long|and|or|is|it"
)
_ADDRESSES = (
    re.compile(NOT_BEFORE + r"\d{1,5}[A-Za-z]?,? (?:[A-Z][\w'’.-]* ){1,3}" + rf"(?:{_STREETS})\b"),
    re.compile(NOT_BEFORE + rf"\d{{1,5}}[a-z]? (?:(?!(?:{_NO_STREET})\b)[a-z'’-]+ ){{1,2}}(?:{_SURE_STREETS})\b"),
    re.compile(WHOLE.format(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")),  # British post codes
    re.compile(  # 解放路12号3栋502室
        r"(?:路|街|大道|巷|弄|胡同|村|小区|花园|苑)[\s,，]*"
        r"\d+[\d\-—]*\s*(?:号楼|号院|号|弄|栋|幢|单元|室)"
        r"(?:[\s,，]*(?:[A-Za-z]座|\d+[\d\-—]*\s*(?:号楼|栋|幢|座|单元|楼|层|室|号)))*"
    ),
)
_WORTH_A_LOOK = re.compile(r"[\d@]|wxid_|gh_")  # most messages are not


def find(text: str) -> list[Found]:
    """Finds what identifies somebody in a text, in order; nothing overlaps."""
    found: list[Found] = []
    if not _WORTH_A_LOOK.search(text):
        return found

    def take(kind: Secret, start: int, end: int) -> None:
        if not any(one.start < end and start < one.end for one in found):
            found.append(Found(kind, start, end))

    for match in _EMAIL.finditer(text):
        take(Secret.EMAIL, *match.span())
    for span in codes(text):
        take(Secret.CODE, *span)
    for span in identities(text):
        take(Secret.IDENTITY, *span)
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            take(Secret.ADDRESS, *match.span())
    for start, end, digits in numbers(text):
        take(Secret.CARD if is_card(digits) else Secret.PHONE, start, end)
    return sorted(found, key=lambda one: one.start)


def redact(text: str, seen: Callable[[Secret], object] = lambda _: None) -> str:
    """Returns the text with placeholders; `seen` is told of each find."""
    pieces, last = [], 0
    for one in find(text):
        seen(one.kind)
        pieces += [text[last : one.start], placeholder(one.kind, text[one.start : one.end])]
        last = one.end
    return "".join((*pieces, text[last:]))


def placeholder(kind: Secret, text: str) -> str:
    """Returns a placeholder of the same shape, the same each time: digits become 0, letters of ids and passwords X."""
    if kind is Secret.EMAIL:
        return EMAIL
    zeros = re.sub(r"\d", "0", text)
    return re.sub(r"[A-Za-z]", "X", zeros) if kind in (Secret.IDENTITY, Secret.CODE) else zeros


def redacted(dialogue: Dialogue, counts: Counter[str]) -> Dialogue:
    """Returns the dialogue as it is learnt. `counts` takes up what was replaced in its own turns."""
    turns = []
    for number, turn in enumerate(dialogue.turns):

        def seen(kind: Secret, own: bool = number >= dialogue.context) -> None:
            counts[f"replaced: {kind}"] += own

        bubbles = tuple(_redacted(bubble, seen) for bubble in turn.bubbles)
        memory = tuple(redact(line) for line in turn.memory)
        same = bubbles == turn.bubbles and memory == turn.memory
        turns.append(turn if same else replace(turn, bubbles=bubbles, memory=memory))
    return replace(dialogue, turns=tuple(turns))


def _redacted(bubble: Bubble, seen: Callable[[Secret], object]) -> Bubble:
    """A quotation is not counted: what it quotes was."""
    quote = bubble.quote and replace(bubble.quote, text=redact(bubble.quote.text))
    reactions = tuple(replace(one, to=one.to and replace(one.to, text=redact(one.to.text))) for one in bubble.reactions)
    return replace(bubble, text=redact(bubble.text, seen), quote=quote, reactions=reactions)
