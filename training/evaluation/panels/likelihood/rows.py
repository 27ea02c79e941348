"""The rows of panel B: the avatars, and every control."""

from collections.abc import Sequence

import numpy as np

from bot.message import ChatKind
from training.evaluation.panel import Kind, Row
from training.evaluation.panels.likelihood import ranking
from training.evaluation.panels.likelihood.asked import Asked, Read
from training.evaluation.panels.likelihood.ranking import OWN
from training.evaluation.voice import Likelihood
from training.statistics import Value


def rows(asked: Asked) -> list[Row]:
    say, base, avatar = asked.tell, asked.base, asked.avatar
    floor: dict[str, Value] = {}
    shuffled: dict[str, Value] = {}
    if avatar and asked.choices:
        alien = slice(1 + OWN, None)
        others = asked.candidates(avatar.ranked.here, alien)
        floor = {"bits": others.bits(), "lower": others.lower(asked.candidates(base.ranked.here, alien))}
        exchanged = asked.candidates(avatar.ranked.swapped, slice(1))
        shuffled = {
            "bits": exchanged.bits(),
            "lower": exchanged.lower(asked.candidates(base.ranked.swapped, slice(1))),
            **_averages(asked, avatar.ranked.swapped, avatar.ranked.nowhere),
        }
    usual = float(np.median([ranking.length(choice.occasion.real) for choice in asked.choices] or [0]))
    by_length = [ranking.by_length(choice, usual) for choice in asked.choices]
    return [
        *(Row(kind, voice.name, _of_voice(asked, voice)) for kind, voice in asked.trained),
        Row(
            Kind.CEILING,
            asked.held.persona.name,
            note=say(
                "No number: what a person is about to say has no likelihood that could be asked of them.",
                "没有数字：人要说的话，没法向本人问出概率。",
            ),
        ),
        Row(
            Kind.FLOOR,
            say("other people's words", "别人的话"),
            floor,
            say(
                "Messages of others, of like length, read in the same places: what is saved on these, too, was learnt "
                "about the chats and not about the person.",
                "同样的位置换成别人长短相近的消息：在这些话上也省下的，是学会了聊天，不是学会了本人。",
            ),
        ),
        Row(Kind.BASE, base.name, _of_voice(asked, base)),
        Row(
            Kind.SHUFFLED,
            say("in another conversation", "放进别的对话"),
            shuffled,
            say(
                "The ten replies asked for in the place of another choice. What is still found is found by style.",
                "把十条回复放到另一处对话里去认：还能认出的，靠的只是文风。",
            ),
        ),
        Row(
            Kind.DEGENERATE,
            say("by length alone", "只看长度"),
            {
                "first": asked.average(list(map(ranking.first, by_length))),
                "mrr": asked.average(list(map(ranking.reciprocal, by_length))),
            }
            if by_length
            else {},
            say("Takes the reply that is nearest to the usual length.", "总选最接近平常长度的那条。"),
        ),
    ]


def _of_voice(asked: Asked, voice: Read) -> dict[str, Value]:
    values: dict[str, Value] = {}
    if voice.replies:
        values["bits"] = voice.words().bits()
        if voice is not asked.base:
            values["lower"] = voice.words().lower(asked.base.words())
            for kind in ChatKind:
                if any(reply.kind is kind for reply in voice.replies):
                    values[f"lower_{kind.value}"] = voice.words(kind).lower(asked.base.words(kind))
    return values | _averages(asked, voice.ranked.here, voice.ranked.nowhere)


def _averages(
    asked: Asked, places: Sequence[Sequence[Likelihood]], nowhere: Sequence[Sequence[Likelihood]]
) -> dict[str, Value]:
    return {key: asked.average(numbers) for key, numbers in _found(places, nowhere).items()}


def _found(places: Sequence[Sequence[Likelihood]], nowhere: Sequence[Sequence[Likelihood]]) -> dict[str, list[float]]:
    """How well the real reply is found at each choice; nothing where there was nothing to choose from."""
    if not places or not all(places):
        return {}
    informed = list(map(ranking.by_information, places, nowhere))
    plain = list(map(ranking.by_likelihood, places))
    return {
        "first": list(map(ranking.first, informed)),
        "mrr": list(map(ranking.reciprocal, informed)),
        "first_plain": list(map(ranking.first, plain)),
    }


def differences(asked: Asked) -> dict[str, Value]:
    """Reply by reply and choice by choice."""
    avatar, against = asked.avatar, asked.against
    if not avatar or not against:
        return {}
    differences = {}
    if avatar.replies:
        differences["bits"] = avatar.words().bits_less(against.words())
        differences["lower"] = avatar.words().lower_less(against.words(), asked.base.words())
    one, two = (_found(voice.ranked.here, voice.ranked.nowhere) for voice in (avatar, against))
    for key in one:
        differences[key] = asked.average([a - b for a, b in zip(one[key], two[key], strict=True)])
    return differences
