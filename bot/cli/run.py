"""`echoes run`: puts the avatar together and runs it on its platforms until it is told to stop."""

import argparse
import asyncio
import logging
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

from adapters.registry import installed
from bot.chat.decision import Calibration
from bot.cli.era import add_era, as_of
from bot.config import Config, load_config
from bot.consent import Use, require
from bot.conversation.avatar import Avatar
from bot.conversation.stickers import sticker_files
from bot.daemon.daemon import Daemon, Parts
from bot.daemon.notify import Notifier
from bot.daemon.signals import Orders
from bot.engine.base import Engine
from bot.engine.factory import build_engine
from bot.era import doubt, era_in_words
from bot.errors import ConfigError, EchoesError, ExitCode, PassingError, PermanentError
from bot.files import refusal
from bot.hearing.ears import Ears
from bot.hearing.whisper import open_whisper
from bot.lock import only_one, pid_file
from bot.logs import start_logging
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.meaning import Meaning, open_meaning
from bot.memory.opened import prepare as prepare_memory
from bot.memory.trained import doubt as doubt_of_memory
from bot.memory.trained import remembers
from bot.people import People, load_people
from bot.persona import Persona, load_persona
from bot.platform import Adapter, Platform, Platforms, Setting
from bot.playing.installed import can_look
from bot.sampling import Sampling
from bot.secrets import Secrets, load_secrets, with_kept
from bot.speaking.command import Command
from bot.speaking.voice import Voice
from bot.store.past import Past
from bot.validation import either
from bot.workspace import Workspace, private_dir

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was read and found right before anything starts."""

    workspace: Workspace
    platforms: Platforms
    config: Config
    secrets: Secrets
    persona: Persona
    era: str | None = None  # as asked for on the command line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=25.0,
        metavar="S",
        help="how long replies in hand may take when it is told to stop (default: %(default)s)",
    )
    add_era(parser)
    parser.add_argument("--verbose", action="store_true", help="log more of what it does; never what is said")


def run(args: argparse.Namespace) -> int:
    prepared = prepare(Workspace.open(args.workspace), args.era)
    hidden = [*prepared.secrets.values.values(), *prepared.config.platforms.hidden]
    start_logging(hidden, logging.DEBUG if args.verbose else logging.INFO, known=prepared.platforms.secrets)
    for remark in prepared.platforms.remarks:
        log.warning("%s", remark)
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


def prepare(workspace: Workspace, era: str | None = None) -> Prepared:
    """Reads every file. Raises ConfigError with all mistakes at once, ConsentError where nobody agreed.

    Raises PassingError where one cannot be read just now. era: to speak from, instead of persona.yaml's.
    """
    problems: list[str] = []

    def read(what: Callable[[], T]) -> T | None:
        try:
            return what()
        except (ConfigError, PermanentError) as error:
            problems.append(str(error))
            return None

    found = read(installed)
    platforms = found or Platforms()
    config = read(lambda: load_config(workspace.config, found))
    secrets = read(lambda: load_secrets(platforms.secrets))
    persona = read(lambda: load_persona(workspace.persona))
    read(lambda: load_people(workspace.people))
    if config is not None:
        read(lambda: _calibration(find_lora(workspace.loras, config.model.lora)))
        if found is not None and not config.platforms.on:
            choice = either([f"`{name}: {{}}`" for name in platforms.good])
            problems.append(f"{workspace.config}: platforms: none is on: add {choice}.")
    if problems or config is None or secrets is None or persona is None:
        raise ConfigError(*problems)
    secrets = with_kept(
        workspace, secrets, [one for name in config.platforms.sections for one in platforms.good[name].secrets]
    )
    require(workspace.consent, Use.RUNNING, config.platforms.on)
    if config.speaking is not None:
        require(workspace.consent, Use.VOICE, voice=config.speaking.voice)
    return Prepared(workspace, platforms, config, secrets, as_of(persona, era), era)


async def _serve(prepared: Prepared, drain_seconds: float) -> ExitCode:
    workspace, config = prepared.workspace, prepared.config
    asyncio.get_running_loop().set_exception_handler(_log_unhandled)
    orders, notifier = Orders(), Notifier.from_environment()
    media = MediaStore(private_dir(workspace.received), (workspace.media,))
    past = Past(workspace.corpus)
    past.prepare()
    people = load_people(workspace.people)
    _tell_era(prepared.persona, past, people)
    with orders.from_signals():
        notifier.status("loading the model")
        lora = find_lora(workspace.loras, config.model.lora)
        remembering = config.conversation.remember and remembers(lora)
        meaning: Meaning | None = None
        if remembering:
            prepare_memory(workspace, people, prepared.persona)
            meaning = await asyncio.to_thread(_meaning, config, lora)
        log.info("Loading the model %s with %s.", config.model.base, f"the LoRA {lora.name}" if lora else "no LoRA")
        engine = await _build_unless_stopped(prepared, lora, media, orders)
        if engine is None:
            _leave_at_once(orders.code)
        try:
            calibration = _calibration(lora)
            if doubt := calibration.doubt(engine.precision):
                log.warning("%s", doubt)
            avatar = Avatar(
                engine=engine,
                persona=prepared.persona,
                people=load_people(workspace.people),  # as they are now: loading took a while
                calibration=calibration,
                sampling=config.sampling.over(Sampling.fitted(lora)),
                config=config.conversation,
                media=media,
                past=past,
                remembers=remembering,
                ears=await asyncio.to_thread(_ears, workspace, config),
                voice=_voice(prepared),
            )
            adapters, broken = _adapters(prepared, avatar)
            parts = Parts(
                workspace=workspace,
                config=config,
                platforms=prepared.platforms,
                avatar=avatar,
                lora=lora.name if lora else "",
                adapters=adapters,
                broken=broken,
                era=prepared.era,
                meaning=meaning,
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


def _tell_era(persona: Persona, past: Past, people: People) -> None:
    if persona.era:
        log.info("It speaks from %s.", era_in_words(persona.era, "en"))
        if (span := past.span(people.left_out)) and (odd := doubt(persona.era, persona.zone, *span)):
            log.warning("%s", odd)


def _meaning(config: Config, lora: Path | None) -> Meaning | None:
    """What finds by meaning; None, and a line in the log, where the owner wants it and it cannot be."""
    try:
        meaning = open_meaning(config.memory)
    except EchoesError as error:
        log.warning("What was said before is found by words alone. %s", error)
        return None
    if odd := doubt_of_memory(lora, meaning.encoder if meaning else None):
        log.warning("%s", odd)
    return meaning


def _ears(workspace: Workspace, config: Config) -> Ears | None:
    """What voice messages are heard with; None, and a line in the log, where the owner wants it and it cannot be."""
    if config.hearing is None:
        return None
    try:
        return Ears(open_whisper(config.hearing, workspace.hearing), config.hearing.wait_seconds)
    except EchoesError as error:
        log.warning("Voice messages stay unheard. %s", error)
        return None


def _voice(prepared: Prepared) -> Voice | None:
    """What the avatar speaks with, where the owner wants it; None, and a line in the log, where it cannot be."""
    speaking = prepared.config.speaking
    if speaking is None:
        return None
    if not can_look():
        log.warning("Nothing is spoken: run `pip install 'echoes-avatar[media]'`.")
        return None
    speaker = Command(speaking.command, prepared.persona.name, speaking.wait_seconds)
    return Voice(speaker, speaking.voice, prepared.workspace.consent, speaking.longest_characters)


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
    adapters: dict[str, Adapter] = {}
    broken = dict(prepared.config.platforms.broken)
    for name, section in prepared.config.platforms.sections.items():
        platform = prepared.platforms.good[name]
        setting = Setting(
            prepared.secrets.only(platform.secrets),
            prepared.workspace.root / name,
            prepared.persona.name,
            lambda: avatar.people,
            prepared.persona.language,
            prepared.config.retention.journal_days,
            partial(_announce, platform, prepared.workspace, prepared.secrets),
            sticker_files(prepared.workspace.stickers),
        )
        try:
            adapters[name] = platform.adapter(section, setting)
        except EchoesError as error:
            broken[name] = error
    for why in broken.values():
        log.debug("A platform is off.", exc_info=why)  # with --verbose, for whoever wrote it
    return adapters, broken


def _announce(platform: Platform[Any], workspace: Workspace, secrets: Secrets, link: str) -> None:
    """The link opens the chat to whoever has it: shown to a person, never logged."""
    if sys.stdout.isatty():
        print(f"Open {link}", flush=True)
        return
    see: list[str] = []
    for secret in platform.secrets:
        value = quote(secrets.get(secret.name) or "", safe="")
        if value and value in link:
            link = link.replace(value, "TOKEN")
            see.append(f" (for TOKEN see {secret.path(workspace) if secret.kept else secret.variable})")
    if not see:  # what it holds instead is not known
        link = re.split("[?#]", link)[0]
    log.info("The %s chat: %s%s", platform.name, link, "".join(see))


def _log_unhandled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no task caught; without the objects involved, which could show what was said."""
    log.error("%s", context.get("message", "Unhandled failure"), exc_info=context.get("exception"))
