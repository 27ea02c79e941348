"""What the avatar itself heard and said, as a source of memory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.chat.attachments import spoken
from bot.memory.index import Place, Words
from bot.memory.source import ANSWER, Exchange, Whereabouts, exchange_at
from bot.message import Account, Chat, ChatKind
from bot.store.journal import Journal, State

_KEY = "journal/"
_OPEN = (State.NEW, State.QUEUED, State.SENDING)


@dataclass(slots=True)
class JournalSource:
    """Reads the daemon's journal: of what was said there all belongs to the era that the avatar speaks from."""

    journal: Journal
    grows: bool = True
    until: datetime | None = None
    _until: int = field(default=0, init=False)  # the seq up to which it is known who wrote in which private chat
    _private: dict[Account, set[str]] = field(default_factory=dict, init=False)

    def places(self, where: Whereabouts) -> Sequence[Place]:
        if where.chat.kind is ChatKind.GROUP:
            return [Place(f"{_KEY}{where.chat.key}", "")]
        for account, key, seq in self.journal.correspondents(self._until):
            self._private.setdefault(account, set()).add(key)
            self._until = max(self._until, seq)
        keys = {key for account in where.accounts for key in self._private.get(account, ())} | {where.chat.key}
        return [Place(f"{_KEY}{key}", "") for key in sorted(keys)]

    def words(self, place: Place, after: int) -> Iterable[Words]:
        for entry in self.journal.said(place.key.removeprefix(_KEY), after):
            message = entry.message
            if entry.state is State.NEW and any(one.to_fetch for one in entry.attachments):
                return  # it is not heard yet; what follows waits for it, for no place is looked at twice
            text = spoken(message)
            if text and not message.forwarded and not message.from_bot:
                yield Words(entry.seq, entry.at.timestamp(), text)

    def stale(self, keys: Sequence[str], chat: Chat | None) -> Sequence[str]:
        return [key for key in keys if key.startswith(_KEY) and (chat is None or key == f"{_KEY}{chat.key}")]

    def close(self) -> None:
        """Nothing: the journal is the daemon's."""

    def exchange(self, place: str, ref: int) -> Exchange | None:
        around = self.journal.around(place.removeprefix(_KEY), ref, 2 * ANSWER)
        said = [(one.seq, one.message) for one in around if one.state not in _OPEN]
        return exchange_at(said, ref)
