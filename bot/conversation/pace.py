"""The person's own pace, as the imported chats show it: after how long they answered, and how they paused."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from itertools import pairwise
from typing import Self

from bot.conversation.gathering import has_seconds
from bot.message import Message

_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
_ENOUGH = 20
"""Of fewer nothing is learnt: a few slow answers are no habit."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The seconds below which a tenth, a quarter, half, three quarters and nine tenths of what was seen lie."""

    seconds: tuple[float, ...]

    @classmethod
    def of(cls, seen: Sequence[float]) -> Self | None:
        """None where too little was seen to tell."""
        if len(seen) < _ENOUGH:
            return None
        ordered = sorted(seen)
        return cls(tuple(ordered[round(share * (len(ordered) - 1))] for share in _SHARES))

    def at(self, share: float) -> float:
        """Returns the seconds below which a share from 0 to 1 lies; what is rarer than a tenth is not gone to."""
        share = min(max(share, _SHARES[0]), _SHARES[-1])
        steps = zip(pairwise(_SHARES), pairwise(self.seconds), strict=True)
        for (below, above), (low, high) in steps:
            if share <= above:
                return low + (high - low) * (share - below) / (above - below)
        return self.seconds[-1]


@dataclass(frozen=True, slots=True)
class Pace:
    """by_hour: of the delays until the first message of an answer, by the hour of the day; delays: of all of them.

    pauses: between two messages of an answer.
    """

    by_hour: Mapping[int, Spread] = field(default_factory=dict)
    delays: Spread | None = None
    pauses: Spread | None = None

    def delay(self, hour: int) -> Spread | None:
        """Returns how answers are delayed at an hour, or at any where too little is known of that one."""
        return self.by_hour.get(hour, self.delays)

    def delay_left(self, hour: int, share: float, longest: float, waited: float) -> float:
        """Returns for how many seconds an answer waits yet; 0 where nothing is known.

        share: from 0 to 1, how slow the person is this time. longest: what the owner allows. waited: since it came.
        """
        spread = self.delay(hour)
        return max(min(spread.at(share), longest) - waited, 0.0) if spread else 0.0

    def over(self, general: "Pace") -> "Pace":
        """Returns this pace, and the general one where too little is known."""
        return Pace(
            self.by_hour if self.delays else general.by_hour,
            self.delays or general.delays,
            self.pauses or general.pauses,
        )


def pace_of(chats: Iterable[Sequence[Message]], zone: tzinfo, gap: timedelta) -> Pace:
    """Learns from chats, each in order, the subject's messages without a sender.

    gap: what comes after a longer silence is no answer but a new conversation. Chats whose times have no seconds tell
    nothing. The hours around an hour count with it.
    """
    delays: defaultdict[int, list[float]] = defaultdict(list)
    pauses: list[float] = []
    for chat in chats:
        if not has_seconds(chat):
            continue
        for before, after in pairwise(chat):
            between = after.sent_at - before.sent_at
            if after.sender is not None or not timedelta(0) <= between <= gap:
                continue
            if before.sender is None:
                pauses.append(between.total_seconds())
            else:
                delays[before.sent_at.astimezone(zone).hour].append(between.total_seconds())
    around = {hour: [one for near in (-1, 0, 1) for one in delays[(hour + near) % 24]] for hour in range(24)}
    by_hour = {hour: spread for hour, seen in around.items() if (spread := Spread.of(seen))}
    return Pace(by_hour, Spread.of([one for seen in delays.values() for one in seen]), Spread.of(pauses))
