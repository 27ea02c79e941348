"""The panel of when to answer, with planted decisions: those that know nothing of the person must fail."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, brier_score_loss

from bot.chat.decision import Addressed, Calibration
from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.features import Heard
from bot.message import ChatKind
from bot.people import People
from bot.persona import Persona
from tests.evaluation.plainly import calibration_error, rate_ratio
from training import statistics
from training.data.dialogues import Dialogue
from training.data.groups import Group as HeardGroup
from training.data.groups import Line
from training.data.points import Point
from training.data.splits import Split, Splits
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL
from training.evaluation.panel import Kind, Panel
from training.evaluation.panels.decision.measures import Truth, balanced_accuracy, curve, measures
from training.evaluation.panels.decision.panel import panel
from training.evaluation.panels.decision.predictions import BASELINES, LOGISTIC, Predictions
from training.evaluation.report import Mark, mark
from training.evaluation.respondent import Bubbles, Likelihood, Question, Respondents
from training.scoring import Scores
from training.statistics import Bools, Floats

FIRST = date(2026, 1, 1)
DAYS = 20
SPLITS = Splits(tuple(FIRST + timedelta(day) for day in range(DAYS)), FIRST + timedelta(12), FIRST + timedelta(16), UTC)
AS_IT_IS = Calibration()


class Group:
    """Nora speaks where she was addressed, now and then; where she spoke before; and where the topic is hers."""

    def __init__(self, a_day: int = 100, seed: int = 3, language: str = "en") -> None:
        rng = np.random.default_rng(seed)
        days = np.repeat(np.arange(DAYS), a_day)
        self.addressed = rng.random(len(days)) < 0.1
        self.recency = rng.random(len(days))
        self.topic = rng.normal(size=len(days))
        odds = -4.5 + 1.5 * self.addressed + 2.5 * self.recency + 2.5 * self.topic
        self.odds = odds
        spoke = rng.random(len(days)) < 1 / (1 + np.exp(-odds))
        zeros = dict.fromkeys(BASELINES[LOGISTIC], 0.0)
        self.points = [
            Point(
                number,
                "telegram:9",
                day := FIRST + timedelta(int(days[number])),
                SPLITS.split_of(day),
                bool(spoke[number]),
                bool(spoke[number : number + 3].any()),
                zeros
                | {
                    "addressed": float(self.addressed[number]),
                    "addressed_other": float(not self.addressed[number] and number % 2),
                    "recency_messages": float(self.recency[number]),
                    "share": 0.2,
                },
            )
            for number in range(len(days))
        ]
        self.persona = Persona("林小满" if language == "zh" else "Nora", (), language)

    def data(self, points: Sequence[Point] | None = None) -> EvaluationData:
        tested = [point for point in self.points if point.split is Split.TEST]
        dialogues = tuple(self._dialogue([one for one in tested if one.day == day]) for day in SPLITS.days[16:])
        return EvaluationData(
            self.persona,
            People.of((), ()),
            SPLITS,
            {Split.TRAIN: (), Split.VALIDATION: (), Split.TEST: dialogues},
            (),
            tuple(self.points if points is None else points),
            (),
            groups=(self._heard(tested),),
        )

    @staticmethod
    def _heard(points: Sequence[Point]) -> HeardGroup:
        at = datetime(2026, 1, 17, tzinfo=UTC)
        called = [bool(point.seen["addressed"]) for point in points]
        said = [Heard("tom", at + timedelta(seconds=20 * n), "so", addressed=one) for n, one in enumerate(called)]
        lines = [Line(one.message, one.split, words) for one, words in zip(points, said, strict=True)]
        return HeardGroup("telegram:9", ("Nora",), 1, tuple(lines))

    def _dialogue(self, points: Sequence[Point]) -> Dialogue:
        turns, messages = [], []
        at = datetime(points[0].day.year, points[0].day.month, points[0].day.day, 18, tzinfo=UTC)
        for point in points:
            turns.append(Turn(Speaker("Tom"), (Bubble(f"message {point.message}"),), at))
            messages.append(point.message)
            if point.spoke:
                turns.append(Turn(None, (Bubble(f"answer {point.message}"),), at))
                messages.append(100000 + point.message)
        scene = Scene(self.persona, ChatKind.GROUP, title="Lamps")
        return Dialogue(
            "telegram:9", scene, tuple(turns), 0, points[0].day, tuple(True for _ in turns), tuple(messages)
        )


class Planted:
    """Decides by a rule; writes nothing."""

    def __init__(self, name: str, odds: Callable[[int], float]) -> None:
        self.name, self.odds = name, odds

    def score(self, dialogues: Sequence[Dialogue]) -> list[Scores]:
        return [
            Scores({message: self.odds(message) for message in one.messages if message < 100000}, (), 1)
            for one in dialogues
        ]

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        raise AssertionError("nothing is written to measure a decision")

    def likelihood(
        self, questions: Sequence[Question], candidates: Sequence[Sequence[Bubbles]]
    ) -> list[list[Likelihood]]:
        raise AssertionError("nothing is weighed to measure a decision")


@pytest.fixture(scope="module")
def group() -> Group:
    return Group()


def examined(
    group: Group,
    odds: Callable[[int], float],
    against: Callable[[int], float] | None = None,
    calibrations: Mapping[str, Calibration] | None = None,
) -> Panel:
    other = Planted("other", against) if against else None
    respondents = Respondents(Planted("base", lambda _: 0.3), Planted("nora", odds), other)
    return panel(group.data(), respondents, FULL, calibrations or {})


def number(found: Panel, kind: Kind, key: str, name: str = "") -> float:
    return next(row for row in found.rows if row.kind is kind and name in row.name).values[key].number


def test_who_knows_the_person_passes(group: Group) -> None:
    found = examined(
        group,
        lambda message: float(group.odds[message]),
        calibrations={"nora": Calibration(threshold=0.36, joining=0.36)},
    )
    assert mark(found) is Mark.PASSES, found.verdicts()
    assert found.verdicts() == {"gain": True, "sure": True, "ece": True, "left_alone": True}
    assert number(found, Kind.AVATAR, "gain") == pytest.approx(
        number(found, Kind.AVATAR, "w1") - number(found, Kind.BASELINE, "w1", "rule")
    )
    assert "simple rule without a language model manages" in found.findings[0]


@pytest.mark.parametrize(
    ("odds", "missed"),
    [
        (lambda group: lambda _: 20.0, {"gain", "sure", "ece", "left_alone"}),
        (lambda group: lambda _: -20.0, {"gain", "sure", "ece", "left_alone"}),
        (lambda group: lambda message: 20.0 if group.addressed[message] else -20.0, {"gain", "sure", "ece"}),
        (lambda group: lambda message: float(np.random.default_rng(message).normal() - 2), {"gain", "sure"}),
    ],
    ids=["always speaks", "never speaks", "speaks on mention", "by chance"],
)
def test_who_does_not_fails(group: Group, odds: Callable[[Group], Callable[[int], float]], missed: set[str]) -> None:
    found = examined(group, odds(group))
    assert mark(found) is Mark.MISSES
    assert missed <= {key for key, met in found.verdicts().items() if met is False}


def test_the_controls_are_what_they_are_called(group: Group) -> None:
    found = examined(group, lambda message: float(group.odds[message]))
    assert {row.kind for row in found.rows} == set(Kind) - {Kind.AGAINST}
    assert number(found, Kind.CEILING, "w1") == number(found, Kind.CEILING, "rate") == 1
    assert number(found, Kind.CEILING, "ece") == 0
    assert number(found, Kind.SHUFFLED, "w1") == pytest.approx(0.5, abs=0.1)
    spoke = sum(point.spoke for point in group.points if point.split is Split.TEST) / (4 * 100)
    assert number(found, Kind.DEGENERATE, "rate", "always") == pytest.approx(1 / spoke)
    assert number(found, Kind.DEGENERATE, "rate", "never") == 0
    assert number(found, Kind.DEGENERATE, "ece", "always") == pytest.approx(1 - spoke)
    assert number(found, Kind.BASELINE, "gain", "rule") == 0
    mention = next(row for row in found.rows if "mentioned" in row.name).values
    assert 0.5 < mention["w1"].number < number(found, Kind.BASELINE, "w1", "rule")
    floor = found.row(Kind.FLOOR)
    assert floor and floor.note and not floor.values


def test_the_simple_rule_itself_gains_nothing(group: Group) -> None:
    """An avatar whose decision is the rule's is not called better, however certain the rule is."""
    rule = {
        point.message: 1.5 * point.seen["addressed"] + 2.5 * point.seen["recency_messages"] - 3
        for point in group.points
    }
    found = examined(group, lambda message: rule[message])
    assert found.verdicts()["gain"] is False
    assert "no better than a simple rule" in found.findings[0]


