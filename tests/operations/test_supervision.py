"""Platforms break; the others go on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from bot.daemon.health import State
from bot.daemon.supervision import Background, Backoff, Supervisor
from bot.errors import ConfigError, ExitCode, PassingError, PermanentError
from bot.message import Chat, Message
from bot.observer import Unobserved
from bot.platform import Adapter, Inbox
from tests.inbox import QuietInbox

QUICK = Backoff(first=0.01, longest=0.05, healthy_after=60.0)


class NoInbox(QuietInbox):
    async def receive(self, message: Message) -> None: ...


class Platform(Adapter):
    """An adapter of which each run goes as told; after the last it runs for good."""

    def __init__(self, platform: str, *runs: Callable[[], Awaitable[None]]) -> None:
        self.platform = platform
        self.runs = list(runs)
        self.tries = 0
        self.cleaned_up = False

    async def run(self, inbox: Inbox) -> None:
        self.tries += 1
        if self.runs:
            await self.runs.pop(0)()
            return
        try:
            await asyncio.Event().wait()
        finally:
            self.cleaned_up = True

    async def send(self, chat: Chat, text: str, key: str) -> str:
        return key

    def saw(self, chat: Chat, message_id: str) -> None:
        """Nothing: each bubble is known by its key."""

    def lane(self, chat: Chat) -> str:
        return chat.id

    def floor(self, chat: Chat) -> str | None:
        return None

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        return None

    async def typing(self, chat: Chat) -> None: ...

    async def fetch(self, ref: str, limit: int) -> bytes:
        return b""


def fails(error: BaseException) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        raise error

    return run


async def ends() -> None:
    """Returns, as an adapter should not."""


def supervisor(*platforms: Platform, settled: float = 0.01) -> Supervisor:
    return Supervisor({one.platform: one for one in platforms}, NoInbox(), Unobserved(), QUICK, settled)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_a_passing_failure_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    telegram = Platform(
        "telegram", fails(PassingError("The network is gone.")), fails(PassingError("Still gone.")), ends
    )
    supervising = supervisor(telegram)
    task = asyncio.create_task(supervising.run())
    await until(
        lambda: "telegram" in supervising.platforms and supervising.platforms["telegram"].state is State.RUNNING
    )
    assert telegram.tries == 4
    assert "telegram broke off and is tried again in 0 s: The network is gone." in caplog.text
    assert "it ended by itself" in caplog.text
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert telegram.cleaned_up


async def test_a_permanent_failure_is_one_sentence_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    discord = Platform("discord", fails(PermanentError("Discord refused the token: make a new one.")))
    web = Platform("web")
    supervising = supervisor(discord, web)
    task = asyncio.create_task(supervising.run())
    await until(lambda: "web" in supervising.platforms and supervising.platforms["web"].state is State.RUNNING)
    off = supervising.platforms["discord"]
    assert (off.state, off.reason) == (State.OFF, "Discord refused the token: make a new one.")
    assert [record.getMessage() for record in caplog.records] == [
        "discord is off: Discord refused the token: make a new one."
    ]
    await asyncio.sleep(0.1)
    assert discord.tries == 1 and not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_when_every_platform_is_off_it_ends_with_the_first_ones_exit_code() -> None:
    class NoPermission(PermanentError):
        code = ExitCode.CONSENT

    supervising = supervisor(
        Platform("discord", fails(NoPermission("No."))), Platform("web", fails(ConfigError("No.")))
    )
    with pytest.raises(PermanentError, match="No platform is left") as caught:
        await supervising.run()
    assert caught.value.code is ExitCode.CONSENT


async def test_platforms_that_could_not_even_be_made_count_as_off() -> None:
    supervising = supervisor()
    supervising.switch_off("telegram", ConfigError("The telegram token is missing."))
    with pytest.raises(PermanentError) as caught:
        await supervising.run()
    assert caught.value.code is ExitCode.CONFIG
    assert supervising.platforms["telegram"].state is State.OFF


async def test_a_bug_in_an_adapter_is_logged_with_its_traceback_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    telegram = Platform("telegram", fails(RuntimeError("bug")))
    supervising = supervisor(telegram)
    task = asyncio.create_task(supervising.run())
    await until(lambda: telegram.tries == 2)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR and record.exc_info
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_library_that_cancels_itself_does_not_end_the_others() -> None:
    telegram, web = Platform("telegram", fails(asyncio.CancelledError())), Platform("web")
    supervising = supervisor(telegram, web)
    task = asyncio.create_task(supervising.run())
    await until(lambda: telegram.tries == 2)
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert telegram.cleaned_up and web.cleaned_up


async def test_a_platform_that_asks_to_wait_is_given_the_time(caplog: pytest.LogCaptureFixture) -> None:
    telegram = Platform("telegram", fails(PassingError("Too many requests.", retry_after=30.0)))
    supervising = supervisor(telegram)
    task = asyncio.create_task(supervising.run())
    await until(
        lambda: "telegram" in supervising.platforms and supervising.platforms["telegram"].state is State.WAITING
    )
    assert "tried again in 30 s" in caplog.text and telegram.tries == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_after_a_healthy_time_waiting_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []

    class Noting(Backoff):
        __slots__ = ()

        def wait(self, failures: int) -> float:
            waits.append(failures)
            return 0.0

    async def healthy() -> None:
        await asyncio.sleep(0.06)
        raise PassingError("Gone.")

    gone = fails(PassingError("Gone."))
    telegram = Platform("telegram", gone, gone, gone, healthy, gone)
    supervising = supervisor(telegram)
    supervising.backoff = Noting(healthy_after=0.05)
    task = asyncio.create_task(supervising.run())
    await until(lambda: telegram.tries == 6)
    assert waits == [1, 2, 3, 1, 2]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_waits_grow_to_a_limit_and_are_spread() -> None:
    backoff = Backoff()
    assert all(0.8 <= backoff.wait(1) <= 1.2 for _ in range(50))
    assert all(0.8 * 1.75**4 <= backoff.wait(5) <= 1.2 * 1.75**4 for _ in range(50))
    assert all(96 <= backoff.wait(10_000) <= 144 for _ in range(50))
    assert len({backoff.wait(3) for _ in range(20)}) > 1


async def test_every_change_is_told() -> None:
    told: list[str] = []
    telegram = Platform("telegram", fails(PassingError("Gone.")))
    supervising = supervisor(telegram)
    supervising.changed = lambda: told.append(supervising.platforms["telegram"].state)
    task = asyncio.create_task(supervising.run())
    await until(lambda: "running" in told)
    assert told == ["starting", "waiting", "starting", "running"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_background_task_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    background = Background(Unobserved())
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def broken() -> None:
        raise RuntimeError("bug")

    background.start("works", work())
    task = background.start("breaks", broken())
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert "The task breaks failed." in caplog.text
    await background.stop()
    assert ended.is_set()
