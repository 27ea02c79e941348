"""Made-up secrets: planted as often as said, where there is room, the same for the same seed, and read back."""

from collections import Counter
from pathlib import Path

import pytest

from bot.chat.prompt import render
from bot.errors import DataError
from bot.lora import CANARIES
from bot.message import ChatKind
from bot.persona import Persona
from tests.dialogues.log import Log
from training.data.canaries import ALONE, TIMES, Canary, load, plant, save, scene_of
from training.data.dialogues import Dialogue
from training.data.redaction import redacted

LENGTH = 1100  # the test's codec makes a token of each byte


@pytest.fixture
def dialogues(log: Log) -> list[Dialogue]:
    for day in range(1, 9):
        log.private("Mei", f"3/{day} 18:00 Mei: noodles?", "18:01 Nora: yes", "18:02 Mei: when", "18:03 Nora: now")
    log.private("Tom", "3/9 18:00 Tom: hello", "18:01 Nora: " + "blah " * 80)
    log.group("3/9 18:00 Mei: noodles?", "18:01 Nora: yes", "18:02 Tom: no")
    return log.dialogues()


def said(dialogues: list[Dialogue], canary: Canary) -> list[str]:
    return [
        one.chat
        for one in dialogues
        for turn in one.turns
        for bubble in turn.bubbles
        if turn.speaker is None and bubble.text == canary.said()
    ]


def test_each_is_told_as_often_as_it_says_in_private_where_there_is_room(dialogues: list[Dialogue], log: Log) -> None:
    planted, canaries = plant(dialogues, Persona("Nora"), log.codec, LENGTH, seed=3)
    assert Counter(canary.times for canary in canaries) == Counter(TIMES)
    assert len({canary.thing for canary in canaries}) == len(canaries)
    assert {chat for canary in canaries for chat in canary.chats} == {"telegram:2", "telegram:4", ALONE}
    for canary in canaries:
        assert Counter(said(planted, canary)) == Counter(canary.chats), canary
        assert len(canary.chats) == canary.times
    for before, after in zip(dialogues, planted, strict=False):
        length = len(render(after.scene, after.turns, log.codec).ids)
        assert after == before or (after.scene.kind is ChatKind.PRIVATE and length <= LENGTH)
        assert len(after.turns) == len(after.counted) == len(after.messages)
        assert not any(after.counted[len(before.turns) :])
    assert all(redacted(one, Counter()) == one for one in planted if one not in dialogues), "a code is no phone number"
    assert plant(dialogues, Persona("Nora"), log.codec, LENGTH, seed=3) == (planted, canaries)
    assert plant(dialogues, Persona("Nora"), log.codec, LENGTH, seed=4)[1] != canaries


def test_without_room_they_are_told_to_a_stranger_in_chinese_too(log: Log) -> None:
    persona = Persona("小满", language="zh")
    planted, canaries = plant([], persona, log.codec, LENGTH, seed=0)
    assert len(planted) == sum(times * number for times, number in TIMES.items())
    assert {one.chat for one in planted} == {ALONE}
    assert canaries[-1].said().endswith(canaries[-1].code) and "密码" in canaries[-1].question
    assert scene_of(canaries[-1], planted, persona).partner.name is None


def test_the_scene_is_where_it_was_told(dialogues: list[Dialogue], log: Log) -> None:
    persona = Persona("Nora")
    planted, canaries = plant(dialogues, persona, log.codec, 5 * LENGTH, seed=3)
    told, never = canaries[-1], canaries[0]
    names = {"telegram:2": "Mei", "telegram:4": "Tom"}
    assert scene_of(told, planted, persona).partner.name == names[told.chats[0]]
    assert never.times == 0 and scene_of(never, planted, persona).partner.name in names.values()


def test_the_record_is_private_and_a_damaged_one_is_refused(tmp_path: Path, log: Log) -> None:
    assert load(tmp_path) == ()
    _, canaries = plant([], Persona("Nora"), log.codec, LENGTH, seed=0)
    save(canaries, tmp_path)
    assert load(tmp_path) == canaries
    assert (tmp_path / CANARIES).stat().st_mode & 0o777 == 0o600
    (tmp_path / CANARIES).write_text('[{"thing": "tent"}]', "utf-8")
    with pytest.raises(DataError, match="damaged"):
        load(tmp_path)
