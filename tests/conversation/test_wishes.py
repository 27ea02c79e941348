"""/stop, /start and /forget: obeyed at once, and not a way to make the avatar write."""

import asyncio
from pathlib import Path

import pytest

from bot.message import Chat, ChatKind
from tests.conversation.stage import MEI, NOBODY, OMA, Stage, quick
from tests.support import picture

STOPPED = "I will not answer you any more. Send /start to go on, /forget to delete what you wrote."
FORGOTTEN = "Done: I have deleted what you wrote to me."


async def test_a_stop_interrupts_what_is_being_written(stage: Stage) -> None:
    stage.engine.delay = 0.05
    stage.engine.say = lambda prompt: "a long answer that nobody wants any more"
    stage.conversations.avatar.config = quick(gather_max_seconds=0.0)  # nothing else would interrupt it
    await stage.says(MEI, "hi")
    await stage.until(lambda: bool(stage.engine.prompts))
    await stage.says(MEI, "/stop")
    await stage.settled()
    assert stage.heard("1") == [STOPPED]


async def test_after_a_stop_the_bubbles_that_are_left_are_not_sent(stage: Stage) -> None:
    stage.conversations.avatar.config = quick(characters_per_second=10, max_pause_seconds=1)
    stage.engine.say = lambda prompt: "one\ntwo two two\nthree three"
    await stage.says(MEI, "hi")
    await stage.until(lambda: bool(stage.heard("1")))
    await stage.says(MEI, "/stop")
    await stage.settled()
    assert stage.heard("1") == ["one", STOPPED]


@pytest.mark.parametrize("text", ["/stop", " /STOP ", "/stop please", "／stop", "/stop."])
async def test_however_it_is_written(stage: Stage, text: str) -> None:
    await stage.says(MEI, text)
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1") == [STOPPED] and not stage.engine.prompts


async def test_a_start_with_a_link_s_words_is_not_answered_by_the_model(stage: Stage) -> None:
    await stage.says(MEI, "/start ref42")
    await stage.settled()
    assert len(stage.platform.sent) == 1 and "I am an AI" in stage.platform.sent[0][1]
    assert not stage.engine.prompts


async def test_a_hundred_stops_of_a_stranger_in_a_group_bring_one_message(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(answer="contacts"))
    for _ in range(50):
        await stage.says(NOBODY, "/stop", group="g")
        await stage.says(NOBODY, "/start", group="g")
        await stage.says(NOBODY, "/forget", group="g")
    await stage.settled()
    assert stage.heard("g") == [STOPPED]
    stage.journal.close()


async def test_in_a_group_that_it_has_no_part_in_it_says_nothing_and_obeys(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(groups="none"))
    await stage.says(MEI, "/stop", group="g")
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.platform.sent == []
    stage.journal.close()


async def test_a_bot_s_commands_are_nobody_s_wish(stage: Stage) -> None:
    for order in ("/stop", "/forget", "/start"):
        await stage.says(OMA, order, group="g", from_bot=True)
    await stage.says(OMA, "and I?")
    await stage.settled()
    assert stage.heard("g") == [] and stage.heard("2") == ["ok"]


async def test_what_was_forgotten_is_nowhere_on_the_disk(stage: Stage) -> None:
    await stage.says(MEI, "my password is tulip-77", photos={"a": picture("red")})
    await stage.settled()
    await stage.says(OMA, "mine is rose-12")
    await stage.settled()
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert stage.heard("1")[-1] == FORGOTTEN
    kept = stage.on_disk()
    assert b"tulip-77" not in kept and b"rose-12" in kept
    assert b"JFIF" not in kept and b"PNG" not in kept, "nor is the photo"


async def test_nor_does_the_model_keep_what_it_read(stage: Stage) -> None:
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert stage.engine.forgot == 0, "there was nothing"
    await stage.says(MEI, "my password is tulip-77")
    await stage.settled()
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert stage.engine.forgot == 1


async def test_a_photo_that_comes_after_it_was_forgotten_is_not_kept(stage: Stage) -> None:
    fetch = stage.platform.fetch
    coming = asyncio.Event()

    async def slowly(ref: str, limit: int) -> bytes:
        await coming.wait()
        return await fetch(ref, limit)

    stage.platform.fetch = slowly  # type: ignore[method-assign]
    await stage.says(MEI, "look", photos={"a": picture("red")})
    await asyncio.sleep(0.1)
    await stage.says(MEI, "/forget")
    coming.set()
    await stage.settled()
    assert stage.heard("1") == [FORGOTTEN]
    assert b"PNG" not in stage.on_disk()


async def test_nor_is_what_somebody_says_who_is_not_listened_to(stage: Stage) -> None:
    await stage.says(MEI, "/stop")
    await stage.says(MEI, "my password is tulip-77")
    await stage.settled()
    assert b"tulip-77" not in stage.on_disk()


async def test_a_crash_right_after_forgetting_keeps_nothing(stage: Stage) -> None:
    await stage.says(MEI, "my password is tulip-77")
    await stage.settled()
    stage.journal.checkpoint = lambda: None  # type: ignore[method-assign]  # killed before it came to that
    await stage.says(MEI, "/forget")
    await stage.die()
    assert b"tulip-77" not in stage.on_disk()


async def test_a_bubble_forgotten_on_its_way_leaves_nothing_behind(stage: Stage) -> None:
    send, going = stage.platform.send, asyncio.Event()

    async def slowly(chat: Chat, text: str, key: str) -> str:
        going.set()
        await asyncio.sleep(0.1)
        return await send(chat, text, key)

    await stage.says(MEI, "hi")
    await stage.settled()
    stage.platform.send = slowly  # type: ignore[method-assign]
    stage.engine.say = lambda prompt: "the secret is tulip-77"
    await stage.says(MEI, "tell me")
    await going.wait()
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert stage.journal.recent(Chat("stage", "1", ChatKind.PRIVATE), 10) == []
    assert b"tulip-77" not in stage.on_disk()


async def test_what_was_forgotten_while_a_reply_was_typed_does_not_wait_again(stage: Stage) -> None:
    stage.conversations.avatar.config = quick(characters_per_second=10)
    stage.engine.say = lambda prompt: "a reply that takes a while"
    await stage.says(MEI, "are you in?", group="g")
    await stage.until(lambda: bool(stage.journal.outbox(Chat("stage", "g", ChatKind.GROUP))))
    await stage.says(MEI, "/forget", group="g")
    await stage.settled()
    assert stage.heard("g") == [FORGOTTEN]
    assert stage.journal.recent(Chat("stage", "g", ChatKind.GROUP), 10) == []
