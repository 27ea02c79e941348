"""Every decision of the subject in the corpus: what could be seen of the conversation, and what they did."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.chat.attachments import is_photo
from bot.chat.features import HISTORY, Heard, features
from bot.message import Account, ChatKind
from bot.people import People
from bot.persona import Persona
from bot.store.corpus import Corpus, CorpusMessage
from training.data.splits import Split, Splits
from training.data.turns import Reader, segments

WITHIN = 3
"""The softer label: the subject speaks within so many turns."""

_NAMES_FROM = 400  # messages that the names of those present are taken from, as when the avatar runs


class Stratum(StrEnum):
    ADDRESSED = "addressed"
    OTHER = "addressed to somebody else"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Point:
    """One message of somebody else in a group while the subject was present. message: its row in the corpus."""

    message: int
    chat: str
    day: date
    split: Split
    spoke: bool  # next: W1
    spoke_soon: bool  # within three turns: W3
    seen: Mapping[str, float]

    @property
    def stratum(self) -> Stratum:
        if self.seen["addressed"]:
            return Stratum.ADDRESSED
        return Stratum.OTHER if self.seen["addressed_other"] else Stratum.OPEN


def points(corpus: Corpus, people: People, persona: Persona, gap: timedelta, splits: Splits) -> list[Point]:
    """All decisions that count, chat by chat, in order; the same ones that the dialogues hold."""
    found: list[Point] = []
    unused: Counter[str] = Counter()
    reader = Reader(people, persona.language, lambda _: (1, 1), unused)
    for chat in corpus.chats():
        if chat.kind is not ChatKind.GROUP:
            continue
        messages = list(corpus.messages(chat))
        seen = dict(_seen(messages, people, persona))
        for pieces in segments(chat.kind, reader.read(messages), gap, splits, unused):
            for index, piece in enumerate(pieces):
                if piece.present and not piece.own:
                    day = splits.day_of(piece.turn.at)
                    following = [later.own for later in pieces[index + 1 : index + 1 + WITHIN]]
                    found.append(
                        Point(
                            piece.message,
                            chat.chat.key,
                            day,
                            splits.split_of(day),
                            following[:1] == [True],
                            any(following),
                            seen[piece.message],
                        )
                    )
    return found


def _seen(
    messages: Iterable[CorpusMessage], people: People, persona: Persona
) -> Iterator[tuple[int, Mapping[str, float]]]:
    """The features of each message of somebody else, from what stood before it."""
    subject = frozenset(people.subject)
    history: deque[Heard] = deque(maxlen=HISTORY)
    names: deque[str] = deque(maxlen=_NAMES_FROM)
    for message in messages:
        history.append(heard(message, subject))
        if message.sender not in subject:
            names.append(message.sender_name)
            yield message.id, features(tuple(history), persona.names, tuple(set(names)))


def heard(message: CorpusMessage, subject: frozenset[Account]) -> Heard:
    """A message as a decision sees it."""
    own = message.sender in subject
    replied = message.reply_to_sender
    return Heard(
        None if own else f"{message.sender.platform}:{message.sender.id}",
        message.sent_at,
        message.text,
        is_photo(message.placeholder or "", len(message.photos)),
        replied is not None and replied in subject,
        replied is not None and replied not in subject and not own,
        message.sender_name,
    )


def of_split(found: Sequence[Point], *splits: Split) -> list[Point]:
    return [point for point in found if point.split in splits]
