"""The zone that an export's times were taken for, and what becomes of them when it turns out to be another."""

import re
import sqlite3
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from tzlocal import get_localzone

from training.data.importers.staging import StagedChat

_OFFSET = re.compile(r"UTC(?:([+-])(\d\d):(\d\d))?")


def machine_zone() -> tzinfo:
    """Returns the zone of this machine; its offset of today where the machine's settings name no zone."""
    try:
        return get_localzone()
    except (LookupError, ValueError, OSError):
        return datetime.now(UTC).astimezone().tzinfo or UTC


def zone_named(name: str) -> tzinfo | None:
    """Returns the zone of this name, as Asia/Shanghai or UTC+08:00: the reverse of str(zone). None if there is none."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        try:
            return ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            return None
    if match[1] is None:
        return UTC
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def rezoned(ms: int, before: tzinfo, after: tzinfo) -> int:
    """Returns the time at which clocks show in one zone what they show in the other at this time."""
    clock = datetime.fromtimestamp(ms // 1000, before).replace(tzinfo=after)
    return round(clock.timestamp()) * 1000 + ms % 1000


def settle_zone(db: sqlite3.Connection, staged: StagedChat, chat: int, source: int, *, said: bool) -> int:
    """Brings a chat's staged messages and those of the corpus that came in the same format into one zone.

    source: the row of the file that is imported. said: its zone was named, and so the corpus's messages are corrected;
    otherwise the staged ones take the zone of before. Returns how many messages of the corpus were corrected.
    """
    zone, format_name, resolution_ms = db.execute(
        "SELECT zone, format, resolution_ms FROM sources WHERE id = ?", (source,)
    ).fetchone()
    if not zone:
        return 0
    corrected = 0
    others = db.execute(
        "SELECT DISTINCT zone FROM sources WHERE zone NOT IN ('', ?) AND format = ? AND resolution_ms = ?"
        " AND id IN (SELECT source FROM messages WHERE chat = ?)",
        (zone, format_name, resolution_ms, chat),
    ).fetchall()
    for (other,) in others:
        here, there = zone_named(zone), zone_named(other)
        if here is None or there is None:
            continue
        db.create_function("rezoned", 1, lambda ms, here=here, there=there: rezoned(ms, here, there))
        db.create_function("rezoned_back", 1, lambda ms, here=here, there=there: rezoned(ms, there, here))
        of_other = "SELECT id FROM sources WHERE zone = :other AND format = :format AND resolution_ms = :resolution"
        values = {**staged.rows, "other": other, "format": format_name, "resolution": resolution_ms, "chat": chat,
                  "source": source}  # fmt: skip
        shifted, same = db.execute(
            "SELECT total(EXISTS (SELECT 1 FROM messages m WHERE m.chat = :chat AND m.sent_ms = rezoned(i.sent_ms)"
            f" AND m.text = i.text AND m.source IN ({of_other}))), total(EXISTS (SELECT 1 FROM messages m"
            f" WHERE m.chat = :chat AND m.sent_ms = i.sent_ms AND m.text = i.text AND m.source IN ({of_other})))"
            " FROM incoming i WHERE i.id BETWEEN :first AND :last",
            values,
        ).fetchone()
        if shifted <= same:
            continue
        if not said:
            db.execute("UPDATE incoming SET sent_ms = rezoned(sent_ms) WHERE id BETWEEN :first AND :last", values)
            db.execute("UPDATE sources SET zone = :other WHERE id = :source", values)
            return corrected
        corrected += db.execute(
            "UPDATE messages SET sent_ms = rezoned_back(sent_ms), source = :source"
            f" WHERE chat = :chat AND source IN ({of_other})",
            values,
        ).rowcount
    return corrected
