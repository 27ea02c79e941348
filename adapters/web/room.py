"""Who can speak on the page, and where: each contact, or a stranger; in private, or all together in one group."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.web.guard import Refusal
from adapters.web.store import Line, Reaction
from bot.media import MAX_BYTES
from bot.message import PHOTO, REACTION, Account, Attachment, Chat, ChatKind, Message
from bot.people import RELATIONSHIPS, STRANGER, Contact, People
from bot.pictures import most_pixels
from bot.platform import ShownDecision

PLATFORM = "web"
GROUP = "#group"  # no contact's short name begins so
STRANGER_ID = "~stranger"
TEXT_LIMIT = 4000  # characters a message
PHOTO_LIMIT = 10  # photos a message
OFFERED = ("❤️", "👍", "😂", "😮", "😢", "🙏")
"""What a person can put on a message."""


@dataclass(frozen=True, slots=True)
class Room:
    """`people` is asked each time, so that a changed people.yaml shows. `avatar`: what it is called on the page."""

    people: Callable[[], People]
    avatar: str
    group: str  # title of the group

    def speakers(self) -> Iterator[Contact]:
        """Everybody the owner may speak as; the last is a stranger."""
        yield from self.people().contacts
        yield Contact(STRANGER_ID, "Stranger")

    def speaker(self, sender: str) -> Contact:
        found = next((one for one in self.speakers() if one.slug == sender), None)
        if found is None:
            raise Refusal(400, "unknown", "There is no such person in people.yaml (any more): load the page again.")
        return found

    def chat(self, number: str) -> Chat:
        if number == GROUP:
            return Chat(PLATFORM, GROUP, ChatKind.GROUP, self.group)
        return Chat(PLATFORM, number, ChatKind.PRIVATE)

    def place(self, chat: str, sender: str) -> Contact:
        """Returns the speaker in a chat. Raises Refusal where they have no part in it."""
        speaker = self.speaker(sender)
        if chat not in (GROUP, sender):
            raise Refusal(400, "unknown", "There is no such chat.")
        return speaker

    def check(self, chat: str, sender: str, text: str, photos: tuple[str, ...]) -> Contact:
        """Returns the speaker of a posted message. Raises Refusal where it may not be taken."""
        speaker = self.place(chat, sender)
        if not text and not photos:
            raise Refusal(400, "empty", "The message is empty.")
        if len(text) > TEXT_LIMIT:
            raise Refusal(400, "long", f"A message can have at most {TEXT_LIMIT} characters: send it in parts.")
        if len(photos) > PHOTO_LIMIT:
            raise Refusal(400, "many", f"A message can have at most {PHOTO_LIMIT} photos.")
        return speaker

    def message(self, line: Line, answered: Line | None) -> Message:
        """Makes the message that the daemon is given out of a person's line. answered: the line that it answers."""
        sender = line.sender or ""
        said = line.text.lower()
        others = [one.name.lower() for one in self.speakers() if one.slug != sender]
        grouped = line.chat == GROUP
        to_avatar = answered is not None and answered.sender is None
        to_other = answered is not None and answered.sender not in (None, sender)
        return Message(
            chat=self.chat(line.chat),
            id=str(line.id),
            sender=Account(PLATFORM, sender),
            sender_name=line.name,
            sent_at=datetime.fromtimestamp(line.at / 1000, UTC),
            text=line.text,
            attachments=tuple(Attachment(PHOTO, name) for name in line.photos),
            reply_to=str(answered.id) if answered is not None else None,
            addressed=grouped and (to_avatar or f"@{self.avatar.lower()}" in said),
            addressed_other=grouped and (to_other or any(f"@{name}" in said for name in others)),
        )

    def reaction(self, line: Line, speaker: Contact, emoji: str) -> Message:
        """Makes what the daemon is told where a person puts an emoji on a line now, or takes it back."""
        return Message(
            chat=self.chat(line.chat),
            id="",
            sender=Account(PLATFORM, speaker.slug),
            sender_name=speaker.name,
            sent_at=datetime.now(UTC),
            attachments=(Attachment(REACTION, words=emoji),),
            reply_to=str(line.id),
        )

    def described(self) -> dict[str, Any]:
        """Returns what the page is built from."""
        return {
            "avatar": self.avatar,
            "group": {"id": GROUP, "title": self.group},
            "people": [
                {
                    "id": one.slug,
                    "name": one.name,
                    "stranger": one.slug == STRANGER_ID,
                    "relationship": {"en": one.relationship, "zh": RELATIONSHIPS.get(one.relationship, STRANGER)},
                }
                for one in self.speakers()
            ],
            "reactions": list(OFFERED),
            "limits": {
                "text": TEXT_LIMIT,
                "photos": PHOTO_LIMIT,
                "megabytes": MAX_BYTES // 1024 // 1024,
                "megapixels": most_pixels("JPEG") // 1_000_000,
                "webp": most_pixels("WEBP") // 1_000_000,
            },
        }


def shown(line: Line) -> dict[str, Any]:
    """Returns a line as the page gets it."""
    return {
        "id": line.id,
        "chat": line.chat,
        "sender": line.sender,
        "name": line.name,
        "text": line.text,
        "photos": list(line.photos),
        "at": line.at,
        "mark": line.mark,
        "reply": line.reply,
        "decision": None if line.decision is None else decision(line.decision),
    }


def put(reactions: Iterable[Reaction]) -> list[dict[str, Any]]:
    """Returns reactions as the page gets them."""
    return [{"line": one.line, "sender": one.sender, "emoji": one.emoji} for one in reactions]


def decision(shown: ShownDecision) -> dict[str, Any]:
    """Returns what became of a line as the page gets it."""
    return {
        "often": shown.often,
        "answered": shown.answered,
        "why": {key: list(why) for key, why in shown.why.items()},
    }
