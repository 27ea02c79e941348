"""The daemon from start to end: a scripted model, a platform in memory, systemd's end of the socket."""

import asyncio
import hashlib
import io
import os
import random
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from bot.chat.decision import Calibration
from bot.config import parse_config
from bot.consent import save_consent, withdraw
from bot.conversation.avatar import Avatar
from bot.conversation.initiative.initiative import Initiative
from bot.daemon import daemon as daemon_module
from bot.daemon.daemon import Daemon, Parts
from bot.daemon.health import State
from bot.daemon.notify import Notifier
from bot.daemon.signals import Orders
from bot.errors import ConfigError, ConsentError, EchoesError, ExitCode, PassingError, PermanentError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.meaning import Meaning
from bot.memory.trained import note_memory
from bot.message import PHOTO, Account, Attachment, Chat, ChatKind, Message
from bot.people import Contact, People, load_people, save_people
from bot.persona import Persona
from bot.platform import Inbox
from bot.sampling import Sampling
from bot.store.journal import Journal
from bot.workspace import Workspace
from tests.conversation.stage import ScriptedEngine, StagePlatform
from tests.operations.conftest import consent, read_fails
from tests.standins.encoder import Concepts
from tests.support import byte_codec, lora_folder, picture

TOM = Account("web", "tom")
QUICK = (
    "conversation: {gather_seconds: 0, characters_per_second: 0}\nmodel: {lora: latest}\nplatforms: {web: {port: 0}}\n"
)


class Engine(ScriptedEngine):
    """Takes LoRAs, unless told to refuse; can hang."""

    def __init__(self, media: MediaStore) -> None:
        super().__init__(byte_codec(media))
        self.loras: list[Path | None] = []
        self.refusal: EchoesError | None = None
        self.step = 0.0
        self.closed = False
        self.hangs = False

    async def load_lora(self, lora: Path | None) -> None:
        if self.refusal:
            raise self.refusal
        self.loras.append(lora)

    def step_seconds(self) -> float:
        return self.step

    async def aclose(self) -> None:
        self.closed = True
        if self.hangs:
            await asyncio.sleep(3600)


class Web(StagePlatform):
    """Where Tom writes."""

    platform = "web"

    def __init__(self) -> None:
        super().__init__()
        self.inbox: Inbox | None = None
        self.failure: EchoesError | None = None

    async def run(self, inbox: Inbox) -> None:
        if self.failure:
            raise self.failure
        self.inbox = inbox
        await asyncio.Event().wait()

    async def says(self, text: str, *, number: str = "1", at: datetime | None = None, photo: str = "") -> None:
        await until(lambda: self.inbox is not None)
        assert self.inbox is not None
        photos = (Attachment(PHOTO, photo),) if photo else ()
        chat = Chat("web", "tom", ChatKind.PRIVATE)
        await self.inbox.receive(Message(chat, number, TOM, "Tom", at or datetime.now(UTC), text, photos))


@dataclass
class Running:
    workspace: Workspace
    told: socket.socket
    engine: Engine
    web: Web = field(default_factory=Web)
    orders: Orders = field(default_factory=Orders)
    config: str = QUICK
    era: str | None = None
    watchdog: float | None = None
    drain_seconds: float = 5.0
    tasks_after: timedelta = timedelta(hours=1)
    broken: dict[str, EchoesError] = field(default_factory=dict)
    meaning: Meaning | None = None
    task: "asyncio.Task[ExitCode] | None" = None

    def start(self) -> Daemon:
        lora = find_lora(self.workspace.loras, "latest")
        config = parse_config(self.config)
        avatar = Avatar(
            self.engine, Persona("Mei", era=self.era or ""), load_people(self.workspace.people), Calibration(),
            config.sampling.over(Sampling()), config.conversation, MediaStore(self.workspace.root / "received"),
        )  # fmt: skip
        self.parts = Parts(
            workspace=self.workspace,
            config=config,
            avatar=avatar,
            lora=lora.name if lora else "",
            adapters={"web": self.web},
            broken=self.broken,
            era=self.era,
            meaning=self.meaning,
            drain_seconds=self.drain_seconds,
            tasks_after=self.tasks_after,
            notifier=Notifier(str(self.told.getsockname()), self.watchdog),
        )
        self.daemon = Daemon(self.parts, self.orders)
        self.task = asyncio.create_task(self.daemon.run())
        return self.daemon

    async def ended(self) -> ExitCode:
        assert self.task is not None
        async with asyncio.timeout(15):
            return await self.task

    async def stop(self) -> ExitCode:
        self.orders.stop(ExitCode.OK)
        return await self.ended()

    def heard(self) -> list[str]:
        """What systemd was told so far."""
        lines: list[str] = []
        while True:
            try:
                lines += self.told.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines

    def lora(self, name: str, threshold: float) -> None:
        """A new LoRA; `latest` points to it."""
        lora_folder(self.workspace.loras / name, threshold=threshold)
        (self.workspace.loras / "latest").unlink(missing_ok=True)
        (self.workspace.loras / "latest").symlink_to(name)


