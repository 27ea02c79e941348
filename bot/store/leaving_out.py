"""Contacts and chats that are left out of a corpus, as if they had never been imported."""

import sqlite3

from bot.people import LeftOut


def leave_out(db: sqlite3.Connection, without: LeftOut) -> None:
    """Lays views over messages, reactions and writings, which every later statement sees in their place."""
    db.execute("CREATE TEMP TABLE left_out (platform TEXT, native_id TEXT)")
    db.executemany("INSERT INTO left_out VALUES (?, ?)", [(one.platform, one.id) for one in without.accounts])
    db.execute("CREATE TEMP TABLE left_out_chats (key TEXT)")
    db.executemany("INSERT INTO left_out_chats VALUES (?)", [(key,) for key in without.chats])
    db.execute(
        "CREATE TEMP TABLE left_out_senders AS SELECT id FROM senders"
        " WHERE (platform, native_id) IN (SELECT platform, native_id FROM left_out)"
    )
    db.execute(
        "CREATE TEMP TABLE left_out_places AS SELECT id FROM chats WHERE platform || ':' || native_id IN"
        " (SELECT key FROM left_out_chats) OR (kind = 'private' AND ("
        " (platform, native_id) IN (SELECT platform, native_id FROM left_out) OR id IN"
        " (SELECT chat FROM main.messages WHERE sender IN (SELECT id FROM left_out_senders))))"
    )
    db.execute(
        "CREATE TEMP VIEW messages AS SELECT * FROM main.messages WHERE sender NOT IN (SELECT id FROM left_out_senders)"
        " AND chat NOT IN (SELECT id FROM left_out_places)"
    )
    db.execute(
        "CREATE TEMP VIEW reactions AS SELECT * FROM main.reactions"
        " WHERE sender NOT IN (SELECT id FROM left_out_senders)"
    )
    db.execute("CREATE TEMP TABLE left_out_names (name TEXT)")
    db.executemany("INSERT INTO left_out_names VALUES (?)", [(name,) for name in without.names])
    db.execute(
        "CREATE TEMP VIEW writings AS SELECT * FROM main.writings WHERE id NOT IN (SELECT writing FROM addressees WHERE"
        " (platform, native_id) IN (SELECT platform, native_id FROM left_out)"
        " OR folded IN (SELECT name FROM left_out_names))"
    )
