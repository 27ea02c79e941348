"""What people write reaches the inbox once, and nothing is confirmed before it is durable."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bot.chat.attachments import spoken
from bot.message import Account, ChatKind, Message
from tests.standins.telegram import TelegramServer
from tests.standins.telegram_world import Json
from tests.support import kind, refs
from tests.telegram.conftest import Connect, RecordingInbox, adapter_for, picture, running


async def test_a_private_talk(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    adapter = await connect()
    anna = server.person("Anna", username="anna_k")
    number = server.user_says(anna, "hi 👋")
    [message] = await inbox.got(1)
    assert (message.text, message.sender_name, message.chat.kind) == ("hi 👋", "Anna", ChatKind.PRIVATE)
    assert message.id == str(number)

    await adapter.typing(message.chat)
    sent = await adapter.send(message.chat, "hey, what's up?", "key")
    assert server.api.actions == [(anna.id, "typing")]
    [reply] = await server.wait_for_reply(anna)
    assert (reply.text, str(reply.message_id)) == ("hey, what's up?", sent)


async def test_photos_an_album_and_a_sticker(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    adapter = await connect()
    anna = server.person("Anna")
    red, blue, laugh = picture("red"), picture("blue"), picture("white", kind="WEBP")
    server.user_says(anna, "look", photo=red)
    server.user_says(anna, "and these", album=[blue, red])
    server.user_says(anna, sticker=laugh, emoji="😂")
    messages = await inbox.got(4)
    assert [spoken(message) for message in messages] == ["look", "and these", "", "😂"]
    photos = [await adapter.fetch(ref, 10**6) for message in messages for ref in refs(message)]
    assert photos == [red, blue, red]


async def test_whatever_is_sent_in_private_counts_as_said(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    anna = server.person("Anna")
    file = {"file_id": "f", "file_unique_id": "f"}
    kinds: dict[str, Json] = {
        "animation": {"animation": file | {"duration": 2, "width": 9, "height": 9}, "document": file},
        "game": {"game": {"title": "Chess", "description": "", "photo": []}},
        "checklist": {"checklist": {"title": "For Sunday", "tasks": []}},
        "video": {"video_note": file | {"duration": 2, "length": 9}},
        "unknown": {"something_new": {"id": 1}},
    }
    for extra in kinds.values():
        server.user_says(anna, extra=extra)
    server.user_says(anna, extra={"animation": {"of": "another version"}})
    server.user_says(anna, extra={"pinned_message": {"message_id": 1}})  # nobody says that
    server.user_says(anna, "bye")
    await connect()
    messages = await inbox.got(len(kinds) + 2)
    assert [kind(message) for message in messages] == [*kinds, "unknown", ""]
    assert [spoken(message) for message in messages[1:3]] == ["Chess", "For Sunday"]


async def test_half_a_surrogate_pair_is_taken_with_all_that_follows(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    anna = server.person("An\ud83dna")
    server.user_says(anna, "half a smile \ud83d")
    server.user_says(anna, "and a whole one 😀")
    await connect()
    assert [message.text for message in await inbox.got(2)] == ["half a smile \ud83d", "and a whole one 😀"]


async def test_it_tells_what_time_it_is_there(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    await connect()
    await inbox.until(lambda: bool(inbox.times))
    assert abs(inbox.times[0] - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_group_of_several(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    adapter = await connect()
    anna, ben = server.person("Anna", username="anna_k"), server.person("Ben")
    group = server.group("Climbing", anna, ben)
    server.user_says(anna, "😀 @EchoBot are you coming?", chat=group)
    server.user_says(ben, "Anna, you too?", chat=group, mention=anna)
    [asked, other] = await inbox.got(2)
    assert (asked.addressed, asked.addressed_other) == (True, False)
    assert (other.addressed, other.addressed_other) == (False, True)
    answer = await adapter.send(asked.chat, "yes!", "key")
    server.user_says(ben, "great", chat=group, reply_to=int(answer))
    server.user_says(anna, "quiet please", chat=group, anonymous=True)
    [*_, great, quiet] = await inbox.got(4)
    assert great.addressed and great.chat == asked.chat
    assert not quiet.from_bot and quiet.sender == Account("telegram", str(group.id))


async def test_a_forum_is_answered_in_its_topic(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    adapter = await connect()
    anna = server.person("Anna")
    forum = server.group("Climbing", anna, forum=True)
    server.user_says(anna, "which rope?", chat=forum, thread=3)
    [message] = await inbox.got(1)
    await adapter.send(message.chat, "the blue one", "key")
    assert [(one.text, one.thread) for one in server.sent] == [("the blue one", 3)]


async def test_a_group_becomes_a_supergroup(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    adapter = await connect()
    anna = server.person("Anna")
    group = server.group("Climbing", anna, kind="group")
    server.user_says(anna, "hi all", chat=group)
    [message] = await inbox.got(1)
    new = server.migrate(group)
    await inbox.until(lambda: len(inbox.moves) == 2)
    assert set(inbox.moves) == {(str(group.id), str(new.id))}

    await adapter.send(message.chat, "hi", "key")  # planned before the move
    assert [(one.chat_id, one.text) for one in server.sent] == [(new.id, "hi")]
    assert set(inbox.moves) == {(str(group.id), str(new.id))}
    await adapter.send(message.chat, "again", "key 2")
    assert [call.params["chat_id"] for call in server.calls if call.method == "sendMessage"] == [
        str(group.id), str(new.id), str(new.id)
    ]  # fmt: skip


async def test_nothing_is_confirmed_before_it_is_durable(server: TelegramServer, inbox: RecordingInbox) -> None:
    anna = server.person("Anna")
    durable = asyncio.Event()

    async def disk(message: Message) -> None:
        if message.text == "two":
            await durable.wait()

    inbox.before_durable = disk
    for text in ("one", "two", "three"):
        server.user_says(anna, text)
    async with running(adapter_for(server), inbox):
        await inbox.got(1)
        await asyncio.sleep(0.1)
        assert inbox.texts == ["one"]
        assert len(server.updates.pending) == 3, "confirmed too early"
        durable.set()
        await inbox.got(3)
        await server.wait_until(lambda: not server.updates.pending)


async def test_a_restart_loses_nothing(server: TelegramServer, inbox: RecordingInbox) -> None:
    anna = server.person("Anna")

    async def full_disk(message: Message) -> None:
        if message.text == "b":
            raise OSError("no space left")

    inbox.before_durable = full_disk
    server.user_says(anna, "a")
    server.user_says(anna, "b")
    with pytest.raises(OSError, match="no space"):
        async with running(adapter_for(server), inbox) as task, asyncio.timeout(5):
            await asyncio.wait([task])
    assert inbox.texts == ["a"]

    inbox.before_durable = None
    server.user_says(anna, "c")  # while nobody polls
    async with running(adapter_for(server), inbox):
        await inbox.got(3)
        server.user_says(anna, "d")
        await inbox.got(4)
    assert inbox.texts == ["a", "b", "c", "d"]
    assert inbox.again == 1, "what was not confirmed comes again, and is ignored"


async def test_one_adapter_can_run_again(server: TelegramServer, inbox: RecordingInbox) -> None:
    adapter, anna = adapter_for(server), server.person("Anna")
    for text in ("before", "after"):
        server.user_says(anna, text)
        async with running(adapter, inbox):
            await inbox.until(lambda text=text: text in inbox.texts)  # type: ignore[misc]
            await adapter.send(inbox.messages[-1].chat, text, text)
    assert server.replies(anna) == ["before", "after"]


async def test_more_than_one_batch_in_order(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    anna = server.person("Anna")
    for number in range(250):
        server.user_says(anna, str(number))
    await connect()
    await inbox.got(250)
    assert inbox.texts == [str(number) for number in range(250)]
    await server.wait_until(lambda: not server.updates.pending)
    assert inbox.again == 0


async def test_edits_and_unreadable_updates_do_not_stop_the_rest(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    anna = server.person("Anna")
    number = server.user_says(anna, "hi")
    server.user_edits(anna, number, "hi!")  # queued before the adapter says what it wants
    server.user_says(anna, "my secret poll", extra={"poll": {"id": "1"}})
    server.user_says(anna, "still there?")
    await connect()
    await inbox.until(lambda: "still there?" in inbox.texts)
    assert inbox.texts[0] == "hi" and "hi!" not in inbox.texts
    assert "could not be read" in caplog.text and "secret" not in caplog.text
    await server.wait_until(lambda: not server.updates.pending)
    server.user_edits(anna, number, "hi again!")
    await inbox.until(lambda: [one.text for one in inbox.edits[-1:]] == ["hi again!"])


async def test_ids_may_start_lower_after_a_quiet_week(server: TelegramServer, inbox: RecordingInbox) -> None:
    anna = server.person("Anna")
    adapter = TelegramAdapter(server.token, server.base_url, server.base_file_url, poll_seconds=1, first_wait=0.01)
    async with running(adapter, inbox):
        server.user_says(anna, "bye")
        await inbox.got(1)
        offsets = [call.params.get("offset") for call in server.calls if call.method == "getUpdates"]
        async with asyncio.timeout(5):
            while offsets[-1:] != [None] or len(offsets) < 3:
                await asyncio.sleep(0.05)
                offsets = [call.params.get("offset") for call in server.calls if call.method == "getUpdates"]
        server.updates.start_at(1000)
        server.user_says(anna, "back from holidays")
        await inbox.got(2)
