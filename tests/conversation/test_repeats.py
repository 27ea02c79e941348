"""What it said to one, it does not say to another in the same words; what one wrote, it never tells another."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.conversation.repeats import phrases
from bot.people import Contact, People
from tests.conversation.stage import MEI, NOBODY, OMA, PEOPLE, Stage, quick

BOAT = "we sat on the boat until the sun went down"
SECRET = "the doctor told me on Monday that it is the heart"


def in_turn(*replies: str) -> Callable[[str], str]:
    left = list(replies)
    return lambda prompt: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (BOAT, f"Oh, {BOAT.upper()}!", True),
        (BOAT, "we sat on the boat until", False),  # six words
        ("it's what we’d do if we were you, dear", "It’s what we'd do if we were you", True),
        ("我们坐在船上一直看到太阳落下去为止", "那天我们坐在船上，一直看到太阳落下去为止。", True),
        ("我们坐在船上一直看到太阳", "我们坐在船上一直看到太阳", False),  # twelve characters
        ("周末去 IKEA 买个新的书架放在客厅好吗", "周末去IKEA买个新的书架放在客厅好吗？", True),
        ("ok " * 7, "ok " * 7, False),
        ("", "", False),
    ],
)
def test_eight_words_or_sixteen_characters_in_a_row(one: str, other: str, same: bool) -> None:
    assert (not phrases(one).isdisjoint(phrases(other))) is same


async def test_what_it_said_to_another_is_said_in_other_words(stage: Stage) -> None:
    stage.engine.say = in_turn(BOAT)
    await stage.says(MEI, "how was it?")
    await stage.settled()
    stage.engine.say = in_turn(f"well, {BOAT}", "it was lovely")
    await stage.says(OMA, "how was it?")
    await stage.settled()
    assert stage.heard("2") == ["it was lovely"]


async def test_in_the_end_the_same_words_are_better_than_silence(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stage.engine.say = in_turn(BOAT)
    for who in (MEI, OMA):
        await stage.says(who, "how was it?")
        await stage.settled()
    assert stage.heard("2") == [BOAT] and len(stage.engine.prompts) == 1 + 3
    assert "boat" not in caplog.text


async def test_over_several_bubbles_it_is_the_same(stage: Stage) -> None:
    stage.engine.say = in_turn("we sat on the boat\nuntil the sun went down")
    await stage.says(MEI, "how was it?")
    await stage.settled()
    stage.engine.say = in_turn(BOAT, "lovely")
    await stage.says(OMA, "how was it?")
    await stage.settled()
    assert stage.heard("2") == ["lovely"]


async def test_to_the_same_person_it_may_say_it_again(stage: Stage) -> None:
    stage.engine.say = in_turn(BOAT)
    for _ in range(2):
        await stage.says(MEI, "how was it?")
        await stage.settled()
    assert stage.heard("1") == [BOAT, BOAT] and len(stage.engine.prompts) == 2


async def test_what_somebody_wrote_is_not_told_to_another(stage: Stage) -> None:
    await stage.says(MEI, SECRET)
    await stage.settled()
    stage.engine.say = in_turn(*[f"Mei says {SECRET}"] * 4, "she is fine")
    await stage.says(OMA, "how is Mei?")
    await stage.settled()
    assert stage.heard("2") == ["she is fine"]


async def test_rather_than_to_tell_it_the_message_is_set_aside(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.conversation.chat._FIRST_WAIT", 0.01)
    await stage.says(MEI, SECRET)
    await stage.settled()
    stage.engine.say = in_turn(f"Mei says {SECRET}")
    message = await stage.says(OMA, "how is Mei?")
    await stage.settled()
    assert stage.heard("2") == []
    [aside] = stage.journal.aside()
    assert (aside.entry.text, aside.trouble) == (message.text, "TellsOnError")
    assert "doctor" not in caplog.text and "Mei" not in caplog.text
    stage.engine.say = in_turn("hello")
    await stage.says(OMA, "are you there?")
    await stage.settled()
    assert stage.heard("2") == ["hello"], "the chat goes on"


async def test_what_they_both_know_is_no_secret(stage: Stage) -> None:
    await stage.says(MEI, SECRET)
    await stage.settled()
    stage.engine.say = in_turn(f"you say {SECRET}?")
    await stage.says(OMA, f"I hear that {SECRET}")
    await stage.settled()
    assert stage.heard("2") == [f"you say {SECRET}?"]


async def test_what_stands_in_a_group_of_theirs_is_no_secret_but_in_a_group_nothing_private_is_told(
    stage: Stage,
) -> None:
    stage.engine.probability = lambda prompt: 0.1
    await stage.says(OMA, "good morning", group="g")
    await stage.says(MEI, SECRET, group="g")
    await stage.settled()
    stage.engine.probability = lambda prompt: 0.9
    stage.engine.say = in_turn(f"Mei says {SECRET}", "hm")
    await stage.says(OMA, "what did she write?")
    await stage.settled()
    assert stage.heard("2") == [f"Mei says {SECRET}"]
    await stage.says(OMA, f"to nobody but you: {BOAT}")
    await stage.settled()
    stage.engine.say = in_turn(f"Oma says {BOAT}", "nothing new")
    await stage.says(OMA, "what is new?", group="g")
    await stage.settled()
    assert stage.heard("g") == ["nothing new"]


async def test_what_everybody_writes_is_nobodys_secret(stage: Stage) -> None:
    wish = "新年快乐，万事如意，身体健康，阖家幸福！"
    for who in (MEI, NOBODY):
        await stage.says(who, wish)
        await stage.settled()
    stage.engine.say = in_turn(wish)
    await stage.says(OMA, "happy new year")
    await stage.settled()
    assert stage.heard("2") == [wish]


async def test_one_person_under_two_accounts_is_one(tmp_path: Path) -> None:
    people = People.of((Contact("mei", "Mei", "friend", (MEI, NOBODY)), *PEOPLE.contacts[1:]), PEOPLE.subject)
    stage = Stage(tmp_path, quick(), people)
    await stage.says(MEI, SECRET)
    await stage.settled()
    stage.engine.say = in_turn(f"you said {SECRET}")
    await stage.says(NOBODY, "what did I say?")
    await stage.settled()
    assert stage.heard("99") == [f"you said {SECRET}"]
    stage.journal.close()


async def test_what_was_forgotten_counts_no_more(stage: Stage) -> None:
    stage.engine.say = in_turn(BOAT)
    await stage.says(MEI, "how was it?")
    await stage.settled()
    await stage.says(MEI, "/forget")
    await stage.settled()
    await stage.says(OMA, "how was it?")
    await stage.settled()
    assert stage.heard("2") == [BOAT] and len(stage.engine.prompts) == 2


async def test_with_a_fixed_seed_the_next_reply_has_other_chances(stage: Stage) -> None:
    avatar = stage.conversations.avatar
    avatar.sampling = replace(avatar.sampling, seed=7)
    for words in ("how was it?", "and then?"):
        await stage.says(MEI, words)
        await stage.settled()
    assert stage.engine.seeds == [7, 8]
