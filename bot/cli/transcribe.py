"""`echoes transcribe`: writes down what is said in the imported voice messages and videos, on this machine."""

import argparse
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from tqdm import tqdm

from bot.config import HearingConfig, load_config
from bot.errors import DataError, ExitCode
from bot.hearing.transcriber import Transcriber
from bot.hearing.whisper import open_whisper
from bot.media import MediaStore
from bot.people import load_people
from bot.playing.reading import NotInstalled
from bot.store.corpus import Corpus
from bot.store.sounds import counted, note_heard, to_hear
from bot.workspace import Workspace


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fetch", action="store_true", help="fetch the model from the model hub first, if it is not here"
    )
    parser.add_argument("--again", action="store_true", help="also what another model wrote down before")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    transcribe(workspace, hearing_with(workspace, fetch=args.fetch), again=args.again)
    return ExitCode.OK


def hearing_with(workspace: Workspace, *, fetch: bool = False) -> Transcriber:
    """Loads the model that config.yaml names, else the default one. Raises what `open_whisper` raises."""
    return open_whisper(load_config(workspace.config).hearing or HearingConfig(), workspace.hearing, fetch=fetch)


@dataclass(slots=True)
class _Tally:
    written: int = 0
    wordless: int = 0
    gone: int = 0
    unheard: int = 0
    closed: Counter[tuple[str, str]] = field(default_factory=Counter)  # what they are, and how to have it opened


def transcribe(
    workspace: Workspace, transcriber: Transcriber, *, again: bool = False, out: TextIO | None = None
) -> None:
    """Writes down all that waits, each kept at once, so that it may be broken off and taken up at any time.

    out: where the counts go; standard output if left out.
    """
    tally = _Tally()
    media = MediaStore(workspace.media)
    with Corpus.open(workspace.corpus, load_people(workspace.people).left_out) as corpus:
        waiting = to_hear(corpus, transcriber.name, again=again)
        try:
            for sound in tqdm(waiting, desc="hear", unit="message", file=sys.stderr, disable=None, leave=False):
                file = media.sound(sound.ref)
                if file is None:
                    tally.gone += 1
                    continue
                try:
                    heard = transcriber.transcribe(file, threading.Event())
                except NotInstalled as error:
                    tally.closed[error.what, error.install] += 1
                    continue
                except DataError:
                    tally.unheard += 1
                    continue
                if note_heard(corpus, sound, heard.words, heard.seconds, transcriber.name):
                    tally.written += bool(heard.words)
                    tally.wordless += not heard.words
        finally:
            for line in _told(tally, *counted(corpus)):
                print(line, file=out)


def _told(tally: _Tally, sounds: int, known: int) -> Iterator[str]:
    if not sounds:
        yield "The corpus holds no sound: import an export with its voice messages (again, if it was before this)."
        return
    yield f"Written down: {tally.written:,} of {sounds:,} voice messages and videos with sound"
    for count, what in (
        (tally.wordless, "in which nobody speaks"),
        (tally.unheard, "that cannot be opened, or play too long"),
        (tally.gone, "whose sound is no longer in the workspace"),
    ):
        if count:
            yield f"  {count:,} {what}"
    for (what, install), count in tally.closed.items():
        yield f"  {count:,} {what}: run `{install}`, then `echoes transcribe` again"
    if sounds > known:
        yield f"Not written down: {sounds - known:,} (`echoes transcribe` goes on with them)"
