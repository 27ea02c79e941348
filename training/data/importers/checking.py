"""Checks what a format yields. Events that make no sense would harm the corpus, so their whole file is refused."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from bot.chat.attachments import KINDS
from bot.letters import is_emoji
from bot.message import Account, ChatKind
from bot.writing import Addressee, WritingKind
from training.data.importers.base import (
    LATEST_MS,
    MINUTE,
    SECOND,
    Event,
    FormatFault,
    ReadChat,
    ReadMessage,
    ReadReaction,
    Skipped,
    SkippedReactions,
    Truncated,
)
from training.data.importers.written import ReadWriting, SkippedWriting

_IDS = (None, "everywhere", "chat", "account")
_PLATFORM = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_LARGEST = 2**63
_LONGEST = 7 * 86_400  # seconds of anything that plays


def checked(events: Iterable[Event]) -> Iterator[Event]:
    """Yields the same events. Raises FormatFault at one that makes no sense, or at the end if messages lack a chat."""
    writers: set[tuple[str, str, str, str]] = set()  # chat, platform, id and name: those that were looked at
    reacting: set[tuple[str, str]] = set()  # chat and platform of those who reacted
    platforms: dict[str, str] = {}  # of the chats, by key
    for number, event in enumerate(events, 1):
        if type(event) is ReadMessage:
            fault = _fault_of_types(event) or _fault_of_message(event)
            if fault is None:
                sender = event.sender
                writer = event.chat, sender.platform, sender.id, event.sender_name
                if writer not in writers:
                    writers.add(writer)
                    fault = _fault_of_writer(event)
        else:
            fault = _fault_of(event)
            if isinstance(event, ReadReaction) and fault is None:
                reacting.add((event.chat, event.sender.platform))
            if isinstance(event, ReadChat) and fault is None:
                platforms[event.key] = event.platform
        if fault is not None:
            raise FormatFault(f"yielded a {type(event).__name__} that makes no sense (event {number}: {fault})")
        yield event
    heard = {(chat, platform) for chat, platform, *_ in writers} | reacting
    with_messages = {chat for chat, _ in heard}
    if not with_messages <= platforms.keys():
        raise FormatFault("yielded messages of a chat for which it yielded no ReadChat")
    if not {platform for _, platform in heard} <= {platforms[key] for key in with_messages}:
        raise FormatFault("yielded senders of another platform than their chats")


def _fault_of(event: object) -> str | None:
    match event:
        case Skipped():
            return None if _is_text(event.chat) and _is_text(event.reason) else "its `chat` and `reason` are not texts"
        case ReadChat():
            return _fault_of_chat(event)
        case ReadReaction():
            return _fault_of_reaction(event)
        case SkippedReactions():
            good = _is_text(event.chat) and _is_text(event.reason) and type(event.number) is int and event.number > 0
            return None if good else "its `chat` and `reason` are not texts, or its `number` is none above zero"
        case ReadWriting():
            return _fault_of_writing(event)
        case SkippedWriting():
            good = isinstance(event.kind, WritingKind) and _is_text(event.reason)
            return None if good else "its `kind` is no WritingKind, or its `reason` not a text"
        case Truncated():
            return None if _is_text(event.sentence) else "its `sentence` is not a text"
    return (
        "it is none of ReadChat, ReadMessage, ReadReaction, Skipped, SkippedReactions, ReadWriting, SkippedWriting and "
        "Truncated"
    )


def _fault_of_types(message: ReadMessage) -> str | None:
    """Says what is wrong with the types of what tells who wrote it, and where."""
    if type(message.chat) is not str:
        return "its `chat` is not a text"
    sender = message.sender
    if type(sender) is not Account or type(sender.id) is not str or type(sender.platform) is not str:
        return "its `sender` is not an Account of two texts"
    if not isinstance(message.sender_name, str):
        return "its `sender_name` is not a text on one line"
    return None


def _fault_of_writer(message: ReadMessage) -> str | None:
    if not _is_text(message.sender_name) or "\n" in message.sender_name:
        return "its `sender_name` is not a text on one line"
    return _fault_of_account(message.sender.platform, message.sender.id)


def _fault_of_message(message: ReadMessage) -> str | None:
    """Says what is wrong with a message's own fields. Most have few of them."""
    if type(message.sent_ms) is not int or not 0 < message.sent_ms < LATEST_MS:
        return "its `sent_ms` is no time in milliseconds between 1970 and 2100"
    if type(message.position) is not int or not -_LARGEST <= message.position < _LARGEST:
        return "its `position` is not a whole number of 64 bits"
    text = message.text
    if not (type(text) is str and text.isascii()) and not _is_text(text):
        return "its `text` is not a text that can be stored"
    if message.native_id is not None and not (_is_text(message.native_id) and message.native_id):
        return "its `native_id` is neither None nor a text"
    if message.reply_to is not None and not (_is_text(message.reply_to) and message.reply_to):
        return "its `reply_to` is neither None nor a text"
    if type(message.forwarded) is not bool or type(message.is_bot) is not bool:
        return "its `forwarded` and `is_bot` are not both True or False"
    if message.resolution_ms not in (SECOND, MINUTE):
        return f"its `resolution_ms` is neither {SECOND} nor {MINUTE}"
    if type(message.local_time) is not bool:
        return "its `local_time` is neither True nor False"
    if message.edited_ms is not None and not (type(message.edited_ms) is int and 0 < message.edited_ms < LATEST_MS):
        return "its `edited_ms` is neither None nor a time in milliseconds between 1970 and 2100"
    words_alone = message.placeholder is None and message.seconds is None and message.transcript == message.plays == ""
    return None if text and words_alone and message.photos == () else _fault_of_media(message)


