"""The daemon's durable record. A message is here before it is handled, a reply before it is sent.

One table of entries in the order they came: messages of others, bubbles of the avatar, and notices (texts from
outside the model). Every change is one transaction, synced to disk, so a killed process continues where it was.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.message import Account, Attachment, Chat, Message
from bot.store.attachments import to_json
from bot.store.journal.entries import Entry, Kind, State, chat_of
from bot.store.journal.forgetting import Forgetting
from bot.store.journal.openings import Openings
from bot.store.journal.outcomes import Outcomes
from bot.store.journal.outgoing import Put, of_reply, queue
from bot.store.journal.reactions import Reactions
from bot.store.journal.troubles import Troubles

_SAID = "entries.kind != 'notice' AND state NOT IN ('ignored', 'dropped', 'aside')"
_IN_WORDS = f'{_SAID} AND attachments NOT LIKE \'[{{"kind": "reaction"%\''
_KNOWN = 2000  # ids that an adapter is told of at its start
_WAITS = "state IN ('new', 'queued', 'sending')"  # in the words of the index that is to be used


class Journal(Forgetting, Troubles, Outcomes, Openings, Reactions):
    """Takes messages in, and replies out; says what is there. What it raises is told in `Database`."""

    # -- messages in ----------------------------------------------------------------------------------------------

    def take(self, message: Message) -> int | None:
        """Keeps a message; returns its seq, or None if it was taken before."""
        sender = message.sender
        with self._change() as db:
            _keep_chat(db, message.chat)
            cursor = db.execute(
                "INSERT OR IGNORE INTO entries (chat, kind, state, at, native_id, sender_platform, sender_id,"
                " sender_name, text, attachments, reply_to, addressed, addressed_other, from_bot, forwarded, era)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    message.chat.key,
                    Kind.MESSAGE,
                    State.NEW,
                    message.sent_at.timestamp(),
                    message.id,
                    sender.platform if sender else None,
                    sender.id if sender else None,
                    message.sender_name,
                    message.text,
                    to_json(message.attachments),
                    message.reply_to,
                    message.addressed,
                    message.addressed_other,
                    message.from_bot,
                    message.forwarded,
                    self.era,
                ),
            )
            return cursor.lastrowid if cursor.rowcount else None

    def placed(self, message: Message) -> Message:
        """Returns the message as it is kept: in a chat that has moved, it belongs to where that goes on."""
        new = self._moved_to(message.chat)
        if new is None:
            return message
        id_, reply_to = (one and _former_id(message.chat, one) for one in (message.id, message.reply_to))
        return replace(message, chat=new, id=id_ or "", reply_to=reply_to)

    def edit(self, message: Message, *, again: bool = False) -> Entry | None:
        """Changes what a message says; one that is new to the journal stays unknown, one left out stays so.

        again: it waits once more, whatever became of it. Returns the entry as it was, None where nothing changed.
        """
        found = self._entries("chat = ? AND native_id = ? AND entries.kind = 'message'", message.chat.key, message.id)
        if not found or _content(found[0].message) == _content(message):
            return None
        entry = found[0]
        if entry.state is State.IGNORED and not again:
            return None
        with self._change() as db:
            attachments = message.attachments
            if entry.state is not State.NEW or _refs(entry.message) == _refs(message):
                attachments = _with_pictures_of(attachments, entry.attachments)
            says = "UPDATE entries SET text = ?, attachments = ? WHERE seq = ?"
            db.execute(says, (message.text, to_json(attachments), entry.seq))
            if again:
                db.execute("UPDATE entries SET state = 'new' WHERE seq = ?", (entry.seq,))
        return entry

    def find(self, chat: Chat, native_ids: Collection[str]) -> list[Entry]:
        """The entries that the platform knows by these ids, the avatar's own included."""
        return [
            entry
            for native_id in native_ids
            for entry in self._entries("chat = ? AND native_id = ?", chat.key, native_id)
        ]

    def settle(self, seqs: Sequence[int], state: State) -> None:
        """Notes what became of messages; one that was left out meanwhile stays left out."""
        became = "UPDATE entries SET state = ?, begun = 0, era = ? WHERE seq = ? AND state != 'ignored'"
        with self._change() as db:
            db.executemany(became, [(state, self.era, seq) for seq in seqs])

    def fetched(self, seq: int, attachments: Sequence[Attachment]) -> bool:
        """Notes the fetched pictures of a message; False, and nothing is noted, where it no longer waits."""
        with self._change() as db:
            noted = "UPDATE entries SET attachments = ? WHERE seq = ? AND state = 'new'"
            return bool(db.execute(noted, (to_json(attachments), seq)).rowcount)

    # -- replies out ----------------------------------------------------------------------------------------------

    def reply(
        self,
        chat: Chat,
        answered: Sequence[int],
        bubbles: Sequence[str],
        notices: Sequence[str] = (),
        *,
        to: str | None = None,
        stickers: Collection[str] = (),
        voices: Collection[str] = (),
        reactions: Mapping[str, Put] = MappingProxyType({}),
    ) -> int:
        """In one step: the messages are answered and their reply waits to be sent. Returns the reply's number.

        to: the id of the message that the first bubble answers. stickers: bubbles that go out as the sticker for them.
        voices: bubbles that are spoken. reactions: bubbles that are put on messages.

        0, and nothing is done, where one of the messages no longer waits: it was deleted, or its sender said stop.
        """
        with self._change() as db:
            _keep_chat(db, chat)
            waits = "SELECT 1 FROM entries WHERE seq = ? AND state = 'new'"
            if any(db.execute(waits, (seq,)).fetchone() is None for seq in answered):
                return 0
            db.executemany(
                "UPDATE entries SET state = 'answered', begun = 0, era = ? WHERE seq = ?",
                [(self.era, seq) for seq in answered],
            )
            said = of_reply(notices, bubbles, stickers, to, voices, reactions)
            return queue(db, chat, said, self._clock().timestamp(), self.era)

    def withdraw(self, reply: int, answered: Sequence[int]) -> bool:
        """Takes back a reply of which no bubble was sent yet; its messages wait again. False if it is too late."""
        with self._change() as db:
            begun = "SELECT 1 FROM entries WHERE reply = ? AND kind = 'bubble' AND state != 'queued'"
            if db.execute(begun, (reply,)).fetchone():
                return False
            db.execute("DELETE FROM entries WHERE reply = ? AND state = 'queued'", (reply,))
            waits = "UPDATE entries SET state = 'new' WHERE seq = ? AND state = 'answered'"
            db.executemany(waits, [(seq,) for seq in answered])
            return True

    def sending(self, seq: int, floor: str | None) -> bool:
        """Notes that a bubble is being sent. Returns False, noting nothing, where it was forgotten or withheld.

        Where it may no longer be sent, all that is left of its reply is dropped.
        floor: the newest id that the platform has given out where this bubble goes; that of the first try stays.
        """
        with self._change() as db:
            db.execute(
                "UPDATE entries SET state = 'dropped' WHERE reply = (SELECT reply FROM entries WHERE seq = ?)"
                " AND state IN ('queued', 'sending') AND until < ?",
                (seq, self._clock().timestamp()),
            )
            begins = (
                "UPDATE entries SET state = 'sending',"
                " floor = CASE state WHEN 'sending' THEN coalesce(floor, ?1) ELSE ?1 END"
                " WHERE seq = ?2 AND state IN ('queued', 'sending')"
            )
            return bool(db.execute(begins, (floor, seq)).rowcount)

    def sent(self, seq: int, native_id: str | None) -> None:
        """Notes that a bubble was sent, and its id. One that was forgotten on its way stays forgotten."""
        with self._change() as db:
            db.execute(
                "UPDATE entries SET state = CASE state WHEN 'ignored' THEN state ELSE 'sent' END, native_id = ?, at = ?"
                " WHERE seq = ?",
                (native_id, self._clock().timestamp(), seq),
            )

    def say_instead(self, seq: int, text: str) -> None:
        """Lets a bubble that cannot go out as what it is go out as a text."""
        with self._change() as db:
            becomes = "UPDATE entries SET text = ?, attachments = '', reply_to = NULL, state = 'queued' WHERE seq = ?"
            db.execute(f"{becomes} AND state IN ('queued', 'sending')", (text, seq))

    def is_alone(self, entry: Entry) -> bool:
        """Whether a bubble is all that its reply says."""
        others = "SELECT 1 FROM entries WHERE reply = ? AND kind = 'bubble' AND seq != ? LIMIT 1"
        return entry.reply is not None and not self._read(others, (entry.reply, entry.seq))

    def withhold(self, chat: Chat, *, openings_alone: bool = False) -> None:
        """Drops the bubbles that were not sent yet, and an opening whole. openings_alone: nothing but that."""
        which = "until IS NOT NULL" if openings_alone else "(kind = 'bubble' OR until IS NOT NULL)"
        with self._change() as db:
            drop = f"UPDATE entries SET state = 'dropped' WHERE chat = ? AND state = 'queued' AND {which}"
            db.execute(drop, (chat.key,))

    # -- what is there --------------------------------------------------------------------------------------------

    def unfinished(self) -> list[Chat]:
        """The chats with messages to handle or bubbles to send."""
        rows = self._read(
            "SELECT DISTINCT chats.* FROM chats JOIN entries ON entries.chat = chats.key"
            " WHERE entries.state IN ('new', 'queued', 'sending')"
        )
        return [chat_of(row) for row in rows]

    def pending(self, chat: Chat) -> list[Entry]:
        """The messages that wait, oldest first."""
        return self._entries(f"chat = ? AND {_WAITS} AND state = 'new' ORDER BY seq", chat.key)

    def outbox(self, chat: Chat) -> list[Entry]:
        """The bubbles and notices to send, in order."""
        return self._entries(f"chat = ? AND {_WAITS} AND state != 'new' ORDER BY seq", chat.key)

    def recent(self, chat: Chat, count: int) -> list[Entry]:
        """The newest messages, reactions and bubbles, oldest first; no notices, nothing that policy left out."""
        return self._entries(f"chat = ? AND {_SAID} ORDER BY seq DESC LIMIT ?", chat.key, count)[::-1]

    def in_its_era(self, chat: Chat, count: int) -> list[Entry]:
        """The same of what was said in the era that the avatar speaks from, and of what waits to be answered in it."""
        where = f"chat = ? AND {_SAID} AND (era = ? OR state = 'new') ORDER BY seq DESC LIMIT ?"
        return self._entries(where, chat.key, self.era, count)[::-1]

    def said(self, key: str, after: int) -> list[Entry]:
        """Messages and bubbles of a chat behind a seq, oldest first; no notices and reactions, nothing left out."""
        return self._entries(f"chat = ? AND seq > ? AND {_IN_WORDS} ORDER BY seq", key, after)

    def around(self, key: str, seq: int, count: int) -> list[Entry]:
        """The same around a seq, of its era alone: at most so many before it, itself, and so many behind."""
        here = f"chat = ? AND era = ? AND {_IN_WORDS}"
        before = self._entries(f"{here} AND seq < ? ORDER BY seq DESC LIMIT ?", key, self.era, seq, count)
        return before[::-1] + self._entries(f"{here} AND seq >= ? ORDER BY seq LIMIT ?", key, self.era, seq, count + 1)

    def correspondents(self, after: int) -> list[tuple[Account, str, int]]:
        """Who wrote in which private chat, behind a seq: each with the chat's key and the last seq."""
        rows = self._read(
            "SELECT sender_platform, sender_id, chat, max(seq) AS last FROM entries JOIN chats ON chats.key = chat"
            " WHERE seq > ? AND chats.kind = 'private' AND sender_id IS NOT NULL GROUP BY 1, 2, 3",
            (after,),
        )
        return [(Account(row["sender_platform"], row["sender_id"]), row["chat"], int(row["last"])) for row in rows]

    def elsewhere(self, chat: Chat, count: int) -> list[Entry]:
        """The newest messages and bubbles of all other chats, newest first; nothing without words."""
        return self._entries(
            f"chat != ? AND {_IN_WORDS} AND (text != '' OR attachments LIKE '%\"words\"%') ORDER BY seq DESC LIMIT ?",
            chat.key,
            count,
        )

    def since(self, entry: Entry) -> list[Entry]:
        """The messages that came into a chat after one of it, whatever became of them."""
        where = "chat = ? AND entries.kind = 'message' AND seq > ? ORDER BY seq"
        return self._entries(where, entry.message.chat.key, entry.seq)

    def noticed(self, chat: Chat, text: str, after: int = 0) -> bool:
        """Whether the chat has this notice after that seq."""
        where = "chat = ? AND entries.kind = 'notice' AND text = ? AND seq > ? LIMIT 1"
        return bool(self._entries(where, chat.key, text, after))

    def noticed_since(self, chat: Chat, text: str, at: datetime) -> bool:
        """Whether this notice was written since that time."""
        where = "chat = ? AND entries.kind = 'notice' AND text = ? AND at > ? LIMIT 1"
        return bool(self._entries(where, chat.key, text, at.timestamp()))

    def waits(self, seq: int) -> bool:
        """Whether a message still waits for its decision or answer."""
        return bool(self._read("SELECT 1 FROM entries WHERE seq = ? AND state = 'new'", (seq,)))

    def still(self, seq: int) -> Entry | None:
        """Returns an entry as it is now."""
        found = self._entries("seq = ?", seq)
        return found[0] if found else None

    def known(self, platform: str) -> list[tuple[Chat, str]]:
        """The ids of the newest entries of a platform, the avatar's own included."""
        rows = self._read(
            "SELECT chats.*, native_id FROM entries JOIN chats ON chats.key = entries.chat"
            " WHERE platform = ? AND native_id IS NOT NULL ORDER BY seq DESC LIMIT ?",
            (platform, _KNOWN),
        )
        return [(chat_of(row), row["native_id"]) for row in rows]

    def latest(self, platform: str) -> Mapping[Chat, str]:
        """The id of the newest message taken, by chat."""
        rows = self._read(
            "SELECT chats.*, native_id, max(seq) FROM entries JOIN chats ON chats.key = entries.chat"
            " WHERE platform = ? AND entries.kind = 'message' GROUP BY chats.key",
            (platform,),
        )
        return {chat_of(row): row["native_id"] for row in rows}

    def queue_length(self) -> int:
        [row] = self._read("SELECT count(*) FROM entries WHERE state IN ('new', 'queued', 'sending')")
        return int(row[0])

    # -- people's wishes, and chats that move ----------------------------------------------------------------------

    def stop(self, account: Account) -> None:
        with self._change() as db:
            db.execute("INSERT OR IGNORE INTO stopped VALUES (?, ?)", (account.platform, account.id))

    def resume(self, account: Account) -> None:
        with self._change() as db:
            for wish in ("stopped", "left_alone"):
                db.execute(f"DELETE FROM {wish} WHERE platform = ? AND id = ?", (account.platform, account.id))

    def is_stopped(self, account: Account) -> bool:
        return bool(self._read("SELECT 1 FROM stopped WHERE platform = ? AND id = ?", (account.platform, account.id)))

    def move(self, old: Chat, new: Chat) -> None:
        """Lets a chat go on under another id; what was said before comes with it.

        There the platform counts anew, so the former ids are marked as such.
        """
        with self._change() as db:
            _keep_chat(db, new)
            db.execute(
                "UPDATE entries SET chat = ?1, native_id = ?2 || native_id, reply_to = ?2 || reply_to, floor = NULL"
                " WHERE chat = ?3",
                (new.key, _former_id(old, ""), old.key),
            )
            db.execute("UPDATE moved SET new = ? WHERE new = ?", (new.key, old.key))
            db.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (old.key, new.key))

    def has_moved(self, old: Chat, new: Chat) -> bool:
        found = self._moved_to(old)
        return found is not None and found.key == new.key

    def former(self, chat: Chat) -> set[str]:
        """The keys that a chat had before it moved."""
        return {row["old"] for row in self._read("SELECT old FROM moved WHERE new = ?", (chat.key,))}

    def moves(self) -> dict[str, str]:
        """Former keys of chats, and where each goes on."""
        return {row["old"]: row["new"] for row in self._read("SELECT * FROM moved")}

    def _moved_to(self, old: Chat) -> Chat | None:
        rows = self._read("SELECT chats.* FROM moved JOIN chats ON chats.key = new WHERE old = ?", (old.key,))
        return chat_of(rows[0]) if rows else None


def _content(message: Message) -> tuple[str, list[tuple[str, str]]]:
    """What an edit may change: the text, and what comes with it."""
    return message.text, [(one.kind, "" if one.heard else one.words) for one in message.attachments]


def _refs(message: Message) -> list[str]:
    return [one.ref for one in message.attachments]


def _with_pictures_of(new: Sequence[Attachment], old: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """The new attachments with what was seen and heard before: what was answered was answered with them."""
    if [one.kind for one in new] == [one.kind for one in old]:
        return tuple(before if _is_fetched(before) else one for one, before in zip(new, old, strict=True))
    return (*(one for one in old if _is_fetched(one)), *(one for one in new if not _is_fetched(one)))


def _is_fetched(attachment: Attachment) -> bool:
    """Whether it is, or was, to be fetched from the platform."""
    return bool(attachment.ref) or attachment.digest is not None


def _former_id(old: Chat, native_id: str) -> str:
    return f"{old.id}/{native_id}"


def _keep_chat(db: sqlite3.Connection, chat: Chat) -> None:
    db.execute(
        "INSERT INTO chats VALUES (?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET title = excluded.title",
        (chat.key, chat.platform, chat.id, chat.kind, chat.title),
    )
