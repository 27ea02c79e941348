"""From the messages of a chat to its turns: what takes part, whose turn it is, and which decisions count."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.chat.attachments import shown_words
from bot.chat.dialogue import Bubble, Speaker, Turn
from bot.chat.turns import Said, goes_on, to_turns
from bot.errors import DataError
from bot.message import ChatKind
from bot.people import STRANGER, People
from bot.store.corpus import CorpusMessage
from training.data.splits import Splits

PRESENT_AFTER = timedelta(hours=1)
PRESENT_BEFORE = timedelta(minutes=30)
"""The subject counts as present in a chat for an hour after a message of theirs, and half an hour before one: silence
at other times says nothing about the decision, since they were asleep or away."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that takes part. speaker None: the subject; bubble None: theirs too, but with nothing to learn."""

    message: int
    speaker: Speaker | None
    bubble: Bubble | None
    at: datetime
    bot: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A turn, when its last message was sent, and its first message in the corpus.

    present: whether the decision at it counts; of an answer, too.
    blocked: the subject answered it, but with nothing that can be learnt.
    """

    turn: Turn
    until: datetime
    message: int
    bot: bool = False
    blocked: bool = False
    present: bool = False

    @property
    def own(self) -> bool:
        return self.turn.speaker is None


@dataclass(frozen=True)
class Reader:
    """Reads the messages of one chat; `counts` says what came in, what was left out and why."""

    people: People
    language: str
    photo_size: Callable[[str], tuple[int, int]]
    counts: Counter[str]

    def read(self, messages: Iterable[CorpusMessage]) -> list[Sent]:
        subject = frozenset(self.people.subject)
        sent = []
        for message in messages:
            self.counts["messages read"] += 1
            one = self._own(message) if message.sender in subject else self._others(message)
            if one:
                sent.append(one)
        return sent

    def _own(self, message: CorpusMessage) -> Sent:
        lost = ""
        if message.forwarded:
            lost = "forwarded"
        elif not message.text.strip():
            lost = message.placeholder or ("photo" if message.photos else "empty")
        elif message.photos or message.placeholder not in (None, "sticker"):
            self.counts["subject: attachment left out, its caption kept"] += 1
        self.counts[f"subject: left out, {lost}" if lost else "subject: kept"] += 1
        return Sent(message.id, None, None if lost else Bubble(message.text), message.sent_at, False)

    def _others(self, message: CorpusMessage) -> Sent | None:
        photos = tuple(digest for digest in message.photos if self._readable(digest))
        kind = message.placeholder or ""
        text = shown_words(kind, message.text, self.language, photos=len(message.photos), readable=len(photos))
        if not text.strip() and not photos:
            self.counts["others: left out, empty"] += 1
            return None
        self.counts["others: kept"] += 1
        contact = self.people.find(message.sender)
        if contact:
            speaker = Speaker(contact.name, contact.relationship)
        else:
            speaker = Speaker(message.sender_name or None, STRANGER)
        return Sent(message.id, speaker, Bubble(text, photos), message.sent_at, message.is_bot)

    def _readable(self, digest: str) -> bool:
        try:
            self.photo_size(digest)
        except DataError:
            self.counts["others: photo that cannot be read, shown as a word"] += 1
            return False
        return True


def segments(
    kind: ChatKind, sent: Sequence[Sent], gap: timedelta, splits: Splits, counts: Counter[str]
) -> Iterator[list[Piece]]:
    """A chat's turns, cut where nothing was said for longer than the gap, and where the split changes."""
    own = [one.at for one in sent if one.speaker is None]
    start = 0
    for end in range(1, len(sent) + 1):
        if end < len(sent):
            here, before = sent[end].at, sent[end - 1].at
            if goes_on(before, here, gap) and splits.at(here) is splits.at(before):
                continue
        pieces = _pieces(kind, sent[start:end], gap)
        if kind is ChatKind.GROUP:
            pieces = _decided(pieces, own, counts)
        if pieces:
            yield pieces
        start = end


def _pieces(kind: ChatKind, sent: Sequence[Sent], gap: timedelta) -> list[Piece]:
    said, blocked = [], set()
    for number, one in enumerate(sent):
        if one.bubble is not None:
            said.append(Said(number, one.speaker, one.bubble, one.at))
        elif said:
            blocked.add(said[-1].seq)
    return [
        Piece(one.turn, one.until, sent[one.seq].message, sent[one.seq].bot, one.seq in blocked)
        for one in to_turns(kind, said, gap)
    ]


def _decided(pieces: list[Piece], own: Sequence[datetime], counts: Counter[str]) -> list[Piece]:
    """Marks which decisions of a group count."""
    answered = [piece.own for piece in pieces[1:]] + [False]
    decided: list[Piece] = []
    for piece, answer in zip(pieces, answered, strict=True):
        if piece.own:
            counts_here = bool(decided) and decided[-1].present
        else:
            reason = ""
            if piece.bot:
                reason = "at a bot's message"
            elif piece.blocked and not answer:
                reason = "answered with what cannot be learnt"
            elif not _present(piece.turn.at, own):
                reason = "the subject was away"
            if reason:
                counts[f"decisions left out: {reason}"] += 1
            counts_here = not reason
        decided.append(replace(piece, present=counts_here))
    return decided


def _present(at: datetime, own: Sequence[datetime]) -> bool:
    """Whether the subject, who wrote at these times, was there to answer a message."""
    before, after = bisect_right(own, at), bisect_left(own, at)
    return (before > 0 and at - own[before - 1] <= PRESENT_AFTER) or (
        after < len(own) and own[after] - at <= PRESENT_BEFORE
    )
