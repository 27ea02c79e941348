"""The process that opens what plays, so that damaged or hostile files harm nobody: a script, which gets one on stdin.

- `look WIDTH LONGEST` takes its sound as Ogg/Opus, empty where there is none, and then up to three frames of what
  moves, at most WIDTH pixels a side.
- `listen LONGEST` takes the sound alone, as 16 bits, 16,000 a second, one channel; WeChat's and QQ's SILK, too.
- `encode LONGEST TAGS` makes a voice message of a sound, to be sent, with tags given as JSON.

LONGEST: in seconds. It answers with a line of JSON, {"seconds", "parts": [the bytes of each]}, {"error"} or {"missing":
the package that opens such a file}, and then the parts. It knows nothing of the rest of Echoes: what it cannot reach it
cannot harm.
"""

import gzip
import io
import json
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

RATE = 16_000  # samples a second: what speech is heard by
_MEMORY = 2 << 30  # bytes of address space, most of it the libraries' own
_CPU_SECONDS = 60
_PIXELS = 4096 * 2304
_FRAMES = (0.0, 0.5, 0.95)  # of the length
_PATIENCE = 600  # frames decoded to come to one that is wanted
_BITS = 16_000  # a second of speech, as voice messages have it
_OWN_RATE, _OWN_BITS = 24_000, 32_000  # of voice messages to send
_SILK = b"#!SILK_V3"
_SILK_PACKETS = 50  # a second
_SILK_END = 0x8000  # no packet is as long: what some programs write behind the last one
_DRAWING = 4 << 20  # bytes of a drawn sticker, unpacked; Telegram takes 64 KB, packed
_KINDS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,wav,amr,amrnb,amrwb,aac,mp3,flac,caf,avi",
    "protocol_whitelist": "",
}
"""What FFmpeg may take a file for: not for a list of other files, which it would open, or fetch."""


