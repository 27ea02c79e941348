"""How much is asked of the avatars: each number bounds one kind of work, spread evenly over what there is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """written: answers on test days, by each avatar. judged: by the base model on validation days, for the judges.

    ranked: replies to find among distractors. swapped: dialogues read again under another condition, for each, and
    answers as of two years. asked: questions of memory. probed: dialogues and prefixes for privacy. talked: talks that
    each avatar has. read: dialogues of the test days.
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
