"""How somebody used to begin: how often, at which hours and on which days, learnt from the chats they began."""

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.chat.turns import goes_on
from bot.message import Message

FEWEST = 5
"""Beginnings that make a habit. Of fewer nothing is learnt, and nobody is written to."""

FOUR_WEEKS = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Habit:
    """How the subject used to begin with one contact.

    starts_a_week: over the whole time of the chat. most: the most beginnings in any four weeks. hours, days: what
    share of the beginnings fell into each hour of the day, and on each day from Monday on, where the subject lives.
    """

    starts_a_week: float
    most: int
    hours: tuple[float, ...]
    days: tuple[float, ...]

    @property
    def most_in_four_weeks(self) -> int:
        """As often as usual, and never oftener than they ever did."""
        return min(math.ceil(4 * self.starts_a_week), self.most)


def habit_of(messages: Iterable[Message], gap: timedelta, zone: tzinfo) -> Habit | None:
    """Returns the habit that the private chats with one contact show; None where the subject began too seldom.

    messages: all of them in the order they were sent, the subject's with no sender. gap: a longer silence ends a
    dialogue. zone: where the subject lives.
    """
    first, last = None, None
    starts: list[datetime] = []
    for message in messages:
        at = message.sent_at
        if message.sender is None and not (last and goes_on(last, at, gap)):
            starts.append(at)
        first, last = first or at, at
    if first is None or last is None or len(starts) < FEWEST:
        return None
    here = [at.astimezone(zone) for at in starts]
    return Habit(
        len(starts) / (max(last - first, FOUR_WEEKS) / timedelta(weeks=1)),
        max(_in_four_weeks(starts)),
        _shares(Counter(at.hour for at in here), 24),
        _shares(Counter(at.weekday() for at in here), 7),
    )


def _shares(counts: Counter[int], places: int) -> tuple[float, ...]:
    return tuple(counts[place] / counts.total() for place in range(places))


def _in_four_weeks(starts: Iterable[datetime]) -> Iterator[int]:
    """Yields, for each beginning, how many there were in the four weeks up to it."""
    window: deque[datetime] = deque()
    for at in starts:
        window.append(at)
        while at - window[0] >= FOUR_WEEKS:
            window.popleft()
        yield len(window)
