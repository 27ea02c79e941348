"""Untrusted bytes to a small upright picture: read or refused in a sentence, in bounded memory."""

import io
import threading
import warnings

from PIL import Image

from bot.errors import DataError
from bot.heic import is_heic, open_heic
from bot.machine import trim

MAX_PIXELS = 50_000_000
MAX_SIDE = 1568  # longer photos are reduced when decoded: more than any pixel bound in use
MAX_MEMORY = 256_000_000
"""Bytes that Pillow may take for a photo. One is decoded at a time in a process; the others wait.

Measured: twelve PNGs of 49 megapixels at once, reduced and all, took 293 MB (tests/test_pictures.py has smaller ones).
"""

_HEIC = "HEIC"
_BYTES_A_PIXEL = {"JPEG": 1, "PNG": 4, "GIF": 1, "BMP": 4, "WEBP": 16, "TIFF": 16, _HEIC: 10}
"""What people send, and what it takes to decode it: measured, but for TIFF, reckoned for six channels of 16 bits.

Its other formats are left alone. Some take any amount of memory whatever size they claim: an AVIF of two kilobytes that
says 64×64 took 315 MB, and an icon holds another picture within. JPEG 2000 takes ten seconds, EPS is run as a program.
"""
_PROGRESSIVE = 8  # bytes a pixel: a JPEG that is held whole until its last scan
_LONGEST = 65_535  # pixels a side
_TILE_SIDES = (0x0142, 0x0143)  # of a TIFF: how large it says that its pieces are
_STRIP = 250_000  # pixels converted at a time, about
_LARGE = 8_000_000  # pixels: 32 MB

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_one_at_a_time = threading.Lock()


def decode(data: bytes) -> Image.Image:
    """The picture as upright RGB, transparency over white, at most MAX_SIDE pixels a side; of an animation, the first.

    Raises DataError in a sentence for whatever is no such picture. Takes little more than MAX_MEMORY bytes.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _decoded(data)
        except DataError:
            raise
        except Exception as error:  # Pillow's parsers raise nearly everything on damaged bytes, MemoryError included
            kind = type(error).__name__
    # Not raised from the error, whose traceback would hold the half-decoded picture for as long as this is handled.
    raise DataError(f"A photo could not be read ({kind}): it is damaged or of an unknown kind.")


def most_pixels(kind: str, *, progressive: bool = False) -> int:
    """How many pixels a picture of that format may have."""
    return min(MAX_PIXELS, MAX_MEMORY // (_PROGRESSIVE if progressive else _BYTES_A_PIXEL[kind]))


def _decoded(data: bytes) -> Image.Image:
    image = _opened_heic(data) if is_heic(data) else _opened(data)
    large = image.width * image.height > _LARGE
    if large:
        trim()  # what one that failed has left
    image.load()
    turn = _TURNS.get(_orientation(image))
    image = _reduced(image)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    if turn is not None:
        image = image.transpose(turn)
    if large:
        trim()
    return image


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=[kind for kind in _BYTES_A_PIXEL if kind != _HEIC])
    _check_size(image)
    image.draft("RGB", (MAX_SIDE, MAX_SIDE))
    return image


def _opened_heic(data: bytes) -> Image.Image:
    picture = open_heic(data)
    _check_pixels(_HEIC, picture.size, most_pixels(_HEIC))
    image: Image.Image = picture.to_pillow()
    return image


def _check_size(image: Image.Image) -> None:
    kind = "JPEG" if image.format in ("JPEG", "MPO") else str(image.format)
    most = most_pixels(kind, progressive="progressive" in image.info)
    _check_pixels(kind, image.size, most)
    if kind == "TIFF":
        tile_width, tile_height = (int(image.getexif().get(tag, 0)) for tag in _TILE_SIDES)
        if tile_width * tile_height > most:
            raise DataError(f"A photo in tiles of {tile_width}×{tile_height} pixels was left out: at most {most:,}.")


def _check_pixels(kind: str, size: tuple[int, int], most: int) -> None:
    width, height = size
    if width * height > most or max(width, height) > _LONGEST:
        raise DataError(
            f"A photo of {width}×{height} pixels was left out: of this kind ({kind}) at most {most:,} pixels are read, "
            f"and {_LONGEST:,} a side."
        )


def _orientation(image: Image.Image) -> int:
    """How the camera was held; 1, upright, where that is damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # as above
        return 1


def _reduced(image: Image.Image) -> Image.Image:
    """RGB, in whole steps to no less than twice MAX_SIDE. Strip by strip: only what was decoded is held whole."""
    width, height = image.size
    factor = max(1, max(width, height) // (2 * MAX_SIDE))
    rows = factor * max(1, _STRIP // (width * factor))
    reduced = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = _rgb(image.crop((0, top, width, min(top + rows, height))))
        reduced.paste(strip.reduce(factor), (0, top // factor))
    return reduced


def _rgb(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    elif image.mode.startswith("I"):  # 16 bits, in one byte order or the other
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("RGB")
