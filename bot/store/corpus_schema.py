"""The corpus's tables, and how a corpus of an earlier program is brought up to them."""

import sqlite3

from bot.store.attachments import text_and_attachments, to_json
from bot.store.layout import Layout, statements

_FIRST = """
CREATE TABLE sources (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, imported_at INTEGER NOT NULL,
    resolution_ms INTEGER NOT NULL,  -- of its times: 1000, or 60000 where the seconds are missing
    kept INTEGER NOT NULL, truncated INTEGER NOT NULL
) STRICT;
CREATE TABLE chats (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, native_id TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
    owner TEXT  -- private chats: the other account beside native_id, where the export tells
) STRICT;
CREATE INDEX chats_by_native ON chats (platform, native_id);
CREATE TABLE senders (
    id INTEGER PRIMARY KEY, platform TEXT NOT NULL, native_id TEXT NOT NULL, is_bot INTEGER NOT NULL DEFAULT 0,
    UNIQUE (platform, native_id)
) STRICT;
CREATE TABLE names (
    id INTEGER PRIMARY KEY, sender INTEGER NOT NULL REFERENCES senders, name TEXT NOT NULL, UNIQUE (sender, name)
) STRICT;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL REFERENCES chats,
    sender INTEGER NOT NULL REFERENCES senders,
    name INTEGER NOT NULL REFERENCES names,  -- the display name at the time
    sent_ms INTEGER NOT NULL,  -- since 1970 in UTC
    position INTEGER NOT NULL,  -- breaks ties within a second: the exporter's own order
    text TEXT NOT NULL,
    photos TEXT NOT NULL,  -- digests in the media store, separated by spaces
    placeholder TEXT,
    forwarded INTEGER NOT NULL,
    native_id TEXT,
    space TEXT,  -- what native_id is unique in; NULL where nothing is known of it
    reply_native TEXT,
    reply_to INTEGER REFERENCES messages,
    source INTEGER NOT NULL REFERENCES sources
) STRICT;
CREATE INDEX messages_by_time ON messages (chat, sent_ms, position, id);
CREATE INDEX messages_by_native ON messages (chat, native_id) WHERE native_id IS NOT NULL;
CREATE INDEX messages_by_sender ON messages (sender, name, chat);
CREATE INDEX unresolved_replies ON messages (chat, reply_native) WHERE reply_to IS NULL AND reply_native IS NOT NULL;
"""

_ATTACHMENTS = "ALTER TABLE messages ADD COLUMN attachments TEXT NOT NULL DEFAULT '';\n"
_NO_MORE = """
ALTER TABLE messages DROP COLUMN photos;
ALTER TABLE messages DROP COLUMN placeholder;
"""


def _attachments(db: sqlite3.Connection) -> None:
    """One list instead of photos and a placeholder."""
    statements(_ATTACHMENTS)(db)
    rows = db.execute(
        "SELECT id, text, placeholder, photos FROM messages WHERE photos <> '' OR placeholder IS NOT NULL"
    )
    changed = []
    for number, text, placeholder, photos in rows.fetchall():
        words, attachments = text_and_attachments(placeholder or "", text, [("", digest) for digest in photos.split()])
        changed.append((words, to_json(attachments), number))
    db.executemany("UPDATE messages SET text = ?, attachments = ? WHERE id = ?", changed)
    statements(_NO_MORE)(db)


_CORRECTED = """
-- the zone that its times were taken for; empty where they tell their own
ALTER TABLE sources ADD COLUMN zone TEXT NOT NULL DEFAULT '';
-- when the message was last edited, where the export tells
ALTER TABLE messages ADD COLUMN edited_ms INTEGER;
-- ids that a Telegram supergroup gives to what it brought with it are another account's other messages
UPDATE messages SET native_id = NULL, space = NULL WHERE native_id LIKE '-%' AND space = 'telegram';
"""

_WRITINGS = """
CREATE TABLE writings (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL,
    author_platform TEXT, author_id TEXT,  -- NULL where the owner said that it is the subject's
    day TEXT,  -- where it was written, as 2023-05-06
    at_ms INTEGER,  -- since 1970 in UTC, where the hour is known
    title TEXT NOT NULL, text TEXT NOT NULL,
    source TEXT NOT NULL,  -- the name of its file
    space TEXT NOT NULL, native_id TEXT NOT NULL,  -- what it is called, and in what that is unique
    digest TEXT NOT NULL,  -- of its text
    removed INTEGER NOT NULL DEFAULT 0,  -- by the owner: only what it is known by is left
    UNIQUE (space, native_id)
) STRICT;
CREATE INDEX writings_by_digest ON writings (digest);
CREATE TABLE addressees (
    writing INTEGER NOT NULL REFERENCES writings, platform TEXT, native_id TEXT, name TEXT NOT NULL,
    folded TEXT NOT NULL  -- the name, for comparing
) STRICT;
CREATE INDEX addressees_by_writing ON addressees (writing);
"""

_REACTIONS = """
-- what was put on messages; apart from them, so that whoever counts what was said counts no reaction
CREATE TABLE reactions (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL REFERENCES chats,
    message INTEGER NOT NULL REFERENCES messages,
    sender INTEGER NOT NULL REFERENCES senders,
    name INTEGER NOT NULL REFERENCES names,
    emoji TEXT NOT NULL,
    at_ms INTEGER,  -- NULL where the export does not tell
    UNIQUE (message, sender, emoji)
) STRICT;
CREATE INDEX reactions_by_chat ON reactions (chat);
"""

LAYOUT = Layout(
    "The corpus",
    (statements(_FIRST), _attachments, statements(_CORRECTED), statements(_WRITINGS), statements(_REACTIONS)),
    "Move it away and import the exports again.",
)
