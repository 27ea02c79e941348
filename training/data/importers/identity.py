"""Finds the chat and the people of an export in the corpus, whoever exported them before and with whatever tool."""

import sqlite3
from dataclasses import dataclass

from bot.errors import DataError
from bot.message import ChatKind
from training.data.importers.base import ReadChat, is_named
from training.data.importers.staging import StagedChat

SUPERGROUP = "-100"
"""How the ids of Telegram's supergroups begin, and those of the groups that they once were do not."""
_TELLING = 20  # so many messages of the same days in two exports of one chat, and some must be the same


@dataclass(frozen=True, slots=True)
class Target:
    """A chat of the corpus, by its row. mirrored: the export comes from the other person of a private chat."""

    chat: int
    mirrored: bool = False


def find_chat(db: sqlite3.Connection, staged: StagedChat, about: ReadChat, space: str | None) -> Target | None:
    """Returns the corpus's row of this chat, or None.

    Either person may have exported it. Raises DataError if in doubt.
    """
    found = db.execute(
        "SELECT id, native_id, owner FROM chats WHERE platform = ? AND kind = ? ORDER BY id",
        (about.platform, about.kind.value),
    ).fetchall()
    if about.kind is ChatKind.GROUP:
        same = next((row for row, native, _ in found if native == about.native_id), None)
        if same is not None:
            return Target(same)
        for row, native, _ in found:
            if _grown(about.platform, native, about.native_id) and _overlap(db, staged, row, 3):
                return Target(row)
    else:
        same_end = _find_pair(db, staged, about, space, found)
        if same_end is not None:
            return same_end
    if about.ids == "everywhere" and space is not None:
        for row, native, owner in found:
            unsure = _unknown(owner) or is_named(native) or is_named(about.native_id)
            if unsure and _shares_ids(db, staged, row, space):
                # private, and called after somebody else: an export from the other end, whose owner is unknown too
                other_end = about.kind is ChatKind.PRIVATE and not is_named(native) and not is_named(about.native_id)
                return Target(row, mirrored=other_end)
    for row, native, _ in found:  # one of them knows the chat only by its name
        if is_named(native) != is_named(about.native_id) and _overlap(db, staged, row, 3):
            return Target(row)
    return None


def _grown(platform: str, one: str, other: str) -> bool:
    """Says whether one of two groups may have become the other: in Telegram a group that grows gets another id."""
    if platform != "telegram" or is_named(one) or is_named(other):
        return False
    return one.startswith(SUPERGROUP) != other.startswith(SUPERGROUP)


def _find_pair(
    db: sqlite3.Connection,
    staged: StagedChat,
    about: ReadChat,
    space: str | None,
    found: list[tuple[int, str, str | None]],
) -> Target | None:
    """Returns the private chat between the same two accounts, one of which may only be known as "me"."""
    doubtful = False
    for row, native, owner in found:
        told = not (_unknown(owner) or _unknown(about.owner))
        if (native, owner) == (about.owner, about.native_id):
            return Target(row, mirrored=True)
        if native == about.native_id and (owner == about.owner or not told):
            if told or not _contradict(db, staged, row, space):
                return Target(row)
            doubtful = doubtful or owner == about.owner
        crossed = about.owner is not None and (owner == about.native_id or native == about.owner)
        if crossed and not told and _overlap(db, staged, row, 1):
            return Target(row, mirrored=True)
    if doubtful:
        raise DataError(
            "This looks like somebody else's export of a chat with the same contact, and it does not say whose it is: "
            "import each person's exports by themselves, with `--me` and an id of your choice for them."
        )
    return None


def _unknown(owner: str | None) -> bool:
    return owner is None or is_named(owner)


def _shares_ids(db: sqlite3.Connection, staged: StagedChat, chat: int, space: str) -> bool:
    return bool(
        db.execute(
            "SELECT 1 FROM incoming i JOIN messages m ON m.chat = :chat AND m.native_id = i.native_id"
            " AND m.space = :space"
            " WHERE i.id BETWEEN :first AND :last LIMIT 1",
            {**staged.rows, "chat": chat, "space": space},
        ).fetchone()
    )


