"""`echoes run`: puts the avatar together and runs it on its platforms until it is told to stop."""

import argparse
import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from adapters.registry import make
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.daemon import Daemon, Parts
from bot.engine.base import Engine
from bot.engine.factory import build_engine
from bot.errors import ConfigError, EchoesError, ExitCode
from bot.lock import only_one, pid_file
from bot.logs import start_logging
from bot.lora import find_lora
from bot.media import MediaStore
from bot.notify import Notifier
from bot.people import load_people
from bot.persona import Persona, load_persona
from bot.platform import Adapter
from bot.secrets import Secrets, load_secrets, web_token
from bot.signals import Orders
from bot.workspace import Workspace

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was read and found right before anything starts."""

    workspace: Workspace
    config: Config
    secrets: Secrets
    persona: Persona


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=25.0,
        metavar="S",
        help="how long replies in hand may take when it is told to stop (default: %(default)s)",
    )
    parser.add_argument("--verbose", action="store_true", help="log more of what it does; never what is said")


def run(args: argparse.Namespace) -> int:
    prepared = prepare(Workspace.open(args.workspace))
    start_logging(prepared.secrets.values.values(), logging.DEBUG if args.verbose else logging.INFO)
    with only_one(pid_file(prepared.workspace)):
        stuck, code = asyncio.run(_serve(prepared, args.drain_seconds))
        if stuck:  # a thread that does not end would keep the process alive
            logging.shutdown()
            os._exit(code)
    return code


def prepare(workspace: Workspace) -> Prepared:
    """Reads every file. Raises ConfigError with all mistakes at once, ConsentError where nobody agreed."""
    problems: list[str] = []

    def read(what: Callable[[], T]) -> T | None:
        try:
            return what()
        except ConfigError as error:
            problems.extend(error.problems)
            return None

    config = read(lambda: load_config(workspace.config))
    secrets = read(load_secrets)
    persona = read(lambda: load_persona(workspace.persona))
    read(lambda: load_people(workspace.people))
    if config is not None:
        read(lambda: find_lora(workspace.loras, config.model.lora))
        if not config.platforms.on:
            problems.append(
                f"{workspace.config}: platforms: none is on: add `web: {{}}`, `telegram: {{}}` or `discord: {{}}`."
            )
    if problems or config is None or secrets is None or persona is None:
        raise ConfigError(*problems)
    if config.platforms.web is not None:
        secrets = Secrets({**secrets.values, "web_token": web_token(workspace, secrets)})
    require(workspace.consent, Use.RUNNING, config.platforms.on)
    return Prepared(workspace, config, secrets, persona)


async def _serve(prepared: Prepared, drain_seconds: float) -> tuple[bool, ExitCode]:
    """Whether something did not close, and the exit status."""
    workspace, config = prepared.workspace, prepared.config
    asyncio.get_running_loop().set_exception_handler(_log_unhandled)
    orders = Orders()
    notifier = Notifier.from_environment()
    media = MediaStore(workspace.root / "received")
    with orders.from_signals():
        notifier.status("loading the model")
        engine = await _build_unless_stopped(config, workspace, media, orders)
        if engine is None:
            return True, orders.code
        adapters, broken = _adapters(prepared)
        parts = Parts(workspace, config, prepared.persona, media, engine, adapters, broken, drain_seconds, notifier)
        try:
            daemon = Daemon(parts, orders)
        except BaseException:
            await engine.aclose()
            raise
        code = await daemon.run()
        return daemon.stuck, code


async def _build_unless_stopped(
    config: Config, workspace: Workspace, media: MediaStore, orders: Orders
) -> Engine | None:
    """None where it was told to stop before the model was there: loading cannot be broken off, only left."""
    building = asyncio.create_task(build_engine(config, workspace, media, log.info))
    stopping = asyncio.create_task(orders.stopping.wait())
    await asyncio.wait((building, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if building.done():
        return building.result()
    building.cancel()
    return None


def _adapters(prepared: Prepared) -> tuple[dict[str, Adapter], dict[str, EchoesError]]:
    """The platforms that can be tried, and those that cannot, with the reason."""
    adapters: dict[str, Adapter] = {}
    broken: dict[str, EchoesError] = {}
    for name in prepared.config.platforms.on:
        try:
            adapters[name] = make(name, prepared.config, prepared.secrets, prepared.workspace)
        except EchoesError as error:
            broken[name] = error
    return adapters, broken


def _log_unhandled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no task caught; without the objects involved, which could show what was said."""
    log.error("%s", context.get("message", "Unhandled failure"), exc_info=context.get("exception"))
