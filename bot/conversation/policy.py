"""Who is answered, and what people can ask for: /start, /stop, /forget."""

from enum import StrEnum

from bot.config import ConversationConfig
from bot.journal import Entry
from bot.people import People
from bot.types import Account, Chat, ChatKind


class Command(StrEnum):
    START = "/start"
    STOP = "/stop"
    FORGET = "/forget"


def command(text: str) -> Command | None:
    """The command that a message is, if it is one."""
    word = text.strip().lower()
    return Command(word) if word in set(Command) else None


def allowed(config: ConversationConfig, people: People, chat: Chat, sender: Account) -> bool:
    """Whether the owner lets the avatar answer this sender in this chat."""
    if chat.kind is ChatKind.GROUP and (
        config.groups == "none" or (config.groups != "all" and chat.key not in config.groups)
    ):
        return False
    if config.answer == "everyone":
        return True
    contact = people.find(sender)
    if config.answer == "contacts":
        return contact is not None
    return contact is not None and contact.slug in config.answer


def answerable(config: ConversationConfig, people: People, chat: Chat, entry: Entry) -> bool:
    """Whether this message may be answered at all; a bot's only if the owner wants so."""
    if entry.sender is None or entry.sender in people.subject:
        return False
    return (config.answer_bots or not entry.from_bot) and allowed(config, people, chat, entry.sender)
