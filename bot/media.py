"""Photos by content: stored once under their SHA-256, opened with care."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import DataError
from bot.workspace import private_dir, write_private

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 1568  # longer photos are reduced when opened: more than any pixel bound in use


@dataclass(frozen=True, slots=True)
class MediaStore:
    root: Path

    def path(self, digest: str) -> Path:
        return self.root / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """Stores a photo's bytes; returns its digest. Raises DataError if it is too large or no picture."""
        if len(data) > MAX_BYTES:
            raise DataError(
                f"A photo of {len(data) / 1e6:.0f} MB was left out: at most {MAX_BYTES / 1e6:.0f} MB are read."
            )
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if not path.exists():
            decode(data)
            private_dir(path.parent)
            write_private(path, data)
        return digest

    def open(self, digest: str) -> Image.Image:
        """The photo as upright RGB, transparency over white, at most MAX_SIDE pixels a side."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise DataError(f"The photo {digest[:12]} is missing from {self.root}.") from None
        return decode(data)

    def delete(self, digest: str) -> None:
        self.path(digest).unlink(missing_ok=True)

    def prune(self, keep: set[str], older_than: float) -> int:
        """Deletes photos that are not to be kept and were stored before a time (seconds since 1970); returns how many.

        A photo just stored may not be in anybody's record yet, hence the time.
        """
        old = [path for path in self.root.glob("??/*") if path.name not in keep and path.stat().st_mtime < older_than]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def decode(data: bytes) -> Image.Image:
    """Decodes untrusted bytes; the first frame of an animation. Raises DataError in a sentence."""

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Image.Image = Image.open(io.BytesIO(data), formats=_formats())
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(
                    f"A photo of {width}×{height} pixels was left out: at most {MAX_PIXELS:,} pixels are read."
                )
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
            image.load()
            image = ImageOps.exif_transpose(image)
    except DataError:
        raise
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        Image.DecompressionBombError,
    ) as error:
        raise DataError(
            f"A photo could not be read ({type(error).__name__}): it is damaged or of an unknown kind."
        ) from error
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        canvas = Image.new("RGBA", rgba.size, "white")
        image = Image.alpha_composite(canvas, rgba)
    elif image.mode.startswith("I"):  # 16 bits, in one byte order or the other
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    image = image.convert("RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return image


def _formats() -> list[str]:
    """Every format that Pillow reads by itself: EPS would be run as a program by Ghostscript."""
    Image.init()
    return [kind for kind in Image.OPEN if kind != "EPS"]
