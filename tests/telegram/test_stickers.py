"""Stickers out: from a set, from a file, and where a chat takes none."""

import logging
from pathlib import Path

import pytest

from adapters.telegram.adapter import TelegramAdapter
from bot.errors import PassingError
from bot.message import Chat, ChatKind
from tests.standins.telegram import TelegramServer
from tests.telegram.conftest import RecordingInbox, picture, polls, running, until_logged


def adapter_with(server: TelegramServer, name: str | None, files: dict[str, Path]) -> TelegramAdapter:
    return TelegramAdapter(
        server.token, server.base_url, server.base_file_url, poll_seconds=10, first_wait=0.01, sticker_set=name,
        sticker_files=files,
    )  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {"🙈": tmp_path / "🙈.webp", "😂": tmp_path / "😂.webp", "👍": tmp_path / "👍.png"}
    for path in found.values():
        path.write_bytes(picture())
    return found


async def test_of_the_set_and_else_of_a_file(
    server: TelegramServer, inbox: RecordingInbox, files: dict[str, Path]
) -> None:
    anna = server.person("Anna")
    server.world.sticker_sets["Cats"] = [server.world.sticker(picture(), emoji, False) for emoji in ("😂", "😂", "❤️")]
    server.user_says(anna, "look")
    adapter = adapter_with(server, "Cats", files)
    async with running(adapter, inbox):
        chat = (await inbox.got(1))[0].chat
        assert set(adapter.stickers()) == {"😂", "❤️", "🙈"}, "of a file only what Telegram takes as a sticker"
        for key, emoji in enumerate(("😂", "🙈")):
            await adapter.send_sticker(chat, emoji, str(key))
        first = server.world.sticker_sets["Cats"][0]["file_id"]
        assert [call.params["sticker"] for call in server.calls if call.method == "sendSticker"] == [
            first,
            "sticker.webp",
        ]
        (files["🙈"]).unlink()
        await adapter.send_sticker(chat, "🙈", "gone")
        assert server.sent[-1].text == "🙈", "its emoji is better than nothing"


async def test_whether_it_arrived_is_known_as_of_any_bubble(
    server: TelegramServer, inbox: RecordingInbox, files: dict[str, Path]
) -> None:
    anna = server.person("Anna")
    server.user_says(anna, "look")
    adapter = adapter_with(server, None, files)
    async with running(adapter, inbox):
        chat = (await inbox.got(1))[0].chat
        floor = adapter.floor(chat)
        server.drop("sendSticker", "before")
        with pytest.raises(PassingError):
            await adapter.send_sticker(chat, "😂", "1")
        assert await adapter.delivered(chat, "😂", "1", floor) is False
        server.drop("sendSticker", "recorded")
        with pytest.raises(PassingError):
            await adapter.send_sticker(chat, "😂", "1")
        assert await adapter.delivered(chat, "😂", "1", floor) == str(server.sent[-1].message_id)


async def test_a_chat_that_takes_no_stickers_gets_the_emoji(
    server: TelegramServer, inbox: RecordingInbox, files: dict[str, Path]
) -> None:
    anna = server.person("Anna")
    group = server.group("Climbing", anna)
    server.world.no_stickers.add(group.id)
    server.user_says(anna, "look", chat=group)
    adapter = adapter_with(server, None, files)
    async with running(adapter, inbox):
        await adapter.send_sticker(Chat("telegram", str(group.id), ChatKind.GROUP), "😂", "1")
        assert server.replies(group) == ["😂"]


@pytest.mark.parametrize(
    ("name", "said"), [("Dogs", "see platforms.telegram.sticker_set"), ("Odd", "stickers Odd could not be read")]
)
async def test_a_set_that_cannot_be_had_is_said_and_the_rest_goes_on(
    server: TelegramServer, inbox: RecordingInbox, caplog: pytest.LogCaptureFixture, name: str, said: str
) -> None:
    caplog.set_level(logging.WARNING)
    server.world.sticker_sets["Odd"] = [{"emoji": "😂"}]
    adapter = adapter_with(server, name, {})
    async with running(adapter, inbox):
        await until_logged(caplog, said)
        await server.wait_until(lambda: polls(server) > 0)
        assert not adapter.stickers()