def noise(side: int) -> bytes:
    """A PNG of about three bytes a pixel."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side)).save(buffer, "PNG")
    return buffer.getvalue()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.fixture
async def running(workspace: Workspace, tmp_path: Path) -> AsyncIterator[Running]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.setblocking(False)
        scene = Running(workspace, told, Engine(MediaStore(workspace.root / "received")))
        scene.lora("first", 0.5)
        yield scene
        if scene.task is not None and not scene.task.done():
            scene.task.cancel()
            await asyncio.gather(scene.task, return_exceptions=True)


async def test_it_starts_answers_and_stops(running: Running) -> None:
    running.start()
    await running.web.says("are you there?")
    await until(lambda: len(running.web.sent) == 2)
    assert "I am an AI" in running.web.sent[0][1] and running.web.sent[1] == ("tom", "ok")
    assert await running.stop() is ExitCode.OK
    told = running.heard()
    assert told.index("READY=1") < told.index("STOPPING=1")
    assert running.engine.closed and not running.daemon.stuck
    journal = Journal.open(running.workspace.journal)
    assert journal.queue_length() == 0
    journal.close()


async def test_it_reads_what_was_said_by_its_meaning(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(daemon_module, "_READS_EVERY", 0.01)
    encoder = Concepts()
    running.meaning = Meaning(encoder)
    note_memory(running.workspace.loras / "first", encoder)
    running.start()
    await running.web.says("my bakery exam went badly")
    await until(lambda: len(running.web.sent) == 2)
    await until(lambda: "my bakery exam went badly" in encoder.asked)
    running.lora("second", 0.5)
    note_memory(running.workspace.loras / "second", None)
    running.orders.reload.set()
    await until(lambda: "The LoRA second was trained with memories found by words alone" in caplog.text)
    assert await running.stop() is ExitCode.OK


async def test_the_reply_in_hand_is_finished_before_it_stops(running: Running) -> None:
    running.start()
    running.engine.delay = 0.1
    await running.web.says("tell me")
    await until(lambda: bool(running.engine.prompts))
    assert await running.stop() is ExitCode.OK
    assert running.web.sent[-1] == ("tom", "ok")


async def test_past_the_deadline_it_stops_and_the_message_waits_for_the_next_start(running: Running) -> None:
    running.drain_seconds = 0.1
    running.start()
    running.engine.delay = 30.0
    await running.web.says("tell me")
    await until(lambda: bool(running.engine.prompts))
    began = time.monotonic()
    assert await running.stop() is ExitCode.OK
    assert time.monotonic() - began < 3
    assert running.web.sent == []
    again = Running(running.workspace, running.told, Engine(MediaStore(running.workspace.root / "received")))
    again.start()
    await until(lambda: len(again.web.sent) == 2)
    await again.stop()


async def test_told_twice_it_does_not_wait(running: Running) -> None:
    running.drain_seconds = 30.0
    running.start()
    running.engine.delay = 30.0
    await running.web.says("tell me")
    await until(lambda: bool(running.engine.prompts))
    began = time.monotonic()
    running.orders.stop(ExitCode.OK)
    await asyncio.sleep(0.1)
    running.orders.stop(ExitCode.OK)
    assert await running.ended() is ExitCode.OK
    assert time.monotonic() - began < 5


async def test_a_reload_takes_people_calibration_and_lora(running: Running) -> None:
    running.start()
    await until(lambda: "READY=1" in running.heard())
    running.lora("second", 0.25)
    tom = Contact("tom", "Tommy", "classmate", (TOM,))
    save_people(running.workspace.people, People.of((tom,)))
    running.orders.reload.set()
    await until(lambda: running.daemon.health().lora == "second")
    avatar = running.parts.avatar
    assert avatar.calibration.threshold == 0.25 and avatar.people.find(TOM) == tom
    assert running.engine.loras == [running.workspace.loras / "second"]
    assert [line for line in running.heard() if not line.startswith(("STATUS", "MONO"))] == ["RELOADING=1", "READY=1"]
    await running.stop()


async def test_an_era_asked_for_at_the_start_is_no_change_of_the_persona(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.workspace.persona.write_text("name: Mei\n", "utf-8")
    running.era = "2022"
    running.start()
    await running.web.says("hello")
    await until(lambda: len(running.web.sent) == 2)
    assert running.web.sent[0][1].endswith("I write as Mei did in 2022."), "whoever writes is told"
    running.orders.reload.set()
    await until(lambda: "only a restart takes that." in caplog.text)
    assert "persona.yaml" not in caplog.text
    running.workspace.persona.write_text("name: Mei\naliases: [M]\n", "utf-8")
    running.orders.reload.set()
    await until(lambda: "persona.yaml changed: only a restart takes that." in caplog.text)
    await running.stop()


@pytest.mark.parametrize("fault", ["weights", "calibration", "lora"])
async def test_a_lora_that_cannot_be_taken_stays_out_whole_and_people_are_reloaded(
    running: Running, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    running.start()
    await until(lambda: "READY=1" in running.heard())
    avatar = running.parts.avatar
    before = avatar.calibration
    running.lora("second", 0.25)
    if fault == "weights":
        (running.workspace.loras / "second" / "adapter_model.safetensors").write_bytes(b"half")
    elif fault == "calibration":
        (running.workspace.loras / "second" / "decision.json").write_text("{", "utf-8")
    else:
        running.engine.refusal = PermanentError("The LoRA does not fit this engine.")
    tom = Contact("tom", "Tommy", "classmate", (TOM,))
    save_people(running.workspace.people, People.of((tom,)))
    running.orders.reload.set()
    await until(lambda: "Not reloaded: the LoRA. The LoRA " in caplog.text or "decision.json is damaged" in caplog.text)
    await until(lambda: "READY=1" in running.heard())
    assert avatar.calibration == before and running.daemon.health().lora == "first" and running.engine.loras == []
    assert avatar.people.find(TOM) == tom
    await running.web.says("still there?")
    await until(lambda: len(running.web.sent) == 2)
    await running.stop()


async def test_people_that_cannot_be_read_stay_as_they_were(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    running.start()
    await until(lambda: "READY=1" in running.heard())
    before = running.parts.avatar.people
    running.workspace.people.write_text("people: {tom: {name: Tommy: Lee}}\n", "utf-8")
    running.orders.reload.set()
    await until(lambda: "READY=1" in running.heard())
    assert running.parts.avatar.people == before
    assert "Not reloaded: people.yaml." in caplog.text and "people.yaml:1: not valid YAML" in caplog.text
    assert "Tommy" not in caplog.text, "a name is not for the log"
    await running.web.says("still there?")
    await until(lambda: len(running.web.sent) == 2)
    await running.stop()


async def test_the_watchdog_hears_from_it_until_the_engine_is_stuck(running: Running) -> None:
    running.watchdog = 0.06
    running.start()
    await until(lambda: "WATCHDOG=1" in running.heard())
    running.engine.step = 1000.0
    await asyncio.sleep(0.1)
    running.heard()
    await asyncio.sleep(0.2)
    assert "WATCHDOG=1" not in running.heard()
    assert not running.daemon.health().well
    running.engine.step = 0.0
    await until(lambda: "WATCHDOG=1" in running.heard())
    await running.stop()


async def test_withdrawn_consent_stops_it_with_its_own_exit_code(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.tasks_after = timedelta(0)
    withdraw(running.workspace.consent)
    running.start()
    assert await running.ended() is ExitCode.CONSENT
    assert "Stopping: The consent was withdrawn on" in caplog.text


async def test_consent_that_cannot_be_read_just_now_stops_nothing(
    running: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = running.start()
    await until(lambda: "READY=1" in running.heard())
    with monkeypatch.context() as patched:
        read_fails(patched, running.workspace.consent)
        for _ in range(3):
            await daemon.check_consent()
    await running.web.says("still there?")
    await until(lambda: len(running.web.sent) == 2)
    assert caplog.text.count("tried again every minute") == 1 and "Too many open files" in caplog.text
    withdraw(running.workspace.consent)
    await daemon.check_consent()
    assert await running.ended() is ExitCode.CONSENT


async def test_stopping_is_quiet_whatever_is_at_work(
    running: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retention and the look at the consent begin together, and one ends the other."""
    at_work, told = threading.Event(), threading.Event()

    def prune(self: MediaStore, keep: set[str], older_than: float) -> int:
        at_work.set()
        return int(told.wait(10))

    monkeypatch.setattr(MediaStore, "prune", prune)
    running.tasks_after = timedelta(0)
    running.start()
    await until(at_work.is_set)
    withdraw(running.workspace.consent)
    await running.daemon.check_consent()
    assert await running.ended() is ExitCode.CONSENT
    told.set()
    assert "Stopping: The consent was withdrawn on" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]


