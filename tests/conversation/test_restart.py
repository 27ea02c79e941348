"""Nothing is lost and nothing said twice when the process dies."""

import asyncio
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.message import Chat, ChatKind
from bot.store.journal import Kind, State
from tests.conversation.lifetime import Hands
from tests.conversation.stage import MEI, OMA, QUICK, Stage

CHAT = Chat("stage", "1", ChatKind.PRIVATE)


async def introduced(stage: Stage) -> None:
    await stage.says(MEI, "hi")
    await stage.settled()


async def test_a_message_taken_but_not_answered_is_answered(stage: Stage) -> None:
    await introduced(stage)
    stage.engine.delay = 5
    await stage.says(MEI, "are you there?")
    stage.engine.delay = 0
    await stage.restart()
    await stage.settled()
    assert stage.heard("1") == ["ok", "ok"]


async def test_a_reply_composed_but_not_sent_is_sent_as_it_was(stage: Stage) -> None:
    await introduced(stage)
    stage.journal.reply(CHAT, [], ["first half", "second half"])
    await stage.restart()
    await stage.settled()
    assert stage.heard("1") == ["ok", "first half", "second half"]


async def test_a_bubble_cut_off_is_not_sent_again_if_it_arrived(stage: Stage) -> None:
    await introduced(stage)
    reply = stage.journal.reply(CHAT, [], ["first half", "second half"])
    stage.journal.sending(reply, "out2")
    stage.platform.arrived = "out77"
    await stage.restart()
    await stage.settled()
    assert stage.heard("1") == ["ok", "second half"]
    assert stage.platform.asked == ["out2"]
    found = [entry for entry in stage.journal.recent(CHAT, 10) if entry.text == "first half"]
    assert [(entry.state, entry.native_id) for entry in found] == [(State.SENT, "out77")]


async def test_a_bubble_cut_off_is_sent_again_under_its_key_if_it_did_not_arrive(stage: Stage) -> None:
    await introduced(stage)
    reply = stage.journal.reply(CHAT, [], ["only half"])
    stage.journal.sending(reply, "out2")
    await stage.restart()
    await stage.settled()
    assert stage.heard("1") == ["ok", "only half"]
    assert stage.platform.keys[-1] == f"echoes-{reply}"


async def test_draining_keeps_what_comes_for_the_next_start(stage: Stage) -> None:
    await introduced(stage)
    await stage.conversations.drain(1)
    await stage.says(MEI, "too late?")
    assert stage.heard("1") == ["ok"]
    await stage.restart()
    await stage.settled()
    assert stage.heard("1") == ["ok", "ok"]


async def test_a_chat_goes_on_under_a_new_id(stage: Stage) -> None:
    await stage.says(MEI, "the old group", group="old")
    await stage.settled()
    old, new = Chat("stage", "old", ChatKind.GROUP, "Climbers"), Chat("stage", "new", ChatKind.GROUP, "Climbers")
    await stage.conversations.moved(old, new)
    await stage.says(MEI, "the new group", group="new")
    await stage.settled()
    assert "the old group" in stage.engine.prompts[-1]
    assert not any(entry.kind is Kind.NOTICE and entry.state is State.QUEUED for entry in stage.journal.outbox(new))


async def test_of_chats_that_share_their_ids_one_at_a_time_is_written_to(stage: Stage) -> None:
    """So that after a crash it is known whose bubble an unknown message is."""
    send, on_their_way, most = stage.platform.send, 0, 0

    async def slowly(chat: Chat, text: str, key: str) -> str:
        nonlocal on_their_way, most
        on_their_way += 1
        most = max(most, on_their_way)
        await asyncio.sleep(0.05)
        on_their_way -= 1
        return await send(chat, text, key)

    stage.platform.send = slowly  # type: ignore[method-assign]
    stage.platform.lane = lambda chat: "one forum"  # type: ignore[method-assign]
    for topic in ("a", "b", "c"):
        await stage.says(MEI, "hello", group=topic)
    await stage.settled()
    assert most == 1 and all(stage.heard(topic) == ["ok"] for topic in ("a", "b", "c"))


async def test_a_chat_at_rest_is_let_go_and_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    hands = Hands()
    stage = Stage(tmp_path, QUICK, clock=Clock(hands))
    await stage.says(MEI, "remember the lamp")
    await stage.settled()
    hands.at += timedelta(hours=5)
    stage.conversations.let_go()
    assert len(stage.conversations._workers) == 1
    stage.engine.delay = 0.3
    await stage.says(OMA, "hello")
    await stage.until(lambda: len(stage.engine.prompts) == 2)
    hands.at += timedelta(hours=7)
    stage.conversations.let_go()
    assert list(stage.conversations._workers) == ["stage:2"], "she is being answered"
    await stage.settled()
    await stage.says(MEI, "well?")
    await stage.settled()
    assert stage.heard("1") == ["ok", "ok"] and stage.heard("2")[-1] == "ok"
    assert stage.engine.prompts[-1].startswith(stage.engine.prompts[0]) and "well?" in stage.engine.prompts[-1]
    stage.journal.close()
