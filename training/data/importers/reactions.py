"""Reactions on their way into the corpus: held beside a file's messages, and added once these have their places.

A reaction is the same as one that is there if the same person put the same emoji on the same message.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.letters import is_emoji
from bot.message import Account
from training.data.importers.base import NO_EMOJI, NO_MESSAGE, ReadReaction, SkippedReactions

ALREADY = "already in the corpus"
SCHEMA = """
DROP TABLE IF EXISTS temp.incoming_reactions;
CREATE TEMP TABLE incoming_reactions (
    id INTEGER PRIMARY KEY, chat INTEGER, target INTEGER, target_native TEXT, writer INTEGER, emoji TEXT,
    at_ms INTEGER
) STRICT;
"""


@dataclass(slots=True)
class Reactions:
    """The counts of one chat: how many were added, and how many others are not kept, by reason."""

    kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Reactions") -> None:
        self.kept += other.kept
        self.left_out += other.left_out


def put_on(
    chat: str, emoji: object, people: Iterable[tuple[Account, str, int | None]], to: str | None = None
) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what an export tells of one emoji on one message. people: by whom, as who, and when, if that is known."""
    for sender, name, at_ms in people:
        if isinstance(emoji, str) and is_emoji(emoji):
            yield ReadReaction(chat, sender, name, emoji, to, at_ms)
        else:
            yield SkippedReactions(chat, NO_EMOJI)


def add_reactions(
    db: sqlite3.Connection, index: int, chat: int, space: str | None, shift: int | None, counts: Reactions
) -> None:
    """Adds those of one chat that are new. shift: from staged messages that were added to their rows in the corpus."""
    (every,) = db.execute("SELECT count(*) FROM incoming_reactions WHERE chat = ?", (index,)).fetchone()
    if not every:
        return
    _find_targets(db, index, chat, space, shift)
    (found,) = db.execute(
        "SELECT count(*) FROM incoming_reactions WHERE chat = ? AND target IS NOT NULL", (index,)
    ).fetchone()
    db.execute(
        "INSERT OR IGNORE INTO names (sender, name) SELECT w.sender_row, w.name FROM incoming_reactions r"
        " JOIN incoming_writers w ON w.id = r.writer WHERE r.chat = ? AND r.target IS NOT NULL",
        (index,),
    )
    added = db.execute(
        "INSERT OR IGNORE INTO reactions (chat, message, sender, name, emoji, at_ms)"
        " SELECT ?, r.target, w.sender_row, names.id, r.emoji, r.at_ms FROM incoming_reactions r"
        " JOIN incoming_writers w ON w.id = r.writer"
        " JOIN names ON names.sender = w.sender_row AND names.name = w.name"
        " WHERE r.chat = ? AND r.target IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reactions o JOIN same_sender a"
        "  ON a.existing = o.sender AND a.incoming = r.writer WHERE o.message = r.target AND o.emoji = r.emoji)"
        " ORDER BY r.id",
        (chat, index),
    ).rowcount
    counts.kept += added
    counts.left_out += Counter({NO_MESSAGE: every - found, ALREADY: found - added})


def _find_targets(db: sqlite3.Connection, index: int, chat: int, space: str | None, shift: int | None) -> None:
    """Puts the corpus's rows in the place of staged ones, and of the platform's ids."""
    db.execute(
        "UPDATE incoming_reactions SET target = (SELECT i.id FROM incoming i LEFT JOIN found f ON f.staged = i.id"
        " WHERE i.chat = incoming_reactions.chat AND i.native_id = target_native AND ifnull(f.message, 1) > 0 LIMIT 1)"
        " WHERE chat = ? AND target_native IS NOT NULL",
        (index,),
    )
    db.execute(
        "UPDATE incoming_reactions SET target = (SELECT nullif(ifnull(f.message, i.id + ?), -1) FROM incoming i"
        " LEFT JOIN found f ON f.staged = i.id WHERE i.id = target) WHERE chat = ? AND target IS NOT NULL",
        (shift, index),
    )
    db.execute(
        "UPDATE incoming_reactions SET target = (SELECT m.id FROM messages m WHERE m.chat = ?"
        " AND m.native_id = target_native AND m.space = ? LIMIT 1)"
        " WHERE chat = ? AND target IS NULL AND target_native IS NOT NULL",
        (chat, space, index),
    )
