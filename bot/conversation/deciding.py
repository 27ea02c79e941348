"""The decision on one message of a group: answer, or stay silent."""

import logging
import time
from datetime import timedelta

from bot.chat.decision import chance_of
from bot.chat.features import is_addressed, seen
from bot.clock import Clock
from bot.conversation.avatar import Avatar
from bot.conversation.context import messages
from bot.conversation.policy import part_in, replies_left
from bot.conversation.view import View
from bot.message import Chat
from bot.observer import Observer
from bot.outcome import Gate, Outcome
from bot.store.journal import Entry, Journal

log = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)


async def decide(
    entry: Entry, chat: Chat, view: View, avatar: Avatar, journal: Journal, observe: Observer, clock: Clock
) -> Outcome:
    """Asks the model and the calibration, within the part and the budget that the owner gives the group."""
    keys = (chat.key, *journal.former(chat))
    began = time.perf_counter()
    lines = view.lines(entry.seq)
    features = seen(messages(lines), avatar.persona)
    addressed = is_addressed(features)
    if part_in(avatar.config, keys) == "addressed" and not addressed:
        return Outcome(Gate.UNADDRESSED)
    p_model = await avatar.engine.p_answer(chat.key, await view.prompt(lines))
    decision = avatar.calibration.decide(p_model, features, chance_of(chat.key, entry.message.id))
    given = journal.replies_since(chat, clock.now() - _HOUR)
    spent = decision.answer and not replies_left(avatar.config, keys, given, addressed=addressed)
    outcome = Outcome(Gate.BUDGET if spent else Gate.DECIDED, decision.answer and not spent, decision)
    seconds = time.perf_counter() - began
    observe.decided(outcome.answer, decision.probability, seconds)
    log.info(
        "Decision on %s, entry %d: %s, p=%.3f, %.0f ms",
        chat.platform,
        entry.seq,
        "answer" if outcome.answer else "silence",
        decision.probability,
        seconds * 1000,
    )
    return outcome
