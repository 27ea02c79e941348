"""Damaged pictures by the thousand: each is read or refused in a sentence, in bounded memory.

python -m tests.fuzz_pictures --count 20000 --seed 1
"""

import argparse
import contextlib
import io
import random
import resource
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
from PIL import Image

from bot.errors import DataError
from bot.media import MediaStore

READABLE, UNREADABLE = "readable", "unreadable"
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")
_BIG = 7000  # pixels a side: 49 megapixels in a few kilobytes
_ONE_IN = 200  # so many mutations begin with a big picture
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 7000, 20_000, 0x7FFFFFFF, 0xFFFFFFFF)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.save(buffer, kind, **options)
    return buffer.getvalue()


def originals(seed: int = 0) -> list[bytes]:
    """A small picture in every format and mode that Pillow can write; those that can, also with EXIF and frames."""
    Image.init()
    noise = Image.frombytes("RGB", (48, 36), random.Random(seed).randbytes(48 * 36 * 3))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x0132] = 6, "a description", "2026:05:01 12:00:00"
    exif[0x011A] = 72.0
    exif.get_ifd(0x8825)[1] = "N"
    found = []
    for kind in sorted(Image.SAVE):
        variants: list[dict[str, object]] = [{}]
        if kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
            variants.append({"exif": exif})
        if kind == "JPEG":
            variants.append({"progressive": True, "exif": exif})
        if kind == "TIFF":
            variants += [{"compression": name} for name in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")]
        if kind in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
            variants.append({"save_all": True, "append_images": [noise.rotate(180)]})
        for mode in _MODES:
            for options in variants:
                image = noise.convert("I" if mode == "I;16" else "RGB").convert(mode)
                with contextlib.suppress(Exception):  # this format does not hold that, and says so in many ways
                    found.append(encoded(image, kind, **options))
    return found


def big_originals() -> list[bytes]:
    """As many pixels as are read, in few bytes."""
    found = []
    for kind, mode, options in (
        *[("PNG", mode, {}) for mode in ("L", "P", "RGB", "RGBA", "LA", "I;16")],
        ("JPEG", "RGB", {}),
        ("JPEG", "RGB", {"progressive": True, "subsampling": 0}),
        ("GIF", "P", {}),
        ("WEBP", "RGB", {"lossless": True, "method": 0}),
        ("AVIF", "RGB", {"speed": 10}),
        ("TIFF", "RGB", {"compression": "tiff_deflate"}),
    ):
        found.append(encoded(Image.new(mode, (_BIG, _BIG)), kind, **options))  # type: ignore[arg-type]
        found.append(encoded(Image.new(mode, (_BIG // 2, _BIG // 2)), kind, **options))  # type: ignore[arg-type]
    return found


def mutated(rng: random.Random, small: Sequence[bytes], big: Sequence[bytes] = ()) -> bytes:
    """One picture with some damage."""
    data = bytearray(rng.choice(big if big and rng.randrange(_ONE_IN) == 0 else small))
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        _damage(rng, data, small)
    return bytes(data)


def _damage(rng: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    if not data:
        return
    kind = rng.randrange(7)
    place = rng.randrange(len(data))
    head = rng.randrange(min(len(data), 200))
    if kind == 0:  # bytes
        for _ in range(rng.choice((1, 3, 20))):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == 1:  # a bit of the head
        data[head] ^= 1 << rng.randrange(8)
    elif kind == 2:  # cut
        del data[place:]
    elif kind == 3:  # a piece left out, or twice
        end = place + rng.randrange(1, 100)
        data[place:end] = data[place:end] * rng.choice((0, 2))
    elif kind == 4:  # a piece of another
        other = rng.choice(others)
        data[place:] = other[min(place, rng.randrange(len(other))) :]
    elif kind == 5:  # a number of the head
        size = rng.choice((1, 2, 4))
        number = rng.choice(_NUMBERS) & (256**size - 1)
        data[head : head + size] = number.to_bytes(size, rng.choice(("big", "little")))
    else:  # what describes the picture
        place = max(data.find(mark) for mark in (b"Exif\0\0", b"II*\0", b"MM\0*", b"eXIf", b"EXIF"))
        if place >= 0:
            for _ in range(rng.randrange(1, 12)):
                data[min(place + rng.randrange(160), len(data) - 1)] = rng.choice((0, 1, 0xFF, rng.randrange(256)))


def outcomes(store: MediaStore, pictures: Iterator[bytes]) -> Iterator[str]:
    """What becomes of each: read, refused in a sentence, or the name of an error that nobody awaits."""
    for data in pictures:
        try:
            digest = store.put(data)
            image = store.open(digest)
            image.getpixel((0, 0))
            store.delete(digest)
        except DataError:
            yield UNREADABLE
        except Exception as error:
            yield type(error).__name__
        else:
            yield READABLE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    small, big = originals(), big_originals()
    with tempfile.TemporaryDirectory() as folder:
        store = MediaStore(Path(folder))
        list(outcomes(store, iter(small)))
        before = memory()
        forget_peak()
        found = Counter(outcomes(store, (mutated(rng, small, big) for _ in range(args.count))))
        most = peak()
    print(f"{args.count} mutations of {len(small)} small and {len(big)} big pictures, seed {args.seed}")
    for name, number in found.most_common():
        print(f"{number:7}  {name}")
    print(f"peak memory above the start: {(most - before) / 1e6:.0f} MB")


def memory() -> int:
    """Taken now, in bytes."""
    return int(psutil.Process().memory_info().rss)


def forget_peak() -> None:
    """Linux begins to measure the peak anew; elsewhere the peak is that of the whole process."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def peak() -> int:
    """The most memory taken so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
