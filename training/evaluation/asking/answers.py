"""One job of a respondent: what the store knows already, what is still to be asked, and a bar that counts both."""

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeVar

from tqdm import tqdm

from training.evaluation.asking.store import Answers

T = TypeVar("T")


def answered(
    store: Answers | None,
    keys: Sequence[str],
    ask: Callable[[list[int]], Generator[Mapping[int, T], None, None]],
    plain: Callable[[T], Any],
    title: str,
    unit: str,
    *,
    shown: bool = True,
) -> list[Any]:
    """Returns an answer for each key, as JSON holds it, and, if it is to be shown, its progress on stderr.

    What is asked twice is answered once; without a store nothing is kept.

    ask: is told which keys are not known, by index, and yields some of their answers at a time, by place in that list.
    plain: an answer as JSON holds it.
    """
    found = store.get(set(keys)) if store else {}
    first = {key: index for index, key in reversed(list(enumerate(keys)))}
    missing = sorted(index for key, index in first.items() if key not in found)
    with tqdm(
        total=len(first),
        desc=title,
        unit=unit,
        dynamic_ncols=True,
        mininterval=0.2 if sys.stderr.isatty() else 15.0,
        disable=not (keys and shown),
    ) as bar:
        bar.update(len(found))
        if missing:
            with closing(ask(missing)) as batches:
                for batch in batches:
                    new = {keys[missing[place]]: plain(answer) for place, answer in batch.items()}
                    if store:
                        store.put(new)
                    found |= new
                    bar.update(len(new))
    return [found[key] for key in keys]
