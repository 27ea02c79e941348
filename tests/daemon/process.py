"""A real `echoes run`, in a process of its own, with a workspace made for the test."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from bot.consent import Consent, Role, Use, save_consent
from bot.engine.embedded import ensure_embedded
from bot.people import Contact, People, save_people
from bot.persona import Persona
from bot.workspace import private_dir

ROOT = Path(__file__).parent.parent.parent


def make_workspace(root: Path, people: tuple[Contact, ...], config: dict[str, object]) -> Path:
    """A workspace with consent, people, and a configuration in which nobody waits."""
    ensure_embedded()  # lest the daemon build it while somebody waits for a reply
    private_dir(root)
    quick = {"gather_seconds": 0.05, "gather_max_seconds": 2, "characters_per_second": 0, "answer": "everyone"}
    (root / "config.yaml").write_text(yaml.safe_dump({"conversation": quick, **config}))
    persona = Persona("Nora")
    (root / "persona.yaml").write_text(json.dumps({"name": persona.name}))
    save_people(root / "people.yaml", People.of(people))
    now = datetime.now(UTC)
    consent = Consent("Nora", Role.SELF, tuple(Use), now, (now + timedelta(days=9)).date())
    save_consent(root / "consent.json", consent)
    return root


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for something that another process does."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (nobody here can set an event for it)
            await asyncio.sleep(0.03)


class EchoesProcess:
    """Starts, kills and restarts the daemon; keeps what it logs."""

    def __init__(self, workspace: Path, module: str = "bot", **environment: str) -> None:
        """module: what is run instead of `echoes`, for a platform whose address cannot be configured."""
        self.module = module
        self.workspace = workspace
        self.environment = environment
        self.log = workspace.parent / "daemon.log"
        self._process: asyncio.subprocess.Process | None = None
        self.exits: list[int] = []

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.module, "-w", str(self.workspace), "run",
                cwd=ROOT, env={**os.environ, **self.environment}, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        if self._process and self._process.returncode is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)

    async def ended(self) -> int:
        """Waits for its end, however long a busy machine takes."""
        assert self._process is not None
        code = await self._process.wait()
        self.exits.append(code)
        return code

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that it does, however long a busy machine takes; fails where it has ended instead."""
        assert self._process is not None
        ended = False
        while not condition():
            assert not ended, f"It has ended: {self.logged()[-2000:]}"
            ended = self._process.returncode is not None
            await asyncio.sleep(0.03)

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self.kill()
            await self._process.wait()

    def logged(self) -> str:
        return self.log.read_text("utf-8") if self.log.exists() else ""
