"""Reactions on the web chat: what a person puts on the avatar's messages, and the avatar on theirs."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web.adapter import WebAdapter
from adapters.web.store import Transcript
from bot.conversation import Conversations
from bot.conversation.avatar import Avatar as Speaking
from bot.errors import PassingError, UndeliverableError
from bot.media import MediaStore
from bot.message import Account, Chat, ChatKind
from bot.observer import Unobserved
from bot.sampling import Sampling
from bot.store.journal import Journal
from tests.conversation.stage import NO_CALIBRATION, NORA, ScriptedEngine, quick
from tests.support import byte_codec
from tests.web.stage import PEOPLE, TOKEN, Avatar, serving, web_adapter
from tests.web.test_talk import MEI, Page, say, stream

GROUP = Chat("web", "#group", ChatKind.GROUP)


async def react(client: aiohttp.ClientSession, line: str | int, emoji: str, **more: Any) -> tuple[int, str]:
    body = {"chat": "mei", "sender": "mei", "line": int(line), "emoji": emoji, **more}
    async with client.post("/api/reactions", json=body) as answer:
        return answer.status, "" if answer.status == 204 else (await answer.json())["error"]


async def put(client: aiohttp.ClientSession) -> list[tuple[int, str | None, str]]:
    """What a page that is opened now shows."""
    async with stream(client) as socket:
        hello = await Page(socket).next("hello")
    return [(one["line"], one["sender"], one["emoji"]) for one in hello["put"]]


async def test_what_a_person_puts_reaches_the_daemon_and_every_page(
    client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar
) -> None:
    line = await web.send(MEI, "I got the job", "k")
    async with stream(client) as socket:
        page = Page(socket)
        assert (await page.next("hello"))["reactions"][:2] == ["❤️", "👍"]
        assert await react(client, line, "❤️") == (204, "")
        told = await page.next("reactions")
    assert told == {
        "type": "reactions",
        "line": int(line),
        "put": [{"line": int(line), "sender": "mei", "emoji": "❤️"}],
    }
    [reaction] = avatar.reactions
    assert (reaction.chat, reaction.reply_to, reaction.reaction) == (MEI, line, "❤️")
    assert (reaction.sender, reaction.sender_name, reaction.id) == (Account("web", "mei"), "Mei", "")
    assert reaction.sent_at.tzinfo is not None and not avatar.messages


async def test_one_alone_another_in_its_place_and_none(
    client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar
) -> None:
    line = await web.send(MEI, "I got the job", "k")
    for emoji in ("❤️", "❤️", "👍"):
        await react(client, line, emoji)
    assert [one.reaction for one in avatar.reactions] == ["👍"]
    assert await put(client) == [(int(line), "mei", "👍")]
    for _ in range(2):
        assert await react(client, line, "") == (204, "")
    assert avatar.reactions == [] and await put(client) == []


async def test_in_the_group_each_puts_their_own(client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar) -> None:
    asked = await say(client, "who cooks?", chat="#group", sender="mei")
    line = int(await web.send(GROUP, "me", "k"))
    for sender in ("mei", "tom"):
        await react(client, line, "👍", chat="#group", sender=sender)
    await react(client, asked, "😂", chat="#group", sender="tom")
    assert await react(client, asked, "😂", chat="#group") == (400, "erased"), "nobody reacts to themselves"
    await react(client, line, "", chat="#group")
    assert await put(client) == [(line, "tom", "👍"), (asked, "tom", "😂")]
    assert [one.chat.kind for one in avatar.reactions] == [ChatKind.GROUP] * 2


async def test_what_the_avatar_puts_is_shown_once(client: aiohttp.ClientSession, web: WebAdapter) -> None:
    line = await say(client, "I got the job")
    assert web.reaction_for("❤") == "❤️" and web.reaction_for("👍🏽") == "👍🏽"
    async with stream(client) as socket:
        for _ in range(2):  # a second time after a crash
            await web.react(MEI, str(line), "❤️")
            assert (await Page(socket).next("reactions"))["put"] == [{"line": line, "sender": None, "emoji": "❤️"}]
    assert await put(client) == [(line, None, "❤️")]
    for elsewhere in ("", "77", "in1"):
        with pytest.raises(UndeliverableError):
            await web.react(MEI, elsewhere, "❤️")
    with pytest.raises(UndeliverableError):
        await web.react(GROUP, str(line), "❤️")


async def test_what_cannot_be_taken_is_refused_in_a_sentence(
    client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar
) -> None:
    line = await web.send(MEI, "I got the job", "k")
    own = await say(client, "congratulations")
    assert await react(client, line, "🦄") == (400, "form")
    assert await react(client, line, "<b>") == (400, "form")
    assert await react(client, line, "❤️", sender="nobody") == (400, "unknown")
    assert await react(client, line, "❤️", sender="tom") == (400, "unknown"), "nor in another's private chat"
    assert await react(client, line, "❤️", sender="tom", chat="tom") == (400, "erased")
    assert await react(client, own, "❤️") == (400, "erased")
    assert await react(client, -1, "❤️") == (400, "form")
    avatar.fails = PassingError("The journal is full.")
    assert await react(client, line, "❤️") == (503, "later")
    assert avatar.reactions == [] and await put(client) == [], "what the daemon does not have is not shown"


async def test_they_outlive_a_restart_and_no_session_sees_them(tmp_path: Path, stranger: aiohttp.ClientSession) -> None:
    assert await react(stranger, 1, "❤️") == (401, "session")
    async with serving(tmp_path / "again", Avatar()) as web:
        line = int(await web.send(MEI, "I got the job", "k"))
        web._put(line, "mei", "❤️")
    async with serving(tmp_path / "again", Avatar()) as web:
        assert web._greet(0, 0)[0]["put"] == [{"line": line, "sender": "mei", "emoji": "❤️"}]


async def test_forget_takes_what_they_put_and_what_was_put_on_their_words(
    client: aiohttp.ClientSession, web: WebAdapter
) -> None:
    asked = await say(client, "who cooks?", chat="#group")
    answer = int(await web.send(GROUP, "me", "k"))
    await react(client, answer, "❤️", chat="#group")
    await react(client, answer, "👍", chat="#group", sender="tom")
    await react(client, asked, "😂", chat="#group", sender="tom")
    private = await web.send(MEI, "hello", "k2")
    await react(client, private, "🙏")
    await say(client, "/forget")
    assert await put(client) == [(answer, "tom", "👍")]


def test_a_transcript_from_before_there_were_any_is_read(tmp_path: Path) -> None:
    Transcript.open(tmp_path).close()
    database = sqlite3.connect(tmp_path / "transcript.sqlite")
    database.execute("DROP TABLE reactions")
    database.close()
    transcript = Transcript.open(tmp_path)
    line, _ = transcript.add("mei", None, "Lena", "old", "m")
    transcript.put(line.id, "mei", "❤️")
    assert [one.emoji for one in transcript.reactions(line.id)] == ["❤️"]
    transcript.purge(line.at + 1)
    assert transcript.reactions() == []
    transcript.close()


async def test_with_the_real_conversation_both_read_what_the_other_put(tmp_path: Path) -> None:
    media = MediaStore(tmp_path)
    engine = ScriptedEngine(byte_codec(media))
    engine.say = lambda prompt: "[❤️]\nI got the job"
    journal = Journal.open(tmp_path / "journal.sqlite")
    listening = asyncio.Event()
    web = web_adapter(tmp_path / "web", announce=lambda url: listening.set())
    speaking = Speaking(engine, NORA, PEOPLE, NO_CALIBRATION, Sampling(max_tokens=99), quick(), media)
    conversations = Conversations(speaking, journal, {"web": web}, Unobserved())
    running = asyncio.create_task(web.run(conversations))
    await listening.wait()
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(web.url.partition("/#")[0], cookie_jar=jar) as client:
        await client.post("/api/session", json={"token": TOKEN})
        async with stream(client) as socket:
            asked = await say(client, "and?")
            page = Page(socket)
            assert (await page.next("reactions"))["put"] == [{"line": asked, "sender": None, "emoji": "❤️"}]
            while (line := (await page.next("line"))["line"])["text"] != "I got the job":
                pass
        assert await react(client, line["id"], "👍") == (204, "")
        await say(client, "since when?")
        while len(engine.prompts) < 2:  # noqa: ASYNC110 (the engine sets no event)
            await asyncio.sleep(0.01)
    assert "user\n[👍]\nsince when?<|im_end|>" in engine.prompts[-1]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await conversations.drain(0)
    journal.close()
