"""A monitor asks how the avatar is."""

import asyncio
import json
import socket
import time

import aiohttp
import pytest

from bot.config import HealthConfig
from bot.daemon.health import Health, HealthServer, Metrics, Platform, State
from bot.errors import ConfigError
from bot.message import ChatKind
from bot.observer import Observer, Unobserved
from bot.serving import answers_to

RUNNING = Platform(State.RUNNING, time.monotonic())


class Monitor:
    """A health server with whatever state the test sets."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.health = Health({"web": RUNNING, "telegram": RUNNING}, lora="2026-11-22")
        self.server = HealthServer(HealthConfig(port=0), lambda: self.health, self.metrics)

    async def get(self, path: str, host: str | None = None) -> tuple[int, str]:
        async with aiohttp.ClientSession(headers={"Host": host} if host is not None else None) as session:
            port = await self.server.start()
            try:
                async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                    return response.status, await response.text()
            finally:
                await self.server.stop()


async def test_all_is_well() -> None:
    status, text = await Monitor().get("/healthz")
    assert status == 200
    assert '"status": "ok"' in text and '"lora": "2026-11-22"' in text and '"state": "running"' in text


@pytest.mark.parametrize(
    ("health", "word"),
    [
        (Health({"telegram": Platform(State.OFF, 0.0, "Telegram refused the token.")}), "unwell"),
        (Health({"web": Platform(State.WAITING, 0.0, "The network is gone.")}), "unwell"),
        (Health({"web": Platform(State.STARTING, 0.0)}), "unwell"),
        (Health({"web": RUNNING}, step_seconds=301.0), "unwell"),
        (Health({"web": RUNNING}, stopping=True), "stopping"),
    ],
)
async def test_what_is_not_well_answers_503_and_says_why(health: Health, word: str) -> None:
    monitor = Monitor()
    monitor.health = health
    status, text = await monitor.get("/healthz")
    assert status == 503 and f'"status": "{word}"' in text
    assert all(platform.reason in text for platform in health.platforms.values())


async def test_a_platform_that_its_owner_has_to_mend_is_a_warning_while_another_runs() -> None:
    monitor = Monitor()
    off = Platform(State.OFF, 0.0, "Telegram refused the token.")
    monitor.health = Health({"web": RUNNING, "telegram": off}, aside=2)
    status, text = await monitor.get("/healthz")
    told = json.loads(text)
    assert (status, told["status"]) == (200, "ok")
    assert told["warnings"] == ["telegram is off: Telegram refused the token.", "2 set aside: see `echoes aside`."]


def happens(observer: Observer) -> None:
    """Some minutes of an avatar."""
    observer.received("telegram", ChatKind.GROUP)
    observer.received("telegram", ChatKind.GROUP)
    observer.received("web", ChatKind.PRIVATE)
    observer.decided(True, 0.8, 0.05)
    observer.decided(False, 0.1, 0.04)
    observer.replied("web", ChatKind.PRIVATE, 1.5)
    observer.sent("web")
    observer.failed("send")
    observer.waiting(1, 2)


async def test_metrics_count_what_happened() -> None:
    monitor = Monitor()
    monitor.health = Health({"web": RUNNING, "telegram": Platform(State.OFF, 0.0)}, step_seconds=0.5, waiting=3)
    happens(monitor.metrics)
    status, text = await monitor.get("/metrics")
    assert status == 200
    for line in (
        'echoes_messages_received_total{kind="group",platform="telegram"} 2.0',
        'echoes_replies_total{kind="private",platform="web"} 1.0',
        "echoes_reply_seconds_count 1.0",
        'echoes_bubbles_sent_total{platform="web"} 1.0',
        'echoes_decisions_total{outcome="answered"} 1.0',
        'echoes_decisions_total{outcome="silent"} 1.0',
        'echoes_decision_probability_bucket{le="0.1"} 1.0',
        "echoes_decision_seconds_count 2.0",
        'echoes_errors_total{where="send"} 1.0',
        'echoes_platform_up{platform="web"} 1.0',
        'echoes_platform_up{platform="telegram"} 0.0',
        "echoes_engine_step_seconds 0.5",
        "echoes_messages_waiting 3.0",
    ):
        assert f"\n{line}\n" in text, line
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
async def test_it_answers_only_under_its_own_name(path: str) -> None:
    """A web site whose name was made to point here must not learn how the avatar is."""
    for host in ("evil.example", "evil.example:8643", "127.0.0.1.evil.example", "localhost.evil.example", "a b"):
        status, text = await Monitor().get(path, host)
        assert status == 403 and "platforms" not in text and "echoes_" not in text, host
    for host in ("localhost", "LOCALHOST:8643", "127.0.0.1:1", "192.168.1.5:8643", "[::1]:8643"):
        assert (await Monitor().get(path, host))[0] == 200, host


def test_names_of_the_owners_own_are_known() -> None:
    assert answers_to("Echoes.lan:8643", ("echoes.lan",))
    assert not answers_to("echoes.lan.evil.example", ("echoes.lan",))
    assert not answers_to("", ("echoes.lan",))


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: loc"])
async def test_who_connects_and_says_nothing_is_not_kept(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.serving.IDLE_SECONDS", 0.2)
    server = Monitor().server
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
    writer.write(sent)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
    await server.stop()


async def test_a_monitor_that_names_no_host_is_answered() -> None:
    server = Monitor().server
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
    writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
    async with asyncio.timeout(10):
        assert b" 200 OK" in await reader.readline()
    writer.close()
    await server.stop()


async def test_two_avatars_in_one_process_count_apart() -> None:
    first, second = Monitor(), Monitor()
    happens(first.metrics)
    assert 'echoes_errors_total{where="send"}' not in (await second.get("/metrics"))[1]


def test_who_does_not_look_sees_nothing() -> None:
    happens(Unobserved())


async def test_a_port_in_use_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = HealthServer(HealthConfig(port=port), Health, Metrics())
        with pytest.raises(ConfigError, match=rf"health: port {port} on 127\.0\.0\.1 cannot be used"):
            await server.start()