async def test_consent_that_cannot_be_read_for_an_hour_stops_it_for_now(
    running: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise PassingError("consent.json cannot be read just now (Input/output error).")

    daemon = running.start()
    await until(lambda: running.web.inbox is not None)
    monkeypatch.setattr("bot.daemon.daemon.require", unreadable)
    for _ in range(59):  # minutes
        await daemon.check_consent()
    assert not running.orders.stopping.is_set()
    await daemon.check_consent()
    assert await running.ended() == ExitCode.FAILED, "which systemd starts again"
    assert "for an hour" in caplog.text


async def test_consent_is_looked_at_on_reload_too(running: Running) -> None:
    running.start()
    await until(lambda: "READY=1" in running.heard())
    save_consent(running.workspace.consent, consent(platforms=("discord",)))
    running.orders.reload.set()
    assert await running.ended() is ExitCode.CONSENT


async def test_retention_deletes_old_messages_and_photos_nobody_holds(
    running: Running,
) -> None:
    media = MediaStore(running.workspace.root / "received")
    old, fresh, kept = (media.put(picture(colour)) for colour in ("red", "green", "blue"))
    for digest in (old, kept):
        os.utime(media.path(digest), (0, 0))
    long_ago = datetime.now(UTC) - timedelta(days=120)
    running.web.photos["blue"] = picture("blue")
    running.start()
    await running.web.says("long ago", at=long_ago, number="1")
    await running.web.says("look", number="2", photo="blue")
    await until(lambda: len(running.web.sent) >= 2 and running.daemon.health().waiting == 0)
    await running.daemon.retain()
    await running.stop()
    assert not media.path(old).exists() and media.path(fresh).exists() and media.path(kept).exists()
    raw = running.workspace.journal.read_bytes()
    assert b"long ago" not in raw and b"look" in raw


async def test_of_too_many_photos_the_oldest_go_and_their_messages_stay(running: Running) -> None:
    running.config = QUICK + "retention: {photos_mb: 1}\n"
    media = MediaStore(running.workspace.root / "received")
    running.web.photos["large"] = large = noise(900)
    running.start()
    await running.web.says("look", number="1", photo="large")
    await until(lambda: len(running.web.sent) >= 2 and running.daemon.health().waiting == 0)
    digest = hashlib.sha256(large).hexdigest()
    os.utime(media.path(digest), (0, 0))
    await running.daemon.retain()
    await running.web.says("and now?", number="2")
    await until(lambda: len(running.web.sent) >= 3 and running.daemon.health().waiting == 0)
    await running.stop()
    assert not media.path(digest).exists() and "[photo] look" in running.engine.prompts[-1]


async def test_it_looks_for_somebody_to_write_to_while_the_consent_holds(running: Running) -> None:
    running.config = QUICK.replace("conversation: {", "conversation: {speak_first: {}, ")
    running.tasks_after = timedelta(0)
    looked: list[str] = []

    async def look(self: Initiative) -> None:
        looked.append("looked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Initiative, "look", look)
        daemon = running.start()
        await until(lambda: bool(looked))
        withdraw(running.workspace.consent)
        looked.clear()
        with pytest.raises(ConsentError, match="withdrawn"):
            await daemon.speak_first()
        assert looked == []


async def test_health_is_served_while_it_runs(running: Running) -> None:
    running.config = QUICK + "health: {port: 0}\n"
    daemon = running.start()
    await until(lambda: daemon.health_port is not None)
    await until(lambda: daemon.health().platforms["web"].state is State.STARTING)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{daemon.health_port}/healthz") as response:
            assert response.status == 503  # the web chat has only just begun
            assert (await response.json())["engine"]["lora"] == "first"
        await running.web.says("hello")
        await until(lambda: len(running.web.sent) == 2)
        async with session.get(f"http://127.0.0.1:{daemon.health_port}/metrics") as response:
            text = await response.text()
    assert 'echoes_messages_received_total{kind="private",platform="web"} 1.0' in text
    assert 'echoes_bubbles_sent_total{platform="web"} 2.0' in text
    assert "Tom" not in text and "tom" not in text
    await running.stop()


async def test_when_no_platform_is_left_it_ends_with_the_exit_code_of_the_first(running: Running) -> None:
    running.web.failure = PermanentError("The port is taken.")
    running.broken = {"telegram": ConfigError("The telegram token is missing.")}
    running.start()
    assert await running.ended() is ExitCode.CONFIG
    assert running.engine.closed


async def test_a_platform_that_cannot_be_made_leaves_the_others(running: Running) -> None:
    running.broken = {"telegram": ConfigError("The telegram token is missing.")}
    running.start()
    await running.web.says("hello")
    await until(lambda: len(running.web.sent) == 2)
    assert running.daemon.health().platforms["telegram"].state is State.OFF
    await running.stop()


async def test_a_part_that_does_not_close_is_given_up(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.daemon.daemon._CLOSING_SECONDS", 0.1)
    running.engine.hangs = True
    running.start()
    await until(lambda: "READY=1" in running.heard())
    assert await running.stop() is ExitCode.OK
    assert running.daemon.stuck
