"""Bubbles out: limits, rate limits, cut connections, chats that cannot be reached."""

import time

import pytest

from adapters.telegram.text import utf16
from bot.errors import PassingError, PermanentError, UndeliverableError
from bot.message import Chat, ChatKind
from tests.standins.telegram import TelegramServer, User
from tests.telegram.conftest import Connect, RecordingInbox, adapter_for


def private(user: User) -> Chat:
    return Chat("telegram", str(user.id), ChatKind.PRIVATE)


@pytest.fixture
def anna(server: TelegramServer) -> User:
    """Somebody who has written to the bot."""
    anna = server.person("Anna")
    server.user_says(anna, "hi")
    return anna


async def test_ten_thousand_emoji_arrive_in_messages_that_fit(
    server: TelegramServer, anna: User, connect: Connect
) -> None:
    adapter = await connect()
    last = await adapter.send(private(anna), "😀" * 10_000, "key")
    assert "".join(server.replies(anna)) == "😀" * 10_000
    assert max(utf16(text) for text in server.replies(anna)) <= 4096
    assert server.sent[-1].message_id == int(last)


async def test_text_is_text(server: TelegramServer, anna: User, connect: Connect) -> None:
    adapter = await connect()
    text = "*not bold* _nor this_ <b>or that</b> [a](http://b.example) 你好 &amp; \\"
    await adapter.send(private(anna), text, "key")
    assert server.replies(anna) == [text]
    assert "parse_mode" not in server.calls[-1].params


async def test_a_429_is_waited_out(server: TelegramServer, anna: User, connect: Connect) -> None:
    adapter = await connect()
    server.fail("sendMessage", retry_after=1)
    started = time.monotonic()
    await adapter.send(private(anna), "hey", "key")
    assert time.monotonic() - started >= 1
    assert server.replies(anna) == ["hey"]


async def test_a_long_429_is_the_callers_business(server: TelegramServer, anna: User, connect: Connect) -> None:
    adapter = await connect()
    server.fail("sendMessage", retry_after=3600)
    with pytest.raises(PassingError, match="3600 s") as caught:
        await adapter.send(private(anna), "hey", "key")
    assert caught.value.retry_after == 3600
    server.fail("sendChatAction", retry_after=1)
    with pytest.raises(PassingError):
        await adapter.typing(private(anna))


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_in_trouble_passes(server: TelegramServer, anna: User, connect: Connect, status: int) -> None:
    adapter = await connect()
    server.fail("sendMessage", status, body=b"<html>Bad Gateway</html>" if status == 502 else None)
    with pytest.raises(PassingError, match="trouble"):
        await adapter.send(private(anna), "hey", "key")
    assert server.replies(anna) == []
    await adapter.send(private(anna), "hey", "key")
    assert server.replies(anna) == ["hey"]


async def test_a_cut_connection_passes_and_the_bubble_is_found(
    server: TelegramServer, anna: User, connect: Connect
) -> None:
    adapter = await connect()
    server.drop("sendMessage", "recorded")
    with pytest.raises(PassingError, match="could not be reached"):
        await adapter.send(private(anna), "hey", "key")
    [lost] = server.sent
    assert await adapter.delivered(private(anna), "hey", "key", "1") == str(lost.message_id)


async def test_a_retry_sends_only_the_parts_that_are_missing(
    server: TelegramServer, anna: User, connect: Connect
) -> None:
    adapter = await connect()
    text = "\n\n".join(letter * 3000 for letter in "abc")
    await adapter.send(private(anna), "first", "another")
    calls = 0

    async def third_fails(method: str, params: object, phase: str) -> None:
        nonlocal calls
        if method == "sendMessage" and phase == "before":
            calls += 1
            if calls == 3:
                server.fail("sendMessage", 500)

    server.on_request = third_fails
    with pytest.raises(PassingError):
        await adapter.send(private(anna), text, "key")
    assert [reply[0] for reply in server.replies(anna)] == ["f", "a", "b"]
    await adapter.send(private(anna), text, "key")
    assert [reply[0] for reply in server.replies(anna)] == ["f", "a", "b", "c"]


async def test_a_chat_that_is_closed_is_said_so_and_the_others_go_on(
    server: TelegramServer, anna: User, connect: Connect
) -> None:
    adapter = await connect()
    ben = server.person("Ben")
    with pytest.raises(UndeliverableError, match="chat not found"):
        await adapter.send(private(ben), "hello stranger", "1")
    group = server.group("Climbing", anna)
    server.kick(group)
    with pytest.raises(UndeliverableError, match="kicked"):
        await adapter.send(Chat("telegram", str(group.id), ChatKind.GROUP), "hi", "2")
    server.user_says(ben, "hi")
    server.block(anna)
    with pytest.raises(UndeliverableError, match="blocked by the user"):
        await adapter.send(private(anna), "hey", "3")
    with pytest.raises(UndeliverableError, match="without a word"):
        await adapter.send(private(ben), " \n", "4")
    await adapter.send(private(ben), "hey", "5")
    assert server.replies(ben) == ["hey"]


async def test_a_token_that_was_revoked(server: TelegramServer, anna: User) -> None:
    adapter = adapter_for(server, "123456789:AAAnotherOneAnotherOneAnotherOneAnother")
    with pytest.raises(PermanentError, match="BotFather") as caught:
        await adapter.send(private(anna), "hey", "key")
    assert "AAAnother" not in str(caught.value)
    with pytest.raises(PermanentError):
        await adapter.check()


async def test_sending_while_nobody_polls_passes(server: TelegramServer, anna: User, inbox: RecordingInbox) -> None:
    adapter = adapter_for(server)
    assert await adapter.check() == []
    with pytest.raises(PassingError):
        await adapter.send(private(anna), "hey", "key")


async def test_a_reply_names_its_message_in_its_first_part_if_that_is_still_there(
    server: TelegramServer, anna: User, connect: Connect
) -> None:
    adapter = await connect()
    group = server.group("Climbing", anna)
    asked = server.user_says(anna, "who is in?", chat=group)
    chat = Chat("telegram", str(group.id), ChatKind.GROUP)
    await adapter.send_reply(chat, "me!" * 2000, "1", str(asked))
    await adapter.send_reply(chat, "and me", "2", "4711")
    assert [one.to for one in server.sent_to(group)] == [asked, None, None]
    floor = adapter.floor(chat)
    server.drop("sendMessage", "recorded")
    with pytest.raises(PassingError):
        await adapter.send_reply(chat, "really", "3", str(asked))
    assert await adapter.delivered(chat, "really", "3", floor) == str(server.sent[-1].message_id)
