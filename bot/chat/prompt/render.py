"""The renderer: a scene and its turns become token ids, and where the avatar's turns lie among them.

    <|im_start|>system
    …persona, chat and relationship, era…<|im_end|>
    <|im_start|>user
    [Tue 3 Mar, 18:05] Mei (friend): are you coming?<|im_end|>
    <|im_start|>assistant
    sure
    give me ten minutes<|im_end|>

The blocks stand in a fixed order, stable ones first: persona, chat, era, turns. Bubbles are lines. In a group every
message of somebody else is followed by the avatar's turn, empty for silence. What is remembered for a turn, and what
was put on messages before it, stands with that turn. A longer conversation's ids begin with the shorter one's: the
prompt only grows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.chat.attachments import in_words
from bot.chat.dialogue import Bubble, Quote, Reaction, Scene, Speaker, Turn
from bot.chat.prompt.codec import Codec, PhotoNames
from bot.chat.prompt.page import page_text
from bot.chat.prompt.reactions import called, reaction_line
from bot.chat.prompt.words import date_in_words, label
from bot.era import era_in_words
from bot.letters import unmarked, visible
from bot.message import PHOTO, Attachment, ChatKind
from bot.people import RELATIONSHIPS, STRANGER

RENDERER = 2
"""Raised whenever the same dialogue would render to other ids; part of every LoRA's fingerprint."""

BLOCKS = {"persona": 1, "chat": 1, "era": 1, "turns": 2, "times": 1, "quotes": 1, "attachments": 1, "memory": 1}
"""What a prompt is made of, each with its version; part of every LoRA's fingerprint too."""

BUBBLE_BREAK = "\n"
LINE_IN_BUBBLE = "\u2028"  # a line break inside one bubble
_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THOUGHT_BEGUN_BEFORE = re.compile(r"^.*</(think|thinking|thought|reasoning)>", re.DOTALL | re.IGNORECASE)
_UNFINISHED_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*", re.DOTALL | re.IGNORECASE)
BUBBLE_TOKENS = 400
"""The head of a longer message is read: ten thousand emoji must not push the conversation out."""

_QUOTE_TOKENS = 24  # the head of a quoted message says which one it is

MARK_AFTER = timedelta(minutes=5)
"""After a longer silence the time is shown again, as a chat window does."""


@dataclass(frozen=True, slots=True)
class AvatarTurn:
    """ids[start:end] are a turn of the avatar with its end-of-turn token; `turn` counts the caller's turns.

    For an empty turn `turn` is the message it leaves unanswered.
    """

    start: int
    end: int
    turn: int

    @property
    def silent(self) -> bool:
        return self.end - self.start == 1


@dataclass(frozen=True, slots=True)
class PhotoSpan:
    """ids[start:end] are the places of one photo; grid counts its patches (frames, rows, columns)."""

    start: int
    end: int
    digest: str
    grid: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Prompt:
    ids: tuple[int, ...]
    avatar_turns: tuple[AvatarTurn, ...]
    photos: tuple[PhotoSpan, ...]

    def loss_mask(self, since_turn: int = 0) -> list[bool]:
        """True where an id is learnt: the avatar's turns and their ends, from the caller's turn `since_turn` on."""
        mask = [False] * len(self.ids)
        for turn in self.avatar_turns:
            if turn.turn >= since_turn:
                mask[turn.start : turn.end] = [True] * (turn.end - turn.start)
        return mask


class _Writer:
    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.ids: list[int] = []
        self.photos: list[PhotoSpan] = []
        self.newline = codec.encode("\n")

    def open(self, role: str) -> None:
        self.ids += [self.codec.control["<|im_start|>"], *self.codec.encode(role), *self.newline]

    def close(self) -> None:
        self.ids += [self.codec.end_of_turn, *self.newline]

    def text(self, text: str) -> None:
        self.ids += self.codec.encode(text)

    def bubble(self, bubble: Bubble, head: str = "") -> None:
        """`head` is what stands before a bubble's text on its line; encoded with it, for words carry their space."""
        room = BUBBLE_TOKENS + len(self.codec.encode(head))
        self.ids += self.codec.encode(head + _one_line(bubble.text))[:room]

    def photo(self, digest: str) -> None:
        geometry, control = self.codec.geometry, self.codec.control
        grid = geometry.grid(*self.codec.photo_size(digest))
        start = len(self.ids) + 1
        end = start + geometry.tokens(grid)
        self.ids += [
            control["<|vision_start|>"],
            *[control["<|image_pad|>"]] * (end - start),
            control["<|vision_end|>"],
        ]
        self.photos.append(PhotoSpan(start, end, digest, grid))


