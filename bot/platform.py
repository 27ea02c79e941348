"""The contract between the daemon and a platform: the adapter that speaks it, and what a package says of it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from bot.checks import Check
from bot.errors import EchoesError, PermanentError, UndeliverableError
from bot.message import Chat, Message
from bot.people import People
from bot.secrets import Secret, Secrets
from bot.validation import Section


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """What became of a message in a group. often: the share of such messages that is answered, where chance decided.

    why: sentences for the owner, by language; they hold no words of the message.
    """

    answered: bool
    often: float | None
    why: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class VoiceMessage:
    """A voice message to send. sound: Ogg/Opus, which says in its tags that it is synthetic; so does the caption."""

    sound: bytes
    seconds: int
    caption: str


class Inbox(Protocol):
    """What the daemon offers an adapter. Only PassingError is ever raised: the daemon can keep nothing just now."""

    async def receive(self, message: Message) -> None:
        """Takes one message; returns when it is durable. The same message again is ignored."""

    async def reacted(self, reaction: Message) -> None:
        """Takes what somebody put on a message: an attachment of kind REACTION, its emoji in the words, and `reply_to`.

        It is never answered. The same again is ignored, and so is one to a message that was never received or sent.
        """

    async def took_back(self, reaction: Message) -> None:
        """Forgets such a reaction, unless the avatar has seen it."""

    async def edited(self, message: Message) -> None:
        """Takes what a message says now; `id` and `chat` tell which. One that was never received is ignored."""

    async def deleted(self, chat: Chat, ids: Collection[str]) -> None:
        """Forgets messages that were deleted on the platform, the avatar's own included."""

    async def latest(self, platform: str) -> Mapping[Chat, str]:
        """The id of the newest message taken from each chat of a platform, to catch up from after a restart."""

    async def moved(self, old: Chat, new: Chat) -> None:
        """A chat continues under another id (a Telegram group that became a supergroup). May be told again."""

    def typing(self, chat: Chat) -> None:
        """Notes that somebody types in a chat just now; an answer waits for it. A platform need not tell."""

    def server_said(self, at: datetime) -> None:
        """Takes the time that the platform's server just gave, to notice a wrong clock here."""


class Adapter(Protocol):
    """One platform. Raises PermanentError or PassingError; retries only what the platform's rate limits ask for.

    An adapter is a subclass. What a platform cannot do it need not write: the methods with a body below do for that.
    """

    platform: str

    async def run(self, inbox: Inbox) -> None:
        """Connects and delivers messages until cancelled. Cleans up after itself.

        A message that cannot be read is left out with a line in the log: it never holds up those that follow.
        """

    async def send(self, chat: Chat, text: str, key: str) -> str:
        """Sends one bubble; returns its id. `key` is the same for the same bubble on every try.

        Raises UndeliverableError where this chat cannot be reached; the others still can.
        """

    async def send_reply(self, chat: Chat, text: str, key: str, to: str) -> str:
        """Sends one bubble as `send` does, shown as a reply to the message with the id `to` if that is still there."""
        return await self.send(chat, text, key)

    def stickers(self) -> Collection[str]:
        """The emoji for which it has a sticker."""
        return ()

    async def send_sticker(self, chat: Chat, emoji: str, key: str) -> str:
        """Sends one bubble as the sticker for an emoji, one of `stickers`; as the emoji where that chat takes none."""
        return await self.send(chat, emoji, key)

    def reaction_for(self, emoji: str) -> str | None:
        """How an emoji is put on messages there; None where it cannot be."""
        return None

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Puts an emoji, as `reaction_for` gives it, on a message. To do it again changes nothing.

        Raises UndeliverableError where that message, or this chat, takes none.
        """
        raise UndeliverableError("This platform has no reactions.")

    def sends_voice(self) -> bool:
        """Whether it can send voice messages."""
        return False

    async def send_voice(self, chat: Chat, voice: VoiceMessage, text: str, key: str) -> str:
        """Sends one bubble as a voice message, with its caption; as the text where that chat takes none."""
        return await self.send(chat, text, key)

    def lane(self, chat: Chat) -> str:
        """Names what the chat shares its message ids with, such as the topics of a forum.

        Of a lane's bubbles one at a time is on its way, so that after a crash it is known which one to look for.
        """
        return chat.id

    def saw(self, chat: Chat, message_id: str) -> None:
        """Notes the id of a message or bubble that an earlier process knew; told before anything is sent.

        An id from before the chat moved is none of this platform's.
        """
        return None

    def floor(self, chat: Chat) -> str | None:
        """The newest id that the platform is known to have given out where a bubble to this chat would get its own.

        It is journalled before the bubble is sent; None where nothing is known.
        """
        return None

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        """Whether a bubble whose sending was cut off by a crash arrived; None where the platform cannot tell.

        Where it arrived: its id if the platform tells it (journal it like one that `send` returned), else True.
        `floor` is what the adapter told before the sending began: of what is newer only this bubble can be ours.
        """
        return None

    async def typing(self, chat: Chat) -> None:
        """Shows the typing indicator once; it fades by itself after some seconds."""
        return None

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Downloads a photo, or a file that plays, of at most `limit` bytes; a larger one raises PermanentError."""
        raise PermanentError("This platform delivers no photos.")

    async def show_decision(self, chat: Chat, message_id: str, shown: ShownDecision) -> None:
        """Shows what became of a group's message, where the platform has a place for that."""
        return None


