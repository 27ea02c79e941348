"""Which messages may be answered at all: the rest is settled before anything is decided."""

from collections.abc import Sequence
from datetime import timedelta

from bot.clock import Clock
from bot.conversation.arriving import Arrivals
from bot.conversation.avatar import Avatar
from bot.conversation.loops import goes_round
from bot.conversation.outcomes import Outcomes
from bot.conversation.policy import settled_by
from bot.conversation.quiet import heard_at
from bot.conversation.tries import Tries
from bot.message import Chat, ChatKind
from bot.outcome import Gate, Outcome
from bot.platform import Adapter
from bot.store.journal import Entry, Journal, State

_LATELY = 120  # entries that tell how it goes here


class Admission:
    """Lets the messages of one chat in, with what comes with them."""

    def __init__(
        self,
        avatar: Avatar,
        adapter: Adapter,
        journal: Journal,
        clock: Clock,
        tries: Tries,
        outcomes: Outcomes,
        arrivals: Arrivals,
    ) -> None:
        self._avatar = avatar
        self._adapter = adapter
        self._journal = journal
        self._clock = clock
        self._tries = tries
        self._outcomes = outcomes
        self._arrivals = arrivals

    async def admit(self, chat: Chat, pending: Sequence[Entry]) -> list[Entry]:
        """Settles what is not to be answered, fetches what came with the rest; returns what is left, as it is then."""
        admitted: set[int] = set()
        former = self._journal.former(chat)
        group = chat.kind is ChatKind.GROUP
        for entry in self._tries.without_lethal(pending):
            if entry.sender is None:
                self._journal.settle([entry.seq], State.IGNORED)
            elif self._journal.is_stopped(entry.sender):
                self._journal.erase([entry.seq])
                await self._outcomes.tell(chat, entry, Outcome(Gate.STOPPED))
            elif gate := self._settled_by(chat, entry, former):
                heard_only = gate is Gate.STALE or (group and gate is not Gate.OFF)
                self._journal.settle([entry.seq], State.SILENT if heard_only else State.IGNORED)
                await self._outcomes.tell(chat, entry, Outcome(gate))
            else:
                if any(one.to_fetch for one in entry.attachments):
                    with self._tries.handling([entry]):
                        await self._arrivals.fetch(entry, self._adapter)
                admitted.add(entry.seq)
        return [entry for entry in self._journal.pending(chat) if entry.seq in admitted]

    def late(self, entry: Entry) -> bool:
        """Whether a message came long ago, for whatever reason."""
        return self._clock.now() - entry.at > self._stale

    def missed(self, entry: Entry) -> bool:
        """Whether a message waited long, and not because of quiet hours."""
        heard = heard_at(self._avatar.config.quiet_hours, self._avatar.persona.zone, entry.at)
        return self._clock.now() - heard > self._stale

    def _settled_by(self, chat: Chat, entry: Entry, former: set[str]) -> Gate | None:
        """What settles a message before anything is decided; None where it may be answered."""
        avatar = self._avatar
        gate = settled_by(avatar.config, avatar.people, chat, entry, former, self._clock.now() - entry.at)
        if gate is None and entry.message.from_bot:
            recent = self._journal.recent(chat, _LATELY)
            if goes_round([one for one in recent if one.seq < entry.seq], self._clock.now()):
                return Gate.LOOP
        private = chat.kind is ChatKind.PRIVATE
        if gate is None and private and avatar.config.after_outage == "leave" and self.missed(entry):
            return Gate.STALE
        return gate

    @property
    def _stale(self) -> timedelta:
        return timedelta(hours=self._avatar.config.stale_hours)
