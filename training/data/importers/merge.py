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
from training.data.importers.identity import Target, complete_chat, find_chat, find_senders, roles_of
from training.data.importers.reactions import ALREADY, add_reactions
from training.data.importers.staging import Staged, StagedChat
from training.data.importers.zones import settle_zone

EDITED = "already in the corpus, and edited since"
REPEATED = "twice in the file"

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
    (messages,) = db.execute("SELECT count(*) FROM incoming").fetchone()
    staged.zone = str(zone) if messages and staged.local_times == messages else ""
    source = db.execute(
        "INSERT INTO sources (name, format, imported_at, resolution_ms, kept, truncated, zone)"
        " VALUES (?, ?, ?, ?, 0, ?, ?)",
        (name, format_name, int(time.time()), staged.resolution_ms, bool(staged.truncated), staged.zone),
    ).lastrowid
    assert source is not None
    rows: dict[str, int] = {}
    for key, chat in staged.chats.items():
        (count,) = db.execute("SELECT count(*) FROM incoming WHERE chat = ?", (chat.index,)).fetchone()
        if chat.about is None or not count:
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
    target = find_chat(db, chat.index, about, space)
    if target is None:
        row = db.execute(
            "INSERT INTO chats (platform, native_id, kind, title, owner) VALUES (?, ?, ?, ?, ?)",
            (about.platform, about.native_id, about.kind.value, about.title, about.owner),
        ).lastrowid
        assert row is not None
        target = Target(row)
    roles = roles_of(db, about, target)
    complete_chat(db, target, chat.index, about)
    find_senders(db, chat.index, about, target, roles)
    staged.corrected += settle_zone(db, chat.index, target.chat, source, said=zone_said)
    chat.skipped[REPEATED] += _mark_repeated(db, chat.index)
    found = _match(db, chat.index, target.chat, space, staged.resolution_ms)
    edited = _take_edits(db, chat.index)
    _take_names(db, chat.index)
    chat.skipped[EDITED] += edited
    chat.skipped[ALREADY] += found - edited
    chat.skipped = +chat.skipped
    shift = _shift(db, chat.index)
    if shift is not None:
        chat.kept += _insert(db, chat.index, target.chat, space, source, shift)
    _resolve_replies(db, target.chat)
    add_reactions(db, chat.index, target.chat, space, shift, chat.reactions)
    return target.chat


def _space(about: ReadChat) -> str | None:
    """Returns the name of that in which the ids of this chat's messages are unique; None if they are in nothing."""
    if about.ids in ("everywhere", "chat"):
        return about.platform
    return f"{about.platform}:{about.owner}" if about.ids == "account" and about.owner else None


def _mark_repeated(db: sqlite3.Connection, index: int) -> int:
    """Marks what the file holds twice under one id."""
    with_ids, distinct = db.execute(
        "SELECT count(native_id), count(DISTINCT native_id) FROM incoming WHERE chat = ?", (index,)
    ).fetchone()
    if with_ids == distinct:
        return 0
    return db.execute(
        "UPDATE incoming SET match = -1 WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
        " (PARTITION BY native_id, sender, sent_ms, text, attachments ORDER BY id) AS nth"
        " FROM incoming WHERE chat = ? AND native_id IS NOT NULL) WHERE nth > 1)",
        (index,),
    ).rowcount


def _match(db: sqlite3.Connection, index: int, chat: int, space: str | None, resolution_ms: int) -> int:
    """Finds the staged messages that the corpus has; returns how many.

    What it lacked is filled in: photos, frames, and what is said in voice messages or can be heard in them.
    """
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
        "UPDATE messages SET attachments = filled_in(messages.attachments, i.attachments) FROM incoming i"
        " WHERE i.chat = ? AND i.match = messages.id AND i.attachments NOT IN ('', messages.attachments)"
        " AND filled_in(messages.attachments, i.attachments) <> messages.attachments",
        (index,),
    )
    return by_id + len(by_content)


def _take_edits(db: sqlite3.Connection, index: int) -> int:
    """Writes the words of messages that were edited since they were imported; returns how many."""
    return db.execute(
        "UPDATE messages SET text = i.text, edited_ms = i.edited_ms,"
        " attachments = filled_in(i.attachments, messages.attachments) FROM incoming i"
        " WHERE i.chat = ? AND i.match = messages.id AND i.native_id = messages.native_id AND i.text <> messages.text"
        " AND i.edited_ms > ifnull(messages.edited_ms, 0)",
        (index,),
    ).rowcount


