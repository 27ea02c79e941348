"""The time that a platform's server tells with each answer."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def http_date(header: str | None) -> datetime | None:
    """The moment in an HTTP Date header, or None where it tells none."""
    try:
        moment = parsedate_to_datetime(header) if header else None
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
