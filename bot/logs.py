"""Logging to standard error, where journald reads it. Tokens never pass, neither in messages nor in tracebacks."""

import logging
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TextIO

from bot.errors import EchoesError
from bot.secrets import Secret, shapes

REDACTED = "[token]"
_OURS = ("bot", "adapters", "training")
_SHORTEST = 6  # a shorter secret would redact common words


_OF_A_KIND = 10
"""Warnings and errors of one kind that are written in a minute; how many more there were is said after it."""


_QUOTING = (ValueError, LookupError, TypeError, AssertionError)
"""Errors whose messages quote the values at hand, and so what somebody wrote. Our own sentences do not."""


class RedactingFormatter(logging.Formatter):
    """Cuts tokens out of the finished line: message, arguments, traceback and stack alike."""

    def __init__(
        self, tokens: Iterable[str], known: Iterable[Secret] = (), *, timestamps: bool, priorities: bool
    ) -> None:
        """tokens: what was given. known: whose shapes are cut out wherever they stand."""
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s" if timestamps else "%(name)s: %(message)s")
        self._tokens = sorted((token for token in tokens if len(token) >= _SHORTEST), key=len, reverse=True)
        self._shapes = shapes(known)
        self._priorities = priorities

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for token in self._tokens:
            text = text.replace(token, REDACTED)
        text = self._shapes.sub(REDACTED, text)
        if not self._priorities:
            return text
        mark = _priority(record.levelno)
        return "\n".join(f"{mark}{line}" for line in text.splitlines())

    def formatException(self, ei: Any) -> str:
        """The traceback with its causes, without the messages that may quote what somebody wrote."""
        error = ei[1] if isinstance(ei, tuple) else ei
        return "\n".join(_traceback(error, set())) if isinstance(error, BaseException) else ""


def _traceback(error: BaseException, seen: set[int]) -> list[str]:
    """Causes first, as Python prints them."""
    seen.add(id(error))
    lines: list[str] = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        lines += [*_traceback(before, seen), "which led to:"]
    lines += "".join(traceback.format_tb(error.__traceback__)).splitlines()
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    quoting = isinstance(error, _QUOTING) and not isinstance(error, OSError | EchoesError)
    lines.append(f"{kind}: {'(message withheld)' if quoting else error}")
    if isinstance(error, BaseExceptionGroup):
        for number, part in enumerate(error.exceptions, 1):
            lines += [f"part {number}:", *(f"  {line}" for line in _traceback(part, seen))]
    return lines


@dataclass(slots=True)
class _Kind:
    """A minute of lines of one kind. `last`: the newest that was left out."""

    since: float
    count: int = 0
    left_out: int = 0
    last: str = ""


class SparingHandler(logging.StreamHandler[TextIO]):
    """Writes only so many warnings of one kind a minute: a fault that comes back at once must not fill the disk.

    One kind: of the same logger, level, template and exception. What is no warning tells of work done, a line a piece,
    and always passes. How many were left out is said with the next line of any kind after the minute, or at the end.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds."""
        super().__init__(stream)
        self._clock = clock
        self._kinds: dict[tuple[str, int, str, type[BaseException] | None], _Kind] = {}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            now = self._clock()
            self._say_left_out(now - 60)
            passes = record.levelno < logging.WARNING or self._counted(record, now)
        except Exception:
            self.handleError(record)
        else:
            if passes:
                super().emit(record)

    def _counted(self, record: logging.LogRecord, now: float) -> bool:
        """Whether there is room for it among its kind."""
        message, template = record.getMessage(), str(record.msg)
        words = message if template == "%s" else template  # "%s" is no template but a ready sentence
        error = record.exc_info[0] if record.exc_info else None
        kind = self._kinds.setdefault((record.name, record.levelno, words, error), _Kind(now))
        kind.count += 1
        if kind.count > _OF_A_KIND:
            kind.left_out += 1
            kind.last = message
        return kind.count <= _OF_A_KIND

    def close(self) -> None:
        self._say_left_out(math.inf)
        super().close()

    def _say_left_out(self, until: float) -> None:
        """Of the minutes that began by then."""
        for key, kind in [(key, kind) for key, kind in self._kinds.items() if kind.since <= until]:
            del self._kinds[key]
            if kind.left_out:
                words, values = "%d more of these were left out, the last: %s", (kind.left_out, kind.last)
                super().emit(logging.LogRecord(key[0], key[1], "", 0, words, values, None))


def start_logging(
    tokens: Iterable[str] = (),
    level: int = logging.INFO,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
    known: Iterable[Secret] = (),
) -> logging.Handler:
    """Sends every log line to `stream` (standard error), redacted, and libraries' chatter nowhere. Returns the handler.

    A handler of another making would not redact, so those that stand on the root are taken off.
    """
    stream = sys.stderr if stream is None else stream
    journald = "JOURNAL_STREAM" in os.environ  # it adds the time itself, and reads the priority from a mark
    handler = SparingHandler(stream, clock)
    handler.addFilter(_ours_or_serious)
    handler.setFormatter(RedactingFormatter(tokens, known, timestamps=not journald, priorities=journald))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    return handler


def _ours_or_serious(record: logging.LogRecord) -> bool:
    """Libraries' lines below a warning say what was fetched from where, or even what was written."""
    return record.levelno >= logging.WARNING or record.name.split(".")[0] in _OURS


def _priority(level: int) -> str:
    """syslog's mark for a line, as sd-daemon(3) has it."""
    if level >= logging.CRITICAL:
        return "<2>"
    if level >= logging.ERROR:
        return "<3>"
    if level >= logging.WARNING:
        return "<4>"
    return "<6>" if level >= logging.INFO else "<7>"
