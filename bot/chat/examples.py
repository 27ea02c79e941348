"""What a chat without a past begins with: a few exchanges that anybody may see, for the register of the relationship.

They stand before the first message as earlier turns would, each marked as what it is: no talk with this person.
Training, measuring and serving make them here.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat.dialogue import Bubble, Speaker, Turn
from bot.message import Account
from bot.people import STRANGER, People
from bot.questionnaire import Answer
from bot.released import Exchange, Released

MOST = 3
"""Exchanges that are shown: fewer turns than a dialogue carries over."""

_DISTANT = (STRANGER, "acquaintance")
_LONGEST = 160  # characters of an answer to the questionnaire that is shown as a reply
_MARK = {"en": "from a talk with somebody else", "zh": "和别人的对话"}
_LONG_AGO = timedelta(days=1)  # beyond what ends a dialogue
_ANSWERED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Examples:
    """released, told: what the owner released, and what the person answered in the questionnaire; asked at each use."""

    released: Callable[[], Released]
    told: Callable[[], Sequence[Answer]]

    def for_account(self, account: Account, people: People, forgotten: Collection[Account]) -> list[Exchange]:
        """Returns those for whoever has an account. forgotten: who asked that nothing of theirs be kept."""
        contact = people.find(account)
        gone = {
            one.slug for one in people.contacts if one.left_out or not people.accounts_of(one).isdisjoint(forgotten)
        }
        relationship = contact.relationship if contact else STRANGER
        return examples_for(relationship, self.released(), self.told(), gone)


def examples_for(
    relationship: str, released: Released, told: Sequence[Answer], gone: Collection[str] = ()
) -> list[Exchange]:
    """Returns what a chat with somebody of this relationship begins with; [] where nothing is for them.

    It is what was released for the relationship; to strangers and acquaintances, else, what the person answered in the
    questionnaire, for so they speak to somebody whom they do not know. gone: contacts, by their short names, of whose
    chats nothing may be shown.
    """
    found = [one for one in released.get(relationship, ()) if one.of not in gone]
    if not found and relationship in _DISTANT:
        brief = (one for one in told if one.trait is None and len(one.answer) <= _LONGEST)
        found = [Exchange(one.question, one.answer) for one in brief]
    return found[:MOST]


def example_turns(exchanges: Sequence[Exchange], before: datetime, gap: timedelta, language: str) -> tuple[Turn, ...]:
    """Returns them as turns that came before a time, each a dialogue of its own. gap: what ends a dialogue."""
    turns: list[Turn] = []
    for number, one in enumerate(exchanges):
        at = before - (len(exchanges) - number) * (gap + _LONG_AGO)
        turns.append(Turn(Speaker(), _bubbles(one.they), at, (_MARK[language],)))
        turns.append(Turn(None, _bubbles(one.i), at + _ANSWERED_AFTER))
    return tuple(turns)


def _bubbles(text: str) -> tuple[Bubble, ...]:
    return tuple(Bubble(line.strip()) for line in text.splitlines() if line.strip())
