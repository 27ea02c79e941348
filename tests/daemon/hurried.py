"""`echoes`, to which every moment that the limits leave is one to speak first, and which looks for it all the time."""

import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from bot.cli import main
from bot.conversation.initiative.initiative import Initiative
from bot.daemon import daemon
from bot.daemon.schedule import Schedule, Task
from bot.observer import Observer


class AtOnce(random.Random):
    """Chance for which nothing is ever waited."""

    def expovariate(self, lambd: float = 1.0) -> float:
        return 0.0


def scheduled(tasks: Sequence[Task], observe: Observer, first_after: timedelta) -> Schedule:
    """Begins at once."""
    return Schedule(tasks, observe, timedelta(0))


if __name__ == "__main__":
    hurried = {"_LOOKS_EVERY": timedelta(seconds=0.1), "Schedule": scheduled}
    vars(daemon).update(hurried, Initiative=partial(Initiative, chance=AtOnce()))
    sys.exit(main())
