"""From Telegram's updates to messages: pure functions."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import telegram
from telegram.constants import ChatType, MessageEntityType

from bot.media import MAX_BYTES
from bot.types import Account, Chat, ChatKind, Message, PhotoRef

PLATFORM = "telegram"
log = logging.getLogger(__name__)

_BARE = {
    "message_id", "date", "chat", "from", "sender_chat", "text", "entities", "caption", "caption_entities", "photo",
    "message_thread_id", "is_topic_message",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moved:
    """A group that became a supergroup, with another id."""

    old: Chat
    new: Chat


@dataclass(frozen=True, slots=True)
class Place:
    """Where to write: a chat, and a topic of it where the group is a forum. A chat's id is "chat" or "chat/topic"."""

    chat: int
    topic: int | None = None

    @classmethod
    def of(cls, chat: Chat) -> "Place":
        number, _, topic = chat.id.partition("/")
        return cls(int(number), int(topic) if topic else None)

    def __str__(self) -> str:
        return f"{self.chat}/{self.topic}" if self.topic else str(self.chat)


def read(update: Mapping[str, Any], me: telegram.User) -> Message | Moved | None:
    """The message in a raw update; never raises, because one that cannot be read must not hold up all that follow.

    The library insists on fields that a Bot API server of another version may not send. What is left of such a message
    without the things around its words and photos is taken, else nothing.
    """
    message = update.get("message")
    bare = {key: value for key, value in message.items() if key in _BARE} if isinstance(message, dict) else {}
    for attempt in (update, {"update_id": update["update_id"], "message": bare}):
        try:
            return to_message(telegram.Update.de_json(dict(attempt), None), me)
        except Exception as error:  # whatever a missing or unknown field leads to in the library
            log.warning("The Telegram update %s could not be read (%s).", update["update_id"], type(error).__name__)
    return None


def to_message(update: telegram.Update, me: telegram.User) -> Message | Moved | None:
    """The message in an update, or None where there is none to answer: edits, channel posts, joins, our own.

    What has no words is named by its kind, such as `voice`. A command for this bot loses its "@name". Sizes that the
    bot may not download are left out.
    """
    message = update.message
    if message is None or message.chat.type not in (ChatType.PRIVATE, ChatType.GROUP, ChatType.SUPERGROUP):
        return None
    chat = _chat(message)
    if message.migrate_to_chat_id:
        return Moved(chat, replace(chat, id=str(message.migrate_to_chat_id)))
    if message.migrate_from_chat_id:
        return Moved(replace(chat, id=str(message.migrate_from_chat_id)), chat)
    sender = _sender(message)
    if sender is None or sender == _account(me.id):
        return None
    kind, text, photos = _content(message, me)
    if not kind and not text and not photos:
        return None
    addressed, addressed_other = _addressed(message, me)
    return Message(
        chat=chat,
        id=str(message.message_id),
        sender=sender,
        sender_name=_name(message),
        sent_at=message.date.astimezone(UTC),
        text=text,
        photos=tuple(PhotoRef(photo) for photo in photos),
        placeholder=kind,
        addressed=addressed,
        addressed_other=addressed_other,
        from_bot=_from_bot(message),
    )


def _chat(message: telegram.Message) -> Chat:
    if message.chat.type == ChatType.PRIVATE:
        kind, title = ChatKind.PRIVATE, ""
    else:
        kind, title = ChatKind.GROUP, message.chat.title or ""
    # Only in forums is the thread a conversation of its own; elsewhere it marks replies to one message.
    topic = message.message_thread_id if message.is_topic_message else None
    return Chat(PLATFORM, str(Place(message.chat.id, topic)), kind, title)


def _account(number: int) -> Account:
    return Account(PLATFORM, str(number))


def _sender(message: telegram.Message) -> Account | None:
    """An anonymous administrator, or somebody who writes as a channel, is known by that chat's id only."""
    if message.sender_chat:
        return _account(message.sender_chat.id)
    return _account(message.from_user.id) if message.from_user else None


