"""Names and days as a prompt writes them, in English and in Chinese."""

from datetime import date, datetime

_NAME_LENGTH = 40
_NOT_IN_NAMES = str.maketrans(dict.fromkeys(":：()（）[]", " "))

_DAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "zh": tuple("一二三四五六日")}
_MONTHS = {
    "short": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "long": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
             "November", "December"),
}  # fmt: skip


def label(name: str | None) -> str:
    """A name on one line, without what marks relationships and the start of messages: nobody can name themselves so."""
    return " ".join((name or "").translate(_NOT_IN_NAMES).split())[:_NAME_LENGTH].strip()


def date_in_words(at: datetime, language: str, *, year: bool) -> str:
    """`Tue 3 Mar`, `3月3日 周二`; with the year where it is asked for."""
    weekday = _DAYS[language][at.weekday()]
    if language == "zh":
        return f"{f'{at.year}年' if year else ''}{at.month}月{at.day}日 周{weekday}"
    return f"{weekday} {at.day} {_MONTHS['short'][at.month - 1]}{f' {at.year}' if year else ''}"


def day_in_words(day: date, language: str) -> str:
    """`6 May 2023`, `2023年5月6日`."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS['long'][day.month - 1]} {day.year}"


def era_in_words(era: str, language: str) -> str:
    """A sentence of the year or month: `It is June 2019.`"""
    year, _, month = era.partition("-")
    if language == "zh":
        return f"现在是{year}年{f'{int(month)}月' if month else ''}。"
    return "It is " + (f"{_MONTHS['long'][int(month) - 1]} " if month else "") + f"{year}."
