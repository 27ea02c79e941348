"""iMessage: the text files that imessage-exporter writes, one a chat."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
    ME_NAMES,
    NO_TIME,
    PAYMENT,
    RECALLED,
    SERVICE,
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
    named,
    read_time,
)
from training.data.importers.reactions import put_on
from training.data.importers.textlines import add_line, lines_of

PLATFORM = "imessage"
_KEY = "chat"
_ME = "Me"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4})  ?(\d{1,2}):(\d{2}):(\d{2}) ([AP])M"
_HEADER = re.compile(rf"( *)({_CLOCK})(?: \(Read by .*\))?")
_ANNOUNCED = re.compile(rf"({_CLOCK}) (?!\(Read by ).+")
_ANSWER = "This message responded to an earlier message."
_EDITED = re.compile(r"Edited (.{1,80}?) later: (.*)", re.DOTALL)
_SPAN = re.compile(r"(\d{1,5}) (day|hour|minute|second)")
_MS_OF = {"day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000}
_FIRST_VERSION = re.compile(rf"{_CLOCK} ")
_EFFECT = re.compile(
    r"Sent with (?:Confetti|Echo|Fireworks|Balloons|Heart|Lasers|Shooting Start?|Sparkles|Spotlight|Slam|Loud|Gentle"
    r"|Invisible Ink)"
)
_REACTION = re.compile(r"|(?P<what>.{1,40}) by (?P<who>.{1,80})|Sticker from .*")
TAPBACKS = {
    "Loved": "❤️", "Liked": "👍", "Disliked": "👎", "Laughed": "😂", "Emphasized": "‼️", "Questioned": "❓"
}  # fmt: skip
"""What Messages calls the six reactions that it began with, in the order of their numbers."""
_TAPBACKS_BELOW = ("Tapbacks:", "Reactions:")
_UNSENT = re.compile(r".{1,80} unsent this message part\b.*|(?:You|They) (?:deleted|unsent) a message[.!]")
_SERVICE = re.compile(r"SharePlay Message(?:\nEnded)?|(?:Started|Stopped) sharing location!")
_PAYMENT = re.compile(r"(?:Apple (?:Pay|Cash)|Cash) transaction: .*")
_NUMBER = re.compile(r"\+?[\d() -]{5,20}|[^@\s]+@[^@\s]+\.[^@\s]+")
_FILE = re.compile(r"(?:~|\.{0,2}/|[A-Za-z]:\\|attachments/).*/?[^/\n]*\.([A-Za-z0-9]{2,5})")
_TRANSCRIBED = "Transcription: "
_KIND_OF_ENDING = (
    ("photo", ("jpg", "jpeg", "png", "heic", "heif", "gif", "webp", "tiff")),
    ("voice", ("caf", "amr", "m4a", "mp3", "wav", "aac")),
    ("video", ("mov", "mp4", "m4v", "3gp")),
)


@dataclass(slots=True)
class _Open:
    """A message whose lines are being read."""

    clock: re.Match[str]
    time: str
    sender: str | None = None  # on the line after the time
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _State:
    """What was found so far. answers: of answers shown under a message, the id of that message."""

    senders: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    last_id: str = ""
    same_second: int = 0
    messages: int = 0


def read(source: Source) -> Iterator[Event]:
    """Yields the events of the chat. An answer stands under what it answers, and once more at its own time."""
    state = _State()
    open_: _Open | None = None
    under: _Open | None = None  # an answer that is shown under the open message
    blank = True
    for line in lines_of(source):
        header = _HEADER.fullmatch(line)
        announced = _ANNOUNCED.fullmatch(line) if blank else None
        if blank and ((header and not header[1]) or announced):
            if open_ is not None:
                yield from _finished(open_, state, source)
            open_ = under = None
            if header:
                open_ = _Open(header, header[2])
            else:
                state.messages += 1
                yield Skipped(_KEY, SERVICE)
        elif header and header[1] and open_ is not None and open_.sender is not None:
            under = _Open(header, header[2])
        elif under is not None and under.sender is None:
            under.sender = clean_name(line)
            state.answers[under.time, under.sender] = _id_of(open_) if open_ else ""
        elif under is not None and (line.startswith("    ") or not line):
            pass
        elif open_ is not None and open_.sender is None:
            open_.sender = clean_name(line)
        elif open_ is not None:
            under = None
            add_line(open_.lines, line)
        blank = not line
    if open_ is not None:
        yield from _finished(open_, state, source)
    if state.messages:
        yield _identified(state, clean_name(source.path.stem), source)


def _id_of(found: _Open) -> str:
    """Returns what tells a message from others in every export of the chat."""
    return f"{found.time}/{found.sender}"


def _finished(
    found: _Open, state: _State, source: Source
) -> Iterator[ReadMessage | ReadReaction | Skipped | SkippedReactions]:
    if found.sender:
        state.messages += 1
        message = _message(found, state, source)
        yield message
        if isinstance(message, ReadMessage):
            yield from _reactions(found.lines, source)


def _reactions(lines: list[str], source: Source) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what was put on a message. When it was, is not told."""
    heads = [number for number, line in enumerate(lines) if line in _TAPBACKS_BELOW]
    for line in lines[heads[0] + 1 :] if heads else []:
        one = _REACTION.fullmatch(line)
        if one is not None and one["who"]:
            name = clean_name(one["who"])
            account = _account(name, source)
            said = TAPBACKS.get(one["what"].partition(" ")[0], one["what"])
            yield from put_on(_KEY, said, [(account, "" if _NUMBER.fullmatch(name) else name, None)])


