"""Reads dates as Google writes them out in words, in English, Chinese and Japanese, always in UTC."""

import re
from datetime import tzinfo

from training.data.importers.base import Moment, read_time

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)"
_SHAPES = (
    # Tuesday, March 3, 2020 at 6:05:12 PM UTC
    re.compile(rf"(?:\w+, )?(?P<month>[A-Z][a-z]{{2,8}}) (?P<day>\d{{1,2}}), (?P<year>\d{{4}})(?: at|,)? {_CLOCK} ?"
               r"(?P<half>[AaPp])?(?:[Mm])?(?P<zone> (?:UTC|GMT))?"),
    # Tuesday, 3 March 2020 at 18:05:12 UTC
    re.compile(rf"(?:\w+,? )?(?P<day>\d{{1,2}}) (?P<month>[A-Z][a-z]{{2,8}}) (?P<year>\d{{4}})(?: at|,)? {_CLOCK} ?"
               r"(?P<half>[AaPp])?(?:[Mm])?(?P<zone> (?:UTC|GMT))?"),
    # 2020年3月3日星期二 UTC 18:05:12, or … 下午6:05:12 [UTC]
    re.compile(r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日 ?(?:星期\w|周\w|\w曜日)? ?"
               rf"(?P<zone>UTC|GMT)? ?(?P<half>[^\W\d]{{2}})?{_CLOCK}(?P<zone_behind> \[?(?:UTC|GMT)\]?)?"),
)  # fmt: skip
_AFTERNOON = ("p", "下午", "中午", "晚上", "午後")


def read_date(value: object, zone: tzinfo | None) -> Moment | None:
    """Reads a date written out in words; None where it is none, or in another language.

    zone: that of a date which names none; None is this machine's.
    """
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())  # newer ones have a narrow space before AM and PM
    match = next((found for shape in _SHAPES if (found := shape.fullmatch(text))), None)
    if match is None:
        return read_time(text, zone)
    told = match.groupdict()
    month = told["month"] if told["month"].isdecimal() else _number_of(told["month"])
    hour = int(told["hour"])
    if told["half"]:
        hour = hour % 12 + 12 * (told["half"].lower() in _AFTERNOON)
    utc = "Z" if told["zone"] or told.get("zone_behind") else ""
    return read_time(f"{told['year']}-{month}-{told['day']} {hour}:{told['minute']}:{told['second']}{utc}", zone)


def _number_of(month: str) -> int:
    """Returns the number of a month by its English name; 0 for what is none."""
    start = month[:3].lower()
    return _MONTHS.index(start) + 1 if start in _MONTHS else 0
