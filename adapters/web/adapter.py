"""The web chat as a platform: the server is the daemon, so nothing is missed and what arrived is known exactly."""

import asyncio
import contextlib
import errno
import logging
import socket
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from adapters.web.guard import Guard, Refusal
from adapters.web.hub import Event, Hub
from adapters.web.photos import PhotoFolder
from adapters.web.room import OFFERED, PLATFORM, Room, decision, put, shown
from adapters.web.server import Posted, Reacted, Server
from adapters.web.store import Transcript
from bot.errors import DataError, PassingError, PermanentError, UndeliverableError
from bot.letters import coloured
from bot.message import Chat
from bot.people import People
from bot.platform import Adapter, Inbox, ShownDecision
from bot.serving import Listener

log = logging.getLogger(__name__)

_SHOWN = 1000  # lines a page begins with
_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class _Open:
    """What is there while it runs."""

    inbox: Inbox
    transcript: Transcript
    hub: Hub
    order: asyncio.Lock


class WebAdapter(Adapter):
    """Listens on `host` and `port` (0: a free one) and lets in who has the link with the token.

    people: asked at each use, so that changes show. folder: where the transcript and its photos lie; lines older than
    `keep_days` are deleted. avatar, group: what the avatar and the group are called. names: host names it answers to
    beside addresses and localhost. announce: called with the link, token included, once it listens; without it the
    link is `url`. stickers: pictures by emoji, which are shown as photos.
    """

    platform = PLATFORM

    def __init__(
        self,
        host: str,
        port: int,
        token: str,
        people: Callable[[], People],
        folder: Path,
        *,
        avatar: str = "Echo",
        group: str = "Group",
        keep_days: float = 90,
        names: tuple[str, ...] = (),
        announce: Callable[[str], None] = lambda url: None,
        stickers: Mapping[str, Path] | None = None,
    ) -> None:
        self._stickers = stickers or {}
        self._host = host
        self._port = port
        self._token = token
        self._folder = folder
        self._photos = PhotoFolder(folder / "photos")
        self._room = Room(people, avatar, group)
        self._keep_days = keep_days
        self._names = tuple(name.lower() for name in (host, *names))
        self._announce = announce
        self._listening_on = port
        self._open: _Open | None = None

    @property
    def url(self) -> str:
        """The link that opens the page. It holds the token: not for a log."""
        host = _reachable(self._host)
        return (
            f"http://{f'[{host}]' if ':' in host else host}:{self._listening_on}/#token={quote(self._token, safe='')}"
        )

    async def run(self, inbox: Inbox) -> None:
        """Raises PermanentError where the port cannot be had, PassingError where the machine lacks something now."""
        listener = _listen(self._host, self._port)
        self._listening_on = listener.getsockname()[1]
        hub = Hub()
        with contextlib.closing(listener), contextlib.closing(Transcript.open(self._folder)) as transcript:
            serving = Listener()
            guard = Guard(self._token, f"echoes_{self._listening_on}", self._names, serving.trust)
            server = Server(guard, hub, self._photos, self._post, self._react, self._greet, self._typed)
            self._open = _Open(inbox, transcript, hub, asyncio.Lock())
            try:
                await serving.start(server.app(), sock=listener)
                self._announce(self.url)
                while True:
                    self._purge(transcript)
                    await asyncio.sleep(_DAY)
            finally:
                self._open = None
                hub.close()
                await serving.stop()

    async def send(self, chat: Chat, text: str, key: str) -> str:
        return self._say(chat, text, key)

    async def send_reply(self, chat: Chat, text: str, key: str, to: str) -> str:
        return self._say(chat, text, key, reply=int(to) if to.isdecimal() else None)

    def _say(self, chat: Chat, text: str, key: str, photos: tuple[str, ...] = (), reply: int | None = None) -> str:
        running = self._running()
        line, new = running.transcript.add(chat.id, None, self._room.avatar, text, _mark(key), photos, reply)
        if new:
            running.hub.tell({"type": "line", "line": shown(line)})
        return str(line.id)

    def stickers(self) -> Collection[str]:
        return self._stickers.keys()

    async def send_sticker(self, chat: Chat, emoji: str, key: str) -> str:
        """Shows a picture; the emoji where that is no picture any more."""
        if (shown_already := self._running().transcript.find(_mark(key))) is not None:
            return str(shown_already.id)
        try:
            photo = await asyncio.to_thread(lambda: self._photos.put(self._stickers[emoji].read_bytes()))
        except (DataError, OSError) as error:
            log.warning("A sticker on the web chat goes out as its emoji: %s", error)
            return await self.send(chat, emoji, key)
        return self._say(chat, "", key, (photo,))

    def reaction_for(self, emoji: str) -> str | None:
        return coloured(emoji)

    async def react(self, chat: Chat, message_id: str, emoji: str) -> None:
        """Shows an emoji on a line, in place of the one that the avatar had put there."""
        number = int(message_id) if message_id.isdecimal() else 0
        if self._running().transcript.there(chat.id, number) is None:
            raise UndeliverableError("The web chat does not show that message any more.")
        self._put(number, None, emoji)

    def saw(self, chat: Chat, message_id: str) -> None:
        """Nothing: each bubble is known by its key."""

    def lane(self, chat: Chat) -> str:
        return chat.id

    def floor(self, chat: Chat) -> str | None:
        return None  # the transcript knows each bubble by its key

    async def delivered(self, chat: Chat, text: str, key: str, floor: str | None) -> str | bool | None:
        line = self._running().transcript.find(_mark(key))
        return str(line.id) if line is not None else False

    async def typing(self, chat: Chat) -> None:
        self._running().hub.tell({"type": "typing", "chat": chat.id})

    async def fetch(self, ref: str, limit: int) -> bytes:
        return await asyncio.to_thread(self._photos.read, ref, limit)

    async def show_decision(self, chat: Chat, message_id: str, shown: ShownDecision) -> None:
        """Shows what became of a group message, under it, and why to whoever asks."""
        running = self._running()
        running.transcript.decided(int(message_id), shown)
        running.hub.tell({"type": "decision", "id": int(message_id), "decision": decision(shown)})

    async def _post(self, posted: Posted) -> int:
        """Shown and kept once the daemon has it; a second try with the same nonce is the same message."""
        running = self._running()
        speaker = self._room.check(posted.chat, posted.sender, posted.text, posted.photos)
        mark = f"{posted.sender}/{posted.nonce}"
        async with running.order:  # lines in the order of their numbers, here and in the journal
            answered = running.transcript.there(posted.chat, posted.reply) if posted.reply is not None else None
            reply = answered.id if answered is not None else None  # it may have been erased meanwhile
            line, _ = running.transcript.add(
                posted.chat, posted.sender, speaker.name, posted.text, mark, posted.photos, reply
            )
            await running.inbox.receive(self._room.message(line, answered))
            running.transcript.taken(line.id)
        running.hub.tell({"type": "line", "line": shown(line)})
        if posted.text.lower() == "/forget":  # here the daemon is also the platform, which keeps a copy
            self._photos.delete(running.transcript.forget(posted.sender, posted.sender, line.id))
            for event in self._greet(0, 0):
                running.hub.tell(event)
        return line.id

    async def _react(self, reacted: Reacted) -> None:
        """Shown once the daemon has it; the same again changes nothing."""
        running = self._running()
        speaker = self._room.place(reacted.chat, reacted.sender)
        if reacted.emoji not in (*OFFERED, ""):
            raise Refusal(400, "form", f"emoji must be one of {' '.join(OFFERED)}, or empty.")
        async with running.order:
            line = running.transcript.there(reacted.chat, reacted.line)
            if line is None or line.sender == speaker.slug:
                raise Refusal(400, "erased", "That message is not there any more, or it is your own.")
            found = running.transcript.reactions(line.id)
            before = next((one.emoji for one in found if one.sender == speaker.slug), "")
            if before == reacted.emoji:
                return
            if before:
                await running.inbox.took_back(self._room.reaction(line, speaker, before))
            if reacted.emoji:
                await running.inbox.reacted(self._room.reaction(line, speaker, reacted.emoji))
            self._put(line.id, speaker.slug, reacted.emoji)

    def _put(self, number: int, sender: str | None, emoji: str) -> None:
        running = self._running()
        running.transcript.put(number, sender, emoji)
        running.hub.tell({"type": "reactions", "line": number, "put": put(running.transcript.reactions(number))})

    def _typed(self, chat: str, sender: str) -> None:
        self._room.place(chat, sender)
        if self._open is not None:
            self._open.inbox.typing(self._room.chat(chat))

    def _purge(self, transcript: Transcript) -> None:
        transcript.purge(int((time.time() - self._keep_days * _DAY) * 1000))
        self._photos.prune(transcript.photos())

    def _greet(self, since: int, erasures: int) -> list[Event]:
        """What a page is told first; one that knows of fewer erasures gets everything again."""
        transcript = self._running().transcript
        current = transcript.erasures()
        anew = since == 0 or erasures != current
        lines = transcript.since(0 if anew else since, _SHOWN)
        told = {"erasures": current, "anew": anew, "put": put(transcript.reactions())}
        hello = {"type": "hello", **self._room.described(), **told}
        return [hello, {"type": "lines", "lines": [shown(line) for line in lines]}]

    def _running(self) -> _Open:
        if self._open is None:
            raise PassingError("The web chat is not running at the moment.")
        return self._open


def _mark(key: str) -> str:
    return f"/{key}"  # no person's short name is empty


def _listen(host: str, port: int) -> socket.socket:
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(64)
            listener.setblocking(False)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):  # this passes
            raise PassingError(f"The web chat cannot listen on {where} just now ({error.strerror}).") from error
        reason = {
            errno.EADDRINUSE: "another program uses this port",
            errno.EACCES: "this user may not use this port",
            errno.EADDRNOTAVAIL: "this machine does not have this address",
        }.get(error.errno or 0, str(error.strerror))
        raise PermanentError(
            f"The web chat cannot listen on {where}: {reason}. Set another under platforms.web in config.yaml."
        ) from error
    return listener


def _reachable(host: str) -> str:
    """For a host that means every address of this machine, one that others can use."""
    if host not in ("0.0.0.0", "::"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
