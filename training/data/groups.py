"""What was said in the groups on days that are not learnt, as a decision sees it: to be gone through again."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.chat.features import HISTORY, Heard, heard
from bot.message import Account, Chat, Message
from bot.people import People
from bot.persona import Persona
from bot.store.corpus import Corpus, as_avatar
from training.data.points import Point
from training.data.splits import Split, Splits


@dataclass(frozen=True, slots=True)
class Line:
    """A message, and the split that its day belongs to. message: its row in the corpus."""

    message: int
    split: Split
    heard: Heard

    @property
    def own(self) -> bool:
        return self.heard.who is None


@dataclass(frozen=True, slots=True)
class Group:
    """The validation and test days of a group, oldest message first, the subject's own among them, and what was before.

    names: what the subject is called. bubbles: how many messages they mostly write at a time.
    """

    chat: str
    names: tuple[str, ...]
    bubbles: int
    lines: tuple[Line, ...]

    def before(self, split: Split) -> Iterator[Heard]:
        """Yields what was said before the split began."""
        first = next((place for place, line in enumerate(self.lines) if line.split is split), len(self.lines))
        return (line.heard for line in self.lines[max(first - HISTORY, 0) : first])


def groups(
    corpus: Corpus, people: People, persona: Persona, splits: Splits, points: Iterable[Point]
) -> Iterator[Group]:
    """Yields the groups in which something was decided on validation or test days. points: every decision."""
    wanted = {point.chat for point in points if point.split is not Split.TRAIN}
    for chat in corpus.chats():
        if chat.chat.key in wanted:
            yield _group(chat.chat, corpus.messages(chat), frozenset(people.subject), persona, splits)


def _group(
    chat: Chat, messages: Iterable[Message], subject: frozenset[Account], persona: Persona, splits: Splits
) -> Group:
    before: deque[Line] = deque(maxlen=HISTORY)
    held: list[Line] = []
    own, bursts, talking = 0, 0, False
    for message in messages:
        line = Line(int(message.id), splits.at(message.sent_at), heard(as_avatar(message, subject)))
        own, bursts, talking = own + line.own, bursts + (line.own and not talking), line.own
        (before if line.split is Split.TRAIN else held).append(line)
    return Group(chat.key, persona.names, max(round(own / max(bursts, 1)), 1), (*before, *held))
