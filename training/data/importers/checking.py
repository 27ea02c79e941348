"""What a format may yield. Anything else would harm the corpus, so the file that it comes from is refused."""

import re

from bot.message import Account, ChatKind
from bot.store.corpus import PLACEHOLDERS
from training.data.importers.base import LATEST_MS, MINUTE, SECOND, ReadChat, ReadMessage, Skipped, Truncated

_IDS = (None, "everywhere", "chat", "account")
_PLATFORM = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_LARGEST = 2**63


def fault_of_message(message: ReadMessage) -> str | None:
    """What is wrong with a message's fields, "its time is …"; None where nothing is. `fault_of_sender` is apart."""
    if type(message.chat) is not str:
        return "its `chat` is not a text"
    if type(message.sent_ms) is not int or not 0 < message.sent_ms < LATEST_MS:
        return "its `sent_ms` is no time in milliseconds between 1970 and 2100"
    if type(message.position) is not int or not -_LARGEST <= message.position < _LARGEST:
        return "its `position` is not a whole number of at most 63 bits"
    if not isinstance(message.text, str):
        return "its `text` is not a text"
    if not isinstance(message.sender_name, str) or "\n" in message.sender_name:
        return "its `sender_name` is not a text on one line"
    if not isinstance(message.photos, tuple) or not all(isinstance(name, str) for name in message.photos):
        return "its `photos` are not a tuple of file names"
    if message.placeholder is not None and message.placeholder not in PLACEHOLDERS:
        return f"its `placeholder` is none of {', '.join(PLACEHOLDERS)}"
    if not (message.text or message.photos or message.placeholder):
        return "it has neither text nor photos nor a placeholder (such a message is Skipped)"
    for field, value in (("native_id", message.native_id), ("reply_to", message.reply_to)):
        if value is not None and (not isinstance(value, str) or not value):
            return f"its `{field}` is neither None nor a text"
    if type(message.forwarded) is not bool or type(message.is_bot) is not bool:
        return "its `forwarded` and `is_bot` are not both True or False"
    if message.resolution_ms not in (SECOND, MINUTE):
        return f"its `resolution_ms` is neither {SECOND} nor {MINUTE}"
    return None


def fault_of_sender(sender: object) -> str | None:
    """What is wrong with a message's sender; None where nothing is."""
    if not isinstance(sender, Account):
        return "its `sender` is not an Account"
    return _fault_of_account(sender.platform, sender.id)


def fault_of_chat(chat: ReadChat) -> str | None:
    """What is wrong with a chat's fields; None where nothing is."""
    if type(chat.key) is not str:
        return "its `key` is not a text"
    if not isinstance(chat.kind, ChatKind):
        return "its `kind` is not a ChatKind"
    if not _storable(chat.title) or "\n" in chat.title:
        return "its `title` is not a text on one line"
    if chat.owner is not None and not (_storable(chat.owner) and chat.owner):
        return "its `owner` is neither None nor a text"
    if chat.ids not in _IDS:
        return f"its `ids` is none of {', '.join(map(str, _IDS))}"
    return _fault_of_account(chat.platform, chat.native_id)


def fault_of_note(note: Skipped | Truncated) -> str | None:
    """What is wrong with what a format says of a message it skipped, or of a cut file; None where nothing is."""
    if isinstance(note, Truncated):
        return None if _storable(note.sentence) else "its `sentence` is not a text"
    if type(note.chat) is not str:
        return "its `chat` is not a text"
    return None if _storable(note.reason) else "its `reason` is not a text"


def _fault_of_account(platform: object, native: object) -> str | None:
    if not isinstance(platform, str) or not _PLATFORM.fullmatch(platform):
        return "its platform is not one word of small letters, digits, - and _"
    if not _storable(native) or not native:
        return "its id is not a text"
    return None


def _storable(text: object) -> bool:
    """Whether it is a text that can be stored: half of a surrogate pair cannot."""
    if not isinstance(text, str):
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
