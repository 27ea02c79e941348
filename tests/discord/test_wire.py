"""discord.py itself over a real connection: starting, being cut off, never saying a thing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.discord.adapter import DiscordAdapter, nonce, split
from bot.disclosure import VOICE_MARK
from bot.errors import PassingError, PermanentError, UndeliverableError
from bot.message import Account, Chat, ChatKind
from bot.platform import VoiceMessage
from tests.discord.conftest import Box
from tests.discord.far_side import ME, PNG, TOKEN, FarSide

DM = Chat("discord", "500", ChatKind.PRIVATE)


async def connected(running: "asyncio.Task[None]", far: FarSide) -> None:
    """Returns when it is, and raises what ended it if it never is."""
    waiting = asyncio.create_task(far.connected.wait())
    await asyncio.wait([running, waiting], timeout=10, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if running.done():
        await running
    assert far.connected.is_set()


@asynccontextmanager
async def running(adapter: DiscordAdapter, box: Box, far: FarSide) -> AsyncIterator["asyncio.Task[None]"]:
    """The adapter, connected and caught up."""
    expected = len(box.messages) + 1
    task = asyncio.create_task(adapter.run(box))
    try:
        await connected(task, far)
        await far.tell("hello")
        await box.holds(expected)
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_starts_hears_answers_and_stops(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    async with running(adapter, box, far_side) as task:
        assert box.texts == ["hello"] and box.messages[0].chat == DM
        await adapter.typing(DM)
        await adapter.send(DM, "hi", "k")
        assert far_side.typed == ["500"] and far_side.messages["500"][-1]["content"] == "hi"
    assert task.cancelled()
    with pytest.raises(PassingError, match="not connected"):
        await adapter.send(DM, "hi", "k")
    assert far_side.sockets[0].closed


async def test_the_daemon_hears_that_a_contact_types_but_not_of_its_own_typing(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    async with running(adapter, box, far_side):
        await far_side.types(ME)
        await far_side.types()
        await far_side.tell("done")
        await box.holds(2)
    assert box.typed == [DM]


async def test_reactions_both_ways(
    adapter: DiscordAdapter, box: Box, far_side: FarSide, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(adapter, box, far_side):
        sent = await adapter.send(DM, "hi", "k")
        caplog.clear()
        heart = {"id": None, "name": "❤️"}
        await far_side.reacts(sent, heart)
        await far_side.reacts(sent, heart, ME)
        await far_side.reacts(sent, {"id": "77", "name": "blob"})
        await far_side.reacts(sent, heart, back=True)
        await far_side.tell("still there?")
        await box.holds(2)
        told = [(what, one.chat, one.reaction, one.reply_to, one.sender) for what, one in box.reactions]
        anna = Account("discord", "100")
        assert told == [("put", DM, "❤️", sent, anna), ("taken back", DM, "❤️", sent, anna)]
        said = far_side.messages["500"][-1]["id"]
        for _ in range(2):  # as after a crash
            await adapter.react(DM, said, adapter.reaction_for("❤") or "")
        assert far_side.put == {("500", said): ["❤️"]}
        for message, emoji in (("9", "👍"), (said, "🫠"), ("gone", "👍")):
            with pytest.raises(UndeliverableError):
                await adapter.react(DM, message, emoji)
    assert box.texts == ["hello", "still there?"]
    assert not [one for one in caplog.records if one.levelname != "INFO"] and "❤️" not in caplog.text


async def test_a_wrong_token_is_said_with_what_to_do(box: Box, far_side: FarSide) -> None:
    with pytest.raises(PermanentError, match=r"Reset Token.*ECHOES_DISCORD_TOKEN") as caught:
        await DiscordAdapter("a.wrong.token").run(box)
    assert "a.wrong.token" not in str(caught.value)


async def test_a_missing_intent_is_said_with_what_to_do(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    far_side.content_intent = False
    with pytest.raises(PermanentError, match="Message Content Intent"):
        await adapter.run(box)


async def test_a_token_that_is_taken_back_while_running_is_said_too(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    async with running(adapter, box, far_side) as task:
        await far_side.hang_up(4004)
        with pytest.raises(PermanentError, match="Reset Token"):
            await task


async def test_no_network_passes(adapter: DiscordAdapter, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discord.http.Route.BASE", "http://127.0.0.1:9")
    with pytest.raises(PassingError, match="cannot be reached"):
        await adapter.run(box)


async def test_a_short_interruption_is_resumed_by_the_library(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    async with running(adapter, box, far_side) as task:
        far_side.connected.clear()
        await far_side.hang_up(4000)
        await connected(task, far_side)
        await far_side.tell("still there?")
        await box.holds(2)
        assert box.texts == ["hello", "still there?"] and not task.done()


async def test_a_second_try_does_not_say_it_twice(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    async with running(adapter, box, far_side):
        first = await adapter.send(DM, "only once", "key-1")
        again = await adapter.send(DM, "only once", "key-1")
        other = await adapter.send(DM, "only once", "key-2")
        assert first == again != other
        assert [one["content"] for one in far_side.messages["500"]][1:] == ["only once", "only once"]
        body = far_side.bodies[0]
        assert body["enforce_nonce"] is True and len(body["nonce"]) == 25 and body["nonce"] == nonce("key-1", 0)


async def test_a_reply_names_its_message_if_that_is_still_there_and_pings_nobody(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    async with running(adapter, box, far_side):
        asked = box.messages[-1].id
        sent = await adapter.send_reply(DM, "me! " * 600, "k", asked)
        shown = [one.get("message_reference", {}).get("message_id") for one in far_side.messages["500"][1:]]
        assert shown == [asked, None] and far_side.bodies[0]["allowed_mentions"] == {"parse": []}
        assert await adapter.send_reply(DM, "and me", "k2", "4711")
        assert "message_reference" not in far_side.messages["500"][-1]
        assert await adapter.delivered(DM, "and me", "k2", sent) == far_side.messages["500"][-1]["id"]


async def test_a_sticker_is_a_picture_and_is_known_by_its_name_after_a_crash(
    box: Box, far_side: FarSide, tmp_path: Path
) -> None:
    (tmp_path / "cat.png").write_bytes(PNG)
    adapter = DiscordAdapter(TOKEN, ready_seconds=0.0, stickers={"😂": tmp_path / "cat.png"})
    async with running(adapter, box, far_side):
        known = box.messages[-1].id
        assert await adapter.delivered(DM, "😂", "k", known) is False
        sent = await adapter.send_sticker(DM, "😂", "k")
        assert far_side.messages["500"][-1]["attachments"][0]["filename"] == f"{nonce('k', 0)}.png"
        assert await adapter.delivered(DM, "😂", "k", known) == sent == adapter.floor(DM)
        assert await adapter.delivered(DM, "😂", "other", known) is False
        (tmp_path / "cat.png").unlink()
        await adapter.send_sticker(DM, "😂", "k2")
        assert far_side.messages["500"][-1]["content"] == "😂", "its emoji is better than nothing"


async def test_a_voice_message_is_a_sound_with_its_mark_and_known_after_a_crash(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    async with running(adapter, box, far_side):
        known = box.messages[-1].id
        voice = VoiceMessage(b"OggS and so on", 4, VOICE_MARK)
        sent = await adapter.send_voice(DM, voice, "on my way", "k")
        shown = far_side.messages["500"][-1]
        assert shown["attachments"][0]["filename"] == f"{nonce('k', 0)}.ogg" and shown["content"] == VOICE_MARK
        assert await adapter.delivered(DM, "on my way", "k", known) == sent == adapter.floor(DM)


async def test_it_knows_after_a_crash_what_arrived(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    async with running(adapter, box, far_side):
        known = box.messages[-1].id
        assert await adapter.delivered(DM, "did I?", "k", known) is False
        arrived = far_side.said("did I?", ME)  # sent, and the answer lost
        assert await adapter.delivered(DM, " did I?\n", "k", known) == arrived["id"]
        assert await adapter.delivered(DM, "did I?", "k", arrived["id"]) is False, "that one is known already"
        assert await adapter.delivered(DM, "did I?", "k", None) is None, "nothing is known of the chat"
        far_side.said("hello")
        assert await adapter.delivered(DM, "hello", "k", known) is False, "somebody else said so"
        far_side.said("by its mark", ME, nonce=nonce("k", 0))
        assert await adapter.delivered(DM, "by its mark", "other", known) is False
        assert await adapter.delivered(DM, "by its mark", "k", known)
        far_side.refuse["GET /channels/500/messages"] = (403, {"code": 50001, "message": "Missing Access"})
        assert await adapter.delivered(DM, "did I?", "k", known) is None


async def test_a_long_text_goes_in_pieces_and_counts_as_delivered_when_all_are(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    text = "word " * 900 + "😀" * 1500
    pieces = split(text)
    assert all(len(piece.encode("utf-16-le")) // 2 <= 2000 for piece in pieces) and len(pieces) == 4
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    async with running(adapter, box, far_side):
        known = box.messages[-1].id
        far_side.said(pieces[0].strip(), ME)
        assert await adapter.delivered(DM, text, "k", known) is False
        last = await adapter.send(DM, text, "k")
        assert await adapter.delivered(DM, text, "k", known) == last == far_side.messages["500"][-1]["id"]


async def test_what_was_said_while_it_was_away_is_caught_up_with(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    box.newest = {DM: str(far_side.said("before")["id"])}
    for number in range(230):
        far_side.said(str(number))
    far_side.said("my own", ME)
    async with running(adapter, box, far_side):
        await box.holds(231)
        assert box.texts == [str(number) for number in range(230)] + ["hello"]


async def test_what_comes_while_it_catches_up_waits_its_turn(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    box.newest = {DM: str(far_side.said("before")["id"])}
    far_side.said("missed")
    task = asyncio.create_task(adapter.run(box))
    await connected(task, far_side)
    for number in range(20):
        await far_side.tell(str(number))
    await box.holds(21)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert box.texts == ["missed", *map(str, range(20))]


async def test_a_message_the_daemon_cannot_take_ends_the_connection_and_comes_again(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    async with running(adapter, box, far_side) as task:
        box.fails = PassingError("The disk is full.")
        await far_side.tell("lost?")
        await far_side.tell("after it")
        with pytest.raises(PassingError, match="disk is full"):
            await task
    box.fails = None
    far_side.connected.clear()
    async with running(adapter, box, far_side):
        await box.holds(4)
        assert box.texts == ["hello", "lost?", "after it", "hello"]


async def test_trouble_while_catching_up_ends_the_connection_so_that_nothing_is_skipped(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    box.newest = {DM: str(far_side.said("before")["id"])}
    far_side.said("missed")
    far_side.refuse["GET /channels/500/messages"] = (503, {"code": 0, "message": "no"})
    with pytest.raises(PassingError, match="status 503"):
        await adapter.run(box)
    assert box.messages == []


async def test_rate_limits_are_waited_for(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    async with running(adapter, box, far_side):
        far_side.refuse["POST /channels/500/messages"] = (429, {"message": "slow", "retry_after": 0.3, "global": False})
        sending = asyncio.create_task(adapter.send(DM, "slowly", "k"))
        await asyncio.sleep(0.1)
        assert not sending.done()
        far_side.refuse.clear()
        assert await asyncio.wait_for(sending, 5)
        assert [one["content"] for one in far_side.messages["500"]].count("slowly") == 1


async def test_a_text_that_discord_refuses_is_given_up(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    async with running(adapter, box, far_side):
        with pytest.raises(UndeliverableError, match=r"refused a message.*code 50035"):
            await adapter.send(DM, "  ", "k")


async def test_pictures_are_fetched_from_discord_alone_and_within_the_limit(far_side: FarSide) -> None:
    adapter = DiscordAdapter(TOKEN, origins=[far_side.base])
    assert await adapter.fetch(f"{far_side.base}/pictures/cat.png", 1000) == PNG
    with pytest.raises(PermanentError, match="larger than"):
        await adapter.fetch(f"{far_side.base}/pictures/cat.png", 50)
    with pytest.raises(PermanentError, match="larger than 1 MB"):
        await adapter.fetch(f"{far_side.base}/pictures/endless.png", 1_000_000)
    with pytest.raises(PermanentError, match="no longer there"):
        await adapter.fetch(f"{far_side.base}/pictures/gone.png", 1000)
    with pytest.raises(PermanentError, match="no longer there"):
        await adapter.fetch(f"{far_side.base}/pictures/elsewhere.png", 1000)
    for elsewhere in (
        "http://127.0.0.1:9/x.png",
        "https://cdn.discordapp.com.evil.example/x.png",
        "file:///etc/passwd",
    ):
        with pytest.raises(PermanentError, match="another host"):
            await adapter.fetch(elsewhere, 1000)
    with pytest.raises(PermanentError, match="another host"):
        await DiscordAdapter(TOKEN).fetch(f"{far_side.base}/pictures/cat.png", 1000)
