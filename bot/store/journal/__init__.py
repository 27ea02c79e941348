"""The daemon's durable record. A message is here before it is handled, a reply before it is sent."""

from bot.store.journal.entries import Aside, Entry, Kind, State
from bot.store.journal.forgetting import Forgotten
from bot.store.journal.journal import Journal
from bot.store.journal.openings import Talk
from bot.store.journal.outcomes import Settled
from bot.store.journal.outgoing import Put
from bot.store.journal.troubles import CRASHES

__all__ = ["CRASHES", "Aside", "Entry", "Forgotten", "Journal", "Kind", "Put", "Settled", "State", "Talk"]
