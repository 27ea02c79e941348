"""What panel F asks about: the statements of the inventory that were held out, or the questionnaire's from 1 to 7."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from bot.personality.answers import Personality, load_personality
from bot.personality.items import HELD_OUT, ITEMS
from bot.questionnaire import SCALE, Answer, bare, load_questionnaire
from training.evaluation.data import EvaluationData
from training.statistics import NAN, Floats

LEAST = 8
"""Fewer answered statements tell nothing."""

NORMS = {"extraversion": 4.44, "agreeableness": 5.23, "conscientiousness": 5.40, "stability": 4.83, "openness": 5.38}
"""Means of 1,813 people on the Ten-Item Personality Inventory, 1 to 7: Gosling, Rentfrow and Swann, "A very brief
measure of the Big-Five personality domains", Journal of Research in Personality 37, 2003."""

TRAITS = {
    "trait_lively": ("extraversion", 1),
    "trait_quiet": ("extraversion", -1),
    "trait_warm": ("agreeableness", 1),
    "trait_critical": ("agreeableness", -1),
    "trait_orderly": ("conscientiousness", 1),
    "trait_messy": ("conscientiousness", -1),
    "trait_worry": ("stability", -1),
    "trait_calm": ("stability", 1),
    "trait_curious": ("openness", 1),
    "trait_habit": ("openness", -1),
    "trait_playful": ("extraversion", 1),
    "trait_open": ("extraversion", 1),
}
"""The trait that each item speaks of, and in which direction; the last two only roughly."""


@dataclass(frozen=True, slots=True)
class Statements:
    """texts: what is asked about. phrases: the answers, from 1 on. own, average, other: the person's answers, those of
    the average person, and those of another person, NaN where theirs is not known. inventory: whether they are of it.
    """

    texts: tuple[str, ...]
    phrases: tuple[str, ...]
    own: Floats
    average: Floats
    other: Floats
    inventory: bool

    @property
    def top(self) -> int:
        """The highest answer."""
        return len(self.phrases)

    @property
    def middle(self) -> float:
        return (1 + self.top) / 2


def statements(data: EvaluationData) -> Statements:
    """Returns those of the inventory, if enough are answered, for they are more, and of facets that were learnt."""
    inventory = of_inventory(data.personality, data.language)
    return inventory if len(inventory.texts) >= LEAST else of_questionnaire(data.questionnaire, data.language)


def of_inventory(personality: Personality, language: str) -> Statements:
    """The average person answers as the means of the facets' norms say. Five of the seven phrases stand for 1 to 5."""
    asked = [ITEMS[number] for number in sorted(HELD_OUT) if number in personality.answers]
    others = load_personality(_sample_of_other(language) / "personality.yaml").answers
    return Statements(
        tuple(item.text(language) for item in asked),
        tuple(SCALE[language][place] for place in (0, 1, 3, 5, 6)),
        _floats(personality.answers[item.number] for item in asked),
        _floats(item.keyed(item.facet.mean / 4) for item in asked),
        _floats(others.get(item.number, NAN) for item in asked),
        True,
    )


def of_questionnaire(answers: Sequence[Answer], language: str) -> Statements:
    """The average person's answer is the middle for an item that is not ours."""
    asked = [answer for answer in answers if answer.trait is not None]
    sample = load_questionnaire(_sample_of_other(language) / "questionnaire.yaml")
    others = {answer.id: float(answer.trait) for answer in sample if answer.trait is not None}
    return Statements(
        tuple(bare(answer.question) for answer in asked),
        SCALE[language],
        _floats(answer.trait or 0 for answer in asked),
        population_mean(asked),
        _floats(others.get(answer.id, NAN) for answer in asked),
        False,
    )


def population_mean(items: Sequence[Answer]) -> Floats:
    """Returns what the average person would answer; the middle for an item that is not ours."""
    found = []
    for item in items:
        trait, direction = TRAITS.get(item.id, (None, 1))
        mean = NORMS[trait] if trait else (1 + len(SCALE["en"])) / 2
        found.append(mean if direction > 0 else 1 + len(SCALE["en"]) - mean)
    return np.array(found)


def _sample_of_other(language: str) -> Path:
    """The folder of the sample subject of the other language, who is somebody else."""
    return Path(str(files("training"))) / "sample" / ("en" if language == "zh" else "zh")


def _floats(numbers: Iterable[float]) -> Floats:
    return np.array(list(numbers), dtype=np.float64)
