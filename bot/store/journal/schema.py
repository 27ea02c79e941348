"""The journal's tables, and how a journal of an earlier program is brought up to them."""

import json
import sqlite3

from bot.store.attachments import text_and_attachments, to_json
from bot.store.layout import Layout, statements

_FIRST = """
CREATE TABLE IF NOT EXISTS chats (
    key TEXT PRIMARY KEY, platform TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    chat TEXT NOT NULL REFERENCES chats(key),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    at REAL NOT NULL,
    native_id TEXT,
    sender_platform TEXT, sender_id TEXT, sender_name TEXT,
    text TEXT NOT NULL,
    photos TEXT NOT NULL DEFAULT '[]',
    addressed INTEGER NOT NULL DEFAULT 0,
    addressed_other INTEGER NOT NULL DEFAULT 0,
    from_bot INTEGER NOT NULL DEFAULT 0,
    reply INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS entries_native ON entries(chat, native_id) WHERE kind = 'message';
CREATE INDEX IF NOT EXISTS entries_chat ON entries(chat, seq);
CREATE INDEX IF NOT EXISTS entries_open ON entries(state) WHERE state IN ('new', 'queued', 'sending');
CREATE TABLE IF NOT EXISTS stopped (platform TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (platform, id));
ALTER TABLE entries ADD COLUMN floor TEXT;
ALTER TABLE entries ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN trouble TEXT;
CREATE INDEX entries_aside ON entries(state) WHERE state = 'aside';
CREATE TABLE moved (old TEXT PRIMARY KEY, new TEXT NOT NULL REFERENCES chats(key));
"""
_SECOND = "ALTER TABLE entries ADD COLUMN placeholder TEXT NOT NULL DEFAULT '';\n"
_THIRD = """
ALTER TABLE entries ADD COLUMN attachments TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN reply_to TEXT;
ALTER TABLE entries ADD COLUMN forwarded INTEGER NOT NULL DEFAULT 0;
CREATE TABLE forgotten (platform TEXT NOT NULL, id TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (platform, id));
"""
_NO_MORE = """
ALTER TABLE entries DROP COLUMN photos;
ALTER TABLE entries DROP COLUMN placeholder;
"""
_FOURTH = """
CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY REFERENCES entries(seq) ON DELETE CASCADE,
    gate TEXT NOT NULL,
    answer INTEGER NOT NULL,
    probability REAL, threshold REAL, model REAL,
    addressed INTEGER,
    terms TEXT NOT NULL
);
"""
_FIFTH = """
-- bubbles of an opening: not to be sent later
ALTER TABLE entries ADD COLUMN until REAL;
-- dialogues that the avatar began, by the number of the reply
CREATE TABLE openings (number INTEGER PRIMARY KEY, chat TEXT NOT NULL REFERENCES chats(key), at REAL NOT NULL);
-- what waits in one chat, and what it was told, without looking at all that was said in it
CREATE INDEX entries_waiting ON entries(chat, seq) WHERE state IN ('new', 'queued', 'sending');
CREATE INDEX entries_notices ON entries(chat, text) WHERE kind = 'notice';
-- who does not want to be written to first
CREATE TABLE left_alone (platform TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (platform, id));
"""
_SIXTH = """
-- the era that the avatar spoke from when this was said
ALTER TABLE entries ADD COLUMN era TEXT NOT NULL DEFAULT '';
"""
_SEVENTH = """
-- what people put on messages has a kind of its own, which an earlier program does not know
CREATE INDEX entries_reactions ON entries(chat, reply_to) WHERE kind = 'reaction';
"""


def _attachments(db: sqlite3.Connection) -> None:
    """One list instead of photos and a placeholder; a table of who asked to be forgotten."""
    statements(_THIRD)(db)
    rows = db.execute("SELECT seq, text, placeholder, photos FROM entries WHERE photos != '[]' OR placeholder != ''")
    changed = []
    for seq, text, placeholder, photos in rows.fetchall():
        words, attachments = text_and_attachments(
            placeholder, text, [(str(ref), digest) for ref, digest in json.loads(photos)]
        )
        changed.append((words, to_json(attachments), seq))
    db.executemany("UPDATE entries SET text = ?, attachments = ? WHERE seq = ?", changed)
    statements(_NO_MORE)(db)


LAYOUT = Layout(
    "The journal",
    (statements(_FIRST), statements(_SECOND), _attachments, *map(statements, (_FOURTH, _FIFTH, _SIXTH, _SEVENTH))),
    "Restore it from a backup, or move it away.",
)
