"""Now and then the contact's name or relationship is left out, so that the model can do without."""

import random

from bot.people import STRANGER
from tests.dialogues.log import Log
from training.data.dialogues import NAME_DROPOUT, RELATIONSHIP_DROPOUT, with_dropout


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
    assert with_dropout(dialogue, random.Random(5), 0.0, 0.0) == dialogue
