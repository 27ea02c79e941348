"""Dialogues as they are with somebody who has no past: some of those to learn from begin with examples instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.chat.examples import example_turns, examples_for
from bot.chat.prompt import Codec, render
from bot.message import ChatKind
from bot.questionnaire import Answer
from bot.released import Exchange, Released
from training.data.dialogues import Dialogue
from training.data.redaction import redact
from training.words import texts

EVERY = 8
"""One in so many private dialogues begins so, and each that has nothing before it."""


def with_examples(
    dialogues: Sequence[Dialogue],
    released: Released,
    told: Sequence[Answer],
    codec: Codec,
    length: int,
    gap: timedelta,
) -> list[Dialogue]:
    """Returns the dialogues, some with examples in the place of what was carried over; not where those do not fit.

    An example that says what is learnt in the dialogue is left out: it would be copied. length: of a dialogue, in
    tokens. gap: what ends one.
    """
    found = []
    for number, one in enumerate(dialogues):
        begins = one.scene.kind is ChatKind.PRIVATE and (not one.context or number % EVERY == 0)
        changed = _begun(one, released, told, gap) if begins else one
        fits = changed is one or len(render(changed.scene, changed.turns, codec).ids) <= length
        found.append(changed if fits else one)
    return found


def _begun(dialogue: Dialogue, released: Released, told: Sequence[Answer], gap: timedelta) -> Dialogue:
    own = dialogue.turns[dialogue.context :]
    said = {texts(turn.bubbles) for turn in own if turn.speaker is None}
    found = examples_for(dialogue.scene.partner.relationship, released, told)
    examples = [Exchange(redact(one.they), redact(one.i)) for one in found if tuple(one.i.splitlines()) not in said]
    if not examples:
        return dialogue
    before = example_turns(examples, own[0].at, gap, dialogue.scene.persona.language)
    nothing = len(before) * (0,)
    return replace(
        dialogue,
        turns=(*before, *own),
        context=len(before),
        counted=(*map(bool, nothing), *dialogue.counted[dialogue.context :]),
        messages=(*nothing, *dialogue.messages[dialogue.context :]),
        first=None if dialogue.first is None else dialogue.first - dialogue.context + len(before),
    )
