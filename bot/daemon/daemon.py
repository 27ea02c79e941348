"""The running avatar: starts its parts in order, keeps them, and stops them in the reverse order."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.chat.decision import Calibration
from bot.clock import Clock
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.conversation import Conversations
from bot.conversation.avatar import Avatar
from bot.conversation.initiative.initiative import Initiative
from bot.daemon.health import STUCK_AFTER, Health, HealthServer, Metrics
from bot.daemon.notify import Notifier
from bot.daemon.retention import Retention
from bot.daemon.schedule import Schedule, Task
from bot.daemon.signals import Orders
from bot.daemon.supervision import Background, Supervisor
from bot.errors import ConsentError, EchoesError, ExitCode, PassingError
from bot.lora import find_lora
from bot.memory.meaning import Meaning
from bot.memory.opened import examples_of, memory_of
from bot.memory.trained import doubt, remembers
from bot.people import load_people
from bot.persona import load_persona
from bot.platform import Adapter, Platforms
from bot.sampling import Sampling
from bot.store.journal import Journal
from bot.workspace import Workspace

log = logging.getLogger(__name__)

_CLOSING_SECONDS = 5.0  # for each part that closes after the conversations are drained
_CONSENT_TRIES = 60  # a minute each
_LOOKS_EVERY = timedelta(minutes=5)  # for somebody to write to first
_READS_EVERY = 60.0  # seconds, what was said since by its meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the daemon is put together from. `broken`: platforms that cannot start, and why.

    era: the one asked for at the start, instead of persona.yaml's; None: that. meaning: what finds by meaning.
    """

    workspace: Workspace
    config: Config
    platforms: Platforms | None = None  # those that are installed
    avatar: Avatar
    lora: str  # the name of the LoRA that speaks
    adapters: Mapping[str, Adapter]
    broken: Mapping[str, EchoesError] = field(default_factory=dict)
    era: str | None = None
    meaning: Meaning | None = None
    drain_seconds: float = 25.0
    tasks_after: timedelta = timedelta(seconds=30)  # what goes by the clock waits until everything else has started
    notifier: Notifier = field(default_factory=Notifier)
    metrics: Metrics = field(default_factory=Metrics)