def _take_names(db: sqlite3.Connection, index: int) -> None:
    """Writes the names of those who wrote messages that the corpus has without one."""
    nameless = "SELECT n.id FROM names n JOIN same_sender s ON s.existing = n.sender WHERE n.name = ''"
    if db.execute(f"{nameless} LIMIT 1").fetchone() is None:
        return
    found = (
        "FROM incoming i JOIN messages m ON m.id = i.match"
        f" WHERE i.chat = ? AND i.match > 0 AND i.name <> '' AND m.name IN ({nameless})"
    )
    db.execute(f"INSERT OR IGNORE INTO names (sender, name) SELECT DISTINCT m.sender, i.name {found}", (index,))
    db.execute(
        "UPDATE messages SET name = n.id FROM"
        f" (SELECT m.id AS message, m.sender AS sender, i.name AS name {found}) AS named"
        " JOIN names n ON n.sender = named.sender AND n.name = named.name WHERE messages.id = named.message",
        (index,),
    )


def _match_content(
    db: sqlite3.Connection, index: int, chat: int, space: str | None, resolution_ms: int
) -> list[tuple[int, int]]:
    """Pairs (message, staged) of the same sender, time and content, each used once."""
    (coarsest,) = db.execute("SELECT max(resolution_ms) FROM sources").fetchone()
    candidates = db.execute(
        "SELECT i.id, m.id FROM incoming i"
        " JOIN messages m ON m.chat = :chat AND m.sent_ms >= i.sent_ms / :widest * :widest"
        "  AND m.sent_ms < i.sent_ms / :widest * :widest + :widest"
        " JOIN same_sender s ON s.incoming = i.sender AND s.existing = m.sender"
        " JOIN sources f ON f.id = m.source"
        " WHERE i.chat = :index AND i.match IS NULL AND m.text = i.text"
        " AND m.sent_ms / max(f.resolution_ms, :own) = i.sent_ms / max(f.resolution_ms, :own)"
        " AND (m.attachments = i.attachments OR (shape_of(m.attachments) = shape_of(i.attachments)"
        "  AND (digests_of(m.attachments) = '' OR digests_of(i.attachments) = ''))"
        "  OR (:unsaid IN (shape_of(m.attachments), shape_of(i.attachments))"
        "   AND '' NOT IN (m.attachments, i.attachments)))"
        " AND NOT (i.native_id IS NOT NULL AND m.native_id IS NOT NULL AND ifnull(m.space = :space, 0))"
        " AND m.id NOT IN (SELECT match FROM incoming WHERE chat = :index AND match IS NOT NULL)"
        " ORDER BY i.id, m.sent_ms, m.position, m.id",
        {
            "chat": chat,
            "index": index,
            "space": space,
            "own": resolution_ms,
            "widest": max(coarsest, resolution_ms),
            "unsaid": _UNSAID,
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


def _shift(db: sqlite3.Connection, index: int) -> int | None:
    """Returns how far the staged messages that were not found are from their rows to be; None where there are none."""
    (first,) = db.execute("SELECT min(id) FROM incoming WHERE chat = ? AND match IS NULL", (index,)).fetchone()
    if first is None:
        return None
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM messages").fetchone()
    return int(last + 1 - first)


def _insert(db: sqlite3.Connection, index: int, chat: int, space: str | None, source: int, shift: int) -> int:
    """Adds the messages that were not found, in the file's order, and returns how many."""
    db.execute(
        "INSERT OR IGNORE INTO names (sender, name) SELECT DISTINCT s.row, i.name FROM incoming i"
        " JOIN incoming_senders s ON s.id = i.sender WHERE i.chat = ? AND i.match IS NULL",
        (index,),
    )
    return db.execute(
        "INSERT INTO messages (id, chat, sender, name, sent_ms, position, text, attachments, forwarded,"
        " native_id, space, reply_native, reply_to, source, edited_ms)"
        " SELECT i.id + :shift, :chat, s.row, names.id, i.sent_ms, i.position, i.text, i.attachments, i.forwarded,"
        " i.native_id, CASE WHEN i.native_id IS NULL THEN NULL ELSE :space END, i.reply_native,"
        " (SELECT ifnull(a.match, a.id + :shift) FROM incoming a WHERE a.chat = i.chat"
        "  AND a.native_id = i.reply_native AND ifnull(a.match, 1) > 0 LIMIT 1), :source, i.edited_ms"
        " FROM incoming i JOIN incoming_senders s ON s.id = i.sender"
        " JOIN names ON names.sender = s.row AND names.name = i.name"
        " WHERE i.chat = :index AND i.match IS NULL ORDER BY i.id",
        {"shift": shift, "chat": chat, "index": index, "space": space, "source": source},
    ).rowcount


def _resolve_replies(db: sqlite3.Connection, chat: int) -> None:
    """Links replies to messages that came in another file."""
    db.execute(
        "UPDATE messages SET reply_to = (SELECT a.id FROM messages a WHERE a.chat = messages.chat"
        " AND a.native_id = messages.reply_native AND a.space = messages.space LIMIT 1)"
        " WHERE chat = ? AND reply_to IS NULL AND reply_native IS NOT NULL",
        (chat,),
    )
