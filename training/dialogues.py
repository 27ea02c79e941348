"""From the corpus to the dialogues that are learnt and measured: one packed sequence each, never two chats in one."""

import random
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.dialogue import Bubble, Scene, Speaker, Turn
from bot.errors import DataError
from bot.people import STRANGER, People
from bot.persona import Persona
from bot.prompt import Codec, Prompt, render
from bot.transcript import CARRIED_WITHIN, Said, to_turns
from bot.types import ChatKind
from training.corpus import Corpus, CorpusChat, CorpusMessage
from training.splits import Splits

PRESENT_AFTER = timedelta(hours=1)
PRESENT_BEFORE = timedelta(minutes=30)
"""The subject counts as present in a chat for an hour after a message of theirs, and half an hour before one: silence
at other times says nothing about the decision, since they were asleep or away."""

NAME_DROPOUT = 0.3
RELATIONSHIP_DROPOUT = 0.15

_CONTEXT_SHARE = 4  # turns carried over may take one part in four of the length
_SLACK = 16  # tokens kept free: "somebody" is longer than some names, and a first turn has no gap mark

PLACEHOLDERS: Mapping[str, tuple[str, str]] = {
    "sticker": ("sticker", "表情"),
    "animation": ("animation", "动图"),
    "photo": ("photo", "图片"),
    "voice": ("voice message", "语音"),
    "video": ("video", "视频"),
    "audio": ("audio", "音频"),
    "file": ("file", "文件"),
    "location": ("location", "位置"),
    "contact": ("contact", "名片"),
    "link": ("link", "链接"),
}
"""How a contact's message without words is shown, in English and Chinese."""


@dataclass(frozen=True, slots=True)
class DialogueSettings:
    """gap: a longer silence ends a dialogue. carried: turns shown again from before. max_tokens: of one dialogue."""

    gap: timedelta = timedelta(hours=1)
    carried: int = 8
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The first `context` turns were carried over from before, and nothing of them is learnt.

    day: that of its first own turn. present and messages go by turn. present: whether the decision at that turn counts
    (groups only), be it the message left unanswered or the subject's answer: `present[avatar_turn.turn]`
    serves both. messages: the turn's first message in the corpus.
    """

    chat: str
    scene: Scene
    turns: tuple[Turn, ...]
    context: int
    day: date
    present: tuple[bool, ...]
    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DecisionPoint:
    """ids[position] is the first id of the avatar's turn; message: the one that was answered or not."""

    position: int
    answered: bool
    turn: int  # of the message decided on
    message: int


def decision_points(dialogue: Dialogue, prompt: Prompt) -> list[DecisionPoint]:
    """The decisions of a dialogue that count, by their place in its rendered prompt."""
    points = []
    for turn in prompt.avatar_turns:
        if turn.turn >= dialogue.context and dialogue.present[turn.turn]:
            at = turn.turn if turn.silent else turn.turn - 1
            points.append(DecisionPoint(turn.start, not turn.silent, at, dialogue.messages[at]))
    return points


def build(
    corpus: Corpus,
    people: People,
    persona: Persona,
    codec: Codec,
    settings: DialogueSettings,
    splits: Splits,
    counts: Counter[str],
) -> list[Dialogue]:
    """Every dialogue of the subject, by chat and time. `counts` says what came in, what was dropped and why."""
    dialogues: list[Dialogue] = []
    for chat in corpus.chats():
        made = list(_Chat(chat, people, persona, codec, settings, splits, counts).dialogues(corpus))
        dialogues += made
        counts["dialogues"] += len(made)
        counts["turns of the subject"] += sum(
            turn.speaker is None for dialogue in made for turn in dialogue.turns[dialogue.context :]
        )
        counts["decisions"] += sum(_decisions(dialogue) for dialogue in made)
        counts["decisions: answered"] += sum(
            here and turn.speaker is None
            for dialogue in made
            for turn, here in zip(dialogue.turns, dialogue.present, strict=True)
        )
    return dialogues


