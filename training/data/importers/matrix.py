"""Matrix: what Element exports of a room as JSON, with the files that it puts beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
    NO_SENDER,
    NO_TIME,
    REACTION,
    RECALLED,
    SERVICE,
    TAKEN_BACK,
    UNKNOWN_KIND,
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
    Truncated,
    clean,
    clean_name,
    looks_like_bot,
    read_time,
)
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.matrix_files import exported_name, names_in
from training.data.importers.reactions import put_on

PLATFORM = "matrix"
EDIT = "edit of another message"
UNDECRYPTED = "could not be decrypted"

_KEY = "chat"
_IMAGES = "images"
_MEMBER, _NAME, _MESSAGE, _STICKER = "m.room.member", "m.room.name", "m.room.message", "m.sticker"
_REACTED = "m.reaction"
_POLLS = ("m.poll.start", "org.matrix.msc3381.poll.start")
_SPOKEN = (_MESSAGE, _STICKER, *_POLLS)
_REASONS = {
    "m.room.encrypted": UNDECRYPTED,
    "m.poll.response": REACTION,
    "org.matrix.msc3381.poll.response": REACTION,
}
_PLACEHOLDERS = {"m.video": "video", "m.audio": "audio", "m.file": "file", "m.location": "location"}
_TEXTS = ("m.text", "m.notice", "m.emote")
_VOICE = ("org.matrix.msc3245.voice", "org.matrix.msc3245.voice.v2", "m.voice")
_QUOTED = re.compile(r"> (?:\* )?<[@#!][^>\n]+>")
"""How the quote begins that Element writes in front of an answer, and nobody types."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """What a message was edited to."""

    sender: str
    content: Mapping[str, Any]
    at: object


@dataclass(slots=True)
class _Room:
    """A room. names: the display names of its people, by id. edits: the latest of each message, by its id.

    removed: the ids of messages that were deleted. images: the files in the folder of that name.
    """

    source: Source
    id: str = ""
    title: str = ""
    exported_by: str = ""
    named: bool = False
    names: dict[str, str] = field(default_factory=dict)
    edits: dict[str, _Edit] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    images: tuple[str, ...] = ()
    messages: int = 0


def read(source: Source) -> Iterator[Event]:
    """Yields the room's events. It first looks for names, edits and removals, which may stand behind a message."""
    room = _look_ahead(source)
    with source.open() as file:
        try:
            for node in walk(file, {"messages.item"}):
                if node.kind == "item":
                    room.messages += 1
                    if node.value.get("type") == _REACTED:
                        yield from _reaction(node.value, room)
                    else:
                        yield _message(node.value, room)
        except Damaged as damage:
            yield Truncated(damage.sentence)
    if room.messages:
        yield _chat(room)


def _look_ahead(source: Source) -> _Room:
    room = _Room(source, images=names_in(source.path.parent / _IMAGES))
    with source.open(quiet=True) as file:
        try:
            for node in walk(file, {"messages.item"}):
                if node.kind == "item":
                    _learn(node.value, room)
                elif node.prefix == "room_name":
                    room.title = clean_name(node.value)
                elif node.prefix == "exported_by":
                    room.exported_by = clean_name(node.value)
        except Damaged:
            pass  # told when the messages are read
    return room


def _learn(raw: dict[str, Any], room: _Room) -> None:
    kind, sender, content = raw.get("type"), clean_name(raw.get("sender")), _object(raw.get("content"))
    room.id = room.id or clean_name(raw.get("room_id"))
    room.named = room.named or kind == _NAME
    if kind == _MEMBER:
        member, name = clean_name(raw.get("state_key")) or sender, clean_name(content.get("displayname"))
        if content.get("membership") == "join" and (name or member not in room.names):
            room.names[member] = name
    elif kind == "m.room.redaction":
        room.removed.add(clean_name(raw.get("redacts") or content.get("redacts")))
    elif sender and kind in _SPOKEN:
        room.names.setdefault(sender, "")
        edited = _edited(content)
        if edited:
            room.edits[edited] = _Edit(sender, _object(content.get("m.new_content")), raw.get("origin_server_ts"))


def _message(raw: dict[str, Any], room: _Room) -> ReadMessage | Skipped:
    kind, sender = raw.get("type"), clean_name(raw.get("sender"))
    content, unsigned = _object(raw.get("content")), _object(raw.get("unsigned"))
    native = clean_name(raw.get("event_id")) or None
    if kind not in _SPOKEN:
        return Skipped(_KEY, _REASONS.get(str(kind), SERVICE))
    if "redacted_because" in unsigned or native in room.removed:
        return Skipped(_KEY, RECALLED)
    if _edited(content):
        return Skipped(_KEY, EDIT)
    if content.get("msgtype") == "m.bad.encrypted":
        return Skipped(_KEY, UNDECRYPTED)
    moment = read_time(raw.get("origin_server_ts"), room.source.zone)
    if not sender:
        return Skipped(_KEY, NO_SENDER)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    edit = room.edits.get(native or "") or _bundled(unsigned, sender)
    if edit is not None and edit.sender != sender:
        edit = None
    answered = _answered(content)
    latest = edit.content if edit and edit.content else content
    text, photos, placeholder = _content(str(kind), latest, room, moment.ms, answers=answered is not None)
    if not text and not photos and placeholder is None:
        return Skipped(_KEY, EMPTY if content.get("msgtype") in _TEXTS or not content else UNKNOWN_KIND)
    edited = read_time(edit.at, None) if edit else None
    name = _name(sender, room)
    return ReadMessage(
        chat=_KEY,
        sender=Account(PLATFORM, sender),
        sender_name=name,
        sent_ms=moment.ms,
        position=room.messages,
        text=text,
        photos=photos,
        placeholder=placeholder,
        native_id=native,
        reply_to=answered,
        is_bot=content.get("msgtype") == "m.notice" or looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        edited_ms=edited.ms if edited else None,
    )


