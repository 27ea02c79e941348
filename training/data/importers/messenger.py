"""Messenger and Instagram: the JSON of a download of one's information, in message_1.json, message_2.json and so on."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.message import Account, ChatKind
from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_SENDER,
    NO_TIME,
    NOBODY_TOLD,
    PAYMENT,
    RECALLED,
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
from training.data.importers.filekinds import PLAYING, kind_of_file
from training.data.importers.jsonstream import Damaged, walk
from training.data.importers.messenger_words import mended, not_typed, stands_for_attachment
from training.data.importers.reactions import put_on

TWICE = "twice in the file"

_KEY = "chat"
_DEEPEST = 7  # folders above a chat's in which the download may begin
_NEAR = 8  # messages among which Instagram repeats one
_MEDIA = {"videos": "video", "gifs": "animation", "audio_files": "voice", "files": "file"}
_REASONS = {"Call": CALL, "Subscribe": SERVICE, "Unsubscribe": SERVICE, "Payment": PAYMENT, "placeholder": SERVICE}
_PLAIN = frozenset(
    ("sender_name", "timestamp_ms", "content", "type", "reactions", "is_unsent", "senderName", "timestamp", "text",
     "isUnsent", "media", "ip")
)  # fmt: skip
"""The keys of a message of plain text, in both layouts."""
_GONE = re.compile(r"facebook|instagram|messenger", re.IGNORECASE)  # "Facebook user", in the account's language


@dataclass(slots=True)
class _Thread:
    """What is known of the chat so far. members: by name, in the order in which the file tells them."""

    source: Source
    platform: str
    about: dict[str, str] = field(default_factory=dict)
    members: dict[str, None] = field(default_factory=dict)
    senders: dict[str, None] = field(default_factory=dict)
    recent: deque[tuple[object, ...]] = field(default_factory=lambda: deque(maxlen=_NEAR))
    messages: int = 0

    @property
    def folder(self) -> str:
        return self.source.path.parent.name

    def account(self, name: str) -> Account:
        """Returns somebody's account. Those who have left all bear one name, and are told apart by their chats."""
        return named(self.platform, f"{name} ({self.folder})" if _GONE.search(name) else name)


def read(source: Source) -> Iterator[Event]:
    """Yields the export's events. The newest message stands first, so that positions count backwards."""
    thread = _Thread(source, _platform(source.path))
    with source.open() as file:
        try:
            for node in walk(file, {"messages.item", "participants.item"}):
                if node.kind == "item" and node.prefix == "messages.item":
                    thread.messages += 1
                    message = _message(node.value, thread)
                    yield message
                    if isinstance(message, ReadMessage):
                        yield from _reactions(node.value, thread)
                elif node.prefix == "participants.item" and node.kind in ("item", "value"):
                    told = node.value.get("name") if isinstance(node.value, dict) else node.value
                    if name := clean_name(mended(told)):
                        thread.members.setdefault(name)
                elif node.kind == "value":
                    thread.about[node.prefix] = clean_name(mended(node.value))
        except Damaged as damage:
            yield Truncated(damage.sentence)
    if thread.messages:
        yield _chat(thread)


