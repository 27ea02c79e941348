"""What is addressed to the person is answered as often as they answer it, however busy the chat is."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.chat.decision import Addressed, Calibration
from bot.chat.features import Heard, features
from training.calibration import Fitted, Inputs, fit, told
from training.calibration.addressed import PRIOR, own_rate
from training.data.points import Point
from training.data.splits import Split
from training.statistics import Floats, auroc

DAY = date(2026, 1, 1)
DAYS = [Split.TRAIN] * 8 + [Split.VALIDATION] * 4 + [Split.TEST] * 4


class Lively:
    """A group in which the subject is named mostly while they talk, and answers two of three, often a turn later.

    The rest they answer as far as they are talking. What is hidden only a model could know.
    """

    def __init__(self, a_day: int = 250, named: float = 0.15, answers: float = 2 / 3, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        days = np.repeat(np.arange(len(DAYS)), a_day)
        count = len(days)
        talking = rng.random(count)
        called = rng.random(count) < named * 2 * talking
        self.hidden = rng.normal(size=count)
        likely = np.where(self.hidden > np.quantile(self.hidden, 1 - answers), 0.9, 0.9 * answers / 4)
        soon = np.where(called, rng.random(count) < likely, False)
        spoke = np.where(called, soon & (rng.random(count) < 0.4), rng.random(count) < 0.3 * talking**2)
        late = np.zeros(count, dtype=bool)
        late[1:] = soon[:-1] & ~spoke[:-1] & called[:-1] & ~called[1:]
        spoke = spoke | late
        self.points = [
            Point(
                number,
                "telegram:9",
                DAY + timedelta(days=int(day)),
                DAYS[day],
                bool(spoke[number]),
                bool(spoke[number] or soon[number]),
                {
                    "addressed": float(called[number]),
                    "addressed_other": 0.0,
                    "share": 0.2,
                    "rate_one_minute": float(talking[number]),
                    "question": float(rng.random() < 0.3),
                    "length": float(rng.random()),
                },
                bool(late[number]),
            )
            for number, day in enumerate(days)
        ]

    def of(self, split: Split, *, called: bool = True) -> list[Point]:
        return [one for one in self.points if one.split is split and bool(one.seen["addressed"]) is called]

    def odds(self, model: Floats) -> dict[int, float]:
        return {one.message: float(model[one.message]) for one in self.points if one.split is Split.VALIDATION}


def share(calibration: Calibration, points: list[Point], model: Floats | None = None) -> float:
    """How many of them the avatar answers."""
    asked = [0.5 if model is None else float(1 / (1 + np.exp(-model[one.message]))) for one in points]
    return float(np.mean([calibration.decide(p, one.seen).answer for p, one in zip(asked, points, strict=True)]))


def test_who_answers_two_of_three_answers_two_of_three() -> None:
    group = Lively()
    fitted = fit(group.points, {})
    assert fitted.addressed is not None and fitted.addressed.rate == pytest.approx(2 / 3, abs=0.06)
    known = [*group.of(Split.TRAIN), *group.of(Split.VALIDATION)]
    assert share(fitted.calibration, known) == pytest.approx(fitted.addressed.rate, abs=0.5 / len(known) + 1e-9)
    assert share(fitted.calibration, group.of(Split.TEST)) == pytest.approx(2 / 3, abs=0.12)


def test_all_in_all_it_speaks_as_often_as_the_person() -> None:
    """An answer that came a turn late is given at once, and so is none to the message that came between."""
    group = Lively()
    judged = [one for one in group.points if one.split is Split.VALIDATION]
    speaks = share(fit(group.points, {}).calibration, judged)
    assert speaks == pytest.approx(np.mean([one.answered for one in judged]), rel=0.1)


def silenced(calibration: Calibration, seconds: float) -> list[bool]:
    """Somebody names Nora eight times, so many seconds apart, in a group where others have talked all along."""
    at, answers = datetime(2026, 1, 1, tzinfo=UTC), []
    history = [Heard("tom", at + timedelta(seconds=seconds * number), "so I said no") for number in range(20)]
    history.append(Heard(None, history[-1].at + timedelta(seconds=seconds), "ok"))
    for number in range(8):
        asked = Heard("mei", history[-1].at + timedelta(seconds=seconds), f"Nora: do you know why it fails? {number}")
        history.append(asked)
        answers.append(calibration.decide(0.5, features(history, ["Nora"])).answer)
    return answers


def test_a_busy_chat_silences_nobody_who_names_it() -> None:
    """What pace and silence took away before: with one threshold for all, the same questions go unanswered."""
    fitted = fit(Lively().points, {}).calibration
    before = Calibration(fitted.bias, fitted.model, fitted.weights, fitted.threshold, fitted.joining)
    assert not any(silenced(before, 4)), "the avatar's share of the last minute is small where others type fast"
    assert silenced(fitted, 4) == silenced(fitted, 40) and all(silenced(fitted, 4))


def test_the_model_joins_where_it_knows_whom_the_person_answers() -> None:
    group = Lively(a_day=500)
    fitted = fit(group.points, group.odds(group.hidden * 2 - 3))
    assert fitted.addressed is not None and fitted.addressed.inputs in (Inputs.BOTH, Inputs.MODEL)
    assert fitted.calibration.addressed is not None and fitted.calibration.addressed.model > 0.2
    tested = group.of(Split.TEST)
    probability = [fitted.calibration.decide(1 / (1 + np.exp(3 - 2 * group.hidden[one.message])), one.seen).probability
                   for one in tested]  # fmt: skip
    assert auroc(np.array([one.answered for one in tested]), np.array(probability)) > 0.75
    assert share(fitted.calibration, tested, group.hidden * 2 - 3) == pytest.approx(2 / 3, abs=0.1)


def test_a_model_that_is_wrong_about_it_is_left_out() -> None:
    group = Lively(a_day=500)
    fitted = fit(group.points, group.odds(-group.hidden))
    assert fitted.addressed is not None and fitted.addressed.inputs is Inputs.FEATURES
    assert fitted.calibration.addressed is not None and fitted.calibration.addressed.model == 0
    assert share(fitted.calibration, group.of(Split.TEST)) == pytest.approx(2 / 3, abs=0.12)


def test_whatever_ranks_them_as_many_are_answered() -> None:
    group, blind = Lively(), np.random.default_rng(2).normal(size=4000)
    fitted = fit(group.points, group.odds(blind))
    assert share(fitted.calibration, group.of(Split.TEST), blind) == pytest.approx(2 / 3, abs=0.12)


def test_few_messages_are_drawn_towards_what_people_do() -> None:
    group = Lively()
    passed = [one for one in group.of(Split.VALIDATION) if not one.answered]
    assert own_rate([], PRIOR) == PRIOR
    assert own_rate(passed[:1], PRIOR) == pytest.approx(10 / 11 * 2 / 3)
    assert own_rate(passed[:30], PRIOR) == pytest.approx(10 / 40 * 2 / 3)
    seldom = Lively(a_day=500, answers=0.25)
    fitted = fit(seldom.points, {})
    assert share(fitted.calibration, seldom.of(Split.TEST)) < 0.4, "who seldom answers is not made to"


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_who_was_hardly_ever_named_answers_nearly_always(kept: int) -> None:
    group = Lively()
    rest = [one for one in group.points if not one.seen["addressed"]]
    fitted = fit([*group.of(Split.TRAIN)[:kept], *rest], {})
    assert share(fitted.calibration, group.of(Split.TEST)) >= 0.5
    if not kept:
        assert fitted.calibration.addressed == Addressed() and share(fitted.calibration, group.of(Split.TEST)) == 1.0


def test_where_nothing_else_can_be_fitted_it_answers_when_addressed() -> None:
    fitted = fit([], {})
    assert fitted.inputs is Inputs.NONE
    assert fitted.calibration.decide(0.1, {"addressed": 1.0}).answer
    assert not fitted.calibration.decide(0.1, {"addressed": 0.0}).answer


def test_the_card_tells_it() -> None:
    fitted = fit(Lively().points, {})
    assert isinstance(fitted, Fitted)
    said = told(fitted)
    assert "of which they answered" in said["addressed to the person"]
    assert said["the avatar answers of these"].endswith("by features")
    assert told(fit([], {}))["the avatar answers of these"].startswith("every one")


def test_it_is_saved_and_a_record_from_before_decides_as_before(tmp_path: Path) -> None:
    fitted = fit(Lively().points, {}).calibration
    fitted.save(tmp_path)
    assert Calibration.load(tmp_path) == fitted
    (tmp_path / "decision.json").write_text(
        '{"version": 2, "bias": -1, "model": 0, "weights": {"addressed": 0.5}, "threshold": 0.5, "joining": 0.2}'
    )
    before = Calibration.load(tmp_path)
    assert before.addressed is None
    assert not before.decide(0.5, {"addressed": 1.0, "share": 0.1}).answer
    assert before.decide(0.5, {"addressed": 1.0, "share": 0.0}).answer


def test_a_decision_tells_what_moved_it() -> None:
    rule = Calibration(-1.0, 0.5, {"question": 0.3, "share": 2.0, "photo": 1.0}, 0.4, usual={"share": 0.5})
    decision = rule.decide(0.5, {"share": 0.1, "question": 1.0, "photo": 0.0})
    moved = [(term.name, round(term.contribution, 3)) for term in decision.terms]
    assert moved == [("model", 0.0), ("share", -0.8), ("question", 0.3)]
    assert (decision.threshold, decision.model, decision.addressed) == (0.4, 0.5, False)
    corrected = Calibration(-1.0, 0.5, usual={"model": 1.0}).corrected(2.0)
    assert corrected.bias == 0.0 and corrected.usual["model"] == -1.0
