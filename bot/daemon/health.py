"""What can be seen of a running avatar from outside: counters, and whether it is well. Never names, ids or text."""

import errno
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.config import HealthConfig
from bot.errors import ConfigError, PassingError
from bot.message import ChatKind
from bot.serving import Listener, answers_to, routes

STUCK_AFTER = 300.0
"""Seconds in one step of the engine after which nobody should wait for it any more."""

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SHARES = tuple(share / 10 for share in range(1, 11))


class Metrics:
    """An observer that counts for Prometheus, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        chat = ("platform", "kind")
        self._received = self._counter("messages_received", "Messages taken into the journal.", chat)
        self._replies = self._counter("replies", "Replies composed.", chat)
        self._reply_seconds = self._histogram("reply_seconds", "From the end of gathering to the text.", _SECONDS)
        self._sent = self._counter("bubbles_sent", "Bubbles that arrived at their platform.", ("platform",))
        self._decisions = self._counter("decisions", "Group messages decided.", ("outcome",))
        self._probability = self._histogram("decision_probability", "Calibrated p(answer).", _SHARES)
        self._decision_seconds = self._histogram("decision_seconds", "What a decision took.", _SECONDS)
        self._errors = self._counter("errors", "Failures caught and logged.", ("where",))
        self._chats = Gauge("echoes_chats_busy", "Chats with work in hand.", registry=self.registry)
        self._waiting = Gauge("echoes_messages_waiting", "Messages and bubbles that wait.", registry=self.registry)
        self._aside = Gauge("echoes_messages_aside", "Messages and bubbles set aside.", registry=self.registry)
        self._up = Gauge("echoes_platform_up", "1 while a platform runs.", ("platform",), registry=self.registry)
        self._step = Gauge("echoes_engine_step_seconds", "The engine's present step.", registry=self.registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"echoes_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"echoes_{name}", text, buckets=buckets, registry=self.registry)

    def received(self, platform: str, kind: ChatKind) -> None:
        self._received.labels(platform, kind).inc()

    def decided(self, answer: bool, probability: float, seconds: float) -> None:
        self._decisions.labels("answered" if answer else "silent").inc()
        self._probability.observe(probability)
        self._decision_seconds.observe(seconds)

    def replied(self, platform: str, kind: ChatKind, seconds: float) -> None:
        self._replies.labels(platform, kind).inc()
        self._reply_seconds.observe(seconds)

    def sent(self, platform: str) -> None:
        self._sent.labels(platform).inc()

    def failed(self, where: str) -> None:
        self._errors.labels(where).inc()

    def waiting(self, chats: int, messages: int) -> None:
        self._chats.set(chats)
        self._waiting.set(messages)

    def look(self, health: "Health") -> None:
        """Takes over what is only read when somebody asks."""
        for name, platform in health.platforms.items():
            self._up.labels(name).set(platform.state is State.RUNNING)
        self._step.set(health.step_seconds)
        self._waiting.set(health.waiting)
        self._aside.set(health.aside)


class State(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"  # broke; is tried again
    OFF = "off"  # a person has to mend it


@dataclass(frozen=True, slots=True)
class Platform:
    """The state of a platform, since when (monotonic seconds), and why if it is not running."""

    state: State
    since: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """One look at the daemon. `waiting` counts messages and bubbles; `lora` is the name of the one that speaks.

    `aside` counts what failed again and again and was set aside, for the owner to look at.
    """

    platforms: Mapping[str, Platform] = field(default_factory=dict)
    step_seconds: float = 0.0
    waiting: int = 0
    lora: str = ""
    stopping: bool = False
    aside: int = 0

    @property
    def well(self) -> bool:
        """Whether the engine moves and every platform that can run runs.

        One that its owner has to mend is off for good, and told as a warning: the others are well without it.
        """
        states = [platform.state for platform in self.platforms.values() if platform.state is not State.OFF]
        runs = all(state is State.RUNNING for state in states) and (bool(states) or not self.platforms)
        return runs and self.step_seconds < STUCK_AFTER and not self.stopping

    @property
    def warnings(self) -> list[str]:
        """What somebody should mend though it runs, in sentences."""
        off = [f"{name} is off: {one.reason}" for name, one in self.platforms.items() if one.state is State.OFF]
        aside = [f"{self.aside} set aside: see `echoes aside`."] if self.aside else []
        return off + aside

    def document(self) -> dict[str, object]:
        """Returns what /healthz shows."""
        now = time.monotonic()
        return {
            "status": "stopping" if self.stopping else "ok" if self.well else "unwell",
            "platforms": {
                name: {"state": platform.state, "seconds": round(now - platform.since, 1), "reason": platform.reason}
                for name, platform in self.platforms.items()
            },
            "engine": {"step_seconds": round(self.step_seconds, 1), "lora": self.lora},
            "waiting": self.waiting,
            "aside": self.aside,
            "warnings": self.warnings,
        }


class HealthServer:
    """/healthz (200, or 503 where something is not well) and /metrics, on their own port."""

    def __init__(self, config: HealthConfig, look: Callable[[], Health], metrics: Metrics) -> None:
        self._config = config
        self._look = look
        self._metrics = metrics
        self._listener = Listener()

    async def start(self) -> int:
        """Returns the port. Raises ConfigError where it cannot be listened on, PassingError where that may pass."""
        app = web.Application(middlewares=[self._only_ours])
        app.add_routes(routes(web.get("/healthz", self._healthz), web.get("/metrics", self._serve_metrics)))
        try:
            return await self._listener.start(app, self._config.host, self._config.port)
        except OSError as error:
            await self.stop()
            if error.errno == errno.EMFILE:
                raise PassingError("/healthz cannot be served just now: this machine gives no more sockets.") from None
            raise ConfigError(
                f"health: port {self._config.port} on {self._config.host} cannot be used ({error.strerror or error}): "
                "choose another in config.yaml."
            ) from None

    async def stop(self) -> None:
        await self._listener.stop()

    @web.middleware
    async def _only_ours(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Browsers name a host with every request; some monitors name none."""
        host = request.headers.get("Host")
        if host is not None and not answers_to(host, (self._config.host.lower(),)):
            raise web.HTTPForbidden(text="Ask under an address, localhost, or the host that config.yaml names.\n")
        return await handler(request)

    async def _healthz(self, _: web.Request) -> web.Response:
        health = self._look()
        return web.json_response(health.document(), status=200 if health.well else 503)

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        self._metrics.look(self._look())
        return web.Response(
            body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )
