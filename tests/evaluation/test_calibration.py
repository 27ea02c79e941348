"""The decision fitted to a person."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.chat.decision import FILE, VERSION, Addressed, Calibration
from bot.chat.features import is_out
from bot.errors import PermanentError
from tests.evaluation.plainly import calibration_error
from training.calibration import Inputs, fit, fit_linear
from training.data.points import Point
from training.data.splits import Split
from training.statistics import Bools, Floats, auroc

DAY = date(2026, 1, 1)
SPLITS = [Split.TRAIN] * 12 + [Split.VALIDATION] * 4 + [Split.TEST] * 4


class Person:
    """Speaks with log-odds of −2.5 + 2 · recency + `hidden`; what is hidden only a model could know."""

    def __init__(self, hidden: float = 1.0, a_day: int = 150, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        days = np.repeat(np.arange(20), a_day)
        self.recency, self.noise = rng.random(len(days)), rng.random(len(days))
        self.hidden = rng.normal(size=len(days)) * hidden
        odds = -2.5 + 2 * self.recency + self.hidden
        spoke = rng.random(len(days)) < 1 / (1 + np.exp(-odds))
        self.points = [
            Point(
                number,
                "telegram:9",
                DAY + timedelta(days=int(day)),
                SPLITS[day],
                bool(spoke[number]),
                bool(spoke[number]),
                {"recency": float(self.recency[number]), "noise": float(self.noise[number]), "photo": 0.0},
            )
            for number, day in enumerate(days)
        ]

    def odds(self, model: Floats) -> dict[int, float]:
        return {point.message: float(model[point.message]) for point in self.points if point.split is Split.VALIDATION}

    def tested(self) -> list[Point]:
        return [point for point in self.points if point.split is Split.TEST]


def probabilities(calibration: Calibration, points: Sequence[Point], model: Floats) -> tuple[Bools, Floats]:
    found = [calibration.probability(float(1 / (1 + np.exp(-model[point.message]))), point.seen) for point in points]
    return np.array([point.spoke for point in points]), np.array(found)


def test_a_model_that_knows_more_is_joined_with_the_features() -> None:
    person = Person(hidden=1.5)
    model = 0.5 * person.hidden - 3  # knows what is hidden, not the recency, and speaks too rarely
    fitted = fit(person.points, person.odds(model))
    assert fitted.inputs is Inputs.BOTH
    assert fitted.compared[Inputs.BOTH] > max(fitted.compared[Inputs.FEATURES], fitted.compared[Inputs.MODEL])
    spoke, p = probabilities(fitted.calibration, person.tested(), model)
    assert auroc(spoke, p) > fitted.compared[Inputs.FEATURES] + 0.05
    assert calibration_error(spoke, p) < 0.05
    assert 0.8 < (p >= fitted.calibration.threshold).mean() / spoke.mean() < 1.25


def test_a_model_that_knows_nothing_is_left_out() -> None:
    person = Person()
    model = np.random.default_rng(2).normal(size=len(person.points)) * 3
    fitted = fit(person.points, person.odds(model))
    assert fitted.compared[fitted.inputs] >= fitted.compared[Inputs.FEATURES]
    assert abs(fitted.calibration.model) < 0.1
    spoke, p = probabilities(fitted.calibration, person.tested(), model)
    alone = auroc(spoke, np.array([point.seen["recency"] for point in person.tested()]))
    assert auroc(spoke, p) > alone - 0.02


def test_a_model_that_counts_the_wrong_way_is_not_turned_round() -> None:
    person = Person()
    fitted = fit(person.points, person.odds(-person.hidden))
    assert fitted.inputs is Inputs.FEATURES
    assert fitted.calibration.model == 0


def test_it_speaks_as_often_as_the_person_on_the_judge_days() -> None:
    person = Person()
    model = person.hidden + 5
    fitted = fit(person.points, person.odds(model))
    judged = [point for point in person.points if point.split is Split.VALIDATION]
    spoke, p = probabilities(fitted.calibration, judged, model)
    assert (p >= fitted.calibration.threshold).sum() == spoke.sum() == fitted.answered
    assert (fitted.decisions, fitted.days) == (600, 4)


def test_out_of_the_conversation_it_joins_in_as_often_as_the_person_did() -> None:
    person = Person()
    seen = [{**point.seen, "share": float(point.seen["recency"] > 0.5)} for point in person.points]
    points = [replace(point, seen=one) for point, one in zip(person.points, seen, strict=True)]
    fitted = fit(points, {})
    judged = [point for point in points if point.split is Split.VALIDATION]
    for out in (True, False):
        here = [point for point in judged if is_out(point.seen) is out]
        speaks = [fitted.calibration.decide(0.5, point.seen).answer for point in here]
        assert sum(speaks) == sum(point.spoke for point in here) > 0
    assert fitted.calibration.joining < fitted.calibration.threshold


def test_without_a_word_of_the_model_the_features_do() -> None:
    fitted = fit(Person().points, {})
    assert fitted.inputs is Inputs.FEATURES
    assert fitted.calibration.model == 0
    assert fitted.calibration.weights["recency"] > 1
    assert fitted.calibration.weights["photo"] == 0, "what never changes says nothing"


def with_more(person: Person, more: Floats) -> list[Point]:
    """The person's points with one of the later features beside the first ones."""
    return [replace(one, seen={**one.seen, "waiting": float(more[one.message])}) for one in person.points]


