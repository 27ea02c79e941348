"""The avatar answers with a voice message: where the person did, the owner and the consent allow it, and marked so."""

import io
import shutil
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import av
import pytest

from bot.config import HearingConfig
from bot.consent import Consent, Role, Use, save_consent
from bot.conversation.voices import Spoke, spoke, to_speak
from bot.disclosure import VOICE_MARK
from bot.errors import DataError, PassingError, PermanentError
from bot.hearing.whisper import open_whisper
from bot.message import Account, Chat, ChatKind
from bot.people import People
from bot.platform import VoiceMessage
from bot.speaking.command import Command
from bot.speaking.voice import Voice
from bot.store.journal import Kind
from tests.conversation.stage import MEI, OMA, PEOPLE, Stage, quick
from tests.dialogues.log import IDS, Log
from tests.hearing.samples import speech_model

SPEAKS = """\
import math, struct, sys, wave
words = sys.stdin.read()
with wave.open(sys.stdout.buffer, "wb") as out:
    out.setnchannels(1), out.setsampwidth(2), out.setframerate(22050)
    samples = (int(9000 * math.sin(number / 9)) for number in range(2205 * len(words)))
    out.writeframes(b"".join(struct.pack("<h", one) for one in samples))
"""
"""A voice that hums a tenth of a second for each letter."""
AGREED = Consent(
    "Mei",
    Role.SELF,
    (Use.TRAINING, Use.RUNNING, Use.VOICE),
    datetime(2026, 1, 2, tzinfo=UTC),
    date(2100, 1, 1),
    voice="robin",
)
SUBJECT = People.of(PEOPLE.contacts, (Account("telegram", IDS["Nora"]),))


def command(script: str = SPEAKS, seconds: float = 20.0) -> Command:
    return Command((sys.executable, "-c", script, "{language}"), "Nora", seconds)


def told(sound: bytes) -> dict[str, str]:
    """The tags of a file, and what is in it."""
    with av.open(io.BytesIO(sound)) as file:
        stream = file.streams.audio[0]
        return {**file.metadata, **stream.metadata, "codec": stream.codec_context.name, "format": file.format.name}


# -- the voice --------------------------------------------------------------------------------------------------------


async def test_a_program_speaks_and_the_file_says_that_it_is_synthetic() -> None:
    speech = await command().speak("are you there", "en")
    assert speech.seconds == pytest.approx(1.3, abs=0.1) and len(speech.sound) < 20_000
    tags = {key.lower(): value for key, value in told(speech.sound).items()}
    assert tags["synthetic"] == "yes" and tags["codec"].endswith("opus") and tags["format"] == "ogg"
    assert tags["title"] == "Synthetic voice of Nora · Nora的合成语音"
    assert "no recording of a person" in tags["comment"] and "不是真人录音" in tags["comment"]


async def test_it_is_told_the_language_and_no_shell_reads_the_words(tmp_path: Path) -> None:
    given = tmp_path / "given"
    notes = "import pathlib, sys; pathlib.Path(sys.argv[2]).write_text(sys.argv[1] + sys.stdin.read()); sys.exit(1)"
    with pytest.raises(DataError, match="wrote no sound"):
        await Command((sys.executable, "-c", notes, "{language}", str(given)), "Nora", 20.0).speak("$(id); `id`", "zh")
    assert given.read_text("utf-8") == "zh$(id); `id`"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("import sys; sys.exit(3)", r"wrote no sound \(it ended with 3\): see speaking.command"),
        ("print('hello')", "left out: it is damaged or of an unknown kind"),
        ("import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))", "more than five minutes of sound"),
    ],
)
async def test_what_goes_wrong_is_said(script: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        await command(script).speak("hi", "en")


async def test_a_program_that_hangs_is_ended_and_one_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="did not speak within 0 s"):
        await command("import time; time.sleep(60)", seconds=0.2).speak("hi", "en")
    with pytest.raises(PermanentError, match="cannot be run"):
        await Command(("/no/such/voice",), "Nora", 5.0).speak("hi", "en")


async def test_a_real_voice_is_understood_by_a_real_ear(tmp_path: Path) -> None:
    """eSpeak NG speaks, Whisper tiny.en with its real weights writes it down."""
    model = speech_model()
    if model is None or shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng or a speech model is not installed")
    espeak = Command(("espeak-ng", "--stdout", "-s", "140", "-v", "{language}"), "Nora", 60.0)
    speech = await espeak.speak("The train to London leaves at noon.", "en")
    heard = open_whisper(HearingConfig(model=str(model)), tmp_path).transcribe(speech.sound, threading.Event())
    assert "train to London leaves at noon" in heard.words


# -- the habit --------------------------------------------------------------------------------------------------------


def test_it_speaks_at_most_as_often_as_the_person_did() -> None:
    habit = Spoke(voices=30, texts=66)
    chances = iter(range(100))
    bubbles = [f"message {number}" for number in range(100)]
    assert len(to_speak(bubbles, habit, 300, lambda: next(chances) / 100)) == 30
    assert to_speak(bubbles, Spoke(0, 50), 300, lambda: 0.0) == set(), "somebody who never spoke"
    for unspeakable in ("😂", "https://example.org/a", "?!", "far too long " * 40):
        assert to_speak([unspeakable], Spoke(99, 0), 300, lambda: 0.0) == set()


