"""One message that fails again and again must not hold up the rest of its chat: it is found, and set aside."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bot.errors import PassingError, PermanentError, RefusedError
from bot.message import Chat
from bot.store.journal import CRASHES, Entry, Journal

log = logging.getLogger(__name__)

_CAREFUL_FROM = 2
"""Failures, or beginnings without an end, after which messages are handled one by one, to find which one it is."""


class Tries:
    """Keeps count for one chat of what goes wrong with its messages. What is counted is in the journal."""

    def __init__(self, chat: Chat, journal: Journal) -> None:
        self._platform = chat.platform
        self._journal = journal
        self._begun: set[int] = set()  # messages that this process has begun to handle

    def clear(self) -> None:
        """Notes that nothing is in hand any more."""
        self._begun.clear()

    @contextmanager
    def handling(self, entries: Sequence[Entry]) -> Iterator[None]:
        """Counts what goes wrong within, and raises it again. What passes, or hits every message alike, is not counted.

        The beginning is in the journal, too: should the process die of it, the next one knows of what.
        """
        seqs = [entry.seq for entry in entries]
        if fresh := [seq for seq in seqs if seq not in self._begun]:
            self._journal.begin(fresh)
            self._begun.update(fresh)
        try:
            yield
        except BaseException as error:  # cancelled as well: somebody stops the daemon in an orderly way
            self._begun.difference_update(seqs)
            if not isinstance(error, Exception) or _passes(error):
                self._journal.left(seqs)
            elif self._journal.failed(seqs, type(error).__name__):
                log.error(
                    "Message %d on %s failed three times (%s) and is set aside, the chat goes on without it: "
                    "see `echoes aside`.",
                    seqs[0],
                    self._platform,
                    type(error).__name__,
                )
            raise

    def at_a_time(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Returns what to handle at a time: all messages, or the first alone where one of them failed before."""
        careful = any(max(entry.tries, self._crashes(entry)) >= _CAREFUL_FROM for entry in entries)
        return entries[:1] if careful else entries

    def is_last(self, entry: Entry) -> bool:
        """Whether a message is tried once more and then set aside."""
        return entry.tries >= _CAREFUL_FROM

    def without_lethal(self, entries: Sequence[Entry]) -> list[Entry]:
        """Sets aside what the process died of again and again; returns the rest."""
        lethal = [entry for entry in entries if self._crashes(entry) >= CRASHES]
        for entry in lethal:
            self._journal.set_aside(entry.seq, "the process ended")
            log.error(
                "The process ended %d times while message %d on %s was handled; it is set aside: see `echoes aside`.",
                self._crashes(entry),
                entry.seq,
                self._platform,
            )
        return [entry for entry in entries if entry not in lethal]

    def _crashes(self, entry: Entry) -> int:
        """How often a process ended while it handled this message."""
        return entry.begun - (entry.seq in self._begun)


def _passes(error: Exception) -> bool:
    """Whether an error may pass by itself, or hits every message alike until a person mends something."""
    if isinstance(error, RefusedError):
        return not error.for_its_content
    return isinstance(error, PassingError | PermanentError)
