"""A monitor asks how the avatar is."""

import socket
import time

import aiohttp
import pytest

from bot.config import HealthConfig
from bot.errors import ConfigError
from bot.health import Health, HealthServer, Metrics, Observer, Platform, State, Unobserved
from bot.types import ChatKind

RUNNING = Platform(State.RUNNING, time.monotonic())


class Monitor:
    """A health server with whatever state the test sets."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.health = Health({"web": RUNNING, "telegram": RUNNING}, lora="2026-11-22")
        self.server = HealthServer(HealthConfig(port=0), lambda: self.health, self.metrics)

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session:
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
        (Health({"web": RUNNING, "telegram": Platform(State.OFF, 0.0, "Telegram refused the token.")}), "unwell"),
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
