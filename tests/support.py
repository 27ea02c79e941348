"""What many tests share: a browser, a tokenizer of plain bytes, and small pictures."""

import io
import os
import shutil

from PIL import Image
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from bot.media import MediaStore
from bot.prompt import Codec, PhotoGeometry
from bot.prompt.codec import CONTROL

BROWSER = os.environ.get(
    "ECHOES_TEST_BROWSER",
    next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""),
)
"""The Chromium that pages are tried in: the one named, or else the one found; empty where there is none."""


def byte_tokenizer() -> Tokenizer:
    """One token a byte, and the control tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in CONTROL])
    return tokenizer


def byte_codec(media: MediaStore) -> Codec:
    geometry = PhotoGeometry(patch=14, merge=2, min_pixels=56 * 56, max_pixels=112 * 112)
    return Codec(byte_tokenizer(), geometry, lambda digest: media.open(digest).size)


def picture(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    """A PNG of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()
