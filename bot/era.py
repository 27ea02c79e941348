"""The era: the year or month that an avatar speaks from, as `2019` or `2019-06`; empty where that is today.

Known is then what was said until the era ends, and the clock is set back into it.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo

PATTERN = r"\d{4}(?:-(?:0[1-9]|1[0-2]))?"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_YEAR, _MONTH = timedelta(weeks=52), timedelta(weeks=4)


def is_era(text: str) -> bool:
    """Whether this is a year or a month."""
    return re.fullmatch(PATTERN, text) is not None


def era_in_words(era: str, language: str) -> str:
    """`June 2019`, `2019年6月`; of a year `2019`, `2019年`."""
    year, _, month = era.partition("-")
    if language == "zh":
        return f"{year}年{f'{int(month)}月' if month else ''}"
    return f"{_MONTHS[int(month) - 1]} {year}" if month else year


def end_of(era: str, zone: tzinfo) -> datetime | None:
    """Returns the moment after a year or month; None for an empty era."""
    if not era:
        return None
    year, _, month = era.partition("-")
    if not month or month == "12":
        return datetime(int(year) + 1, 1, 1, tzinfo=zone)
    return datetime(int(year), int(month) + 1, 1, tzinfo=zone)


def set_back(at: datetime, era: str, zone: tzinfo) -> datetime:
    """Returns when something is said, for somebody who lives in the era, that is really said at this time.

    A prompt that says `It is 2019.` and shows a date of today would contradict itself. So a time after the era goes
    back by whole weeks into the last 52 of a year, or the last 4 of a month: the weekday and the hour stay those of
    whoever writes, and for a year about the season. A time within the era, or before it, stays.
    """
    end = end_of(era, zone)
    if end is None or at < end:
        return at
    here, last = at.astimezone(zone).replace(tzinfo=None), end.replace(tzinfo=None)
    span = _MONTH if "-" in era else _YEAR
    return (here - span * ((here - last) // span + 1)).replace(tzinfo=zone).astimezone(UTC)


def doubt(era: str, zone: tzinfo, first: datetime, last: datetime) -> str | None:
    """Says what is odd about an era, given the first and the last message of the chats; None where nothing is."""
    end = end_of(era, zone)
    if end is None:
        return None
    span = f"the imported chats go from {_month(first, zone)} to {_month(last, zone)}"
    if end <= first:
        return f"It is to speak from {era_in_words(era, 'en')}, and {span}: of that time it knows nothing."
    if era > f"{last.astimezone(zone):%Y-%m}"[: len(era)]:
        return f"It is to speak from {era_in_words(era, 'en')}, and {span}: what came later it does not know."
    return None


def _month(at: datetime, zone: tzinfo) -> str:
    return era_in_words(f"{at.astimezone(zone):%Y-%m}", "en")
