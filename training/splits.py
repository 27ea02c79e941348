"""Which days are learnt from, which judge, and which test: by time, in whole days."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from bot.errors import DataError
from bot.people import People
from training.corpus import Corpus

TRAIN_SHARE = 0.6
JUDGE_SHARE = 0.2


class Split(StrEnum):
    TRAIN = "train"
    JUDGE = "judge"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Splits:
    """`days`: those on which the subject wrote, oldest first. A day between two belongs to the split before it."""

    days: tuple[date, ...]
    judge_from: date
    test_from: date
    zone: tzinfo = UTC

    @classmethod
    def of(cls, days: Iterable[date], zone: tzinfo = UTC) -> "Splits":
        """60/20/20 of the days. Raises DataError where there are fewer than three: one each is the least."""
        ordered = tuple(sorted(set(days)))
        if len(ordered) < 3:
            raise DataError(
                f"The subject wrote on {len(ordered)} different day(s), and at least 3 are needed, to learn on some "
                "and measure on others: import more chats, or check with `echoes subject` that it is the right person."
            )
        judge = min(max(round(TRAIN_SHARE * len(ordered)), 1), len(ordered) - 2)
        test = min(max(round((TRAIN_SHARE + JUDGE_SHARE) * len(ordered)), judge + 1), len(ordered) - 1)
        return cls(ordered, ordered[judge], ordered[test], zone)

    @classmethod
    def of_corpus(cls, corpus: Corpus, people: People, zone: tzinfo = UTC) -> "Splits":
        """The splits of everything the subject wrote, over all chats together."""
        subject = set(people.subject)
        return cls.of(
            (
                message.sent_at.astimezone(zone).date()
                for chat in corpus.chats()
                for message in corpus.messages(chat)
                if message.sender in subject
            ),
            zone,
        )

    def split_of(self, day: date) -> Split:
        return (Split.TRAIN, Split.JUDGE, Split.TEST)[bisect_right((self.judge_from, self.test_from), day)]

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def at(self, time: datetime) -> Split:
        return self.split_of(self.day_of(time))
