"""How much is asked of the avatars: each number bounds one kind of work, spread evenly over what there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.data.dialogues import Dialogue
from training.statistics import spread

MESSAGES = 2400
"""In dialogues that are read, at most so many altogether. The samples' test days have fewer, the group SandBat twice as
many: all of them gave an earlier avatar's decisions an interval by a third narrower, and the same verdicts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """written: answers on test days, by each avatar. judged: by the base model on validation days, for the judges.

    ranked: replies to find among distractors. swapped: dialogues read again under another condition, for each, and
    answers as of two years. asked: questions of memory. probed: dialogues and prefixes for privacy. talked: talks that
    each avatar has. read: dialogues of the test days, see also `some_to_read`.
    """

    written: int = 240
    judged: int = 160
    ranked: int = 120
    swapped: int = 60
    asked: int = 60
    probed: int = 60
    talked: int = 24
    read: int | None = 160


FULL = Limits()
QUICK = Limits(written=28, judged=20, ranked=8, swapped=8, asked=8, probed=8, talked=8, read=14)
"""As few as a verdict on the panels of a quick look takes."""


def some_to_read(dialogues: Sequence[Dialogue], most: int | None, messages: int = MESSAGES) -> list[Dialogue]:
    """Picks at most so many of them, evenly spaced, and no more than about so many messages in all of them."""
    every = sum(len(turn.bubbles) for one in dialogues for turn in one.turns)
    fitting = max(len(dialogues) * messages // max(every, 1), 1)
    return spread(dialogues, fitting if most is None else min(most, fitting))
