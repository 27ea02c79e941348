"""An avatar that talks on Discord: what arrives there, and what happens where it may not write."""

from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from bot.errors import PassingError, UndeliverableError
from bot.message import Chat, ChatKind
from tests.discord.conftest import Box


@pytest.fixture
def env(simcord_env: Any) -> Any:
    return simcord_env


async def test_a_reply_arrives_as_bubbles_after_the_typing_indicator(
    env: Any, box: Box, adapter: DiscordAdapter
) -> None:
    anna = env.create_user("anna")
    await anna.send_dm("are you awake?")
    chat = box.messages[0].chat
    await adapter.typing(chat)
    first = await adapter.send(chat, "yes", "reply-1/0")
    second = await adapter.send(chat, "can't sleep @everyone", "reply-1/1")
    history = anna.dm_channel.history()
    assert [(str(one.id), one.content) for one in history[1:]] == [(first, "yes"), (second, "can't sleep @everyone")]
    calls = [(one.method, one.path) for one in env.http_requests]
    messages = f"/channels/{chat.id}/messages"
    assert calls[-3:] == [("POST", f"/channels/{chat.id}/typing"), ("POST", messages), ("POST", messages)]
    assert env.http_requests[-1].json["allowed_mentions"]["parse"] == []
    assert box.texts == ["are you awake?"], "what it says itself does not come back"


async def test_an_answer_in_a_channel_pings_nobody(env: Any, box: Box, adapter: DiscordAdapter) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    await anna.send(channel, "hello all")
    await adapter.send(box.messages[0].chat, f"hi <@{anna.id}> @everyone", "k")
    said = channel.last_message
    assert said.author.id == env.bot.user.id and not said.mention_everyone
    assert env.http_requests[-1].json["allowed_mentions"]["parse"] == []


async def test_where_it_was_removed_only_that_chat_is_given_up(env: Any, box: Box, adapter: DiscordAdapter) -> None:
    guild = env.create_guild()
    channel, other = guild.create_text_channel("general"), guild.create_text_channel("other")
    anna = guild.add_member(env.create_user("anna"))
    await anna.send(channel, "hello")
    await anna.send(other, "hello")
    gone = Chat("discord", "123456789012345678", ChatKind.GROUP)
    with pytest.raises(UndeliverableError, match=r"cannot be reached.*removed, blocked or silenced"):
        await adapter.send(gone, "hi", "k")
    env.inject_error("POST", f"/channels/{channel.id}/messages", status=403, code=50013)
    with pytest.raises(UndeliverableError, match="code 50013"):
        await adapter.send(box.messages[0].chat, "hi", "k")
    assert await adapter.send(box.messages[1].chat, "hi", "k2")
    env.inject_error("POST", f"/channels/{other.id}/messages", status=503)
    with pytest.raises(PassingError, match="status 503"):
        await adapter.send(box.messages[1].chat, "hi", "k3")


async def test_after_a_restart_what_was_missed_comes_first_and_in_order(
    env: Any, box: Box, adapter: DiscordAdapter
) -> None:
    guild = env.create_guild("Hikers")
    channel = guild.create_text_channel("general")
    member = guild.add_member(env.create_user("ben"))
    anna = env.create_user("anna")
    await anna.send_dm("one")
    await member.send(channel, "group one")
    away = Box(newest=dict(box.newest))  # a new process, which knows what the journal knows
    env.bot._connection.parsers["MESSAGE_CREATE"] = lambda data: None  # the daemon is down
    await anna.send_dm("two")
    await anna.send_dm("three")
    await member.send(channel, "group two")
    await env.restart_bot(adapter.connect(away))
    await anna.send_dm("four")
    private = [one.text for one in away.messages if one.chat.kind is ChatKind.PRIVATE]
    group = [one for one in away.messages if one.chat.kind is ChatKind.GROUP]
    assert private == ["two", "three", "four"]
    assert [one.text for one in group] == ["group two"] and group[0].chat.title == "Hikers #general"


async def test_a_chat_that_is_gone_does_not_keep_the_others_from_catching_up(
    env: Any, box: Box, adapter: DiscordAdapter
) -> None:
    anna = env.create_user("anna")
    await anna.send_dm("one")
    gone = Chat("discord", "123456789012345678", ChatKind.GROUP)
    away = Box(newest={gone: "5", **box.newest})
    env.bot._connection.parsers["MESSAGE_CREATE"] = lambda data: None
    await anna.send_dm("two")
    await env.restart_bot(adapter.connect(away))
    assert away.texts == ["two"]
    assert env.bot.failure is None


async def test_in_a_group_only_the_newest_is_caught_up_with(env: Any, box: Box, adapter: DiscordAdapter) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    ben = guild.add_member(env.create_user("ben"))
    await ben.send(channel, "first")
    away = Box(newest=dict(box.newest))
    env.bot._connection.parsers["MESSAGE_CREATE"] = lambda data: None
    for number in range(250):
        env.backend.create_message(channel.id, ben.id, str(number))
    await env.restart_bot(adapter.connect(away))
    assert away.texts == [str(number) for number in range(50, 250)]


async def test_what_a_member_puts_on_a_message_says_who_and_the_avatar_puts_its_own(
    env: Any, box: Box, adapter: DiscordAdapter
) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    message = await anna.send(channel, "who is in?")
    await anna.react(message, "👍")
    await anna.unreact(message, "👍")
    (put, first), (back, second) = box.reactions
    assert (put, back, first.reaction, first.sender_name) == ("put", "taken back", "👍", "anna")
    assert first.reply_to == second.reply_to == box.messages[0].id and first.chat.key == box.messages[0].chat.key
    await adapter.react(box.messages[0].chat, box.messages[0].id, "👍")
    assert [(one.method, one.path.rsplit("/", 3)[-1]) for one in env.http_requests][-1] == ("PUT", "@me")
    assert len(box.reactions) == 2, "its own does not come back"
