"""Telegram Desktop, result.json: one chat, or all chats of an account."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, NamedTuple

from msgspec import UNSET

from bot.message import Account, ChatKind
from training.data.importers.base import (
    EMPTY,
    LOGIN_CODE,
    NO_SENDER,
    NO_TIME,
    NOBODY_TOLD,
    NOTES,
    SERVICE,
    UNKNOWN_KIND,
    Claim,
    Event,
    Format,
    Head,
    ReadChat,
    ReadMessage,
    ReadReaction,
    Sentence,
    Skipped,
    SkippedReactions,
    Source,
    Truncated,
    clean,
    clean_name,
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.jsonstream import Damaged, walk_many
from training.data.importers.reactions import put_on
from training.data.importers.telegram_channel import CHANNEL, CHANNEL_TYPES, post
from training.data.importers.telegram_message import PLAIN, PLAYING, RawMessage, content
from training.data.importers.written import ReadWriting, SkippedWriting

PLATFORM = "telegram"
CONTAINERS = ("", "chats.list.item", "left_chats.list.item")
"""The places in the file at which a chat may stand."""
ITEMS = frozenset(f"{container}.messages.item".lstrip(".") for container in CONTAINERS)
PRIVATE_TYPES = ("personal_chat", "bot_chat", "saved_messages", "verification_codes")
SUPERGROUP_TYPES = ("private_supergroup", "public_supergroup", *CHANNEL_TYPES)
CODE_SENDERS = ("777000", "42777", "489000")
"""The accounts by which Telegram sends codes."""

_OF_ACCOUNT = frozenset(
    ("personal_information", "profile_pictures", "stories", "contacts", "frequent_contacts", "sessions", "chats",
     "left_chats")
)  # fmt: skip
"""Keys beside "about" in the export of a whole account."""
_OF_MESSAGE = frozenset(("date_unixtime", "from_id", "text_entities", "from", "text"))
"""Keys of a message. Only Telegram writes "date_unixtime" beside "text"."""
_DAY = 86_400  # seconds; nothing that plays longer is believed
_ORDERLY = 18  # digits of a message id, at most, that can be sorted by
_ABOUT_CHAT = ("name", "type", "id")


class _Writer(NamedTuple):
    """Who wrote a message. like_bot: the name is a bot's."""

    account: Account
    name: str
    like_bot: bool


