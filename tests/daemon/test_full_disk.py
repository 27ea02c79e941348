"""The disk is full while the avatar runs: nobody's message is lost, and the log does not make it worse."""

import asyncio
import contextlib
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import ExitCode
from bot.message import Account
from bot.people import Contact
from tests.daemon.process import ROOT, make_workspace, until
from tests.standins.openai import ModelServer
from tests.standins.telegram import TelegramServer, User
from tests.support import picture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there can another process's limits be changed")


@dataclass
class Daemon:
    """`echoes run` whose disk can be filled: files may not grow, while its log goes into a pipe."""

    server: TelegramServer
    anna: User
    workspace: Path
    lines: list[str] = field(default_factory=list)

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "-w", str(self.workspace), "run",
            cwd=ROOT, env={**os.environ, "ECHOES_TELEGRAM_TOKEN": self.server.token},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode())

    def disk(self, *, full: bool) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (1 if full else hard, hard))

    def says(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    async def ended(self) -> int:
        code = await asyncio.wait_for(self.process.wait(), 30)
        await self.reading
        return code


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    async with TelegramServer() as server, ModelServer() as model:
        anna = server.person("Anna")
        people = (Contact("anna", "Anna", "friend", (Account("telegram", str(anna.id)),)),)
        config = {
            "model": {"server": {"url": model.url, "model": "nora"}, "lora": "none"},
            "platforms": {"telegram": {"api_url": server.base_url.removesuffix("/bot")}},
        }
        daemon = Daemon(server, anna, make_workspace(tmp_path / "nora", people, config))
        await daemon.start()
        yield daemon
        with contextlib.suppress(ProcessLookupError):
            daemon.process.kill()
        await daemon.ended()


async def test_messages_wait_at_the_platform_until_there_is_room(daemon: Daemon) -> None:
    server, anna = daemon.server, daemon.anna
    server.user_says(anna, "one")
    await server.wait_for_reply(anna, 3)
    daemon.disk(full=True)
    server.user_says(anna, "two")
    server.user_says(anna, "three", photo=picture())
    await until(lambda: daemon.says("is the disk full"))
    assert len(server.updates.pending) == 2, "what is not kept is not acknowledged"
    assert len(server.replies(anna)) == 3
    daemon.disk(full=False)
    await server.wait_until(lambda: len(server.replies(anna)) >= 5 and not server.updates.pending, 60)
    daemon.process.send_signal(signal.SIGTERM)
    assert await daemon.ended() == ExitCode.OK
    assert not daemon.says("Traceback") and not daemon.says('File "')
    assert len(daemon.lines) < 40


async def test_told_to_stop_on_a_full_disk_it_stops_in_a_sentence(daemon: Daemon) -> None:
    daemon.server.user_says(daemon.anna, "one")
    await daemon.server.wait_for_reply(daemon.anna, 3)
    daemon.disk(full=True)
    daemon.process.send_signal(signal.SIGTERM)
    assert await daemon.ended() == ExitCode.OK
    assert daemon.says("Stopped.") and not daemon.says('File "')
