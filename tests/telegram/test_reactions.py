"""Reactions on Telegram, both ways: what the server tells, what it takes, and what it refuses."""

import pytest

from bot.errors import PassingError, UndeliverableError
from bot.message import Account, Chat, ChatKind
from tests.standins.telegram import TelegramServer
from tests.telegram.conftest import Connect, RecordingInbox


def seen(inbox: RecordingInbox) -> list[tuple[str, str, str | None]]:
    return [(what, one.reaction, one.reply_to) for what, one in inbox.reactions]


async def test_what_somebody_puts_and_takes_back(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    adapter = await connect()
    anna = server.person("Anna")
    server.user_says(anna, "hi")
    chat = (await inbox.got(1))[0].chat
    sent = await adapter.send(chat, "hey", "1")
    for emoji in (("❤",), ("❤", "👍"), ("👍",), ("👍", "5368324170671202286"), ()):
        server.user_reacts(anna, int(sent), *emoji)
    await inbox.until(lambda: len(inbox.reactions) == 4)
    put, back = "put", "taken back"
    assert seen(inbox) == [(put, "❤", sent), (put, "👍", sent), (back, "❤", sent), (back, "👍", sent)]
    reaction = inbox.reactions[0][1]
    assert (reaction.chat, reaction.sender, reaction.sender_name) == (chat, Account("telegram", str(anna.id)), "Anna")


async def test_of_a_group_it_is_told_as_an_administrator(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    await connect()
    anna = server.person("Anna")
    group = server.group("Climbing", anna)
    number = server.user_says(anna, "who is in?", chat=group)
    server.user_reacts(anna, number, "👍", chat=group)
    group.bot_admin = True
    server.user_reacts(anna, number, "❤", chat=group)
    await inbox.until(lambda: len(inbox.reactions) == 2)
    assert seen(inbox) == [("taken back", "👍", str(number)), ("put", "❤", str(number))]
    assert inbox.reactions[1][1].chat == Chat("telegram", str(group.id), ChatKind.GROUP, "Climbing")


async def test_damaged_ones_hold_up_nothing(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    await connect()
    anna = server.person("Anna")
    damaged: list[object] = [None, [], {"message_id": 5}, {"chat": {"id": 1, "type": "private"}, "date": 1}]
    for told in damaged:
        server.updates.push_raw({"message_reaction": told})
    server.user_says(anna, "still there?")
    assert (await inbox.got(1))[0].text == "still there?" and not inbox.reactions


async def test_one_is_put_and_putting_it_again_changes_nothing(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    adapter = await connect()
    anna = server.person("Anna")
    number = server.user_says(anna, "tea?")
    chat = (await inbox.got(1))[0].chat
    emoji = adapter.reaction_for("❤️")
    assert emoji == "❤" and adapter.reaction_for("🧇") is None
    server.drop("setMessageReaction", "recorded")
    with pytest.raises(PassingError):
        await adapter.react(chat, str(number), emoji)
    await adapter.react(chat, str(number), emoji)
    bot = int(server.world.bot["id"])
    assert server.world.reactions == {(anna.id, number, bot): ["❤"]} and not server.sent
    server.fail("setMessageReaction", retry_after=1)
    await adapter.react(chat, str(number), "👍")
    assert server.world.reactions == {(anna.id, number, bot): ["👍"]}, "a bot has one on each message"


async def test_where_none_is_taken_that_is_said(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    adapter = await connect()
    anna = server.person("Anna")
    number = server.user_says(anna, "tea?")
    chat = (await inbox.got(1))[0].chat
    for message in ("77", "4001/3"):
        with pytest.raises(UndeliverableError):
            await adapter.react(chat, message, "👍")
    server.world.no_reactions.add(anna.id)
    with pytest.raises(UndeliverableError, match="refuses this for one chat"):
        await adapter.react(chat, str(number), "👍")
