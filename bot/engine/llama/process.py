"""llama.cpp's server in a process of its own, so that a crash in native code takes no chat with it but its replies.

It listens on this machine's loopback alone, for whoever has the key, which is made at random for each start. It ends
with this process. Where it ends by itself it is started again, and requests that were in its hands fail with
PassingError, after which the daemon asks again.
"""

import asyncio
import json
import logging
import os
import re
import secrets
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bot.engine.cores import SPINS
from bot.engine.server import ModelServer
from bot.errors import ConfigError, PassingError

log = logging.getLogger(__name__)

_LOADING_SECONDS = 600.0
_ENDING_SECONDS = 5.0  # that a process which could not begin has for saying why
_PATIENCE_SECONDS = 120.0  # that a request waits for a process that is being started again
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds before it is started again, doubled each time it does not live
_COMPLAINT = re.compile(r"(?:error loading model: )+(?:error loading model \w+: )?(.{1,200})")
_OF_OTHER_THREADS = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY")
_ALIVE_AFTER = 60.0  # seconds after which an end is a new one


@dataclass(frozen=True, slots=True)
class Settings:
    """See `bot.engine.llama.child`."""

    model: Path
    slots: int
    context: int
    threads: int
    batch: int
    kept_mib: int
    short_keys: bool


class LlamaProcess:
    """Starts the process, watches it, and hands out the way to it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.starts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._server: ModelServer | None = None
        self._up = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._closed = False
        self._resting = False
        self._waking = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Raises ConfigError in a sentence where llama.cpp cannot load the model, or cannot run here."""
        process, server = await _started(self.settings)
        if self._closed:
            await server.aclose()
            await _ended(process)
            raise _shut_down()
        self._process, self._server = process, server
        self.starts += 1
        self._up.set()
        self._watching = asyncio.create_task(self._watch(process))

    async def exchange(self, model: Path) -> None:
        """Ends the process and starts one with another model. Where that one does not load, the old is back.

        One that rests is started with the other model when it is asked for.
        """
        old = self.settings
        if self._resting:
            self.settings = replace(old, model=model)
            return
        await self._stop()
        self.settings = replace(old, model=model)
        try:
            await self.start()
        except ConfigError:
            self.settings = old
            await self.start()
            raise

    async def rest(self) -> None:
        """Ends the process until somebody asks for it. Nobody may be asking it."""
        if not self._closed:
            self._resting = True
            await self._stop()

    async def server(self) -> ModelServer:
        """Waits until the process listens. Raises PassingError where it does not for long, or was shut down."""
        await self._wake()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._up.wait()
        except TimeoutError:
            raise PassingError("llama.cpp does not come up again: see the log.") from None
        if self._closed or self._server is None:
            raise _shut_down()
        return self._server

    async def aclose(self) -> None:
        self._closed = True
        await self._stop()
        self._up.set()  # whoever waits is told

    async def _wake(self) -> None:
        async with self._waking:
            if self._resting and not self._closed:
                try:
                    await self.start()
                except ConfigError as error:  # it ran before: what it lacks now may come back
                    raise PassingError(f"llama.cpp does not come up again: {error}") from error
                self._resting = False

    async def _stop(self) -> None:
        self._up.clear()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        server, process, self._server, self._process = self._server, self._process, None, None
        if process is not None:
            await _ended(process)  # first, so that the requests in its hands fail
        if server is not None:
            await server.aclose()

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Starts the process again whenever it has ended."""
        pause, clock = _FIRST_PAUSE, asyncio.get_running_loop().time
        began = clock()
        while True:
            code = await process.wait()
            self._up.clear()
            log.warning("llama.cpp's process ended (%s): it is started again.", _how(code))
            if self._server is not None:
                await self._server.aclose()
            if clock() - began > _ALIVE_AFTER:
                pause = _FIRST_PAUSE
            while True:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                try:
                    process, self._server = await _started(self.settings)
                    break
                except ConfigError as error:
                    log.warning("%s", error)
            self._process, began = process, clock()
            self.starts += 1
            self._up.set()


async def _ask_child(settings: dict[str, Any]) -> tuple[asyncio.subprocess.Process, dict[str, Any]]:
    """Starts the process of `bot.engine.llama.child` with these settings. Returns it with what it says first."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_OTHER_THREADS}
    environment["GOMP_SPINCOUNT"] = SPINS
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.engine.llama.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        process_group=0,  # a Ctrl-C at the terminal is for the daemon, which still has replies to finish
    )
    try:
        assert process.stdin is not None and process.stdout is not None
        with suppress(ConnectionError):
            process.stdin.write((json.dumps(settings) + "\n").encode())
            await process.stdin.drain()
        complaints = asyncio.create_task(_complaints(process))
        _listening.add(complaints)
        complaints.add_done_callback(_listening.discard)
        async with asyncio.timeout(_LOADING_SECONDS):
            line = await process.stdout.readline()
        said: dict[str, Any] = (
            json.loads(line) if line else {"error": f"its process ended: {_how(await process.wait())}"}
        )
        if "error" in said:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ENDING_SECONDS):
                    said["error"] = await complaints or said["error"]
                    await process.wait()
        return process, said
    except BaseException:
        await _ended(process)
        raise


_listening: set[asyncio.Task[str]] = set()  # lest they be collected while they run


async def _complaints(process: asyncio.subprocess.Process) -> str:
    """Reads what the process says on stderr to its end, and returns the first of what llama.cpp says went wrong.

    None of it is logged: it might quote what was said.
    """
    found = ""
    assert process.stderr is not None
    async for line in process.stderr:
        match = _COMPLAINT.search(line.decode("utf-8", "replace"))
        if match and not found:
            found = match[1].strip()
    return found


async def _started(settings: Settings) -> tuple[asyncio.subprocess.Process, ModelServer]:
    key = secrets.token_urlsafe(32)
    asked = asdict(settings) | {"model": str(settings.model), "key": key}
    try:
        process, said = await _ask_child(asked)
    except (TimeoutError, ValueError) as error:
        raise ConfigError(f"llama.cpp did not come up ({type(error).__name__}): set model.engine: torch.") from error
    if "url" in said:
        return process, ModelServer(said["url"], key, reuse=False)  # it closes each after an answer, often late
    await _ended(process)
    raise ConfigError(
        f"llama.cpp cannot run {settings.model} ({said.get('error', 'no reason given')}): delete that file if it was "
        "made here and is damaged, free memory or lower model.context_tokens and model.cache_mb, or set "
        "model.engine: torch."
    )


async def _ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _how(code: int) -> str:
    if code >= 0:
        return f"code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"{name}, perhaps for want of memory" if name == "SIGKILL" else name


def _shut_down() -> PassingError:
    return PassingError("The engine has been shut down.")
