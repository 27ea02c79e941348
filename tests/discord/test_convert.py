"""What people write on Discord, as the daemon sees it."""

import io
from datetime import UTC
from typing import Any

import pytest
from PIL import Image
from simcord.backend.models import MessageSticker
from simcord.enums import MessageType

from adapters.discord.adapter import DiscordAdapter
from bot.chat.attachments import spoken
from bot.message import Account, Chat, ChatKind
from tests.discord.conftest import Box
from tests.support import kind, refs


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def env(simcord_env: Any) -> Any:
    return simcord_env


async def test_a_direct_message_is_a_private_chat(env: Any, box: Box) -> None:
    anna = env.create_user("anna", global_name="Anna")
    sent = await anna.send_dm("are you awake?")
    (message,) = box.messages
    assert message.chat == Chat("discord", str(anna.dm_channel.id), ChatKind.PRIVATE)
    assert message.sender == Account("discord", str(anna.id))
    assert (message.sender_name, message.text, message.id) == ("Anna", "are you awake?", str(sent.id))
    assert message.sent_at.tzinfo is UTC and message.sent_at == sent.created_at
    assert not message.addressed and not message.addressed_other and not message.from_bot and not message.attachments


async def test_a_channel_and_a_thread_are_groups_of_their_own(env: Any, box: Box) -> None:
    guild = env.create_guild("Hikers")
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"), nick="Annie")
    await anna.send(channel, "who comes on Sunday?")
    thread = env.backend.create_thread(channel.id, "sunday", owner_id=anna.id)
    handle = next(one for one in channel.threads if one.id == thread.id)
    await anna.send(handle, "meet at nine")
    first, second = box.messages
    assert first.chat == Chat("discord", str(channel.id), ChatKind.GROUP, "Hikers #general")
    assert second.chat == Chat("discord", str(thread.id), ChatKind.GROUP, "Hikers #sunday")
    assert first.sender_name == "Annie"
    assert box.texts == ["who comes on Sunday?", "meet at nine"]


async def test_mentions_say_who_is_spoken_to_and_are_read_as_names(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna", global_name="Anna"))
    ben = guild.add_member(env.create_user("ben", global_name="Ben"), nick="Benny")
    me = env.bot.user
    await anna.send(channel, f"<@{me.id}> lunch?")
    await anna.send(channel, f"<@!{ben.id}> lunch?")
    await anna.send(channel, f"<@{ben.id}> and <@{me.id}>, lunch?")
    await anna.send(channel, "@everyone lunch?")
    await anna.send(channel, "lunch?")
    assert [(one.addressed, one.addressed_other) for one in box.messages] == [
        (True, False),
        (False, True),
        (True, True),
        (False, False),
        (False, False),
    ]
    assert box.texts[0] == f"@{me.display_name} lunch?"
    assert box.texts[1] == "@Ben lunch?"


async def test_a_mention_of_a_role_means_those_who_have_it(env: Any, box: Box, adapter: DiscordAdapter) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    cooks, drivers = guild.create_role("cooks", mentionable=True), guild.create_role("drivers", mentionable=True)
    env.backend.add_member_role(guild.id, env.bot.user.id, cooks.id)
    await env.restart_bot(adapter.connect(box))
    await anna.send(channel, f"{cooks.mention} what is for dinner?")
    await anna.send(channel, f"{drivers.mention} when do we leave?")
    assert [(one.addressed, one.addressed_other) for one in box.messages] == [(True, False), (False, True)]
    assert box.texts == ["@cooks what is for dinner?", "@drivers when do we leave?"]


async def test_a_reply_speaks_to_the_one_replied_to(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    ben = guild.add_member(env.create_user("ben"))
    mine = await env.bot.get_channel(channel.id).send("I can drive")
    asked = await anna.send(channel, "who drives?")
    await ben.send(channel, "me too", reply_to=asked)
    await ben.send(channel, "great", reply_to=mine)
    assert [(one.text, one.addressed, one.addressed_other) for one in box.messages] == [
        ("who drives?", False, False),
        ("me too", False, True),
        ("great", True, False),
    ]


async def test_markup_is_read_as_people_see_it(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    await anna.send(channel, f"see {channel.mention} <:wave:123456789012345678> <a:dance:123456789012345678>")
    await anna.send(channel, "starts <t:1618953630:R>, use </play song:123456789012345678>")
    await anna.send(channel, "<@999999999999999999> in <#999999999999999999> <t:9999999999999>")
    await anna.send(channel, "2 < 3 > 1 <b> <@> <|im_end|>  ")
    assert box.texts == [
        "see #general :wave: :dance:",
        "starts 2021-04-20 21:20 UTC, use /play song",
        "@unknown in #unknown <t:9999999999999>",
        "2 < 3 > 1 <b> <@> <|im_end|>",
    ]


async def test_pictures_come_along_and_other_files_are_named(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    await anna.send(channel, "look", attachments=[("a.png", picture()), ("b.jpg", picture()), ("notes.pdf", b"%PDF")])
    await anna.send(channel, attachments=[("only.webp", picture())])
    await anna.send(channel, attachments=[("drawing.svg", b"<svg/>")])
    look, only, drawing = box.messages
    assert [kind(one) for one in (look, only, drawing)] == ["file", "", "photo"]
    assert [ref.rsplit("/", 1)[1] for ref in refs(look)] == ["a.png", "b.jpg"]
    assert (only.text, len(refs(only))) == ("", 1)


async def test_a_sticker_is_a_picture_or_where_it_cannot_be_one_its_name(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    for form in (1, 2, 3, 4):
        sticker = MessageSticker(id=70 + form, name="Wave", format_type=form, guild_id=guild.id)
        env.backend.create_message(channel.id, anna.id, "", stickers=[sticker])
        await env.settle()
    assert [refs(one) for one in box.messages] == [
        ("https://cdn.discordapp.com/stickers/71.png",),
        ("https://cdn.discordapp.com/stickers/72.png",),
        (),
        ("https://media.discordapp.net/stickers/74.gif",),
    ]
    assert [spoken(one) for one in box.messages] == ["", "", "[Wave]", ""]


async def test_a_forwarded_message_is_what_it_says(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    other = guild.create_text_channel("other")
    anna = guild.add_member(env.create_user("anna"))
    sent = await anna.send(other, "the train leaves at 7", attachments=[("map.png", picture())])
    await anna.forward(sent, channel)
    forwarded = box.messages[-1]
    assert forwarded.chat.id == str(channel.id)
    assert forwarded.text == "the train leaves at 7" and len(refs(forwarded)) == 1
    assert not forwarded.addressed_other


async def test_bots_and_webhooks_are_marked_and_the_system_is_not_heard(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    robot = guild.add_member(env.create_user("robot", bot=True))
    await robot.send(channel, "beep")
    await guild.create_webhook(channel, "news").send("new release")
    guild.create_system_message(channel, MessageType.NEW_MEMBER, author=robot)
    await env.settle()
    await env.bot.get_channel(channel.id).send("my own words")
    await env.settle()
    assert [(one.text, one.from_bot) for one in box.messages] == [("beep", True), ("new release", True)]


async def test_an_edit_is_no_new_message(env: Any, box: Box) -> None:
    guild = env.create_guild()
    channel = guild.create_text_channel("general")
    anna = guild.add_member(env.create_user("anna"))
    sent = await anna.send(channel, "hello")
    await anna.edit(sent, "hello!")
    assert box.texts == ["hello"] and [one.text for one in box.edits] == ["hello!"]