def test_the_calibration_decides(group: Group) -> None:
    """What ships is measured, not the model's own probability."""
    features = Calibration(-3.0, 0.0, {"addressed": 1.5, "recency_messages": 2.5}, 0.3, 0.3)
    found = examined(group, lambda _: -9.0, calibrations={"nora": features})
    assert number(found, Kind.AVATAR, "w1") > 0.6
    assert number(found, Kind.BASELINE, "w1", "model alone") == 0.5


def test_how_often_by_to_whom_it_was_said(group: Group) -> None:
    """Who answers whatever is addressed to it, and nothing else, is seen to, beside a person who answers some of it."""
    deaf = Calibration(-9.0, 0.0, {}, 0.5, 0.5, Addressed())
    found = examined(group, lambda _: 0.0, calibrations={"nora": deaf})
    tested = [point for point in group.points if point.split is Split.TEST and point.seen["addressed"]]
    answered = [point.spoke_soon for point in tested]
    assert 0 < sum(answered) < len(answered)
    assert number(found, Kind.AVATAR, "rate_addressed") == pytest.approx(len(answered) / sum(answered))
    assert number(found, Kind.AVATAR, "rate_open") == number(found, Kind.AVATAR, "rate_other") == 0
    assert {number(found, Kind.CEILING, f"rate_{key}") for key in ("addressed", "other", "open")} == {1.0}
    assert any("within three turns" in one and "it answers 100 % of the time" in one for one in found.findings)