def _compared(db: sqlite3.Connection, staged: StagedChat, chat: int) -> tuple[int, int, int]:
    """Counts messages with words on the days that both hold: of the export, of the export with a message of the same
    words and minute in the corpus, and of the corpus."""
    first, last = db.execute("SELECT min(sent_ms), max(sent_ms) FROM messages WHERE chat = ?", (chat,)).fetchone()
    theirs, since, until, twins = db.execute(
        "SELECT count(*), min(i.sent_ms), max(i.sent_ms), sum(EXISTS (SELECT 1 FROM messages m WHERE m.chat = :chat"
        " AND m.sent_ms BETWEEN i.sent_ms / 60000 * 60000 AND i.sent_ms / 60000 * 60000 + 59999 AND m.text = i.text))"
        " FROM incoming i WHERE i.id BETWEEN :first AND :last AND i.text <> ''"
        " AND i.sent_ms BETWEEN :since - 59999 AND :until + 59999",
        {**staged.rows, "chat": chat, "since": first, "until": last},
    ).fetchone()
    (ours,) = db.execute(
        "SELECT count(*) FROM messages WHERE chat = ? AND text <> '' AND sent_ms BETWEEN ? AND ?", (chat, since, until)
    ).fetchone()
    return theirs, twins or 0, ours


def _overlap(db: sqlite3.Connection, staged: StagedChat, chat: int, least: int) -> bool:
    """Says whether half of the messages on common days, or more, are in both.

    Two busy groups share only a few "ok"s.
    """
    theirs, twins, _ = _compared(db, staged, chat)
    return twins >= least and twins * 2 >= theirs


def _contradict(db: sqlite3.Connection, staged: StagedChat, chat: int, space: str | None) -> bool:
    """Says whether both hold many messages of the same days, of which hardly any are in both."""
    theirs, twins, ours = _compared(db, staged, chat)
    if min(theirs, ours) < _TELLING or twins * 4 >= theirs:
        return False
    return space is None or not _shares_ids(db, staged, chat, space)


def complete_chat(db: sqlite3.Connection, target: Target, staged: StagedChat, about: ReadChat) -> None:
    """Writes into the corpus what this export knows better: the newest title, and the owner's id."""
    owner = about.native_id if target.mirrored else about.owner
    if about.kind is ChatKind.PRIVATE and owner is not None and not is_named(owner):
        db.execute(
            "UPDATE chats SET owner = ? WHERE id = ? AND (owner IS NULL OR owner LIKE 'name:%')", (owner, target.chat)
        )
    if not target.mirrored and not is_named(about.native_id):
        db.execute(
            "UPDATE chats SET native_id = ? WHERE id = ? AND native_id LIKE 'name:%'", (about.native_id, target.chat)
        )
    if about.native_id.startswith(SUPERGROUP) and about.kind is ChatKind.GROUP:
        db.execute(
            "UPDATE chats SET native_id = ? WHERE id = ? AND platform = ? AND native_id NOT LIKE ? || '%'",
            (about.native_id, target.chat, about.platform, SUPERGROUP),
        )
    if about.title and not target.mirrored:
        db.execute(
            "UPDATE chats SET title = :title WHERE id = :chat AND title <> :title AND (title = '' OR"
            " (SELECT max(sent_ms) FROM incoming WHERE id BETWEEN :first AND :last)"
            " >= (SELECT max(sent_ms) FROM messages WHERE chat = :chat))",
            {**staged.rows, "chat": target.chat, "title": about.title},
        )


