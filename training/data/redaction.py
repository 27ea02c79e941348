"""What identifies somebody by itself is not learnt: numbers to reach them by become zeros, e-mail one fixed address.

Phone numbers, identity and card numbers, account ids, e-mail and postal addresses, in English and Chinese chats. Dates,
times, prices and short numbers stay. A placeholder has the shape of what it stands for, so that the subject's way of
writing it is still learnt. Names stay: people are spoken to by them. Rules miss things: this lessens what a LoRA can
give away, and the privacy panel measures what is left.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.chat.dialogue import Bubble
from training.data.dialogues import Dialogue

EMAIL = "name@example.com"


class Secret(StrEnum):
    EMAIL = "e-mail addresses"
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


_NOT_BEFORE, _NOT_AFTER = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"  # Chinese characters may stand on both sides
_WHOLE = _NOT_BEFORE + r"(?:{})" + _NOT_AFTER

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_IDENTITY = re.compile(
    _WHOLE.format(
        "|".join(
            (
                r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]",  # China, GB 11643
                r"[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]",  # Britain, national insurance
                r"\d{3}-\d\d-\d{4}",  # the United States, social security
                r"[A-Z]{1,2}\d{7,9}",  # passports
                r"(?:wxid|gh)_[A-Za-z0-9]{6,}",  # WeChat
            )
        )
    )
)
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
    re.compile(_NOT_BEFORE + r"\d{1,5}[A-Za-z]?,? (?:[A-Z][\w'’.-]* ){1,3}" + rf"(?:{_STREETS})\b"),
    re.compile(_NOT_BEFORE + rf"\d{{1,5}}[a-z]? (?:(?!(?:{_NO_STREET})\b)[a-z'’-]+ ){{1,2}}(?:{_SURE_STREETS})\b"),
    re.compile(_WHOLE.format(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")),  # British post codes
    re.compile(  # 解放路12号3栋502室
        r"(?:路|街|大道|巷|弄|胡同|村|小区|花园|苑)[\s,，]*"
        r"\d+[\d\-—]*\s*(?:号楼|号院|号|弄|栋|幢|单元|室)"
        r"(?:[\s,，]*(?:[A-Za-z]座|\d+[\d\-—]*\s*(?:号楼|栋|幢|座|单元|楼|层|室|号)))*"
    ),
)
_RUN = re.compile(_NOT_BEFORE + r"(?:\+\s?)?\(?\d(?:(?:[ \-–.]|\) ?| ?\()?\d){6,18}" + _NOT_AFTER)
_MONEY = "元|块|万|千|亿|円|€|£|\\$|usd|eur|gbp|rmb|cny|dollars?|euros?|pounds?|km|公里|米|次|人|views?|steps?|步|%"
_NOT_SECRET = (  # no number to reach somebody by is looked for in these
    re.compile(r"(?:https?://|www\.)[^\s一-鿿，。！？）]+", re.IGNORECASE),
    re.compile(r"(?<!\d)(?:19|20)\d\d([-/.年])\s?\d{1,2}[-/.月]\s?\d{1,2}日?(?!\d)"),
    re.compile(r"(?<!\d)\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d(?!\d)"),
    re.compile(r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)\d{1,2}:\d\d(?::\d\d)?(?!\d)"),
    re.compile(r"[$€£¥￥]\s?\d[\d.,]*(?: \d{3})*"),
    re.compile(rf"(?<![\d+])\d[\d.,]*(?: \d{{3}})*\s?(?:{_MONEY})(?![A-Za-z])", re.IGNORECASE),
    re.compile(r"(?<![\d.])\d+\.\d+(?![\d.]*\d)"),
    re.compile(r"(?<!\d)(?:\d{1,3}\.){3}\d{1,3}(?!\d)"),
)


def find(text: str) -> list[Found]:
    """Finds what identifies somebody in a text, in order; nothing overlaps."""
    found: list[Found] = []

    def take(kind: Secret, start: int, end: int) -> None:
        if not any(one.start < end and start < one.end for one in found):
            found.append(Found(kind, start, end))

    for match in _EMAIL.finditer(text):
        take(Secret.EMAIL, *match.span())
    for match in _IDENTITY.finditer(text):
        take(Secret.IDENTITY, *match.span())
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            take(Secret.ADDRESS, *match.span())
    for start, end, digits in _runs(text):
        take(Secret.CARD if len(digits) >= 13 and _luhn(digits) else Secret.PHONE, start, end)
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
    """Returns a placeholder of the same shape, the same each time: digits become 0, the letters of an id X."""
    if kind is Secret.EMAIL:
        return EMAIL
    zeros = re.sub(r"\d", "0", text)
    return re.sub(r"[A-Za-z]", "X", zeros) if kind is Secret.IDENTITY else zeros


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
    return replace(bubble, text=redact(bubble.text, seen), quote=quote)


def _runs(text: str) -> Iterator[tuple[int, int, str]]:
    """Runs of digits that may be somebody's number, with their digits."""
    open_text = list(text)
    for pattern in _NOT_SECRET:
        for match in pattern.finditer(text):
            open_text[match.start() : match.end()] = "\0" * len(match[0])
    for match in _RUN.finditer("".join(open_text)):
        start, end = match.span()
        digits = "".join(char for char in match[0] if char.isdigit())
        if _is_number(match[0]):
            yield start, end, digits


def _is_number(run: str) -> bool:
    """Whether digits with their separators look like a number to call or to pay with, and not like a count or a range.

    One group is. Of several: no list of years, of single digits, or of pairs that no phone number begins like; two
    groups with a dash between them only as 555-1234, or with an area code or a whole number after it; with dots between
    them only as 555.123.4567.
    """
    groups = re.findall(r"\d+", run)
    if run.startswith(("+", "(")) or len(groups) == 1:
        return True
    if all(re.fullmatch(r"(?:19|20)\d\d", group) for group in groups):
        return False
    if "." in run and max(map(len, groups)) > 2 and len(groups[-1]) != 4:
        return False
    if max(map(len, groups)) <= 2:
        return groups[0].startswith("0") and min(map(len, groups)) == 2 and 8 <= sum(map(len, groups)) <= 12
    if min(map(len, groups)) < 2 and groups[0] not in ("1", "7"):  # country codes of one digit
        return False
    if len(groups) == 2 and re.search(r"[-–]", run):
        first, second = groups
        return first.startswith("0") or len(second) >= 7 or (len(first), len(second)) == (3, 4)
    return True


def _luhn(digits: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0
