"""What somebody wrote outside of chats: a diary's page, a letter, an e-mail, a post. Plain and frozen, as a message."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.message import Account


class WritingKind(StrEnum):
    DIARY = "diary"
    LETTER = "letter"
    EMAIL = "email"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody to whom it went. name: as the writing has it, "" where it tells none."""

    name: str = ""
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """One thing that was written. `id` is its row in the corpus.

    author: None where the owner said that it is the subject's. day: where it was written, None where that is not known;
    at: the moment in UTC, where the hour is known too. to: those whom it went to, the first one first. source: the name
    of the file that it came from.
    """

    id: int
    kind: WritingKind
    text: str
    author: Account | None = None
    day: date | None = None
    at: datetime | None = None
    title: str = ""
    to: tuple[Addressee, ...] = ()
    source: str = ""