def render(scene: Scene, turns: Sequence[Turn], codec: Codec, *, open_turn: bool = False) -> Prompt:
    """Renders a dialogue. With `open_turn` the ids stop where the avatar's next turn begins, ready to be answered."""
    writer = _Writer(codec)
    writer.open("system")
    writer.text(system_text(scene))
    writer.close()
    avatar_turns: list[AvatarTurn] = []
    clock = Clock(scene)
    for index, turn in enumerate(turns):
        if turn.speaker is None:
            start = _own_turn(writer, turn, scene.persona.language)
            avatar_turns.append(AvatarTurn(start, len(writer.ids) - len(writer.newline), index))
        else:
            _others_turn(writer, scene, turn, turn.speaker, clock.mark(turn.at))
            last = index + 1 == len(turns)
            unanswered = last or turns[index + 1].speaker is not None
            if scene.kind is ChatKind.GROUP and unanswered and not (last and open_turn):
                writer.open("assistant")
                avatar_turns.append(AvatarTurn(len(writer.ids), len(writer.ids) + 1, index))
                writer.close()
        clock.passed(turn.at)
    if open_turn:
        writer.open("assistant")
    return Prompt(tuple(writer.ids), tuple(avatar_turns), tuple(writer.photos))


def turn_tokens(scene: Scene, turn: Turn, before: Turn | None, codec: Codec) -> int:
    """Returns how many tokens a turn takes after another one, or a few more: time, photos and silence included."""
    writer, clock = _Writer(codec), Clock(scene)
    if before is not None:
        clock.mark(before.at)
        clock.passed(before.at)
    if turn.speaker is None:
        _own_turn(writer, turn, scene.persona.language)
    else:
        _others_turn(writer, scene, turn, turn.speaker, clock.mark(turn.at))
        if scene.kind is ChatKind.GROUP:
            writer.open("assistant")
            writer.close()
    return len(writer.ids)


def split_bubbles(text: str) -> list[str]:
    """A turn's text as the bubbles to send."""
    return [bubble.strip().replace(LINE_IN_BUBBLE, "\n") for bubble in text.split(BUBBLE_BREAK) if bubble.strip()]


def without_thoughts(text: str) -> str:
    """A reply without what a reasoning model thinks aloud before it, `<think>…</think>`, whole or broken off."""
    text = _THOUGHT.sub("", text)
    return _UNFINISHED_THOUGHT.sub("", _THOUGHT_BEGUN_BEFORE.sub("", text))


def whole_bubbles(text: str, codec: Codec, max_tokens: int) -> list[str]:
    """The bubbles of a reply of at most `max_tokens`, less the last one where the limit may have broken it off.

    Nobody is sent thoughts, or a bubble in which nothing can be seen.
    """
    bubbles = [bubble for bubble in split_bubbles(without_thoughts(text)) if visible(bubble)]
    if len(bubbles) > 1 and len(codec.encode(text)) >= max_tokens:
        bubbles.pop()  # nobody sends half a bubble
    return bubbles


def _own_turn(writer: _Writer, turn: Turn, language: str) -> int:
    """Returns where its words begin."""
    writer.open("assistant")
    start = len(writer.ids)
    said = (bubble for bubble in turn.bubbles if bubble.text.strip() or bubble.reactions)
    for number, bubble in enumerate(said):
        if number:
            writer.ids += writer.newline
        if bubble.reactions:
            writer.text("\n".join(_reacted(one, writer.codec, language) for one in bubble.reactions))
        else:
            writer.bubble(bubble)
    writer.close()
    return start


def _others_turn(writer: _Writer, scene: Scene, turn: Turn, speaker: Speaker, mark: str) -> None:
    writer.open("user")
    language = scene.persona.language
    for line in turn.memory:
        writer.bubble(Bubble(line), "[记得] " if language == "zh" else "[remembered] ")
        writer.ids += writer.newline
    head, group = mark, scene.kind is ChatKind.GROUP
    if group:
        head += speaker_label(speaker, language)
    for number, one in enumerate(turn.bubbles):
        bubble = one if writer.codec.geometry.sees else _unseen(one, writer.codec.names, language)
        if number:
            writer.ids += writer.newline
        for reaction in bubble.reactions:
            writer.text(_reacted(reaction, writer.codec, language, named=group))
            writer.ids += writer.newline
        if bubble.quote:
            head += _quoted(bubble.quote, writer.codec, language)
        if bubble.photos:
            writer.text(head)
            head = ""
        for digest in bubble.photos:
            writer.photo(digest)
        writer.bubble(bubble, head)
        head = ""
    writer.close()