def _name(message: telegram.Message) -> str:
    if message.sender_chat:
        return message.author_signature or message.sender_chat.title or message.sender_chat.full_name or ""
    return message.from_user.full_name.strip() if message.from_user else ""


def _from_bot(message: telegram.Message) -> bool:
    if message.sender_chat:  # `from` is then one of Telegram's own bots, whoever wrote
        return bool(message.is_automatic_forward)
    return message.from_user is not None and message.from_user.is_bot


def _content(message: telegram.Message, me: telegram.User) -> tuple[str, str, list[str]]:
    """The kind of what has no words (or nothing), text, and the file ids of photos."""
    words = _words(message, me)
    if message.photo:
        fitting = [size for size in message.photo if (size.file_size or 0) <= MAX_BYTES]
        if not fitting:
            return "photo", words, []
        return "", words, [max(fitting, key=lambda size: size.width * size.height).file_id]
    if sticker := message.sticker:
        moving = sticker.is_animated or sticker.is_video
        picture = sticker.thumbnail if moving else sticker  # what moves is shown by its first frame
        return "" if sticker.emoji else "sticker", sticker.emoji or "", [picture.file_id] if picture else []
    if message.animation:  # has a document too, for old clients
        return "animation", words, []
    if document := message.document:
        kind = document.mime_type or ""
        if kind.startswith("image/") and "svg" not in kind and (document.file_size or 0) <= MAX_BYTES:
            return "", words, [document.file_id]
        return "photo" if kind.startswith("image/") else "file", words, []
    if message.dice:
        return "", f"{message.dice.emoji} {message.dice.value}", []
    kind, more = _wordless(message)
    return kind, more or words, []


def _wordless(message: telegram.Message) -> tuple[str, str]:
    """What kind of thing it is, and the words in it; both empty for a plain text."""
    if message.voice:
        return "voice", ""
    if message.video or message.video_note:
        return "video", ""
    if message.audio:
        return "audio", ""
    if message.venue:  # has a location too
        return "location", message.venue.title
    if message.location:
        return "location", ""
    if message.contact:
        return "contact", message.contact.first_name
    if message.poll:
        return "poll", message.poll.question
    if message.paid_media:
        return "photo", ""
    if message.story:
        return "story", ""
    return "", ""


def _words(message: telegram.Message, me: telegram.User) -> str:
    text = message.text or message.caption or ""
    for entity, part in _entities(message).items():
        if entity.type == MessageEntityType.BOT_COMMAND and entity.offset == 0:
            command, _, name = part.partition("@")
            if name and name.lower() == (me.username or "").lower():
                return command + text[len(part) :]
    return text


def _entities(message: telegram.Message) -> dict[telegram.MessageEntity, str]:
    """Entities with the text they cover; the library counts in UTF-16 as Telegram does."""
    return message.parse_entities() if message.text else message.parse_caption_entities()


def _addressed(message: telegram.Message, me: telegram.User) -> tuple[bool, bool]:
    """Whether the bot, and whether somebody else, is mentioned or replied to."""
    meant: set[bool] = set()
    mine = (me.username or "").lower()
    for entity, part in _entities(message).items():
        if entity.type == MessageEntityType.MENTION:
            meant.add(part.lstrip("@").lower() == mine)
        elif entity.type == MessageEntityType.TEXT_MENTION and entity.user:
            meant.add(entity.user.id == me.id)
        elif entity.type == MessageEntityType.BOT_COMMAND and "@" in part:
            meant.add(part.partition("@")[2].lower() == mine)
    replied = message.reply_to_message
    # The first message of a topic stands in `reply_to_message` of whatever is written there.
    if replied and not replied.forum_topic_created and _sender(replied) != _sender(message):
        meant.add(_sender(replied) == _account(me.id))
    return True in meant, False in meant
