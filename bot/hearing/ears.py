"""Hearing while people wait: one message at a time, beside the event loop, and for a limited time."""

import asyncio
import logging
import threading

from bot.errors import DataError, EchoesError
from bot.hearing.transcriber import Transcriber, Transcript

log = logging.getLogger(__name__)


class Ears:
    """What the running avatar hears with. wait_seconds: how long writing down one message may take."""

    def __init__(self, transcriber: Transcriber, wait_seconds: float) -> None:
        self._transcriber = transcriber
        self._seconds = wait_seconds
        self._one_at_a_time = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._transcriber.name

    async def hear(self, file: bytes) -> Transcript | None:
        """What is said in a file; None where that cannot be told, with a sentence in the log. Nothing of it is kept."""
        async with self._one_at_a_time:
            stop = threading.Event()
            work = asyncio.create_task(asyncio.to_thread(self._transcriber.transcribe, file, stop))
            try:
                async with asyncio.timeout(self._seconds):
                    return await asyncio.shield(work)
            except TimeoutError:
                stop.set()
                log.warning("A voice message was not written down within %.0f s and stays unheard.", self._seconds)
                await self._ended(work)
            except DataError as error:
                log.warning("%s", error)
            except EchoesError as error:
                log.warning("A voice message stays unheard: %s", error)
            except asyncio.CancelledError:
                stop.set()
                raise
            except Exception as error:  # whatever a model's library raises: its words could quote what was said
                log.warning("A voice message stays unheard (%s).", type(error).__name__)
            return None

    async def _ended(self, work: "asyncio.Task[Transcript]") -> None:
        """Waits until the thread is free again, so that two never use the model at once."""
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()
