"""The one inference thread: requests take turns, a step each, so that a decision never waits for a whole reply.

Batches go on only while no request does.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from bot.errors import PassingError

Steps = Generator[None, None, Any]
"""A request cut into steps; what it returns is its result. Closing it must leave everything valid."""


class Manners(Enum):
    """How a request shares the thread.

    TURNS: such requests take one step each in turn. BATCH: takes a step only while no other request wants one.
    ALONE: begins when the requests before it have ended, and those after it wait for its end. It ends batches.
    """

    TURNS = auto()
    BATCH = auto()
    ALONE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    steps: Steps
    result: "Future[Any]"
    manners: Manners


class InferenceThread:
    """Runs requests' steps, one at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._waiting: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._step_began: float | None = None
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)
        self._thread.start()

    def submit(self, steps: Steps, manners: Manners = Manners.TURNS) -> "Future[Any]":
        """Queues a request; cancelling its future stops it between two steps."""
        job = _Job(steps, Future(), manners)
        with self._wake:
            if self._closed:
                raise _closed()
            self._waiting.append(job)
            self._wake.notify()
        return job.result

    def step_seconds(self) -> float:
        """How long the present step has taken so far; 0 between steps, endless if the thread has died."""
        if not (self._closed or self._thread.is_alive()):
            return math.inf
        began = self._step_began
        return 0.0 if began is None else time.monotonic() - began

    def close(self) -> None:
        """Ends the thread after its present step; unfinished requests fail with PassingError."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        active: deque[_Job] = deque()
        batches: deque[_Job] = deque()
        while True:
            with self._wake:
                while not (self._closed or active or batches or self._waiting):
                    self._wake.wait()
                if self._closed:
                    break
                self._admit(active, batches)
            queue = active or batches
            if queue:
                job = queue.popleft()
                if self._step(job):
                    queue.append(job)
        for job in (*active, *batches, *self._waiting):
            _end(job, _closed())

    def _admit(self, active: deque[_Job], batches: deque[_Job]) -> None:
        """New requests go first: most are decisions, and short."""
        while self._waiting and not any(job.manners is Manners.ALONE for job in active):
            new = self._waiting[0].manners
            if new is Manners.ALONE:
                if active:
                    return
                while batches:  # half of their answers would be the old LoRA's
                    _end(batches.popleft(), PassingError("The LoRA was changed while a batch was at work."))
            (batches if new is Manners.BATCH else active).appendleft(self._waiting.popleft())

    def _step(self, job: _Job) -> bool:
        """Runs one step; whether more are to come."""
        if job.result.cancelled():
            job.steps.close()
            return False
        self._step_began = time.monotonic()
        try:
            next(job.steps)
            return True
        except StopIteration as end:
            with suppress(InvalidStateError):  # cancelled in the meantime
                job.result.set_result(end.value)
        except Exception as error:
            with suppress(InvalidStateError):
                job.result.set_exception(error)
        finally:
            self._step_began = None
        return False


def _end(job: _Job, error: PassingError) -> None:
    job.steps.close()
    with suppress(InvalidStateError):
        job.result.set_exception(error)


def _closed() -> PassingError:
    return PassingError("The engine has been shut down.")
