"""From the staged file into the corpus: finds the same chat, the same people and the same messages, adds the rest.

A message is the same if its id is, where ids mean the same in both exports; else if the same person sent the same words
or photo in the same chat within the same second. Two messages alike within one second are two if one export has both.
"""

import sqlite3
import time
from dataclasses import dataclass

from bot.errors import DataError
from bot.types import ChatKind
from training.importers.base import MINUTE, ReadChat, is_named
from training.importers.staging import Staged, StagedChat

ALREADY = "already in the corpus"
REPEATED = "twice in the file"

_TELLING = 20  # so many messages of the same days in two exports of one chat, and some must be the same
_DAY_MS = 26 * 60 * MINUTE  # the farthest that two time zones are apart
_QUARTER_MS = 15 * MINUTE  # and what they differ by is made of


@dataclass(frozen=True, slots=True)
class _Target:
    """The chat of the corpus. mirrored: the export comes from the other end of a private chat."""

    chat: int
    mirrored: bool = False


def merge(db: sqlite3.Connection, staged: Staged, name: str, format_name: str) -> dict[str, int]:
    """Adds what is new. To be called within a transaction. Returns the row of each chat that has messages, by key."""
    source = db.execute(
        "INSERT INTO sources (name, format, imported_at, resolution_ms, kept, truncated) VALUES (?, ?, ?, ?, 0, ?)",
        (name, format_name, int(time.time()), staged.resolution_ms, bool(staged.truncated)),
    ).lastrowid
    assert source is not None
    rows: dict[str, int] = {}
    for key, chat in staged.chats.items():
        (count,) = db.execute("SELECT count(*) FROM incoming WHERE chat = ?", (chat.index,)).fetchone()
        if chat.about is None or not count:
            continue
        rows[key] = _merge_chat(db, chat, chat.about, source, staged.resolution_ms)
    db.execute("UPDATE sources SET kept = ? WHERE id = ?", (sum(chat.kept for chat in staged.chats.values()), source))
    return rows


def _merge_chat(db: sqlite3.Connection, chat: StagedChat, about: ReadChat, source: int, resolution_ms: int) -> int:
    space = _space(about)
    target = _find_chat(db, chat.index, about, space)
    if target is None:
        row = db.execute(
            "INSERT INTO chats (platform, native_id, kind, title, owner) VALUES (?, ?, ?, ?, ?)",
            (about.platform, about.native_id, about.kind.value, about.title, about.owner),
        ).lastrowid
        assert row is not None
        target = _Target(row)
    roles = _roles(db, about, target)
    _complete_chat(db, target, chat.index, about)
    _find_senders(db, chat.index, about, target, roles)
    chat.skipped[REPEATED] += _mark_repeated(db, chat.index)
    chat.skipped[ALREADY] += _match(db, chat.index, target.chat, space, resolution_ms)
    chat.skipped = +chat.skipped
    chat.kept += _insert(db, chat.index, target.chat, space, source)
    _resolve_replies(db, target.chat)
    return target.chat


def _space(about: ReadChat) -> str | None:
    """What the ids of this chat's messages are unique in."""
    if about.ids in ("everywhere", "chat"):
        return about.platform
    return f"{about.platform}:{about.owner}" if about.ids == "account" and about.owner else None


def _find_chat(db: sqlite3.Connection, index: int, about: ReadChat, space: str | None) -> _Target | None:
    """The same chat in the corpus. A private chat is the same from either end. Raises DataError if it is in doubt."""
    found = db.execute(
        "SELECT id, native_id, owner FROM chats WHERE platform = ? AND kind = ? ORDER BY id",
        (about.platform, about.kind.value),
    ).fetchall()
    if about.kind is ChatKind.GROUP:
        same = next((row for row, native, _ in found if native == about.native_id), None)
        if same is not None:
            return _Target(same)
    else:
        same_end = _find_pair(db, index, about, found)
        if same_end is not None:
            return same_end
    if about.ids == "everywhere" and space is not None:
        for row, native, owner in found:
            unsure = _unknown(owner) or is_named(native) or is_named(about.native_id)
            if unsure and _shares_ids(db, index, row, space):
                # private, and called after somebody else: an export from the other end, whose owner is unknown too
                other_end = about.kind is ChatKind.PRIVATE and not is_named(native) and not is_named(about.native_id)
                return _Target(row, mirrored=other_end)
    for row, native, _ in found:  # one of them knows the chat only by its name
        if is_named(native) != is_named(about.native_id) and _coincidences(db, index, row, 3) == 3:
            return _Target(row)
    return None


