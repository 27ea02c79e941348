"""Replies to a photo, foreseen with that photo, with another, with none to see, and with words in its place."""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PIL import Image, ImageOps

import training
from bot.chat.dialogue import Bubble, Turn
from bot.media import MediaStore
from training.data.splits import Split
from training.evaluation.held import Held
from training.evaluation.panels.context.pairs import Pair
from training.evaluation.voice import Occasion, Question, Voice, occasions

FEWEST = 20
"""Replies below which no verdict is given."""

_BLANK, _SWAP = "blank:", "swap:"
_GREY = (128, 128, 128)
_LAST_TURNS = 3  # in a group others may say something between the photo and the answer
_SAMPLE = "sample/pictures.tsv"


class StandIns(MediaStore):
    """A store that also opens what stands in for a photo: as large as the photo, so that nothing else changes.

    Digests of this kind are made by `blank` and `other`; nothing is written anywhere.
    """

    __slots__ = ()

    def open(self, digest: str) -> Image.Image:
        if digest.startswith(_BLANK):
            return Image.new("RGB", super().open(digest.removeprefix(_BLANK)).size, _GREY)
        if digest.startswith(_SWAP):
            shown, instead_of = digest.removeprefix(_SWAP).split(":")
            return ImageOps.fit(super().open(shown), super().open(instead_of).size)
        return super().open(digest)


def blank(digest: str) -> str:
    """Mid-grey in the size of the photo."""
    return f"{_BLANK}{digest}"


def other(shown: str, instead_of: str) -> str:
    """One photo in the size of another."""
    return f"{_SWAP}{shown}:{instead_of}"


@dataclass(frozen=True, slots=True)
class Shown:
    """An occasion to which photos were shown since the subject last spoke, and two other photos of the corpus."""

    occasion: Occasion
    others: tuple[str, str]

    @property
    def digests(self) -> tuple[str, ...]:
        return tuple(photo for turn in _since(self.occasion.question) for one in turn.bubbles for photo in one.photos)

    def question(self, change: Callable[[Bubble], Bubble]) -> Question:
        """With those photos changed, bubble by bubble."""
        question = self.occasion.question
        recent = _since(question)
        changed = [
            replace(turn, bubbles=tuple(change(one) if one.photos else one for one in turn.bubbles)) for turn in recent
        ]
        return replace(question, turns=(*question.turns[: -len(recent)], *changed))


@dataclass(frozen=True, slots=True)
class Sight:
    """Each a pair for every reply: the photo itself against what stood in its place.

    chance: one wrong photo against another. caption: against words in the photo's place; empty where nobody knows them.
    """

    swapped: tuple[Pair, ...] = ()
    blank: tuple[Pair, ...] = ()
    chance: tuple[Pair, ...] = ()
    caption: tuple[Pair, ...] = ()


def shown(held: Held, captions: Mapping[str, str]) -> list[Shown]:
    """The replies to photos on test days; where they are few, on validation days too, which were not learnt either."""
    every = sorted({photo for found in held.dialogues.values() for one in found for photo in _photos(one.turns)})
    found: list[Shown] = []
    for split in (Split.TEST, Split.VALIDATION):
        if len(found) < FEWEST:
            for occasion in occasions(held.dialogues.get(split, ())):
                there = set(_photos(_since(occasion.question)))
                known = {captions.get(photo, photo) for photo in there}
                rest = [photo for photo in every if photo not in there and captions.get(photo, photo) not in known]
                if there and occasion.real and len(rest) >= 2:
                    first, second = random.Random(occasion.message).sample(rest, 2)
                    found.append(Shown(occasion, (first, second)))
    return found


def ask(voice: Voice, items: Sequence[Shown], captions: Mapping[str, str], language: str) -> Sight:
    """How likely the voice finds the real replies under each condition."""
    if not items:
        return Sight()

    def nats(questions: Sequence[Question], of: Sequence[Shown]) -> list[float]:
        asked = voice.likelihood(questions, [(item.occasion.real,) for item in of])
        return [one.nats for (one,) in asked]

    def pairs(of: Sequence[Shown], first: Sequence[float], second: Sequence[float]) -> tuple[Pair, ...]:
        return tuple(
            Pair(a, b, item.occasion.day, item.occasion.chat) for item, a, b in zip(of, first, second, strict=True)
        )

    right = nats([item.occasion.question for item in items], items)
    wrong = [
        nats([item.question(partial(_other, photo=item.others[number])) for item in items], items) for number in (0, 1)
    ]
    grey = nats([item.question(_blank) for item in items], items)
    told = [number for number, item in enumerate(items) if all(photo in captions for photo in item.digests)]
    some = [items[number] for number in told]
    words = (
        nats([item.question(partial(_worded, captions=captions, language=language)) for item in some], some)
        if some
        else []
    )
    return Sight(
        pairs(items, right, wrong[0]),
        pairs(items, right, grey),
        pairs(items, wrong[0], wrong[1]),
        pairs(some, [right[number] for number in told], words),
    )


def sample_captions() -> dict[str, str]:
    """What the photos of the sample subjects show, by digest. Of anybody else's photos nothing is known."""
    table = Path(training.__file__).parent / _SAMPLE
    lines = [line.split("\t") for line in table.read_text("utf-8").splitlines() if line]
    return {
        hashlib.sha256((table.parent / path).read_bytes()).hexdigest(): name.replace("_", " ") for path, name in lines
    }


def _since(question: Question) -> tuple[Turn, ...]:
    """The last turns of others, since the subject spoke."""
    recent: list[Turn] = []
    for turn in reversed(question.turns[-_LAST_TURNS:]):
        if turn.speaker is None:
            break
        recent.insert(0, turn)
    return tuple(recent)


def _photos(turns: Sequence[Turn]) -> list[str]:
    return [photo for turn in turns for bubble in turn.bubbles for photo in bubble.photos]


def _other(bubble: Bubble, photo: str) -> Bubble:
    return replace(bubble, photos=tuple(other(photo, one) for one in bubble.photos))


def _blank(bubble: Bubble) -> Bubble:
    return replace(bubble, photos=tuple(map(blank, bubble.photos)))


def _worded(bubble: Bubble, captions: Mapping[str, str], language: str) -> Bubble:
    """`[photo: noodles] look at this`."""
    form = "[图片：{}]" if language == "zh" else "[photo: {}]"
    words = [form.format(captions[photo]) for photo in bubble.photos]
    return Bubble(" ".join([*words, bubble.text]).strip())
