"""After a crash: did the bubble arrive? A bot cannot read back what it wrote."""

import pytest

from bot.errors import PassingError
from bot.message import Chat, ChatKind
from tests.standins.telegram import TelegramServer
from tests.telegram.conftest import Connect, RecordingInbox, adapter_for


def probes(server: TelegramServer) -> int:
    return sum(call.method == "editMessageReplyMarkup" for call in server.calls)


async def crashed(server: TelegramServer, chat: Chat, text: str) -> None:
    """Another process sends a bubble and dies before it learns that it arrived."""
    before = adapter_for(server)
    await before.send(chat, text, "key")
    await before.check()  # closes its connections


async def test_a_bubble_that_arrived_is_found(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    asked = server.user_says(anna, "lunch?")
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    await crashed(server, chat, "sure,\n12? 😀")
    server.user_says(anna, "hello?")
    adapter = await connect()
    assert await adapter.delivered(chat, "sure,\n12? 😀", "key", str(asked)) == str(server.sent[0].message_id)
    assert server.api.edits == []


async def test_while_the_process_lives_a_newer_message_does_not_hide_it(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    anna = server.person("Anna")
    server.user_says(anna, "lunch?")
    adapter = await connect()
    chat = (await inbox.got(1))[0].chat
    floor = adapter.floor(chat)
    server.drop("sendMessage", "recorded")
    with pytest.raises(PassingError):
        await adapter.send(chat, "sure", "key")
    server.user_says(anna, "hello?")
    await inbox.got(2)
    assert await adapter.delivered(chat, "sure", "key", floor) == str(server.sent[0].message_id)


async def test_what_was_sent_meanwhile_is_left_alone(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    asked = server.user_says(anna, "lunch?")
    adapter = await connect()
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    server.fail("sendMessage", 500)
    with pytest.raises(PassingError):
        await adapter.send(chat, "sure", "key")
    await adapter.send(chat, "I am a simulation of Echo.", "notice")
    assert await adapter.delivered(chat, "sure", "key", str(asked)) is False
    assert server.replies(anna) == ["I am a simulation of Echo."]


async def test_one_that_did_not_is_not(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    anna = server.person("Anna")
    asked = server.user_says(anna, "lunch?")
    server.user_says(anna, "sure")  # theirs, word for word
    adapter = await connect()
    await inbox.got(2)
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    assert await adapter.delivered(chat, "sure", "key", str(asked)) is False
    assert probes(server) == 20
    assert "2" not in {call.params.get("message_id") for call in server.calls}, "what was seen is not looked at"


async def test_of_two_alike_only_the_later_is_in_question(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    server.user_says(anna, "lunch? dinner?")
    adapter = await connect()
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    first = await adapter.send(chat, "ok", "1")
    assert adapter.floor(chat) == first
    assert await adapter.delivered(chat, "ok", "2", first) is False
    await crashed(server, chat, "ok")
    assert await adapter.delivered(chat, "ok", "2", first) == str(int(first) + 1)


async def test_other_chats_in_between_do_not_hide_it(server: TelegramServer, connect: Connect) -> None:
    """Private chats share one sequence of ids."""
    anna, ben = server.person("Anna"), server.person("Ben")
    asked = server.user_says(anna, "lunch?")
    for number in range(12):
        server.user_says(ben, str(number))
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    await crashed(server, chat, "sure")
    adapter = await connect()
    assert await adapter.delivered(chat, "sure", "key", str(asked)) == str(server.sent[0].message_id)


async def test_in_a_supergroup(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    group = server.group("Climbing", anna)
    asked = server.user_says(anna, "who is in?", chat=group)
    chat = Chat("telegram", str(group.id), ChatKind.GROUP)
    await crashed(server, chat, "me!")
    adapter = await connect()
    assert await adapter.delivered(chat, "me!", "key", str(asked)) == str(asked + 1)


async def test_nothing_known_and_no_answer_are_unknown(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    asked = server.user_says(anna, "lunch?")
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    adapter = await connect()
    assert await adapter.delivered(chat, "sure", "key", None) is None
    server.fail("editMessageReplyMarkup", 500)
    assert await adapter.delivered(chat, "sure", "key", str(asked)) is None
    server.drop("editMessageReplyMarkup", "before")
    assert await adapter.delivered(chat, "sure", "key", str(asked)) is None


async def test_of_a_long_bubble_only_the_missing_part_is_sent(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    asked = server.user_says(anna, "tell me")
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    text = "\n\n".join(letter * 3000 for letter in "abc")
    await crashed(server, chat, "a" * 3000)
    adapter = await connect()
    assert await adapter.delivered(chat, text, "key", str(asked)) is False
    last = await adapter.send(chat, text, "key")
    assert [reply[0] for reply in server.replies(anna)] == ["a", "b", "c"]
    assert await adapter.delivered(chat, text, "key", str(asked)) == last


async def test_an_own_message_is_never_changed(server: TelegramServer, connect: Connect) -> None:
    """Whatever is looked for: what stands in a chat stays as it is."""
    anna = server.person("Anna")
    asked = server.user_says(anna, "lunch?")
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    for text in ("one", "two", "three"):
        await crashed(server, chat, text)
    adapter = await connect()
    await adapter.delivered(chat, "something else", "key", str(asked))
    assert server.replies(anna) == ["one", "two", "three"]
    assert not any(call.method == "editMessageText" for call in server.calls)


async def test_after_a_restart_the_floor_is_what_the_journal_knows(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    anna, ben = server.person("Anna"), server.person("Ben")
    server.user_says(anna, "lunch?")
    newest = server.user_says(ben, "dinner?")
    await connect()
    await inbox.got(2)
    again = adapter_for(server)
    for one in inbox.messages:
        again.saw(one.chat, one.id)
    assert again.floor(Chat("telegram", str(anna.id), ChatKind.PRIVATE)) == str(newest)
    assert again.floor(Chat("telegram", "-1001234567890", ChatKind.GROUP)) is None, "a supergroup counts by itself"


async def test_in_a_forum_a_bubble_that_arrived_is_found(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    anna = server.person("Anna")
    forum = server.group("Climbing", anna, forum=True)
    server.user_says(anna, "rope?", chat=forum, thread=3)
    server.user_says(anna, "helmet?", chat=forum, thread=9)
    adapter = await connect()
    here, there = (one.chat for one in await inbox.got(2))
    assert adapter.lane(here) == adapter.lane(there), "of its topics one at a time is written to"
    floor = adapter.floor(here)
    await crashed(server, here, "the blue one")
    assert await (await connect()).delivered(here, "the blue one", "key", floor) == str(server.sent[0].message_id)
    assert server.replies(forum) == ["the blue one"]
