"""`echoes questionnaire`: a page in the browser that asks the questionnaire and writes each answer into the file."""

import argparse
import asyncio
import secrets
import signal
from contextlib import suppress

from bot.cli.questionnaire.server import Form, serve
from bot.errors import DataError, ExitCode, UsageError
from bot.persona import load_persona
from bot.workspace import Workspace

_HERE = "127.0.0.1"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="listen on this port (default: a free one)")
    parser.add_argument(
        "--host",
        default=_HERE,
        metavar="ADDRESS",
        help="this machine's address in the home network, to answer on a phone there (default: this machine alone)",
    )


def run(args: argparse.Namespace) -> int:
    from bot.questionnaire import load_questionnaire

    workspace = Workspace.open(args.workspace)
    if not workspace.questionnaire.exists():
        raise DataError(
            f"{workspace.questionnaire} is missing: run `echoes init {workspace.root}`, which writes it anew."
        )
    load_questionnaire(workspace.questionnaire)  # what is wrong in it is told here, and not in the browser
    name = load_persona(workspace.persona).name if workspace.persona.exists() else ""
    form = Form(workspace.questionnaire, name, secrets.token_urlsafe(24))
    try:
        asyncio.run(_until_told(form, args.host, args.port))
    except OSError as error:
        raise UsageError(f"--host {args.host} --port {args.port} cannot be listened on: {error.strerror}.") from error
    answered = len(load_questionnaire(workspace.questionnaire))
    print(f"\n{answered} answers are in {workspace.questionnaire}.")
    return ExitCode.OK


async def _until_told(form: Form, host: str, port: int) -> None:
    """Serves until Ctrl-C, or until it is told to end."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    serving, waiting = asyncio.create_task(serve(form, host, port, _announce)), asyncio.create_task(told.wait())
    await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


def _announce(url: str) -> None:
    print("Open this in a browser; whoever has the link can read the answers and change them. Ctrl-C ends it.")
    print(f"\n  {url}\n")
    if not url.startswith(f"http://{_HERE}:"):
        print("It is not encrypted: others in this network could read along. Use it in a network of your own.\n")
    print("Each answer is saved as it is given.", flush=True)
