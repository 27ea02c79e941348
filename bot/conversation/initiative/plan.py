"""When the avatar begins next: as the subject did, and within what the owner and the contact leave it. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.config import SpeakFirstConfig
from bot.conversation.initiative.habit import FOUR_WEEKS, Habit
from bot.conversation.quiet import end_of_quiet
from bot.message import Account
from bot.persona import Day

GOOD_FOR = timedelta(minutes=15)
"""How long after its moment an opening may still be sent. A later one is none any more: nobody writes so at night."""

UNANSWERED = 2
"""So many openings without an answer end it, until the contact writes."""

_STEP = timedelta(minutes=15)  # as long as an opening is good; and no time zone is off the hour by less
_SHARE = _STEP / timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class History:
    """What there was with a contact. openings: when the avatar began, oldest first. heard: the contact's last message.

    last: when anybody last said anything.
    """

    openings: Sequence[datetime]
    heard: datetime
    last: datetime

    @property
    def unanswered(self) -> int:
        return sum(at > self.heard for at in self.openings)


@dataclass(frozen=True, slots=True)
class Moment:
    """When to begin, and the occasion in the owner's words, such as a birthday; empty where there is none."""

    at: datetime
    occasion: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """A dialogue to begin. partner: the account it is begun with. until: not to be sent later."""

    partner: Account
    until: datetime
    occasion: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The limits for one contact, and the moments within them.

    gap: a longer silence ends a dialogue. zone: where the subject lives. days: the dates to begin on, of this contact.
    quiet_hours: those of the configuration, in which nothing is sent.
    """

    habit: Habit
    limits: SpeakFirstConfig
    gap: timedelta
    zone: tzinfo
    days: Sequence[Day] = ()
    quiet_hours: str = ""

    def next_moment(self, history: History, now: datetime, chance: random.Random) -> Moment | None:
        """Returns when to begin next; None where that is not to be, as long as nothing changes.

        Chance has no memory: whoever asks again after a restart waits as long on average as whoever did not.
        """
        start = self.earliest(history, now)
        if start is None:
            return None
        moments = [*self._on_days(history, start, chance), *self._by_habit(start, chance)]
        return min(moments, key=lambda moment: moment.at, default=None)

    def earliest(self, history: History, now: datetime) -> datetime | None:
        """Returns the first moment from now on that the limits allow, whatever the hour; None: not until they write."""
        if history.unanswered >= UNANSWERED:
            return None
        after = [now, history.last + self.gap]
        if history.unanswered:
            after.append(history.openings[-1] + timedelta(days=self.limits.wait_days))
        for most, span in (
            (self.limits.most_a_week, timedelta(weeks=1)),
            (self.habit.most_in_four_weeks, FOUR_WEEKS),
        ):
            if len(history.openings) >= most:
                after.append(history.openings[-most] + span + GOOD_FOR)
        return max(after)

    def allows(self, moment: Moment) -> bool:
        """Whether the subject began in such an hour and the owner leaves it, for as long as an opening is good."""
        expected = self._suits if moment.occasion else self._expected
        return bool(expected(moment.at) and expected(moment.at + GOOD_FOR))

    def _suits(self, at: datetime) -> float:
        """The share of the hour among the subject's beginnings, within the owner's hours."""
        hour = at.astimezone(self.zone).hour
        if end_of_quiet(self.quiet_hours, self.zone, at):
            return 0.0
        return self.habit.hours[hour] if self.limits.from_hour <= hour < self.limits.until_hour else 0.0

    def _expected(self, at: datetime) -> float:
        """How many beginnings are to be expected in an hour like this one."""
        return self.habit.starts_a_week * self._suits(at) * self.habit.days[at.astimezone(self.zone).weekday()]

    def _by_habit(self, start: datetime, chance: random.Random) -> Iterator[Moment]:
        """The next moment of a chance that comes and goes with the hours of the week as the subject's habit did.

        In the last quarter of an hour nothing is begun if the next one is not the subject's: the others make up for it.
        """
        week = timedelta(weeks=1)
        a_week = sum(self._in_step(at) for at in _steps(start, start + week))
        if not a_week:
            return
        made_up = a_week / sum(self._expected(at) * _SHARE for at in _steps(start, start + week))
        weeks, left = divmod(chance.expovariate(1.0) * made_up, a_week)
        start += weeks * week
        for at in _steps(start, start + 2 * week):  # the second for the hour that daylight saving takes
            expected = self._in_step(at)
            if left < expected:
                yield Moment(at + _STEP * (left / expected))
                return
            left -= expected

    def _in_step(self, at: datetime) -> float:
        return self._expected(at) * _SHARE if self.allows(Moment(at)) else 0.0

    def _on_days(self, history: History, start: datetime, chance: random.Random) -> Iterator[Moment]:
        """A moment on each of the coming days, at an hour of the subject's, unless it was begun on that day already."""
        begun = {at.astimezone(self.zone).date() for at in history.openings}
        for day in self.days:
            on = day.next(start.astimezone(self.zone).date())
            midnight = datetime(on.year, on.month, on.day, tzinfo=self.zone).astimezone(UTC)
            moments = [Moment(at, day.what) for at in _steps(midnight, midnight + timedelta(days=1)) if at >= start]
            suiting = [moment for moment in moments if self.allows(moment)]
            if suiting and on not in begun:
                yield chance.choices(suiting, [self._suits(moment.at) for moment in suiting])[0]


def _steps(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += _STEP
