"""Killed before, while and after it speaks first, the avatar has begun once with each contact, and with none twice."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from bot import disclosure
from bot.chat.prompt.codec import load_tokenizer
from bot.engine.embedded import ensure_embedded
from bot.errors import ExitCode
from bot.message import Account
from bot.people import Contact, People, save_people
from bot.persona import Persona
from tests.conversation.lifetime import NORA, lived, on_telegram
from tests.daemon.process import EchoesProcess, make_workspace
from tests.standins.openai import Json, ModelServer
from tests.standins.telegram import Phase, TelegramServer, User

NOTICE = disclosure.began(Persona("Nora"), "en", "")
OPENING = [NOTICE, "hey", "guess what"]
Point = tuple[int, Phase] | float | str
POINTS: list[Point] = [
    "asked the model",
    "half a reply",
    0.0,
    (1, "before"),
    (1, "recorded"),
    (2, "recorded"),
    (3, "after"),
]
"""At which bubble of the opening and when, or so many seconds after the model has said all. "before": it never came."""


@dataclass
class Scene:
    server: TelegramServer
    model: ModelServer
    daemon: EchoesProcess
    tokenizer: Tokenizer
    persons: list[User]
    willing: int = 0  # so many of them may be written to; the newest has its point still before it
    killed: asyncio.Event = field(default_factory=asyncio.Event)

    def contacts(self) -> tuple[Contact, ...]:
        accounts = [Account("telegram", str(person.id)) for person in self.persons]
        return tuple(
            Contact(f"p{n}", f"Person{n}", "friend", (one, on_telegram(one)), speak_first=n < self.willing)
            for n, one in enumerate(accounts)
        )

    async def met(self) -> None:
        """Everybody has said hello, yesterday."""
        self.write_people()
        await self.daemon.start()
        for person in self.persons:
            self.server.user_says(person, "hello?")
        for person in self.persons:
            await self.daemon.until(lambda person=person: "hi" in self.server.replies(person))  # type: ignore[misc]
        self.daemon.send(signal.SIGTERM)
        assert await self.daemon.ended() == ExitCode.OK
        self.pass_time(timedelta(days=1))

    def pass_time(self, span: timedelta) -> None:
        """What the journal holds is so much older."""
        with closing(sqlite3.connect(self.daemon.workspace / "journal.sqlite")) as journal, journal:
            for kept in ("entries", "openings"):
                journal.execute(f"UPDATE {kept} SET at = at - ?", (span.total_seconds(),))

    async def begin_and_kill(self, point: Point) -> None:
        """One more may be written to; returns when the daemon has died while it did so."""
        self.killed.clear()
        self.willing += 1
        self.write_people()
        person, seen = self.persons[self.willing - 1], 0

        async def hook(method: str, params: Mapping[str, str], phase: Phase) -> None:
            nonlocal seen
            if (method, params.get("chat_id")) != ("sendMessage", str(person.id)) or self.killed.is_set():
                return
            seen += phase == "before"
            if (seen, phase) == point:
                self.kill()
                if phase == "before":
                    self.server.drop(method, "before")

        def say(body: Json) -> Iterator[str]:
            asked = f"chat with Person{self.willing - 1}." in self.tokenizer.decode(body["prompt"])
            if asked and point == "asked the model":
                self.kill()
            yield "hey\n"
            if asked and point == "half a reply":
                self.kill()
            yield "guess what"
            if asked and isinstance(point, float):
                asyncio.get_running_loop().call_later(point, self.kill)

        self.server.on_request, self.model.say = hook, say
        await self.daemon.start()
        await self.daemon.until(self.killed.is_set)
        await self.daemon.ended()

    async def start_and_look(self) -> None:
        """Returns when it has looked, more than once, whether there is somebody to write to."""
        looked = "may be written to first"
        before = self.daemon.logged().count(looked)
        await self.daemon.start()
        await self.daemon.until(lambda: self.daemon.logged().count(looked) > before)
        await asyncio.sleep(0.5)

    def write_people(self) -> None:
        save_people(self.daemon.workspace / "people.yaml", People.of(self.contacts(), (NORA,)))

    def kill(self) -> None:
        self.daemon.kill()
        self.killed.set()

    def begun(self) -> list[list[str]]:
        """What everybody got after their hello was answered."""
        replies = (self.server.replies(person) for person in self.persons)
        return [texts[texts.index("hi") + 1 :] for texts in replies]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Persons to whom Nora used to write first, at any hour of any day."""
    tokenizer = load_tokenizer(ensure_embedded())
    async with TelegramServer() as server, ModelServer(say=lambda body: ["hi"]) as model:
        persons = [server.person(f"Person{number}") for number in range(len(POINTS))]
        conversation = {
            "gather_seconds": 0.05, "characters_per_second": 0, "answer": "everyone",
            "speak_first": {"from_hour": 0, "until_hour": 24},
        }  # fmt: skip
        config = {
            "model": {"server": {"url": model.url, "model": "nora"}, "lora": "none"},
            "platforms": {"telegram": {"api_url": server.base_url.removesuffix("/bot")}},
            "conversation": conversation,
        }
        workspace = make_workspace(tmp_path / "nora", (), config)
        starts = [datetime.now(UTC) - number * timedelta(hours=25) for number in range(200, 1, -1)]
        lived(workspace, {Account("telegram", str(person.id)): starts for person in persons})
        daemon = EchoesProcess(workspace, "tests.daemon.hurried", ECHOES_TELEGRAM_TOKEN=server.token)
        scene = Scene(server, model, daemon, tokenizer, persons)
        await scene.met()
        yield scene
        await daemon.stop()


@pytest.mark.timeout(900)
async def test_killed_at_every_point_each_is_written_to_once(scene: Scene) -> None:
    for point in POINTS:
        await scene.begin_and_kill(point)
        assert all(texts == OPENING[: len(texts)] for texts in scene.begun())
    whole = [OPENING] * len(POINTS)
    for _ in range(2):  # what is left is sent; and hours later, when each might be written to again, nothing is
        await scene.start_and_look()
        await scene.daemon.until(lambda: scene.begun() == whole)
        scene.daemon.send(signal.SIGTERM)
        assert await scene.daemon.ended() == ExitCode.OK
        scene.pass_time(timedelta(hours=2))
    assert scene.begun() == whole
    log = scene.daemon.logged()
    assert "Traceback" not in log and "guess what" not in log
