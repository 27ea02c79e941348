"""Finds days in what people write: at the head of a diary's page, in the name of a file, over or under a letter."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

EARLIEST, LATEST = 1850, 2099

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY_OF_WEEK = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?)\b\.?"
_WEEKDAY = rf"(?:{_DAY_OF_WEEK}|[(（\[]?(?:星期|礼拜|禮拜|周|週)[一二三四五六日天][)）\]]?)"
_CLOCK = r"(?:上午|下午|早上|晚上|凌晨)?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\s*[ap]\.?m\.?)?"
_DIGITS = "零一二三四五六七八九"

_WITH_YEAR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})(?P<sign>[-/.])(?P<m>\d{1,2})(?P=sign)(?P<d>\d{1,2})(?!\d)",
        r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号號]?",
        r"(?P<y>[〇零○一二三四五六七八九]{4})年(?P<m>[一二三四五六七八九十]{1,2})月(?P<d>[一二三四五六七八九十廿]{1,3})[日号號]",
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?!\d)",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+(?P<y>\d{{4}})(?!\d)",
        rf"{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})(?!\d)",
    )
)
_WITHOUT_YEAR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号號]",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}(?!\s+\d)",
        rf"{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])",
    )
)
_EITHER_WAY = re.compile(r"(?P<a>\d{1,2})(?P<sign>[./-])(?P<b>\d{1,2})(?P=sign)(?P<y>\d{4})(?!\d)")
_MAY_BEGIN = re.compile(r"(?<!\d)\d|(?<![A-Za-z])[A-Za-z]|(?<![一二三四五六七八九十])[一二]")
_YEAR_ALONE = re.compile(r"(?:#+\s*)?(?P<y>(?:19|20)\d\d)\s*年?", re.IGNORECASE)
_LEAD = re.compile(rf"(?P<mark>(?:#{{1,6}}\s+|\*\*|__|【|\[|=+\s|-{{2,}}\s)*)\s*(?:{_WEEKDAY}[\s,，]*)?", re.IGNORECASE)
_AFTER = re.compile(rf"[\s,，.。·|/]*(?:{_WEEKDAY}|{_CLOCK})", re.IGNORECASE)
_CLOSING = re.compile(r"^[\s,，.。·|】\]*_=#]+|[\s】\]*_=#]+$")
_SEPARATOR = re.compile(r"\s*(?:[:：|]|[-–—]+\s|\t)\s*")
_SENTENCE = re.compile(r"[.!?。！？；;，,…]")
_WEATHER = re.compile(
    r"[晴阴陰雨雪云雲多少小中大雷阵陣转轉到间間风風雾霧霾热熱冷暖暴夹夾\s,，/]+|"
    r"(?:sun(?:ny)?|cloud(?:y|s)?|rain(?:y)?|snow(?:y)?|clear|overcast|wind(?:y)?|fog(?:gy)?|storm(?:y)?|hot|cold|warm)"
    r"(?:[\s,/]+-?\d+\s?°[CF]?)?",
    re.IGNORECASE,
)
_LONGEST_TITLE = 40
_LONGEST_NOTE = 12  # characters that alone behind a day are what the weather was, and longer ones what is told


@dataclass(frozen=True, slots=True)
class Heading:
    """A day with what stands beside it. sure: it can be nothing but a heading. text: the page begins on its line."""

    day: date
    title: str = ""
    text: str = ""
    sure: bool = False


class Days:
    """Reads the days of one file.

    month_first: how it writes 03/04/2023; None where it does not show it, and such days are then not known.
    """

    def __init__(self, month_first: bool | None = None, year: int | None = None) -> None:
        self.month_first = month_first
        self.year = year  # told last, for days without one
        self.either_way = 0  # days that could be two

    def is_year(self, line: str) -> bool:
        """Says whether a line is a year alone, which the days below it are then of."""
        alone = _YEAR_ALONE.fullmatch(line.strip())
        if alone is not None:
            self.year = int(alone["y"])
        return alone is not None

    def heading(self, line: str) -> Heading | None:
        """Returns the day that a line begins with, and what follows; None where it begins with none."""
        line = line.strip()
        lead = _LEAD.match(line)
        assert lead is not None  # it fits the empty text
        found = self._day(line, lead.end())
        if found is None:
            return None
        day, end = found
        with_year = f"{day.year}" in line or self.year is None
        told_more = lead.end() > lead.end("mark")
        while (after := _AFTER.match(line, end)) is not None:
            end, told_more = after.end(), True
        separated = _SEPARATOR.match(line, end)
        marked = bool(lead["mark"].strip())
        rest = _CLOSING.sub("", line[separated.end() if separated else end :])
        told_more = told_more or _WEATHER.fullmatch(rest) is not None
        self.year = day.year
        longest = _LONGEST_TITLE if marked or told_more else _LONGEST_NOTE
        if len(rest) <= longest and not _SENTENCE.search(rest):
            return Heading(day, rest, "", marked or told_more or not rest)
        if marked or told_more or separated is not None:
            return Heading(day, "", rest, True)
        return Heading(day, "", line) if with_year else None

    def within(self, text: str) -> date | None:
        """Returns the first day with a year that stands anywhere in a short text, such as a file's name."""
        for match in _MAY_BEGIN.finditer(text):
            if (found := self._day(text, match.start())) is not None:
                return found[0]
        return None

    def _day(self, text: str, start: int) -> tuple[date, int] | None:
        for pattern in _WITH_YEAR:
            if (match := pattern.match(text, start)) is not None:
                day = _date(_number(match["y"]), _month(match), _number(match["d"]))
                if day is not None:
                    return day, match.end()
        if (match := _EITHER_WAY.match(text, start)) is not None:
            return self._either_way(match)
        for pattern in _WITHOUT_YEAR:
            if self.year is not None and (match := pattern.match(text, start)) is not None:
                day = _date(self.year, _month(match), _number(match["d"]))
                if day is not None:
                    return day, match.end()
        return None

    def _either_way(self, match: re.Match[str]) -> tuple[date, int] | None:
        first, second, year = int(match["a"]), int(match["b"]), int(match["y"])
        month_first = False if match["sign"] == "." else self.month_first
        if month_first is None:
            self.either_way += 1
            return None
        day = _date(year, first, second) if month_first else _date(year, second, first)
        return (day, match.end()) if day else None


