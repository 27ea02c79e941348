"""`echoes doctor`: checks everything before a start, and says of each fault what to do."""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Iterator

from adapters.registry import installed
from bot.checks import Check, Verdict, bad, good, note
from bot.config import Config, load_config
from bot.doctor.online import examine_online
from bot.doctor.workspace import examine
from bot.engine.describe import describe
from bot.engine.matrices import decoder_of
from bot.errors import EchoesError, ExitCode
from bot.logs import start_logging
from bot.memory.notes import load_notes
from bot.people import Contact, load_people
from bot.personality.answers import load_personality
from bot.personality.items import ITEMS
from bot.platform import Platforms
from bot.questionnaire import load_questionnaire
from bot.secrets import Secrets, load_secrets
from bot.workspace import Workspace
from training.finetune.presets import TUNED
from training.finetune.room import room


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--online", action="store_true", help="also try the tokens and the model server over the network"
    )


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    platforms, code = installed(), ExitCode.OK
    for check in examine(workspace, platforms, lambda what: print(f"  … {what}", file=sys.stderr)):
        code = _show(check, code)
    config, secrets = _readable(workspace, platforms)
    for check in _before_training(workspace, config):
        code = _show(check, code)
    if args.online:
        hidden = [*secrets.values.values(), *(config.platforms.hidden if config else ())]
        start_logging(hidden, known=platforms.secrets)  # libraries log addresses, and those hold tokens
        if config is not None:
            for check in asyncio.run(examine_online(config, secrets, platforms)):
                code = _show(check, code)
    print("All is well." if code is ExitCode.OK else "✗ must be mended first.")
    return code


def _before_training(workspace: Workspace, config: Config | None) -> Iterator[Check]:
    """What `echoes train` reads and writes beyond what `echoes run` does."""
    yield _questionnaire(workspace)
    yield from _notes(workspace)
    try:
        if config is not None:
            needed = room(decoder_of(describe(config.model.base)), TUNED)
            free = shutil.disk_usage(workspace.root).free
            amounts = f"about {needed / 1e9:.1f} GB are written meanwhile, {free / 1e9:.1f} GB free"
            yield good("training", amounts) if free > needed else note("training", f"{amounts}: make room before it")
    except EchoesError:
        pass  # the model's fault, shown already


def _questionnaire(workspace: Workspace) -> Check:
    name, path = "questionnaire", workspace.questionnaire
    try:
        answers, statements = load_questionnaire(path), len(load_personality(workspace.personality).answers)
    except EchoesError as error:
        return bad(name, error)
    stated = f", {statements} of {len(ITEMS)} statements" if statements else ""
    if not answers and not statements:
        return note(name, f"{path.name} holds no answers, or is not there: those in words are learnt, if there are any")
    scaled = sum(answer.trait is not None for answer in answers)
    return good(name, f"{len(answers) - scaled} answers in words, {scaled} from 1 to 7{stated}")


def _notes(workspace: Workspace) -> Iterator[Check]:
    """What the owner wrote down to be remembered, if anything."""
    try:
        notes = load_notes(workspace.memory)
    except EchoesError as error:
        yield bad("memory", error)
        return
    if facts := len(notes.anybody) + sum(map(len, notes.contacts.values())):
        yield good("memory", f"{facts} facts written down")
    known = {contact.slug for contact in _people(workspace)}
    if unknown := sorted(set(notes.contacts) - known):
        yield note("memory", f"{workspace.memory.name} names nobody's short name: {', '.join(unknown)}")


def _people(workspace: Workspace) -> tuple[Contact, ...]:
    """The contacts; nobody where their file's faults are shown already."""
    try:
        return load_people(workspace.people).contacts
    except EchoesError:
        return ()


def _show(check: Check, code: ExitCode) -> ExitCode:
    """Prints a line; returns the exit status so far: the first fault's."""
    first, *others = check.text.splitlines() or [""]
    print(f"{check.verdict} {check.name:<16} {first}")
    for line in others:
        print(f"{'':<19}{line}")
    return check.code if check.verdict is Verdict.BAD and code is ExitCode.OK else code


def _readable(workspace: Workspace, platforms: Platforms) -> tuple[Config | None, Secrets]:
    """What can be read of the two; their faults are shown already."""
    config: Config | None = None
    secrets = Secrets()
    try:
        config = load_config(workspace.config, platforms)
        secrets = load_secrets(platforms.secrets)
    except EchoesError:
        pass
    return config, secrets
