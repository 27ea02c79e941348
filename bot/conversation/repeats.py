"""Whether a reply says again what was said in another chat: eight words in a row, or sixteen characters of Chinese.

What the avatar told somebody else in the same words makes it look like a machine; it is drawn again, and sent in the
end, for silence would look worse. What somebody else wrote is another matter: to tell it on, word for word, is to
betray them, however it came about, and no reply is worth that. Nobody's secret is what was said in the chat itself,
too, what stands in a group that the contact is in, and what several people wrote in the same words, as at New Year.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import groupby

from bot.chat.attachments import spoken
from bot.errors import EchoesError
from bot.message import Account, Chat, ChatKind
from bot.store.journal import Entry, Kind

ELSEWHERE = 2000
"""How many of the newest entries of other chats are looked at: about a tenth of a second on a slow core."""

_LONG_ENOUGH = 16  # characters of Chinese; a word counts as two
_EAST_ASIAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_EAST_ASIAN}]|[^\W_{_EAST_ASIAN}]+(?:['’][^\W_{_EAST_ASIAN}]+)*")


class Repeat(Enum):
    NOTHING = "nothing"
    OWN = "what the avatar said elsewhere"
    OTHERS = "what somebody else wrote elsewhere"


class TellsOnError(EchoesError):
    """Every reply that was drawn tells what somebody wrote in another chat."""


def phrases(text: str) -> set[int]:
    """Returns a hash for each place from which a text runs on for eight words; no words are kept."""
    words = _WORD.findall(text.casefold().replace("’", "'"))
    weights = [1 if re.match(f"[{_EAST_ASIAN}]", word) else 2 for word in words]
    found: set[int] = set()
    end = weight = 0
    for start in range(len(words)):
        while weight < _LONG_ENOUGH and end < len(words):
            weight += weights[end]
            end += 1
        if weight < _LONG_ENOUGH:
            break
        found.add(hash(tuple(words[start:end])))
        weight -= weights[start]
    return found


def repeated(
    reply: Sequence[str], here: Iterable[str], elsewhere: Sequence[Entry], chat: Chat, contact: Sequence[Account]
) -> Repeat:
    """Returns what of another chat a reply says again; of both, what somebody else wrote.

    here: what was said in this chat. elsewhere: entries of other chats, in order or backwards. contact: the accounts of
    whom a private chat is with.
    """
    said = phrases(" ".join(reply))
    if not said:
        return Repeat.NOTHING
    said -= {one for text in here for one in phrases(text)}
    known = {one.message.chat.key for one in elsewhere if one.sender in contact}
    secret = [one for one in elsewhere if chat.kind is ChatKind.GROUP or one.message.chat.key not in known]
    writers: defaultdict[int, set[Account | None]] = defaultdict(set)
    for one in secret:
        if one.kind is Kind.MESSAGE and not one.message.from_bot:
            for phrase in said & phrases(spoken(one.message)):
                writers[phrase].add(one.sender)
    if any(len(people) == 1 for people in writers.values()):
        return Repeat.OTHERS
    bubbles = (one for one in secret if one.kind is Kind.BUBBLE)
    own = (sorted(group, key=lambda one: one.seq) for _, group in groupby(bubbles, key=lambda one: one.reply))
    if any(not said.isdisjoint(phrases(" ".join(spoken(one.message) for one in bubbles))) for bubbles in own):
        return Repeat.OWN
    return Repeat.NOTHING
