"""Wrong tokens, privacy mode, a second instance, bad networks and bad files: a sentence each, and the bot goes on."""

import asyncio
import logging

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bot.errors import PassingError, PermanentError
from bot.platform import Adapter
from tests.standins.telegram import TelegramServer
from tests.support import kind, refs
from tests.telegram.conftest import Connect, RecordingInbox, adapter_for, picture, polls, running, until_logged

WRONG = "123456789:AAWrongWrongWrongWrongWrongWrongWrong"
MB = 1024 * 1024


def test_it_is_an_adapter(server: TelegramServer) -> None:
    adapter: Adapter = adapter_for(server)
    assert adapter.platform == "telegram"


@pytest.mark.parametrize("token", ["", "your-token-here", "123456789:AA BB", "123:abc\ndef", "https://t.me/bot"])
def test_what_is_no_token_is_refused_before_anything_is_sent(token: str) -> None:
    with pytest.raises(PermanentError, match="BotFather") as caught:
        TelegramAdapter(token)
    assert not token or token not in str(caught.value)


async def test_a_wrong_token_is_a_sentence_without_the_token(
    server: TelegramServer, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PermanentError, match="copy it again from @BotFather") as caught:
        async with running(adapter_for(server, WRONG), inbox) as task:
            await asyncio.wait([task], timeout=5)
    assert WRONG not in str(caught.value) and WRONG not in caplog.text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    with pytest.raises(PermanentError):
        await adapter_for(server, WRONG).check()