def test_more_features_are_taken_where_they_say_more() -> None:
    person = Person(hidden=1.5)
    points = with_more(person, person.hidden)
    blind = np.random.default_rng(3).normal(size=len(points))
    for odds in ({}, person.odds(blind)):
        fitted = fit(points, odds)
        assert fitted.inputs is Inputs.WIDER
        assert fitted.compared[Inputs.WIDER] > fitted.compared[Inputs.FEATURES] + 0.05
        assert fitted.calibration.weights["waiting"] > 0.5
        assert fitted.calibration.model == 0
        tested = [point for point in points if point.split is Split.TEST]
        spoke, p = probabilities(fitted.calibration, tested, blind)
        assert auroc(spoke, p) > fitted.compared[Inputs.FEATURES] + 0.05
        assert calibration_error(spoke, p) < 0.05


def test_more_features_that_say_nothing_are_left_out() -> None:
    person = Person()
    points = with_more(person, np.random.default_rng(3).normal(size=len(person.points)))
    fitted = fit(points, {})
    assert fitted.inputs is Inputs.FEATURES
    assert "waiting" not in fitted.calibration.weights
    simple = fit(person.points, {}).calibration
    assert fitted.calibration.weights == pytest.approx(simple.weights), "the gate that it is measured against"
    assert fitted.calibration.threshold == pytest.approx(simple.threshold)


def test_the_model_joins_more_features_too() -> None:
    person = Person(hidden=1.5)
    other = np.random.default_rng(4).normal(size=len(person.points)) * 1.5
    odds = -2.5 + 2 * person.recency + person.hidden + other
    spoke = np.random.default_rng(5).random(len(other)) < 1 / (1 + np.exp(-odds))
    points = [replace(one, spoke=bool(spoke[one.message])) for one in with_more(person, other)]
    fitted = fit(points, person.odds(person.hidden))
    assert fitted.inputs is Inputs.WIDER_BOTH
    assert fitted.calibration.model > 0.1
    assert fitted.calibration.weights["waiting"] > 0.1


def test_with_too_little_nothing_is_fitted() -> None:
    few = [point for point in Person().points if not point.spoke][:50]
    for points in ([], few):
        fitted = fit(points, {point.message: 0.0 for point in points})
        assert (fitted.inputs, fitted.calibration) == (Inputs.NONE, Calibration(addressed=Addressed()))


def test_a_few_days_of_a_quiet_person_do() -> None:
    person = Person(a_day=12)
    fitted = fit(person.points, person.odds(person.hidden))
    assert fitted.inputs is not Inputs.NONE
    assert 0 < fitted.calibration.threshold < 1


def test_folding_back_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(500, 3)) * [1, 100, 0.01] + [5, -300, 0]
    spoke = rng.random(500) < 1 / (1 + np.exp(-(columns[:, 0] - 5) - (columns[:, 1] + 300) / 100))
    fitted = fit_linear(columns, spoke, strength=1.0)
    assert fitted.weights[0] == pytest.approx(1, abs=0.4)
    assert fitted.weights[1] == pytest.approx(0.01, abs=0.004)
    mean = 1 / (1 + np.exp(-fitted(columns)))
    assert mean.mean() == pytest.approx(spoke.mean(), abs=1e-3)
    always = fit_linear(columns, np.ones(500, dtype=np.bool_))
    assert always.weights == (0.0, 0.0, 0.0)


def test_it_is_saved_for_the_owner_and_read_back(tmp_path: Path) -> None:
    calibration = Calibration(-1.5, 0.7, {"recency": 2.0}, 0.3)
    calibration.save(tmp_path)
    assert Calibration.load(tmp_path) == calibration
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert calibration.decide(0.9, {"recency": 1.0}).answer
    assert not calibration.decide(0.1, {"recency": 0.0}).answer


def test_a_record_from_before_the_later_features_is_read_and_a_newer_one_refused(tmp_path: Path) -> None:
    old = {"bias": -1.0, "model": 0.0, "weights": {"share": 2.0}, "threshold": 0.2}
    (tmp_path / FILE).write_text(json.dumps(old), "utf-8")
    assert Calibration.load(tmp_path) == Calibration(-1.0, 0.0, {"share": 2.0}, 0.2, 0.2)
    (tmp_path / FILE).write_text(json.dumps(old | {"version": VERSION + 1}), "utf-8")
    with pytest.raises(PermanentError, match="newer Echoes"):
        Calibration.load(tmp_path)


def test_without_a_file_nothing_is_decided(tmp_path: Path) -> None:
    with pytest.raises(
        PermanentError, match=r"decision\.json is missing, .*: train again with `echoes train`, or name"
    ):
        Calibration.load(tmp_path)


def test_uncalibrated_it_is_the_models_own_probability() -> None:
    assert Calibration().probability(0.3, {"recency": 1.0}) == pytest.approx(0.3)
    for extreme in (0.0, 1.0):
        assert 0 <= Calibration().probability(extreme, {}) <= 1


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"bias": "much", "model": 1, "weights": {}, "threshold": 1}'])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    with pytest.raises(PermanentError, match="damaged: train again"):
        Calibration.load(tmp_path)
