"""Replies to a photo, read after that photo, after another, with none to see, and with words in its place."""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path

from PIL import Image, ImageOps

import training
from bot.chat.dialogue import Bubble, Turn
from bot.media import MediaStore
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.panels.context.trials import Trial
from training.evaluation.respondent import Occasion, Question, occasions

FEWEST = 20
"""Replies below which no verdict is given."""

COMPARED = {
    "picture_swapped": ("photo", "swapped"),
    "picture_blank": ("photo", "blank"),
    "picture_caption": ("photo", "caption"),
}
"""By metric, the photo itself and what stood in its place."""
CHANCE = {"picture_swapped": ("swapped", "other")}
"""One wrong photo against another."""

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
    """Returns the digest of a mid-grey picture in the size of the photo."""
    return f"{_BLANK}{digest}"


def other(shown: str, instead_of: str) -> str:
    """Returns the digest of one photo in the size of another."""
    return f"{_SWAP}{shown}:{instead_of}"


@dataclass(frozen=True, slots=True)
class PhotoReply:
    """An occasion to which photos were shown since the subject last spoke, and two other photos of the corpus."""

    occasion: Occasion
    others: tuple[str, str]

    @property
    def digests(self) -> list[str]:
        return recent_photos(self.occasion.question)

    def question(self, change: Callable[[Bubble], Bubble]) -> Question:
        """Returns the question with its photos changed, bubble by bubble."""
        question = self.occasion.question
        recent = _since(question)
        changed = [
            replace(turn, bubbles=tuple(change(one) if one.photos else one for one in turn.bubbles)) for turn in recent
        ]
        return replace(question, turns=(*question.turns[: -len(recent)], *changed))


def photo_replies(data: EvaluationData, captions: Mapping[str, str]) -> list[PhotoReply]:
    """The replies to photos on test days; where they are few, on validation days too, which were not learnt either."""
    every = sorted({photo for found in data.dialogues.values() for one in found for photo in _photos(one.turns)})
    found: list[PhotoReply] = []
    for split in (Split.TEST, Split.VALIDATION):
        if len(found) < FEWEST:
            for occasion in occasions(data.dialogues.get(split, ())):
                there = set(recent_photos(occasion.question))
                known = {captions.get(photo, photo) for photo in there}
                rest = [photo for photo in every if photo not in there and captions.get(photo, photo) not in known]
                if there and occasion.real and len(rest) >= 2:
                    first, second = random.Random(occasion.message).sample(rest, 2)
                    found.append(PhotoReply(occasion, (first, second)))
    return found


def trials(items: Sequence[PhotoReply], captions: Mapping[str, str], language: str) -> list[Trial]:
    """Makes a trial of each reply. The condition `caption`, words for the photo, is there only where it has some."""
    found = []
    for item in items:
        first, second = item.others
        changes = {
            "swapped": partial(_instead, stand_in=partial(other, first)),
            "other": partial(_instead, stand_in=partial(other, second)),
            "blank": partial(_instead, stand_in=blank),
        }
        if all(photo in captions for photo in item.digests):
            changes["caption"] = partial(_worded, captions=captions, language=language)
        changed = {key: item.question(change) for key, change in changes.items()}
        found.append(Trial(item.occasion, {"photo": item.occasion.question, **changed}))
    return found


def sample_captions() -> dict[str, str]:
    """What the photos of the sample subjects show, by digest. Of anybody else's photos nothing is known."""
    table = Path(training.__file__).parent / _SAMPLE
    lines = [line.split("\t") for line in table.read_text("utf-8").splitlines() if line]
    return {
        hashlib.sha256((table.parent / path).read_bytes()).hexdigest(): name.replace("_", " ") for path, name in lines
    }


def recent_photos(question: Question) -> list[str]:
    """The digests of the photos that were shown since the subject spoke."""
    return _photos(_since(question))


def _since(question: Question) -> tuple[Turn, ...]:
    """The last turns of others, since the subject spoke."""
    recent = takewhile(lambda turn: turn.speaker is not None, reversed(question.turns[-_LAST_TURNS:]))
    return tuple(recent)[::-1]


def _photos(turns: Sequence[Turn]) -> list[str]:
    return [photo for turn in turns for bubble in turn.bubbles for photo in bubble.photos]


def _instead(bubble: Bubble, stand_in: Callable[[str], str]) -> Bubble:
    return replace(bubble, photos=tuple(map(stand_in, bubble.photos)))


def _worded(bubble: Bubble, captions: Mapping[str, str], language: str) -> Bubble:
    """`[photo: noodles] look at this`."""
    form = "[图片：{}]" if language == "zh" else "[photo: {}]"
    words = [form.format(captions[photo]) for photo in bubble.photos]
    return Bubble(" ".join([*words, bubble.text]).strip())
