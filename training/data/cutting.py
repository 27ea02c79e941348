"""Cuts the corpus into dialogues: those to learn from fit a length, those to measure are as the daemon shows them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from bot.chat.dialogue import Bubble, Scene
from bot.chat.prompt import Codec, render
from bot.chat.remembered import Memory, Remembering
from bot.chat.scene import scene_at
from bot.chat.turns import goes_on
from bot.chat.window import windows
from bot.message import ChatKind
from bot.people import People
from bot.persona import Persona
from bot.store.corpus import Corpus, CorpusChat
from training.data.account import KEPT, LEFT_OUT, ChatAccount, account_of
from training.data.dialogues import Dialogue, DialogueSettings
from training.data.splits import Split, Splits
from training.data.turns import Loader, Piece, Sent, recollecting, segments

TOO_LONG = "longer than the model's length"
_CONTEXT_SHARE = 3  # turns carried over may take one part in three of the length
_SLACK = 16  # tokens kept free: "somebody" is longer than some names


def build(
    corpus: Corpus,
    people: People,
    persona: Persona,
    codec: Codec,
    settings: DialogueSettings,
    splits: Splits,
    counts: Counter[str],
    too_long: list[int] | None = None,
    accounts: list[ChatAccount] | None = None,
    memory: Memory | None = None,
) -> list[Dialogue]:
    """Every dialogue of the subject, by chat and time. `counts` says what came in, what was dropped and why.

    too_long: takes up, for each of the subject's turns that does not fit, the max_tokens at which it would.
    accounts: takes up what became of each chat. memory: what is remembered in them; None: nothing.
    """
    remembering = Remembering(memory, persona, settings.gap, settings.carried) if memory else None
    dialogues: list[Dialogue] = []
    for chat in corpus.chats():
        here, found = Counter[str](), list[Dialogue]()
        sent = Loader(people, persona.language, codec.photo_size, here).load(corpus.messages(chat, reactions=True))
        scene = scene_of(chat, persona, people, sent)
        if isinstance(scene, str):
            here[f"chats left out: {scene}"] += 1
            here[f"messages in chats left out: {scene}"] += len(sent)
        else:
            cutter = _Cutter(chat, scene, codec, settings, splits, here, [] if too_long is None else too_long)
            recollect = recollecting(remembering, sent, people)
            found += cutter.cut(segments(chat.kind, sent, settings.gap, splits, here, recollect))
        if accounts is not None:
            title = chat.title if isinstance(scene, str) else scene.title or scene.partner.name or chat.title
            accounts.append(account_of(chat.chat.key, title, chat.kind, here, found, splits.split_of))
        counts.update(here)
        dialogues += found
    counts["dialogues"] += len(dialogues)
    for dialogue in dialogues:
        own = dialogue.turns[dialogue.context :]
        counts["turns of the subject"] += sum(turn.speaker is None for turn in own)
        for turn, following, counted in zip(own, (*own[1:], None), dialogue.counted[dialogue.context :], strict=True):
            if counted and (turn.speaker is None or following is None or following.speaker is not None):
                counts["decisions: answered" if turn.speaker is None else "decisions: silent"] += 1
    return dialogues


def scene_of(chat: CorpusChat, persona: Persona, people: People, sent: Sequence[Sent]) -> Scene | str:
    """The scene of a chat, or why there is nothing to learn in it. A private chat is with whoever wrote last."""
    group = chat.kind is ChatKind.GROUP
    if not any(one.own and one.wrote for one in sent):
        return "the subject wrote nothing there"
    if not any(not one.own and (group or not one.message.from_bot) for one in sent):
        return "with a bot or nobody else"
    return scene_at(chat.chat, persona, people, (one.message for one in reversed(sent)))


class _Cutter:
    """Cuts the segments of one chat into dialogues that are worth reading and fit."""

    def __init__(
        self,
        chat: CorpusChat,
        scene: Scene,
        codec: Codec,
        settings: DialogueSettings,
        splits: Splits,
        counts: Counter[str],
        too_long: list[int],
    ) -> None:
        self._key = chat.chat.key
        self._scene, self._codec, self._splits, self._counts = scene, codec, splits, counts
        self._too_long = too_long
        self._gap, self._carried = settings.gap, settings.carried
        self._header = len(render(scene, (), codec).ids)
        self._slack = _SLACK + len(codec.encode("[Wed 30 Sep 2026, 18:05] It is September 2026.\n"))
        self._room = settings.max_tokens - self._header - self._slack
        self._served_tokens = settings.served

    def cut(self, chat: Iterator[list[Piece]]) -> Iterator[Dialogue]:
        past: list[Piece] = []  # the dialogue so far, and what is carried over
        for segment in chat:
            if past and not goes_on(past[-1].until, segment[0].turn.at, self._gap):
                carried = _last(past, self._carried)
                past = [replace(piece, turn=replace(piece.turn, memory=())) for piece in carried]  # as it is served
            if self._splits.at(segment[0].turn.at) is Split.TRAIN:
                for first, end in self._live(segment):
                    yield from self._windows(_last([*past, *segment[:first]], self._carried), segment[first:end])
            else:
                yield from self._as_served(past, segment)
            past += segment

    def _live(self, segment: Sequence[Piece]) -> Iterator[tuple[int, int]]:
        """What is worth reading of a segment: long stretches from which nothing is learnt are left out."""
        learnt = [index for index, piece in enumerate(segment) if piece.own or piece.counted]
        start = 0
        for place, index in enumerate(learnt):
            following = learnt[place + 1] if place + 1 < len(learnt) else None
            if following is None or following - index > self._carried + 1:
                end = learnt[start - 1] + 1 if start else 0
                yield max(learnt[start] - 1, end), index + 1
                start = place + 1

    def _windows(self, past: list[Piece], stretch: Sequence[Piece]) -> Iterator[Dialogue]:
        """A stretch as dialogues of at most max_tokens; a message and its answer stay together."""
        units = _units(stretch)
        sizes = self._sizes(units)
        start = 0
        while start < len(units):
            context = self._context(past, units[start][0])
            left = self._room - self._size(context)
            if sizes[start] > left:  # rather without what was before than not at all
                context, left = [], self._room
            end = start
            while end < len(units) and sizes[end] <= left:
                left -= sizes[end]
                end += 1
            if end > start:
                own = [piece for unit in units[start:end] for piece in unit]
                if any(piece.own or piece.counted for piece in own):
                    yield self._dialogue(context, own)
            else:
                end = start + 1
                self._counts["messages and answers left out: longer than the model's length"] += 1
                if lost := _messages(units[start]):
                    self._counts[f"{LEFT_OUT}{TOO_LONG}"] += lost
                    self._counts[KEPT] -= lost
                    self._too_long.append(self._header + self._slack + sizes[start])
            past = _last([*past, *(piece for unit in units[start:end] for piece in unit)], self._carried)
            start = end

    def _as_served(self, past: Sequence[Piece], segment: Sequence[Piece]) -> Iterator[Dialogue]:
        """A segment in the windows that the daemon has before its eyes, each as far as something is measured in it.

        past: the dialogue that it goes on from, if any, and what is carried over.
        """
        pieces, begun = [*past, *segment], len(past)
        first = next((one for asked, one in pairwise(segment) if one.own and not asked.own), None)
        turns = [piece.turn for piece in pieces]
        starts = list(windows(self._scene, turns, self._served_tokens, self._codec))
        for start, numbers in groupby(range(begun, len(pieces)), starts.__getitem__):
            own = list(numbers)
            yield from self._measured(pieces[start : own[-1] + 1], own[0] - start, first)

    def _measured(self, pieces: Sequence[Piece], begun: int, first: Piece | None) -> Iterator[Dialogue]:
        """One window, from `begun` on measured; nothing where nothing is to be measured."""
        live = [n for n, piece in enumerate(pieces) if n >= begun and (piece.own or piece.counted)]
        if live:
            since = max(live[0] - 1, begun) if pieces[live[0]].own else live[0]
            place = next((n for n, piece in enumerate(pieces) if piece is first and n >= since), None)
            yield replace(self._dialogue(pieces[:since], pieces[since : live[-1] + 1]), first=place)

    def _sizes(self, units: Sequence[Sequence[Piece]]) -> list[int]:
        """Tokens of each unit, measured by rendering it after the one before, for the time that is shown."""
        sizes, stub = [], list[Piece]()
        for unit in units:
            sizes.append(self._size([*stub, *unit]) - self._size(stub))
            stub = [replace(unit[-1], turn=replace(unit[-1].turn, bubbles=(Bubble("."),)))]
        return sizes

    def _size(self, pieces: Sequence[Piece]) -> int:
        return len(render(self._scene, [piece.turn for piece in pieces], self._codec).ids) - self._header

    def _context(self, past: Sequence[Piece], first: Piece) -> list[Piece]:
        """The turns carried over: the last few, however long ago, unless too long or of another split."""
        context: list[Piece] = []
        for piece in reversed(_last(past, self._carried)):
            if self._splits.at(piece.turn.at) is not self._splits.at(first.turn.at):
                break
            if self._size([piece, *context]) > self._room // _CONTEXT_SHARE:
                break
            context.insert(0, piece)
        return context

    def _dialogue(self, context: Sequence[Piece], own: Sequence[Piece]) -> Dialogue:
        pieces = [*context, *own]
        return Dialogue(
            self._key,
            self._scene,
            tuple(piece.turn for piece in pieces),
            len(context),
            self._splits.day_of(own[0].turn.at),
            tuple(index >= len(context) and piece.counted for index, piece in enumerate(pieces)),
            tuple(piece.message for piece in pieces),
        )


def _messages(pieces: Sequence[Piece]) -> int:
    """Returns how many messages of the subject there are; a reaction is none."""
    return sum(not bubble.reactions for piece in pieces if piece.own for bubble in piece.turn.bubbles)


def _units(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Each message with the subject's answer to it."""
    units: list[list[Piece]] = []
    for piece in pieces:
        if units and piece.own and not units[-1][-1].own:
            units[-1].append(piece)
        else:
            units.append([piece])
    return units


def _last(pieces: Sequence[Piece], number: int) -> list[Piece]:
    return list(pieces[max(0, len(pieces) - number) :])
