"""The days for training, for validation and for testing: by time, in whole days.

A LoRA keeps the borders it was trained with: what is imported later never moves a day it has learnt to the test days.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from pathlib import Path

from bot.errors import DataError
from bot.files import read_text
from bot.people import People
from bot.store.corpus import Corpus
from bot.workspace import write_private

FILE = "splits.json"

TRAIN_SHARE = 0.6
VALIDATION_SHARE = 0.2


class Split(StrEnum):
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Splits:
    """`days`: those on which the subject wrote, oldest first. A day between two belongs to the split before it."""

    days: tuple[date, ...]
    validation_from: date
    test_from: date
    zone: tzinfo = UTC

    @classmethod
    def of(cls, days: Iterable[date], zone: tzinfo = UTC) -> "Splits":
        """Splits the days 60/20/20. Raises DataError where there are fewer than three: one each is the least."""
        ordered = tuple(sorted(set(days)))
        if len(ordered) < 3:
            raise DataError(
                f"The subject wrote on {len(ordered)} different day(s), and at least 3 are needed, to learn on some "
                "and measure on others: import more chats, or check with `echoes subject` that it is the right person."
            )
        validation = min(max(round(TRAIN_SHARE * len(ordered)), 1), len(ordered) - 2)
        test = min(max(round((TRAIN_SHARE + VALIDATION_SHARE) * len(ordered)), validation + 1), len(ordered) - 1)
        return cls(ordered, ordered[validation], ordered[test], zone)

    @classmethod
    def of_corpus(cls, corpus: Corpus, people: People, borders: "Borders | None" = None) -> "Splits":
        """Splits the days of everything the subject wrote, over all chats; at earlier borders, if given."""
        subject = set(people.subject)
        days = {
            message.sent_at.astimezone(UTC).date()
            for chat in corpus.chats()
            for message in corpus.messages(chat)
            if message.sender in subject
        }
        return cls(tuple(sorted(days)), borders.validation_from, borders.test_from) if borders else cls.of(days)

    def count(self) -> dict[Split, int]:
        """How many of the days each split has."""
        return {split: sum(self.split_of(day) is split for day in self.days) for split in Split}

    @property
    def borders(self) -> "Borders":
        return Borders(self.validation_from, self.test_from)

    def split_of(self, day: date) -> Split:
        return (Split.TRAIN, Split.VALIDATION, Split.TEST)[bisect_right((self.validation_from, self.test_from), day)]

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def at(self, time: datetime) -> Split:
        return self.split_of(self.day_of(time))


@dataclass(frozen=True, slots=True)
class Borders:
    """The first validation day and the first test day."""

    validation_from: date
    test_from: date

    def save(self, folder: Path) -> None:
        text = json.dumps({"validation_from": str(self.validation_from), "test_from": str(self.test_from)}, indent=2)
        write_private(folder / FILE, f"{text}\n".encode())

    @classmethod
    def load(cls, folder: Path) -> "Borders | None":
        """Loads the borders; None for a LoRA from before they were kept. Raises DataError where the file is damaged."""
        try:
            raw = json.loads(read_text(folder / FILE))
            first = raw.get("validation_from") or raw["judge_from"]  # as earlier programs call it
            return cls(date.fromisoformat(first), date.fromisoformat(raw["test_from"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder / FILE} is damaged: train the LoRA again.") from error

    def latest(self, other: "Borders") -> "Borders":
        """Returns borders after which neither of two LoRAs has learnt anything."""
        return Borders(max(self.validation_from, other.validation_from), max(self.test_from, other.test_from))
