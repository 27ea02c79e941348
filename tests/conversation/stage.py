"""A stage for conversations: people who say things, a platform that shows what comes back, a model with a script."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.chat.decision import Calibration
from bot.chat.prompt import Codec, Prompt
from bot.clock import Clock
from bot.config import ConversationConfig
from bot.conversation import Conversations
from bot.conversation.avatar import Avatar
from bot.errors import EchoesError, PermanentError, UndeliverableError
from bot.hearing.ears import Ears
from bot.media import MediaStore
from bot.memory.meaning import Meaning
from bot.memory.opened import examples_of, memory_of
from bot.memory.vectors import Encoder
from bot.message import PHOTO, REACTION, Account, Attachment, Chat, ChatKind, Message
from bot.observer import Observer, Unobserved
from bot.people import Contact, People
from bot.persona import Persona
from bot.platform import Adapter, Inbox, VoiceMessage
from bot.sampling import Sampling
from bot.speaking.voice import Voice
from bot.store.journal import Journal
from bot.store.past import Past
from bot.workspace import Workspace
from tests.support import byte_codec

MEI = Account("stage", "1")
OMA = Account("stage", "2")
NOBODY = Account("stage", "99")
PEOPLE = People.of(
    (Contact("mei", "Mei", "friend", (MEI,)), Contact("oma", "Oma", "elder", (OMA,))), (Account("stage", "7"),)
)
NORA = Persona("Nora", ("Nor",), "en", "Nora bakes bread.")
NO_CALIBRATION = Calibration()


class ScriptedEngine:
    """Answers with what a function makes of the prompt's text; p(answer) likewise."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.max_context = 4000
        self.precision = "as scripted"
        self.prompts: list[str] = []
        self.seeds: list[int | None] = []
        self.say: Callable[[str], str] = lambda prompt: "ok"
        self.probability: Callable[[str], float] = lambda prompt: 0.9
        self.delay = 0.0
        self.failures: list[EchoesError] = []
        self.cancelled = 0
        self.forgot = 0

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        return self.probability(self._text(prompt))

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        text = self._text(prompt)
        self.prompts.append(text)
        self.seeds.append(sampling.seed)
        if self.failures:
            raise self.failures.pop(0)
        finished = False
        try:
            for letter in self.say(text):
                await asyncio.sleep(self.delay)
                yield letter
            finished = True
        finally:
            self.cancelled += not finished

    def forget(self) -> None:
        self.forgot += 1

    def step_seconds(self) -> float:
        return 0.0

    async def load_lora(self, lora: Path | None) -> None:
        raise PermanentError("The scripted engine has no LoRA.")

    async def aclose(self) -> None:
        return None

    def _text(self, prompt: Prompt) -> str:
        return str(self.codec.tokenizer.decode(list(prompt.ids), skip_special_tokens=False))