def _find_pair(
    db: sqlite3.Connection, index: int, about: ReadChat, found: list[tuple[int, str, str | None]]
) -> _Target | None:
    """The private chat between the same two accounts, one of which may be known as "me" alone."""
    doubtful = False
    for row, native, owner in found:
        told = not (_unknown(owner) or _unknown(about.owner))
        if (native, owner) == (about.owner, about.native_id):
            return _Target(row, mirrored=True)
        if native == about.native_id and (owner == about.owner or not told):
            if told or not _contradict(db, index, row):
                return _Target(row)
            doubtful = doubtful or owner == about.owner
        crossed = about.owner is not None and (owner == about.native_id or native == about.owner)
        if crossed and not told and _coincidences(db, index, row, 1):
            return _Target(row, mirrored=True)
    if doubtful:
        raise DataError(
            "This looks like somebody else's export of a chat with the same contact, and it does not say whose it is: "
            "import each person's exports by themselves, with `--me` and an id of your choice for them."
        )
    return None


def _unknown(owner: str | None) -> bool:
    return owner is None or is_named(owner)


def _shares_ids(db: sqlite3.Connection, index: int, chat: int, space: str) -> bool:
    return bool(
        db.execute(
            "SELECT 1 FROM incoming i JOIN messages m ON m.chat = ? AND m.native_id = i.native_id AND m.space = ?"
            " WHERE i.chat = ? LIMIT 1",
            (chat, space, index),
        ).fetchone()
    )


def _coincidences(db: sqlite3.Connection, index: int, chat: int, limit: int) -> int:
    """How many staged messages have a twin by words and minute in a chat, counted up to `limit`."""
    (number,) = db.execute(
        "SELECT count(*) FROM (SELECT DISTINCT i.id FROM incoming i JOIN messages m ON m.chat = ? AND m.text = i.text"
        " AND m.sent_ms BETWEEN i.sent_ms / 60000 * 60000 AND i.sent_ms / 60000 * 60000 + 59999"
        " WHERE i.chat = ? AND i.text <> '' LIMIT ?)",
        (chat, index, limit),
    ).fetchone()
    return int(number)


def _contradict(db: sqlite3.Connection, index: int, chat: int) -> bool:
    """Whether both tell of the same days, a good deal each, and not one message is in both."""
    first, last = db.execute("SELECT min(sent_ms), max(sent_ms) FROM messages WHERE chat = ?", (chat,)).fetchone()
    if first is None:
        return False
    (theirs, since, until) = db.execute(
        "SELECT count(*), min(sent_ms), max(sent_ms) FROM incoming WHERE chat = ? AND sent_ms BETWEEN ? AND ?",
        (index, first, last),
    ).fetchone()
    if theirs < _TELLING:
        return False
    (ours,) = db.execute(
        "SELECT count(*) FROM messages WHERE chat = ? AND sent_ms BETWEEN ? AND ?", (chat, since, until)
    ).fetchone()
    return ours >= _TELLING and not _coincidences(db, index, chat, 1)


def _complete_chat(db: sqlite3.Connection, target: _Target, index: int, about: ReadChat) -> None:
    """What this export knows better: the newest title, and the owner's id."""
    owner = about.native_id if target.mirrored else about.owner
    if about.kind is ChatKind.PRIVATE and owner is not None and not is_named(owner):
        db.execute(
            "UPDATE chats SET owner = ? WHERE id = ? AND (owner IS NULL OR owner LIKE 'name:%')", (owner, target.chat)
        )
    if not target.mirrored and not is_named(about.native_id):
        db.execute(
            "UPDATE chats SET native_id = ? WHERE id = ? AND native_id LIKE 'name:%'", (about.native_id, target.chat)
        )
    if about.title and not target.mirrored:
        db.execute(
            "UPDATE chats SET title = ? WHERE id = ? AND (title = '' OR (SELECT max(sent_ms) FROM incoming"
            " WHERE chat = ?) >= (SELECT max(sent_ms) FROM messages WHERE chat = ?))",
            (about.title, target.chat, index, target.chat),
        )


