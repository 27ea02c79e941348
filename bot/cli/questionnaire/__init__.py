"""`echoes questionnaire`: asks the questionnaire and the inventory, in the browser or here, and saves each answer."""

import argparse
import asyncio
import secrets
import signal
from contextlib import suppress

from bot.cli.questionnaire.form import Form
from bot.cli.questionnaire.server import serve
from bot.cli.questionnaire.terminal import ask_questions, ask_statements
from bot.cli.questionnaire.words import WORDS
from bot.errors import DataError, ExitCode, UsageError
from bot.persona import load_persona
from bot.personality.answers import By
from bot.personality.items import ITEMS
from bot.workspace import Workspace

_HERE = "127.0.0.1"
_PARTS = ("questions", "statements")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--terminal", action="store_true", help="ask here, and not in a browser")
    parser.add_argument("--only", choices=_PARTS, help="with --terminal: one of the two parts")
    parser.add_argument(
        "--by",
        choices=(By.SELF.value, By.OTHER.value),
        help="with --terminal: whether the person answers, or somebody who knew them (default: as it was begun)",
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="listen on this port (default: a free one)")
    parser.add_argument(
        "--host",
        default=_HERE,
        metavar="ADDRESS",
        help="this machine's address in the home network, to answer on a phone there (default: this machine alone)",
    )


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    if not workspace.questionnaire.exists():
        raise DataError(
            f"{workspace.questionnaire} is missing: run `echoes init {workspace.root}`, which writes it anew."
        )
    if not args.terminal and (args.only or args.by):
        raise UsageError("--only and --by go with --terminal; the page asks for itself.")
    name = load_persona(workspace.persona).name if workspace.persona.exists() else ""
    form = Form(workspace.questionnaire, workspace.personality, name)
    language, given = form.language(), form.given()  # what is wrong in the files is told here, and not in the browser
    if args.terminal:
        _ask(form, args.only, By(args.by) if args.by else By.OTHER if given.by is By.OTHER else By.SELF)
    else:
        _show(form, args.host, args.port)
    items = form.items()
    done, stated = sum(bool(item.answer) for item in items), len(form.given().answers)
    words = WORDS[language if args.terminal else "en"]
    print("\n" + words["count"].format(done=done, all=len(items), stated=stated, statements=len(ITEMS)))
    return ExitCode.OK


def _ask(form: Form, only: str | None, by: By) -> None:
    """Asks one part or both; the second only where the first was not broken off."""
    on = only == "statements" or ask_questions(form)
    if on and only != "questions":
        ask_statements(form, by)


def _show(form: Form, host: str, port: int) -> None:
    """Shows the page until it is ended."""
    try:
        asyncio.run(_until_told(form, host, port))
    except OSError as error:
        raise UsageError(f"--host {host} --port {port} cannot be listened on: {error.strerror}.") from error


async def _until_told(form: Form, host: str, port: int) -> None:
    """Serves until Ctrl-C, or until it is told to end."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    serving = asyncio.create_task(serve(form, secrets.token_urlsafe(24), host, port, _announce))
    waiting = asyncio.create_task(told.wait())
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
