"""Names and days as a prompt writes them, in English and in Chinese."""

from datetime import date, datetime

from bot.era import era_in_words

_NAME_LENGTH = 40
_NOT_IN_NAMES = str.maketrans(dict.fromkeys(":：()（）[]", " "))

_DAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "zh": tuple("一二三四五六日")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def label(name: str | None) -> str:
    """A name on one line, without what marks relationships and the start of messages: nobody can name themselves so."""
    return " ".join((name or "").translate(_NOT_IN_NAMES).split())[:_NAME_LENGTH].strip()


def date_in_words(at: datetime, language: str, *, year: bool) -> str:
    """`Tue 3 Mar`, `3月3日 周二`; with the year where it is asked for."""
    weekday = _DAYS[language][at.weekday()]
    if language == "zh":
        return f"{f'{at.year}年' if year else ''}{at.month}月{at.day}日 周{weekday}"
    return f"{weekday} {at.day} {_MONTHS[at.month - 1]}{f' {at.year}' if year else ''}"


def day_in_words(day: date, language: str) -> str:
    """`6 May 2023`, `2023年5月6日`."""
    month = era_in_words(f"{day:%Y-%m}", language)
    return f"{month}{day.day}日" if language == "zh" else f"{day.day} {month}"
