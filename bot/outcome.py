"""What became of a message in a group and why: what the decision saw, and which gate it stopped at. No words of it."""

from dataclasses import dataclass, field
from enum import StrEnum

MODEL = "model"
"""What the model's log-odds are called among the terms of a decision; all others are called as their features."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a decision counted. usual: its mean on the days that the decision was fitted on."""

    name: str
    value: float
    usual: float
    weight: float

    @property
    def contribution(self) -> float:
        """How far it moved the decision from where it usually stands, in log-odds; above 0: towards an answer."""
        return self.weight * (self.value - self.usual)


@dataclass(frozen=True, slots=True)
class Decision:
    """Answer or stay silent. probability: calibrated, from `threshold` on it is an answer; model: the model's own.

    terms: the model's part, where it has one, and what else moved it most. addressed: whether it was decided by what
    decides on messages addressed to the person. often: the share of such messages that it answers, where chance has a
    part in it.
    """

    answer: bool
    probability: float
    threshold: float
    model: float
    terms: tuple[Term, ...] = ()
    addressed: bool = False
    often: float | None = field(default=None, compare=False)  # not in the journal


class Gate(StrEnum):
    """What settled a message, in the order in which they are asked."""

    STOPPED = "stopped"  # its sender said /stop
    OFF = "off"  # the avatar takes no part in this group
    EMPTY = "empty"  # nothing in it that could be read
    STALE = "stale"  # it came long before it could be handled
    OWN = "own"  # of the person's own account
    BOT = "bot"
    LOOP = "loop"  # bots have been answering one another
    STRANGER = "stranger"  # the owner does not let it answer this sender
    UNADDRESSED = "unaddressed"  # the group is one where only what is addressed is answered
    BUDGET = "budget"  # it would be answered, and the hour's replies are spent
    DECIDED = "decided"
    JOINED = "joined"  # it came while a reply was due, and is answered by it


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a message is answered, and what settled that. decision: None where none was needed."""

    gate: Gate
    answer: bool = False
    decision: Decision | None = None
