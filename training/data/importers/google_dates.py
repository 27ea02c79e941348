"""Reads dates as Google writes them out in words, in nineteen languages.

They are Unicode's full date and long time of the account's language, in UTC: "mardi 2 mai 2023 à 15:04:05 UTC".
"""

import re
import unicodedata
from datetime import tzinfo

from training.data.importers.base import Moment, read_time
from training.data.importers.google_words import LANGUAGES

_CLOCK = re.compile(r"(?<![\d.:])(\d{1,2})(?:[:.](\d\d)[:.](\d\d)|시 ?(\d{1,2})분 ?(\d{1,2})초)(?!\d)")
_HALF = re.compile(
    r"(?<!\w)(?P<latin>[ap])(?:m|\. ?m\.)(?!\w)|(?P<other>[上下中]午|凌晨|清晨|早上|晚上|午[前後]|오[전후])"
)
_AFTERNOON = ("p", "下午", "中午", "晚上", "午後", "오후")
_ZONE = re.compile(r"(?<!\w)\[?(?:utc|gmt)\]?(?![\w+-])")
_IN_NUMBERS = re.compile(r"(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일] ?(?:星期\w|周\w|\w曜日|\w요일)?")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d]+(?:[-'][^\W\d]+)*")


def read_date(value: object, zone: tzinfo | None) -> Moment | None:
    """Reads a date written out in words; None where it is none, or in another language.

    zone: that of a date which names none; None is this machine's.
    """
    if not isinstance(value, str):
        return None
    text = " ".join(unicodedata.normalize("NFC", value).casefold().split())  # AM and PM may have a narrow space before
    clock = _CLOCK.search(text)
    if clock is None:
        return read_time(value, zone)
    hour, minute, second = (int(number) for number in clock.groups() if number)
    text = _without(text, clock)
    if half := _HALF.search(text):
        hour = hour % 12 + 12 * (half[0] in _AFTERNOON or half["latin"] == "p")
        text = _without(text, half)
    if utc := _ZONE.search(text):
        text = _without(text, utc)
    day = _day(text.strip())
    if day is None:
        return read_time(value, zone)
    return read_time(f"{day} {hour}:{minute:02}:{second:02}{'Z' if utc else ''}", zone)


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _day(text: str) -> str | None:
    """Returns the day as year-month-day. All of its words must be of one language, the rest be a year and a day."""
    if numbers := _IN_NUMBERS.fullmatch(text):
        return "-".join(numbers.groups())
    words, told = set(_WORD.findall(text)), sorted(_NUMBER.findall(text), key=len)
    if [len(number) == 4 for number in told] != [False, True]:
        return None
    for language in LANGUAGES:
        months = words.intersection(language.months)
        if len(months) == 1 and words - months <= language.weekdays | language.between:
            return f"{told[1]}-{language.months.index(months.pop()) + 1}-{told[0]}"
    return None