def _fault_of_media(message: ReadMessage) -> str | None:
    """Says what is wrong with what a message brings."""
    if message.photos != () and not _are_names(message.photos):
        return "its `photos` are not a tuple of file names"
    if message.placeholder is not None and (
        not isinstance(message.placeholder, str) or message.placeholder not in KINDS
    ):
        return f"its `placeholder` is none of {', '.join(KINDS)}"
    if not (message.text or message.photos or message.placeholder):
        return "it has no text, no photo and no placeholder: yield Skipped in its place"
    if message.transcript != "" and not _is_text(message.transcript):
        return "its `transcript` is not a text that can be stored"
    if not isinstance(message.plays, str) or (message.plays and not message.placeholder):
        return "its `plays` is not the name of a file, or it has no placeholder beside it"
    if message.seconds is not None and not (type(message.seconds) is int and 0 <= message.seconds < _LONGEST):
        return "its `seconds` is neither None nor a length"
    return None


def _fault_of_reaction(reaction: ReadReaction) -> str | None:
    if type(reaction.chat) is not str:
        return "its `chat` is not a text"
    if type(reaction.sender) is not Account or _fault_of_account(reaction.sender.platform, reaction.sender.id):
        return "its `sender` is not an Account of a platform and an id"
    if not _is_text(reaction.sender_name) or "\n" in reaction.sender_name:
        return "its `sender_name` is not a text on one line"
    if not (_is_text(reaction.emoji) and is_emoji(reaction.emoji)):
        return "its `emoji` is none: yield SkippedReactions in its place"
    if reaction.to is not None and not (_is_text(reaction.to) and reaction.to):
        return "its `to` is neither None nor a text"
    if reaction.at_ms is not None and not (type(reaction.at_ms) is int and 0 < reaction.at_ms < LATEST_MS):
        return "its `at_ms` is neither None nor a time in milliseconds between 1970 and 2100"
    return None


def _fault_of_writing(writing: ReadWriting) -> str | None:
    if not isinstance(writing.kind, WritingKind):
        return "its `kind` is not a WritingKind"
    if not (_is_text(writing.text) and writing.text):
        return "its `text` is not a text that can be stored: yield SkippedWriting in its place"
    if not (_is_text(writing.native_id) and writing.native_id) or type(writing.everywhere) is not bool:
        return "its `native_id` is not a text, or its `everywhere` neither True nor False"
    if not _is_text(writing.title) or "\n" in writing.title:
        return "its `title` is not a text on one line"
    if writing.day is not None and type(writing.day) is not date:
        return "its `day` is neither None nor a date"
    if writing.at_ms is not None and not (type(writing.at_ms) is int and 0 < writing.at_ms < LATEST_MS):
        return "its `at_ms` is neither None nor a time in milliseconds between 1970 and 2100"
    if not all(isinstance(one, Addressee) and _is_text(one.name) and "\n" not in one.name for one in writing.to):
        return "its `to` is not a tuple of Addressees with names on one line"
    for one in (writing.author, *(addressee.account for addressee in writing.to)):
        if one is not None and (fault := _fault_of_account(one.platform, one.id or "?")):
            return fault
    return None


def _fault_of_chat(chat: ReadChat) -> str | None:
    if type(chat.key) is not str:
        return "its `key` is not a text"
    if not isinstance(chat.kind, ChatKind):
        return "its `kind` is not a ChatKind"
    if not _is_text(chat.title) or "\n" in chat.title:
        return "its `title` is not a text on one line"
    if chat.owner is not None and not (_is_text(chat.owner) and chat.owner):
        return "its `owner` is neither None nor a text"
    if chat.ids not in _IDS:
        return f"its `ids` is none of {', '.join(map(str, _IDS))}"
    return _fault_of_account(chat.platform, chat.native_id)


def _fault_of_account(platform: object, native: object) -> str | None:
    if not isinstance(platform, str) or not _PLATFORM.fullmatch(platform):
        return "its platform is not one word of small letters, digits, - and _"
    return None if _is_text(native) and native else "its id is not a text"


def _are_names(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


def _is_text(value: object) -> bool:
    """Says whether it is a text that can be stored, without half of a surrogate pair."""
    if not isinstance(value, str) or value.isascii():
        return isinstance(value, str)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
