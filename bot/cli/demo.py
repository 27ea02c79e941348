"""`echoes demo`: the sample subject, from export files to a chat in the browser, with an owner's own commands."""

import argparse
import asyncio
import json
import os
import shutil
import socket
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from bot.cli import main
from bot.cli.era import TODAY, add_era
from bot.cli.transcript import show_transcript
from bot.config import load_config
from bot.config.embedded import EMBEDDED, EMBEDDED_EN, EMBEDDED_ZH
from bot.engine.describe import describe
from bot.errors import EchoesError, ExitCode, PassingError
from bot.lora import find_lora
from bot.persona import LANGUAGES, load_persona
from bot.workspace import Workspace, private_dir, write_private

_FILES = ("persona.yaml", "personality.yaml", "people.yaml", "questionnaire.yaml", "released.yaml")
_ZONES = {"en": "Europe/London", "zh": "Asia/Shanghai"}  # where the sample subjects live
_PORT = 8642
_TOKENS = 120_000
"""To learn from, unless the minutes are over before. See docs/results.md, The demo."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="print a short transcript and end, without serving")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="which sample subject")
    parser.add_argument(
        "--base",
        default=EMBEDDED,
        metavar="MODEL",
        help="which model, as model.base names it (default: the embedded one for the language)",
    )
    parser.add_argument("--dir", type=Path, metavar="DIR", help="the demo's workspace (default: in your data folder)")
    parser.add_argument(
        "--minutes", type=float, default=8.0, metavar="N", help="for training, at most (default: %(default)s)"
    )
    add_era(parser)
    parser.add_argument("--fresh", action="store_true", help="begin again from the export files")


def run(args: argparse.Namespace) -> int:
    root = args.dir or _data_folder() / f"demo-{args.language}"
    if args.fresh and (root / "config.yaml").is_file():
        shutil.rmtree(root)
    base = _base(root, args.language, args.base)
    workspace = _prepare(root, args.language, base, args.minutes)
    if args.once:
        asyncio.run(show_transcript(workspace, args.era))
        return ExitCode.OK
    print("\nOpen the link below in a browser; choose who you are, and write. Ctrl-C ends it.\n", flush=True)
    era = [] if args.era is None else ["--era", args.era or TODAY]
    return main(["-w", str(workspace.root), "run", *era])


def _base(root: Path, language: str, wanted: str) -> str:
    """The model, made here where it is an embedded one that is not here yet; another where that cannot be had."""
    base = _meant(root, language, wanted)
    try:
        describe(base, lambda words: print(words, flush=True))
    except PassingError as error:
        if base != EMBEDDED_ZH or wanted == EMBEDDED_ZH or (root / "config.yaml").is_file():
            raise
        print(
            f"{error}\nThe demo goes on with the English embedded model, which learns to look like Chinese and hardly "
            "writes it; with --fresh it tries again.\n",
            flush=True,
        )
        return _base(root, language, EMBEDDED_EN)
    return base


def _meant(root: Path, language: str, wanted: str) -> str:
    """A workspace that is there already keeps its model."""
    if (root / "config.yaml").is_file():
        return load_config(root / "config.yaml").model.base
    return EMBEDDED_ZH if wanted == EMBEDDED and language == "zh" else wanted


def _prepare(root: Path, language: str, base: str, minutes: float) -> Workspace:
    """Brings the workspace to where it can run; what is done already is not done again."""
    with as_file(files("training") / "sample" / language) as sample:
        if not (root / "config.yaml").is_file():
            _echoes("init", str(root), "--language", language, workspace=None)
            private_dir(root)
            for name in _FILES:
                write_private(root / name, (sample / name).read_bytes())
            write_private(root / "config.yaml", _config(base).encode())
        workspace = Workspace.open(root)
        if not workspace.corpus.is_file():
            _echoes("import", str(sample / "exports"), "--timezone", _ZONES[language], workspace=root)
            _echoes("people", workspace=root)
    if not workspace.consent.is_file():
        name = load_persona(workspace.persona).name
        until = (datetime.now(UTC) + timedelta(days=365)).date().isoformat()
        note = "A fictional person, made for this demo."
        _echoes(
            "consent", "--by", name, "--role", "self", "--uses", "training,running", "--until", until,
            "--note", note, "--yes", workspace=root,
        )  # fmt: skip
    try:
        find_lora(workspace.loras, load_config(workspace.config).model.lora)
    except EchoesError:
        _echoes("train", "--tokens", str(_TOKENS), "--minutes", f"{minutes:g}", "--show", workspace=root)
        _echoes("evaluate", "--quick", workspace=root)
    return workspace


def _echoes(*arguments: str, workspace: Path | None) -> None:
    """Shows a command and runs it."""
    shown = " ".join(f'"{one}"' if " " in one else one for one in arguments)
    print(f"\n$ echoes {shown}", flush=True)
    where = [] if workspace is None else ["-w", str(workspace)]
    code = main([*where, *arguments])
    if code != ExitCode.OK:
        error = EchoesError(f"The demo ends here, because `echoes {arguments[0]}` did.")
        error.code = ExitCode(code)
        raise error


def _config(base: str) -> str:
    """On the web chat alone, for anybody who sits at this machine."""
    model = json.dumps(base, ensure_ascii=False)  # which is YAML too
    return f"model:\n  base: {model}\nconversation:\n  answer: everyone\nplatforms:\n  web:\n    port: {_free(_PORT)}\n"


def _free(port: int) -> int:
    """The port, or 0 for any free one where it is taken."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _data_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "echoes"
