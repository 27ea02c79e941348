"""An avatar talks on Telegram: an album is one turn, a forum's topic a chat of its own, a reaction no message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.conversation import Conversations
from bot.hearing.ears import Ears
from tests.conversation.stage import Stage, quick
from tests.standins.telegram import TelegramServer
from tests.telegram.conftest import adapter_for, picture, running


@asynccontextmanager
async def avatar(server: TelegramServer, folder: Path, ears: Ears | None = None) -> AsyncIterator[Stage]:
    stage = Stage(folder, quick(gather_seconds=0.2), ears=ears)
    adapter = adapter_for(server)
    conversations = Conversations(stage.conversations.avatar, stage.journal, {"telegram": adapter}, stage.observer)
    stage.conversations = conversations
    async with running(adapter, conversations):
        yield stage
        await conversations.drain(0)
    stage.journal.close()


async def test_an_album_is_one_turn_and_gets_one_answer(server: TelegramServer, tmp_path: Path) -> None:
    anna = server.person("Anna")
    async with avatar(server, tmp_path) as stage:
        server.user_says(anna, "which one?", album=[picture(colour) for colour in ("red", "green", "blue")])
        await server.wait_for_reply(anna, 2)
        await stage.settled()
    assert server.replies(anna)[1:] == ["ok"] and len(stage.engine.prompts) == 1
    [turn] = stage.engine.prompts[0].split("<|im_start|>user\n")[1:]
    assert turn.count("<|vision_start|>") == 3 and "which one?" in turn


async def test_an_album_in_a_group_gets_one_answer_too(server: TelegramServer, tmp_path: Path) -> None:
    anna = server.person("Anna")
    group = server.group("Climbing", anna)
    async with avatar(server, tmp_path) as stage:
        server.user_says(anna, "which one?", album=[picture("red"), picture("blue")], chat=group)
        await server.wait_for_reply(group, 2)
        await stage.settled()
    assert server.replies(group)[1:] == ["ok"] and stage.engine.prompts[0].count("<|vision_start|>") == 2


async def test_the_topics_of_a_forum_are_chats_that_know_nothing_of_each_other(
    server: TelegramServer, tmp_path: Path
) -> None:
    anna = server.person("Anna")
    forum = server.group("Climbing", anna, forum=True)
    async with avatar(server, tmp_path) as stage:
        stage.engine.say = lambda prompt: "the blue one" if "rope" in prompt else "a large one"
        server.user_says(anna, "which rope?", chat=forum, thread=3)
        server.user_says(anna, "which tent?", chat=forum, thread=9)
        await server.wait_for_reply(forum, 4)
        await stage.settled()
    said = [(one.thread, one.text) for one in server.sent_to(forum) if "I am an AI" not in one.text]
    assert sorted(said) == [(3, "the blue one"), (9, "a large one")]
    assert not any("rope" in prompt and "tent" in prompt for prompt in stage.engine.prompts)


async def test_a_reaction_is_no_message_and_is_read_with_the_next(
    server: TelegramServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    anna = server.person("Anna")
    async with avatar(server, tmp_path) as stage:
        server.user_says(anna, "lunch?")
        await server.wait_for_reply(anna, 2)
        server.user_reacts(anna, server.sent[-1].message_id, "👍")
        server.user_says(anna, "at noon?")
        await server.wait_for_reply(anna, 3)
        await stage.settled()
    assert len(stage.engine.prompts) == 2 and "user\n[👍]\nat noon?<|im_end|>" in stage.engine.prompts[1]
    assert not caplog.records


async def test_the_avatar_puts_one_itself(server: TelegramServer, tmp_path: Path) -> None:
    anna = server.person("Anna")
    async with avatar(server, tmp_path) as stage:
        stage.engine.say = lambda prompt: "[❤️]"
        number = server.user_says(anna, "I got the job!")
        await server.wait_until(lambda: bool(server.world.reactions))
        await stage.settled()
    assert server.world.reactions == {(anna.id, number, int(server.world.bot["id"])): ["❤"]}
    assert len(server.replies(anna)) == 1, "only what it says of itself"