def test_two_avatars_on_the_same_messages(group: Group) -> None:
    found = examined(group, lambda message: float(group.odds[message]), lambda _: -2.0)
    less = found.differences["w1"]
    assert less.number == pytest.approx(number(found, Kind.AVATAR, "w1") - 0.5)
    assert 0 < less.low < less.number < less.high
    assert found.row(Kind.AGAINST) is not None


def test_pictures_and_examples(group: Group) -> None:
    found = examined(group, lambda message: float(group.odds[message]))
    assert [figure.svg[:4] for figure in found.figures] == ["<svg", "<svg"]
    answered, passed = found.examples[0], found.examples[-1]
    assert answered.before[-1].startswith("Tom: message")
    said = answered.before[-1].removeprefix("Tom: message ")
    assert answered.answers["Nora"] == (f"answer {said}",)
    assert passed.answers["Nora"] == ("(silent)",)


def test_without_a_model_the_simple_rules_stand(group: Group) -> None:
    found = panel(group.data(), None, FULL, {})
    assert found.not_measurable is None
    assert mark(found) is Mark.UNKNOWN
    assert number(found, Kind.BASELINE, "w1", "rule") > 0.6
    assert found.row(Kind.AVATAR) is None


def test_too_little_is_a_sentence(group: Group) -> None:
    respondents = Respondents(Planted("base", lambda _: 0.0), Planted("nora", lambda _: 0.0))
    none = panel(group.data(()), respondents, FULL, {})
    assert none.not_measurable == (
        "In these chats there is no group in which Nora writes, so nothing shows when Nora keeps silent."
    )
    silent = [point for point in group.points if point.split is not Split.TEST or not point.spoke]
    few = panel(group.data(silent), respondents, FULL, {})
    assert few.not_measurable is not None
    assert "Nora answered 0 and passed over" in few.not_measurable
    for found in (none, few):
        assert mark(found) is Mark.UNKNOWN
        assert found.rows == ()


