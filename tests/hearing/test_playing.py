"""What plays is opened in a process apart: frames and sound come out of it, and nothing hostile gets in."""

import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.errors import DataError
from bot.media import MediaStore
from bot.message import STICKER, Attachment
from bot.playing.keeping import with_frames
from bot.playing.reading import look, samples
from tests.hearing.samples import DINNER, colour, drawing, moving, tgs, video
from tests.support import picture


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_video_shows_its_beginning_its_middle_and_its_end(kind: str) -> None:
    looked = look(video(kind=kind))
    assert [colour(frame) for frame in looked.frames] == ["red", "green", "blue"]
    assert looked.seconds == 3 and looked.sound == b""


def test_its_sound_comes_along_as_a_voice_message() -> None:
    looked = look(video(seconds=5, sound=DINNER))
    assert len(looked.sound) < 20_000, "as small as voice messages are"
    _, seconds = samples(looked.sound, longest=60)
    assert seconds == pytest.approx(samples(DINNER, longest=60)[1], abs=0.3)


def test_frames_are_small_whatever_the_video_is() -> None:
    looked = look(video(seconds=1, size=(1280, 720)))
    assert {max(Image.open(io.BytesIO(frame)).size) for frame in looked.frames} == {448}


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_a_sticker_that_moves_shows_three_frames_and_a_still_one_itself(media: MediaStore, kind: str) -> None:
    sticker = Attachment(STICKER, "ref")
    seen, sound = with_frames(sticker, moving(kind), media)
    assert [colour(media.path(one).read_bytes()) for one in seen.frames] == ["red", "green", "blue"]
    assert seen.digest is None and sound == b""
    seen, _ = with_frames(sticker, picture("green"), media)
    assert not seen.frames and colour(media.path(seen.digest or "").read_bytes()) == "green"


def test_a_sticker_that_is_drawn_shows_three_frames(media: MediaStore) -> None:
    seen, sound = with_frames(Attachment(STICKER, "ref"), tgs(drawing()), media)
    pictures = [media.path(one).read_bytes() for one in seen.frames]
    assert [colour(picture) for picture in pictures] == ["red", "green", "blue"]
    assert {Image.open(io.BytesIO(picture)).size for picture in pictures} == {(448, 448)}
    assert seen.digest is None and sound == b""


def test_of_a_drawn_one_frames_that_show_nothing_or_the_same_are_left_out() -> None:
    late = drawing()
    late["layers"][0]["ip"] = 20
    assert [colour(frame) for frame in look(tgs(late)).frames] == ["green", "blue"]
    still = drawing()
    still["layers"][0]["shapes"][0]["it"][1]["c"] = {"a": 0, "k": [1, 0, 0, 1]}
    assert [colour(frame) for frame in look(tgs(still)).frames] == ["red"]


def repeating() -> dict[str, Any]:
    """A drawing of which each part holds the whole."""
    told = drawing()
    layer = {**told["layers"][0], "ty": 0, "refId": "itself", "w": 512, "h": 512}
    return {**told, "assets": [{"id": "itself", "layers": [layer]}], "layers": [layer]}


NOT_DRAWN = {
    "cut off": tgs(drawing())[:200],
    "no drawing": tgs({}),
    "another kind of JSON": tgs([1]),
    "nothing to be seen": tgs({**drawing(), "layers": []}),
    "one that unpacks to a hundred megabytes": gzip.compress(bytes(100_000_000)),
    "a deep one": gzip.compress(b"[" * 1_000_000),
    "one that holds itself": tgs(repeating()),
    "one that asks for a picture of ours": tgs({**drawing(), "assets": [{"id": "a", "u": "/etc/", "p": "passwd"}]}),
}


@pytest.mark.parametrize("what", NOT_DRAWN)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(media: MediaStore, what: str) -> None:
    with pytest.raises(DataError, match="A file that plays was left out: "):
        with_frames(Attachment(STICKER, "ref"), NOT_DRAWN[what], media)


HOSTILE = {
    "no video": b"\0" * 5000,
    "nothing": b"",
    "a list of other files": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "a text": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "cut off": video()[:400],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_opened_is_refused_in_a_sentence(what: str) -> None:
    with pytest.raises(DataError, match="left out: it is damaged or of an unknown kind"):
        look(HOSTILE[what])


def test_damaged_bytes_end_in_a_sentence_or_in_what_is_left(media: MediaStore) -> None:
    whole = video(sound=DINNER)
    for place in range(0, len(whole), len(whole) // 2):
        damaged = whole[:place] + b"\xff" * 64 + whole[place + 64 :]
        try:
            looked = look(damaged)
        except DataError as error:
            assert str(error).startswith("A file that plays was left out")
        else:
            assert all(media.put(frame) for frame in looked.frames)


def test_what_plays_too_long_is_left_out() -> None:
    with pytest.raises(DataError, match="it plays longer than 2 s"):
        samples(DINNER, longest=2)
    with pytest.raises(DataError, match="it plays longer than 60 s"):
        look(video(seconds=62, size=(32, 32)))
