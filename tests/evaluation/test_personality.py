"""Panel F with planted avatars: one that answers as the person does, one as the opposite, one that has no view."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from bot.people import People
from bot.persona import Persona
from bot.questionnaire import SCALE, Answer, how_like_you, load_questionnaire
from training.data.dialogues import Dialogue
from training.data.splits import Split, Splits
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL
from training.evaluation.panel import Kind, Panel
from training.evaluation.panels.personality.panel import panel
from training.evaluation.panels.personality.traits import NORMS, TRAITS, correlation, population_mean
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