@dataclass(slots=True)
class _Chat:
    """What is known of a chat so far."""

    key: str
    about: dict[str, Any] = field(default_factory=dict)
    type: str = ""
    private: bool = False  # Telegram says so, and in such a chat it says who is a bot, whatever their name
    channel: Account | None = None  # where it is one, the account that posts in it
    left_out: str = ""  # why nothing of it is kept
    senders: dict[str, str] = field(default_factory=dict)  # id to name, in the order they first wrote
    writers: dict[tuple[str, str], _Writer | None] = field(default_factory=dict)  # by "from_id" and "from"
    messages: int = 0
    owner: str | None = None  # the id of the account that made the export

    def tell(self, key: str, value: Any) -> None:
        """Notes what the file tells of the chat, before or behind its messages."""
        self.about[key] = value
        self.type = str(self.about.get("type") or "")
        self.private = self.type in PRIVATE_TYPES
        number = _number(self.about.get("id"))
        of_codes = self.type == "verification_codes" or ((self.private or not self.type) and number in CODE_SENDERS)
        if self.type in CHANNEL_TYPES:
            self.left_out = CHANNEL
            self.channel = Account(PLATFORM, f"-100{number}") if number else None
        else:
            self.left_out = NOTES if self.type == "saved_messages" else LOGIN_CODE if of_codes else ""

    def writer(self, from_id: object, name: object) -> _Writer | None:
        """Returns who is written so in a message; None where nobody is. Most write again and again."""
        if type(from_id) is not str or type(name) is not str:
            return _writer(from_id, name)
        try:
            return self.writers[from_id, name]
        except KeyError:
            found = self.writers[from_id, name] = _writer(from_id, name)
            return found


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events, each chat after its messages, because its keys may stand in any order."""
    owner: str | None = None
    number = 0
    chat = _Chat("0")
    with source.open() as file:
        try:
            for node in walk_many(file, ITEMS, RawMessage):
                if node.kind == "items":
                    chat.owner = owner
                    if chat.channel is not None and source.own.is_said(chat.channel):
                        yield from _posts(node.value.found, chat, chat.channel, source)
                        continue
                    for nth, raw in enumerate(node.value.found):
                        chat.messages += 1
                        message = _message(raw, chat, source)
                        if message is None:
                            message = Skipped(chat.key, UNKNOWN_KIND if node.value.keys(nth) - PLAIN else EMPTY)
                        yield message
                        if raw.reactions is not None and isinstance(message, ReadMessage):
                            yield from _reactions(raw, message, chat)
                elif node.kind == "value":
                    container, _, key = node.prefix.rpartition(".")
                    if key in _ABOUT_CHAT and container in CONTAINERS:
                        chat.tell(key, node.value)
                    elif node.prefix == "personal_information.user_id":
                        owner = _number(node.value)
                elif node.kind == "end" and node.prefix in CONTAINERS:
                    if chat.messages:
                        yield _identified(chat, owner)
                    number += 1
                    chat = _Chat(str(number))
        except Damaged as damage:
            if chat.messages:
                yield _identified(chat, owner)
            yield Truncated(damage.sentence)


def _posts(
    found: Sequence[RawMessage], chat: _Chat, channel: Account, source: Source
) -> Iterator[ReadWriting | SkippedWriting]:
    for raw in found:
        writer = chat.writer(raw.from_id, raw.from_)
        yield post(raw, channel, writer.account if writer else None, source)


def _message(raw: RawMessage, chat: _Chat, source: Source) -> ReadMessage | Skipped | None:
    """Returns None for a message of nothing that is read."""
    if raw.type != "message":  # "unsupported": a kind the exporter did not know
        return Skipped(chat.key, SERVICE if raw.type == "service" else UNKNOWN_KIND)
    if chat.left_out:
        return Skipped(chat.key, chat.left_out)
    moment = read_time(raw.date_unixtime, source.zone) or read_time(raw.date, source.zone)
    if moment is None:
        return Skipped(chat.key, NO_TIME)
    writer = chat.writer(raw.from_id, raw.from_)
    if writer is None:
        return Skipped(chat.key, NO_SENDER)
    sender, name, is_bot = writer
    if name or sender.id not in chat.senders:
        chat.senders[sender.id] = name
    text, photos, placeholder = content(raw)
    if not text and not photos and placeholder is None:
        return None
    native = _number(raw.id)
    edited = answered = None
    if raw.edited_unixtime is not None or raw.edited is not None:
        edited = read_time(raw.edited_unixtime, source.zone) or read_time(raw.edited, source.zone)
    if raw.reply_to_message_id is not None and not raw.reply_to_peer_id:
        answered = _lasting(_number(raw.reply_to_message_id), chat)
    position = int(native) if native and len(native) < _ORDERLY else chat.messages
    if chat.private:
        is_bot = chat.type == "bot_chat" and sender.id == _number(chat.about.get("id"))
    plays, seconds = "", None
    if placeholder is not None:
        plays = str(raw.file or "") if placeholder in PLAYING else ""
        seconds = raw.duration_seconds
        seconds = seconds if isinstance(seconds, int) and 0 <= seconds <= _DAY else None
    return ReadMessage(  # Python passes more than fifteen keywords in a slower way
        chat.key,
        sender,
        name,
        moment.ms,
        position,
        text,
        photos=photos,
        placeholder=placeholder,
        # what an inline bot wrote in somebody's name is as little their own words as what they pass on
        forwarded=raw.forwarded_from is not UNSET or raw.via_bot is not UNSET,
        native_id=_lasting(native, chat),
        reply_to=answered,
        is_bot=is_bot,
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
        edited_ms=edited.ms if edited else None,
        plays=plays,
        seconds=seconds,
    )


def _reactions(raw: RawMessage, message: ReadMessage, chat: _Chat) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what was put on a message. Of many people only the last are told."""
    for reaction in _objects(raw.reactions):
        people = [
            (writer.account, writer.name, _reacted_ms(one.get("date"), raw, message))
            for one in _objects(reaction.get("recent"))
            if (writer := chat.writer(one.get("from_id"), one.get("from"))) is not None
        ]
        yield from put_on(chat.key, clean(reaction.get("emoji")), people)
        count = reaction.get("count")
        if type(count) is int and count > len(people):
            yield SkippedReactions(chat.key, NOBODY_TOLD, count - len(people))


