"""After a crash: did the bubble arrive? A bot cannot read back what it wrote."""

import pytest

from bot.errors import PassingError
from bot.types import Chat, ChatKind
from tests.standins.telegram import TelegramServer
from tests.telegram.conftest import Connect, RecordingInbox, adapter_for


def edits(server: TelegramServer) -> int:
    return sum(call.method == "editMessageText" for call in server.calls)


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
    server.drop("sendMessage", "recorded")
    with pytest.raises(PassingError):
        await adapter.send(chat, "sure", "key")
    newest = server.user_says(anna, "hello?")
    await inbox.got(2)
    assert await adapter.delivered(chat, "sure", "key", str(newest)) == str(server.sent[0].message_id)


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


async def test_one_that_did_not_is_not(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    asked = server.user_says(anna, "lunch?")
    server.user_says(anna, "sure")  # theirs, word for word
    adapter = await connect()
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    assert await adapter.delivered(chat, "sure", "key", str(asked)) is False
    assert edits(server) == 20


async def test_of_two_alike_only_the_later_is_in_question(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    server.user_says(anna, "lunch? dinner?")
    adapter = await connect()
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    first = await adapter.send(chat, "ok", "1")
    assert await adapter.delivered(chat, "ok", "2", first) is False
    second = await adapter.send(chat, "ok", "2")
    assert await adapter.delivered(chat, "ok", "2", first) == second


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
    server.fail("editMessageText", 500)
    assert await adapter.delivered(chat, "sure", "key", str(asked)) is None
    server.drop("editMessageText", "before")
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


async def test_a_wrong_floor_never_doubles_a_bubble(
    server: TelegramServer, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Should the caller not know of an own bubble, that one is changed: seen in the log, and not sent again."""
    anna = server.person("Anna")
    asked = server.user_says(anna, "lunch?")
    chat = Chat("telegram", str(anna.id), ChatKind.PRIVATE)
    await crashed(server, chat, "one")
    adapter = await connect()
    assert await adapter.delivered(chat, "two", "key", str(asked)) == str(asked + 1)
    assert server.replies(anna) == ["two"]
    assert "was changed" in caplog.text and "two" not in caplog.text


async def test_in_a_forum_other_topics_are_left_alone(server: TelegramServer, connect: Connect) -> None:
    anna = server.person("Anna")
    forum = server.group("Climbing", anna, forum=True)
    asked = server.user_says(anna, "rope?", chat=forum, thread=3)
    await crashed(server, Chat("telegram", f"{forum.id}/9", ChatKind.GROUP), "in another topic")
    adapter = await connect()
    here = Chat("telegram", f"{forum.id}/3", ChatKind.GROUP)
    assert await adapter.delivered(here, "the blue one", "key", str(asked)) is None
    assert server.replies(forum) == ["in another topic"]

    server.drop("sendMessage", "recorded")
    with pytest.raises(PassingError):
        await adapter.send(here, "the blue one", "key 2")
    # The same process knows what it had seen of the whole group.
    assert await adapter.delivered(here, "the blue one", "key 2", str(asked)) is not False
