"""What people do on the other side of the Telegram stand-in: write, edit, block, turn groups into supergroups."""

import itertools
import time
from collections.abc import Sequence

from tests.standins.telegram_updates import Updates
from tests.standins.telegram_world import ANONYMOUS_ADMIN, Group, Json, User, World, entities


class People:
    """All of it is plain calls that take effect at once; ids are those that the bot will see."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.updates = Updates()
        self._albums = itertools.count(13_579_000_001)

    def person(self, name: str, username: str | None = None, *, is_bot: bool = False, language: str = "en") -> User:
        return self.world.add_user(name, username, is_bot, language)

    def group(self, title: str, *members: User, kind: str = "supergroup", forum: bool = False) -> Group:
        """A group that the bot is in; `kind` is "group" or "supergroup"."""
        return self.world.add_group(title, list(members), kind, forum)

    def user_says(
        self,
        user: User,
        text: str = "",
        *,
        chat: Group | None = None,
        photo: bytes | None = None,
        album: Sequence[bytes] = (),
        sticker: bytes | None = None,
        emoji: str = "🙂",
        animated: bool = False,
        document: bytes | None = None,
        mime: str = "image/png",
        reply_to: int | None = None,
        mention: User | None = None,
        thread: int | None = None,
        anonymous: bool = False,
        claimed_size: int | None = None,
        extra: Json | None = None,
    ) -> int:
        """Writes to the bot's private chat or to a group; returns the id of the (last) message.

        With a photo, an album, a document or `extra` the text is the caption. `mention`: a member linked by name in
        the text. `thread`: a topic of a forum. `anonymous`: as an administrator who hides behind the group.
        `claimed_size`: what Telegram says of the file, true or not. `extra`: any other content, as raw JSON.
        """
        if chat and user not in chat.members:
            raise ValueError(f"{user.name} is not in {chat.title}.")
        chat_id = chat.id if chat else user.id
        content: Json = dict(extra or {})
        if reply_to is not None:
            replied = self.world.messages[chat_id, reply_to].json
            content["reply_to_message"] = {key: value for key, value in replied.items() if key != "reply_to_message"}
        if thread is not None:
            content |= {"message_thread_id": thread, "is_topic_message": True}
        if anonymous and chat:
            content["sender_chat"] = chat.json()
        if sticker is not None:
            content["sticker"] = self.world.sticker(sticker, emoji, animated)
        if document is not None:
            file = self.world.add_file(document, "documents", "bin", claimed_size)
            content["document"] = {**file.json(), "file_name": "picture", "mime_type": mime}
        photos = list(album) if photo is None else [photo]
        words: Json = {}
        if text:
            kind = "caption" if photos or document is not None or extra else "text"
            words = {kind: text, "entities" if kind == "text" else "caption_entities": entities(text, mention)}
        sender = ANONYMOUS_ADMIN if anonymous else user.json()
        if not chat:
            self.world.started.add(user.id)
        if not photos:
            return self._write(chat_id, sender, content | words)
        if album:
            content["media_group_id"] = str(next(self._albums))
        made = [
            self._write(chat_id, sender, content | (words if first else {}) | {"photo": sizes})
            for first, sizes in ((n == 0, self.world.photo(data, claimed_size)) for n, data in enumerate(photos))
        ]
        return made[-1]

    def user_edits(self, user: User, message_id: int, text: str, *, chat: Group | None = None) -> None:
        stored = self.world.messages[chat.id if chat else user.id, message_id]
        stored.json = {**stored.json, "text": text, "edit_date": int(time.time())}
        self.updates.push("edited_message", stored.json)

    def user_reacts(self, user: User, message_id: int, *emoji: str, chat: Group | None = None) -> None:
        """Leaves these emoji, and no others, on a message. A bot is told in private, and as an administrator."""
        place = (chat.id if chat else user.id, message_id, user.id)
        before = self.world.reactions.get(place, [])
        self.world.reactions[place] = list(emoji)
        if chat is None or (chat.bot_in and chat.bot_admin):
            told: Json = {"chat": self.world.chat_json(place[0]), "message_id": message_id, "user": user.json()}
            told |= {"date": int(time.time()), "old_reaction": _of(before), "new_reaction": _of(emoji)}
            self.updates.push("message_reaction", told)

    def block(self, user: User) -> None:
        """The user blocks the bot."""
        self.world.blocked.add(user.id)

    def kick(self, group: Group) -> None:
        """The bot is removed from a group."""
        group.bot_in = False

    def migrate(self, group: Group) -> Group:
        """Turns a basic group into a supergroup with another id; both chats tell of it."""
        new = self.world.add_group(group.title, group.members, "supergroup", forum=False)
        self._write(group.id, group.members[0].json(), {"migrate_to_chat_id": new.id})
        self._write(new.id, ANONYMOUS_ADMIN, {"migrate_from_chat_id": group.id})
        group.moved_to = new.id
        return new

    def _write(self, chat_id: int, sender: Json, content: Json) -> int:
        message = self.world.write(chat_id, sender, own=False, **content)
        group = self.world.groups.get(chat_id)
        if group is None or (group.bot_in and self.world.visible(message)):
            self.updates.push("message", message)
        return int(message["message_id"])


def _of(emoji: Sequence[str]) -> list[Json]:
    """A number is the id of a picture that is no emoji."""
    return [
        {"type": "custom_emoji", "custom_emoji_id": one} if one.isdigit() else {"type": "emoji", "emoji": one}
        for one in emoji
    ]
