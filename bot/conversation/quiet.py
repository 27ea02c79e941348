"""Quiet hours, in which nothing is sent: what came meanwhile is answered when they end."""

from datetime import datetime, time, timedelta, tzinfo


def end_of_quiet(hours: str, zone: tzinfo, at: datetime) -> datetime | None:
    """Returns when the quiet hours around a moment end; None outside of them.

    hours: as `23:00-07:30` on the zone's clock, over midnight where the end is the earlier; empty for none.
    """
    if not hours:
        return None
    begin, end = (time.fromisoformat(part) for part in hours.split("-"))
    local = at.astimezone(zone)
    now = local.time()
    within = begin <= now < end if begin < end else now >= begin or now < end
    if not within:
        return None
    day = local.date() + timedelta(days=int(now >= end))
    return datetime.combine(day, end, zone).astimezone(at.tzinfo)


def heard_at(hours: str, zone: tzinfo, at: datetime) -> datetime:
    """Returns when a message could be answered first: when it came, or when the quiet hours ended in which it came."""
    return end_of_quiet(hours, zone, at) or at
