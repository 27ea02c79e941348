"""From the messages of a chat to its turns: what takes part, whose turn it is, and which decisions count."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate

from bot.chat.dialogue import Turn
from bot.chat.remembered import Remembering
from bot.chat.turns import Said, goes_on, said_by, to_turns
from bot.errors import DataError
from bot.message import STICKER, ChatKind, Message
from bot.people import People
from bot.store.corpus import as_avatar
from training.data.account import KEPT, LEARNT_REACTIONS, LEFT_OUT, OWN_REACTIONS, REACTIONS
from training.data.splits import Splits

PRESENT_AFTER = timedelta(hours=1)
PRESENT_BEFORE = timedelta(minutes=30)
"""The subject counts as present in a chat for an hour after a message of theirs, and half an hour before one: silence
at other times says nothing about the decision, since they were asleep or away."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that takes part, as a prompt shows it. One of the subject may hold nothing to learn.

    A reaction of the subject's in private takes part, too: it is said by itself. All others stand with a message.
    """

    message: Message
    said: Said

    @property
    def own(self) -> bool:
        return self.message.sender is None

    @property
    def at(self) -> datetime:
        """When it was sent; of a reaction when the message before it was, for it neither begins nor ends anything."""
        return self.said.at

    @property
    def wrote(self) -> bool:
        """Whether it is a message that stands in a prompt, and no reaction."""
        return self.said.bubble is not None and not self.message.reaction

    @property
    def row(self) -> int:
        """The message's row in the corpus."""
        return int(self.message.id)


@dataclass(frozen=True, slots=True)
class Piece:
    """A turn, when its last message was sent, and its first message in the corpus.

    counted: whether the decision at it counts, be it an answer or a silence.
    blocked: the subject answered it, but with nothing that can be learnt.
    """

    turn: Turn
    until: datetime
    message: int
    bot: bool = False
    blocked: bool = False
    counted: bool = False

    @property
    def own(self) -> bool:
        return self.turn.speaker is None


@dataclass(frozen=True)
class Loader:
    """Takes up the messages of one chat; `counts` says what came in, what was left out and why."""

    people: People
    language: str
    photo_size: Callable[[str], tuple[int, int]]
    counts: Counter[str]

    def load(self, messages: Iterable[Message]) -> list[Sent]:
        subject = frozenset(self.people.subject)
        sent = []
        every = [as_avatar(one, subject) for one in messages]
        for message in every:
            if message.reaction:
                self.counts[OWN_REACTIONS if message.sender is None else REACTIONS] += 1
            else:
                self.counts["messages read"] += 1
        for said in said_by(enumerate(every), self.people, self.language, self._readable):
            message = every[said.seq]
            if message.reaction:
                self.counts[LEARNT_REACTIONS] += 1
            elif message.sender is None:
                self._count_own(message, said)
            elif said.bubble is None:
                self.counts["others: left out, empty"] += 1
                continue
            else:
                self.counts["others: kept"] += 1
            sent.append(Sent(message, said))
        return sent

    def _count_own(self, message: Message, said: Said) -> None:
        kind = next((one.kind for one in message.attachments), "")
        if said.bubble is None:
            lost = "forwarded" if message.forwarded else kind or "empty"
            self.counts[f"{LEFT_OUT}{lost}"] += 1
            return
        if kind and kind != STICKER:
            self.counts["subject: attachment left out, its caption kept"] += 1
        self.counts[KEPT] += 1

    def _readable(self, digest: str) -> bool:
        try:
            self.photo_size(digest)
        except DataError:
            self.counts["others: photo that cannot be read, shown as a word"] += 1
            return False
        return True


def segments(
    kind: ChatKind,
    sent: Sequence[Sent],
    gap: timedelta,
    splits: Splits,
    counts: Counter[str],
    recollect: Callable[[int, int], Mapping[int, tuple[str, ...]]] = lambda first, end: {},
) -> Iterator[list[Piece]]:
    """Yields a chat's turns, cut where nothing was said for longer than the gap, and where the split changes.

    recollect: what is remembered for the messages of a dialogue, by row; told which of `sent` it holds.
    """
    own = [one.at for one in sent if one.own]
    start, begun = 0, 0
    for end in range(1, len(sent) + 1):
        goes = end < len(sent) and goes_on(sent[end - 1].at, sent[end].at, gap)
        if goes and splits.at(sent[end].at) is splits.at(sent[end - 1].at):
            continue
        pieces = _pieces(kind, sent[start:end], gap, recollect(begun, end))
        if kind is ChatKind.GROUP:
            pieces = _decided(pieces, own, counts)
        if pieces:
            yield pieces
        start, begun = end, begun if goes else end


def recollecting(
    remembering: Remembering | None, sent: Sequence[Sent], people: People
) -> Callable[[int, int], Mapping[int, tuple[str, ...]]]:
    """Returns what `segments` asks for what is remembered in a chat, as of each dialogue."""
    shown = [(one.row, one.message) for one in sent if one.wrote]
    places = list(accumulate((one.wrote for one in sent), initial=0))

    def recollect(first: int, end: int) -> Mapping[int, tuple[str, ...]]:
        if remembering is None or places[first] == places[end]:
            return {}
        found = remembering.stretch(shown, places[first], places[end], people, {})
        return {row: tuple(one.line for one in lines) for row, lines in found.items() if lines}

    return recollect


def _pieces(kind: ChatKind, sent: Sequence[Sent], gap: timedelta, memory: Mapping[int, tuple[str, ...]]) -> list[Piece]:
    shown = {one.said.seq: one for one in sent if one.said.bubble is not None}
    blocked, before = set(), None
    for one in sent:
        if one.said.bubble is not None:
            before = one.said.seq
        elif before is not None:
            blocked.add(before)
    return [
        Piece(one.turn, one.until, shown[one.seq].row, shown[one.seq].message.from_bot, one.seq in blocked)
        for one in to_turns(kind, (replace(one.said, memory=memory.get(one.row, ())) for one in sent), gap)
    ]


def _decided(pieces: list[Piece], own: Sequence[datetime], counts: Counter[str]) -> list[Piece]:
    """Marks which decisions of a group count."""
    answered = [piece.own for piece in pieces[1:]] + [False]
    decided: list[Piece] = []
    for piece, answer in zip(pieces, answered, strict=True):
        if piece.own:
            counts_here = bool(decided) and decided[-1].counted
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
        decided.append(replace(piece, counted=counts_here))
    return decided


def _present(at: datetime, own: Sequence[datetime]) -> bool:
    """Whether the subject, who wrote at these times, was there to answer a message."""
    before, after = bisect_right(own, at), bisect_left(own, at)
    return (before > 0 and at - own[before - 1] <= PRESENT_AFTER) or (
        after < len(own) and own[after] - at <= PRESENT_BEFORE
    )
