"""Who is answered, and what people can ask for: /start, /stop, /forget, /quiet."""

import unicodedata
from collections.abc import Collection
from enum import StrEnum

from bot.config import ConversationConfig
from bot.message import Account, Chat, ChatKind
from bot.people import People
from bot.store.journal import Entry


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


def takes_part(config: ConversationConfig, keys: Collection[str]) -> bool:
    """Whether a group is one that the owner lets the avatar speak in. keys: the chat's, and those it had before."""
    if isinstance(config.groups, str):
        return config.groups == "all"
    return any(key in config.groups for key in keys)


def allowed(
    config: ConversationConfig, people: People, chat: Chat, sender: Account, keys: Collection[str] = ()
) -> bool:
    """Whether the owner lets the avatar answer this sender in this chat."""
    if chat.kind is ChatKind.GROUP and not takes_part(config, {chat.key, *keys}):
        return False
    if config.answer == "everyone":
        return True
    contact = people.find(sender)
    if config.answer == "contacts":
        return contact is not None
    return contact is not None and contact.slug in config.answer


def answerable(
    config: ConversationConfig, people: People, chat: Chat, entry: Entry, keys: Collection[str] = ()
) -> bool:
    """Whether this message may be answered at all; a bot's only if the owner wants so."""
    if entry.sender is None or entry.sender in people.subject:
        return False
    return (config.answer_bots or not entry.message.from_bot) and allowed(config, people, chat, entry.sender, keys)
