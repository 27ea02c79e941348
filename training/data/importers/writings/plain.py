"""Diaries, letters and posts in text, Markdown and docx files: what they are, the owner says; the files never do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import islice

from bot.errors import DataError
from bot.writing import Addressee, WritingKind
from training.data.importers.base import Claim, Event, Format, Head, Sentence, Source, Truncated, clean, clean_name
from training.data.importers.textlines import lines_of
from training.data.importers.writings.days import Days, Heading, month_first
from training.data.importers.writings.docx import paragraphs
from training.data.importers.writings.prose import running
from training.data.importers.written import ReadWriting, SkippedWriting

TEXT, MARKDOWN, DOCX = (".txt", ".text"), (".md", ".markdown"), (".docx",)
ENDINGS = (*TEXT, *MARKDOWN, *DOCX)

NO_WORDS = "empty"

_LONGEST = 4 << 20  # characters of one page
_FIRST_LINES, _LAST_LINES = 5, 3  # of a letter, where its day stands
_SETTINGS = re.compile(r"(?P<key>date|created|title|日期|标题)\s*[:：]\s*(?P<value>.+)", re.IGNORECASE)
_PICTURE = re.compile(r"!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)|!\[\[[^\]\n]{0,500}\]\]|<!--.*?-->")
_LINK = re.compile(r"\[([^\]\n]{1,500})\]\([^)\n]{0,2000}\)|\[\[(?:[^\]|\n]{1,500}\|)?([^\]\n]{1,500})\]\]")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.{1,200}?)(?<=\S)\1")
_HASHES = re.compile(r"#{1,6}\s+")
_GREETING = re.compile(
    r"(?:my )?(?:dear|dearest|hi|hello|hey)(?: (?P<en>[^\d\W][\w.' -]{0,40}?))\s*[,:!，]|"
    r"(?:亲爱的|敬爱的|尊敬的|最亲爱的)?(?P<zh>[\u4e00-\u9fffA-Za-z·]{1,10})(?:，?你好|您好)?[：:]$",
    re.IGNORECASE,
)
_AMBIGUOUS = (
    "Its days can be read in two ways (as 03/04/2023), so they are not known: write them as 2023-04-03 and import it "
    "again, or it is kept without days."
)


def said_to_be(kind: WritingKind, to: str = "") -> Format:
    """Returns the format of a text of which the owner says what it is. to: whom letters went to, as the owner says."""
    how = Sentence(
        "echoes import --as diary FILE (or letter, post)", "echoes import --as diary 文件（或 letter、post）"
    )
    return Format(f"text ({kind})", _claim_nothing, partial(read, kind=kind, to=to), how)


def _claim_nothing(_: Head) -> Claim:
    return Claim.NO


def read(source: Source, kind: WritingKind, to: str = "") -> Iterator[Event]:
    """Yields a diary's pages by their days; a letter or a post as the one that it is.

    Raises DataError for a file in an unknown encoding, or with a page that is longer than any.
    """
    lines = _lines(source)
    settings, lines = _settings(lines)
    days = Days(_month_first(source), _year_of(source))
    day = _named_day(settings.get("date", ""), days) or _day_of_name(source, days)
    title = clean_name(settings.get("title", ""))
    pages = _pages(lines, days, day) if kind is WritingKind.DIARY else [_letter(lines, days, day)]
    names: dict[str, int] = {}
    nothing = True
    for page in pages:
        text = page.text
        nothing = nothing and not text and not page.headed
        if not text:
            if page.headed:
                yield SkippedWriting(kind, NO_WORDS)
            continue
        name = page.day.isoformat() if page.day else "undated"
        names[name] = names.get(name, 0) + 1
        native = name if names[name] == 1 else f"{name} ({names[name]})"
        addressees = (Addressee(to),) if to else greeted(text) if kind is WritingKind.LETTER else ()
        yield ReadWriting(kind, text, native, day=page.day, title=page.title or title, to=addressees)
    if nothing:
        yield SkippedWriting(kind, NO_WORDS)
    if days.either_way:
        yield Truncated(_AMBIGUOUS)


@dataclass(slots=True)
class _Page:
    day: date | None = None
    title: str = ""
    headed: bool = False  # a line of the file says when it was written
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, line: str) -> None:
        self.size += len(line)
        if self.size > _LONGEST:
            raise DataError("A page of it is longer than any that somebody wrote: it is not read.")
        self.lines.append(line)

    @property
    def text(self) -> str:
        return clean(running(self.lines))


def _pages(lines: Iterator[str], days: Days, day: date | None) -> Iterator[_Page]:
    """Cuts a diary where a line names a day. day: that of what stands before the first one."""
    page, blank = _Page(day), True
    for line in lines:
        if days.is_year(line):
            continue
        heading = days.heading(line) if line.strip() else None
        if heading is not None and (heading.sure or blank):
            yield page
            page = _begun(heading)
        else:
            page.add(_HASHES.sub("", line, count=1))
        blank = not line.strip()
    yield page


def _begun(heading: Heading) -> _Page:
    page = _Page(heading.day, clean_name(heading.title), headed=True)
    if heading.text:
        page.add(heading.text)
    return page


def _letter(lines: Iterator[str], days: Days, day: date | None) -> _Page:
    page = _Page(day)
    for line in lines:
        page.add(_HASHES.sub("", line, count=1))
    words = [line.strip() for line in page.lines if line.strip()]
    for line in (*words[:_FIRST_LINES], *words[-_LAST_LINES:]):
        if page.day is None and len(line) <= 60:
            page.day = days.within(line)
    return page


def greeted(text: str) -> tuple[Addressee, ...]:
    """Returns whom a letter greets by name in one of its first lines; nobody where it greets none."""
    for line in (line.strip() for line in text.splitlines()[:_FIRST_LINES]):
        match = _GREETING.match(line)
        if match is not None and len(line) <= 60:
            return (Addressee(clean_name(match["en"] or match["zh"])),)
    return ()


def _lines(source: Source) -> Iterator[str]:
    ending = source.path.suffix.lower()
    if ending in DOCX:
        for paragraph in paragraphs(source.path):
            yield from (clean(line) for line in paragraph.split("\n"))
            yield ""  # a paragraph is as if an empty line followed
    elif ending in MARKDOWN:
        yield from (_without_marks(line) for line in lines_of(source))
    else:
        yield from lines_of(source)


def _without_marks(line: str) -> str:
    """Returns a line of Markdown without pictures, addresses and the signs around stressed words."""
    line = _LINK.sub(lambda match: match[1] or match[2], _PICTURE.sub("", line))
    return line if _HASHES.match(line) else _EMPHASIS.sub(r"\2", line)


def _settings(lines: Iterator[str]) -> tuple[dict[str, str], Iterator[str]]:
    """Splits off what note-taking programs write before a text, between lines of three dashes: its day, its title."""
    head = list(islice(lines, 40))
    if not head or head[0].strip() != "---" or "---" not in (line.strip() for line in head[1:]):
        return {}, _chained(head, lines)
    end = next(number for number, line in enumerate(head[1:], 1) if line.strip() == "---")
    found: dict[str, str] = {}
    for line in head[1:end]:
        if (match := _SETTINGS.match(line.strip())) is not None:
            key = "title" if match["key"].lower() in ("title", "标题") else "date"
            found.setdefault(key, match["value"].strip("\"' "))
    return found, _chained(head[end + 1 :], lines)


def _chained(head: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from head
    yield from rest


def _month_first(source: Source) -> bool | None:
    if source.path.suffix.lower() in DOCX:
        return month_first(paragraphs(source.path))
    return month_first(lines_of(source, quiet=True))


def _named_day(text: str, days: Days) -> date | None:
    return days.within(text) if text else None


def _day_of_name(source: Source, days: Days) -> date | None:
    """Returns the day that a file's name tells, or the names of its folders do, as in 2023/05/06.md."""
    path = source.path
    if (day := days.within(path.stem)) is not None:
        return day
    parts = (*(folder.name for folder in list(path.parents)[1::-1]), path.stem)
    return days.within("-".join(parts)) if all(part.isdecimal() for part in parts) else None


def _year_of(source: Source) -> int | None:
    """Returns the year that a file's name tells, for days that are written without one."""
    years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", source.path.stem)
    return int(years[0]) if len(years) == 1 else None
