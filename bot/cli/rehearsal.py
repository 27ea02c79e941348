"""A rehearsal: people of the workspace write to the avatar through the real conversation, shown as it goes."""

import asyncio
import itertools
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import disclosure
from bot.conversation import Conversations
from bot.conversation.avatar import Avatar
from bot.errors import PermanentError
from bot.message import PHOTO, Account, Attachment, Chat, ChatKind, Message
from bot.observer import Unobserved
from bot.people import Contact
from bot.persona import LANGUAGES
from bot.platform import Adapter, Inbox, ShownDecision
from bot.store.journal import Journal

PLATFORM = "rehearsal"

_WORDS = {
    "en": {
        "introduces": "(first says that it is an AI that imitates {name})",
        "answers": "{name} answers",
        "silent": "{name} stays silent",
        "often": " (of 100 such messages it would answer {number})",
    },
    "zh": {
        "introduces": "（先说明自己是模仿{name}的 AI）",
        "answers": "{name}回复",
        "silent": "{name}没有说话",
        "often": "（这样的消息，100 条里会回复 {number} 条）",
    },
}


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says: text, and photos as bytes; `after`: how long after the line before."""

    name: str
    sender: Account
    text: str = ""
    photos: tuple[bytes, ...] = ()
    after: timedelta = timedelta(minutes=1)


class _Stage(Adapter):
    """A platform without a network."""

    platform = PLATFORM

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.photos: dict[str, bytes] = {}
        self.decision: ShownDecision | None = None  # the last one

    async def run(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def send(self, chat: Chat, text: str, key: str) -> str:
        self.sent.append(text)
        return str(len(self.sent))

    def saw(self, chat: Chat, message_id: str) -> None:
        """Nothing: each bubble is known by its key."""

    def lane(self, chat: Chat) -> str:
        return chat.id

    def floor(self, chat: Chat) -> str | None:
        return None

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        return False

    async def typing(self, chat: Chat) -> None:
        return None

    async def fetch(self, ref: str, limit: int) -> bytes:
        if len(self.photos[ref]) > limit:
            raise PermanentError("That photo is too large.")
        return self.photos[ref]

    async def show_decision(self, chat: Chat, message_id: str, shown: ShownDecision) -> None:
        self.decision = shown


class Rehearsal:
    """`async with Rehearsal(avatar) as rehearsal: await rehearsal.private(lines)`; prints as it goes."""

    def __init__(self, avatar: Avatar) -> None:
        self._avatar = avatar
        self._folder = tempfile.TemporaryDirectory(prefix="echoes-rehearsal-")
        self._now = datetime.now(UTC) - timedelta(days=1)  # a clock of its own: lines need not take their time
        self._journal = Journal.open(Path(self._folder.name) / "journal.sqlite", lambda: self._now)
        self._stage = _Stage()
        self._conversations = Conversations(avatar, self._journal, {PLATFORM: self._stage}, Unobserved())
        self._ids = itertools.count(1)
        self._notices = {disclosure.introduction(avatar.persona, language) for language in LANGUAGES}

    async def __aenter__(self) -> "Rehearsal":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._conversations.drain(0)
        self._journal.close()
        self._folder.cleanup()

    async def private(self, lines: Sequence[Line]) -> None:
        """One contact writes; every line is answered."""
        for line in lines:
            chat = Chat(PLATFORM, line.sender.id, ChatKind.PRIVATE)
            _say(line)
            await self._hear(chat, line)
            self._show()

    async def group(self, title: str, lines: Sequence[Line]) -> None:
        """A group talks; after each line the decision is shown, and how often it would be the same."""
        chat = Chat(PLATFORM, f"group-{title}", ChatKind.GROUP, title)
        for line in lines:
            _say(line)
            self._stage.decision = None
            await self._hear(chat, line)
            if decision := self._stage.decision:
                self._remark("answers" if decision.answered else "silent", decision.often)
            self._show()

    async def _hear(self, chat: Chat, line: Line) -> None:
        refs: dict[str, bytes] = {f"photo{next(self._ids)}": photo for photo in line.photos}
        self._stage.photos.update(refs)
        self._now += line.after
        message = Message(
            chat, str(next(self._ids)), line.sender, line.name, self._now, line.text,
            tuple(Attachment(PHOTO, ref) for ref in refs),
        )  # fmt: skip
        await self._conversations.receive(message)
        while not self._conversations.idle():  # noqa: ASYNC110 (the conversation has no event for it)
            await asyncio.sleep(0.01)

    def _show(self) -> None:
        for text in self._stage.sent:
            if text in self._notices:
                self._remark("introduces")
            else:
                print(f"{self._avatar.persona.name:>14}: {text}", flush=True)
        self._stage.sent.clear()

    def _remark(self, what: str, often: float | None = None) -> None:
        """Prints what the avatar does. often: the share of such messages that it answers, where chance has a part."""
        persona = self._avatar.persona
        words = _WORDS[persona.language]
        said = words[what].format(name=persona.name)
        if often is not None:
            said += words["often"].format(number=round(100 * often))
        print(_dim(f"{'':>14}  {said}"))


def line_of(contact: Contact, text: str, photos: Sequence[bytes] = ()) -> Line:
    """What a contact of the workspace says."""
    account = contact.accounts[0] if contact.accounts else Account(PLATFORM, contact.slug)
    return Line(contact.name, account, text, tuple(photos))


def first_of(contacts: Sequence[Contact], relationships: Sequence[str]) -> Contact | None:
    """The first contact with the first of these relationships that anybody has."""
    by_relationship: Mapping[str, Contact] = {contact.relationship: contact for contact in reversed(contacts)}
    return next((by_relationship[one] for one in relationships if one in by_relationship), None)


def _say(line: Line) -> None:
    photos = " ".join("[photo]" for _ in line.photos)
    print(f"{line.name:>14}: {' '.join(part for part in (photos, line.text) if part)}", flush=True)


def _dim(text: str) -> str:
    return f"\033[2m{text}\033[0m" if sys.stdout.isatty() else text
