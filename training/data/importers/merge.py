"""Merges a staged file into the corpus: finds the chats, people and messages that are there already, and adds the rest.

Two messages are the same if they have the same id, where ids mean the same in both exports; else if the same person
sent the same words or photo in the same chat within the same second. Two equal messages within one second are two if
one export has both. What one export only says was left out may be whatever the other one has.
"""

import sqlite3
import time
from datetime import tzinfo

from bot.message import Attachment
from bot.store.attachments import shape_of, to_json
from training.data.importers.base import MINUTE, ReadChat
from training.data.importers.identity import Target, complete_chat, find_chat, find_senders, holds_messages, roles_of
from training.data.importers.reactions import ALREADY, add_reactions
from training.data.importers.staging import Staged, StagedChat
from training.data.importers.zones import settle_zone

EDITED = "already in the corpus, and edited since"
REPEATED = "twice in the file"

_NEW = "i.id BETWEEN :first AND :last AND i.id NOT IN (SELECT staged FROM found)"
_UNSAID = shape_of(to_json([Attachment("unknown")]))
_DAY_MS = 26 * 60 * MINUTE  # the farthest that two time zones are apart
_QUARTER_MS = 15 * MINUTE  # and what they differ by is made of


def merge(
    db: sqlite3.Connection, staged: Staged, name: str, format_name: str, zone: tzinfo, *, zone_said: bool
) -> dict[str, int]:
    """Adds what is new, within the caller's transaction.

    zone: that of times written without one. zone_said: the person named it. Returns the corpus's row of each chat with
    messages, by key.
    """
    staged.zone = str(zone) if staged.messages and staged.local_times == staged.messages else ""
    source = db.execute(
        "INSERT INTO sources (name, format, imported_at, resolution_ms, kept, truncated, zone)"
        " VALUES (?, ?, ?, ?, 0, ?, ?)",
        (name, format_name, int(time.time()), staged.resolution_ms, bool(staged.truncated), staged.zone),
    ).lastrowid
    assert source is not None
    rows: dict[str, int] = {}
    for key, chat in staged.chats.items():
        if chat.about is None or not chat.messages:
            continue
        rows[key] = _merge_chat(db, staged, chat, chat.about, source, zone_said=zone_said)
    (staged.zone,) = db.execute("SELECT zone FROM sources WHERE id = ?", (source,)).fetchone()
    kept = sum(chat.kept for chat in staged.chats.values())
    if kept or staged.corrected:
        db.execute("UPDATE sources SET kept = ? WHERE id = ?", (kept, source))
    else:
        db.execute("DELETE FROM sources WHERE id = ?", (source,))
    return rows


def _merge_chat(
    db: sqlite3.Connection, staged: Staged, chat: StagedChat, about: ReadChat, source: int, *, zone_said: bool
) -> int:
    space = _space(about)
    target = find_chat(db, chat, about, space)
    if target is None:
        row = db.execute(
            "INSERT INTO chats (platform, native_id, kind, title, owner) VALUES (?, ?, ?, ?, ?)",
            (about.platform, about.native_id, about.kind.value, about.title, about.owner),
        ).lastrowid
        assert row is not None
        target = Target(row)
    roles = roles_of(db, about, target)
    complete_chat(db, target, chat, about)
    find_senders(db, chat, about, target, roles)
    staged.corrected += settle_zone(db, chat, target.chat, source, said=zone_said)
    if not staged.unique_ids:
        chat.skipped[REPEATED] += _mark_repeated(db, chat)
    if holds_messages(db, target.chat):
        found = _match(db, chat, target.chat, space, staged.resolution_ms)
        edited = _take_edits(db, chat)
        _take_names(db, chat)
        chat.skipped[EDITED] += edited
        chat.skipped[ALREADY] += found - edited
    chat.skipped = +chat.skipped
    shift = _shift(db, chat)
    if shift is not None:
        chat.kept += _insert(db, chat, target.chat, space, source, shift)
    _resolve_replies(db, target.chat)
    add_reactions(db, chat.index, target.chat, space, shift, chat.reactions)
    return target.chat


def _space(about: ReadChat) -> str | None:
    """Returns the name of that in which the ids of this chat's messages are unique; None if they are in nothing."""
    if about.ids in ("everywhere", "chat"):
        return about.platform
    return f"{about.platform}:{about.owner}" if about.ids == "account" and about.owner else None


