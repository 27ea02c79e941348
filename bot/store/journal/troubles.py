"""What fails again and again is counted, and set aside in the end, so that its chat goes on."""

from collections.abc import Sequence

from bot.store.journal.database import Database
from bot.store.journal.entries import Aside, entry_of

_TRIES = 3
"""Failures after which an entry that was handled alone is set aside."""
CRASHES = 6
"""Beginnings without an end after which an entry is not begun again: a process may be killed for other reasons."""


class Troubles(Database):
    """The journal's part that counts failures."""

    def begin(self, seqs: Sequence[int]) -> None:
        """Notes that entries are being handled: should the process die of one, the next process knows which."""
        with self._change() as db:
            db.executemany("UPDATE entries SET begun = begun + 1 WHERE seq = ?", [(seq,) for seq in seqs])

    def left(self, seqs: Sequence[int]) -> None:
        """Notes that handling entries was broken off through no fault of theirs."""
        with self._change() as db:
            db.executemany("UPDATE entries SET begun = 0 WHERE seq = ?", [(seq,) for seq in seqs])

    def failed(self, seqs: Sequence[int], trouble: str) -> bool:
        """Counts a failure. Returns whether it was the last: an entry handled alone is set aside after three."""
        with self._change() as db:
            db.executemany("UPDATE entries SET tries = tries + 1, begun = 0 WHERE seq = ?", [(seq,) for seq in seqs])
            if len(seqs) != 1:
                return False
            last = "UPDATE entries SET state = 'aside', trouble = ? WHERE seq = ? AND tries >= ?"
            return bool(db.execute(last, (trouble, seqs[0], _TRIES)).rowcount)

    def set_aside(self, seq: int, trouble: str) -> None:
        with self._change() as db:
            db.execute("UPDATE entries SET state = 'aside', trouble = ?, begun = 0 WHERE seq = ?", (trouble, seq))

    def aside(self) -> list[Aside]:
        """What was set aside, oldest first."""
        rows = self._rows("state = 'aside' ORDER BY seq")
        return [Aside(entry_of(row), row["trouble"] or "") for row in rows]

    def aside_count(self) -> int:
        return int(self._read("SELECT count(*) FROM entries WHERE state = 'aside'")[0][0])

    def retry(self, seqs: Sequence[int]) -> None:
        """Lets what was set aside wait again, as if it had come just now."""
        with self._change() as db:
            db.executemany(
                "UPDATE entries SET state = CASE kind WHEN 'message' THEN 'new' ELSE 'queued' END, tries = 0, begun = 0"
                " WHERE seq = ? AND state = 'aside'",
                [(seq,) for seq in seqs],
            )