def _unseen(bubble: Bubble, names: PhotoNames | None, language: str) -> Bubble:
    """The bubble with words in the place of its photos: what each shows, as far as somebody tells."""
    if not bubble.photos:
        return bubble
    told = [names.words(digest, language) if names else "" for digest in bubble.photos]
    words = [in_words(Attachment(PHOTO, words=name), language) for name in told]
    return replace(bubble, photos=(), text=" ".join((*words, bubble.text)).strip())


class Clock:
    """When something was said, as a chat window shows it: where a dialogue begins, and after a silence.

    The day is told where it is another than the one told last, and the year where it is not that of the turn before.
    """

    def __init__(self, scene: Scene) -> None:
        self._language = scene.persona.language
        self._zone = scene.persona.zone if scene.times else None
        self._told: datetime | None = None
        self._before: datetime | None = None

    def mark(self, at: datetime) -> str:
        """`[Tue 3 Mar, 18:05] `, `[18:40] `, or nothing."""
        if self._zone is None or (self._told and self._before and at - self._before < MARK_AFTER):
            return ""
        here = at.astimezone(self._zone)
        told, before = self._told, self._before
        self._told = here
        if told and told.date() == here.date():
            return f"[{here:%H:%M}] "
        year = bool(before and before.astimezone(self._zone).year != here.year)
        between = " " if self._language == "zh" else ", "
        return f"[{date_in_words(here, self._language, year=year)}{between}{here:%H:%M}] "

    def passed(self, at: datetime) -> None:
        """A turn at that time has been shown."""
        self._before = at


def _reacted(reaction: Reaction, codec: Codec, language: str, *, named: bool = False) -> str:
    return reaction_line(reaction, lambda quote: _head(quote, codec), language, named=named)


def _quoted(quote: Quote, codec: Codec, language: str) -> str:
    """`[reply to Mei: are you…] `: the head of what a message answers."""
    text, who = _head(quote, codec), called(quote.speaker, language)
    return f"[回复{who}：{text}] " if language == "zh" else f"[reply to {who}: {text}] "


def _head(quote: Quote, codec: Codec) -> str:
    """`are you…`: so much of a message that one knows which it is."""
    text = unmarked(quote.text)
    ids = codec.encode(text)
    return codec.decode(ids[:_QUOTE_TOKENS]).rstrip("\ufffd") + "…" if len(ids) > _QUOTE_TOKENS else text


def system_text(scene: Scene) -> str:
    """The stable part: persona, then chat, then era; of a page that is written to nobody here, what it is."""
    if scene.page is not None:
        return page_text(scene.persona, scene.page, scene.partner)
    persona = scene.persona
    others = ", ".join(label(alias) for alias in persona.aliases)
    if persona.language == "zh":
        lines = [
            f"你是{label(persona.name)}"
            + (f"（也叫{others}）" if others else "")
            + "，用自己的口吻聊天。每条消息占一行。"
        ]
        if scene.kind is ChatKind.GROUP:
            title = label(scene.title)
            lines.append((f"这是群聊“{title}”。" if title else "这是一个群聊。") + "不想说话时保持沉默。")
        else:
            who = label(scene.partner.name) or "某人"
            lines.append(f"这是和{who}的私聊。关系：{RELATIONSHIPS[scene.partner.relationship]}。")
    else:
        lines = [f"You are {label(persona.name)}" + (f" (also {others})" if others else "")]
        lines[0] += ", chatting in your own voice. Each line is one message."
        if scene.kind is ChatKind.GROUP:
            title = label(scene.title)
            lines.append(f"This is the group chat “{title}”." if title else "This is a group chat.")
            lines[-1] += " Stay silent when you would not speak."
        else:
            who = label(scene.partner.name) or "somebody"
            lines.append(f"This is a private chat with {who}. Relationship: {scene.partner.relationship}.")
    lines[1:1] = [" ".join(text.split()) for text in (persona.about, persona.character) if text]
    if scene.era:
        era = era_in_words(scene.era, persona.language)
        lines.append(f"现在是{era}。" if persona.language == "zh" else f"It is {era}.")
    return "\n".join(lines)


def speaker_label(speaker: Speaker, language: str) -> str:
    """`Mei (friend): `, or `Mei: ` for a stranger: what stands before a message in a group."""
    if language == "zh":
        name = label(speaker.name) or "某人"
        return f"{name}：" if speaker.relationship == STRANGER else f"{name}（{RELATIONSHIPS[speaker.relationship]}）："
    name = label(speaker.name) or "somebody"
    return f"{name}: " if speaker.relationship == STRANGER else f"{name} ({speaker.relationship}): "


def _one_line(text: str) -> str:
    return LINE_IN_BUBBLE.join(line.rstrip() for line in text.strip().splitlines() if line.strip())
