"""The imported messages: one SQLite file, written by the importers and read by everything that trains or measures."""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from bot.errors import DataError, PassingError
from bot.files import refusal
from bot.message import REACTION, STICKER, Account, Attachment, Chat, ChatKind, Message
from bot.people import NOTHING_LEFT_OUT, LeftOut
from bot.store.attachments import digests_of, filled_in, from_json, shape_of
from bot.store.corpus_schema import LAYOUT
from bot.store.layout import write_ahead
from bot.store.leaving_out import leave_out
from bot.workspace import private_dir


@dataclass(frozen=True, slots=True)
class CorpusChat:
    """A chat with at least one message. `id` is its row in the corpus."""

    id: int
    platform: str
    native_id: str
    kind: ChatKind
    title: str
    messages: int
    first: datetime
    last: datetime

    @property
    def chat(self) -> Chat:
        """The same chat as the platforms and the prompt name it."""
        return Chat(self.platform, self.native_id, self.kind, self.title)


@dataclass(frozen=True, slots=True)
class CorpusSender:
    """Everybody who wrote a message. `names` are the display names seen, the latest first; `name` is the latest, or "".

    `private_messages` are those in private chats; `chats` the rows of the chats written in; `last` the time of the
    latest message.
    """

    account: Account
    name: str
    names: tuple[str, ...]
    messages: int
    private_messages: int
    chats: tuple[int, ...]
    is_bot: bool
    last: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a message, who wrote it and when. replied: who wrote what it answers, where known."""

    sender: Account
    sent_at: datetime
    text: str
    replied: Account | None


class Corpus:
    """One SQLite file. Use as a context manager; several may read while one writes."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.db = db
        self.path = path

    @classmethod
    def open(cls, path: Path, without: LeftOut = NOTHING_LEFT_OUT) -> "Corpus":
        """Opens the corpus, making an empty one where there is none. Raises DataError if the file is something else.

        without: of these nothing can be seen in what is opened, as if it had never been imported.
        Raises PassingError while the disk is full or another command holds it.
        """
        try:
            private_dir(path.parent)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its -wal and -shm files the same mode
        except OSError as error:
            raise DataError(f"{path} cannot be opened as a corpus: {error.strerror}.") from error
        db = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            write_ahead(db)
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = NORMAL")
            LAYOUT.prepare(db, path)
            db.create_function("digests_of", 1, digests_of, deterministic=True)
            db.create_function("shape_of", 1, shape_of, deterministic=True)
            db.create_function("filled_in", 2, filled_in, deterministic=True)
            if without != NOTHING_LEFT_OUT:
                leave_out(db, without)
        except sqlite3.DatabaseError as error:
            db.close()
            if (sentence := refusal(error, path)) is not None:
                raise PassingError(sentence) from error
            raise DataError(f"{path} cannot be used as a corpus: {error}.") from error
        except BaseException:
            db.close()
            raise
        return cls(db, path)

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Keeps all of what happens inside, or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    @contextmanager
    def bulk(self) -> Iterator[sqlite3.Connection]:
        """A transaction for very many rows: that what they refer to is there is not looked up for every one of them."""
        self.db.execute("PRAGMA foreign_keys = OFF")
        try:
            with self.transaction() as db:
                yield db
        finally:
            self.db.execute("PRAGMA foreign_keys = ON")

    def count(self) -> int:
        """How many messages there are in all."""
        (number,) = self.db.execute("SELECT count(*) FROM messages").fetchone()
        return int(number)

    def chats(self) -> list[CorpusChat]:
        """Every chat, the one with most messages first."""
        return self._chats("TRUE")

    def private_with(self, accounts: Iterable[Account]) -> list[CorpusChat]:
        """The private chats in which one of these accounts wrote."""
        numbers = [
            str(number)
            for account in accounts
            for (number,) in self.db.execute(
                "SELECT DISTINCT m.chat FROM senders s JOIN messages m ON m.sender = s.id"
                " WHERE s.platform = ? AND s.native_id = ?",
                (account.platform, account.id),
            )
        ]
        return self._chats(f"chats.kind = 'private' AND chats.id IN ({','.join(numbers)})") if numbers else []

    def _chats(self, where: str) -> list[CorpusChat]:
        rows = self.db.execute(
            "SELECT chats.id, platform, chats.native_id, kind, title, count(*), min(sent_ms), max(sent_ms)"
            f" FROM chats JOIN messages ON messages.chat = chats.id WHERE {where}"
            " GROUP BY chats.id ORDER BY count(*) DESC, chats.id"
        )
        return [
            CorpusChat(id_, platform, native, ChatKind(kind), title, number, _time(first), _time(last))
            for id_, platform, native, kind, title, number, first, last in rows
        ]

    def messages(
        self,
        chat: CorpusChat,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        reactions: bool = False,
    ) -> Iterator[Message]:
        """The messages of a chat in the order they were sent, read as a stream; `since` included, `until` not.

        Their ids are rows in the corpus. The name is the display name at the time, or "" if no export tells any.
        reactions: what was put on them comes too, at its time, or right behind its message where none is told. The id
        of a reaction is below zero.
        """
        place = chat.chat
        known: dict[tuple[str, str], str] | None = None
        both = f"{_MESSAGES} UNION ALL {_OF_MESSAGES} ORDER BY 5, 13, 14, 15 DESC"
        rows = self.db.execute(
            both if reactions else f"{_MESSAGES} ORDER BY 5, 13, 14",
            {
                "chat": chat.id,
                "since": _ms(since) if since else -(2**62),
                "until": _ms(until) if until else 2**62,
                "last": 2**62,
            },
        )
        for row in rows:
            id_, platform, native, name, ms, text, attachments, reply, to_platform, to_native, bot, forwarded, *_ = row
            if not name:
                known = self._names() if known is None else known
                name = known.get((platform, native), "")
            yield Message(
                chat=place,
                id=str(id_),
                sender=Account(platform, native),
                sender_name=name,
                sent_at=_time(ms),
                text=text,
                attachments=(Attachment(REACTION, words=attachments),) if id_ < 0 else from_json(attachments),
                reply_to=None if reply is None else str(reply),
                replied=None if to_native is None else Account(to_platform, to_native),
                from_bot=bool(bot),
                forwarded=bool(forwarded),
            )

    def state(self, chat: CorpusChat) -> str:
        """Changes whenever what is in a chat could have changed."""
        row = self.db.execute(
            "SELECT count(*), max(id), max(coalesce(edited_ms, 0)), max(sent_ms), total(length(attachments))"
            " FROM messages WHERE chat = ?",
            (chat.id,),
        ).fetchone()
        return "/".join(map(str, row))

    def version(self) -> int:
        """Changes when another connection has changed anything."""
        (version,) = self.db.execute("PRAGMA data_version").fetchone()
        return int(version)

    def said(self, chat: CorpusChat) -> Iterator[Said]:
        """The words of a chat in the order they were sent, without what was passed on. Quicker than whole messages."""
        accounts = {
            id_: Account(platform, native)
            for id_, platform, native in self.db.execute("SELECT id, platform, native_id FROM senders")
        }
        rows = self.db.execute(
            "SELECT m.sender, m.sent_ms, m.text, answered.sender FROM messages m"
            " LEFT JOIN messages answered ON answered.id = m.reply_to"
            " WHERE m.chat = ? AND m.text <> '' AND m.forwarded = 0 ORDER BY m.sent_ms, m.position, m.id",
            (chat.id,),
        )
        for sender, sent, text, replied in rows:
            yield Said(accounts[sender], _time(sent), text, accounts.get(replied))

    def latest(
        self, chat: CorpusChat, count: int, before: datetime | None = None, *, reactions: bool = False
    ) -> list[Message]:
        """The last messages of a chat before a time, in the order they were sent; as `messages` gives them."""
        limit = _ms(before) if before else 2**62
        found = self.db.execute(
            "SELECT sent_ms FROM messages WHERE chat = ? AND sent_ms < ? ORDER BY sent_ms DESC LIMIT 1 OFFSET ?",
            (chat.id, limit, count),
        ).fetchone()
        since = _time(found[0]) if found else None
        return last_of(list(self.messages(chat, since=since, until=before, reactions=reactions)), count)

    def _names(self) -> dict[tuple[str, str], str]:
        """The name that each sender wrote under most, for chats whose export gives only ids."""
        rows = self.db.execute(
            "SELECT s.platform, s.native_id, names.name FROM messages m JOIN names ON names.id = m.name"
            " JOIN senders s ON s.id = m.sender WHERE names.name <> '' GROUP BY m.sender, m.name ORDER BY count(*)"
        )
        return {(platform, native): name for platform, native, name in rows}

    def senders(self, chat: CorpusChat | int | None = None) -> list[CorpusSender]:
        """Everybody who wrote, in one chat or anywhere, the one with most messages first. Counts are of that scope."""
        number = chat.id if isinstance(chat, CorpusChat) else chat
        where = "" if number is None else " WHERE m.chat = ?"
        rows = self.db.execute(
            "SELECT m.sender, s.platform, s.native_id, s.is_bot, names.name, m.chat, chats.kind, count(*), max(sent_ms)"
            " FROM messages m JOIN senders s ON s.id = m.sender JOIN names ON names.id = m.name"
            " JOIN chats ON chats.id = m.chat" + where + " GROUP BY m.sender, m.name, m.chat",
            () if number is None else (number,),
        )
        people: dict[int, _Tally] = {}
        for sender, platform, native, bot, name, place, kind, messages, last in rows:
            tally = people.setdefault(sender, _Tally(Account(platform, native), bool(bot), {}, {}))
            tally.names[name] = max(last, tally.names.get(name, last))
            total, _ = tally.chats.get(place, (0, kind))
            tally.chats[place] = (total + messages, kind)
        found = [tally.sender() for tally in people.values()]
        return sorted(found, key=lambda sender: (-sender.messages, sender.account.platform, sender.account.id))

    def texts(self, accounts: Iterable[Account], limit: int) -> list[str]:
        """The latest words of some people, at most `limit` messages, without what they passed on."""
        where, marks = _by(accounts)
        rows = self.db.execute(
            f"SELECT m.text FROM senders s JOIN messages m ON m.sender = s.id WHERE {where} AND m.text <> ''"
            " AND m.forwarded = 0 ORDER BY m.sent_ms DESC LIMIT ?",
            (*marks, limit),
        )
        return [text for (text,) in rows]

    def brief(self, accounts: Iterable[Account], longest: int = 16) -> Iterator[tuple[str, bool]]:
        """What some people said in a few characters alone, or by a sticker that tells what it shows: True."""
        where, marks = _by(accounts)
        rows = self.db.execute(
            f"SELECT m.text, m.attachments FROM senders s JOIN messages m ON m.sender = s.id WHERE {where} AND"
            " m.forwarded = 0 AND (m.attachments = '' AND length(m.text) BETWEEN 1 AND ? OR"
            " m.text = '' AND m.attachments LIKE '%\"sticker\"%')",
            (*marks, longest),
        )
        for text, attachments in rows:
            if text:
                yield text, False
            yield from ((one.words, True) for one in from_json(attachments) if one.kind == STICKER and one.words)