def _message(found: _Open, state: _State, source: Source) -> ReadMessage | Skipped:
    name = found.sender or _ME
    text, photos, placeholder, transcript, answers = _content(found.lines)
    text, edited_after_ms = _last_version(text)
    if _UNSENT.fullmatch(text):
        return Skipped(_KEY, RECALLED)
    if _SERVICE.fullmatch(text) or _PAYMENT.fullmatch(text):
        return Skipped(_KEY, SERVICE if _SERVICE.fullmatch(text) else PAYMENT)
    moment = read_time(_iso(found.clock), source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    if not text and not photos and placeholder is None:
        return Skipped(_KEY, EMPTY)
    sender = _account(name, source)
    state.senders[sender.id] = name
    native = _id_of(found)
    state.same_second = state.same_second + 1 if native == state.last_id else 0
    state.last_id = native
    return ReadMessage(
        chat=_KEY,
        sender=sender,
        sender_name="" if _NUMBER.fullmatch(name) else name,
        sent_ms=moment.ms,
        position=state.messages,
        text=text,
        photos=photos,
        placeholder=placeholder,
        native_id=f"{native}/{state.same_second}" if state.same_second else native,
        reply_to=(state.answers.get((found.time, name)) or None) if answers else None,
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
        transcript=transcript,
        edited_ms=moment.ms + edited_after_ms if edited_after_ms else None,
    )


def _content(lines: list[str]) -> tuple[str, tuple[str, ...], str | None, str, bool]:
    """Returns text, photos, placeholder, what a voice message says, and whether it answers another message."""
    words: list[str] = []
    photos: list[str] = []
    placeholder, transcript, answers, reactions = None, "", False, False
    for line in lines:
        file = _FILE.fullmatch(line)
        if line == _ANSWER:
            answers = True
        elif line in _TAPBACKS_BELOW:
            reactions = True
        elif _EFFECT.fullmatch(line) or (reactions and _REACTION.fullmatch(line)):
            continue
        elif line.startswith(_TRANSCRIBED) and placeholder == "voice":
            transcript = clean(line.removeprefix(_TRANSCRIBED))
        elif line == "Attachment missing!":
            placeholder = placeholder or "file"
        elif file:
            kind = next((kind for kind, endings in _KIND_OF_ENDING if file[1].lower() in endings), "file")
            if kind == "photo":
                photos.append(line)
            else:
                placeholder = kind
        else:
            words.append(line)
    return clean("\n".join(words)), tuple(photos), placeholder, transcript, answers


def _last_version(text: str) -> tuple[str, int]:
    """Returns the words of a message as they were edited last, and how many milliseconds after the first that was."""
    if not _FIRST_VERSION.match(text):
        return text, 0
    first, *later = re.split(r"\n(?=Edited .{1,80}? later: )", text)
    versions = [match for version in later if (match := _EDITED.fullmatch(version))]
    after = sum(int(count) * _MS_OF[unit] for match in versions for count, unit in _SPAN.findall(match[1]))
    return clean(versions[-1][2] if versions else _FIRST_VERSION.sub("", first, count=1)), after


def _iso(clock: re.Match[str]) -> str:
    month, day, year, hour, minute, second, half = clock.groups()[2:9]
    number = _MONTHS.index(month) + 1 if month in _MONTHS else 0
    return f"{year}-{number}-{day} {int(hour) % 12 + (12 if half == 'P' else 0)}:{minute}:{second}"


def _account(name: str, source: Source) -> Account:
    if name in ME_NAMES:
        return Account(PLATFORM, source.me) if source.me else named(PLATFORM, name)
    return Account(PLATFORM, name) if _NUMBER.fullmatch(name) else named(PLATFORM, name)


def _identified(state: _State, stem: str, source: Source) -> ReadChat:
    """Returns the chat. A group's file is called after its members or its title."""
    me = _account(_ME, source).id
    others = {native: name for native, name in state.senders.items() if native != me}
    if len(others) > 1 or ", " in stem:
        return ReadChat(_KEY, PLATFORM, named(PLATFORM, stem or "?").id, ChatKind.GROUP, stem)
    peer = next(iter(others), _account(stem or "?", source).id)
    return ReadChat(_KEY, PLATFORM, peer, ChatKind.PRIVATE, others.get(peer, stem), me)


def _sniff(head: Head) -> Claim:
    first, _, rest = head.text.partition("\n")
    begins = _HEADER.fullmatch(first.rstrip("\r")) and rest.strip()
    return Claim.CERTAIN if begins or _ANNOUNCED.fullmatch(first.rstrip("\r")) else Claim.NO


FORMAT = Format(
    "iMessage (imessage-exporter)",
    _sniff,
    read,
    Sentence(
        "On a Mac, or with an iPhone's backup, run imessage-exporter -f txt -c clone -o FOLDER, and import the folder. "
        "With --me and your number or address it is known who “Me” is.",
        "在 Mac 上（或用 iPhone 的备份）运行 imessage-exporter -f txt -c clone -o 文件夹，然后导入这个文件夹；"
        "用 --me 给出你的号码或邮箱，就知道“Me”是谁。",
    ),
)
