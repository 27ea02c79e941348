"""Talks in which the avatar's own replies are the past: what people meet, and no single reply shows.

A held-out private dialogue is gone through with what the partner really wrote. Whatever answers that is the avatar's
own, and stays in what it reads from then on. What the person said of themselves, with nothing before it, stays theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.chat.dialogue import Bubble, Scene, Turn
from bot.message import ChatKind
from training.data.dialogues import Dialogue
from training.words import Bubbles, texts

Past = tuple[Scene, tuple[Turn, ...]]
Write = Callable[[Mapping[int, Past]], Mapping[int, Bubbles]]
"""Writes an answer to each of some conversations, by the number of the talk, as the avatar would send it."""


@dataclass(frozen=True, slots=True)
class Talk:
    """places: which turns of the dialogue are answers. real and own: what stands there, and what the avatar wrote."""

    dialogue: Dialogue
    places: tuple[int, ...]
    real: tuple[Bubbles, ...]
    own: tuple[Bubbles, ...] = ()

    @classmethod
    def of(cls, dialogue: Dialogue, longest: int) -> "Talk":
        """Opens a talk. longest: how many answers it has at most."""
        turns = dialogue.turns
        answers = [
            place
            for place in range(max(dialogue.context, 1), len(turns))
            if turns[place].speaker is None and turns[place - 1].speaker is not None and texts(turns[place].bubbles)
        ][:longest]
        return cls(dialogue, tuple(answers), tuple(texts(turns[place].bubbles) for place in answers))

    @property
    def past(self) -> tuple[Turn, ...]:
        """What the avatar reads before its next answer."""
        said = dict(zip(self.places, self.own, strict=False))
        turns = self.dialogue.turns[: self.places[len(self.own)]]
        return tuple(
            replace(turn, bubbles=tuple(map(Bubble, said[place]))) if place in said else turn
            for place, turn in enumerate(turns)
        )


def private_talks(dialogues: Sequence[Dialogue], longest: int, least: int = 2) -> list[Talk]:
    """Opens each private dialogue with at least so many answers."""
    private = [one for one in dialogues if one.scene.kind is ChatKind.PRIVATE]
    return [talk for one in private if len((talk := Talk.of(one, longest)).places) >= least]


def talk_through(talks: Sequence[Talk], write: Write) -> list[Talk]:
    """Has each of the talks, the first answers of all together, then the second ones."""
    had = list(talks)
    while going := {
        number: (talk.dialogue.scene, talk.past) for number, talk in enumerate(had) if len(talk.own) < len(talk.places)
    }:
        for number, answer in write(going).items():
            had[number] = replace(had[number], own=(*had[number].own, answer))
    return had