def _reaction(raw: dict[str, Any], room: _Room) -> Iterator[ReadReaction | Skipped | SkippedReactions]:
    relation = _object(_object(raw.get("content")).get("m.relates_to"))
    sender, target = clean_name(raw.get("sender")), clean_name(relation.get("event_id"))
    if "redacted_because" in _object(raw.get("unsigned")) or clean_name(raw.get("event_id")) in room.removed:
        yield SkippedReactions(_KEY, TAKEN_BACK)
    elif not sender or not target:
        yield Skipped(_KEY, REACTION)
    else:
        moment = read_time(raw.get("origin_server_ts"), room.source.zone)
        who = Account(PLATFORM, sender), _name(sender, room), moment.ms if moment else None
        yield from put_on(_KEY, _words(relation.get("key")), [who], target)


def _content(
    kind: str, content: Mapping[str, Any], room: _Room, sent_ms: int, *, answers: bool
) -> tuple[str, tuple[str, ...], str | None]:
    """Returns a message's text, photos and placeholder."""
    body, type_ = _words(content.get("body")), content.get("msgtype")
    if kind in _POLLS:
        return "", (), "poll"
    if kind == _STICKER:
        return body, (), "sticker"
    if type_ in _TEXTS:
        return _without_quote(body) if answers else body, (), None
    file = _words(content.get("filename")) or body
    caption = body if body != file else ""
    if type_ == "m.image":
        return caption, (f"{_IMAGES}/{exported_name(room.images, file, sent_ms) or file}",), None
    placeholder = _PLACEHOLDERS.get(str(type_))
    if placeholder == "audio" and any(key in content for key in _VOICE):
        placeholder = "voice"
    return ("" if placeholder == "location" else caption), (), placeholder


def _without_quote(body: str) -> str:
    """Returns an answer without the quote in front of it."""
    if not _QUOTED.match(body):
        return body
    lines = body.split("\n")
    own = next((number for number, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[own:]).strip()


def _answered(content: Mapping[str, Any]) -> str | None:
    """Returns the id of the message that this one answers: of the one replied to, or else of the thread's first."""
    relation = _object(content.get("m.relates_to"))
    answered = _object(relation.get("m.in_reply_to")).get("event_id")
    if relation.get("rel_type") == "m.thread" and (not answered or relation.get("is_falling_back") is True):
        answered = relation.get("event_id")
    return clean_name(answered) or None


def _edited(content: Mapping[str, Any]) -> str:
    """Returns the id of the message that this one is an edit of; empty if it is none."""
    relation = _object(content.get("m.relates_to"))
    return clean_name(relation.get("event_id")) if relation.get("rel_type") == "m.replace" else ""


def _bundled(unsigned: Mapping[str, Any], sender: str) -> _Edit | None:
    """Returns the edit that the server sent along with a message. What it says stands in the message by then."""
    edit = _object(_object(unsigned.get("m.relations")).get("m.replace"))
    content = _object(_object(edit.get("content")).get("m.new_content"))
    return _Edit(clean_name(edit.get("sender")) or sender, content, edit.get("origin_server_ts")) if edit else None


def _name(sender: str, room: _Room) -> str:
    """Returns somebody's display name, or else their id's first part, as Element shows it."""
    return room.names.get(sender) or sender.partition(":")[0].removeprefix("@")


def _chat(room: _Room) -> ReadChat:
    people = {sender: _name(sender, room) for sender in room.names}
    called = {*people, *people.values()}
    if len(people) > 2 or (room.named and room.title not in called):
        native = room.id or f"name:{room.title or clean_name(room.source.path.stem)}"
        return ReadChat(_KEY, PLATFORM, native, ChatKind.GROUP, room.title, ids="everywhere")
    owner = _owner(people, room)
    others = [sender for sender in people if sender != owner] or [f"name:{room.title or '?'}"]
    other = next((one for one in others if people.get(one) == room.title), others[0])
    if owner is None and people.get(other) == room.title:
        owner = next((one for one in others if one != other), None)
    return ReadChat(_KEY, PLATFORM, other, ChatKind.PRIVATE, people.get(other, room.title), owner, "everywhere")


def _owner(people: Mapping[str, str], room: _Room) -> str | None:
    """Returns the id of whoever exported the room, as `--me` or the export says."""
    for told in (room.source.me, room.exported_by):
        fitting = [sender for sender, name in people.items() if told and told in (sender, name)]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _words(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sniff(head: Head) -> Claim:
    keys, of_message = head.keys_at(""), head.keys_at("messages.item")
    if {"room_name", "exported_by"} <= keys:
        return Claim.CERTAIN
    return Claim.CERTAIN if {"event_id", "origin_server_ts", "sender"} <= of_message else Claim.NO


FORMAT = Format(
    "Matrix (Element)",
    _sniff,
    read,
    Sentence(
        "In Element on a computer open the room, then its name, “Export chat”; choose the format JSON, “From the "
        "beginning”, and the attachments. Import the zip, or the JSON file.",
        "在电脑上的 Element 打开房间，点房间名，选“导出聊天”；格式选 JSON，从头开始，并包含附件。"
        "然后导入得到的 zip 或 JSON 文件。",
    ),
)
