"""A program of the owner's that speaks, such as Piper or eSpeak NG: text on its standard input, WAV on its output."""

import asyncio
from collections.abc import Sequence

from bot.errors import DataError, PermanentError
from bot.playing.reading import voice_message
from bot.speaking.speaker import Speech

_LONGEST_SECONDS = 300.0
_MAX_BYTES = 60_000_000  # of the program's WAV: five minutes at 48,000 samples of two channels
_CHUNK = 1 << 16


class Command:
    """Runs the program once a message, without a shell, for a limited time."""

    def __init__(self, command: Sequence[str], avatar: str, seconds: float) -> None:
        """avatar: whom the tags name. `{language}` in an argument becomes the language."""
        self._command = tuple(command)
        self._tags = tags(avatar)
        self._seconds = seconds

    async def speak(self, text: str, language: str) -> Speech:
        arguments = [one.replace("{language}", language) for one in self._command]
        try:
            async with asyncio.timeout(self._seconds):
                wav = await _output(arguments, text.encode())
        except TimeoutError:
            raise DataError(f"The voice did not speak within {self._seconds:.0f} s (speaking.command).") from None
        return Speech(*await asyncio.to_thread(voice_message, wav, self._tags, _LONGEST_SECONDS))


def tags(avatar: str) -> dict[str, str]:
    """What stands in the file, for whoever gets it without the message around it."""
    return {
        "title": f"Synthetic voice of {avatar} · {avatar}的合成语音",
        "SYNTHETIC": "yes",
        "comment": "Spoken by a computer; this is no recording of a person. 由计算机合成，不是真人录音。",
    }


async def _output(arguments: Sequence[str], text: bytes) -> bytes:
    """What the program writes. It is killed where it goes on after somebody stopped waiting for it."""
    pipe = asyncio.subprocess.PIPE
    try:
        program = await asyncio.create_subprocess_exec(
            *arguments, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError as error:
        raise PermanentError(f"The voice cannot be run ({error.strerror}): see speaking.command.") from error
    try:
        _, written = await asyncio.gather(_told(program, text), _written(program))
        status = await program.wait()
    finally:
        if program.returncode is None:
            program.kill()
            await program.communicate()  # and not wait, which does not see the end behind what nobody reads
    if status != 0 or not written:
        raise DataError(f"The voice wrote no sound (it ended with {status}): see speaking.command.")
    return written


async def _told(program: asyncio.subprocess.Process, text: bytes) -> None:
    assert program.stdin is not None
    try:
        program.stdin.write(text)
        await program.stdin.drain()
        program.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has heard enough


async def _written(program: asyncio.subprocess.Process) -> bytes:
    assert program.stdout is not None
    written = bytearray()
    while chunk := await program.stdout.read(_CHUNK):
        written += chunk
        if len(written) > _MAX_BYTES:
            raise DataError("The voice wrote more than five minutes of sound: see speaking.command.")
    return bytes(written)
