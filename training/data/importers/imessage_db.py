"""iMessage: the database in which a Mac keeps its messages (chat.db), and an iPhone's backup, too (sms.db)."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.errors import DataError
from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
    LOGIN_CODE,
    ME_NAMES,
    NO_SENDER,
    NO_TIME,
    NOBODY_TOLD,
    PAYMENT,
    REACTION,
    RECALLED,
    SERVICE,
    TAKEN_BACK,
    Claim,
    Event,
    Format,
    Head,
    Moment,
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
    named,
    read_time,
)
from training.data.importers.database import columns_of, is_database, opened
from training.data.importers.imessage import TAPBACKS
from training.data.importers.imessage_parts import Attached, attached_to, last_words, was_unsent
from training.data.importers.login_codes import is_login_code
from training.data.importers.reactions import put_on
from training.data.importers.typedstream import value_of, words_of

PLATFORM = "imessage"

_TABLES = frozenset(
    ("message", "chat", "handle", "attachment", "chat_handle_join", "chat_message_join", "message_attachment_join")
)
_SINCE_2001 = 978_307_200  # seconds from 1970 until then
_NANOSECONDS = 10**9
_GROUP_STYLE = 43
_TAPBACKS = range(1000, 4000)
_PUT, _TAKEN_BACK = 2000, 3000
_ANY_EMOJI = 6  # behind those that have a name
_TARGET = re.compile(r"(?:p:\d+/|bp:)?(?P<guid>[^/:]+)")
_PAYMENTS = "PeerPaymentMessagesExtension"
_LINKS = "com.apple.messages.URLBalloonProvider"
_PLACES = re.compile("[\ufffc\ufffd]")  # where a file or an app's bubble stands in a text
_OPTIONAL = (
    "text", "attributedBody", "subject", "handle_id", "item_type", "associated_message_type",
    "associated_message_guid", "associated_message_emoji", "balloon_bundle_id", "thread_originator_guid",
    "date_edited", "date_retracted", "message_summary_info", "is_audio_message", "destination_caller_id",
)  # fmt: skip
"""Columns that not every version of the database has."""


@dataclass(slots=True)
class _Chat:
    """A chat. people: the ids of its other members."""

    key: str
    group: bool
    title: str
    people: list[str] = field(default_factory=list)


def read(source: Source) -> Iterator[Event]:
    """Yields the events of every chat, the chats first. Raises DataError if it cannot be read at all."""
    begun = False
    try:
        with opened(source.path) as db:
            me = _owner(db, source)
            chats = _chats(db)
            for one in {chat.key: chat for chat in chats.values()}.values():
                yield _identified(one, me)
            withdrawn = _withdrawn(db)
            for row in _rows(db):
                begun = True
                chat = chats.get(row["chat_id"])
                if chat is not None and (target := _target(row)) is not None:
                    yield from _reaction(row, target, chat, me, withdrawn)
                elif chat is not None:
                    yield _message(row, chat, me, attached_to(db, row["ROWID"]) if row["has_files"] else Attached())
    except sqlite3.Error as error:
        if not begun:
            raise DataError(
                f"The database cannot be read ({error}): copy it once more, with Messages closed."
            ) from error
        yield Truncated("The database is damaged in the middle; everything before that place was read.")
    source.progress(source.path.stat().st_size)


def _rows(db: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Yields the messages, each with its chat. Those that were deleted lately are in none any more."""
    there = columns_of(db, "message")
    optional = ", ".join(f"m.{name}" if name in there else f"NULL AS {name}" for name in _OPTIONAL)
    rows = db.execute(
        f"SELECT m.ROWID, m.guid, m.date, m.is_from_me, {optional}, h.id AS handle, j.chat_id,"
        " m.ROWID IN (SELECT message_id FROM message_attachment_join) AS has_files"
        " FROM message m JOIN (SELECT message_id, min(chat_id) AS chat_id FROM chat_message_join GROUP BY message_id) j"
        " ON j.message_id = m.ROWID LEFT JOIN handle h ON h.ROWID = m.handle_id"
    )
    names = [one[0] for one in rows.description]
    for row in rows:
        yield dict(zip(names, row, strict=True))