def _reacted_ms(date: object, raw: RawMessage, message: ReadMessage) -> int | None:
    """Returns when somebody reacted. It is written by the clock that the message's own date is written by."""
    here, sent = read_time(date, UTC), read_time(raw.date, UTC)
    return None if here is None or sent is None or message.local_time else here.ms - sent.ms + message.sent_ms


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _writer(from_id: object, from_name: object) -> _Writer | None:
    name = clean_name(from_name)
    account = _sender(from_id, name)
    return None if account is None else _Writer(account, name, looks_like_bot(name))


def _sender(from_id: object, name: str) -> Account | None:
    """Returns the sender by the id that Telegram's bots see, too; by name where the file has no id."""
    native: str | None = None
    if isinstance(from_id, str):
        for prefix, sign in (("user", ""), ("channel", "-100"), ("chat", "-")):
            digits = from_id.removeprefix(prefix)
            if digits != from_id and digits.isdecimal():
                native = sign + digits
                break
        else:
            native = from_id.strip() or None
    elif isinstance(from_id, int) and not isinstance(from_id, bool):
        native = _old_peer(from_id)
    if native is None:
        return named(PLATFORM, name) if name else None
    return Account(PLATFORM, native)


def _old_peer(value: int) -> str:
    """Returns the id for the number of an export before 2021, whose upper half says user, group or channel."""
    kind, low = value >> 32, value & 0xFFFFFFFF
    return {1: f"-{low}", 2: f"-100{low}"}.get(kind, str(value))


def _lasting(number: str | None, chat: _Chat) -> str | None:
    """Returns a message's id as others see it, too.

    What a supergroup brought with it from the group that it was has ids below 0, and other ids for every account.
    """
    if number is None or number[0] != "-" or chat.type not in SUPERGROUP_TYPES:
        return number
    return f"{chat.owner}:{number}" if chat.owner else None


def _number(value: object) -> str | None:
    if type(value) is int:
        return str(value)
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    return text if text.removeprefix("-").isdecimal() else None


def _identified(chat: _Chat, owner: str | None) -> ReadChat:
    """Returns the chat by the id that Telegram's bots see, too; by names where the file has no ids."""
    title, number = clean_name(chat.about.get("name")), _number(chat.about.get("id"))
    kind = _kind(chat, title)
    if kind is ChatKind.GROUP:
        if number is None:
            return ReadChat(chat.key, PLATFORM, f"name:{title or chat.key}", kind, title)
        if chat.type in SUPERGROUP_TYPES:
            return ReadChat(chat.key, PLATFORM, f"-100{number}", kind, title, ids="chat")
        native = _old_peer(int(number)) if int(number) >> 32 in (1, 2) else f"-{number}"
        return ReadChat(chat.key, PLATFORM, native, kind, title, owner, ids="account")
    names = list(chat.senders)
    if number is None:
        peer = next((native for native, name in chat.senders.items() if name and name == title), None)
        number = peer or (names[0] if names and not title else f"name:{title or chat.key}")
    others = [native for native in names if native != number]
    if owner is None and len(others) == 1:
        owner = others[0]
    return ReadChat(chat.key, PLATFORM, number, kind, title or chat.senders.get(number, ""), owner, ids="account")


def _kind(chat: _Chat, title: str) -> ChatKind:
    if chat.private:
        return ChatKind.PRIVATE
    if chat.type:
        return ChatKind.GROUP
    # an export that does not say: two people, and the chat is called after one of them, or nothing
    pair = len(chat.senders) <= 2 and (not title or title in chat.senders.values())
    return ChatKind.PRIVATE if pair else ChatKind.GROUP


def _sniff(head: Head) -> Claim:
    keys, of_message = head.keys_at(""), head.keys_at(*ITEMS)
    if ("about" in keys and keys & _OF_ACCOUNT) or {"date_unixtime", "text"} <= of_message:
        return Claim.CERTAIN
    a_chat = {"name", "type", "id", "messages"} <= keys  # which may be without messages
    return Claim.POSSIBLE if a_chat or of_message & _OF_MESSAGE else Claim.NO


FORMAT = Format(
    "Telegram Desktop",
    _sniff,
    read,
    Sentence(
        "In Telegram Desktop open a chat, then ⋮ and “Export chat history”; or for all chats Settings, Advanced, "
        "“Export Telegram data”. Choose the format “Machine-readable JSON”, and import the folder that it writes.",
        "在 Telegram Desktop 打开聊天，点 ⋮ 选“导出聊天记录”；要导出全部聊天，到“设置 › 高级 › 导出 Telegram 数据”。"
        "格式选“机器可读的 JSON”，然后导入它写出的文件夹。",
    ),
)
