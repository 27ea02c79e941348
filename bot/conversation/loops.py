"""Two bots that answer one another would never stop: the avatar does, where the owner lets it answer bots at all."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.store.journal import Entry, Kind

IN_A_ROW = 5
"""Replies to bots with no person's word in between, within `_LATELY`, after which the avatar stops."""
_LATELY = timedelta(hours=1)


def goes_round(recent: Sequence[Entry], now: datetime) -> bool:
    """Whether the avatar has been answering nobody but bots. recent: what was said in the chat, oldest first."""
    replies: set[int | None] = set()
    for entry in reversed(recent):
        person = entry.kind is Kind.MESSAGE and not entry.message.from_bot
        if person or now - entry.at > _LATELY:
            break
        if entry.kind is Kind.BUBBLE:
            replies.add(entry.reply)
    return len(replies) >= IN_A_ROW
