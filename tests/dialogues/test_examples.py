"""Some dialogues are learnt as they are with somebody without a past: behind what was released for the relationship."""

from datetime import timedelta

from bot.released import Exchange
from tests.dialogues.log import Log
from tests.support import byte_codec
from training.data.dialogues import Dialogue
from training.data.examples import EVERY, with_examples

HOUR = timedelta(hours=1)
RELEASED = {"friend": (Exchange("hungry?", "always\ncall me on 020 7946 0018"), Exchange("you up?", "b1"))}


def made(log: Log, length: int = 4000) -> tuple[list[Dialogue], list[Dialogue]]:
    before = log.dialogues()
    return before, with_examples(before, RELEASED, (), byte_codec(log.media), length, HOUR)


def talks(log: Log, number: int) -> None:
    days = range(1, number + 1)
    log.private("Mei", *(line for day in days for line in (f"3/{day} 18:00 Mei: a{day}", f"18:01 Nora: b{day}")))


def test_the_first_and_one_in_a_few_begin_with_them(log: Log) -> None:
    talks(log, 2 * EVERY + 1)
    before, after = made(log)
    changed = [number for number, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert changed[0] == 0 and set(changed) >= {EVERY} and len(changed) <= 4
    one = after[EVERY]
    texts = ["\n".join(bubble.text for bubble in turn.bubbles) for turn in one.turns]
    assert texts[:2] == ["hungry?", "always\ncall me on 000 0000 0000"], "what identifies somebody is replaced"
    assert texts[one.context :] == [f"a{EVERY + 1}", f"b{EVERY + 1}"], "what is learnt stays, what was carried goes"
    assert len(one.turns) == len(one.counted) == len(one.messages)


def test_what_is_learnt_is_never_shown_before(log: Log) -> None:
    talks(log, 1)
    _, (one,) = made(log)
    assert [bubble.text for turn in one.turns for bubble in turn.bubbles].count("b1") == 1


def test_where_they_do_not_fit_the_dialogue_stays_as_it_was(log: Log) -> None:
    talks(log, 1)
    before, after = made(log, length=200)
    assert before == after


def test_in_a_group_and_without_anything_released_nothing_changes(log: Log) -> None:
    log.group("18:00 Mei: a", "18:01 Nora: b")
    log.private("Gran", "19:00 Gran: c", "19:01 Nora: d")
    before, after = made(log)
    assert before == after
