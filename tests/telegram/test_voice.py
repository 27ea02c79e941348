"""A voice message out: with its mark, found again after a crash, and in words where nobody takes one."""

import pytest

from bot.disclosure import VOICE_MARK
from bot.errors import PassingError
from bot.message import Chat, ChatKind
from bot.platform import VoiceMessage
from tests.standins.telegram import TelegramServer
from tests.telegram.conftest import RecordingInbox, adapter_for, running

VOICE = VoiceMessage(b"OggS and so on", 4, VOICE_MARK)


async def test_it_is_sent_with_its_mark_and_known_after_a_crash(server: TelegramServer, inbox: RecordingInbox) -> None:
    anna = server.person("Anna")
    server.user_says(anna, "where are you?")
    adapter = adapter_for(server)
    async with running(adapter, inbox):
        chat = (await inbox.got(1))[0].chat
        floor = adapter.floor(chat)
        assert adapter.sends_voice()
        server.drop("sendVoice", "before")
        with pytest.raises(PassingError):
            await adapter.send_voice(chat, VOICE, "on my way", "1")
        assert await adapter.delivered(chat, "on my way", "1", floor) is False
        server.drop("sendVoice", "recorded")
        with pytest.raises(PassingError):
            await adapter.send_voice(chat, VOICE, "on my way", "1")
        assert await adapter.delivered(chat, "on my way", "1", floor) == str(server.sent[-1].message_id)
        assert [one.text for one in server.sent_to(anna)] == [f"[voice 0:04] {VOICE_MARK}"]


async def test_whoever_takes_no_voice_messages_gets_the_words(server: TelegramServer, inbox: RecordingInbox) -> None:
    anna = server.person("Anna")
    server.world.no_voices.add(anna.id)
    server.user_says(anna, "where are you?")
    adapter = adapter_for(server)
    async with running(adapter, inbox):
        await inbox.got(1)
        await adapter.send_voice(Chat("telegram", str(anna.id), ChatKind.PRIVATE), VOICE, "on my way", "1")
        assert server.replies(anna) == ["on my way"]
