"""An engine for code that waits for each answer, such as training and evaluation."""

import asyncio
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from bot.engine.base import BatchEngine, Batches

E_co = TypeVar("E_co", bound=BatchEngine, covariant=True)
T = TypeVar("T")


class Blocking(Generic[E_co]):
    """Runs an engine's coroutines on an event loop of its own. For one thread, in which no loop runs."""

    def __init__(self, engine: E_co, runner: asyncio.Runner) -> None:
        self.engine = engine
        self._runner = runner

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Waits for one request and returns its result."""
        return self._runner.run(work)

    def each(self, batches: Batches[T]) -> Generator[dict[int, T], None, None]:
        """Yields a batch's answers as they are found. Closing it ends the batch."""

        async def following() -> dict[int, T] | None:
            return await anext(batches, None)

        async def end() -> None:
            await batches.aclose()

        try:
            while (found := self._runner.run(following())) is not None:
                yield found
        finally:
            self._runner.run(end())


@contextmanager
def blocking(made: Coroutine[Any, Any, E_co]) -> Iterator[Blocking[E_co]]:
    """Makes an engine, by a call of the factory, and closes it at the end."""
    with asyncio.Runner() as runner:
        engine = runner.run(made)
        try:
            yield Blocking(engine, runner)
        finally:
            runner.run(engine.aclose())