def _chats(db: sqlite3.Connection) -> dict[int, _Chat]:
    """Returns the chats by row. One with the same person by iMessage and by text message has two rows, and is one."""
    chats: dict[int, _Chat] = {}
    by_key: dict[str, _Chat] = {}
    for row, identifier, style, name in db.execute("SELECT ROWID, chat_identifier, style, display_name FROM chat"):
        key = clean_name(identifier) or f"name:{row}"
        chats[row] = by_key.setdefault(key, _Chat(key, style == _GROUP_STYLE, clean_name(name)))
    for row, handle in db.execute(
        "SELECT j.chat_id, h.id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id ORDER BY h.id"
    ):
        if row in chats and (person := clean_name(handle)) and person not in chats[row].people:
            chats[row].people.append(person)
    return chats


def _owner(db: sqlite3.Connection, source: Source) -> Account:
    """Returns the account that wrote what is "from me": that of `--me`, or the number it was reached under most."""
    if source.me:
        return Account(PLATFORM, source.me)
    if "destination_caller_id" in columns_of(db, "message"):
        found = db.execute(
            "SELECT destination_caller_id FROM message WHERE destination_caller_id <> '' GROUP BY 1"
            " ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
        if found is not None and (native := clean_name(found[0])):
            return Account(PLATFORM, native)
    return named(PLATFORM, ME_NAMES[1])


def _identified(chat: _Chat, me: Account) -> ReadChat:
    if chat.group or len(chat.people) > 1:
        title = chat.title or clean_name(", ".join(chat.people))
        return ReadChat(chat.key, PLATFORM, chat.key, ChatKind.GROUP, title, ids="everywhere")
    other = chat.people[0] if chat.people else chat.key
    return ReadChat(chat.key, PLATFORM, other, ChatKind.PRIVATE, chat.title, me.id, "everywhere")


def _target(row: dict[str, Any]) -> str | None:
    """Returns the message that a row puts a reaction on, or takes it from; None where it does neither."""
    number, guid = row["associated_message_type"], row["associated_message_guid"]
    if not isinstance(number, int) or not isinstance(guid, str) or number % 1000 > _ANY_EMOJI:
        return None
    found = _TARGET.fullmatch(guid) if number // 1000 * 1000 in (_PUT, _TAKEN_BACK) else None
    return found["guid"] if found else None


def _withdrawn(db: sqlite3.Connection) -> set[tuple[object, ...]]:
    """Returns the reactions that were taken back in the end: on what, by whom, and which."""
    if not {"associated_message_guid", "associated_message_type"} <= set(columns_of(db, "message")):
        return set()
    rows = db.execute(
        "SELECT associated_message_guid, is_from_me, handle_id, associated_message_type % 1000,"
        " associated_message_type, max(date) FROM message"
        " WHERE associated_message_type >= ? AND associated_message_type < ? GROUP BY 1, 2, 3, 4",
        (_PUT, _TAKEN_BACK + 1000),
    )
    return {tuple(key) for *key, number, _ in rows if number >= _TAKEN_BACK}


def _reaction(
    row: dict[str, Any], target: str, chat: _Chat, me: Account, withdrawn: set[tuple[object, ...]]
) -> Iterator[ReadReaction | SkippedReactions]:
    number = row["associated_message_type"]
    which = row["associated_message_guid"], row["is_from_me"], row["handle_id"], number % 1000
    if number >= _TAKEN_BACK:
        return
    other = clean_name(row["handle"]) or (chat.people[0] if len(chat.people) == 1 else "")
    if which in withdrawn:
        yield SkippedReactions(chat.key, TAKEN_BACK)
    elif not row["is_from_me"] and not other:
        yield SkippedReactions(chat.key, NOBODY_TOLD)
    else:
        kind = number % 1000
        emoji = row["associated_message_emoji"] if kind == _ANY_EMOJI else list(TAPBACKS.values())[kind]
        moment = _moment(row["date"])
        who = me if row["is_from_me"] else Account(PLATFORM, other)
        yield from put_on(chat.key, emoji, [(who, "", moment.ms if moment else None)], target)


def _message(row: dict[str, Any], chat: _Chat, me: Account, attached: Attached) -> ReadMessage | Skipped:
    mine = bool(row["is_from_me"])
    if (reason := _reason(row)) is not None:
        return Skipped(chat.key, reason)
    moment = _moment(row["date"])
    if moment is None:
        return Skipped(chat.key, NO_TIME)
    other = clean_name(row["handle"]) or (chat.people[0] if len(chat.people) == 1 else "")
    if not mine and not other:
        return Skipped(chat.key, NO_SENDER)
    body = row["attributedBody"] if isinstance(row["attributedBody"], bytes) else b""
    text = _text(row, body)
    if not mine and is_login_code(other, text):
        return Skipped(chat.key, LOGIN_CODE)
    placeholder = attached.placeholder
    if row["is_audio_message"] and placeholder == "audio":
        placeholder = "voice"
    if placeholder is None and row["balloon_bundle_id"] not in (None, "", _LINKS):
        placeholder = "unknown"
    if not text and not attached.photos and placeholder is None:
        return Skipped(chat.key, EMPTY)
    edited = _moment(row["date_edited"])
    return ReadMessage(
        chat=chat.key,
        sender=me if mine else Account(PLATFORM, other),
        sender_name="",
        sent_ms=moment.ms,
        position=row["ROWID"],
        text=text,
        photos=attached.photos,
        placeholder=placeholder,
        native_id=clean_name(row["guid"]) or None,
        reply_to=clean_name(row["thread_originator_guid"]) or None,
        edited_ms=edited.ms if edited else None,
        transcript=clean(value_of(body, "IMAudioTranscription")) if placeholder == "voice" else "",
    )


def _reason(row: dict[str, Any]) -> str | None:
    """Returns why a row is no message that somebody wrote; None if it is one."""
    if row["item_type"]:
        return SERVICE
    if isinstance(tapback := row["associated_message_type"], int) and tapback in _TAPBACKS:
        return REACTION
    if str(row["balloon_bundle_id"] or "").endswith(_PAYMENTS):
        return PAYMENT
    unsent = not row["text"] and not row["attributedBody"] and was_unsent(row["message_summary_info"])
    return RECALLED if unsent or row["date_retracted"] else None


def _text(row: dict[str, Any], body: bytes) -> str:
    """Returns the words. Newer versions keep them in the attributed body alone, and those of edits in the summary."""
    told = row["text"] or words_of(body) or last_words(row["message_summary_info"])
    parts = (part.strip() for part in (str(row["subject"] or ""), *_PLACES.split(str(told))))
    return clean("\n".join(filter(None, parts)))


def _moment(date: object) -> Moment | None:
    """Returns the time of a date: nanoseconds since 2001, or seconds in databases of before 2017."""
    if not isinstance(date, int) or date <= 0:
        return None
    return read_time(_SINCE_2001 + (date / _NANOSECONDS if date > 10**11 else date), None)


def _sniff(head: Head) -> Claim:
    return Claim.CERTAIN if is_database(head.data) and head.columns >= _TABLES else Claim.NO


FORMAT = Format(
    "iMessage (chat.db)",
    _sniff,
    read,
    Sentence(
        "On a Mac quit Messages and copy the folder ~/Library/Messages, with chat.db and Attachments in it; import the "
        "copy. Where Messages does not tell which number is yours, say it with --me.",
        "在 Mac 上退出“信息”，复制文件夹 ~/Library/Messages（其中有 chat.db 和 Attachments），导入这份副本。"
        "如果其中看不出哪个号码是你的，用 --me 给出。",
    ),
)
