"""One job of a voice: what the store knows already, what is still to be asked, and a bar that counts both."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from training.evaluation.asking.store import Shelf


class Answers:
    """The answers of one job by index, each as JSON holds it. What is asked twice is answered once."""

    def __init__(self, shelf: Shelf | None, keys: Sequence[str], told: Callable[[int], object]) -> None:
        self._shelf, self._keys, self._told = shelf, keys, told
        self._found: dict[str, Any] = {}
        if shelf:
            kept = {key: shelf.get(key) for key in keys}
            self._found = {key: answer for key, answer in kept.items() if answer is not None}
        told(len(self._found))

    @property
    def missing(self) -> list[int]:
        """The first index of each that is not known."""
        first: dict[str, int] = {}
        for index, key in enumerate(self._keys):
            first.setdefault(key, index)
        return [index for key, index in first.items() if key not in self._found]

    def put(self, answers: Mapping[int, Any]) -> None:
        found = {self._keys[index]: answer for index, answer in answers.items()}
        if self._shelf:
            self._shelf.put(found)
        self._found.update(found)
        self._told(len(found))

    def all(self) -> list[Any]:
        return [self._found[key] for key in self._keys]


@contextmanager
def answering(
    folder: Path | None, voice: str, kind: str, keys: Sequence[str], title: str, unit: str
) -> Iterator[Answers]:
    """Opens the shelf of a voice for one job (no folder: nothing is kept), and shows its progress on stderr."""
    with tqdm(
        total=len(set(keys)),
        desc=title,
        unit=unit,
        dynamic_ncols=True,
        mininterval=0.2 if sys.stderr.isatty() else 15.0,
        disable=not keys,
    ) as bar:
        if folder is None:
            yield Answers(None, keys, bar.update)
        else:
            with Shelf(folder, voice, kind) as shelf:
                yield Answers(shelf, keys, bar.update)
