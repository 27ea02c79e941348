"""The process that opens what plays, so that damaged or hostile files harm nobody: a script, which gets one on stdin.

`child.py look WIDTH LONGEST` takes three frames of what moves, at most WIDTH pixels a side, and its sound as Ogg/Opus;
`child.py listen LONGEST` the sound alone, as 16 bits, 16,000 a second, one channel. LONGEST: in seconds. It answers
with a line of JSON, {"seconds", "parts": [the bytes of each]} or {"error"}, and then the parts; of a look the sound
comes first, empty where there is none. It knows nothing of the rest of Echoes: what it cannot reach it cannot harm.
"""

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
    try:
        if sys.argv[1] == "listen":
            seconds, parts = listen(data, float(sys.argv[2]))
        else:
            seconds, parts = look(data, int(sys.argv[2]), float(sys.argv[3]))
        said: dict[str, Any] = {"seconds": seconds, "parts": [len(part) for part in parts]}
    except Refused as why:
        said, parts = {"error": str(why)}, []
    except Exception as error:  # the libraries raise nearly everything on damaged bytes, MemoryError included
        said, parts = {"error": f"it is damaged or of an unknown kind ({type(error).__name__})"}, []
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + b"".join(parts))


def look(data: bytes, width: int, longest: float) -> tuple[float | None, list[bytes]]:
    """How long it plays, its sound, and its frames."""
    if data.startswith((b"GIF8", b"\x89PNG")) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        return _animated(data, width)
    import av

    with av.open(io.BytesIO(data), options=_KINDS) as file:
        length = _length(file, longest)
        pictures = list(_frames(file, length, width)) if file.streams.video else []
    return length, [_speech(data, longest), *pictures]


def listen(data: bytes, longest: float) -> tuple[float, list[bytes]]:
    """How long the sound is, and its samples."""
    samples = b"".join(plane for plane in _samples(data, longest))
    seconds = len(samples) / 2 / RATE
    if seconds > longest:
        raise Refused(f"it plays longer than {longest:.0f} s")
    return seconds, [samples]


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


def _samples(data: bytes, longest: float) -> Iterator[bytes]:
    """The sound in pieces, a little more than the longest that is wanted."""
    import av

    left = int((longest + 1) * RATE)
    with av.open(io.BytesIO(data), options=_KINDS) as file:
        if not file.streams.audio:
            raise Refused("there is no sound in it")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in file.decode(file.streams.audio[0]):
            for piece in resampler.resample(frame):
                yield piece.to_ndarray().tobytes()
                left -= piece.samples
            if left < 0:
                return
        for piece in resampler.resample(None):
            yield piece.to_ndarray().tobytes()


def _speech(data: bytes, longest: float) -> bytes:
    """The sound of a video as a voice message has it; empty where there is none."""
    import av
    import numpy as np

    try:
        samples = b"".join(_samples(data, longest))
    except Refused:
        return b""
    if not samples:
        return b""
    sound = av.AudioFrame.from_ndarray(np.frombuffer(samples, np.int16)[None, :], format="s16", layout="mono")
    sound.sample_rate = RATE
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=RATE, layout="mono", bit_rate=_BITS)
        out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    return buffer.getvalue()


if __name__ == "__main__":
    main()