class Refused(Exception):
    """Why nothing is taken of the file, in a few words."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # nothing is written; FFmpeg opens no file beside
    data = sys.stdin.buffer.read()
    parts: list[bytes] = []
    seconds: float | None
    try:
        question, *asked = sys.argv[1:]
        if question == "listen":
            seconds, parts = listen(data, float(asked[0]))
        elif question == "encode":
            seconds, parts = encode(data, float(asked[0]), json.loads(asked[1]))
        else:
            seconds, parts = look(data, int(asked[0]), float(asked[1]))
        said: dict[str, Any] = {"seconds": seconds, "parts": [len(part) for part in parts]}
    except Refused as why:
        said, parts = {"error": str(why)}, []
    except ModuleNotFoundError as error:
        said, parts = {"missing": error.name}, []
    except Exception as error:  # the libraries raise nearly everything on damaged bytes, MemoryError included
        said, parts = {"error": f"it is damaged or of an unknown kind ({type(error).__name__})"}, []
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + b"".join(parts))


def look(data: bytes, width: int, longest: float) -> tuple[float | None, list[bytes]]:
    """How long it plays, its sound, and its frames."""
    if data.startswith((b"GIF8", b"\x89PNG")) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        return _animated(data, width)
    if data.startswith(b"\x1f\x8b"):
        return _drawn(data, width)
    import av

    with av.open(io.BytesIO(data), "r", options=_KINDS) as file:
        length = _length(file, longest)
        pictures = list(_frames(file, length, width)) if file.streams.video else []
    return length, [_speech(data, longest), *pictures]


def listen(data: bytes, longest: float) -> tuple[float, list[bytes]]:
    """How long the sound is, and its samples."""
    samples = b"".join(_samples(data, longest, RATE))
    return _seconds(samples, longest, RATE), [samples]


def encode(data: bytes, longest: float, tags: dict[str, str]) -> tuple[float, list[bytes]]:
    """How long the sound is, and the voice message made of it."""
    samples = b"".join(_samples(data, longest, _OWN_RATE))
    if not samples:
        raise Refused("there is no sound in it")
    return _seconds(samples, longest, _OWN_RATE), [_opus(samples, _OWN_RATE, _OWN_BITS, tags)]


def _seconds(samples: bytes, longest: float, rate: int) -> float:
    seconds = len(samples) / 2 / rate
    if seconds > longest:
        raise Refused(f"it plays longer than {longest:.0f} s")
    return seconds


def _length(file: Any, longest: float) -> float | None:
    length = None if file.duration is None else file.duration / 1_000_000
    if length is not None and length > longest:
        raise Refused(f"it plays longer than {longest:.0f} s")
    return length


def _frames(file: Any, length: float | None, width: int) -> Iterator[bytes]:
    stream = file.streams.video[0]
    stream.thread_count = 1
    context = stream.codec_context
    if context.width * context.height > _PIXELS:
        raise Refused(f"it has {context.width}×{context.height} pixels")
    reached = -1.0
    for share in _FRAMES if length else _FRAMES[:1]:
        wanted = share * (length or 0)
        if wanted > 0:
            file.seek(int(wanted * 1_000_000))  # to a key frame before it
        frame = _frame_at(file, stream, wanted)
        if frame is not None and (frame.time or 0.0) > reached:
            reached = frame.time or 0.0
            yield _jpeg(frame, width)


def _frame_at(file: Any, stream: Any, wanted: float) -> Any:
    """The first frame from a time on, or else the last there is."""
    last = None
    for last in islice(file.decode(stream), _PATIENCE):
        if (last.time or 0.0) >= wanted:
            break
    return last


def _jpeg(frame: Any, width: int) -> bytes:
    image = frame.to_image()
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    image.thumbnail((width, width))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _animated(data: bytes, width: int) -> tuple[float | None, list[bytes]]:
    from PIL import Image

    image = Image.open(io.BytesIO(data), formats=["GIF", "PNG", "WEBP"])
    if image.width * image.height > _PIXELS:
        raise Refused(f"it has {image.width}×{image.height} pixels")
    count = getattr(image, "n_frames", 1)  # Pillow's plugins have it only where there may be several
    if count < 2:
        raise Refused("it does not move")
    pictures = [b""]
    for number in dict.fromkeys(int(share * count) for share in _FRAMES):
        image.seek(number)
        shown = image.convert("RGBA")
        shown.thumbnail((width, width))
        buffer = io.BytesIO()
        shown.save(buffer, "PNG")
        pictures.append(buffer.getvalue())
    return None, pictures


def _drawn(data: bytes, width: int) -> tuple[float | None, list[bytes]]:
    """A sticker of Telegram that is drawn: Lottie, packed by gzip. Of frames alike one is taken, of empty ones none."""
    from rlottie_python import LottieAnimation  # type: ignore[attr-defined]

    packed = gzip.GzipFile(fileobj=io.BytesIO(data))
    told = json.loads(packed.read(_DRAWING))
    if any(isinstance(asset.get("p"), str) for asset in told.get("assets", ())):
        raise Refused("it asks for pictures from elsewhere")
    animation = LottieAnimation.from_data(json.dumps(told))  # what was looked at, and nothing beside it
    if not animation.animation_p:
        raise Refused("it is no drawing")
    pictures: list[bytes] = []
    for share in _FRAMES:
        picture = _picture(animation, animation.lottie_animation_get_frame_at_pos(share), width)
        if picture and picture not in pictures:
            pictures.append(picture)
    if not pictures:
        raise Refused("there is nothing to be seen in it")
    return None, [b"", *pictures]


def _picture(animation: Any, number: int, width: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    pixels = animation.lottie_animation_render(number, width=width, height=width)
    image = Image.frombuffer("RGBA", (width, width), pixels, "raw", "BGRa")
    if image.getbbox():
        image.save(buffer, "PNG")
    return buffer.getvalue()


def _samples(data: bytes, longest: float, rate: int) -> Iterator[bytes]:
    """The sound in pieces, a little more than the longest that is wanted."""
    if data[: len(_SILK) + 1].removeprefix(b"\x02").startswith(_SILK):
        yield _silk(data, longest, rate)
        return
    import av

    left = int((longest + 1) * rate)
    with av.open(io.BytesIO(data), "r", options=_KINDS) as file:
        if not file.streams.audio:
            raise Refused("there is no sound in it")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        for frame in file.decode(file.streams.audio[0]):
            for piece in resampler.resample(frame):
                yield piece.to_ndarray().tobytes()
                left -= piece.samples
            if left < 0:
                return
        for piece in resampler.resample(None):
            yield piece.to_ndarray().tobytes()


def _silk(data: bytes, longest: float, rate: int) -> bytes:
    """The sound of WeChat's and QQ's voice messages. Of one that is cut off, as far as its packets are whole."""
    import pysilk

    sound = io.BytesIO()
    pysilk.decode(io.BytesIO(_SILK + _whole_packets(data, int((longest + 1) * _SILK_PACKETS))), sound, rate)
    if not sound.tell():
        raise Refused("there is no sound in it")
    return sound.getvalue()


def _whole_packets(data: bytes, most: int) -> bytes:
    """Packets, each behind its length: the decoder would read on behind the last one, and refuse all of them."""
    begin = end = data.index(_SILK) + len(_SILK)
    for _ in range(most):
        size = int.from_bytes(data[end : end + 2], "little")
        if size >= _SILK_END or end + 2 + size > len(data):
            break
        end += 2 + size
    return data[begin:end]


def _speech(data: bytes, longest: float) -> bytes:
    """The sound of a video as a voice message has it; empty where there is none."""
    try:
        samples = b"".join(_samples(data, longest, RATE))
    except Refused:
        return b""
    return _opus(samples, RATE, _BITS, {}) if samples else b""


def _opus(samples: bytes, rate: int, bits: int, tags: dict[str, str]) -> bytes:
    import av
    import numpy as np

    sound = av.AudioFrame.from_ndarray(np.frombuffer(samples, np.int16)[None, :], format="s16", layout="mono")
    sound.sample_rate = rate
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as out:
        out.metadata.update(tags)
        stream = out.add_stream("libopus", rate=rate, layout="mono", bit_rate=bits)
        out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    return buffer.getvalue()


if __name__ == "__main__":
    main()