class PlatformSection(Section):
    """What config.yaml can say of one platform. Each value is a pydantic field with a description."""

    def hidden(self) -> Sequence[str]:
        """What of it no log may show, such as a password."""
        return ()

    def listens(self) -> tuple[str, int] | None:
        """The host and the port that it opens on this machine, if it opens one."""
        return None


S = TypeVar("S", bound=PlatformSection)


@dataclass(frozen=True, slots=True)
class Setting:
    """What an adapter is made from, besides its section."""

    secrets: Secrets  # the platform's own
    folder: Path  # where it may keep files; it makes the folder
    avatar: str  # what the avatar is called
    people: Callable[[], People]  # asked at each use, so that a reload shows
    language: str = "en"
    keep_days: float = 90  # how long the owner keeps what was said
    announce: Callable[[str], None] = lambda link: None  # shows the owner a link that may hold a token
    stickers: Mapping[str, Path] = field(default_factory=dict)  # the owner's pictures, by emoji


@dataclass(frozen=True, slots=True)
class Platform(Generic[S]):
    """A kind of platform, as its package exports it under the entry point group `echoes.platforms`.

    name: its key under `platforms:` in config.yaml, and that of the entry point. about: one line for the example file.
    make: an adapter that is not yet connected; raises ConfigError or PermanentError where a token is of no use.
    check: asks the platform over the network whether it would work, for `echoes doctor --online`.
    on_at_first: whether a new workspace has it switched on. package: who brings it; filled in by the registry.
    """

    name: str
    section: type[S]
    make: Callable[[S, Setting], Adapter]
    check: Callable[[S, Secrets], Awaitable[Check]] | None = None
    secrets: tuple[Secret, ...] = ()
    about: str = ""
    on_at_first: bool = False
    package: str = ""

    def adapter(self, section: S, setting: Setting) -> Adapter:
        """What `make` makes. Raises ConfigError or PermanentError, naming the package where its own code breaks."""
        try:
            made = self.make(section, setting)
            known_as = made.platform
        except EchoesError:
            raise
        except Exception as error:
            raise self.failed("to start", error) from error
        if known_as != self.name:
            raise PermanentError(
                f"The platform {self.name} made an adapter that calls itself {known_as!r}: update or remove the "
                f"package {self.package}, or take {self.name} out of config.yaml."
            )
        return made

    def failed(self, doing: str, error: Exception) -> PermanentError:
        """What to say where the package's own code broke. The words of its error are not for showing."""
        return plugin_failed(self.name, self.package, doing, error)


def plugin_failed(name: str, package: str, doing: str, error: BaseException) -> PermanentError:
    """What to say where a package's own code broke while it did something."""
    return PermanentError(
        f"The platform {name} failed {doing} ({type(error).__name__} in the package {package}): "
        f"update or remove that package, or take {name} out of config.yaml."
    )


@dataclass(frozen=True, slots=True)
class Platforms:
    """What is installed. broken: why a platform cannot be used, by name. remarks: what else is wrong, in sentences."""

    good: Mapping[str, Platform[Any]] = field(default_factory=dict)
    broken: Mapping[str, EchoesError] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.good, *self.broken}))

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The tokens that any of them uses."""
        return tuple(secret for platform in self.good.values() for secret in platform.secrets)
