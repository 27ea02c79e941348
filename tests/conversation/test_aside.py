"""One message that fails again and again does not silence its chat."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.chat.prompt import Prompt
from bot.conversation import chat as worker
from bot.errors import EchoesError, PassingError, RefusedError
from bot.message import Chat, ChatKind
from bot.sampling import Sampling
from bot.store.journal import State
from tests.conversation.stage import MEI, OMA, ScriptedEngine, Stage

CHAT = Chat("stage", "1", ChatKind.PRIVATE)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_FIRST_WAIT", 0.01)


def poisoned(stage: Stage, word: str, error: Exception) -> None:
    """Whatever prompt ends with a turn in which that word stands makes the engine fail."""

    def say(prompt: str) -> str:
        if word in prompt.rpartition("<|im_start|>user")[2]:
            raise error
        return "ok"

    stage.engine.say = say


def aside(stage: Stage) -> list[str]:
    return [one.entry.text for one in stage.journal.aside()]


async def test_what_follows_is_answered(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    poisoned(stage, "poison", RuntimeError("a bug nobody has found yet"))
    await stage.says(MEI, "poison")
    await stage.settled()
    assert stage.heard("1") == [] and aside(stage) == ["poison"]
    assert "echoes aside" in caplog.text and "poison" not in caplog.text
    await stage.says(MEI, "are you there?")
    await stage.settled()
    assert stage.heard("1") == ["ok"]
    assert "poison" not in stage.engine.prompts[-1], "it is no part of the conversation any more"


async def test_of_a_burst_only_the_one_that_fails_is_left_out(stage: Stage) -> None:
    poisoned(stage, "poison", ValueError("what somebody wrote"))
    for text in ("one", "poison", "two"):
        await stage.says(MEI, text)
    await stage.settled()
    assert stage.heard("1") == ["ok", "ok"] and aside(stage) == ["poison"]


async def test_in_a_group_the_rest_is_decided(stage: Stage) -> None:
    def decide(prompt: str) -> float:
        if "poison" in prompt.rpartition("<|im_start|>user")[2]:
            raise RuntimeError
        return 0.9

    stage.engine.probability = decide
    await stage.says(MEI, "poison", group="g")
    await stage.says(OMA, "dinner?", group="g")
    await stage.settled()
    assert stage.heard("g") == ["ok"] and aside(stage) == ["poison"]


async def test_stop_is_obeyed_while_it_fails(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_FIRST_WAIT", 3600.0)
    poisoned(stage, "poison", RuntimeError())
    await stage.says(MEI, "poison")
    await stage.until(lambda: any(one.tries for one in stage.journal.pending(CHAT)))
    await stage.says(MEI, "/stop")
    await stage.settled()
    [said] = stage.heard("1")
    assert said.startswith("I will not answer you any more.")


@pytest.mark.parametrize(
    "error",
    [PassingError("The model server is not ready."), RefusedError("The model server refused a request (404).")],
    ids=["not ready", "does not know the model"],
)
async def test_what_hits_every_message_is_no_messages_fault(stage: Stage, error: EchoesError) -> None:
    stage.engine.failures = [error] * 5
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1") == ["ok"] and aside(stage) == []


async def test_a_prompt_that_the_server_refuses_is_set_aside(stage: Stage) -> None:
    stage.engine.failures = [RefusedError("The model server refused a request (400).", for_its_content=True)] * 3
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1") == [] and aside(stage) == ["hello?"]


@pytest.mark.parametrize("reply", ["<think>she wants tea", "\u2800", " \u200b\n\u3164"])
async def test_a_reply_in_which_nothing_can_be_seen_is_not_asked_for_for_ever(stage: Stage, reply: str) -> None:
    stage.engine.say = lambda prompt: reply
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1") == [] and len(stage.engine.prompts) == 3 and aside(stage) == ["hello?"]


async def test_a_past_that_cannot_be_read_is_left_out(stage: Stage) -> None:
    """The fault may lie in what was said before: on its last try a message is read without it."""
    await stage.says(MEI, "harmless yesterday, poison since the update")
    await stage.settled()

    def say(prompt: str) -> str:
        if "poison" in prompt:
            raise RuntimeError
        return "still here"

    stage.engine.say = say
    await stage.says(MEI, "are you there?")
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1")[1:] == ["still here", "still here"] and aside(stage) == []


async def test_a_bubble_that_cannot_be_sent_does_not_hold_up_the_rest(stage: Stage) -> None:
    send = stage.platform.send

    async def strange(chat: Chat, text: str, key: str) -> str:
        if "poison" in text:
            raise KeyError("what somebody wrote")
        return await send(chat, text, key)

    stage.platform.send = strange  # type: ignore[method-assign]
    stage.engine.say = lambda prompt: "before\npoison\nafter"
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert stage.heard("1") == ["before", "after"] and aside(stage) == ["poison"]


class LethalEngine(ScriptedEngine):
    """Takes the process with it: nothing after it runs, as after a crash in native code."""

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        text = self._text(prompt)
        self.prompts.append(text)
        if "poison" in text.rpartition("<|im_start|>user")[2]:
            await asyncio.Event().wait()
        yield "ok"


async def test_a_message_that_the_process_dies_of_is_given_up(tmp_path: Path, stage: Stage) -> None:
    stage.engine = LethalEngine(stage.engine.codec)
    stage.conversations.avatar.engine = stage.engine
    await stage.says(MEI, "poison")
    for _ in range(6):
        await stage.asked_again()
        await stage.die()
    await stage.says(MEI, "are you there?")
    await stage.settled()
    assert stage.heard("1") == ["ok"] and aside(stage) == ["poison"]


async def test_being_stopped_in_an_orderly_way_counts_for_nothing(stage: Stage) -> None:
    stage.engine.delay = 3600
    await stage.says(MEI, "hello?")
    for _ in range(8):
        await stage.asked_again()
        await stage.restart()
    stage.engine.delay = 0
    await stage.restart()
    await stage.settled()
    assert stage.heard("1") == ["ok"] and aside(stage) == []


async def test_what_was_set_aside_can_be_tried_again(stage: Stage) -> None:
    poisoned(stage, "poison", RuntimeError())
    await stage.says(MEI, "poison")
    await stage.settled()
    stage.engine.say = lambda prompt: "mended"
    stage.journal.retry([one.entry.seq for one in stage.journal.aside()])
    await stage.conversations.start()
    await stage.settled()
    assert stage.heard("1") == ["mended"] and aside(stage) == []
    assert [one.state for one in stage.journal.recent(CHAT, 10)] == [State.ANSWERED, State.SENT]
