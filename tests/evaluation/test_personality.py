"""Panel F with planted avatars: one that answers as the person does, one as the opposite, one that has no view.

First with the questionnaire's items from 1 to 7, then with the inventory's statements, of which more are asked.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from bot.people import People
from bot.persona import Persona
from bot.personality.answers import Personality, load_personality
from bot.personality.items import HELD_OUT, ITEMS
from bot.questionnaire import SCALE, Answer, how_like_you, load_questionnaire
from training.data.dialogues import Dialogue
from training.data.splits import Split, Splits
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL
from training.evaluation.panel import Kind, Panel
from training.evaluation.panels.personality.panel import AGREES, panel
from training.evaluation.panels.personality.statements import NORMS, TRAITS, population_mean, statements
from training.evaluation.panels.personality.traits import correlation, rate
from training.evaluation.report import Mark, mark
from training.evaluation.respondent import Bubbles, Likelihood, Question, Respondents
from training.scoring import Scores

DAY = date(2026, 3, 1)


def data(language: str = "en", answers: Sequence[Answer] | None = None) -> EvaluationData:
    path = Path(str(files("training"))) / "sample" / language / "questionnaire.yaml"
    persona = Persona("Wren" if language == "en" else "小满", language=language)
    splits = Splits((DAY,), DAY, DAY)
    given = load_questionnaire(path) if answers is None else tuple(answers)
    return EvaluationData(persona, People.of(()), splits, dict.fromkeys(Split, ()), (), (), given)


@dataclass(frozen=True)
class Planted:
    """Says the phrase that `would` chooses, from 1 to 7, whatever phrases it otherwise likes; None: no view."""

    name: str
    would: Callable[[str], int | None]
    likes: Mapping[int, float]

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        raise AssertionError("nothing is scored here")

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        raise AssertionError("nothing is written here")

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        return [
            [self._one(question.turns[-1].bubbles[0].text, number) for number, _ in enumerate(row, 1)]
            for question, row in zip(questions, candidates, strict=True)
        ]

    def _one(self, asked: str, number: int) -> Likelihood:
        chosen = self.would(asked)
        nats = 20.0 - self.likes.get(number, 0.0)
        return Likelihood(nats - (6.0 if chosen == number else 0.0), 3, 12)


LOPSIDED = {4: 15.0, 1: 9.0}  # phrases that it likes for themselves


def respondents(
    about: EvaluationData, answers: Mapping[str, int], likes: Mapping[int, float] = LOPSIDED
) -> Respondents:
    language = about.language
    by_text = {how_like_you(item.question, language): answers[item.id] for item in about.questionnaire if item.trait}
    return Respondents(Planted("base", lambda _: None, likes), Planted("avatar", by_text.get, likes))


def own(about: EvaluationData) -> dict[str, int]:
    return {item.id: item.trait for item in about.questionnaire if item.trait}


def number(found: Panel, kind: Kind, key: str = "r") -> float:
    row = found.row(kind)
    assert row
    return row.values[key].number


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_answers_as_the_person_passes(language: str) -> None:
    about = data(language)
    found = panel(about, respondents(about, own(about)), FULL)
    assert found.not_measurable is None
    assert found.verdicts() == {"r": True, "above": True}
    assert number(found, Kind.AVATAR) > 0.99
    assert number(found, Kind.AVATAR, "above") > 0.02
    row = found.row(Kind.AVATAR)
    assert row and row.values["mae"].number < 0.4
    kinds = [row.kind for row in found.rows]
    for kind in (Kind.CEILING, Kind.FLOOR, Kind.BASE, Kind.SHUFFLED, Kind.DEGENERATE, Kind.BASELINE):
        assert kind in kinds
    assert number(found, Kind.DEGENERATE) == pytest.approx(-1)
    assert abs(number(found, Kind.SHUFFLED)) < 0.05
    assert found.figures[0].svg.startswith("<svg")
    assert found.examples and len(found.findings) == 3


def test_likes_for_a_phrase_do_not_count() -> None:
    about = data()
    plain = panel(about, respondents(about, own(about), {}), FULL)
    lopsided = panel(about, respondents(about, own(about)), FULL)
    assert number(plain, Kind.AVATAR) == pytest.approx(number(lopsided, Kind.AVATAR))


def test_the_opposite_and_a_mask_fail() -> None:
    about = data()
    opposite = panel(about, respondents(about, {id_: 8 - value for id_, value in own(about).items()}), FULL)
    assert opposite.verdicts() == {"r": False, "above": False} and number(opposite, Kind.AVATAR) < -0.9
    mask = panel(about, respondents(about, dict.fromkeys(own(about), 4)), FULL)
    assert mask.verdicts() == {"r": None, "above": None}
    assert "alike" in mask.findings[0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_is_like_most_people_and_no_more_does_not_pass(language: str) -> None:
    """Most people describe themselves much alike: an avatar of nobody in particular agrees well with this person."""
    about = data(language)
    means = population_mean([item for item in about.questionnaire if item.trait])
    average = {id_: round(mean) for id_, mean in zip(own(about), means, strict=True)}
    found = panel(about, respondents(about, average | {"trait_playful": 3}), FULL)
    assert 0.5 < number(found, Kind.AVATAR) < number(found, Kind.BASELINE)
    assert found.verdicts() == {"r": True, "above": False}
    assert mark(found) is Mark.MISSES
    assert ("no more than most people do" if language == "en" else "并不比一般人更一致") in found.findings[0]


def test_the_average_person_is_known_by_trait_and_direction() -> None:
    items = [Answer("trait_calm", "I stay calm.", "5", 5), Answer("trait_worry", "I worry.", "2", 2)]
    assert population_mean(items).tolist() == [NORMS["stability"], 8 - NORMS["stability"]]
    assert population_mean([Answer("trait_own", "I fly.", "5", 5)]).tolist() == [4]
    assert set(TRAITS) == set(own(data())), "each item of the questionnaire has its trait"


def test_two_avatars_are_compared_item_by_item() -> None:
    about = data()
    both = respondents(about, own(about))
    worse = replace(respondents(about, dict.fromkeys(own(about), 4)).avatar, name="older")  # type: ignore[type-var]
    found = panel(about, Respondents(both.base, both.avatar, worse), FULL)
    assert found.row(Kind.AGAINST)
    flipped = replace(
        respondents(about, {id_: 8 - value for id_, value in own(about).items()}).avatar,  # type: ignore[type-var]
        name="older",
    )
    less = panel(about, Respondents(both.base, both.avatar, flipped), FULL).differences["r"]
    assert less.number == pytest.approx(2, abs=0.05) and less.low > 1.5


@pytest.mark.parametrize("language", ["en", "zh"])
def test_too_few_answers_are_not_measurable(language: str) -> None:
    about = data(language)
    seven = [item for item in about.questionnaire if item.trait][:7]
    few = data(language, seven)
    found = panel(few, respondents(few, own(few)), FULL)
    assert found.not_measurable and "7" in found.not_measurable and found.verdicts() == {"r": None, "above": None}
    same = [replace(item, trait=4) for item in about.questionnaire if item.trait]
    assert panel(data(language, same), respondents(about, own(about)), FULL).not_measurable
    assert panel(data(language, []), respondents(about, own(about)), FULL).not_measurable


def test_the_base_model_alone_is_shown_and_not_judged() -> None:
    about = data()
    found = panel(about, Respondents(respondents(about, own(about)).base), FULL)
    assert found.not_measurable and found.row(Kind.BASE) and not found.row(Kind.AVATAR)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_statements_of_ones_own_have_no_average_person(language: str) -> None:
    about = data(language)
    items = [replace(item, id=f"{item.id}_own") for item in about.questionnaire if item.trait]
    about = data(language, items)
    found = panel(about, respondents(about, own(about)), FULL)
    assert found.verdicts() == {"r": True, "above": None}
    assert ("cannot be said" if language == "en" else "无法判断") in found.findings[1]
    assert "nan" not in " ".join(found.findings)


def test_nothing_varies_nothing_correlates() -> None:
    import numpy as np

    assert np.isnan(correlation(np.ones(5), np.arange(5.0)))
    assert correlation(np.arange(5.0), np.arange(5.0)) == pytest.approx(1)
    assert all(len(SCALE[language]) == 7 for language in SCALE)


def inventory(language: str = "en", answers: Mapping[int, int] | None = None) -> EvaluationData:
    """What is known of the sample subject who answered the inventory, or of somebody who gave these answers."""
    path = Path(str(files("training"))) / "sample" / language / "personality.yaml"
    personality = load_personality(path) if answers is None else Personality(answers=answers)
    return replace(data(language), personality=personality)


def answering(about: EvaluationData, would: Callable[[int], int | None]) -> Respondents:
    """An avatar that answers each statement, by its number, from 1 to 5, and a base model that has no view."""
    asked = {how_like_you(item.text(about.language), about.language): number for number, item in ITEMS.items()}

    def chosen(text: str) -> int | None:
        return would(asked[text]) if text in asked else None

    return Respondents(Planted("base", lambda _: None, LOPSIDED), Planted("avatar", chosen, LOPSIDED))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_the_inventory_what_was_held_out_is_asked(language: str) -> None:
    about = inventory(language)
    asked = statements(about)
    assert asked.texts == tuple(ITEMS[number].text(language) for number in sorted(HELD_OUT))
    assert asked.own.tolist() == [about.personality.answers[number] for number in sorted(HELD_OUT)]
    assert len(asked.phrases) == 5 and asked.phrases[2] == SCALE[language][3] and asked.middle == 3
    found = panel(about, answering(about, about.personality.answers.get), FULL)
    assert found.verdicts() == {"r": True, "above": True} and number(found, Kind.AVATAR) > 0.97
    assert number(found, Kind.AVATAR, "above") > 0.1
    assert found.row(Kind.FLOOR), "the other sample subject"
    assert number(found, Kind.DEGENERATE) == pytest.approx(-1)
    baseline = found.row(Kind.BASELINE)
    assert baseline and "Kajonius" in baseline.note and "IPIP-NEO-120" in found.what
    assert len([row for row in found.rows if row.kind is Kind.DEGENERATE]) == 3
    assert "30" in found.findings[-1]


@pytest.mark.parametrize("answer", [3, 5])
def test_who_is_always_neutral_or_always_agrees_does_not_pass(answer: int) -> None:
    about = inventory()
    found = panel(about, answering(about, lambda _: answer), FULL)
    assert found.verdicts() == {"r": None, "above": None} and mark(found) is not Mark.PASSES
    assert "alike" in found.findings[0]


@pytest.mark.parametrize("choices", [(1, 2, 3, 4, 5), (4, 5, 5, 5)])
def test_who_answers_by_chance_or_mostly_agrees_has_nothing_in_common_with_the_person(choices: tuple[int, ...]) -> None:
    about = inventory()
    asked, found = statements(about), list[float]()
    for seed in range(200):
        rng = random.Random(seed)
        answers = {number: rng.choice(choices) for number in sorted(HELD_OUT)}
        avatar = answering(about, answers.get).avatar
        assert avatar
        found.append(correlation(rate(avatar, asked, about), asked.own))
    assert abs(sum(found) / len(found)) < 0.05
    assert sum(r >= AGREES for r in found) <= 2, "about one in four hundred is so by chance"


def test_who_is_the_average_person_of_the_norms_does_not_pass_for_this_one() -> None:
    about = inventory()
    average = {number: round(item.keyed(item.facet.mean / 4)) for number, item in ITEMS.items()}
    found = panel(about, answering(about, average.get), FULL)
    assert number(found, Kind.AVATAR) <= number(found, Kind.BASELINE) + 0.01 and mark(found) is not Mark.PASSES


def test_a_few_answers_to_the_inventory_leave_the_questionnaires_items() -> None:
    seven = dict.fromkeys(sorted(HELD_OUT)[:7], 4)
    assert not statements(inventory(answers=seven)).inventory
    eight = dict.fromkeys(sorted(HELD_OUT)[:8], 4)
    assert statements(inventory(answers=eight)).inventory
    assert not statements(inventory(answers=dict.fromkeys(ITEMS.keys() - HELD_OUT, 5))).inventory, "all of it learnt"
