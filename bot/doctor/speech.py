"""Whether voice messages can be heard, how many of the imported ones wait for it, and whether they can be spoken."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.checks import Check, good, note
from bot.config import Config
from bot.errors import EchoesError
from bot.hearing.whisper import model_folder, name_of
from bot.playing.installed import can_look
from bot.store.corpus import Corpus
from bot.store.sounds import counted
from bot.workspace import Workspace


def examine_speech(workspace: Workspace, config: Config) -> Iterator[Check]:
    """Nothing here keeps the avatar from running: what is not heard is `[voice 0:12]`, what is not spoken is text."""
    yield from _hearing(workspace, config)
    if config.speaking is None:
        return
    program = config.speaking.command[0]
    if not can_look():
        yield note("speaking", "nothing is spoken: run `pip install 'echoes-avatar[media]'`")
    elif shutil.which(program) is None:
        yield note("speaking", f"nothing is spoken: speaking.command names {program}, which is not there")
    else:
        yield good("speaking", f"{program}, in the voice that the consent names")


def _hearing(workspace: Workspace, config: Config) -> Iterator[Check]:
    if config.hearing is None:
        yield from _waiting(workspace, "name a model as `hearing:` in config.yaml, then")
        return
    try:
        folder = model_folder(config.hearing, workspace.hearing)
    except EchoesError as error:
        yield note("hearing", f"voice messages stay unheard. {error}")
        return
    yield good("hearing", f"whisper {name_of(config.hearing.model)}, {_size(folder) / 1e6:,.0f} MB")
    yield from _waiting(workspace, "")


def _waiting(workspace: Workspace, first: str) -> Iterator[Check]:
    if not workspace.corpus.exists():
        return
    try:
        with Corpus.open(workspace.corpus) as corpus:
            sounds, known = counted(corpus)
    except EchoesError as error:
        yield note("voice messages", str(error))
        return
    if sounds > known:
        what = f"{sounds - known:,} of {sounds:,} imported ones are not written down"
        yield note("voice messages", f"{what}: {first} `echoes transcribe`".replace("  ", " "))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
