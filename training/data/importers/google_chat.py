"""Google Chat, as Google Takeout hands it out: a folder for each talk, with messages.json and group_info.json."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.message import Account, ChatKind
from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_SENDER,
    NO_TIME,
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
    Truncated,
    clean,
    clean_name,
    looks_like_bot,
    named,
)
from training.data.importers.filekinds import kind_of_file
from training.data.importers.google_dates import read_date
from training.data.importers.jsonstream import Damaged, object_at, walk
from training.data.importers.reactions import put_on

PLATFORM = "google-chat"

_KEY = "chat"
_DELETED = "DELETED"
_BOT = "Bot"
_CALLS = ("video_call_metadata",)
_CHANGES = ("membership_changed_metadata", "room_updated", "group_retention_settings_updated")
_SHARED = (("drive_metadata", "file"), ("youtube_metadata", "link"), ("url_metadata", "link"))
"""What annotations add to a message, and the placeholder where that is all of it."""


@dataclass(slots=True)
class _Talk:
    """A talk. members: the names of its people by account, in the order they were told.

    topics: the first message of each thread. unread_dates: how many dates could not be read.
    """

    source: Source
    title: str = ""
    members: dict[Account, str] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    messages: int = 0
    kept: int = 0
    unread_dates: int = 0

    @property
    def folder(self) -> Path:
        return self.source.path.resolve().parent

    @property
    def in_space(self) -> bool:
        """Says whether it is a space, which has threads, and not a talk of two or more."""
        return self.folder.name.startswith("Space ")


def read(source: Source) -> Iterator[Event]:
    """Yields the events of one talk. Raises DataError if none of its dates can be read."""
    about = object_at(source.path.with_name("group_info.json"), "")
    talk = _Talk(source, clean_name(about.get("name")))
    for member in _list(about.get("members")):
        account, name, _ = _person(member)
        if account is not None:
            talk.members[account] = name
    with source.open() as file:
        try:
            for node in walk(file, {"messages.item"}):
                if node.kind == "item":
                    talk.messages += 1
                    message = _message(node.value, talk)
                    yield message
                    if isinstance(message, ReadMessage):
                        yield from _reactions(node.value, talk)
        except Damaged as damage:
            yield Truncated(damage.sentence)
    if talk.unread_dates and not talk.kept:
        raise DataError(
            "None of its dates can be read: their language is not known here, or they are not as Google writes them. "
            "What helps is to set the language of the Google account to English, and to ask for the download again."
        )
    if talk.messages:
        yield _chat(talk)


def _message(raw: dict[str, Any], talk: _Talk) -> ReadMessage | Skipped:
    if raw.get("message_state") == _DELETED or "deletion_metadata" in raw:
        return Skipped(_KEY, RECALLED)
    sender, name, is_bot = _person(raw.get("creator"))
    if sender is None:
        return Skipped(_KEY, NO_SENDER)
    told = raw.get("created_date") or raw.get("updated_date")
    moment = read_date(told, talk.source.zone)
    if moment is None:
        talk.unread_dates += bool(told)
        return Skipped(_KEY, NO_TIME)
    text = clean(raw.get("text")) if isinstance(raw.get("text"), str) else ""
    photos, placeholder = _files(raw.get("attached_files"))
    if not text and not photos and placeholder is None:
        placeholder, reason = _annotated(raw.get("annotations"))
        if placeholder is None:
            return Skipped(_KEY, reason)
    talk.kept += 1
    talk.members[sender] = name or talk.members.get(sender, "")
    native = clean_name(raw.get("message_id")) or None
    edited = read_date(raw.get("updated_date"), talk.source.zone) if raw.get("created_date") else None
    return ReadMessage(
        chat=_KEY,
        sender=sender,
        sender_name=name,
        sent_ms=moment.ms,
        position=talk.messages,
        text=text,
        photos=photos,
        placeholder=placeholder,
        native_id=native,
        reply_to=_answered(raw, native, talk),
        is_bot=is_bot or looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
        edited_ms=edited.ms if edited else None,
    )


def _reactions(raw: dict[str, Any], talk: _Talk) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what was put on a message. When it was, is not told."""
    for reaction in _list(raw.get("reactions")):
        if not isinstance(reaction, dict):
            continue
        emoji, addresses = reaction.get("emoji"), _list(reaction.get("reactor_emails"))
        accounts = [Account(PLATFORM, one) for address in addresses if (one := clean_name(address).lower())]
        people = [(account, talk.members.get(account, ""), None) for account in accounts]
        yield from put_on(_KEY, clean(emoji.get("unicode")) if isinstance(emoji, dict) else None, people)