# -- in a chat --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Nora always spoke to Mei, and always wrote to her grandmother; chance is even."""
    monkeypatch.setattr("random.random", lambda: 0.5)
    log = Log(tmp_path)
    spoken = [f"3/{day} 12:00:05 Nora: <voice>" for day in range(1, 29)]
    log.private("Mei", "3/1 12:00:00 Mei: hi", *spoken)
    log.private("Gran", *(f"3/{day} 12:00:05 Nora: good night" for day in range(1, 29)), "3/29 12:00:00 Gran: you too")
    log.corpus()
    log.close()
    save_consent(tmp_path / "consent.json", AGREED)
    stage = Stage(tmp_path, quick(), SUBJECT, voice=Voice(command(), "robin", tmp_path / "consent.json", 300))
    stage.engine.say = lambda prompt: "on my way"
    yield stage
    await stage.close()


def test_what_the_person_did_is_read_from_the_corpus(stage: Stage) -> None:
    past, now = stage.conversations.avatar.past, stage.clock.now()
    assert past is not None
    mei, gran = (
        spoke([past.private(who, SUBJECT, stage.persona, now, (), 2000)])
        for who in (Account("telegram", IDS["Mei"]), Account("telegram", IDS["Gran"]))
    )
    assert mei == Spoke(28, 0) and gran == Spoke(0, 28)


async def says(stage: Stage, who: Account, text: str = "where are you?") -> list[str]:
    """What somebody hears back, who writes from the chat in which the person knew them."""
    await stage.says(who, text)
    await stage.settled(30)
    return stage.heard(who.id)


@pytest.fixture
def knowing(stage: Stage) -> Stage:
    """Mei and her grandmother are known by the accounts of the export, too."""
    contacts = tuple(
        replace(one, accounts=(*one.accounts, Account("telegram", IDS[name])))
        for one, name in zip(PEOPLE.contacts, ("Mei", "Gran"), strict=True)
    )
    stage.people = People.of(contacts, SUBJECT.subject)
    stage.conversations.avatar.people = stage.people
    return stage


async def test_to_whom_the_person_spoke_it_speaks_and_to_others_it_writes(knowing: Stage) -> None:
    stage = knowing
    assert await says(stage, MEI) == [f"[voice {VOICE_MARK}]"]
    assert await says(stage, OMA) == ["on my way"]
    [voice] = stage.platform.voices
    assert "AI voice" in voice.caption and "合成语音" in voice.caption and voice.seconds == 1
    assert voice.sound.startswith(b"OggS")
    await says(stage, MEI, "and now?")
    assert "assistant\non my way<|im_end|>" in stage.engine.prompts[-1], "it reads again what it said, as said"
    elsewhere = stage.journal.elsewhere(Chat("stage", "another", ChatKind.PRIVATE), 10)
    assert "on my way" in [one.text for one in elsewhere if one.kind is Kind.BUBBLE], "as what it wrote is"


@pytest.mark.parametrize(
    "consent",
    [
        replace(AGREED, voice="wren"),
        replace(AGREED, uses=(Use.TRAINING, Use.RUNNING)),
        replace(AGREED, withdrawn_at=datetime(2026, 2, 1, tzinfo=UTC)),
        replace(AGREED, until=date(2026, 1, 3)),
    ],
)
async def test_a_consent_that_does_not_name_this_voice_lets_it_write_alone(knowing: Stage, consent: Consent) -> None:
    save_consent(knowing.root / "consent.json", consent)
    assert await says(knowing, MEI) == ["on my way"]


async def test_a_platform_that_sends_none_and_an_owner_who_wants_none(knowing: Stage) -> None:
    knowing.platform.takes_voice = False
    assert await says(knowing, MEI) == ["on my way"]
    knowing.platform.takes_voice, knowing.voice = True, None
    await knowing.restart()
    assert await says(knowing, MEI) == ["on my way"] * 2


async def test_where_speaking_fails_the_words_are_written_once(
    knowing: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    broken = command("import sys; sys.exit(1)")
    knowing.conversations.avatar.voice = Voice(broken, "robin", knowing.root / "consent.json", 300)
    assert await says(knowing, MEI) == ["on my way"]
    assert "goes out as text" in caplog.text and "on my way" not in caplog.text


async def test_a_voice_message_that_was_cut_off_is_asked_for_and_not_sent_twice(knowing: Stage) -> None:
    """The platform took it, and its answer was lost."""
    takes = knowing.platform.send_voice

    async def cut_off(chat: Chat, voice: VoiceMessage, text: str, key: str) -> str:
        knowing.platform.arrived = await takes(chat, voice, text, key)
        raise PassingError("The connection was lost.", retry_after=0)

    knowing.platform.send_voice = cut_off  # type: ignore[method-assign]
    assert await says(knowing, MEI) == [f"[voice {VOICE_MARK}]"] and len(knowing.platform.voices) == 1


async def test_after_a_restart_what_was_to_be_spoken_is_spoken(knowing: Stage) -> None:
    knowing.platform.failures = [PassingError("no network", retry_after=30)]
    await knowing.says(MEI, "where are you?")
    await knowing.until(lambda: not knowing.platform.failures)
    await knowing.die()
    await knowing.settled(30)
    assert knowing.heard("1") == [f"[voice {VOICE_MARK}]"]
