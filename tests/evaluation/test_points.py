"""Every decision, what was seen of it, and what the subject did."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.prompt import render
from bot.persona import Persona
from tests.dialogues.log import ALL_TRAIN, PEOPLE, Log
from training.data.dialogues import decision_points
from training.data.points import Point, Stratum, points


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path)
    yield log
    log.close()


def decided(log: Log) -> list[Point]:
    return points(log.corpus(), PEOPLE, Persona("Nora"), timedelta(hours=1), ALL_TRAIN)


def test_next_and_soon(log: Log) -> None:
    log.group(
        "18:00 Tom: a", "18:01 Mei: b", "18:02 Tom: c", "18:03 Nora: d", "18:04 Tom: e", "18:05 Tom: f", "18:06 Tom: g"
    )
    assert [(point.spoke, point.spoke_soon) for point in decided(log)] == [
        (False, True),
        (False, True),
        (True, True),
        (False, False),
        (False, False),
        (False, False),
    ]


def test_which_message_was_answered(log: Log) -> None:
    """Who is named answers that, though others were quicker; an answer to it is none to what came between."""
    log.group(
        "18:00 Tom: Nora: are you in?",
        "18:01 Mei: nice weather",
        "18:02 Nora: yes",
        "18:03 Tom: good",
        "18:04 Nora: bring a rope",
        "18:05 Mei: Nora: and me?",
        "18:06 Tom: a",
        "18:07 Mei: b",
        "18:08 Tom: c",
        "18:09 Nora: hm",
    )
    found = decided(log)
    assert [point.answered for point in found] == [True, False, True, False, False, False, True]
    assert [point.late for point in found] == [False, True, False, False, False, False, False]


def test_to_whom_it_was_said(log: Log) -> None:
    log.group(
        "18:00 Tom: hello everybody",
        "18:01 Mei: Tom: hello",
        "18:02 Tom: Nora: and you?",
        "18:03 Nora: hi",
        "18:04 Tom: <reply> how are you?",
        "18:05 Mei: <reply> fine",
    )
    assert [point.stratum for point in decided(log)] == [
        Stratum.OPEN,
        Stratum.OTHER,
        Stratum.ADDRESSED,
        Stratum.ADDRESSED,
        Stratum.OTHER,
    ]


def test_they_are_the_decisions_that_the_dialogues_hold(log: Log) -> None:
    lines = ["9:00 Tom: asleep?", "9:40 Nora: no"]
    for minute in range(30):
        lines += [f"10:{minute:02} Tom: question {minute}", f"10:{minute:02}:20 HelpBot: beep"]
        lines += [f"10:{minute:02}:30 Nora: answer"] if minute % 3 == 0 else []
        lines += [f"10:{minute:02}:40 Mei: hm", f"10:{minute:02}:50 Nora: <photo>"] if minute % 7 == 0 else []
    log.group(*lines, "15:00 Tom: gone?", "16:20 Nora: back")
    log.private("Mei", "18:00 Mei: a", "18:01 Nora: b")
    in_dialogues = {
        point.message: point.answered
        for dialogue in log.dialogues(max_tokens=1200)
        for point in decision_points(dialogue, render(dialogue.scene, dialogue.turns, log.codec))
    }
    assert in_dialogues == {point.message: point.spoke for point in decided(log)}
    assert len(in_dialogues) > 20


def test_nothing_later_is_seen(log: Log) -> None:
    log.group("18:00 Tom: a", "18:01 Mei: b", "18:02 Nora: Tom: c", "18:03 Tom: Nora: d")
    before = decided(log)[:2]
    other = Log(log.folder / "other")
    other.folder.mkdir()
    other.group("18:00 Tom: a", "18:01 Mei: b", "18:20 Nora: ok")
    assert [point.seen for point in decided(other)] == [point.seen for point in before]
    other.close()
