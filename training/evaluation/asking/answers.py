"""One job of a respondent: what the store knows already, what is still to be asked, and a bar that counts both."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from training.evaluation.asking.store import AnswerStore


class Answers:
    """The answers of one job by index, each as JSON holds it. What is asked twice is answered once."""

    def __init__(self, store: AnswerStore | None, keys: Sequence[str], told: Callable[[int], object]) -> None:
        self._store, self._keys, self._told = store, keys, told
        self._found: dict[str, Any] = store.get(set(keys)) if store else {}
        told(len(self._found))

    @property
    def missing(self) -> list[int]:
        """The indices of the answers that are not known, one for each key."""
        first: dict[str, int] = {}
        for index, key in enumerate(self._keys):
            first.setdefault(key, index)
        return [index for key, index in first.items() if key not in self._found]

    def put(self, answers: Mapping[int, Any]) -> None:
        found = {self._keys[index]: answer for index, answer in answers.items()}
        if self._store:
            self._store.put(found)
        self._found.update(found)
        self._told(len(found))

    def all(self) -> list[Any]:
        return [self._found[key] for key in self._keys]


@contextmanager
def answering(store: AnswerStore | None, keys: Sequence[str], title: str, unit: str) -> Iterator[Answers]:
    """Opens one job (without a store nothing is kept), and shows its progress on stderr."""
    with tqdm(
        total=len(set(keys)),
        desc=title,
        unit=unit,
        dynamic_ncols=True,
        mininterval=0.2 if sys.stderr.isatty() else 15.0,
        disable=not keys,
    ) as bar:
        yield Answers(store, keys, bar.update)
