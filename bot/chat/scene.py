"""Where a conversation takes place and who is there, as of a moment."""

from collections.abc import Iterable

from bot.chat.dialogue import Scene, Speaker
from bot.message import Chat, ChatKind, Message
from bot.people import STRANGER, People
from bot.persona import Persona


def scene_at(chat: Chat, persona: Persona, people: People, newest_first: Iterable[Message]) -> Scene:
    """Returns the scene at the first of these messages (newest first). A private chat is with whoever wrote last."""
    if chat.kind is ChatKind.GROUP:
        return Scene(persona, ChatKind.GROUP, title=chat.title, era=persona.era)
    partner = next((speaker_of(one, people) for one in newest_first if _wrote(one)), Speaker())
    return Scene(persona, ChatKind.PRIVATE, partner, era=persona.era)


def _wrote(message: Message) -> bool:
    return message.sender is not None and not message.from_bot and not message.reaction


def speaker_of(message: Message, people: People) -> Speaker:
    """How somebody else appears who sent a message: by the contact's name and relationship, or as a stranger."""
    contact = people.find(message.sender) if message.sender else None
    if contact:
        return Speaker(contact.name, contact.relationship)
    return Speaker(message.sender_name or None, STRANGER)
