"""`echoes init DIR`: makes the folder that holds one avatar."""

import argparse
from importlib import resources
from pathlib import Path

from adapters.registry import installed
from bot.config import example_text
from bot.errors import ExitCode, UsageError
from bot.persona import LANGUAGES
from bot.workspace import Workspace, private_dir, write_private

_HINTS = """
What comes next, in order:
  echoes -w {folder} import PATH…     read exported chats: WeChat, Telegram, WhatsApp and more (--formats)
  echoes -w {folder} subject WHO      say whom the avatar is to be
  echoes -w {folder} people           see who talks with them; then: people set SLUG --relationship friend
  echoes -w {folder} consent          record who agreed to the avatar
  echoes -w {folder} train            learn the voice
  echoes -w {folder} run              let it answer
Answer what you can of questionnaire.yaml (`questionnaire` asks it in a browser), and read config.yaml: every line is
explained there.
`cd` into the folder, or set ECHOES_WORKSPACE, and you can leave out -w."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="the folder to make (default: -w, or here)")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the questionnaire (default: en)")


def run(args: argparse.Namespace) -> int:
    folder: Path = args.folder or args.workspace
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: give the name of a folder to make.")
    workspace = Workspace(folder.resolve())
    texts = {workspace.config: example_text(installed()), workspace.questionnaire: _questionnaire(args.language)}
    try:
        existed = folder.is_dir() and any(folder.iterdir())
        private_dir(folder)
        if not existed:
            folder.chmod(0o700)
        for path, text in texts.items():
            _write_new(path, text)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}.") from error
    print(_HINTS.format(folder=folder).rstrip())
    return ExitCode.OK


def _questionnaire(language: str) -> str:
    return (resources.files("training") / "sample" / f"questionnaire.{language}.yaml").read_text("utf-8")


def _write_new(path: Path, text: str) -> None:
    if path.exists():
        print(f"kept  {path}")
        return
    write_private(path, text.encode())
    print(f"wrote {path}")