def _decisions(dialogue: Dialogue) -> int:
    """Decisions that count: an answered message and its answer are one."""
    following = (*dialogue.turns[1:], None)
    return sum(
        here and (turn.speaker is None or after is None or after.speaker is not None)
        for turn, after, here in zip(dialogue.turns, following, dialogue.present, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A turn with what is known of it. blocked: the subject answered it, but with nothing that can be learnt."""

    turn: Turn
    message: int
    bot: bool = False
    blocked: bool = False
    present: bool = False


@dataclass(slots=True)
class _Sent:
    """A message that takes part, with the time of the message itself. bubble None: the subject's, not learnable."""

    message: int
    speaker: Speaker | None
    bubble: Bubble | None
    at: datetime
    bot: bool


class _Chat:
    """The dialogues of one chat."""

    def __init__(
        self,
        chat: CorpusChat,
        people: People,
        persona: Persona,
        codec: Codec,
        settings: DialogueSettings,
        splits: Splits,
        counts: Counter[str],
    ) -> None:
        self.chat, self.people, self.persona, self.codec = chat, people, persona, codec
        self.settings, self.splits, self.counts = settings, splits, counts
        self.group = chat.kind is ChatKind.GROUP
        self.subject = frozenset(people.subject)

    def dialogues(self, corpus: Corpus) -> Iterator[Dialogue]:
        sent = [one for message in corpus.messages(self.chat) if (one := self._read(message))]
        own = [one.at for one in sent if one.speaker is None]
        partner = self._partner(sent)
        if not own or not partner:
            reason = "the subject never wrote there" if not own else "with a bot or nobody else"
            self.counts[f"chats left out: {reason}"] += 1
            self.counts[f"messages left out: {reason}"] += len(sent)
            return
        scene = Scene(self.persona, self.chat.kind, title=self.chat.title)
        if not self.group:
            scene = Scene(self.persona, self.chat.kind, partner=partner)
        header = len(render(scene, (), self.codec).ids)
        before: list[_Piece] = []
        carried = max(self.settings.carried, 1)
        for segment in self._segments(sent, own):
            for first, end in self._live(segment):
                past = (before + segment[max(0, first - carried) : first])[-carried:]
                yield from self._windows(scene, header, past, segment[first:end])
            before = (before + segment[-carried:])[-carried:]

    def _read(self, message: CorpusMessage) -> _Sent | None:
        """One message as it takes part, or None where it cannot; counted either way."""
        self.counts["messages read"] += 1
        who = "subject" if message.sender in self.subject else "others"
        text, placeholder = message.text, message.placeholder
        speaker = None if who == "subject" else self._speaker(message)
        lost = ""
        if who == "subject":
            if message.forwarded:
                lost = "forwarded"
            elif not text.strip():
                lost = placeholder or ("photo" if message.photos else "empty")
            elif message.photos:
                self.counts["subject: photo left out, its caption kept"] += 1
            bubble = None if lost else Bubble(text)
        else:
            photos = tuple(digest for digest in message.photos if self._readable(digest))
            if placeholder and not (placeholder == "sticker" and text.strip()):
                text = f"{self._placeholder(placeholder)} {text}".strip()
            elif len(photos) < len(message.photos) and not photos:
                text = f"{self._placeholder('photo')} {text}".strip()
            bubble = Bubble(text, photos)
            if not text.strip() and not photos:
                self.counts["others: left out, empty"] += 1
                return None
        if lost:
            self.counts[f"subject: left out, {lost}"] += 1
        else:
            self.counts[f"{who}: kept"] += 1
        return _Sent(message.id, speaker, bubble, message.sent_at, message.is_bot)

    def _readable(self, digest: str) -> bool:
        try:
            self.codec.photo_size(digest)
        except DataError:
            self.counts["others: photo that cannot be read, shown as a word"] += 1
            return False
        return True

    def _placeholder(self, kind: str) -> str:
        english, chinese = PLACEHOLDERS.get(kind, (kind, kind))
        return f"[{chinese if self.persona.language == 'zh' else english}]"

    def _speaker(self, message: CorpusMessage) -> Speaker:
        contact = self.people.find(message.sender)
        if contact:
            return Speaker(contact.name, contact.relationship)
        return Speaker(message.sender_name or None, STRANGER)

    def _partner(self, sent: Sequence[_Sent]) -> Speaker | None:
        """Whom a private chat is with: who wrote last; for a group, anybody."""
        others = (one for one in reversed(sent) if one.speaker is not None and (self.group or not one.bot))
        last = next(others, None)
        return last.speaker if last else None

    def _segments(self, sent: Sequence[_Sent], own: Sequence[datetime]) -> Iterator[list[_Piece]]:
        """The chat's turns, cut where nothing was said for longer than the gap, and where the split changes."""
        start = 0
        for end in range(1, len(sent) + 1):
            if end < len(sent):
                pause = sent[end].at - sent[end - 1].at
                if pause <= self.settings.gap and self.splits.at(sent[end].at) is self.splits.at(sent[end - 1].at):
                    continue
            if pieces := self._pieces(sent[start:end], own):
                yield pieces
            start = end

    def _pieces(self, sent: Sequence[_Sent], own: Sequence[datetime]) -> list[_Piece]:
        said, blocked, latest = [], set(), None
        for number, one in enumerate(sent):
            if one.bubble is not None:
                said.append(Said(number, one.speaker, one.bubble, one.at))
                latest = number
            elif latest is not None:
                blocked.add(latest)
        pieces = [
            _Piece(turn, sent[number].message, sent[number].bot, number in blocked)
            for number, turn in to_turns(self.chat.kind, said)
        ]
        if not self.group:
            return pieces
        following = [piece.turn.speaker is None for piece in pieces[1:]] + [False]
        for index, (piece, answered) in enumerate(zip(pieces, following, strict=True)):
            if piece.turn.speaker is None:
                here = index > 0 and pieces[index - 1].present
            else:
                here = not piece.bot and (answered or not piece.blocked) and _present(piece.turn.at, own)
                if piece.bot:
                    self.counts["decisions left out: at a bot's message"] += 1
                elif piece.blocked and not answered:
                    self.counts["decisions left out: answered with what cannot be learnt"] += 1
                elif not here:
                    self.counts["decisions left out: the subject was away"] += 1
            pieces[index] = replace(piece, present=here)
        return pieces

    def _live(self, segment: Sequence[_Piece]) -> Iterator[tuple[int, int]]:
        """What is worth reading of a segment: long stretches from which nothing is learnt are left out."""
        learnt = [index for index, piece in enumerate(segment) if piece.turn.speaker is None or piece.present]
        start = 0
        for place, index in enumerate(learnt):
            following = learnt[place + 1] if place + 1 < len(learnt) else None
            if following is None or following - index > self.settings.carried + 1:
                first = max(learnt[start] - 1, 0 if start == 0 else learnt[start - 1] + 1)
                yield first, index + 1
                start = place + 1

    def _windows(
        self, scene: Scene, header: int, before: Sequence[_Piece], stretch: list[_Piece]
    ) -> Iterator[Dialogue]:
        """A stretch as dialogues of at most max_tokens; a message and its answer stay together."""
        units: list[list[_Piece]] = []
        for piece in stretch:
            if units and piece.turn.speaker is None and len(units[-1]) == 1 and units[-1][0].turn.speaker is not None:
                units[-1].append(piece)
            else:
                units.append([piece])
        sizes = self._sizes(scene, header, units)
        room = self.settings.max_tokens - header - _SLACK
        past, start = list(before), 0
        while start < len(units):
            context = self._context(scene, header, past, units[start][0], room)
            left = room - self._size(scene, header, context)
            end = start
            while end < len(units) and sizes[end] <= left:
                left -= sizes[end]
                end += 1
            if end == start:
                self.counts["messages and answers left out: longer than the model's length"] += 1
                end = start + 1
            else:
                own = [piece for unit in units[start:end] for piece in unit]
                if any(piece.turn.speaker is None or piece.present for piece in own):
                    yield self._dialogue(scene, context, own)
            past += [piece for unit in units[start:end] for piece in unit]
            start = end

    def _sizes(self, scene: Scene, header: int, units: Sequence[Sequence[_Piece]]) -> list[int]:
        """Tokens of each unit, measured by rendering it after the one before, for its gap mark."""
        sizes = []
        previous: list[_Piece] = []
        for unit in units:
            whole = self._size(scene, header, [*previous, *unit])
            sizes.append(whole - (self._size(scene, header, previous) if previous else 0))
            previous = [replace(unit[-1], turn=replace(unit[-1].turn, bubbles=(Bubble("."),)))]
        return sizes

    def _size(self, scene: Scene, header: int, pieces: Sequence[_Piece]) -> int:
        return len(render(scene, [piece.turn for piece in pieces], self.codec).ids) - header

    def _context(self, scene: Scene, header: int, past: Sequence[_Piece], first: _Piece, room: int) -> list[_Piece]:
        """The turns carried over: the last few, unless too long ago or too long."""
        context: list[_Piece] = []
        following = first
        for piece in reversed(past[-self.settings.carried :] if self.settings.carried else ()):
            if not self._carries([piece], following):
                break
            if self._size(scene, header, [piece, *context]) > room // _CONTEXT_SHARE:
                break
            context.insert(0, piece)
            following = piece
        return context

    def _carries(self, past: Sequence[_Piece], first: _Piece) -> bool:
        """Whether what was said before may be shown: within days, and never across two splits."""
        if not past:
            return False
        last = past[-1].turn.at
        return first.turn.at - last <= CARRIED_WITHIN and self.splits.at(last) is self.splits.at(first.turn.at)

    def _dialogue(self, scene: Scene, context: Sequence[_Piece], own: Sequence[_Piece]) -> Dialogue:
        pieces = [*context, *own]
        return Dialogue(
            self.chat.chat.key,
            scene,
            tuple(piece.turn for piece in pieces),
            len(context),
            self.splits.day_of(own[0].turn.at),
            tuple(index >= len(context) and piece.present for index, piece in enumerate(pieces)),
            tuple(piece.message for piece in pieces),
        )


def _present(at: datetime, own: Sequence[datetime]) -> bool:
    """Whether the subject, who wrote at these times, was there to answer a message."""
    after = bisect_right(own, at)
    return (after > 0 and at - own[after - 1] <= PRESENT_AFTER) or (
        bisect_left(own, at) < len(own) and own[bisect_left(own, at)] - at <= PRESENT_BEFORE
    )


def with_dropout(
    dialogue: Dialogue,
    rng: random.Random,
    names: float = NAME_DROPOUT,
    relationships: float = RELATIONSHIP_DROPOUT,
) -> Dialogue:
    """The dialogue with the contact's name and relationship left out now and then, each throughout the dialogue.

    So the model can back off from this contact to the relationship, and from that to a stranger. In a group names stay:
    people are addressed by them.
    """
    private = dialogue.scene.kind is ChatKind.PRIVATE
    changed: dict[Speaker, Speaker] = {}

    def change(speaker: Speaker) -> Speaker:
        if speaker not in changed:
            name = None if rng.random() < names and private else speaker.name
            relationship = STRANGER if rng.random() < relationships else speaker.relationship
            changed[speaker] = Speaker(name, relationship)
        return changed[speaker]

    partner = change(dialogue.scene.partner) if private else dialogue.scene.partner
    turns = tuple(
        turn if turn.speaker is None else replace(turn, speaker=change(turn.speaker)) for turn in dialogue.turns
    )
    return replace(dialogue, scene=replace(dialogue.scene, partner=partner), turns=turns)
