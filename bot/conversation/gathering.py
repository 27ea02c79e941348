"""How long an answer waits for more: people write in bursts, and some in longer ones than others."""

import math
from collections.abc import Sequence

from bot.chat.attachments import is_picture
from bot.message import STICKER, ChatKind, Message

TYPING_SECONDS = 10.0
"""Somebody who was seen typing is waited for this long: so long Discord shows it, and then tells it again."""

_ALREADY_WRITING = 2.0
"""Seconds within which nobody reads an answer and writes one: what comes sooner was being written before."""

_PATIENT = 0.9
"""The share of messages after which the wait was long enough: either nothing followed, or it has come."""

_DOUBT = 10
"""How many messages the usual wait weighs as much as: so few of the contact's own do not tell much."""

_RECENT = 60
"""How many of the contact's messages tell; people change."""

_SHORTEST = 1 / 3
"""Of the usual wait: also somebody who never wrote in bursts may begin."""

_FOR_ITS_QUESTION = 2
"""How many times longer a picture without words is waited for."""


def wait_after(messages: Sequence[Message], kind: ChatKind, usual: float, longest: float) -> float:
    """Returns for how many seconds nothing more must come after the last of a chat's messages before it is answered.

    In private it is as this contact writes. usual: the wait for those of whom nothing is known; 0 waits for nobody.
    """
    wait = quiet_seconds(follow_ups(messages, longest), usual, longest) if kind is ChatKind.PRIVATE else usual
    return with_question(wait, messages[-1], longest)


def follow_ups(messages: Sequence[Message], longest: float) -> list[float]:
    """Returns after how many seconds the contact of a private chat wrote on, message by message; 0 where they did not.

    longest: what came later than that is no follow-up. Times without seconds tell nothing, and are left out.
    """
    if not has_seconds(messages):
        return []
    found: list[float] = []
    since: Message | None = None  # the contact's message of which it is not known yet what followed
    spoken: Message | None = None  # the subject's or avatar's last one after it
    for one in messages:
        if one.sender is None:
            spoken = one
            continue
        if since is not None:
            gap = _seconds(since, one)
            read = spoken is not None and _seconds(spoken, one) > _ALREADY_WRITING
            found.append(gap if 0 <= gap <= longest and not read else 0.0)
        since, spoken = one, None
    return found


def has_seconds(messages: Sequence[Message]) -> bool:
    """Whether the times of a chat are told to the second; some exports know minutes only."""
    return any(one.sent_at.second for one in messages)


def quiet_seconds(follow_ups: Sequence[float], usual: float, longest: float) -> float:
    """Returns for how many seconds to wait for somebody who writes like that: at least a third of the usual wait."""
    if not usual:
        return 0.0
    waits = sorted(follow_ups[-_RECENT:])
    enough = waits[math.ceil(_PATIENT * len(waits)) - 1] if waits else usual
    wait = (len(waits) * enough + _DOUBT * usual) / (len(waits) + _DOUBT)
    return min(max(wait, usual * _SHORTEST), longest)


def with_question(seconds: float, last: Message, longest: float) -> float:
    """Returns the wait after a message; of a picture without words somebody is likely to say something yet."""
    picture = any(is_picture(one) or one.kind == STICKER for one in last.attachments)
    return min(seconds * _FOR_ITS_QUESTION, longest) if picture and not last.text.strip() else seconds


def _seconds(before: Message, after: Message) -> float:
    return (after.sent_at - before.sent_at).total_seconds()
