"""`echoes doctor`: checks everything before a start, and says of each fault what to do."""

import argparse
import asyncio
import sys

from bot.config import Config, load_config
from bot.doctor import Check, Verdict, examine
from bot.doctor_online import examine_online
from bot.errors import ConfigError, ExitCode
from bot.logs import start_logging
from bot.secrets import Secrets, load_secrets
from bot.workspace import Workspace


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--online", action="store_true", help="also try the tokens and the model server over the network"
    )


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    code = ExitCode.OK
    for check in examine(workspace, lambda what: print(f"  … {what}", file=sys.stderr)):
        code = _show(check, code)
    if args.online:
        config, secrets = _readable(workspace)
        start_logging(secrets.values.values())  # libraries log addresses, and those hold tokens
        if config is not None:
            for check in asyncio.run(examine_online(config, secrets)):
                code = _show(check, code)
    print("All is well." if code is ExitCode.OK else "✗ must be mended before `echoes run`.")
    return code


def _show(check: Check, code: ExitCode) -> ExitCode:
    """Prints a line; returns the exit status so far: the first fault's."""
    first, *others = check.text.splitlines() or [""]
    print(f"{check.verdict} {check.name:<16} {first}")
    for line in others:
        print(f"{'':<19}{line}")
    return check.code if check.verdict is Verdict.BAD and code is ExitCode.OK else code


def _readable(workspace: Workspace) -> tuple[Config | None, Secrets]:
    """What can be read of the two; their faults are shown already."""
    config: Config | None = None
    secrets = Secrets()
    try:
        config = load_config(workspace.config)
        secrets = load_secrets()
    except ConfigError:
        pass
    return config, secrets
