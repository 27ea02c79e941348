"""What is forgotten: by who said it, by who asks, or with time. Nothing of it is left in the file or beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.message import Account
from bot.store.attachments import from_json
from bot.store.journal.database import Database
from bot.store.layout import drop_copies

_LIMITING = timedelta(days=60)  # beginnings longer ago limit no new one
_NEWEST_STAY = 2  # whether the last two were answered, however long ago
_EMPTY = "text = '', attachments = '', sender_name = '', reply_to = NULL"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many messages were emptied, and the digests of photos that no entry holds any more."""

    messages: int
    photos: set[str]


class Forgetting(Database):
    """The journal's part that erases."""

    def erase(self, seqs: Sequence[int]) -> set[str]:
        """Leaves messages out and keeps nothing of what they said, in the file or beside it.

        Returns the digests of photos that no entry holds any more.
        """
        entries = [entry for seq in seqs for entry in self._entries("seq = ?", seq)]
        photos = {digest for entry in entries for digest in entry.message.digests}
        with self._change() as db:
            db.executemany(f"UPDATE entries SET state = 'ignored', {_EMPTY} WHERE seq = ?", [(seq,) for seq in seqs])
            db.executemany("DELETE FROM decisions WHERE seq = ?", [(seq,) for seq in seqs])
        self._let_go()
        return photos - self.digests() if photos else photos

    def forget(self, account: Account, until: int) -> Forgotten:
        """Empties what an account wrote up to that seq, and private chats with it whole; the ids stay, so nothing
        is answered twice. Nothing of it is left in the file or beside it.
        """
        before = self.digests()
        said = "SELECT count(*) FROM entries WHERE kind = 'message' AND sender_platform = ? AND sender_id = ?"
        [[messages]] = self._read(
            f"{said} AND seq < ? AND (text != '' OR attachments != '')", (account.platform, account.id, until)
        )
        with self._change() as db:
            own_chats = [
                row["chat"]
                for row in db.execute(
                    "SELECT DISTINCT chat FROM entries JOIN chats ON chats.key = entries.chat"
                    " WHERE chats.kind = 'private' AND sender_platform = ? AND sender_id = ?",
                    (account.platform, account.id),
                )
            ]
            empty = (
                f"UPDATE entries SET {_EMPTY}, state = CASE state WHEN 'queued' THEN 'dropped' ELSE 'ignored' END"
                " WHERE kind != 'notice' AND seq <= ?"
            )
            db.execute(f"{empty} AND sender_platform = ? AND sender_id = ?", (until, account.platform, account.id))
            db.executemany(f"{empty} AND chat = ?", [(until, chat) for chat in own_chats])
            db.execute(
                "DELETE FROM decisions WHERE seq IN"
                " (SELECT seq FROM entries WHERE seq <= ? AND sender_platform = ? AND sender_id = ?)",
                (until, account.platform, account.id),
            )
            now = self._clock().timestamp()
            db.execute("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)", (account.platform, account.id, now))
        self._let_go()
        return Forgotten(messages, before - self.digests())

    def forgotten(self) -> frozenset[Account]:
        """Who asked to be forgotten: nothing that they said to the person before may be shown, wherever it is kept."""
        return frozenset(Account(row["platform"], row["id"]) for row in self._read("SELECT * FROM forgotten"))

    def purge(self, before: datetime) -> int:
        """Deletes finished entries from before a time; returns how many. The newest message of a chat keeps its id.

        Of a notice the newest stays: who was told what the avatar is need not be told again. Of the beginnings those
        stay that limit the next one.
        """
        with self._change() as db:
            db.execute(
                "DELETE FROM entries WHERE at < ? AND kind = 'notice' AND state NOT IN ('queued', 'sending')"
                " AND seq NOT IN (SELECT max(seq) FROM entries WHERE kind = 'notice' GROUP BY chat, text)",
                (before.timestamp(),),
            )
            db.execute(
                "DELETE FROM openings WHERE at < ? AND number NOT IN (SELECT number FROM openings AS later"
                " WHERE later.chat = openings.chat ORDER BY at DESC LIMIT ?)",
                (min(before, self._clock() - _LIMITING).timestamp(), _NEWEST_STAY),
            )
            cursor = db.execute(
                "DELETE FROM entries WHERE at < ? AND state NOT IN ('new', 'queued', 'sending')"
                " AND kind != 'notice'"
                " AND seq NOT IN (SELECT max(seq) FROM entries WHERE kind = 'message' GROUP BY chat)",
                (before.timestamp(),),
            )
            removed = cursor.rowcount
            emptied = db.execute(
                f"UPDATE entries SET {_EMPTY}, state = 'ignored'"
                " WHERE at < ? AND kind = 'message' AND state NOT IN ('new', 'queued', 'sending')",
                (before.timestamp(),),
            ).rowcount
            db.execute(
                "DELETE FROM decisions WHERE seq IN (SELECT seq FROM entries WHERE at < ? AND state = 'ignored')",
                (before.timestamp(),),
            )
        if removed or emptied:
            drop_copies(self._path)
        return removed

    def digests(self) -> set[str]:
        """The photos that entries still hold."""
        rows = self._read("SELECT attachments FROM entries WHERE attachments != ''")
        return {digest for row in rows for one in from_json(row["attachments"]) for digest in one.pictures}

    def _let_go(self) -> None:
        """Leaves nothing of what was just erased beside the file."""
        self.checkpoint()
        drop_copies(self._path)
