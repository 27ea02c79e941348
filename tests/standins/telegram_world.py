"""Who is there, what was written, and which file is which: the state behind the Telegram stand-in.

Ids are given out as Telegram gives them to a bot: private chats and basic groups share one sequence of message ids,
each supergroup has its own.
"""

import hashlib
import io
import itertools
import re
import time
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, UnidentifiedImageError

Json = dict[str, Any]

ANONYMOUS_ADMIN: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_SERVICE = {"migrate_to_chat_id", "migrate_from_chat_id", "new_chat_members", "left_chat_member", "new_chat_title"}
_ENTITY = re.compile(r"(?<!\w)@(?P<mention>\w{4,32})|(?<![\w/])/(?P<command>\w{1,64}(?:@\w{4,32})?)")


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    username: str | None = None
    is_bot: bool = False
    language: str = "en"

    def json(self) -> Json:
        made: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name, "language_code": self.language}
        return made | ({"username": self.username} if self.username else {})


@dataclass(slots=True, eq=False)
class Group:
    id: int
    title: str
    kind: str  # "group" or "supergroup"
    members: list[User]
    forum: bool = False
    bot_in: bool = True
    bot_admin: bool = False
    moved_to: int | None = None

    def json(self) -> Json:
        made: Json = {"id": self.id, "title": self.title, "type": self.kind}
        return made | ({"is_forum": True} if self.forum else {})


@dataclass(frozen=True, slots=True)
class File:
    """`claimed`: the size that Telegram tells, true or not."""

    id: str
    path: str
    data: bytes
    claimed: int

    def json(self) -> Json:
        return {"file_id": self.id, "file_unique_id": self.id[-12:], "file_size": self.claimed}


@dataclass(slots=True)
class Stored:
    """A message as the server keeps it. `own`: written by the bot."""

    json: Json
    own: bool

    @property
    def text(self) -> str:
        return str(self.json.get("text", ""))


@dataclass(slots=True)
class World:
    bot: Json
    users: dict[int, User] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    messages: dict[tuple[int, int], Stored] = field(default_factory=dict)
    started: set[int] = field(default_factory=set)  # users who wrote to the bot
    blocked: set[int] = field(default_factory=set)
    sticker_sets: dict[str, list[Json]] = field(default_factory=dict)  # by name
    no_stickers: set[int] = field(default_factory=set)  # chats that take none
    reactions: dict[tuple[int, int, int], list[str]] = field(default_factory=dict)  # chat, message, who
    no_reactions: set[int] = field(default_factory=set)  # chats that take none
    no_voices: set[int] = field(default_factory=set)  # chats that take none
    _ids: Any = field(default_factory=lambda: itertools.count(1001))
    _group_ids: Any = field(default_factory=lambda: itertools.count(1))
    _box: Any = field(default_factory=lambda: itertools.count(1))
    _boxes: dict[int, Any] = field(default_factory=dict)

    def add_user(self, name: str, username: str | None, is_bot: bool, language: str) -> User:
        user = User(7_000_000 + next(self._ids), name, username, is_bot, language)
        self.users[user.id] = user
        return user

    def add_group(self, title: str, members: list[User], kind: str, forum: bool) -> Group:
        number = next(self._group_ids)
        group = Group(-1_001_000_000_000 - number if kind == "supergroup" else -4000 - number, title, kind, members)
        group.forum = forum
        self.groups[group.id] = group
        return group

    def chat_json(self, chat_id: int) -> Json | None:
        if chat_id in self.groups:
            return self.groups[chat_id].json()
        if user := self.users.get(chat_id):
            made: Json = {"id": user.id, "type": "private", "first_name": user.name}
            return made | ({"username": user.username} if user.username else {})
        return None

    def next_id(self, chat_id: int) -> int:
        group = self.groups.get(chat_id)
        if group and group.kind == "supergroup":
            return int(next(self._boxes.setdefault(chat_id, itertools.count(1))))
        return int(next(self._box))

    def write(self, chat_id: int, sender: Json, own: bool, **content: Any) -> Json:
        """Adds a message to a chat; returns it as Telegram's JSON."""
        message: Json = {
            "message_id": self.next_id(chat_id),
            "from": sender,
            "chat": self.chat_json(chat_id),
            "date": int(time.time()),
            **{key: value for key, value in content.items() if value not in (None, [])},
        }
        self.messages[chat_id, message["message_id"]] = Stored(message, own)
        return message

    def add_file(self, data: bytes, folder: str, ending: str, claimed: int | None = None) -> File:
        number = len(self.files) + 1
        digest = hashlib.sha256(data[:65536] + number.to_bytes(4, "big")).hexdigest()
        file = File(f"AgAC{digest[:40]}", f"{folder}/file_{number}.{ending}", data, claimed or len(data))
        self.files[file.id] = file
        return file

    def photo(self, data: bytes, claimed: int | None) -> list[Json]:
        """The sizes of a photo, smallest first, as Telegram lists them."""
        try:
            with Image.open(io.BytesIO(data)) as image:
                size, small = image.size, image.convert("RGB")
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
            size, small = (1280, 960), Image.new("RGB", (90, 68), "grey")
        small.thumbnail((90, 90))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG")
        thumbnail = self.add_file(buffer.getvalue(), "thumbnails", "jpg")
        large = self.add_file(data, "photos", "jpg", claimed)
        return [
            {**thumbnail.json(), "width": small.width, "height": small.height},
            {**large.json(), "width": size[0], "height": size[1]},
        ]

    def sticker(self, data: bytes, emoji: str, animated: bool) -> Json:
        """`data`: the picture itself, or the first frame of an animated one."""
        file = self.add_file(data, "stickers", "tgs" if animated else "webp")
        made = {**file.json(), "width": 512, "height": 512, "type": "regular", "emoji": emoji}
        if animated:
            made["thumbnail"] = {**self.add_file(data, "thumbnails", "webp").json(), "width": 128, "height": 128}
        return made | {"is_animated": animated, "is_video": False}

    def visible(self, message: Json) -> bool:
        """Whether the bot gets a group's message: in privacy mode only commands, mentions, replies and service ones."""
        if self.bot["can_read_all_group_messages"] or _SERVICE & set(message):
            return True
        text: str = message.get("text") or message.get("caption") or ""
        kinds = {one["type"] for one in message.get("entities") or message.get("caption_entities") or ()}
        replied = message.get("reply_to_message", {}).get("from", {}).get("id")
        named = f"@{self.bot['username']}".lower() in text.lower()
        return named or "bot_command" in kinds or replied == self.bot["id"]


def utf16(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def entities(text: str, named: User | None = None) -> list[Json]:
    """What Telegram finds in a text: @mentions and /commands, and `named` where their name stands."""
    found = [
        {
            "type": "mention" if match["mention"] else "bot_command",
            "offset": utf16(text[: match.start()]),
            "length": utf16(match.group()),
        }
        for match in _ENTITY.finditer(text)
    ]
    if named and named.name in text:
        start = text.index(named.name)
        place: Json = {"offset": utf16(text[:start]), "length": utf16(named.name)}
        found.append(place | {"type": "text_mention", "user": named.json()})
    return found
