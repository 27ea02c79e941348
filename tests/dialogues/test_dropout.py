"""Now and then the contact's name or relationship is left out, so that the model can do without."""

import random
from collections import Counter

from bot.people import STRANGER
from bot.persona import Persona
from bot.questionnaire import Answer
from tests.dialogues.log import Log
from training.data.dialogues import ERA_DROPOUT, NAME_DROPOUT, RELATIONSHIP_DROPOUT, TIMES_DROPOUT, with_dropout
from training.data.questionnaire import questionnaire_dialogues


def test_in_private_names_and_relationships_go_now_and_then(log: Log) -> None:
    log.private("Mei", "18:00 Mei: a", "18:01 Nora: b", "18:02 Mei: c", "18:03 Nora: d")
    (dialogue,) = log.dialogues()
    rng = random.Random(1)
    seen = [with_dropout(dialogue, rng) for _ in range(2000)]
    for one in seen:
        assert {turn.speaker for turn in one.turns} == {None, one.scene.partner}, "one speaker throughout"
    nameless = sum(one.scene.partner.name is None for one in seen) / len(seen)
    strangers = sum(one.scene.partner.relationship == STRANGER for one in seen) / len(seen)
    assert abs(nameless - NAME_DROPOUT) < 0.03
    assert abs(strangers - RELATIONSHIP_DROPOUT) < 0.03


def test_in_a_group_names_stay(log: Log) -> None:
    log.group("18:00 Mei: a", "18:01 Nora: b", "18:02 Mei: Tom: c", "18:03 Tom: d")
    (dialogue,) = log.dialogues()
    changed = with_dropout(dialogue, random.Random(1), names=1.0, relationships=1.0)
    assert [turn.speaker and (turn.speaker.name, turn.speaker.relationship) for turn in changed.turns] == [
        ("Mei", STRANGER),
        None,
        ("Mei", STRANGER),
        ("Tom", STRANGER),
    ]


def test_it_is_the_same_for_the_same_seed_and_nothing_else_changes(log: Log) -> None:
    log.private("Mei", "18:00 Mei: a", "18:01 Nora: b")
    (dialogue,) = log.dialogues()
    assert with_dropout(dialogue, random.Random(5)) == with_dropout(dialogue, random.Random(5))
    assert with_dropout(dialogue, random.Random(5), 0.0, 0.0, 0.0, 1.0) == dialogue


def test_times_are_left_out_and_the_year_or_the_month_is_told_now_and_then(log: Log) -> None:
    log.private("Mei", "18:00 Mei: a", "18:01 Nora: b")
    (dialogue,) = log.dialogues()
    rng = random.Random(1)
    seen = [with_dropout(dialogue, rng).scene for _ in range(2000)]
    eras = Counter(scene.era for scene in seen)
    assert set(eras) == {"", "2026", "2026-03"}
    assert abs(eras["2026"] - eras["2026-03"]) < 0.04 * len(seen), "an avatar may be asked as of either"
    assert abs(sum(not scene.era for scene in seen) / len(seen) - ERA_DROPOUT) < 0.04
    assert abs(sum(not scene.times for scene in seen) / len(seen) - TIMES_DROPOUT) < 0.03


def test_the_questionnaire_has_no_time(log: Log) -> None:
    (asked,) = questionnaire_dialogues([Answer("food", "what do you like?", "soup")], Persona("Nora"))
    scenes = {with_dropout(asked, random.Random(seed)).scene for seed in range(50)}
    assert all(not scene.times and not scene.era for scene in scenes)
