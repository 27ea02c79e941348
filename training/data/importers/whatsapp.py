"""WhatsApp: the text of one chat, as an iPhone (_chat.txt) or an Android phone exports it, in the phone's language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.message import Account, ChatKind
from training.data.importers.base import (
    NO_TIME,
    SERVICE,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    Sentence,
    Skipped,
    Source,
    clean,
    clean_name,
    looks_like_bot,
    named,
)
from training.data.importers.textlines import lines_of
from training.data.importers.whatsapp_dates import Dated, DateOrder, dated
from training.data.importers.whatsapp_words import OWN, Said, said, visible

PLATFORM = "whatsapp"

_KEY = "chat"
_LONGEST = 1 << 16  # characters, in which WhatsApp ends a message
_SENDER = re.compile(r"(?P<name>[^:]{1,100}?)\s?:(?:\s(?P<text>.*)|$)", re.DOTALL)
_QUOTES = ('"“”„', "«»", "「」")
_PHONE = re.compile(r"\+\d[\d\s().-]{5,20}\d")
_OF_GROUP = re.compile(r"group|gruppe|grupo|gruppo|groep|групп|\bgrup|grubu|群|グループ|그룹", re.IGNORECASE)
_TITLES = (
    r"WhatsApp Chat (?:with|-) (.+)", r"WhatsApp[- ]Chat mit (.+)", r"Chat de WhatsApp con (.+)",
    r"Discussion WhatsApp avec (.+)", r"Chat WhatsApp con (.+)", r"Conversa do WhatsApp com (.+)",
    r"WhatsApp[- ](?:chat|gesprek) met (.+)", r"Чат WhatsApp с (?:контактом )?(.+)", r"(.+) ile WhatsApp [Ss]ohbeti",
    r"[与與和]\s?(.+?)\s?的\s?WhatsApp\s?(?:聊天|对话|對話).*", r"「?(.+?)」?とのWhatsAppチャット",
    r"(.+?)님과 WhatsApp 대화", r"WhatsApp[^-]* - (.+)",
)  # fmt: skip
_COPY = re.compile(r"\s*\(\d+\)$")  # WhatsApp Chat with Ann (1).txt
_BOTS = ("Meta AI",)


@dataclass(slots=True)
class _Talk:
    """What a first pass over the file finds. speakers: who said something, in the order in which they first did.

    told: whom an iPhone names before the notice that a chat begins with: the group, or the other person.
    """

    order: DateOrder = field(default_factory=DateOrder)
    lines: int = 0
    speakers: dict[str, None] = field(default_factory=dict)
    told: str = ""
    of_group: bool = False


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events. It reads twice: the order of dates and the members show only at the end."""
    talk = _survey(source)
    order = talk.order.found
    yield _chat(talk, source)
    for number, (line, text) in enumerate(_entries(source), 1):
        yield _message(line, text, talk, order, source, number)


def _survey(source: Source) -> _Talk:
    talk = _Talk()
    for text in lines_of(source, quiet=True):
        line = dated(text)
        if line is None:
            continue
        talk.order.note(line)
        talk.lines += 1
        name, words = _parted(line.rest, None)
        if name in talk.speakers and not words.startswith(OWN):
            continue
        content = said(words) if name else SERVICE
        if isinstance(content, Said):
            talk.speakers.setdefault(name)
        elif content == SERVICE:
            talk.told = name if talk.lines == 1 else talk.told
            talk.of_group = talk.of_group or _OF_GROUP.search(words) is not None
    return talk


def _entries(source: Source) -> Iterator[tuple[Dated, str]]:
    """Yields the first line of each message, and all that stands behind its time."""
    begun: Dated | None = None
    parts: list[str] = []
    length = 0
    for text in lines_of(source):
        line = dated(text)
        if line is None:
            if begun is not None and length < _LONGEST:
                parts.append(text)
                length += len(text) + 1
            continue
        if begun is not None:
            yield begun, "\n".join(parts)
        begun, parts, length = line, [line.rest], len(line.rest)
    if begun is not None:
        yield begun, "\n".join(parts)


def _parted(rest: str, known: dict[str, None] | None) -> tuple[str, str]:
    """Returns sender and text; no sender for what the app itself says. known: who speaks in this chat."""
    match = _SENDER.match(rest)
    if match is not None and not _ends_within_quotes(match["name"]):
        return _name(match["name"]), match["text"] or ""
    name, colon, text = rest.partition(":")  # a few apps take the space away with what follows it
    return (_name(name), text) if colon and known is not None and _name(name) in known else ("", rest)


