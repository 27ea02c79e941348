"""Pictures that were damaged, on the way or on purpose: each is read or refused in a sentence, in bounded memory."""

import random
import struct
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import DataError
from bot.media import MediaStore
from bot.pictures import decode, most_pixels
from tests.fuzz_pictures import READABLE, UNREADABLE, encoded, mutated, originals, outcomes

SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112], SIDEWAYS[0x010E], SIDEWAYS[0x011A] = 6, "a description", 72.0

THREADS = """
import io, sys, threading
from pathlib import Path
from PIL import Image
from bot.media import MediaStore
from bot.errors import DataError
from tests.fuzz_pictures import forget_peak, memory, peak

def take(data):
    try:
        store.resized(store.put(data), 448, 448)
    except DataError:
        pass

store = MediaStore(Path(sys.argv[1]))
pictures = [path.read_bytes() for path in sorted(Path(sys.argv[2]).iterdir())]
take(pictures.pop())
for at_once in ([pictures[1]], pictures):
    before = memory()
    forget_peak()
    threads = [threading.Thread(target=take, args=(data,)) for data in at_once]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(peak() - before)
"""


def test_a_texture_that_calls_itself_a_photo_is_refused() -> None:
    with pytest.raises(DataError, match="could not be read"):
        decode(b"DDS " + (124).to_bytes(4, "little") + bytes(120))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_photo_whose_exif_is_damaged_is_seen(kind: str) -> None:
    data = encoded(Image.new("RGB", (60, 20), "red"), kind, exif=SIDEWAYS)
    assert decode(data).size == (20, 60)
    exif = SIDEWAYS.tobytes()
    exif = exif.removeprefix(b"Exif\0\0")
    start, sizes = data.index(exif), Counter[tuple[int, int]]()
    for place in range(start, start + len(exif)):
        for value in (0, 1, 2, 5, 7, 0x80, 0xFF):
            damaged = data[:place] + bytes([value]) + data[place + 1 :]
            sizes[decode(damaged).size] += 1
    assert set(sizes) == {(20, 60), (60, 20)}, "upright, or as the camera was held"


def test_mutated_pictures_are_read_or_refused(tmp_path: Path) -> None:
    rng, small = random.Random(7), originals()
    found = Counter(outcomes(MediaStore(tmp_path), (mutated(rng, small) for _ in range(600))))
    assert set(found) == {READABLE, UNREADABLE}
    assert min(found.values()) > 50


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), struct.error(), RuntimeError(), OverflowError()])
def test_whatever_pillow_raises_is_a_sentence(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("PIL.Image.open", fails)
    with pytest.raises(DataError, match=type(error).__name__):
        decode(b"anything")


def test_large_pictures_at_once_take_no_more_memory_than_one(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, mode in enumerate(("RGB", "RGBA", "LA", "P")):
        (folder / f"{number}").write_bytes(encoded(Image.new(mode, (6000, 6000)), "PNG"))
    (folder / "last").write_bytes(encoded(Image.new("RGB", (30, 30)), "PNG"))
    command = [sys.executable, "-W", "ignore", "-c", THREADS, str(tmp_path / "store"), str(folder)]
    one, all_at_once = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert 36_000_000 * 4 < one < 330_000_000
    assert all_at_once < one * 1.3


def test_what_would_take_more_memory_is_refused_before_it_is_decoded() -> None:
    for kind, options in (("WEBP", {}), ("JPEG", {"progressive": True}), ("TIFF", {"compression": "tiff_deflate"})):
        side = int(most_pixels(kind, progressive=bool(options.get("progressive"))) ** 0.5) + 1
        data = encoded(Image.new("RGB", (side, side)), kind, **options)
        with pytest.raises(DataError, match=f"{side}×{side} pixels was left out"):
            decode(data)
    with pytest.raises(DataError, match="65,535 a side"):
        decode(encoded(Image.new("1", (70_000, 1)), "PNG"))


def test_pieces_larger_than_the_picture_are_refused() -> None:
    """A TIFF of 64×64 pixels in one tile of 20,000×20,000, all zeros: 400 MB in 400 KB."""
    fields = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 322: 20_000, 323: 20_000}
    packed = zlib.compress(bytes(1_000_000))
    fields |= {324: 8 + 2 + 12 * (len(fields) + 2) + 4, 325: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, fields[tag]) for tag in sorted(fields))
    head = b"II*\0" + struct.pack("<IH", 8, len(fields))
    with pytest.raises(DataError, match="tiles of 20000×20000"):
        decode(head + entries + bytes(4) + packed)


def test_a_picture_reduced_in_strips_is_whole() -> None:
    image = Image.new("RGBA", (6400, 5000), (255, 0, 0, 255))
    image.paste((0, 0, 255, 255), (0, 2500, 6400, 5000))
    image.paste((0, 0, 0, 0), (3200, 0, 6400, 5000))
    seen = decode(encoded(image, "PNG"))
    assert seen.size == (1568, 1225)
    corners = [seen.getpixel(place) for place in ((9, 9), (9, 1215), (1558, 9), (1558, 1215), (9, 600), (9, 625))]
    assert corners == [(255, 0, 0), (0, 0, 255), (255, 255, 255), (255, 255, 255), (255, 0, 0), (0, 0, 255)]
