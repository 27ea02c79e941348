"""Who is answered, and what people can ask for: /start, /stop, /forget, /quiet."""

import math
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from bot.config import ConversationConfig
from bot.config.conversation import OTHERS, Part
from bot.message import Account, Chat, ChatKind
from bot.outcome import Gate
from bot.people import People
from bot.store.journal import Entry

V = TypeVar("V")

_PARTS: Mapping[str, Part] = {"all": "decided", "none": "off", "addressed": "addressed"}


class Command(StrEnum):
    START = "/start"
    STOP = "/stop"
    FORGET = "/forget"
    QUIET = "/quiet"  # the avatar is not to write first


_QUIET_WORDS = frozenset(
    {"stop", "stop it", "please stop", "quiet", "be quiet", "enough", "no more", "leave me alone", "don't write to me"}
    | {"别发了", "不要发了", "别再发了", "不要再发了", "别说了", "别烦我", "别打扰我", "停", "停止", "安静", "够了"}
)
"""What asks for the same as /quiet where it answers a message that nobody asked for."""


def command(text: str) -> Command | None:
    """The command that a message begins with, whatever follows: a link opens a chat with `/start ref42`."""
    first, *_ = unicodedata.normalize("NFKC", text).lower().split() or [""]
    word = first.rstrip(".,;:!?。")
    return Command(word) if word in set(Command) else None


def asks_for_quiet(text: str) -> bool:
    """Whether a message is nothing but the wish not to be written to."""
    words = unicodedata.normalize("NFKC", text).lower().replace("’", "'").strip(" \t\r\n.,;:!?。…~")
    return words in _QUIET_WORDS


def part_in(config: ConversationConfig, keys: Sequence[str]) -> Part:
    """The part that the owner lets the avatar take in a group. keys: the chat's, then those it had before."""
    groups = config.groups
    if isinstance(groups, Mapping):
        return _of_group(groups, keys) or "decided"
    if isinstance(groups, tuple):
        return "decided" if any(key in groups for key in keys) else "off"
    return _PARTS[groups]


def replies_left(config: ConversationConfig, keys: Sequence[str], given: int, *, addressed: bool) -> bool:
    """Whether a group may have one more reply this hour. given: how many it had in the last one.

    The last third, at least one, is kept for what is addressed to the avatar.
    """
    most = config.replies_per_hour
    if isinstance(most, Mapping):
        most = _of_group(most, keys)
    return most is None or given < (most if addressed else most - math.ceil(most / 3))


def named_groups(config: ConversationConfig) -> set[str]:
    """The keys that the owner names groups by."""
    said = (config.groups, config.replies_per_hour)
    return {key for one in said if isinstance(one, tuple | Mapping) for key in one} - {OTHERS}


def takes_part(config: ConversationConfig, keys: Sequence[str]) -> bool:
    """Whether a group is one that the owner lets the avatar speak in. keys: the chat's, then those it had before."""
    return part_in(config, keys) != "off"


def allowed(
    config: ConversationConfig, people: People, chat: Chat, sender: Account, former: Collection[str] = ()
) -> bool:
    """Whether the owner lets the avatar answer this sender in this chat. former: the keys that it had before."""
    if chat.kind is ChatKind.GROUP and not takes_part(config, (chat.key, *former)):
        return False
    return _may_be_answered(config, people, sender)


def listens(
    config: ConversationConfig, people: People, chat: Chat, sender: Account, former: Collection[str] = ()
) -> bool:
    """Whether what this sender does in this chat is shown to the avatar: in its groups everybody's is."""
    if chat.kind is ChatKind.GROUP:
        return takes_part(config, (chat.key, *former))
    return _may_be_answered(config, people, sender)


def settled_by(
    config: ConversationConfig, people: People, chat: Chat, entry: Entry, former: Collection[str], age: timedelta
) -> Gate | None:
    """What settles a message before anything is decided: it is left unanswered; None where it may be answered."""
    message = entry.message
    group = chat.kind is ChatKind.GROUP
    if group and not takes_part(config, (chat.key, *former)):
        return Gate.OFF
    if not message.text.strip() and not message.attachments:
        return Gate.EMPTY
    if group and age > timedelta(hours=config.stale_hours):
        return Gate.STALE
    if message.sender is None or message.sender in people.subject:
        return Gate.OWN
    if message.from_bot and not config.answer_bots:
        return Gate.BOT
    return None if _may_be_answered(config, people, message.sender) else Gate.STRANGER


def _may_be_answered(config: ConversationConfig, people: People, sender: Account) -> bool:
    if config.answer == "everyone":
        return True
    contact = people.find(sender)
    if config.answer == "contacts":
        return contact is not None
    return contact is not None and contact.slug in config.answer


def _of_group(each: Mapping[str, V], keys: Sequence[str]) -> V | None:
    return next((each[key] for key in (*keys, OTHERS) if key in each), None)