def _ends_within_quotes(text: str) -> bool:
    """Says whether a colon after this text stands in a title: Ann changed the group name to "Trip: the Alps"."""
    return any(sum(map(text.count, marks)) % 2 for marks in _QUOTES)


def _name(text: str) -> str:
    return clean_name(visible(text).lstrip("~"))  # the sign stands before people who are not in the address book


def _message(line: Dated, text: str, talk: _Talk, order: str, source: Source, number: int) -> ReadMessage | Skipped:
    name, words = _parted(text, talk.speakers)
    if not name:
        return Skipped(_KEY, SERVICE)
    content = said(clean(words))
    if isinstance(content, str):
        return Skipped(_KEY, content)
    moment = line.moment(order, source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    return ReadMessage(
        chat=_KEY,
        sender=_account(name),
        sender_name=name,
        sent_ms=moment.ms,
        position=number,
        text=content.text,
        photos=content.photos,
        placeholder=content.placeholder,
        plays=content.plays,
        is_bot=name in _BOTS or looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
    )


def _account(name: str) -> Account:
    """Returns the account by its number where the export shows that, else by name."""
    number = "+" + "".join(letter for letter in name if letter.isdecimal())
    return Account(PLATFORM, number) if _PHONE.fullmatch(name) else named(PLATFORM, name)


def _chat(talk: _Talk, source: Source) -> ReadChat:
    speakers = list(talk.speakers)
    from_path = _title(source.path)
    group = talk.of_group or len(speakers) > 2 or (len(speakers) == 2 and bool(talk.told) and talk.told not in speakers)
    if group:
        title = clean_name((talk.told if talk.told not in speakers else "") or from_path)
        stem = clean_name(source.path.stem)
        called = title or (", ".join(sorted(speakers)[:5]) if stem.startswith("_chat") else stem)
        return ReadChat(_KEY, PLATFORM, f"name:{called}", ChatKind.GROUP, title)
    other = _other(talk, source.path, from_path, source.me) or clean_name(source.path.stem)
    owner = next((_account(name).id for name in speakers if name != other), None)
    return ReadChat(_KEY, PLATFORM, _account(other).id, ChatKind.PRIVATE, other, owner)


def _other(talk: _Talk, path: Path, from_path: str, me: str | None) -> str:
    """Returns the name of the other person of a private chat: neither the text nor an id says which of the two it is,
    so the owner is whom `--me` names; or else the other is whom the phone or the file's name names, or who comes first
    in the alphabet, so that it is the same in the next export."""
    speakers = sorted(talk.speakers)
    others = [name for name in speakers if me is None or _plain(name) != _plain(me)]
    if len(others) < len(speakers):
        return next(iter(others), talk.told or from_path)
    if talk.told:
        return talk.told
    called = next((name for name in speakers if _plain(name) and _plain(name) == _plain(from_path)), "")
    if not called and not from_path:  # in a language whose way to call the file is not known, the name stands last
        called = next((name for name in speakers if _plain(name) and _plain(path.stem).endswith(_plain(name))), "")
    return called or (from_path if len(speakers) < 2 else "") or next(iter(speakers), "")


def _title(path: Path) -> str:
    """Returns what the file or, for an iPhone's _chat.txt, its folder is called after."""
    for stem in (path.stem, path.parent.name):
        stem = _COPY.sub("", clean_name(stem))
        for pattern in _TITLES:
            if (match := re.fullmatch(pattern, stem)) is not None:
                return match[1].strip()
    return ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _sniff(head: Head) -> Claim:
    line = dated(head.text.partition("\n")[0])
    if line is None or (line.second is not None and not line.ios):  # a log file writes seconds, Android does not
        return Claim.NO
    iso = line.ios and len(line.numbers[0]) == 4 and line.second is None  # so does Signal
    return Claim.NO if iso else Claim.POSSIBLE


FORMAT = Format(
    "WhatsApp",
    _sniff,
    read,
    Sentence(
        "On the phone open the chat, then its name (iPhone) or ⋮ and More (Android), and “Export chat”, with media. "
        "Import the zip or the text as it is. `--me NAME` says which of the two names is yours, where the name of the "
        "file does not say who the other is.",
        "在手机上打开聊天，点对方名字（iPhone）或 ⋮ › 更多（Android），选“导出聊天”，包含媒体。"
        "直接导入得到的 zip 或文本。文件名看不出对方是谁时，用 `--me 名字` 说明哪个名字是你自己。",
    ),
)