def _message(raw: dict[str, Any], thread: _Thread) -> ReadMessage | Skipped:
    name = clean_name(mended(raw.get("sender_name") or raw.get("senderName")))
    if raw.get("is_unsent") is True or raw.get("isUnsent") is True:
        return Skipped(_KEY, RECALLED)
    if "call_duration" in raw:
        return Skipped(_KEY, CALL)
    if isinstance(kind := raw.get("type"), str) and kind in _REASONS:
        return Skipped(_KEY, _REASONS[kind])
    if not name:
        return Skipped(_KEY, NO_SENDER)
    words = clean(mended(raw.get("content") if "content" in raw else raw.get("text")))
    if (reason := not_typed(words, name)) is not None:
        return Skipped(_KEY, reason)
    moment = read_time(raw.get("timestamp_ms") or raw.get("timestamp"), thread.source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    text, photos, placeholder = _content(raw, words, name, thread.source.path)
    if not text and not photos and placeholder is None:
        return Skipped(_KEY, UNKNOWN_KIND if raw.keys() - _PLAIN else EMPTY)
    same = name, moment.ms, text, photos, placeholder
    if same in thread.recent:
        return Skipped(_KEY, TWICE)
    thread.recent.append(same)
    thread.senders.setdefault(name)
    return ReadMessage(
        chat=_KEY,
        sender=thread.account(name),
        sender_name=name,
        sent_ms=moment.ms,
        position=-thread.messages,
        text=text,
        photos=photos,
        placeholder=placeholder,
        plays=_plays(raw, placeholder, thread.source.path),
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
    )


def _reactions(raw: dict[str, Any], thread: _Thread) -> Iterator[ReadReaction | SkippedReactions]:
    """Yields what was put on a message; when, only some downloads tell."""
    reactions = raw.get("reactions")
    for one in reactions if isinstance(reactions, list) else []:
        if not isinstance(one, dict):
            continue
        name = clean_name(mended(one.get("actor")))
        moment = read_time(one.get("timestamp_ms") or one.get("timestamp"), thread.source.zone)
        if name:
            who = thread.account(name), name, moment.ms if moment else None
            yield from put_on(_KEY, clean(mended(one.get("reaction"))), [who])
        else:
            yield SkippedReactions(_KEY, NOBODY_TOLD)


def _content(raw: dict[str, Any], words: str, name: str, path: Path) -> tuple[str, tuple[str, ...], str | None]:
    """Returns a message's text, photos and placeholder."""
    told = stands_for_attachment(words, name)
    text = "" if told else words
    sticker = raw.get("sticker")
    if isinstance(sticker, dict):
        return text, _photos([sticker], path), "sticker"
    photos = _photos(raw.get("photos"), path)
    placeholder = next((kind for key, kind in _MEDIA.items() if raw.get(key)), None)
    for one in _uris(raw.get("media")):
        kind = kind_of_file(one)
        if kind == "photo":
            photos = (*photos, _local(one, path))
        else:
            placeholder = kind
    if placeholder is None and not photos and not text and (raw.get("share") or told):
        placeholder = "link" if raw.get("share") else "unknown"
    return text, photos, placeholder


def _plays(raw: dict[str, Any], placeholder: str | None, path: Path) -> str:
    """Returns the file that the placeholder stands for, where it plays; of several the first."""
    if placeholder not in PLAYING:
        return ""
    named_so = [uri for key, kind in _MEDIA.items() if kind == placeholder for uri in _uris(raw.get(key))]
    beside = [uri for uri in _uris(raw.get("media")) if kind_of_file(uri) == placeholder]
    return next((_local(uri, path) for uri in (*named_so, *beside)), "")


def _photos(value: object, path: Path) -> tuple[str, ...]:
    return tuple(_local(uri, path) for uri in _uris(value))


def _uris(value: object) -> list[str]:
    entries = value if isinstance(value, list) else []
    return [mended(one["uri"]) for one in entries if isinstance(one, dict) and isinstance(one.get("uri"), str)]


def _local(uri: str, path: Path) -> str:
    """Returns a file's name relative to the chat's folder. The export gives it relative to the whole download."""
    name = uri.removeprefix("./")
    within = name.rpartition(f"/{path.parent.name}/")[2]  # where the chat's folder was taken out of the download
    for place in (within, *("../" * up + name for up in range(_DEEPEST))):
        try:
            if (path.parent / place).is_file():
                return place
        except (OSError, ValueError):  # too long, or a NUL
            break
    return name


def _platform(path: Path) -> str:
    """Returns which of the two apps it is. Only the names of the download's folders tell."""
    names = "/".join(path.parts[-8:]).lower()
    if "instagram" in names and "your_facebook" not in names:
        return "instagram"
    return "messenger"


def _chat(thread: _Thread) -> ReadChat:
    about = thread.about
    title = about.get("title") or re.sub(r"_\d+$", "", about.get("threadName", ""))
    members = [*thread.members, *(name for name in thread.senders if name not in thread.members)]
    group = len(members) > 2 or "joinable_mode.mode" in about or about.get("thread_type") == "RegularGroup"
    if group:
        place = about.get("thread_path") or (thread.folder if re.search(r"_\d+$", thread.folder) else "")
        number = re.search(r"_(\d+)$", place)
        native = number[1] if number else f"name:{title or thread.source.path.stem}"
        return ReadChat(_KEY, thread.platform, native, ChatKind.GROUP, title)
    other = _other(members, title, thread.source.me) or clean_name(thread.source.path.stem)
    owner = next((thread.account(name).id for name in members if name != other), None)
    return ReadChat(_KEY, thread.platform, thread.account(other).id, ChatKind.PRIVATE, other, owner)


def _other(members: list[str], title: str, me: str | None) -> str:
    """Returns the other person of a private chat: whom it is called after, or who is not `--me` and not told last."""
    if title in members:
        return title
    others = [name for name in members if me is None or name.casefold() != me.casefold()]
    return others[0] if others else title


def _sniff(head: Head) -> Claim:
    of_message = head.keys_at("messages.item")
    known = {"sender_name", "timestamp_ms"} <= of_message or {"senderName", "isUnsent"} <= of_message
    return Claim.CERTAIN if known or {"participants", "thread_path"} <= head.keys_at("") else Claim.NO


FORMAT = Format(
    "Messenger / Instagram",
    _sniff,
    read,
    Sentence(
        "In Meta's Accounts Center open “Your information and permissions”, then “Export your information”; choose the "
        "account, messages, all time, and JSON as the format. Import the zip, or the folder it is unpacked into.",
        "在 Meta 账户中心打开“你的信息和权限”›“导出你的信息”，选择账户、消息、全部时间，格式选 JSON。"
        "然后导入得到的 zip 或解压后的文件夹。",
    ),
)