class StagePlatform(Adapter):
    """A platform in memory: keeps what was sent, holds photos, fails when told."""

    platform = "stage"

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []  # chat id, text
        self.keys: list[str] = []
        self.offered: set[str] = set()  # emoji with a sticker
        self.takes_reactions: dict[str, str] = {}  # emoji, as it is put
        self.put: list[tuple[str, str]] = []  # the message, the emoji
        self.refuses: set[str] = set()  # messages on which nothing can be put
        self.replied: list[tuple[str, str]] = []  # text, the message that it is shown as a reply to
        self.typed: list[str] = []
        self.takes_voice = True
        self.voices: list[VoiceMessage] = []
        self.photos: dict[str, bytes | EchoesError] = {}
        self.failures: list[EchoesError] = []
        self.arrived: str | bool | None = False
        self.asked: list[str | None] = []

    async def run(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def send(self, chat: Chat, text: str, key: str) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((chat.id, text))
        self.keys.append(key)
        return f"out{len(self.sent)}"

    async def send_reply(self, chat: Chat, text: str, key: str, to: str) -> str:
        sent = await self.send(chat, text, key)
        self.replied.append((text, to))
        return sent

    def stickers(self) -> Collection[str]:
        return self.offered

    async def send_sticker(self, chat: Chat, emoji: str, key: str) -> str:
        return await self.send(chat, f"[sticker {emoji}]", key)

    def reaction_for(self, emoji: str) -> str | None:
        return self.takes_reactions.get(emoji)

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if message_id in self.refuses:
            raise UndeliverableError("Nothing can be put on that message.")
        self.put.append((message_id, emoji))

    def sends_voice(self) -> bool:
        return self.takes_voice

    async def send_voice(self, chat: Chat, voice: VoiceMessage, text: str, key: str) -> str:
        sent = await self.send(chat, f"[voice {voice.caption}]", key)
        self.voices.append(voice)
        return sent

    def saw(self, chat: Chat, message_id: str) -> None:
        """Nothing: each bubble is known by its key."""

    def lane(self, chat: Chat) -> str:
        return chat.id

    def floor(self, chat: Chat) -> str | None:
        return f"out{len(self.sent)}"

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        self.asked.append(floor)
        return self.arrived

    async def typing(self, chat: Chat) -> None:
        self.typed.append(chat.id)

    async def fetch(self, ref: str, limit: int) -> bytes:
        photo = self.photos[ref]
        if isinstance(photo, EchoesError):
            raise photo
        return photo


@dataclass
class Stage:
    """`says` delivers a message, `settled` waits until nothing is in hand, `heard` is what a chat was sent."""

    root: Path
    config: ConversationConfig
    people: People = PEOPLE
    persona: Persona = NORA
    calibration: Calibration = NO_CALIBRATION
    platform: StagePlatform = field(default_factory=StagePlatform)
    clock: Clock = field(default_factory=Clock)
    observer: Observer = field(default_factory=Unobserved)
    ears: Ears | None = None
    voice: Voice | None = None
    encoder: Encoder | None = None  # what finds by meaning
    reads_at_once: bool = True
    number: int = 0
    seen_asked: int = 0

    def __post_init__(self) -> None:
        self.media = MediaStore(self.root / "received", (self.root / "media",))
        self.engine = ScriptedEngine(byte_codec(self.media))
        self.journal = Journal.open(self.root / "journal.sqlite", self.clock.now, self.persona.era)
        self.conversations = self._open()

    def _open(self) -> Conversations:
        meaning = Meaning(self.encoder, at_once=self.reads_at_once) if self.encoder else None
        self.memory = memory_of(Workspace(self.root), self.journal, self.persona, meaning)
        avatar = Avatar(
            self.engine,
            self.persona,
            self.people,
            self.calibration,
            Sampling(max_tokens=100),
            self.config,
            self.media,
            Past(self.root / "corpus.sqlite"),
            self.memory,
            ears=self.ears,
            voice=self.voice,
            examples=examples_of(Workspace(self.root)),
        )
        return Conversations(avatar, self.journal, {"stage": self.platform}, self.observer, self.clock)

    async def close(self) -> None:
        await self.conversations.drain(0)
        self.memory.close()
        self.journal.close()

    async def restart(self) -> None:
        """Stopped and started: nothing in memory survives; the journal does."""
        await self.conversations.drain(0)
        await self._start()

    async def die(self) -> None:
        """Killed and started: nothing that would still have been done is done."""
        self.journal._db.close()
        await self.conversations.drain(0)
        await self._start()

    async def _start(self) -> None:
        self.memory.close()
        self.journal.close()
        self.media = MediaStore(self.root / "received", (self.root / "media",))
        self.engine.codec = byte_codec(self.media)
        self.journal = Journal.open(self.root / "journal.sqlite", self.clock.now, self.persona.era)
        self.conversations = self._open()
        await self.conversations.start()

    async def says(
        self,
        who: Account,
        text: str = "",
        *,
        group: str | None = None,
        photos: Mapping[str, bytes | EchoesError] | None = None,
        ago: timedelta = timedelta(0),
        addressed: bool = False,
        from_bot: bool = False,
    ) -> Message:
        self.number += 1
        self.platform.photos.update(photos or {})
        contact = self.people.find(who)
        message = Message(
            chat=Chat("stage", group, ChatKind.GROUP, "Climbers") if group else Chat("stage", who.id, ChatKind.PRIVATE),
            id=f"in{self.number}",
            sender=who,
            sender_name=contact.name if contact else "Somebody Else",
            sent_at=self.clock.now() - ago,
            text=text,
            attachments=tuple(Attachment(PHOTO, ref) for ref in photos or {}),
            addressed=addressed,
            from_bot=from_bot,
        )
        await self.conversations.receive(message)
        return message

    async def brings(self, who: Account, attachment: Attachment, file: bytes | EchoesError) -> None:
        """Delivers a message that is nothing but an attachment, to be fetched as this file."""
        self.number += 1
        self.platform.photos[attachment.ref] = file
        chat = Chat("stage", who.id, ChatKind.PRIVATE)
        sent = Message(chat, f"in{self.number}", who, "", self.clock.now(), attachments=(attachment,))
        await self.conversations.receive(sent)

    async def reacts(self, who: Account, emoji: str, to: str, *, group: str | None = None, back: bool = False) -> None:
        """Puts an emoji on a message, by its id, or takes it back."""
        contact = self.people.find(who)
        reaction = Message(
            chat=Chat("stage", group, ChatKind.GROUP, "Climbers") if group else Chat("stage", who.id, ChatKind.PRIVATE),
            id="",
            sender=who,
            sender_name=contact.name if contact else "Somebody Else",
            sent_at=self.clock.now(),
            attachments=(Attachment(REACTION, words=emoji),),
            reply_to=to,
        )
        await (self.conversations.took_back if back else self.conversations.reacted)(reaction)

    async def settled(self, seconds: float = 10.0) -> None:
        await self.until(self.conversations.idle, seconds)

    async def until(self, happened: Callable[[], object], seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, "it did not come to that"
            await asyncio.sleep(0.005)

    async def asked_again(self) -> None:
        """Waits until the engine has been asked once more than when this was awaited before."""
        await self.until(lambda: len(self.engine.prompts) > self.seen_asked)
        self.seen_asked = len(self.engine.prompts)

    def on_disk(self) -> bytes:
        """Whatever lies in the workspace's files."""
        return b"".join(path.read_bytes() for path in self.root.rglob("*") if path.is_file())

    def heard(self, chat: str) -> list[str]:
        """What was sent to a chat, without the introduction."""
        return [text for where, text in self.platform.sent if where == chat and "I am an AI" not in text]


QUICK = ConversationConfig(
    gather_seconds=0.02, gather_max_seconds=2.0, characters_per_second=0, answer="everyone", stale_hours=1
)


def quick(**changes: object) -> ConversationConfig:
    return QUICK.model_copy(update=changes)
