"""Found by meaning: what was said and what is asked, as vectors of the owner's encoder.

The encoder is asked in a thread of its own, never on the event loop, and the index is touched on the event loop alone.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.config import MemoryConfig
from bot.engine.encoder import LocalEncoder
from bot.errors import ConfigError, EchoesError
from bot.memory.index import Found, Index, Place
from bot.memory.source import Source
from bot.memory.vectors import Encoder, Vectors

log = logging.getLogger(__name__)

_ROWS = 64  # messages that are read at once: a question waits for no more
_ASKED = 256  # questions whose vectors are at hand
_SECONDS = 10.0  # that a message waits for the encoder
_MANY = 1000  # messages that take long enough to read to say so


@dataclass(frozen=True, slots=True)
class _Unread:
    ref: int
    row: int
    text: str


class Meaning:
    """Reads for one index. Where the encoder fails that is logged once, and what is asked is looked up by its words."""

    def __init__(self, encoder: Encoder, *, at_once: bool = False) -> None:
        """at_once: nobody else waits, so what has no vector yet is read when it is needed, and not later.

        Raises what the encoder does where there is none.
        """
        self.encoder = encoder
        self._fingerprint = encoder.fingerprint
        self._at_once = at_once
        self._thread = ThreadPoolExecutor(1, "encoder")
        self._asked: dict[str, NDArray[np.float32]] = {}
        self._unread: dict[str, Source] = {}  # places in which something may have no vector yet
        self._noted: set[str] = set()
        self._changes = 0
        self._failed = False

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.encoder.close()

    def adopt(self, index: Index) -> None:
        """Takes an index that was just opened: what another encoder read in it is read anew."""
        if self._vectors(index).adopt():
            log.warning("Another encoder is set: all that was said is read anew by %s.", self.encoder.name)

    def note(self, place: str, source: Source, *, as_it_was: bool) -> None:
        """Notes a place that was looked into. as_it_was: nothing was said there since the last time."""
        if not as_it_was or place not in self._noted:
            self._unread[place] = source
            self._noted.add(place)

    def forget(self) -> None:
        """Lets go of what was asked; what is being read just now is not kept, for it may have been taken away."""
        self._changes += 1
        self._asked.clear()

    def near(self, index: Index, where: Sequence[tuple[Sequence[str], float]], asked: str) -> list[Found] | None:
        """Returns what `Vectors.near` does; None also where the question could not be read."""
        if self._at_once:
            self._catch_up_now(index)
            if asked not in self._asked and (read := self._read([asked])) is not None:
                self._know([asked], read)
        vector = self._asked.get(asked)
        return None if vector is None else self._vectors(index).near(where, vector)

    async def ask(self, texts: Sequence[str]) -> None:
        """Reads questions that will be looked up; a message waits for that for a limited time."""
        new = list(dict.fromkeys(text for text in texts if text not in self._asked))[-_ASKED:]
        if not new:
            return
        changes = self._changes
        try:
            async with asyncio.timeout(_SECONDS):
                read = await self._read_beside(new)
        except TimeoutError:
            self._fail(f"it took more than {_SECONDS:.0f} s")
            return
        if read is not None and changes == self._changes:
            self._know(new, read)

    async def catch_up(self, index: Callable[[], Index]) -> None:
        """Reads what has no vector yet, bit by bit. index: asked for each time, for it may have been made anew."""
        while self._unread:
            place, source = self._unread.popitem()
            whole = False
            try:
                whole = await self._read_place(index, place, source)
            finally:
                if not whole:
                    self._unread.setdefault(place, source)
            if not whole:
                return

    async def _read_place(self, index: Callable[[], Index], place: str, source: Source) -> bool:
        """Returns whether all of it was read. What may have been taken away meanwhile is not kept."""
        for some in _bits(self._missing(index(), place, source)):
            changes = self._changes
            read = await self._read_beside([one.text for one in some])
            if read is None or changes != self._changes:
                return False
            self._vectors(index()).keep(place, [(one.ref, one.row) for one in some], read)
        return True

    def _catch_up_now(self, index: Index) -> None:
        for place, source in list(self._unread.items()):
            missing = self._missing(index, place, source)
            if len(missing) > _MANY:
                log.warning("%s messages are read by %s, once; that takes a while.", len(missing), self.encoder.name)
            for some in _bits(missing):
                read = self._read([one.text for one in some])
                if read is None:
                    return
                self._vectors(index).keep(place, [(one.ref, one.row) for one in some], read)
            del self._unread[place]

    async def _read_beside(self, texts: list[str]) -> NDArray[np.float32] | None:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, texts)

    def _read(self, texts: list[str]) -> NDArray[np.float32] | None:
        """The vectors of texts; None where the encoder fails."""
        try:
            read = self.encoder.vectors(texts)
        except EchoesError as error:
            self._fail(str(error))
            return None
        except Exception as error:  # whatever a model's library raises: its words could quote what was said
            self._fail(type(error).__name__)
            return None
        self._failed = False
        return read

    def _missing(self, index: Index, place: str, source: Source) -> list[_Unread]:
        """What has no vector yet of a place, as it is said there now."""
        rows = self._vectors(index).missing(place)
        if not rows:
            return []
        said = source.words(Place(place, ""), next(iter(rows)) - 1)
        return [_Unread(one.ref, rows[one.ref], one.text) for one in said if one.ref in rows]

    def _vectors(self, index: Index) -> Vectors:
        return Vectors(index, self._fingerprint)

    def _know(self, asked: Sequence[str], vectors: NDArray[np.float32]) -> None:
        self._asked.update(zip(asked, vectors, strict=True))
        for text in list(self._asked)[:-_ASKED]:
            del self._asked[text]

    def _fail(self, why: str) -> None:
        """Says so once, until it works again."""
        if not self._failed:
            self._failed = True
            log.warning("What was said before is looked up by words alone, for the encoder fails: %s", why)


def open_meaning(config: MemoryConfig | None, *, at_once: bool = False, load: bool = True) -> Meaning | None:
    """Opens the encoder that the owner named, if any. Raises ConfigError where its folder holds none.

    load: not only once it is asked.
    """
    if config is None:
        return None
    encoder = LocalEncoder(Path(config.encoder).expanduser())
    try:
        if load:
            encoder.load()
        return Meaning(encoder, at_once=at_once)
    except ConfigError as error:
        raise ConfigError(f"memory.encoder: {error}") from error


def _bits(every: Sequence[_Unread]) -> Iterator[Sequence[_Unread]]:
    for first in range(0, len(every), _ROWS):
        yield every[first : first + _ROWS]
