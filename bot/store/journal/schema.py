"""The journal's tables, and how a journal of an earlier program is brought up to them."""

import sqlite3

VERSION = 2

_TABLES = """
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
"""
_FROM_0 = """
ALTER TABLE entries ADD COLUMN floor TEXT;
ALTER TABLE entries ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN trouble TEXT;
CREATE INDEX entries_aside ON entries(state) WHERE state = 'aside';
CREATE TABLE moved (old TEXT PRIMARY KEY, new TEXT NOT NULL REFERENCES chats(key));
"""
_FROM_1 = """
ALTER TABLE entries ADD COLUMN placeholder TEXT NOT NULL DEFAULT '';
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Makes the tables, or brings them up to VERSION in one transaction. Raises sqlite3.DatabaseError."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise sqlite3.DatabaseError("it was written by a newer Echoes")
    if version == VERSION:
        return
    steps = (_TABLES + _FROM_0, _FROM_1)[version:]
    connection.executescript(f"BEGIN IMMEDIATE; {' '.join(steps)} PRAGMA user_version = {VERSION}; COMMIT;")