def _person(value: object) -> tuple[Account | None, str, bool]:
    """Returns somebody's account and name, and whether it is a bot. Who left Google is known by name alone."""
    if not isinstance(value, dict):
        return None, "", False
    address, name = clean_name(value.get("email")).lower(), clean_name(value.get("name"))
    account = Account(PLATFORM, address) if address else named(PLATFORM, name) if name else None
    return account, name, value.get("user_type") == _BOT


def _files(value: object) -> tuple[tuple[str, ...], str | None]:
    """Returns the pictures attached, and the placeholder of whatever else is."""
    photos: list[str] = []
    placeholder: str | None = None
    for file in _list(value):
        if not isinstance(file, dict):
            continue
        name = clean_name(file.get("export_name"))
        kind = kind_of_file(clean_name(file.get("original_name")) or name)
        if kind == "photo" and name:
            photos.append(name)
        else:
            placeholder = kind
    return tuple(photos), placeholder


def _annotated(value: object) -> tuple[str | None, str]:
    """Returns the placeholder of a message that is nothing but annotations, or None and why it is skipped."""
    keys = {key for one in _list(value) if isinstance(one, dict) for key in one}
    shared = next((kind for key, kind in _SHARED if key in keys), None)
    if keys.intersection(_CALLS):
        return None, CALL
    return shared, SERVICE if keys.intersection(_CHANGES) else EMPTY


def _answered(raw: dict[str, Any], native: str | None, talk: _Talk) -> str | None:
    """Returns the id of the message that is quoted, or else, in a space, of the one that began the thread."""
    quoted = raw.get("quoted_message_metadata")
    if isinstance(quoted, dict) and (answered := clean_name(quoted.get("message_id"))):
        return answered
    topic = clean_name(raw.get("topic_id"))
    if not topic or native is None or not talk.in_space:
        return None
    first = talk.topics.setdefault(topic, native)
    return first if first != native else None


def _chat(talk: _Talk) -> ReadChat:
    folder = clean_name(talk.folder.name)
    if talk.in_space or len(talk.members) > 2:
        native = folder.partition(" ")[2] or f"name:{talk.title or folder}"
        return ReadChat(_KEY, PLATFORM, native, ChatKind.GROUP, talk.title, ids="everywhere")
    owner = _owner(talk)
    people = [account for account in talk.members if account != owner]
    other = min(people, key=lambda one: one.id) if people else named(PLATFORM, folder or "?")
    title = talk.members.get(other, "")
    return ReadChat(_KEY, PLATFORM, other.id, ChatKind.PRIVATE, title, owner.id if owner else None, "everywhere")


def _owner(talk: _Talk) -> Account | None:
    """Returns whose download it is, as `--me` or the folder Users says; None if neither does."""
    me = (talk.source.me or "").casefold()
    for account, name in talk.members.items():
        if me and me in (account.id, name.casefold()):
            return account
    told = (object_at(path, "user") for path in talk.folder.parent.parent.glob("Users/*/user_info.json"))
    owners = {owner for one in told if (owner := _person(one)[0]) is not None}
    return owners.pop() if len(owners) == 1 else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _sniff(head: Head) -> Claim:
    keys = head.keys_at("messages.item")
    return Claim.CERTAIN if "creator" in keys and keys & {"created_date", "updated_date"} else Claim.NO


FORMAT = Format(
    "Google Chat",
    _sniff,
    read,
    Sentence(
        "At takeout.google.com choose Google Chat alone, and ask for the download. Import the zip as it is, or the "
        "folder “Google Chat” that it unpacks to.",
        "在 takeout.google.com 只选 Google Chat，申请下载。直接导入 zip，或导入解压后的“Google Chat”文件夹。",
    ),
)