_MESSAGES = (
    "SELECT m.id, s.platform, s.native_id, names.name, m.sent_ms, m.text, m.attachments, m.reply_to,"
    " r.platform, r.native_id, s.is_bot, m.forwarded, m.position, m.id, 0"
    " FROM messages m JOIN senders s ON s.id = m.sender JOIN names ON names.id = m.name"
    " LEFT JOIN messages answered ON answered.id = m.reply_to LEFT JOIN senders r ON r.id = answered.sender"
    " WHERE m.chat = :chat AND m.sent_ms >= :since AND m.sent_ms < :until"
)
"""What was said in a chat; the last three columns break ties within a second."""
_OF_MESSAGES = (
    "SELECT -o.id, s.platform, s.native_id, names.name, max(ifnull(o.at_ms, m.sent_ms), m.sent_ms), '', o.emoji, m.id,"
    " r.platform, r.native_id, s.is_bot, 0,"
    " CASE WHEN o.at_ms > m.sent_ms THEN :last ELSE m.position END, m.id, -o.id"
    " FROM reactions o JOIN messages m ON m.id = o.message JOIN senders s ON s.id = o.sender"
    " JOIN names ON names.id = o.name JOIN senders r ON r.id = m.sender"
    " WHERE o.chat = :chat AND max(ifnull(o.at_ms, m.sent_ms), m.sent_ms) >= :since"
    " AND max(ifnull(o.at_ms, m.sent_ms), m.sent_ms) < :until"
)
"""What was put on that, in the same columns; the emoji stands in the place of what a message brings."""