def find_senders(
    db: sqlite3.Connection, staged: StagedChat, about: ReadChat, target: Target, roles: dict[str, str]
) -> None:
    """Gives every sender of the chat a row, and fills temp.same_sender: whose messages may be the same.

    Somebody known by name alone becomes the one member of the chat who bears that name, or its owner. The other way
    round (a name in the corpus, an id now) they stay two senders, whose messages are compared all the same.
    """
    db.execute("DROP TABLE IF EXISTS temp.same_sender")
    db.execute("CREATE TEMP TABLE same_sender (incoming INTEGER, existing INTEGER, PRIMARY KEY (incoming, existing))")
    existing = _who_wrote(db, target.chat)
    rows = {native: row for row, native, _ in existing}
    names = {native: set(joined.split("\n")) - {""} for _, native, joined in existing}
    seen: dict[tuple[int, str, int], set[str]] = {}
    for number, native, is_bot, name in db.execute(
        "SELECT s.id, s.native_id, s.is_bot, w.name FROM incoming_writers w JOIN incoming_senders s ON s.id = w.sender"
        " WHERE w.chat = ?",
        (staged.index,),
    ):
        seen.setdefault((number, native, is_bot), set()).add(name)
    for (number, native, is_bot), called in seen.items():
        alike = {other for other, theirs in names.items() if theirs & called and is_named(other) != is_named(native)}
        in_role = roles.get(native)
        if in_role is not None:
            alike.add(in_role)
        if not (target.mirrored and is_named(native)):  # at the other end, "me" is somebody else
            alike.add(native)
        alike &= rows.keys()
        real = {other for other in alike if not is_named(other)} if native not in rows else set()
        if in_role is not None and not is_named(in_role):
            real = {in_role}
        row = _sender_row(db, about.platform, real.pop() if is_named(native) and len(real) == 1 else native)
        if is_bot:
            db.execute("UPDATE senders SET is_bot = 1 WHERE id = ?", (row,))
        of_sender = (staged.index, number)
        db.execute("UPDATE incoming_writers SET sender_row = ? WHERE chat = ? AND sender = ?", (row, *of_sender))
        same = {row, *(rows[other] for other in alike)}
        db.executemany(
            "INSERT INTO same_sender SELECT id, ? FROM incoming_writers WHERE chat = ? AND sender = ?",
            [(other, *of_sender) for other in same],
        )


def _who_wrote(db: sqlite3.Connection, chat: int) -> list[tuple[int, str, str]]:
    """Returns who wrote in a chat of the corpus: row, id, and their names there, one a line."""
    if not holds_messages(db, chat):
        return []
    return db.execute(
        "SELECT s.id, s.native_id, group_concat(names.name, char(10)) FROM names JOIN senders s ON s.id = names.sender"
        " WHERE EXISTS (SELECT 1 FROM messages m WHERE m.sender = s.id AND m.name = names.id AND m.chat = ?)"
        " GROUP BY s.id",
        (chat,),
    ).fetchall()


def holds_messages(db: sqlite3.Connection, chat: int) -> bool:
    """Says whether the corpus has any message of a chat yet."""
    return db.execute("SELECT 1 FROM messages WHERE chat = ? LIMIT 1", (chat,)).fetchone() is not None


def roles_of(db: sqlite3.Connection, about: ReadChat, target: Target) -> dict[str, str]:
    """Maps the two accounts of a private chat from their ids in this export to their ids in the corpus."""
    if about.kind is not ChatKind.PRIVATE:
        return {}
    native, owner = db.execute("SELECT native_id, owner FROM chats WHERE id = ?", (target.chat,)).fetchone()
    here = (about.owner, about.native_id) if target.mirrored else (about.native_id, about.owner)
    return {mine: theirs for mine, theirs in zip(here, (native, owner), strict=True) if mine and theirs}


def _sender_row(db: sqlite3.Connection, platform: str, native: str) -> int:
    db.execute("INSERT OR IGNORE INTO senders (platform, native_id) VALUES (?, ?)", (platform, native))
    (row,) = db.execute("SELECT id FROM senders WHERE platform = ? AND native_id = ?", (platform, native)).fetchone()
    return int(row)