class Daemon:
    """One run. `stuck` is true afterwards if a part did not close in time."""

    def __init__(self, parts: Parts, orders: Orders) -> None:
        self._parts = parts
        self._orders = orders
        self.stuck = False
        self._lora = parts.lora
        self._consent_unread = 0  # times in a row that it could not be looked at
        clock = Clock()
        self._journal = Journal.open(parts.workspace.journal, clock.now, parts.avatar.persona.era)
        self._memory = memory_of(parts.workspace, self._journal, parts.avatar.persona, parts.meaning)
        if self._journal.forgotten():
            self._memory.forget()  # training, which does not know of them, may have read them again
        parts.avatar.memory, parts.avatar.examples = self._memory, examples_of(parts.workspace)
        self._conversations = Conversations(parts.avatar, self._journal, parts.adapters, parts.metrics, clock)
        self._retention = Retention(self._journal, parts.avatar.media, parts.config.retention)
        self._initiative: Initiative | None = None
        if (limits := parts.config.conversation.speak_first) is not None:
            self._initiative = Initiative(parts.avatar, self._conversations, self._journal, limits, clock)
        packages = {name: one.package for name, one in parts.platforms.good.items()} if parts.platforms else {}
        self._supervisor = Supervisor(
            parts.adapters, self._conversations, parts.metrics, changed=self._tell_status, packages=packages
        )
        self.health_port: int | None = None

    async def run(self) -> ExitCode:
        """Runs until it is told to stop, or until no platform is left."""
        parts, orders = self._parts, self._orders
        async with AsyncExitStack() as closing:
            closing.callback(self._close_journal)
            closing.callback(self._memory.close)
            closing.push_async_callback(self._close, "the engine", parts.avatar.engine.aclose)
            background = Background(parts.metrics)
            closing.push_async_callback(background.stop)
            if parts.config.health is not None:
                server = HealthServer(parts.config.health, self.health, parts.metrics)
                self.health_port = await server.start()
                closing.push_async_callback(server.stop)
            for name, error in parts.broken.items():
                self._supervisor.switch_off(name, error)
            supervising = asyncio.create_task(self._supervise(), name="platforms")
            closing.push_async_callback(self._end, supervising)
            schedule = Schedule(self._by_the_clock(), parts.metrics, parts.tasks_after)
            schedule.start()
            closing.callback(schedule.stop)
            await self._conversations.start()
            closing.push_async_callback(self._drain)
            background.start("reload", self._reload_when_told())
            background.start("watchdog", self._watch())
            if parts.meaning is not None:
                background.start("memory", self._keep_reading())
            parts.notifier.ready(self._status())
            log.info("Ready: %s.", self._status())
            await orders.stopping.wait()
            parts.notifier.stopping("finishing what is in hand")
            log.info("Stopping: finishing what is in hand.")
        log.info("Stopped.")
        return orders.code

    def health(self) -> Health:
        return Health(
            self._supervisor.platforms,
            self._parts.avatar.engine.step_seconds(),
            self._journal.queue_length(),
            self._lora,
            self._orders.stopping.is_set(),
            self._journal.aside_count(),
        )

    # -- while it runs --------------------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        try:
            await self._supervisor.run()
        except EchoesError as error:
            log.error("%s", error)
            self._orders.stop(error.code)
        except Exception:
            log.exception("The platforms could not be supervised any more.")
            self._orders.stop(ExitCode.FAILED)

    async def _reload_when_told(self) -> None:
        while True:
            await self._orders.reload.wait()
            self._orders.reload.clear()
            self._parts.notifier.reloading()
            await self._reload()
            self._parts.notifier.ready(self._status())

    async def _reload(self) -> None:
        """Each of two things by itself: what cannot be read or taken leaves the old in place."""
        await self.check_consent()
        for what, again in (("people.yaml", self._reload_people), ("the LoRA", self._reload_lora)):
            try:
                await again()
            except EchoesError as error:
                log.error("Not reloaded: %s. %s", what, error)
                self._parts.metrics.failed("daemon")
            except Exception:
                log.exception("Not reloaded: %s.", what)
                self._parts.metrics.failed("daemon")
        await self._conversations.start()  # what `echoes aside --again` has put back
        self._say_what_a_restart_takes()

    async def _reload_people(self) -> None:
        self._parts.avatar.people = load_people(self._parts.workspace.people)
        self._memory.forget()
        log.info("Reloaded people.yaml.")

    async def _reload_lora(self) -> None:
        """The weights together with what was fitted to them: either is wrong with the other's."""
        avatar = self._parts.avatar
        lora = find_lora(self._parts.workspace.loras, self._parts.config.model.lora)
        calibration = Calibration.load(lora) if lora else Calibration()
        sampling = self._parts.config.sampling.over(Sampling.fitted(lora))
        await avatar.engine.load_lora(lora)
        avatar.remembers = self._parts.config.conversation.remember and remembers(lora)
        avatar.calibration, avatar.sampling = calibration, sampling
        self._lora = lora.name if lora else ""
        if avatar.remembers and (odd := doubt(lora, self._parts.meaning.encoder if self._parts.meaning else None)):
            log.warning("%s", odd)
        log.info("Reloaded the LoRA %s and its calibration.", self._lora or "(none)")

    def _say_what_a_restart_takes(self) -> None:
        """config.yaml and persona.yaml are what the running parts were made from."""
        workspace, parts = self._parts.workspace, self._parts
        try:
            persona = load_persona(workspace.persona)
            persona = persona if parts.era is None else replace(persona, era=parts.era)
            changed = [
                path.name
                for path, same in (
                    (workspace.config, load_config(workspace.config, parts.platforms) == parts.config),
                    (workspace.persona, persona == parts.avatar.persona),
                )
                if not same
            ]
        except EchoesError as error:
            log.warning("Only a restart would read this, and it would not start: %s", error)
            return
        if changed:
            log.warning("%s changed: only a restart takes that.", " and ".join(changed))

    async def _watch(self) -> None:
        """Tells systemd that the loop turns and the inference thread moves; else systemd restarts the daemon."""
        seconds = self._parts.notifier.watchdog_seconds
        if seconds is None:
            return
        stuck_after = max(STUCK_AFTER, seconds)
        while True:
            step = self._parts.avatar.engine.step_seconds()
            if step < stuck_after:
                self._parts.notifier.alive()
            else:
                log.error("The engine has been in one step for %.0f s.", step)
            await asyncio.sleep(seconds / 3)

    async def _keep_reading(self) -> None:
        """Reads by its meaning what was said, so that it is found when somebody asks."""
        while True:
            if self._parts.avatar.remembers:
                await self._memory.catch_up(self._parts.avatar.people)
            await asyncio.sleep(_READS_EVERY)

    def _by_the_clock(self) -> list[Task]:
        tasks = [
            Task("consent check", self.check_consent, timedelta(minutes=1)),
            Task("retention", self.retain, timedelta(days=1)),
            Task("letting go", self.let_go, timedelta(hours=1)),
        ]
        if self._initiative is not None:
            tasks.append(Task("speaking first", self.speak_first, _LOOKS_EVERY))
        return tasks

    async def check_consent(self) -> None:
        """Stops the daemon where consent ended or was withdrawn; a record that cannot be read is looked at again."""
        try:
            require(self._parts.workspace.consent, Use.RUNNING, self._parts.config.platforms.on)
        except ConsentError as error:
            log.error("Stopping: %s", error)
            self._orders.stop(error.code, at_once=True)
        except PassingError as error:
            self._consent_unread += 1
            if self._consent_unread == 1:
                log.warning("The consent could not be looked at and is tried again every minute: %s", error)
            elif self._consent_unread >= _CONSENT_TRIES:
                log.error("Stopping: whether the consent still holds could not be seen for an hour.")
                self._orders.stop(error.code)
            return
        self._consent_unread = 0

    async def retain(self) -> None:
        """Deletes what the owner does not keep."""
        if await self._retention.run():
            self._memory.forget()

    async def let_go(self) -> None:
        """Keeps nothing in memory of chats in which nobody speaks."""
        self._conversations.let_go()

    async def speak_first(self) -> None:
        """Begins a dialogue where its moment has come. Raises ConsentError where the consent does not hold by then."""
        require(self._parts.workspace.consent, Use.RUNNING, self._parts.config.platforms.on)
        if self._initiative is not None:
            await self._initiative.look()

    def _tell_status(self) -> None:
        self._parts.notifier.status(self._status())

    def _status(self) -> str:
        return ", ".join(f"{name} {platform.state}" for name, platform in self._supervisor.platforms.items())

    # -- when it ends ---------------------------------------------------------------------------------------------

    async def _drain(self) -> None:
        """Lets replies in hand go out, for a limited time; asked again to stop, it does not wait."""
        hurry = asyncio.create_task(self._orders.hurry.wait())
        seconds = 0.0 if self._orders.hurry.is_set() else self._parts.drain_seconds
        draining = asyncio.create_task(self._conversations.drain(seconds))
        await asyncio.wait((hurry, draining), return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not draining.done():
            draining.cancel()
            draining = asyncio.create_task(self._conversations.drain(0.0))
        await self._close("the conversations", lambda: draining)

    async def _end(self, task: "asyncio.Task[None]") -> None:
        task.cancel()
        await self._close("the platforms", lambda: asyncio.gather(task, return_exceptions=True))

    async def _close(self, what: str, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await asyncio.wait_for(work(), _CLOSING_SECONDS)
        except TimeoutError:
            self.stuck = True
            log.error("Closing %s took longer than %.0f s and was given up.", what, _CLOSING_SECONDS)
        except Exception:
            log.exception("Closing %s failed.", what)

    def _close_journal(self) -> None:
        try:
            self._journal.checkpoint()
        except (EchoesError, sqlite3.Error) as error:
            log.warning("The journal is left in two files, as it is (%s); the next start joins them.", error)
        finally:
            self._journal.close()
