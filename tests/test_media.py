"""Photos from anywhere: every kind is decoded or refused in a sentence, and nothing larger than the bounds."""

import io
import itertools
import os
import stat
import struct
import zlib
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import DataError
from bot.media import MediaStore
from bot.pictures import MAX_SIDE, decode
from tests.support import picture

REAL = Path(__file__).parent.parent.parent / "shared" / "data" / "photos"


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *[(mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")],
        *[(mode, "TIFF") for mode in ("I", "F", "LAB", "PA")],
        *[(mode, "JPEG") for mode in ("CMYK", "YCbCr")],
    ],
)
def test_every_mode_becomes_rgb(mode: str, kind: str) -> None:
    found = decode(encoded(Image.new(mode, (40, 30)), kind))
    assert (found.mode, found.size) == ("RGB", (40, 30))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_every_usual_format_is_read(kind: str) -> None:
    assert decode(encoded(Image.new("RGB", (32, 32), "red"), kind)).getpixel((16, 16))[0] > 200  # type: ignore[index]


MODES = (
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "F",
    "I;16",
    "I;16B",
)


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize("size", [(40, 30), (1, 1), (10_000, 10)])
def test_whatever_pillow_can_write_is_read_or_refused_in_a_sentence_whole_and_cut(size: tuple[int, int]) -> None:
    Image.init()
    read: Counter[str] = Counter()
    for kind, mode in itertools.product(sorted(Image.SAVE), MODES):
        try:
            data = encoded(Image.new(mode, size), kind)
        except (OSError, ValueError, KeyError, struct.error):  # this format does not hold that mode or size
            continue
        for length in (len(data), len(data) // 2):
            try:
                found = decode(data[:length])
            except DataError as error:
                assert "could not be read" in str(error)
            else:
                assert found.mode == "RGB"
                assert 1 <= min(found.size) <= max(found.size) <= MAX_SIDE
                read[kind] += 1
    assert set(read) == {"PNG", "JPEG", "MPO", "GIF", "WEBP", "BMP", "TIFF"}


def test_transparency_lies_over_white() -> None:
    assert decode(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")).getpixel((4, 4)) == (255, 255, 255)


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode(data).getpixel((8, 8)) == (255, 0, 0)


def test_a_turned_photo_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways
    assert decode(encoded(Image.new("RGB", (60, 20)), "JPEG", exif=exif)).size == (20, 60)


def test_one_pixel_and_a_very_thin_photo_are_read() -> None:
    assert decode(picture(size=(1, 1))).size == (1, 1)
    width, height = decode(picture(size=(4000, 4))).size
    assert width <= MAX_SIDE
    assert height >= 1


def test_a_large_photo_is_reduced() -> None:
    assert max(decode(encoded(Image.new("RGB", (6000, 4000)), "JPEG")).size) == MAX_SIDE


def test_a_hundred_megapixels_are_refused_before_they_are_decoded() -> None:
    header = b"\x89PNG\r\n\x1a\n"

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (10_000).to_bytes(4, "big") * 2
    bomb = (
        header
        + chunk(b"IHDR", size + b"\x08\x02\x00\x00\x00")
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(DataError, match="10000×10000 pixels"):
        decode(bomb)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", picture()[:60], b"\xff\xd8\xff\xe0" + b"\0" * 50])
def test_what_is_broken_is_a_sentence(data: bytes) -> None:
    with pytest.raises(DataError, match="could not be read"):
        decode(data)


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="50 MB"):
        MediaStore(tmp_path).put(bytes(50_000_000))


def test_a_photo_is_stored_once_for_its_owner_only(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "media")
    assert store.put(picture()) == store.put(picture())
    [path] = [path for path in store.root.rglob("*") if path.is_file()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.open(path.name).size == (64, 48)


def test_pruning_keeps_what_is_named_and_what_is_new(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    red, blue = store.put(picture("red")), store.put(picture("blue"))
    assert store.prune({red}, older_than=0) == 0
    assert store.prune({red}, older_than=2**40) == 1
    assert store.path(red).exists()
    with pytest.raises(DataError, match="missing"):
        store.open(blue)


def test_a_photo_at_the_size_of_a_prompt_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MediaStore(tmp_path)
    digest = store.put(picture("red", (300, 200)))
    first = store.resized(digest, 56, 28)
    assert Image.open(io.BytesIO(first)).size == (56, 28)
    monkeypatch.setattr("bot.media.decode", lambda data: pytest.fail("decoded again"))
    assert store.resized(digest, 56, 28) == first
    assert store.size(digest) == (300, 200)


@pytest.mark.parametrize("how", ["forgotten", "pruned", "gone"])
def test_a_deleted_photo_is_not_shown_from_memory(tmp_path: Path, how: str) -> None:
    store = MediaStore(tmp_path)
    digest = store.put(picture())
    store.resized(digest, 28, 28)
    assert store.shows(digest)
    if how == "forgotten":
        store.delete(digest)
    elif how == "pruned":
        store.prune(set(), older_than=2**40)
    else:
        store.path(digest).unlink()
    assert not store.shows(digest)
    for _ in range(2):
        with pytest.raises(DataError, match="missing"):
            store.resized(digest, 28, 28)


def test_what_is_kept_in_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MediaStore(tmp_path)
    digests = [store.put(picture(colour)) for colour in ("red", "green", "blue")]
    size = len(store.resized(digests[0], 28, 28))
    monkeypatch.setattr("bot.media.KEPT_BYTES", 2 * size + size // 2)
    for digest in (*digests, digests[1]):
        store.resized(digest, 28, 28)
    decoded: list[bytes] = []
    monkeypatch.setattr("bot.media.decode", lambda data: decoded.append(data) or decode(data))  # type: ignore[func-returns-value]
    store.resized(digests[2], 28, 28)
    assert not decoded
    store.resized(digests[0], 28, 28)
    assert decoded == [picture("red")], "the one unused for longest had to go"


def test_a_photo_damaged_on_the_disk_is_not_shown_once_that_is_known(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    digest = store.put(picture())
    store.path(digest).write_bytes(picture()[:60])
    again = MediaStore(tmp_path)  # as after a restart
    with pytest.raises(DataError, match="could not be read"):
        again.size(digest)
    assert not again.shows(digest)


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder with real photos is not here")
def test_real_photos(tmp_path: Path) -> None:
    assert decode((REAL / "coffee.png").read_bytes()).mode == "RGB"
    with pytest.raises(DataError, match="could not be read"):
        decode((REAL / "truncated.jpg").read_bytes())


def test_of_too_many_photos_the_oldest_go(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    digests = [store.put(picture(colour)) for colour in ("red", "green", "blue", "white")]
    for age, digest in enumerate(reversed(digests)):
        os.utime(store.path(digest), (0, 1000 - age))
    room = sum(store.path(digest).stat().st_size for digest in digests[2:])
    assert store.shrink(10**9, 2000) == 0
    assert store.shrink(room, 998) == 1, "what was stored just now may not be in anybody's record yet"
    assert store.shrink(room, 2000) == 1
    assert [store.shows(digest) for digest in digests] == [False, False, True, True]