def _find_senders(db: sqlite3.Connection, index: int, about: ReadChat, target: _Target, roles: dict[str, str]) -> None:
    """Gives every sender of the chat a row, and fills temp.same_sender: whose messages may be the same.

    Somebody known by name alone becomes the one member of the chat who bears that name, or its owner. The other way
    round (a name in the corpus, an id now) they stay two senders, whose messages are compared all the same.
    """
    db.execute("DROP TABLE IF EXISTS temp.same_sender")
    db.execute("CREATE TEMP TABLE same_sender (incoming INTEGER, existing INTEGER, PRIMARY KEY (incoming, existing))")
    existing = db.execute(
        "SELECT s.id, s.native_id, group_concat(names.name, char(10)) FROM names JOIN senders s ON s.id = names.sender"
        " WHERE EXISTS (SELECT 1 FROM messages m WHERE m.sender = s.id AND m.name = names.id AND m.chat = ?)"
        " GROUP BY s.id",
        (target.chat,),
    ).fetchall()
    rows = {native: row for row, native, _ in existing}
    names = {native: set(joined.split("\n")) - {""} for _, native, joined in existing}
    seen: dict[tuple[int, str, int], set[str]] = {}
    for number, native, is_bot, name in db.execute(
        "SELECT DISTINCT s.id, s.native_id, s.is_bot, i.name FROM incoming i JOIN incoming_senders s ON s.id = i.sender"
        " WHERE i.chat = ?",
        (index,),
    ).fetchall():
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
        db.execute("UPDATE incoming_senders SET row = ? WHERE id = ?", (row, number))
        same = {row, *(rows[other] for other in alike)}
        db.executemany("INSERT INTO same_sender VALUES (?, ?)", [(number, other) for other in same])


def _roles(db: sqlite3.Connection, about: ReadChat, target: _Target) -> dict[str, str]:
    """For a private chat: which account of this export is which account of the corpus, by their two ends."""
    if about.kind is not ChatKind.PRIVATE:
        return {}
    native, owner = db.execute("SELECT native_id, owner FROM chats WHERE id = ?", (target.chat,)).fetchone()
    here = (about.owner, about.native_id) if target.mirrored else (about.native_id, about.owner)
    return {mine: theirs for mine, theirs in zip(here, (native, owner), strict=True) if mine and theirs}


def _sender_row(db: sqlite3.Connection, platform: str, native: str) -> int:
    db.execute("INSERT OR IGNORE INTO senders (platform, native_id) VALUES (?, ?)", (platform, native))
    (row,) = db.execute("SELECT id FROM senders WHERE platform = ? AND native_id = ?", (platform, native)).fetchone()
    return int(row)


def _mark_repeated(db: sqlite3.Connection, index: int) -> int:
    """Marks what the file holds twice under one id."""
    with_ids, distinct = db.execute(
        "SELECT count(native_id), count(DISTINCT native_id) FROM incoming WHERE chat = ?", (index,)
    ).fetchone()
    if with_ids == distinct:
        return 0
    return db.execute(
        "UPDATE incoming SET match = -1 WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
        " (PARTITION BY native_id, sender, sent_ms, text, photos, placeholder ORDER BY id) AS nth"
        " FROM incoming WHERE chat = ? AND native_id IS NOT NULL) WHERE nth > 1)",
        (index,),
    ).rowcount


def _match(db: sqlite3.Connection, index: int, chat: int, space: str | None, resolution_ms: int) -> int:
    """Finds the staged messages that the corpus has; returns how many. Photos that it lacked are filled in."""
    if db.execute("SELECT 1 FROM messages WHERE chat = ? LIMIT 1", (chat,)).fetchone() is None:
        return 0
    by_id = db.execute(
        "UPDATE incoming SET match = found.message FROM ("
        " SELECT i.id AS staged, min(m.id) AS message FROM incoming i"
        " JOIN messages m ON m.chat = :chat AND m.native_id = i.native_id"
        " WHERE i.chat = :index AND i.match IS NULL AND i.native_id IS NOT NULL AND (m.space = :space"
        "  OR ((m.space IS NULL OR :space IS NULL)"
        "   AND EXISTS (SELECT 1 FROM same_sender s WHERE s.incoming = i.sender AND s.existing = m.sender)"
        "   AND abs(m.sent_ms - i.sent_ms) <= :day AND (abs(m.sent_ms - i.sent_ms) + 999) % :quarter < 1999))"
        " GROUP BY i.id) AS found WHERE incoming.id = found.staged",
        {"chat": chat, "index": index, "space": space, "day": _DAY_MS, "quarter": _QUARTER_MS},
    ).rowcount
    by_content = _match_content(db, index, chat, space, resolution_ms)
    db.executemany("UPDATE incoming SET match = ? WHERE id = ?", by_content)
    db.execute(
        "UPDATE messages SET photos = i.photos, placeholder = NULL FROM incoming i"
        " WHERE i.chat = ? AND i.match = messages.id AND messages.photos = '' AND i.photos <> ''",
        (index,),
    )
    return by_id + len(by_content)


