"""From the corpus to the dialogues that are learnt and measured: one packed sequence each, never two chats in one."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.chat.dialogue import Bubble, Quote, Reaction, Scene, Speaker, Turn
from bot.chat.prompt import Prompt
from bot.message import ChatKind
from bot.people import STRANGER

NAME_DROPOUT = 0.3
RELATIONSHIP_DROPOUT = 0.15
TIMES_DROPOUT = 0.15
ERA_DROPOUT = 0.5
_MONTH = 0.5  # of the eras that are told: a month, else a year
MEMORY_DROPOUT = 0.3


@dataclass(frozen=True, slots=True)
class DialogueSettings:
    """gap: a longer silence ends a dialogue. carried: turns shown again from before. max_tokens: of one to learn from.

    served: the most tokens of a prompt when the avatar runs; what is measured is shown in the same windows.
    """

    gap: timedelta = timedelta(hours=1)
    carried: int = 8
    max_tokens: int = 1024
    served: int = 1848


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The first `context` turns were carried over from before, and nothing of them is learnt.

    day: that of its first own turn. counted and messages go by turn. counted: whether the decision at that turn counts
    (groups only), be it the message left unanswered or the subject's answer: `counted[avatar_turn.turn]` serves both.
    messages: the turn's first message in the corpus. first: the turn that is the subject's first reply since the gap,
    where it is here and measured.
    """

    chat: str
    scene: Scene
    turns: tuple[Turn, ...]
    context: int
    day: date
    counted: tuple[bool, ...]
    messages: tuple[int, ...]
    first: int | None = None


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
        if turn.turn >= dialogue.context and dialogue.counted[turn.turn]:
            at = turn.turn if turn.silent else turn.turn - 1
            points.append(DecisionPoint(turn.start, not turn.silent, at, dialogue.messages[at]))
    return points


def with_dropout(
    dialogue: Dialogue,
    rng: random.Random,
    names: float = NAME_DROPOUT,
    relationships: float = RELATIONSHIP_DROPOUT,
    times: float = TIMES_DROPOUT,
    era: float = ERA_DROPOUT,
    memory: float = MEMORY_DROPOUT,
) -> Dialogue:
    """The dialogue with the contact's name and relationship left out now and then, each throughout the dialogue.

    So the model can back off from this contact to the relationship, and from that to a stranger. In a group names stay:
    people are addressed by them. The times, too, and what is remembered, are left out now and then; and the year
    or the month of the dialogue is told now and then as the era, so that the avatar can be told either or none.
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

    def quoted(quote: Quote | None) -> Quote | None:
        return quote if quote is None or quote.speaker is None else replace(quote, speaker=change(quote.speaker))

    def reacted(reaction: Reaction) -> Reaction:
        speaker = reaction.speaker and change(reaction.speaker)
        return replace(reaction, speaker=speaker, to=quoted(reaction.to))

    def changed_in(bubble: Bubble) -> Bubble:
        if bubble.quote is None and not bubble.reactions:
            return bubble
        return replace(bubble, quote=quoted(bubble.quote), reactions=tuple(map(reacted, bubble.reactions)))

    turns = tuple(
        replace(turn, speaker=turn.speaker and change(turn.speaker), bubbles=tuple(map(changed_in, turn.bubbles)))
        for turn in dialogue.turns
    )
    scene = replace(dialogue.scene, partner=partner)
    if scene.times:
        told = (f"{dialogue.day:%Y}", f"{dialogue.day:%Y-%m}")[rng.random() < _MONTH] if rng.random() >= era else ""
        scene = replace(scene, times=rng.random() >= times, era=told)
    if any(turn.memory for turn in turns) and rng.random() < memory:
        turns = tuple(replace(turn, memory=()) for turn in turns)
    return replace(dialogue, scene=scene, turns=turns)
