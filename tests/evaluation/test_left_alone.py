"""Left to itself, with its own answers as the past, the avatar speaks as often as the person did."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.chat.decision import FILE, Calibration, chance_of
from bot.chat.features import HISTORY, Heard, features, is_addressed
from bot.message import ChatKind
from bot.people import People
from bot.persona import Persona
from tests.dialogues.log import PEOPLE, Log
from training.alone import left_alone
from training.calibration import Fitted, fit, told
from training.calibration.alone import Spoken
from training.data.groups import Group, Line, groups
from training.data.points import Point, of_split, points
from training.data.splits import Split, Splits
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL
from training.evaluation.panel import Kind
from training.evaluation.panels.decision.panel import panel

DAYS = [Split.TRAIN] * 6 + [Split.VALIDATION] * 5 + [Split.TEST] * 5
FIRST = date(2026, 1, 1)
SPLITS = Splits(tuple(FIRST + timedelta(day) for day in range(len(DAYS))), FIRST + timedelta(6), FIRST + timedelta(11))


class Talkative:
    """A group whose topic is now and then hers: then Nora talks, else hardly. Of three who name her she answers two."""

    def __init__(self, a_day: int = 150, seed: int = 5) -> None:
        rng = np.random.default_rng(seed)
        lines: list[Line] = []
        self.points: list[Point] = []
        for day, split in enumerate(DAYS):
            at, hers = datetime(2026, 1, 1 + day, 18, tzinfo=UTC), False
            for _ in range(a_day):
                at += timedelta(seconds=float(rng.exponential(40)))
                words = "so it is " * int(rng.integers(1, 12))
                text = ("Nora: " if rng.random() < 0.1 else "") + words + "?" * (rng.random() < 0.4)
                message = Heard(str(rng.choice(["tom", "mei", "ann"])), at, text)
                lines.append(Line(len(lines), split, message))
                seen = features([line.heard for line in lines[-HISTORY:]], ("Nora",))
                hers = hers if rng.random() < 0.96 else rng.random() < 0.35
                odds = 0.7 if is_addressed(seen) else (-1.6 if hers else -5) + seen["question"]
                spoke = bool(rng.random() < 1 / (1 + math.exp(-odds)))
                point = Point(lines[-1].message, "telegram:9", at.date(), split, spoke, spoke, seen)
                self.points.append(point)
                if spoke:
                    lines.append(Line(len(lines), split, Heard(None, at + timedelta(seconds=5), "yes")))
        self.group = Group("telegram:9", ("Nora",), 1, tuple(lines))

    def times(self, decision: Calibration, split: Split) -> dict[str, float]:
        """How many times as often it speaks as she did: where she is named, and where not."""
        judged = of_split(self.points, split)
        decided = left_alone([self.group], judged, lambda one, seen: decision.decide(0.5, seen, one.chance).answer)
        return {
            name: sum(decided[one.message].answer for one in here) / sum(one.answered for one in here)
            for name, called in (("named", True), ("else", False))
            if (here := [one for one in judged if is_addressed(one.seen) is called])
        }


@pytest.fixture(scope="module")
def talkative() -> Talkative:
    return Talkative()


@pytest.fixture(scope="module")
def fitted(talkative: Talkative) -> Fitted:
    return fit(talkative.points, {}, [talkative.group])


def test_it_says_as_much_as_the_person_did(talkative: Talkative, fitted: Fitted) -> None:
    """With thresholds that are right for her own past it says next to nothing: one silence leads to another."""
    taught = fit(talkative.points, {}).calibration
    assert not taught.drawn and fitted.calibration.drawn
    assert max(talkative.times(taught, split)["else"] for split in (Split.VALIDATION, Split.TEST)) < 0.3
    assert talkative.times(fitted.calibration, Split.VALIDATION)["else"] == pytest.approx(1, abs=0.15)
    kept = replace(fitted.calibration, threshold=taught.threshold, joining=taught.joining, drawn=False)
    assert kept == taught, "nothing but the thresholds was changed"


def test_a_little_lower_is_a_little_more(talkative: Talkative, fitted: Fitted) -> None:
    """Where nothing is left to chance, one threshold keeps it silent and the next lower one makes it talk on."""

    def said(threshold: float, *, drawn: bool) -> float:
        decision = replace(fitted.calibration, threshold=threshold, drawn=drawn)
        return talkative.times(decision, Split.TEST)["else"]

    fixed, by_chance = [said(one, drawn=False) for one in (0.2, 0.16)], [said(one, drawn=True) for one in (0.6, 0.45)]
    assert fixed[0] < 0.5 and fixed[1] > 5
    assert 1 < by_chance[1] / by_chance[0] < 4


def test_who_is_named_answers_two_of_three_whatever_else_it_says(talkative: Talkative, fitted: Fitted) -> None:
    """Where it says nothing else, and where it never stops, it answers the same ones that name it."""
    named = talkative.times(fitted.calibration, Split.TEST)["named"]
    assert named == pytest.approx(1, abs=0.2)
    for threshold in (1e-5, 1 - 1e-5):
        other = replace(fitted.calibration, threshold=threshold, joining=threshold)
        assert talkative.times(other, Split.TEST)["named"] == named


def test_a_message_has_one_chance_and_every_chance_is_as_likely() -> None:
    drawn = [chance_of("telegram:9", str(number)) for number in range(2000)]
    assert drawn[7] == chance_of("telegram:9", "7") != chance_of("telegram:8", "7")
    assert np.histogram(drawn, 4, (0, 1))[0] == pytest.approx(500, abs=80)
    decision = Calibration(threshold=0.5, joining=0.5, drawn=True)
    answers = [decision.decide(0.3, {"share": 0.1}, one).answer for one in drawn]
    assert np.mean(answers) == pytest.approx(0.3, abs=0.04), "with a threshold of one half, by its probability"
    for threshold in (0.2, 0.4, 0.8):
        other = replace(decision, threshold=threshold, joining=threshold)
        decided = [other.decide(0.5, {"share": 0.1}, one) for one in drawn]
        [often] = {one.often for one in decided}
        assert np.mean([one.answer for one in decided]) == pytest.approx(often, abs=0.04)
    assert replace(decision, drawn=False).decide(0.5, {}).often is None


def test_what_was_trained_before_decides_as_it_did(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        '{"version": 3, "bias": 0.0, "model": 1.0, "weights": {}, "threshold": 0.4, "joining": 0.2, "addressed": null}'
    )
    before = Calibration.load(tmp_path)
    assert [before.decide(0.39, {"share": 0.1}, chance).answer for chance in (0.01, 0.99)] == [False, False]
    Calibration(threshold=0.4, drawn=True).save(tmp_path)
    assert Calibration.load(tmp_path).drawn


def test_the_same_days_give_the_same_thresholds(talkative: Talkative, fitted: Fitted) -> None:
    assert fit(talkative.points, {}, [talkative.group]).calibration == fitted.calibration


def test_the_card_tells_of_it(fitted: Fitted) -> None:
    assert fitted.alone is not None and fitted.alone.before != fitted.alone.after
    rows = told(fitted)
    assert rows["left to itself the avatar gives"].startswith(f"{fitted.alone.after.within} answers")
    assert rows["of all else the person gave"].startswith(f"{fitted.alone.person.within} answers")


def test_too_little_said_leaves_the_thresholds(talkative: Talkative) -> None:
    mute = [
        replace(one, spoke=False, spoke_soon=False) if one.split is Split.VALIDATION else one
        for one in talkative.points
    ]
    few = fit(mute, {}, [talkative.group])
    assert few.alone is None and few.calibration == fit(mute, {}).calibration


def test_every_count_is_off_by_its_own_chance() -> None:
    assert Spoken(100, 4).apart(Spoken(110, 4)) == pytest.approx(1)
    assert Spoken(100, 4).apart(Spoken(100, 6)) == pytest.approx(1)
    assert Spoken(0, 0).apart(Spoken(3, 0)) == 9


def test_the_panel_tells_both(talkative: Talkative) -> None:
    """The rule of who spoke last answers as often as she did, given what she said; alone it falls silent."""
    data = EvaluationData(
        Persona("Nora"),
        People.of((), ()),
        SPLITS,
        dict.fromkeys(Split, ()),
        (),
        tuple(talkative.points),
        (),
        groups=(talkative.group,),
    )
    found = panel(data, None, FULL, {})
    rows = {row.name: row.values for row in found.rows}
    assert rows["Nora"]["left_alone"].number == rows["Nora"]["rate"].number == 1
    assert rows["never speaks"]["left_alone"].number == 0
    always = rows["always speaks"]
    assert always["left_alone"] == always["rate"] and always["left_alone"].low < always["left_alone"].number
    assert rows["speaks when mentioned"]["left_alone_addressed"].number > 1
    assert rows["speaks when mentioned"]["left_alone_open"].number == 0
    rule = rows["simple rule"]
    assert abs(math.log(rule["rate"].number)) < 0.5
    assert rule["left_alone"].number != rule["rate"].number
    assert found.row(Kind.AVATAR) is None


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path)
    yield log
    log.close()


def test_what_a_group_heard_is_taken_from_the_corpus(log: Log) -> None:
    """What is seen there, with her own messages as the past, is what the points saw; who was silent changes it."""
    said = ["18:00 Tom: hello", "18:01 Nora: hi", "18:01 Nora: all", "18:02 Mei: Tom: and?", "18:03 Tom: Nora: you?"]
    log.group(*said)
    corpus = log.corpus()
    assert {chat.kind for chat in corpus.chats()} == {ChatKind.GROUP}
    day = next(corpus.messages(corpus.chats()[0])).sent_at.date()
    splits = Splits((day,), day - timedelta(1), day)
    found = points(corpus, PEOPLE, Persona("Nora"), timedelta(hours=1), splits)
    [group] = groups(corpus, PEOPLE, Persona("Nora"), splits, found)
    assert group.bubbles == 2 and [line.own for line in group.lines] == [False, True, True, False, False]
    silent = left_alone([group], found, lambda _, seen: False)
    answering = left_alone([group], found, lambda point, seen: point is found[0])
    assert [one.seen["share"] for one in silent.values()] == [0, 0, 0]
    assert [one.seen["share"] for one in answering.values()] == [point.seen["share"] for point in found]
    told_to = [point.seen["addressed_other"] for point in found]
    assert [one.seen["addressed_other"] for one in silent.values()] == told_to == [0, 1, 0]