def _mark_repeated(db: sqlite3.Connection, chat: StagedChat) -> int:
    """Marks what the file holds twice under one id."""
    return db.execute(
        "INSERT INTO found SELECT id, -1 FROM (SELECT i.id, row_number() OVER"
        " (PARTITION BY i.native_id, w.sender, i.sent_ms, i.text, i.attachments ORDER BY i.id) AS nth"
        " FROM incoming i JOIN incoming_writers w ON w.id = i.writer"
        " WHERE i.id BETWEEN :first AND :last AND i.native_id IS NOT NULL) WHERE nth > 1",
        chat.rows,
    ).rowcount


def _match(db: sqlite3.Connection, staged: StagedChat, chat: int, space: str | None, resolution_ms: int) -> int:
    """Finds the staged messages that the corpus has; returns how many.

    What it lacked is filled in: photos, frames, and what is said in voice messages or can be heard in them.
    """
    by_id = db.execute(
        "INSERT OR IGNORE INTO found SELECT i.id, m.id FROM incoming i"
        " JOIN messages m ON m.chat = :chat AND m.native_id = i.native_id"
        " WHERE i.id BETWEEN :first AND :last AND i.native_id IS NOT NULL AND (m.space = :space"
        "  OR ((m.space IS NULL OR :space IS NULL)"
        "   AND EXISTS (SELECT 1 FROM same_sender s WHERE s.incoming = i.writer AND s.existing = m.sender)"
        "   AND abs(m.sent_ms - i.sent_ms) <= :day AND (abs(m.sent_ms - i.sent_ms) + 999) % :quarter < 1999))"
        " ORDER BY i.id, m.id",
        {**staged.rows, "chat": chat, "space": space, "day": _DAY_MS, "quarter": _QUARTER_MS},
    ).rowcount
    by_content = _match_content(db, staged, chat, space, resolution_ms) if by_id < staged.messages else []
    db.executemany("INSERT INTO found (message, staged) VALUES (?, ?)", by_content)
    db.execute(
        "UPDATE messages SET attachments = filled_in(messages.attachments, i.attachments)"
        " FROM incoming i JOIN found f ON f.staged = i.id"
        " WHERE i.id BETWEEN :first AND :last AND i.attachments <> '' AND f.message = messages.id"
        " AND i.attachments <> messages.attachments"
        " AND filled_in(messages.attachments, i.attachments) <> messages.attachments",
        staged.rows,
    )
    return by_id + len(by_content)


def _take_edits(db: sqlite3.Connection, staged: StagedChat) -> int:
    """Writes the words of messages that were edited since they were imported; returns how many."""
    return db.execute(
        "UPDATE messages SET text = i.text, edited_ms = i.edited_ms,"
        " attachments = filled_in(i.attachments, messages.attachments)"
        " FROM incoming i JOIN found f ON f.staged = i.id"
        " WHERE i.id BETWEEN :first AND :last AND i.edited_ms IS NOT NULL AND f.message = messages.id"
        " AND i.native_id = messages.native_id AND i.text <> messages.text"
        " AND i.edited_ms > ifnull(messages.edited_ms, 0)",
        staged.rows,
    ).rowcount


def _take_names(db: sqlite3.Connection, staged: StagedChat) -> None:
    """Writes the names of those who wrote messages that the corpus has without one."""
    nameless = "SELECT n.id FROM names n JOIN same_sender s ON s.existing = n.sender WHERE n.name = ''"
    if db.execute(f"{nameless} LIMIT 1").fetchone() is None:
        return
    found = (
        "FROM incoming i JOIN incoming_writers w ON w.id = i.writer JOIN found f ON f.staged = i.id"
        " JOIN messages m ON m.id = f.message"
        f" WHERE i.id BETWEEN :first AND :last AND w.name <> '' AND m.name IN ({nameless})"
    )
    db.execute(f"INSERT OR IGNORE INTO names (sender, name) SELECT DISTINCT m.sender, w.name {found}", staged.rows)
    db.execute(
        "UPDATE messages SET name = n.id FROM"
        f" (SELECT m.id AS message, m.sender AS sender, w.name AS name {found}) AS named"
        " JOIN names n ON n.sender = named.sender AND n.name = named.name WHERE messages.id = named.message",
        staged.rows,
    )


