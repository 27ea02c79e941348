"""The date and time before a WhatsApp message, in every order that a phone's language writes them in.

Nothing in a line says whether 3/4/21 is in March or in April. The whole file mostly does.
"""

import re
from dataclasses import dataclass, field
from datetime import date, tzinfo

from training.data.importers.base import Moment, read_time

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""What turns the direction of writing. It is invisible, and WhatsApp puts it nearly anywhere."""

_M = f"[{MARKS}]*"
_DATE = r"(?P<a>\d{1,4})\s?(?P<sign>[-/.年년])\s?(?P<b>\d{1,2})\s?[-/.月월]\s?(?P<c>\d{1,4})[.日일]?"
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?"
_WORD = r"[^\d\[\]:,،]{0,12}?"
_CLOCK = rf"{_M}{_DATE}{_M}[,،]?(?P<before>{_WORD}){_M}{_TIME}(?P<after>{_WORD}){_M}"
_IOS = re.compile(rf"{_M}\[{_CLOCK}\]\s?(?P<rest>.*)", re.DOTALL)
_ANDROID = re.compile(rf"{_CLOCK}\s[-–](?:\s(?P<rest>.*)|$)", re.DOTALL)

_MORNING = frozenset(
    ("am", "上午", "凌晨", "清晨", "早上", "午前", "오전", "ص", "öö", "sa", "de", "πμ", "fm", "vorm")
)  # fmt: skip
_EVENING = frozenset(
    ("pm", "下午", "中午", "傍晚", "晚上", "午後", "오후", "م", "ös", "ch", "du", "μμ", "em", "nachm")
)  # fmt: skip
_BETWEEN = frozenset(("", "um", "à", "às", "at", "klo", "kl", "alle", "ore"))
_ORDERS = {"day first": (2, 1, 0), "month first": (2, 0, 1), "year first": (0, 1, 2)}
"""Where year, month and day stand, likeliest first."""
_BUDDHIST = 543  # Thai phones count from Buddha's death
_LATEST_YEAR = 2400


@dataclass(frozen=True, slots=True)
class Dated:
    """A line that begins a message. numbers: of its date, in the order in which they stand. ios: it stands in brackets.

    hint: the order of the only language that writes so. rest: what follows the time.
    """

    numbers: tuple[str, str, str]
    hour: int
    minute: str
    second: str | None
    ios: bool
    hint: str | None
    rest: str

    def date_in(self, order: str) -> date | None:
        """Returns the date, if it is one in this order."""
        year, month, day = (int(self.numbers[place]) for place in _ORDERS[order])
        if len(self.numbers[_ORDERS[order][0]]) <= 2:
            year += 2000
        elif year > _LATEST_YEAR:
            year -= _BUDDHIST
        try:
            return date(year, month, day)
        except ValueError:
            return None

    def moment(self, order: str, zone: tzinfo | None) -> Moment | None:
        """Returns the time, if there is such a one."""
        day = self.date_in(order)
        second = f":{self.second}" if self.second else ""
        return read_time(f"{day:%Y-%m-%d} {self.hour}:{self.minute}{second}", zone) if day else None


def dated(line: str) -> Dated | None:
    """Reads the beginning of a message; None for a line that goes on with one."""
    ios = _IOS.match(line)
    match = ios or _ANDROID.match(line)
    if match is None:
        return None
    before, after = _word(match["before"]), _word(match["after"])
    half = after or (before if before not in _BETWEEN else "")
    if (after and before not in _BETWEEN) or (half and half not in _MORNING | _EVENING):
        return None
    hour = int(match["hour"])
    if half in _EVENING and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    numbers = match["a"], match["b"], match["c"]
    return Dated(numbers, hour, match["minute"], match["second"], ios is not None, _hint(match), match["rest"] or "")


def _hint(match: re.Match[str]) -> str | None:
    """Returns the order that only Americans keep to, who write 1/20/24 and PM, or Chinese, who write 下午 before."""
    if match["sign"] == "/" and match["after"].strip() in ("AM", "PM") and 1 in (len(match["a"]), len(match["b"])):
        return "month first"
    return "year first" if _word(match["before"]) in _MORNING | _EVENING else None


def _word(text: str) -> str:
    return "".join(letter for letter in text if letter not in MARKS and not letter.isspace() and letter != ".").lower()


@dataclass(slots=True)
class _Tally:
    """How well an order fits: dates that are none, steps back in time, and the days from first to last."""

    impossible: int = 0
    backwards: int = 0
    last: date | None = None
    lowest: date | None = None
    highest: date | None = None

    def note(self, day: date | None) -> None:
        if day is None:
            self.impossible += 1
            return
        if self.last is not None and day < self.last:
            self.backwards += 1
        self.last = day
        self.lowest = min(self.lowest or day, day)
        self.highest = max(self.highest or day, day)

    @property
    def days(self) -> int:
        return (self.highest - self.lowest).days if self.highest and self.lowest else 0


@dataclass(slots=True)
class DateOrder:
    """Finds the order of a file's dates. It is shown every date, and keeps none."""

    _tallies: dict[str, _Tally] = field(default_factory=lambda: {order: _Tally() for order in _ORDERS})
    _hint: str | None = None
    _last: tuple[str, str, str] | None = None

    def note(self, line: Dated) -> None:
        self._hint = self._hint or line.hint
        if line.numbers != self._last:
            self._last = line.numbers
            for order, tally in self._tallies.items():
                tally.note(line.date_in(order))

    @property
    def found(self) -> str:
        """The order in which dates are real and do not go back in time; if several are, the one that takes the fewest
        days, because people write every day rather than on the third of each month."""

        def misfit(order: str) -> tuple[int, int, bool, int]:
            tally = self._tallies[order]
            return tally.impossible, tally.backwards, self._hint not in (None, order), tally.days

        return min(_ORDERS, key=misfit)