async def test_a_token_revoked_while_running_stops_it(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    with pytest.raises(PermanentError, match="token"):
        async with running(adapter_for(server), inbox) as task:
            await server.wait_until(lambda: polls(server) > 0)
            server.token = WRONG
            server.updates.close()
            await asyncio.wait([task], timeout=5)


async def test_logs_hold_neither_token_nor_words(
    server: TelegramServer, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = adapter_for(server)
    caplog.set_level(logging.INFO)
    server.fail("getUpdates", 502, body=b"<html>secret words</html>")
    async with running(adapter, inbox):
        server.user_says(server.person("Anna"), "secret words")
        [message] = await inbox.got(1)
        server.fail("sendMessage", 200, body=b"not json: secret words")
        with pytest.raises(PassingError):
            await adapter.send(message.chat, "secret words", "key")
    assert "trouble" in caplog.text
    assert server.token not in caplog.text and "secret words" not in caplog.text


async def test_privacy_mode_is_told_with_what_to_do(inbox: RecordingInbox, caplog: pytest.LogCaptureFixture) -> None:
    async with TelegramServer(privacy=True) as server:
        [sentence] = await adapter_for(server).check()
        assert "/setprivacy" in sentence and "add it again" in sentence
        anna = server.person("Anna")
        group = server.group("Climbing", anna)
        server.user_says(anna, "not seen", chat=group)
        server.user_says(anna, "@EchoBot seen", chat=group)
        async with running(adapter_for(server), inbox):
            await inbox.got(1)
        assert inbox.texts == ["@EchoBot seen"]
        assert sentence in caplog.text


async def test_a_webhook_is_taken_off(
    server: TelegramServer, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    server.api.webhook_url = "https://old.example/hook"
    server.user_says(server.person("Anna"), "waiting since yesterday")
    async with running(adapter_for(server), inbox):
        await inbox.got(1)
    assert "webhook" in caplog.text and "old.example" not in caplog.text


async def test_two_instances_take_turns_and_say_so(
    server: TelegramServer, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture
) -> None:
    anna = server.person("Anna")
    async with running(adapter_for(server), inbox):
        await server.wait_until(lambda: polls(server) > 0)
        async with running(adapter_for(server), RecordingInbox()):
            await until_logged(caplog, "at the same time")
        server.user_says(anna, "hi")
        await inbox.got(1)


async def test_polling_survives_what_passes(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    anna = server.person("Anna")
    server.fail("getMe", 500, times=2)
    server.fail("getUpdates", 503, times=2)
    server.fail("getUpdates", 502, body=b"<html>Bad Gateway</html>")
    server.drop("getUpdates", "before")
    server.fail("getUpdates", retry_after=1)
    server.drop("getUpdates", "recorded")  # after it was read: nothing was confirmed, so it comes again
    server.user_says(anna, "hi")
    await connect()
    await inbox.got(1)
    assert inbox.texts == ["hi"]
    assert caplog.text.count("Trying again") == 8
    assert "asks to wait 1 s" in caplog.text


async def test_waiting_grows_and_starts_over(
    server: TelegramServer, inbox: RecordingInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def note(delay: float) -> None:
        slept.append(delay)
        await sleep(0)

    monkeypatch.setattr("adapters.telegram.adapter.asyncio.sleep", note)
    adapter = TelegramAdapter(server.token, server.base_url, server.base_file_url, poll_seconds=1)
    server.fail("getMe", 500, times=20)
    server.fail("getUpdates", 500, times=2)
    server.user_says(server.person("Anna"), "hi")
    async with running(adapter, inbox):
        await inbox.got(1)
    assert 0.8 <= slept[0] <= 1.2 and 1.4 <= slept[1] <= 2.1
    assert 24 <= slept[19] <= 36, "half a minute at most: people wait no longer after an outage"
    assert 0.8 <= slept[20] <= 1.2, "a success starts over"


async def test_no_network_at_all_is_waited_out(inbox: RecordingInbox, caplog: pytest.LogCaptureFixture) -> None:
    async with TelegramServer() as server:
        adapter = adapter_for(server)
    async with running(adapter, inbox) as task:
        await until_logged(caplog, "could not be reached (ConnectError)", 3)
        assert not task.done()
    with pytest.raises(PassingError, match="ConnectError"):
        await adapter.check()


# -- files ------------------------------------------------------------------------------------------------------------


async def test_a_file_of_50_mb_is_not_asked_for(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    adapter = await connect()
    anna = server.person("Anna")
    server.user_says(anna, "my film", document=bytes(50 * MB), mime="image/tiff")
    server.user_says(anna, photo=picture())
    big, small = await inbox.got(2)
    assert (kind(big), big.text, refs(big)) == ("photo", "my film", ())
    with pytest.raises(PermanentError, match="larger than 0 MB"):
        await adapter.fetch(refs(small)[0], 100)
    assert server.downloaded == 0


async def test_a_file_that_lies_about_its_size_is_cut_off(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect
) -> None:
    adapter = await connect()
    server.user_says(server.person("Anna"), photo=bytes(50 * MB), claimed_size=1000)
    [message] = await inbox.got(1)
    with pytest.raises(PermanentError, match="larger than 2 MB"):
        await adapter.fetch(refs(message)[0], 2 * MB)
    assert server.downloaded < 20 * MB, "it went on reading"


async def test_files_that_cannot_be_had(server: TelegramServer, inbox: RecordingInbox, connect: Connect) -> None:
    adapter = await connect()
    server.user_says(server.person("Anna"), photo=picture())
    [message] = await inbox.got(1)
    ref = refs(message)[0]
    with pytest.raises(PermanentError, match="wrong file_id"):
        await adapter.fetch("no-such-file", MB)
    server.fail("file", 503)
    with pytest.raises(PassingError, match="503"):
        await adapter.fetch(ref, MB)
    server.fail("file", 404)
    with pytest.raises(PermanentError, match="no longer"):
        await adapter.fetch(ref, MB)
    server.drop("file")
    with pytest.raises(PassingError) as caught:
        await adapter.fetch(ref, MB)
    assert server.token not in str(caught.value)
    assert await adapter.fetch(ref, MB) == picture()


@pytest.mark.parametrize("path", ["/etc/hostname", "../../bot/getMe", "https://elsewhere.example/x.jpg", "a/../b", ""])
async def test_paths_are_not_trusted(
    server: TelegramServer, inbox: RecordingInbox, connect: Connect, path: str
) -> None:
    adapter = await connect()
    file = server.world.add_file(b"x", "photos", "jpg")
    server.world.files[file.id] = type(file)(file.id, path, b"x", 1)
    with pytest.raises(PermanentError, match="path that leads elsewhere"):
        await adapter.fetch(file.id, MB)