def _match_content(
    db: sqlite3.Connection, staged: StagedChat, chat: int, space: str | None, resolution_ms: int
) -> list[tuple[int, int]]:
    """Pairs (message, staged) of the same sender, time and content, each used once."""
    (coarsest,) = db.execute("SELECT max(resolution_ms) FROM sources").fetchone()
    candidates = db.execute(
        "SELECT i.id, m.id FROM incoming i"
        " JOIN messages m ON m.chat = :chat AND m.sent_ms >= i.sent_ms / :widest * :widest"
        "  AND m.sent_ms < i.sent_ms / :widest * :widest + :widest"
        " JOIN same_sender s ON s.incoming = i.writer AND s.existing = m.sender"
        " JOIN sources f ON f.id = m.source"
        " WHERE i.id BETWEEN :first AND :last AND i.id NOT IN (SELECT staged FROM found) AND m.text = i.text"
        " AND m.sent_ms / max(f.resolution_ms, :own) = i.sent_ms / max(f.resolution_ms, :own)"
        " AND (m.attachments = i.attachments OR (shape_of(m.attachments) = shape_of(i.attachments)"
        "  AND (digests_of(m.attachments) = '' OR digests_of(i.attachments) = ''))"
        "  OR (:unsaid IN (shape_of(m.attachments), shape_of(i.attachments))"
        "   AND '' NOT IN (m.attachments, i.attachments)))"
        " AND NOT (i.native_id IS NOT NULL AND m.native_id IS NOT NULL AND ifnull(m.space = :space, 0))"
        " AND m.id NOT IN (SELECT message FROM found WHERE staged BETWEEN :first AND :last)"
        " ORDER BY i.id, m.sent_ms, m.position, m.id",
        {
            **staged.rows,
            "chat": chat,
            "space": space,
            "own": resolution_ms,
            "widest": max(coarsest, resolution_ms),
            "unsaid": _UNSAID,
        },
    )
    used: set[int] = set()
    pairs: list[tuple[int, int]] = []
    done = -1
    for place, message in candidates:
        if place != done and message not in used:
            used.add(message)
            pairs.append((message, place))
            done = place
    return pairs


def _shift(db: sqlite3.Connection, staged: StagedChat) -> int | None:
    """Returns how far the staged messages that were not found are from their rows to be; None where there are none."""
    (first,) = db.execute(f"SELECT min(i.id) FROM incoming i WHERE {_NEW}", staged.rows).fetchone()
    if first is None:
        return None
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM messages").fetchone()
    return int(last + 1 - first)


def _insert(db: sqlite3.Connection, staged: StagedChat, chat: int, space: str | None, source: int, shift: int) -> int:
    """Adds the messages that were not found, in the file's order, and returns how many."""
    of_chat = {"index": staged.index}
    db.execute(
        "INSERT OR IGNORE INTO names (sender, name) SELECT sender_row, name FROM incoming_writers WHERE chat = :index",
        of_chat,
    )
    db.execute(
        "UPDATE incoming_writers AS w SET name_row ="
        " (SELECT n.id FROM names n WHERE n.sender = w.sender_row AND n.name = w.name) WHERE w.chat = :index",
        of_chat,
    )
    return db.execute(
        "INSERT INTO messages (id, chat, sender, name, sent_ms, position, text, attachments, forwarded,"
        " native_id, space, reply_native, reply_to, source, edited_ms)"
        " SELECT i.id + :shift, :chat, w.sender_row, w.name_row, i.sent_ms, i.position, i.text, i.attachments,"
        " i.forwarded, i.native_id, CASE WHEN i.native_id IS NULL THEN NULL ELSE :space END, i.reply_native,"
        " CASE WHEN i.reply_native IS NOT NULL THEN (SELECT ifnull(f.message, a.id + :shift) FROM incoming a"
        "  LEFT JOIN found f ON f.staged = a.id WHERE a.chat = i.chat AND a.native_id = i.reply_native"
        "  AND ifnull(f.message, 1) > 0 LIMIT 1) END, :source, i.edited_ms"
        f" FROM incoming i JOIN incoming_writers w ON w.id = i.writer WHERE {_NEW} ORDER BY i.id",
        {**staged.rows, "shift": shift, "chat": chat, "space": space, "source": source},
    ).rowcount


def _resolve_replies(db: sqlite3.Connection, chat: int) -> None:
    """Links replies to messages that came in another file."""
    db.execute(
        "UPDATE messages SET reply_to = (SELECT a.id FROM messages a WHERE a.chat = messages.chat"
        " AND a.native_id = messages.reply_native AND a.space = messages.space LIMIT 1)"
        " WHERE chat = ? AND reply_to IS NULL AND reply_native IS NOT NULL",
        (chat,),
    )
