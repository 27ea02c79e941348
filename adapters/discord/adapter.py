"""The Discord adapter: sends, asks what arrived, fetches pictures, and says in a sentence what went wrong."""

import asyncio
import hashlib
import io
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
from yarl import URL

from adapters.discord.client import AvatarClient
from adapters.discord.convert import PLATFORM
from adapters.discord.sentences import ended, refused
from bot.errors import PassingError, PermanentError, UndeliverableError
from bot.letters import coloured
from bot.message import Chat
from bot.platform import Adapter, Inbox, VoiceMessage

log = logging.getLogger(__name__)

CDN = ("https://cdn.discordapp.com", "https://media.discordapp.net")
LIMIT = 2000  # characters a message
_FETCH_SECONDS = 60


class DiscordAdapter(Adapter):
    """`token` of a bot account; `proxy` as http://host:port; `origins`: where pictures may be fetched from.

    `ready_seconds`: the list of servers counts as complete when none more came for this long. `stickers`: pictures by
    emoji, which are sent as such.
    """

    platform = PLATFORM

    def __init__(
        self,
        token: str,
        *,
        proxy: str | None = None,
        origins: Collection[str] = CDN,
        ready_seconds: float = 2.0,
        stickers: Mapping[str, Path] | None = None,
    ) -> None:
        self._stickers = stickers or {}
        self._token = token
        self._proxy = proxy
        self._ready_seconds = ready_seconds
        self._origins = frozenset(URL(origin).origin() for origin in origins)
        self._client: AvatarClient | None = None
        self._newest: dict[int, int] = {}  # by channel, the newest message seen or sent
        self._arrived: dict[str, list[str]] = {}  # by key, the ids of a bubble's pieces that are there already

    def connect(self, inbox: Inbox) -> AvatarClient:
        """A client that will deliver to the inbox once started, and that `send` and the others use from then on."""
        self._client = AvatarClient(inbox, self._saw, self._proxy, self._ready_seconds)
        return self._client

    def _saw(self, channel: int, message: int) -> None:
        self._newest[channel] = max(message, self._newest.get(channel, 0))

    async def run(self, inbox: Inbox) -> None:
        """Runs until it raises PermanentError or PassingError; the library resumes short interruptions itself."""
        for name in ("discord.http", "discord.gateway", "discord.client", "discord.state"):
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.getEffectiveLevel(), logging.INFO))  # at DEBUG they log what people write
        client = self.connect(inbox)
        try:
            async with client:
                await client.start(self._token, reconnect=False)
        except Exception as error:
            raise client.failure or ended(error) from error
        if client.failure is not None:
            raise client.failure
        raise PassingError("Discord closed the connection.")

    async def send(self, chat: Chat, text: str, key: str) -> str:
        """Sends a bubble, in pieces where it is over Discord's limit; pieces that arrived are not sent again.

        Returns the id of the last.
        """
        return await self._post(chat, text, key, None)

    async def send_reply(self, chat: Chat, text: str, key: str, to: str) -> str:
        """Sends a bubble of which the first piece is shown as a reply, which notifies nobody."""
        return await self._post(chat, text, key, int(to) if to.isdecimal() else None)

    def stickers(self) -> Collection[str]:
        return self._stickers.keys()

    async def send_sticker(self, chat: Chat, emoji: str, key: str) -> str:
        """Sends a picture, whose name is the bubble's mark; the emoji where this chat takes none, or it is gone."""
        mark, path = nonce(key, 0), self._stickers[emoji]
        try:
            data = io.BytesIO(await asyncio.to_thread(path.read_bytes))
            async with self._channel(chat) as channel:
                sent = (await channel.send(file=discord.File(data, f"{mark}{path.suffix}"), nonce=mark)).id
        except (UndeliverableError, OSError) as error:
            log.warning("A sticker on Discord goes out as its emoji: %s", error)
            return await self.send(chat, emoji, key)
        self._saw(int(chat.id), sent)
        return str(sent)

    def reaction_for(self, emoji: str) -> str | None:
        return coloured(emoji)

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Puts an emoji on a message beside what is there."""
        if not message_id.isdecimal():
            raise UndeliverableError("Discord does not know that message.")
        async with self._channel(chat) as channel:
            await channel.get_partial_message(int(message_id)).add_reaction(emoji)

    def sends_voice(self) -> bool:
        return True

    async def send_voice(self, chat: Chat, voice: VoiceMessage, text: str, key: str) -> str:
        """Sends a sound file, whose name is the bubble's mark; the text where this chat takes no files."""
        mark = nonce(key, 0)
        try:
            async with self._channel(chat) as channel:
                file = discord.File(io.BytesIO(voice.sound), f"{mark}.ogg")
                sent = (await channel.send(voice.caption, file=file, nonce=mark)).id
        except UndeliverableError as error:
            log.warning("A voice message on Discord goes out as text: %s", error)
            return await self.send(chat, text, key)
        self._saw(int(chat.id), sent)
        return str(sent)

    async def _post(self, chat: Chat, text: str, key: str, to: int | None) -> str:
        arrived = self._arrived.get(key, [])
        place = int(chat.id)
        shown = discord.MessageReference(message_id=to, channel_id=place, fail_if_not_exists=False) if to else None
        async with self._channel(chat) as channel:
            for number, piece in list(enumerate(split(text)))[len(arrived) :]:
                mark = nonce(key, number)
                if shown is not None and number == 0:
                    sent = (await channel.send(piece, nonce=mark, reference=shown)).id
                else:
                    sent = (await channel.send(piece, nonce=mark)).id
                self._saw(int(chat.id), sent)
                arrived.append(str(sent))
                self._arrived[key] = arrived  # should the next piece fail, this one is not sent again
        self._arrived.pop(key, None)
        return arrived[-1]

    def saw(self, chat: Chat, message_id: str) -> None:
        if message_id.isdecimal():
            self._saw(int(chat.id), int(message_id))

    def lane(self, chat: Chat) -> str:
        return chat.id

    def floor(self, chat: Chat) -> str | None:
        newest = self._newest.get(int(chat.id))
        return None if newest is None else str(newest)

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        """Looks for the bubble in the history; None where that may not be read, or the chat is unknown."""
        if floor is None:
            return None
        client, me = self._online()
        try:
            async with self._channel(chat) as channel:
                listed = await client.listed(channel.id, int(floor))
        except UndeliverableError:
            return None
        own = [one for one in listed if isinstance(one.get("author"), dict) and one["author"].get("id") == str(me)]
        pieces = split(text)
        self._arrived.pop(key, None)
        arrived: list[str] = []
        for number, piece in enumerate(pieces):
            found = next((one["id"] for one in own if _is(one, nonce(key, number), piece)), None)
            if found is None:
                return False
            arrived.append(found)
            self._arrived[key] = arrived
            own = own[[one["id"] for one in own].index(found) + 1 :]
        self._arrived.pop(key, None)
        return arrived[-1]

    async def typing(self, chat: Chat) -> None:
        async with self._channel(chat) as channel:
            await channel.typing()

    async def fetch(self, ref: str, limit: int) -> bytes:
        """Downloads a picture, or what plays, from Discord's own hosts alone, following no redirect."""
        url = URL(ref)
        if not url.absolute or url.origin() not in self._origins:
            raise PermanentError("A file on Discord was left out: it lies on another host than Discord's.")
        too_large = PermanentError(f"A file on Discord was left out: it is larger than {limit / 1e6:.0f} MB.")
        timeout = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, allow_redirects=False, proxy=self._proxy) as response,
            ):
                if response.status == 429 or response.status >= 500:
                    raise PassingError(f"Discord's file store answers {response.status} for now.")
                if response.status != 200:
                    raise PermanentError(f"A file on Discord is no longer there (status {response.status}).")
                if (response.content_length or 0) > limit:
                    raise too_large
                data = bytearray()
                async for chunk in response.content.iter_chunked(64 * 1024):
                    data += chunk
                    if len(data) > limit:
                        raise too_large
                return bytes(data)
        except (aiohttp.ClientError, OSError) as error:
            raise PassingError(f"Discord's file store cannot be reached ({type(error).__name__}).") from error

    def _online(self) -> tuple[AvatarClient, int]:
        """The client, and the avatar's own account."""
        client = self._client
        if client is None or client.user is None or client.is_closed():
            raise PassingError("Discord is not connected at the moment.")
        return client, client.user.id

    @asynccontextmanager
    async def _channel(self, chat: Chat) -> AsyncIterator[discord.PartialMessageable]:
        client, _ = self._online()
        try:
            yield client.get_partial_messageable(int(chat.id))
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise refused(error) from error


def nonce(key: str, number: int) -> str:
    """Makes 25 characters of a key, the most that Discord takes; for minutes it drops a second message with them."""
    return hashlib.sha256(f"{key}/{number}".encode()).hexdigest()[:25]


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Cuts a text into pieces of at most `limit` UTF-16 units, at a line or word where one is in the last half."""
    pieces = []
    while len(text.encode("utf-16-le", "replace")) > 2 * limit:
        head = text.encode("utf-16-le", "replace")[: 2 * limit].decode("utf-16-le", "ignore")
        cut = max(head.rfind("\n"), head.rfind(" "))
        if cut < len(head) // 2:
            cut = len(head)
        pieces.append(text[:cut])
        text = text[cut:].lstrip()
    return [*pieces, text]


def _is(told: Mapping[str, Any], mark: str, piece: str) -> bool:
    """By a file's name, the nonce where the history tells it, or else the text, whose spaces Discord may change."""
    pictures = [str(one.get("filename", "")) for one in told.get("attachments", ()) if isinstance(one, dict)]
    if any(name.startswith(mark) for name in pictures):
        return True
    if told.get("nonce") is not None:
        return bool(told["nonce"] == mark)
    return str(told.get("content", "")).split() == piece.split()
