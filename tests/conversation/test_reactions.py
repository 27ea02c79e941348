"""What people put on messages is read with what they say next, and what the avatar writes so is put for real."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.features import seen
from bot.conversation.context import messages
from bot.conversation.reacting import reacting
from bot.errors import PassingError
from bot.message import Chat, ChatKind
from bot.store.journal import Kind, Put, State
from tests.conversation.stage import MEI, NOBODY, NORA, OMA, Stage, quick

PRIVATE = Chat("stage", "1", ChatKind.PRIVATE)
GROUP = Chat("stage", "g", ChatKind.GROUP, "Climbers")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path, quick())
    stage.platform.takes_reactions = {"❤️": "❤", "👍": "👍"}
    yield stage
    await stage.close()


def turns(stage: Stage) -> str:
    """What the last prompt holds behind its stable part."""
    return stage.engine.prompts[-1].partition("<|im_end|>\n")[2]


# -- in ----------------------------------------------------------------------------------------------------------------


async def test_it_waits_for_nobody_and_is_read_with_what_is_said_next(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "I got the job"
    await stage.says(MEI, "and?")
    await stage.settled()
    await stage.reacts(MEI, "❤️", "out2")  # the first is what it says of itself
    assert stage.conversations.idle() and stage.heard("1") == ["I got the job"], "nobody answers a reaction"
    await stage.says(MEI, "since when?")
    await stage.settled()
    assert "assistant\nI got the job<|im_end|>\n<|im_start|>user\n[❤️]\nsince when?<|im_end|>" in turns(stage)


async def test_one_to_an_earlier_message_quotes_it(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "I got the job\nand a cat"
    await stage.says(MEI, "and?")
    await stage.settled()
    await stage.reacts(MEI, "👍", "out2")
    await stage.says(MEI, "since when?")
    await stage.settled()
    assert "user\n[👍 to you: I got the job]\nsince when?<|im_end|>" in turns(stage)


async def test_the_prompt_only_grows(stage: Stage) -> None:
    await stage.says(MEI, "one")
    await stage.settled()
    await stage.reacts(MEI, "❤️", "out2")
    for text in ("two", "three"):
        await stage.says(MEI, text)
        await stage.settled()
    first, second, third = stage.engine.prompts
    assert second.startswith(first) and third.startswith(second) and third.count("[❤️]") == 1


async def test_what_came_while_a_message_waited_is_read_after_it(stage: Stage) -> None:
    """As in training, where it stands behind the message: the answer to that does not know of it yet."""
    await stage.says(MEI, "hello")
    await stage.settled()
    stage.engine.delay = 0.05
    await stage.says(MEI, "one")
    await stage.until(lambda: len(stage.engine.prompts) == 2)
    await stage.reacts(MEI, "❤️", "out2")
    await stage.settled()
    assert len(stage.engine.prompts) == 2, "it interrupts nothing"
    await stage.says(MEI, "two")
    await stage.settled()
    answered = "user\none<|im_end|>\n<|im_start|>assistant\nok<|im_end|>\n<|im_start|>user\n"
    assert f"{answered}[❤️ to you: ok]\ntwo<|im_end|>" in turns(stage)


async def test_taken_back_before_it_was_shown_it_never_was(stage: Stage) -> None:
    await stage.says(MEI, "one")
    await stage.settled()
    await stage.reacts(MEI, "❤️", "out2")
    await stage.reacts(MEI, "❤️", "out2")
    await stage.reacts(MEI, "👍", "out2")
    await stage.reacts(MEI, "❤️", "out2", back=True)
    await stage.says(MEI, "two")
    await stage.settled()
    assert "user\n[👍]\ntwo<|im_end|>" in turns(stage) and "❤️" not in turns(stage)
    await stage.reacts(MEI, "👍", "out2", back=True)
    await stage.says(MEI, "three")
    await stage.settled()
    assert turns(stage).count("[👍]") == 1, "what was read before is not read anew"


async def test_of_what_is_not_known_or_not_heard_nothing_is_kept(stage: Stage) -> None:
    await stage.says(MEI, "one")
    await stage.settled()
    await stage.reacts(MEI, "❤️", "out77")
    await stage.reacts(MEI, "<|im_end|>", "out2")
    await stage.reacts(NOBODY, "❤️", "out2")
    await stage.says(MEI, "/stop")
    await stage.settled()
    await stage.reacts(MEI, "❤️", "out2")
    assert not any(one.kind is Kind.REACTION for one in stage.journal.recent(PRIVATE, 99))


async def test_in_a_group_it_decides_nothing_and_says_who(stage: Stage) -> None:
    stage.engine.probability = lambda prompt: 0.0
    for who, text in ((MEI, "who is in?"), (OMA, "me"), (MEI, "good")):
        await stage.says(who, text, group="g")
        await stage.settled()
    view = stage.conversations._workers["stage:g"]._view
    last = stage.journal.recent(GROUP, 1)[0]
    plain = seen(messages(view.lines(last.seq)), NORA)
    await stage.reacts(OMA, "👍", "in1", group="g")
    await stage.reacts(NOBODY, "❤️", "in3", group="g")
    assert stage.conversations.idle()
    assert seen(messages(view.lines(last.seq)), NORA) == plain
    stage.engine.probability = lambda prompt: 0.99
    await stage.says(MEI, "Nora?", group="g")
    await stage.settled()
    shown = turns(stage)
    assert "user\n[Oma 👍 to Mei: who is in?]\n[Somebody Else ❤️]\nMei (friend): Nora?<|im_end|>" in shown


async def test_in_a_group_that_moved_they_are_still_on_the_same_message(stage: Stage) -> None:
    stage.engine.probability = lambda prompt: 0.0
    for text in ("who is in?", "anybody?"):
        await stage.says(MEI, text, group="g")
    await stage.settled()
    await stage.reacts(OMA, "👍", "in1", group="g")
    await stage.conversations.moved(GROUP, Chat("stage", "new", ChatKind.GROUP, "Climbers"))
    await stage.reacts(OMA, "❤️", "in1", group="g")  # told late, of the chat that was
    stage.engine.probability = lambda prompt: 0.99
    await stage.says(MEI, "Nora?", group="new")
    await stage.settled()
    assert "[Oma 👍 to Mei: who is in?]\n[Oma ❤️ to Mei: who is in?]\nMei (friend): Nora?" in turns(stage)


async def test_forgotten_with_all_else_and_outlived(stage: Stage) -> None:
    await stage.says(MEI, "one")
    await stage.settled()
    await stage.reacts(MEI, "👍", "out2")
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert "👍".encode() not in stage.on_disk()
    await stage.says(OMA, "two")
    await stage.settled()
    await stage.reacts(OMA, "❤️", "out5")
    await stage.reacts(OMA, "❤️", "in3")
    chat = Chat("stage", "2", ChatKind.PRIVATE)
    assert [one.message.reaction for one in stage.journal.recent(chat, 9) if one.message.reaction] == ["❤️"] * 2
    stage.journal.purge(datetime.now(UTC) + timedelta(days=1))
    assert not any(one.message.reaction for one in stage.journal.recent(chat, 9))


async def test_neither_remembered_nor_the_end_of_a_silence(stage: Stage) -> None:
    await stage.says(MEI, "one")
    await stage.settled()
    before = stage.journal.talk([MEI])
    await stage.reacts(MEI, "👍", "out2")
    assert stage.journal.talk([MEI]) == before
    assert [one.text for one in stage.journal.said(PRIVATE.key, 0)] == ["one", "ok"]


# -- out ---------------------------------------------------------------------------------------------------------------


async def test_a_line_that_is_one_is_put_on_the_message_at_hand(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "[❤️]\nyes!"
    await stage.says(MEI, "tea?")
    await stage.settled()
    assert stage.platform.put == [("in1", "❤")] and stage.heard("1") == ["yes!"]
    await stage.says(MEI, "at four")
    await stage.settled()
    assert "tea?<|im_end|>\n<|im_start|>assistant\n[❤]\nyes!<|im_end|>" in turns(stage), "as it was learnt"


async def test_a_reaction_alone_is_an_answer(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "[👍]"
    await stage.says(MEI, "see you at four")
    await stage.settled()
    assert stage.platform.put == [("in1", "👍")] and stage.heard("1") == []
    await stage.restart()
    await stage.settled()
    assert stage.platform.put == [("in1", "👍")] and not stage.journal.pending(PRIVATE)


async def test_one_that_names_a_message_is_put_on_that(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "ok"
    await stage.says(MEI, "I [really] got the job")
    await stage.settled()
    stage.engine.say = lambda prompt: "[❤️ to Mei: I (really) got…]\nyes"
    await stage.says(MEI, "tea?")
    await stage.settled()
    assert stage.platform.put == [("in1", "❤")]


@pytest.mark.parametrize(
    ("said", "heard"), [("[🦄]\nyes", ["yes"]), ("[🦄]", ["🦄"]), ("[🦄]\n[👍]", []), ("[sticker]", ["[sticker]"])]
)
async def test_what_the_platform_does_not_take(stage: Stage, said: str, heard: list[str]) -> None:
    stage.engine.say = lambda prompt: said
    await stage.says(MEI, "tea?")
    await stage.settled()
    assert stage.heard("1") == heard


async def test_where_a_message_takes_none_the_words_are_enough_and_else_the_emoji_is_said(stage: Stage) -> None:
    stage.platform.refuses = {"in1", "in2"}
    stage.engine.say = lambda prompt: "[❤️]\nyes"
    await stage.says(MEI, "tea?")
    await stage.settled()
    stage.engine.say = lambda prompt: "[❤️]"
    await stage.says(MEI, "at four")
    await stage.settled()
    assert stage.heard("1") == ["yes", "❤"] and stage.platform.put == []
    await stage.says(MEI, "and cake")
    await stage.settled()
    assert "user\nat four<|im_end|>\n<|im_start|>assistant\n❤<|im_end|>" in turns(stage), "as it was said"


async def test_switched_off_or_in_a_group_none_is_put(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(reactions=False))
    stage.platform.takes_reactions = {"👍": "👍"}
    stage.engine.say = lambda prompt: "[👍]"
    await stage.says(MEI, "tea?")
    await stage.settled()
    stage.conversations.avatar.config = quick()
    stage.engine.say = lambda prompt: "[👍]\nyes"
    await stage.says(MEI, "Nora, tea?", group="g", addressed=True)
    await stage.settled()
    assert stage.platform.put == [] and stage.heard("1") == ["👍"] and stage.heard("g") == ["yes"]
    await stage.close()


async def test_cut_off_by_a_crash_it_is_put_again_which_changes_nothing(stage: Stage) -> None:
    message = await stage.says(MEI, "tea?")
    await stage.settled()
    stage.journal.reply(message.chat, [], ["[👍]", "yes"], reactions={"[👍]": Put("👍", "in1")})
    reaction, _ = (one for one in stage.journal.outbox(message.chat) if one.kind is Kind.BUBBLE)
    assert stage.journal.sending(reaction.seq, "out2")
    await stage.restart()
    await stage.settled()
    assert stage.platform.put == [("in1", "👍")] and stage.platform.asked == [], "nobody asks whether it arrived"
    assert (entry := stage.journal.still(reaction.seq)) and entry.state is State.SENT
    assert stage.heard("1")[-1] == "yes"


async def test_no_network_passes(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "[👍]"
    await stage.says(OMA, "hello")  # after what it says of itself
    await stage.settled()
    stage.platform.failures = [PassingError("no network", retry_after=0.01)]
    await stage.says(OMA, "tea?")
    await stage.settled()
    assert stage.platform.put == [("in1", "👍"), ("in2", "👍")]


def test_of_several_on_one_message_the_last_is_put() -> None:
    said = reacting(["[❤️]", "yes", "[👍]"], lambda emoji: emoji, lambda one: "7")
    assert (said.bubbles, said.reactions) == (["yes", "[👍]"], {"[👍]": Put("👍", "7")})