def _match_content(
    db: sqlite3.Connection, index: int, chat: int, space: str | None, resolution_ms: int
) -> list[tuple[int, int]]:
    """Pairs (message, staged) of the same sender, time and content, each used once."""
    (coarsest,) = db.execute("SELECT max(resolution_ms) FROM sources").fetchone()
    kind = "CASE WHEN {0}.photos <> '' OR {0}.placeholder = 'photo' THEN 'photo' ELSE ifnull({0}.placeholder, '') END"
    candidates = db.execute(
        "SELECT i.id, m.id FROM incoming i"
        " JOIN messages m ON m.chat = :chat AND m.sent_ms >= i.sent_ms / :widest * :widest"
        "  AND m.sent_ms < i.sent_ms / :widest * :widest + :widest"
        " JOIN same_sender s ON s.incoming = i.sender AND s.existing = m.sender"
        " JOIN sources f ON f.id = m.source"
        " WHERE i.chat = :index AND i.match IS NULL AND m.text = i.text"
        " AND m.sent_ms / max(f.resolution_ms, :own) = i.sent_ms / max(f.resolution_ms, :own)"
        f" AND {kind.format('m')} = {kind.format('i')}"
        " AND (m.photos = i.photos OR m.photos = '' OR i.photos = '')"
        " AND NOT (i.native_id IS NOT NULL AND m.native_id IS NOT NULL AND ifnull(m.space = :space, 0))"
        " AND m.id NOT IN (SELECT match FROM incoming WHERE chat = :index AND match IS NOT NULL)"
        " ORDER BY i.id, m.sent_ms, m.position, m.id",
        {
            "chat": chat,
            "index": index,
            "space": space,
            "own": resolution_ms,
            "widest": max(coarsest, resolution_ms),
        },
    )
    used: set[int] = set()
    pairs: list[tuple[int, int]] = []
    done = 0
    for staged, message in candidates:
        if staged != done and message not in used:
            used.add(message)
            pairs.append((message, staged))
            done = staged
    return pairs


def _insert(db: sqlite3.Connection, index: int, chat: int, space: str | None, source: int) -> int:
    """Adds the messages that were not found, in their order; returns how many."""
    db.execute("UPDATE incoming SET row = match WHERE chat = ? AND match > 0", (index,))
    db.execute(
        "UPDATE incoming SET row = found.row FROM (SELECT id, (SELECT ifnull(max(id), 0) FROM messages)"
        " + row_number() OVER (ORDER BY sent_ms, position, id) AS row FROM incoming WHERE chat = ? AND match IS NULL)"
        " AS found WHERE incoming.id = found.id",
        (index,),
    )
    db.execute(
        "INSERT OR IGNORE INTO names (sender, name) SELECT DISTINCT s.row, i.name FROM incoming i"
        " JOIN incoming_senders s ON s.id = i.sender WHERE i.chat = ? AND i.match IS NULL",
        (index,),
    )
    return db.execute(
        "INSERT INTO messages (id, chat, sender, name, sent_ms, position, text, photos, placeholder, forwarded,"
        " native_id, space, reply_native, reply_to, source)"
        " SELECT i.row, :chat, s.row, names.id, i.sent_ms, i.position, i.text, i.photos, i.placeholder, i.forwarded,"
        " i.native_id, CASE WHEN i.native_id IS NULL THEN NULL ELSE :space END, i.reply_native,"
        " (SELECT a.row FROM incoming a WHERE a.chat = i.chat AND a.native_id = i.reply_native AND a.row IS NOT NULL"
        "  LIMIT 1), :source"
        " FROM incoming i JOIN incoming_senders s ON s.id = i.sender"
        " JOIN names ON names.sender = s.row AND names.name = i.name"
        " WHERE i.chat = :index AND i.match IS NULL ORDER BY i.row",
        {"chat": chat, "index": index, "space": space, "source": source},
    ).rowcount


def _resolve_replies(db: sqlite3.Connection, chat: int) -> None:
    """Joins replies to messages that came in another file."""
    db.execute(
        "UPDATE messages SET reply_to = (SELECT a.id FROM messages a WHERE a.chat = messages.chat"
        " AND a.native_id = messages.reply_native AND a.space = messages.space LIMIT 1)"
        " WHERE chat = ? AND reply_to IS NULL AND reply_native IS NOT NULL",
        (chat,),
    )