def _by(accounts: Iterable[Account]) -> tuple[str, list[str]]:
    """A condition on senders, and its values."""
    marks = [(account.platform, account.id) for account in accounts]
    where = " OR ".join("(s.platform = ? AND s.native_id = ?)" for _ in marks) or "FALSE"
    return f"({where})", [value for mark in marks for value in mark]


def last_of(messages: Sequence[Message], count: int) -> list[Message]:
    """Returns the last so many messages, in order, and what was put on any since then."""
    places = [place for place, one in enumerate(messages) if not one.reaction]
    return list(messages[places[-count] :] if len(places) > count else messages)


def as_avatar(message: Message, subject: Collection[Account]) -> Message:
    """A message as the avatar sees it: the subject's own are its own, and whoever answered them spoke to it."""
    replied, own = message.replied, message.sender in subject
    return replace(
        message,
        sender=None if own else message.sender,
        addressed=replied is not None and replied in subject,
        addressed_other=replied is not None and replied not in subject and not own,
    )


@dataclass(slots=True)
class _Tally:
    account: Account
    is_bot: bool
    names: dict[str, int]  # to when last seen
    chats: dict[int, tuple[int, str]]  # to the number of messages and the kind

    def sender(self) -> CorpusSender:
        seen = (name for name in self.names if name)
        names = tuple(sorted(seen, key=lambda name: (-self.names[name], name)))
        messages = sum(number for number, _ in self.chats.values())
        private = sum(number for number, kind in self.chats.values() if kind == ChatKind.PRIVATE)
        last = _time(max(self.names.values()))
        return CorpusSender(
            self.account,
            names[0] if names else "",
            names,
            messages,
            private,
            tuple(sorted(self.chats)),
            self.is_bot,
            last,
        )


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
