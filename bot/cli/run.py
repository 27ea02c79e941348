"""`echoes run`: puts the avatar together and runs it on its platforms until it is told to stop."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from adapters.registry import Setting, decisions_shown, make
from bot.chat.decision import Calibration
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.conversation.chat import Avatar
from bot.daemon.daemon import Daemon, Parts
from bot.daemon.notify import Notifier
from bot.daemon.signals import Orders
from bot.engine.base import Engine
from bot.engine.factory import build_engine
from bot.errors import ConfigError, EchoesError, ExitCode, PassingError, PermanentError
from bot.files import refusal
from bot.lock import only_one, pid_file
from bot.logs import start_logging
from bot.lora import find_lora
from bot.media import MediaStore
from bot.people import load_people
from bot.persona import Persona, load_persona
from bot.platform import Adapter
from bot.secrets import Secrets, load_secrets, web_token, web_token_path
from bot.store.past import Past
from bot.workspace import Workspace, private_dir

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
    hidden = [*prepared.secrets.values.values(), *prepared.config.platforms.secrets]
    start_logging(hidden, logging.DEBUG if args.verbose else logging.INFO)
    os.umask(0o077)
    with only_one(pid_file(prepared.workspace)):
        try:
            return asyncio.run(_serve(prepared, args.drain_seconds))
        except EchoesError:
            raise
        except Exception as error:
            if (sentence := refusal(error, prepared.workspace.root)) is not None:
                log.debug("The machine refused something.", exc_info=True)
                raise PassingError(sentence) from error
            log.critical("The daemon failed.", exc_info=True)  # not Python's own traceback: this one is redacted
            return ExitCode.FAILED


def prepare(workspace: Workspace) -> Prepared:
    """Reads every file. Raises ConfigError with all mistakes at once, ConsentError where nobody agreed.

    Raises PassingError where one cannot be read just now.
    """
    problems: list[str] = []

    def read(what: Callable[[], T]) -> T | None:
        try:
            return what()
        except (ConfigError, PermanentError) as error:
            problems.append(str(error))
            return None

    config = read(lambda: load_config(workspace.config))
    secrets = read(load_secrets)
    persona = read(lambda: load_persona(workspace.persona))
    read(lambda: load_people(workspace.people))
    if config is not None:
        read(lambda: _calibration(find_lora(workspace.loras, config.model.lora)))
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


async def _serve(prepared: Prepared, drain_seconds: float) -> ExitCode:
    workspace, config = prepared.workspace, prepared.config
    asyncio.get_running_loop().set_exception_handler(_log_unhandled)
    orders, notifier = Orders(), Notifier.from_environment()
    media = MediaStore(private_dir(workspace.received), (workspace.media,))
    with orders.from_signals():
        notifier.status("loading the model")
        lora = find_lora(workspace.loras, config.model.lora)
        log.info("Loading the model %s with %s.", config.model.base, f"the LoRA {lora.name}" if lora else "no LoRA")
        engine = await _build_unless_stopped(prepared, lora, media, orders)
        if engine is None:
            _leave_at_once(orders.code)
        try:
            avatar = Avatar(
                engine=engine,
                persona=prepared.persona,
                people=load_people(workspace.people),
                calibration=_calibration(lora),
                sampling=config.sampling.sampling(),
                config=config.conversation,
                media=media,
                past=Past(workspace.corpus),
            )
            adapters, broken = _adapters(prepared, avatar)
            avatar.show = decisions_shown(adapters)
            parts = Parts(
                workspace=workspace,
                config=config,
                avatar=avatar,
                lora=lora.name if lora else "",
                adapters=adapters,
                broken=broken,
                drain_seconds=drain_seconds,
                notifier=notifier,
            )
            daemon = Daemon(parts, orders)
        except BaseException:
            await engine.aclose()
            raise
        code = await daemon.run()
        if daemon.stuck:
            _leave_at_once(code)
        return code


def _calibration(lora: Path | None) -> Calibration:
    """The one beside the LoRA; without a LoRA the model's own probability."""
    return Calibration.load(lora) if lora else Calibration()


def _leave_at_once(code: ExitCode) -> NoReturn:
    """Without waiting for threads that may never end."""
    logging.shutdown()
    os._exit(code)


async def _build_unless_stopped(
    prepared: Prepared, lora: Path | None, media: MediaStore, orders: Orders
) -> Engine | None:
    """None where it was told to stop before the model was there: loading cannot be broken off, only left."""
    token = prepared.secrets.get("server_token")
    building = asyncio.create_task(build_engine(prepared.config, lora, media, log.info, token))
    stopping = asyncio.create_task(orders.stopping.wait())
    await asyncio.wait((building, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if building.done():
        return building.result()
    building.cancel()
    return None


def _adapters(prepared: Prepared, avatar: Avatar) -> tuple[dict[str, Adapter], dict[str, EchoesError]]:
    """The platforms that can be tried, and those that cannot, with the reason."""
    setting = Setting(
        prepared.config,
        prepared.secrets,
        prepared.workspace,
        prepared.persona.name,
        lambda: avatar.people,
        prepared.persona.language,
        lambda link: _announce(link, prepared.workspace),
    )
    adapters: dict[str, Adapter] = {}
    broken: dict[str, EchoesError] = {}
    for name in prepared.config.platforms.on:
        try:
            adapters[name] = make(name, setting)
        except EchoesError as error:
            broken[name] = error
    return adapters, broken


def _announce(link: str, workspace: Workspace) -> None:
    """The link opens the chat to whoever has it: shown to a person, never logged."""
    if sys.stdout.isatty():
        print(f"Open {link}", flush=True)
    else:
        address, _, _ = link.partition("=")
        log.info("The web chat: %s=TOKEN (for TOKEN see %s)", address, web_token_path(workspace))


def _log_unhandled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no task caught; without the objects involved, which could show what was said."""
    log.error("%s", context.get("message", "Unhandled failure"), exc_info=context.get("exception"))