def month_first(lines: Iterable[str]) -> bool | None:
    """Says which of two numbers is the month in the days that lines begin with; None where nothing shows it."""
    found: set[bool] = set()
    for line in lines:
        lead = _LEAD.match(line)
        if lead is not None and (match := _EITHER_WAY.match(line, lead.end())) and match["sign"] != ".":
            if int(match["a"]) > 12:
                found.add(False)
            if int(match["b"]) > 12:
                found.add(True)
    return found.pop() if len(found) == 1 else None


def day_at(ms: int, zone: tzinfo | None) -> date:
    """Returns the day of a moment, in milliseconds since 1970, in a time zone; None is this machine's."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).date()


def _month(match: re.Match[str]) -> int:
    groups = match.groupdict()
    if groups.get("m"):
        return _number(groups["m"])
    return _MONTHS.index(match["month"][:3].lower()) + 1


def _number(text: str) -> int:
    """Reads digits, or Chinese numerals up to 39; a year in these stands digit by digit."""
    if text.isdecimal():
        return int(text)
    text = text.replace("〇", "零").replace("○", "零").replace("廿", "二十")
    if "十" not in text:
        return int("".join(str(_DIGITS.index(sign)) for sign in text))
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return 10 * (_DIGITS.index(tens) if tens else 1) + (_DIGITS.index(ones) if ones else 0)


def _date(year: int, month: int, day: int) -> date | None:
    if not EARLIEST <= year <= LATEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
