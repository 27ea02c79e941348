"""Groups of held-out days gone through again, the avatar left to itself: its own answers are the past, as when it runs.

A decision sees how much of what was lately said is the subject's. With what the person really said as the past, an
avatar that answers too seldom looks lively by the person's answers, and nothing shows how silent it would become. So
their messages are taken out, and where it answers, an answer stands there. It decides where the person could have, and
is silent elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.features import HISTORY, Heard, features
from training.data.groups import Group
from training.data.points import Point
from training.data.splits import Split

_TYPED = timedelta(seconds=3)  # after which a message of its own stands there

Decide = Callable[[Point, Mapping[str, float]], bool]
"""Whether a message is answered, by what is seen of the group there."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was seen of the group where a message was decided, and whether it was answered."""

    seen: Mapping[str, float]
    answer: bool


def left_alone(groups: Sequence[Group], points: Iterable[Point], decide: Decide) -> dict[int, Decided]:
    """Goes through the groups and decides at each of the points, by message. Those of no group are left out."""
    every = {(point.chat, point.split, point.message): point for point in points}
    splits = sorted({split for _, split, _ in every})
    return {
        message: decided
        for group in groups
        for split in splits
        for message, decided in _through(group, split, every, decide)
    }


def _through(
    group: Group, split: Split, points: Mapping[tuple[str, Split, int], Point], decide: Decide
) -> Iterator[tuple[int, Decided]]:
    past = list(group.before(split))
    for line in group.lines:
        if line.split is not split or line.own:
            continue
        past.append(line.heard)
        point = points.get((group.chat, split, line.message))
        if point is None:
            continue
        # by whom else it was addressed follows from the names of those present, which were looked at for the point
        last = replace(line.heard, addressed_other=bool(point.seen["addressed_other"]))
        seen = features([*past[-HISTORY:-1], last], group.names)
        answer = decide(point, seen)
        yield line.message, Decided(seen, answer)
        if answer:
            past += [Heard(None, line.heard.at + number * _TYPED) for number in range(1, group.bubbles + 1)]
