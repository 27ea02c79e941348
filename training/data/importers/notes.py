"""Sentences about a file that was imported: of its times, and of whose it is."""

import sqlite3
from collections.abc import Iterator

from bot.message import ChatKind
from training.data.importers.staging import Staged
from training.data.importers.zones import machine_zone


def notes_of(db: sqlite3.Connection, staged: Staged, *, zone_said: bool, me: str | None) -> Iterator[str]:
    """Yields the sentences about the file that was staged and merged last.

    zone_said: the person named its time zone. me: the account that they said it is of.
    """
    if staged.local_times and not zone_said:
        zone = staged.zone or machine_zone()
        yield (
            f"Its times are written without a zone, and were read as those of {zone}. If that is wrong, import it "
            "again with --timezone: its times are then corrected."
        )
    if staged.corrected:
        yield f"{staged.corrected:,} messages that were imported with another time zone have their right times now."
    if staged.owner_unnamed and me is None:
        yield (
            "It calls the account that made it only “me”, without an id or a name. If exports of more than one account "
            "are imported so, they are taken for one: import each account's by themselves, with --me ID."
        )
    if me is not None and _fits_nobody(db, staged, me):
        yield (
            f"Nobody who writes in it has “{me}”, given with --me, for an id or a name. If that is a slip, import it "
            "again with an id or name that `echoes subject` shows."
        )


def _fits_nobody(db: sqlite3.Connection, staged: Staged, me: str) -> bool:
    """Says whether `me` is nobody of the file.

    Where one person writes to somebody who is silent, or in a group, they may be: then anybody of the corpus counts.
    """
    writing = db.execute(
        "SELECT native_id, '' FROM incoming_senders UNION SELECT '', name FROM incoming_writers"
    ).fetchall()
    if not writing or _is_among(writing, me):
        return False
    private = [chat.index for chat in staged.chats.values() if chat.about and chat.about.kind is ChatKind.PRIVATE]
    for index in private:
        (people,) = db.execute(
            "SELECT count(DISTINCT sender) FROM incoming_writers WHERE chat = ?", (index,)
        ).fetchone()
        if people > 1:
            return True
    return not _is_among(
        db.execute("SELECT s.native_id, n.name FROM senders s LEFT JOIN names n ON n.sender = s.id").fetchall(), me
    )


def _is_among(people: list[tuple[str, str | None]], me: str) -> bool:
    wanted = {me.casefold(), f"name:{me}".casefold()}
    return any(native.casefold() in wanted or (name or "").casefold() in wanted for native, name in people)
