"""Signal, as signal-export writes it: a Markdown file for each chat, in a folder called after it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.message import Account, ChatKind
from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_SENDER,
    NO_TIME,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    ReadReaction,
    Sentence,
    Skipped,
    SkippedReactions,
    Source,
    clean,
    clean_name,
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.filekinds import kind_of_file
from training.data.importers.reactions import put_on
from training.data.importers.textlines import lines_of

PLATFORM = "signal"
ME = "Me"

_KEY = "chat"
_LONGEST = 1 << 16
_FIRST = re.compile(r"\[(?P<time>\d{4}-\d\d-\d\d,? \d\d:\d\d(?::\d\d)?)\] (?P<name>[^\n]{1,100}?):(?: (?P<text>.*)|$)")
_QUOTE = re.compile(r"\A\s*(?:^>.*(?:\n|\Z))+", re.MULTILINE)
_REACTIONS = re.compile(r"\n\(- (.*) -\)[ \t]*$", re.MULTILINE)
_REACTION = re.compile(r"(?P<name>.+?): (?P<emoji>[^\s,:]+)(?:, |$)")
_STICKER = re.compile(r"\n?\(\( (?P<emoji>.{0,40}?) \)\)[ \t]*$", re.MULTILINE)
_FILE = re.compile(r"!?\[[^\n]{0,255}?\]\((?:\./)?(?P<path>media/[^\n]{1,300}?)\)(?=[ \t]*(?:$|!?\[))", re.MULTILINE)
_CALLS = ("Incoming call", "Outgoing call")
_NOBODY = "No-Sender"
_FILES = ("chat", "index")  # what signal-export calls every chat's file


@dataclass(slots=True)
class _Said:
    """A message as it is gathered, line by line."""

    time: str
    name: str
    parts: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, line: str) -> None:
        if self.length < _LONGEST:
            self.parts.append(line)
            self.length += len(line) + 1


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events. It reads twice, because only the end shows whether a chat is a group."""
    names: dict[str, None] = {}
    for line in lines_of(source, quiet=True):
        if (first := _FIRST.match(line)) is not None:
            names.setdefault(clean_name(first["name"]))
    yield _chat([name for name in names if name not in ("", _NOBODY)], source)
    for number, said in enumerate(_messages(source), 1):
        message = _message(said, source, number)
        yield message
        if isinstance(message, ReadMessage):
            yield from _reactions("\n".join(said.parts), source)


def _messages(source: Source) -> Iterator[_Said]:
    said: _Said | None = None
    for line in lines_of(source):
        first = _FIRST.match(line)
        if first is not None:
            if said is not None:
                yield said
            said = _Said(first["time"], clean_name(first["name"]))
            said.add(first["text"] or "")
        elif said is not None:
            said.add(line)
    if said is not None:
        yield said


def _message(said: _Said, source: Source, number: int) -> ReadMessage | Skipped:
    if said.name in ("", _NOBODY):  # of changes to a group, too
        return Skipped(_KEY, NO_SENDER)
    moment = read_time(said.time.replace(",", ""), source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    text, photos, placeholder = _content("\n".join(said.parts))
    if text in _CALLS:
        return Skipped(_KEY, CALL)
    if not text and not photos and placeholder is None:
        return Skipped(_KEY, EMPTY)
    return ReadMessage(
        chat=_KEY,
        sender=_account(said.name, source.me),
        sender_name=said.name,
        sent_ms=moment.ms,
        position=number,
        text=text,
        photos=photos,
        placeholder=placeholder,
        is_bot=looks_like_bot(said.name),
        resolution_ms=moment.resolution_ms,
    )


def _content(written: str) -> tuple[str, tuple[str, ...], str | None]:
    """Returns a message's own text, photos and placeholder, without the words that it quotes and others' reactions."""
    text = _REACTIONS.sub("", _QUOTE.sub("", written))
    sticker = _STICKER.search(text)
    if sticker is not None:
        return clean(sticker["emoji"]), (), "sticker"
    files = [match["path"].replace("%20", " ") for match in _FILE.finditer(text)]
    photos = tuple(path for path in files if kind_of_file(path) == "photo")
    placeholder = next((kind for path in files if (kind := kind_of_file(path)) != "photo"), None)
    return clean(_FILE.sub("", text)), photos, placeholder


def _reactions(written: str, source: Source) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what was put on a message. When it was, is not told."""
    for line in _REACTIONS.findall(_QUOTE.sub("", written)):
        for one in _REACTION.finditer(line):
            name = clean_name(one["name"])
            yield from put_on(_KEY, one["emoji"], [(_account(name, source.me), name, None)])


def _account(name: str, me: str | None) -> Account:
    return Account(PLATFORM, me) if me and name == ME else named(PLATFORM, name)


def _chat(names: list[str], source: Source) -> ReadChat:
    path, me = source.path, source.me
    title = clean_name(path.parent.name if path.stem.lower() in _FILES else "")
    others = [name for name in names if name != ME and name != me]
    if ME not in names and len(others) == 2:  # an older tool writes the owner's name, too
        others = [name for name in sorted(others) if _plain(name) == _plain(title)] or sorted(others)[:1]
    other = others[0] if others else title or clean_name(path.stem)
    strange = bool(title) and _plain(title) not in _plain(other) and _plain(other) not in _plain(title)
    if len(others) > 1 or (strange and len(names) > 1):
        return ReadChat(_KEY, PLATFORM, f"name:{title or path.stem}", ChatKind.GROUP, title)
    owner = next((name for name in names if name != other), ME)
    return ReadChat(_KEY, PLATFORM, named(PLATFORM, other).id, ChatKind.PRIVATE, other, _account(owner, me).id)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _sniff(head: Head) -> Claim:
    line = head.text.partition("\n")[0]
    first = _FIRST.match(line.rstrip("\r"))
    if first is None:
        return Claim.NO
    # some languages' iPhones write WhatsApp's times as this tool does, but neither Markdown nor a break at a line's end
    ours = "," in first["time"] or head.path.suffix.lower() == ".md" or line.rstrip("\r").endswith("  ")
    return Claim.CERTAIN if ours else Claim.NO


FORMAT = Format(
    "Signal",
    _sniff,
    read,
    Sentence(
        "Signal cannot export its chats itself. On a computer with Signal Desktop run signal-export (pip install "
        "signal-export, then sigexport FOLDER), and import the folder. It calls you “Me”: say `--me` and your number.",
        "Signal 自己不能导出聊天。在装有 Signal Desktop 的电脑上运行 signal-export（pip install signal-export，"
        "然后 sigexport 文件夹），再导入该文件夹。它把你写作“Me”，请用 `--me` 给出你的号码。",
    ),
)
