"""From Telegram's updates to messages: pure functions."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import telegram
from telegram.constants import ChatType, MessageEntityType
from telegram.ext import filters

from bot.media import MAX_BYTES
from bot.message import PHOTO, REACTION, STICKER, Account, Attachment, Chat, ChatKind, Message
from bot.playing.installed import can_draw, can_look

PLATFORM = "telegram"
SUPERGROUPS_BELOW = -1_000_000_000_000
"""Ids of supergroups and channels are below this, those of basic groups are not."""
log = logging.getLogger(__name__)

_NOT_CONTENT = frozenset(
    {
        "message_id", "date", "chat", "from", "sender_chat", "text", "entities", "message_thread_id",
        "is_topic_message", "edit_date", "author_signature", "sender_boost_count", "sender_business_bot",
        "business_connection_id", "sender_tag", "forward_origin", "is_automatic_forward", "reply_to_message",
        "external_reply", "quote", "reply_to_story", "reply_to_checklist_task_id", "reply_to_poll_option_id",
        "via_bot", "has_protected_content", "is_from_offline", "is_paid_post", "media_group_id", "paid_star_count",
        "link_preview_options", "suggested_post_info", "effect_id", "direct_messages_topic", "reply_markup",
    }
)  # fmt: skip
"""Fields of a message that say around it, not in it, what it is."""

_SERVICE = frozenset(name.lower() for name in vars(filters.StatusUpdate) if name.isupper()) | {
    "group_chat_created", "supergroup_chat_created", "channel_chat_created", "boost_added", "giveaway",
    "giveaway_winners", "invoice", "managed_bot_created", "passport_data", "successful_payment",
}  # fmt: skip
"""Fields of messages that Telegram itself writes into a chat: nobody said anything."""

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
class Edited:
    """What a message says now."""

    message: Message


@dataclass(frozen=True, slots=True)
class Reacted:
    """What somebody put on a message, and what they took from it."""

    put: tuple[Message, ...]
    taken_back: tuple[Message, ...]


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


def read(update: Mapping[str, Any], me: telegram.User) -> Message | Edited | Moved | Reacted | None:
    """The message in a raw update; never raises, because one that cannot be read must not hold up all that follow.

    The library insists on fields that a Bot API server of another version may not send. What is left of such a message
    without the things around its words and photos is taken, and what it holds besides is named as unknown.
    """
    if "message_reaction" in update:
        return _read_reaction(update["message_reaction"])
    kind = "edited_message" if "edited_message" in update else "message"
    message = update.get(kind)
    if not isinstance(message, dict):
        return None
    for attempt in (message, {key: value for key, value in message.items() if key in _BARE}):
        try:
            parsed = telegram.Message.de_json(dict(attempt), None)
            found = to_message(parsed, me, set(message) - _NOT_CONTENT)
        except Exception as error:  # whatever a missing or unknown field leads to in the library
            log.warning("A Telegram update could not be read (%s).", type(error).__name__)
        else:
            return Edited(found) if kind == "edited_message" and isinstance(found, Message) else found
    return None


def _read_reaction(told: object) -> Reacted | None:
    try:
        parsed = telegram.MessageReactionUpdated.de_json(dict(told), None) if isinstance(told, dict) else None
        return to_reactions(parsed) if parsed is not None else None
    except Exception as error:  # whatever a missing or unknown field leads to in the library
        log.warning("A Telegram reaction could not be read (%s).", type(error).__name__)
        return None


def to_reactions(update: telegram.MessageReactionUpdated) -> Reacted | None:
    """What changed on a message; None in channels. Of pictures that are no emoji nobody knows what they show.

    Telegram does not tell which topic of a forum the message is in, so that there it is known in the first one alone.
    """
    who = update.actor_chat or update.user
    if update.chat.type not in (ChatType.PRIVATE, ChatType.GROUP, ChatType.SUPERGROUP) or who is None:
        return None
    private = update.chat.type == ChatType.PRIVATE
    name = who.full_name if isinstance(who, telegram.User) else who.title

    def reaction(emoji: str) -> Message:
        return Message(
            chat=Chat(
                PLATFORM,
                str(update.chat.id),
                ChatKind.PRIVATE if private else ChatKind.GROUP,
                "" if private else update.chat.title or "",
            ),
            id="",
            sender=_account(who.id),
            sender_name=(name or "").strip(),
            sent_at=update.date.astimezone(UTC),
            attachments=(Attachment(REACTION, words=emoji),),
            reply_to=str(update.message_id),
            from_bot=isinstance(who, telegram.User) and who.is_bot,
        )

    before, now = _emoji(update.old_reaction), _emoji(update.new_reaction)
    return Reacted(
        tuple(reaction(one) for one in now if one not in before),
        tuple(reaction(one) for one in before if one not in now),
    )


def _emoji(reactions: Sequence[telegram.ReactionType]) -> list[str]:
    return [one.emoji for one in reactions if isinstance(one, telegram.ReactionTypeEmoji)]


def to_message(message: telegram.Message, me: telegram.User, content: Collection[str]) -> Message | Moved | None:
    """A message as the daemon sees it, or None where there is none to answer: channel posts, joins, our own.

    What has no words is named by its kind, such as `voice`. A command for this bot loses its "@name". Sizes that the
    bot may not download are left out. content: names of the fields that say what it is, known to the library or not.
    """
    if message.chat.type not in (ChatType.PRIVATE, ChatType.GROUP, ChatType.SUPERGROUP):
        return None
    chat = _chat(message)
    if message.migrate_to_chat_id or message.migrate_from_chat_id:
        return _moved(message, chat)
    sender = _sender(message)
    if sender is None or sender == _account(me.id) or not _SERVICE.isdisjoint(content):
        return None
    text, attachment = _words(message, me), _attachment(message)
    if message.dice:
        text = f"{message.dice.emoji} {message.dice.value}"
    if not text and attachment is None:
        if not content:
            return None
        attachment = Attachment("unknown")
    addressed, addressed_other = _addressed(message, me)
    return Message(
        chat=chat,
        id=str(message.message_id),
        sender=sender,
        sender_name=_name(message),
        sent_at=message.date.astimezone(UTC),
        text=text,
        attachments=(attachment,) if attachment else (),
        reply_to=_reply_to(message),
        addressed=addressed,
        addressed_other=addressed_other,
        from_bot=_from_bot(message),
        forwarded=message.forward_origin is not None,
    )


def _chat(message: telegram.Message) -> Chat:
    if message.chat.type == ChatType.PRIVATE:
        kind, title = ChatKind.PRIVATE, ""
    else:
        kind, title = ChatKind.GROUP, message.chat.title or ""
    # Only in forums is the thread a conversation of its own; elsewhere it marks replies to one message.
    topic = message.message_thread_id if message.is_topic_message else None
    return Chat(PLATFORM, str(Place(message.chat.id, topic)), kind, title)


def _moved(message: telegram.Message, chat: Chat) -> Moved | None:
    """Only a basic group moves, and only to a supergroup."""
    new, old = message.migrate_to_chat_id, message.migrate_from_chat_id
    if new and message.chat.type == ChatType.GROUP and new < SUPERGROUPS_BELOW:
        return Moved(chat, replace(chat, id=str(new)))
    if old and message.chat.type == ChatType.SUPERGROUP and SUPERGROUPS_BELOW < old < 0:
        return Moved(replace(chat, id=str(old)), chat)
    return None


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


def _attachment(message: telegram.Message) -> Attachment | None:
    """What the message brings beside its words."""
    if message.photo:
        fitting = [size for size in message.photo if (size.file_size or 0) <= MAX_BYTES]
        largest = max(fitting, key=lambda size: size.width * size.height, default=None)
        return Attachment(PHOTO, largest.file_id) if largest else Attachment(PHOTO, digest="")
    if sticker := message.sticker:
        picture = None if sticker.emoji else _picture(sticker)
        return Attachment(STICKER, picture.file_id if picture else "", words=sticker.emoji or "")
    if animation := message.animation:  # has a document too, for old clients
        return _playing("animation", animation)
    if document := message.document:
        kind = document.mime_type or ""
        if not kind.startswith("image/"):
            return Attachment("file")
        readable = "svg" not in kind and (document.file_size or 0) <= MAX_BYTES
        return Attachment(PHOTO, document.file_id) if readable else Attachment(PHOTO, digest="")
    return _wordless(message)


def _picture(sticker: telegram.Sticker) -> telegram.Sticker | telegram.PhotoSize | None:
    """What is looked at: the sticker itself, or, of one that moves and that nothing here opens, its first frame."""
    opened = can_draw() if sticker.is_animated else can_look() if sticker.is_video else True
    return sticker if opened else sticker.thumbnail


def _wordless(message: telegram.Message) -> Attachment | None:
    """Things that are told of by their kind, and by the words in them."""
    if message.voice:
        return _playing("voice", message.voice)
    if moving := message.video or message.video_note:
        return _playing("video", moving)
    if message.audio:  # music, mostly
        return Attachment("audio", seconds=_seconds(message.audio))
    if message.venue:  # has a location too
        return Attachment("location", words=message.venue.title)
    if message.location:
        return Attachment("location")
    if message.contact:
        return Attachment("contact", words=message.contact.first_name)
    if message.poll:
        return Attachment("poll", words=message.poll.question)
    if message.paid_media:
        return Attachment(PHOTO, digest="")
    if message.story:
        return Attachment("story")
    if message.game:
        return Attachment("game", words=message.game.title)
    if message.checklist:
        return Attachment("checklist", words=message.checklist.title)
    return None


def _playing(kind: str, file: telegram.Voice | telegram.Video | telegram.VideoNote | telegram.Animation) -> Attachment:
    """What plays, to be fetched where it is not larger than the bot may download."""
    fits = (file.file_size or 0) <= MAX_BYTES
    return Attachment(kind, file.file_id if fits else "", seconds=_seconds(file))


def _seconds(file: telegram.TelegramObject) -> int | None:
    seconds = file.to_dict().get("duration")  # of the attribute the library is changing the type
    return seconds if isinstance(seconds, int) else None


def _reply_to(message: telegram.Message) -> str | None:
    """The id of the message that it answers. A topic's first message stands there for all that is written in it."""
    replied = message.reply_to_message
    return str(replied.message_id) if replied and not replied.forum_topic_created else None


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
