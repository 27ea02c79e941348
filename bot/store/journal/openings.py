"""Dialogues that the avatar begins by itself: kept before they are sent, and after, for they limit the next one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.message import Account, Chat
from bot.store.journal.database import Database
from bot.store.journal.entries import chat_of
from bot.store.journal.outgoing import of_reply, queue


@dataclass(frozen=True, slots=True)
class Talk:
    """What there was with one contact in private, on whichever platform.

    chat, partner: where the contact wrote last, and as whom. heard: when that was. last: when anybody last said
    anything. openings: when the avatar began by itself, oldest first.
    """

    chat: Chat
    partner: Account
    heard: datetime
    last: datetime
    openings: tuple[datetime, ...]


class Openings(Database):
    """The journal's part that knows who began."""

    def open_dialogue(
        self,
        chat: Chat,
        notices: Sequence[str],
        bubbles: Sequence[str],
        until: datetime,
        stickers: Collection[str] = (),
    ) -> int:
        """In one step: a dialogue is begun, and its bubbles wait to be sent, until that time. Returns its number.

        0, and nothing is done, where something waits in this chat: a message to be answered, or bubbles to be sent.
        """
        with self._change() as db:
            waits = "SELECT 1 FROM entries WHERE chat = ? AND state IN ('new', 'queued', 'sending')"
            if db.execute(waits, (chat.key,)).fetchone():
                return 0
            now = self._clock().timestamp()
            number = queue(db, chat, of_reply(notices, bubbles, stickers), now, self.era, until.timestamp())
            db.execute("INSERT INTO openings VALUES (?, ?, ?)", (number, chat.key, now))
            return number

    def talk(self, accounts: Collection[Account]) -> Talk | None:
        """What there was in private with whoever has these accounts; None where they never wrote."""
        rows = self._read(
            "SELECT chats.*, sender_platform, sender_id, entries.at FROM chats JOIN entries ON seq ="
            " (SELECT max(seq) FROM entries WHERE chat = chats.key AND entries.kind = 'message')"
            " WHERE chats.kind = 'private' ORDER BY seq DESC"
        )
        theirs = [row for row in rows if Account(row["sender_platform"], row["sender_id"]) in accounts]
        if not theirs:
            return None
        newest = theirs[0]
        keys = [row["key"] for row in theirs]
        marks = ", ".join("?" * len(keys))
        [[last]] = self._read(
            f"SELECT max(at) FROM entries WHERE chat IN ({marks}) AND kind IN ('message', 'bubble')", keys
        )
        openings = self._read(f"SELECT at FROM openings WHERE chat IN ({marks}) ORDER BY at", keys)
        return Talk(
            chat_of(newest),
            Account(newest["sender_platform"], newest["sender_id"]),
            _time(newest["at"]),
            _time(last),
            tuple(_time(row["at"]) for row in openings),
        )

    def answers_opening(self, chat: Chat, seq: int) -> bool:
        """Whether the last thing that the avatar said before an entry was the beginning of a dialogue."""
        said = "SELECT reply FROM entries WHERE chat = ? AND kind = 'bubble' AND seq < ? ORDER BY seq DESC LIMIT 1"
        return bool(self._read(f"SELECT 1 FROM openings WHERE number = ({said})", (chat.key, seq)))

    def leave_alone(self, account: Account) -> None:
        """Notes that an account does not want to be written to first. `resume` ends it."""
        with self._change() as db:
            db.execute("INSERT OR IGNORE INTO left_alone VALUES (?, ?)", (account.platform, account.id))

    def is_left_alone(self, account: Account) -> bool:
        found = self._read("SELECT 1 FROM left_alone WHERE platform = ? AND id = ?", (account.platform, account.id))
        return bool(found)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