def test_in_chinese() -> None:
    found = examined(Group(language="zh"), lambda _: 20.0)
    assert found.title == "开口与沉默"
    assert "开口太多" in found.findings[1]
    assert not [row.name for row in found.rows if row.kind is Kind.DEGENERATE and row.name.isascii()]


def test_one_day_has_no_interval(group: Group) -> None:
    day = SPLITS.days[-1]
    kept = [point for point in group.points if point.split is not Split.TEST or point.day == day]
    found = panel(group.data(kept), Respondents(Planted("base", lambda _: 0.0)), FULL, {})
    base = found.row(Kind.BASE)
    assert base and math.isnan(base.values["w1"].low)


def brier_skill(spoke: Bools, p: Floats) -> float:
    always = brier_score_loss(spoke, np.full(len(p), spoke.mean()))
    return float(1 - brier_score_loss(spoke, p) / always)


def balanced(spoke: Bools, p: Floats) -> float:
    """Ties at the border are broken by chance, so it is the mean of doing so either way."""
    number = int(spoke.sum())
    border = np.sort(p)[-number]
    share = (p > border) + (p == border) * (number - (p > border).sum()) / (p == border).sum()
    return float((share[spoke].mean() + 1 - share[~spoke].mean()) / 2)


def test_speaking_as_often_as_the_person_by_hand() -> None:
    spoke = np.arange(8) < 2
    score = np.array([0.9, 0.2, 0.8, 0.1, 0.1, 0.1, 0.1, 0.1])
    once = np.ones((1, 8))
    assert balanced_accuracy(*curve(spoke, score, once)) == pytest.approx((1 / 2 + 5 / 6) / 2)
    assert balanced_accuracy(*curve(spoke, np.zeros(8), once)) == pytest.approx(0.5), "ties are broken as if by chance"
    assert np.isnan(balanced_accuracy(*curve(spoke, score, 0 * once))), "nothing was drawn"


def test_the_fast_measures_are_the_plain_ones(group: Group) -> None:
    """A draw of days is counted, not copied: the same numbers and intervals as from copies."""
    tested = [point for point in group.points if point.split is Split.TEST]
    truth = Truth.of(tested)
    rng = np.random.default_rng(5)
    p = np.round(1 / (1 + np.exp(-group.odds[[point.message for point in tested]])), 1)
    predicted = Predictions(p, rng.random(len(p)) < p)
    found = {key: statistics.value(measure) for key, measure in measures(predicted, truth).items()}
    days = [point.day for point in tested]
    plainly: dict[str, Callable[[NDArray[np.intp]], float]] = {
        "w1": lambda rows: statistics.auroc(truth.spoke[rows], p[rows]),
        "w3": lambda rows: statistics.auroc(truth.soon[rows], p[rows]),
        "rate": lambda rows: rate_ratio(truth.spoke[rows], predicted.speaks[rows]),
        "brier": lambda rows: brier_skill(truth.spoke[rows], p[rows]),
        "ap": lambda rows: float(average_precision_score(truth.spoke[rows], p[rows])),
        "ap_w3": lambda rows: float(average_precision_score(truth.soon[rows], p[rows])),
        "balanced": lambda rows: balanced(truth.spoke[rows], p[rows]),
    }
    for key, plain in plainly.items():
        assert found[key].number == pytest.approx(plain(np.arange(len(p))))
        each = statistics.value(statistics.Draws(days).each(plain))
        assert (found[key].low, found[key].high) == pytest.approx((each.low, each.high))
    assert found["ece"].number == pytest.approx(calibration_error(truth.spoke, p))
