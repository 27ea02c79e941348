"""What becomes of a group's messages is noted with its reasons, and shown where the platform has a place for it."""

import logging
from collections.abc import Sequence

from bot.errors import EchoesError
from bot.explanation import explain
from bot.message import Chat, ChatKind
from bot.outcome import Gate, Outcome
from bot.persona import LANGUAGES
from bot.platform import Adapter, ShownDecision
from bot.store.journal import Entry, Journal

log = logging.getLogger(__name__)


class Outcomes:
    """Tells the journal and the platform. In private every message is answered: there is nothing to tell."""

    def __init__(self, adapter: Adapter, journal: Journal) -> None:
        self._adapter = adapter
        self._journal = journal

    async def tell(self, chat: Chat, entry: Entry, outcome: Outcome) -> None:
        if chat.kind is not ChatKind.GROUP:
            return
        self._journal.became(entry.seq, outcome)
        if entry.native_id is not None:
            await self._show(chat, entry.native_id, outcome)

    async def joined(self, chat: Chat, answered: Sequence[Entry]) -> None:
        """Tells of what a reply answers besides the message for which it was decided on."""
        for entry in answered:
            if not self._journal.has_outcome(entry.seq):
                await self.tell(chat, entry, Outcome(Gate.JOINED, answer=True))

    async def _show(self, chat: Chat, message_id: str, outcome: Outcome) -> None:
        """Where the platform cannot, nothing else is held up by it."""
        often = outcome.decision.often if outcome.decision and outcome.gate is Gate.DECIDED else None
        why = {language: explain(outcome, language) for language in LANGUAGES}
        try:
            await self._adapter.show_decision(chat, message_id, ShownDecision(outcome.answer, often, why))
        except EchoesError:
            pass  # nobody looks just now
        except Exception:
            log.exception("A decision could not be shown on %s.", chat.platform)
