"""Every decision of the subject in the corpus: what could be seen of the conversation, and what they did."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.chat.decision import chance_of
from bot.chat.features import NAMES_FROM, is_addressed, seen
from bot.message import ChatKind, Message
from bot.people import People
from bot.persona import Persona
from bot.store.corpus import Corpus, as_avatar
from training.data.splits import Split, Splits
from training.data.turns import Loader, Piece, segments

WITHIN = 3
"""The softer label: the subject speaks within so many turns."""


class Stratum(StrEnum):
    ADDRESSED = "addressed"
    OTHER = "addressed to somebody else"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Point:
    """One message of somebody else in a group while the subject was present. message: its row in the corpus.

    late: the subject spoke next, but in answer to a message shortly before, which was addressed to them.
    """

    message: int
    chat: str
    day: date
    split: Split
    spoke: bool  # next: W1
    spoke_soon: bool  # within three turns: W3
    seen: Mapping[str, float]
    late: bool = False

    @property
    def stratum(self) -> Stratum:
        if is_addressed(self.seen):
            return Stratum.ADDRESSED
        return Stratum.OTHER if self.seen["addressed_other"] else Stratum.OPEN

    @property
    def chance(self) -> float:
        """Where a decision is left to chance: this message's own, so that every try is the same."""
        return chance_of(self.chat, str(self.message))

    @property
    def answered(self) -> bool:
        """Whether this is the message that the subject answered.

        One that is addressed to them is answered within three turns: in a lively group somebody else is often quicker.
        An answer to it is none to the message that came between.
        """
        return self.spoke_soon if is_addressed(self.seen) else self.spoke and not self.late


def points(corpus: Corpus, people: People, persona: Persona, gap: timedelta, splits: Splits) -> list[Point]:
    """Lists all decisions that count, chat by chat, in order: the same ones that the dialogues hold."""
    found: list[Point] = []
    unused: Counter[str] = Counter()
    loader = Loader(people, persona.language, lambda _: (1, 1), unused)
    for chat in corpus.chats():
        if chat.kind is not ChatKind.GROUP:
            continue
        messages = list(corpus.messages(chat))
        features = dict(_seen(messages, people, persona))
        for pieces in segments(chat.kind, loader.load(messages), gap, splits, unused):
            for index, piece in enumerate(pieces):
                if piece.counted and not piece.own:
                    day = splits.day_of(piece.turn.at)
                    following = [later.own for later in pieces[index + 1 : index + 1 + WITHIN]]
                    waiting = _not_yet_answered(pieces[max(index + 1 - WITHIN, 0) : index])
                    found.append(
                        Point(
                            piece.message,
                            chat.chat.key,
                            day,
                            splits.split_of(day),
                            following[:1] == [True],
                            any(following),
                            features[piece.message],
                            following[:1] == [True] and any(is_addressed(features[one.message]) for one in waiting),
                        )
                    )
    return found


def _not_yet_answered(before: Sequence[Piece]) -> Sequence[Piece]:
    """Those after the last of the subject's own."""
    own = [place for place, piece in enumerate(before) if piece.own]
    return before[own[-1] + 1 if own else 0 :]


def _seen(messages: Sequence[Message], people: People, persona: Persona) -> Iterator[tuple[int, Mapping[str, float]]]:
    """The features of each message of somebody else, from what stood before it."""
    subject = frozenset(people.subject)
    history: deque[Message] = deque(maxlen=NAMES_FROM)
    for message in (as_avatar(one, subject) for one in messages):
        history.append(message)
        if message.sender is not None:
            yield int(message.id), seen(tuple(history), persona)


def of_split(found: Sequence[Point], *splits: Split) -> list[Point]:
    return [point for point in found if point.split in splits]
