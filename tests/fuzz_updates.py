"""Sends a running avatar thousands of damaged updates, and good messages in between: is each of those answered?

    python -m tests.fuzz_updates telegram --count 5000 --seed 1

The adapter, the conversations and the journal are the real ones; the platform and the model are stand-ins.
"""

import argparse
import asyncio
import logging
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

from aiohttp.test_utils import TestServer
from discord.gateway import DiscordWebSocket
from discord.http import Route
from tqdm import tqdm
from yarl import URL

from adapters.discord.adapter import DiscordAdapter
from adapters.telegram.adapter import TelegramAdapter
from bot.conversation import Conversations
from bot.platform import Adapter
from tests.conversation.stage import QUICK, Stage
from tests.discord.far_side import ME, TOKEN, FarSide
from tests.mutations import mutated
from tests.standins.telegram import TelegramServer
from tests.support import picture

_BETWEEN = 20  # damaged updates from one good message to the next
_PATIENCE = 15.0  # seconds for an answer


class Line(Protocol):
    """A platform that a damaged update can be put on."""

    adapter: Adapter

    async def listened_to(self) -> None:
        """Waits until the avatar is there."""

    async def damage(self, chance: random.Random) -> None:
        """Delivers one damaged update."""

    async def ask(self, text: str) -> None:
        """Delivers a good message, from somebody whose updates are damaged, too."""

    def answers(self) -> list[str]:
        """What the avatar said to them."""


@dataclass
class Outcome:
    """`silent`: good messages that were not answered; `ended`: how often the adapter gave up, by kind of error."""

    damaged: int = 0
    asked: int = 0
    silent: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    tracebacks: int = 0

    def __str__(self) -> str:
        why = ", ".join(f"{count} × {kind}" for kind, count in self.ended.most_common()) or "never"
        return (
            f"{self.damaged} damaged updates, {self.asked} good messages in between: {self.silent} not answered; "
            f"the platform broke off: {why}; tracebacks logged: {self.tracebacks}"
        )


class OnTelegram:
    def __init__(self, server: TelegramServer) -> None:
        self._server = server
        self.adapter: Adapter = TelegramAdapter(
            server.token, server.base_url, server.base_file_url, poll_seconds=2, first_wait=0.05
        )
        self._anna = server.person("Anna", username="anna_k")
        ben = server.person("Ben")
        group = server.group("Climbing", self._anna, ben)
        forum = server.group("Forum", self._anna, ben, forum=True)
        red = picture()
        first = server.user_says(self._anna, "hi there @EchoBot")
        server.user_says(self._anna, "look", photo=red)
        server.user_says(self._anna, sticker=red)
        server.user_says(self._anna, "a file", document=red)
        server.user_says(ben, "who is in?", chat=group, mention=self._anna)
        server.user_says(ben, "and here?", chat=forum, thread=7)
        server.user_says(self._anna, "as I said", reply_to=first)
        for extra in _KINDS:
            server.user_says(self._anna, "with words", extra=extra)
        server.user_edits(self._anna, first, "hi there, you")
        self._updates = [dict(update) for update in server.updates.waiting]

    async def listened_to(self) -> None:
        """Telegram keeps what nobody has fetched yet."""

    async def damage(self, chance: random.Random) -> None:
        update = mutated(chance.choice(self._updates), chance, keep=frozenset({"update_id"}))
        if chance.random() < 0.7 and isinstance(update.get("message"), dict):
            update["message"].setdefault("message_id", chance.randrange(10**6))
        self._server.updates.push_raw({key: value for key, value in update.items() if key != "update_id"})

    async def ask(self, text: str) -> None:
        self._server.user_says(self._anna, text)

    def answers(self) -> list[str]:
        return self._server.replies(self._anna)


_KINDS: tuple[dict[str, Any], ...] = (
    {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
    {"location": {"latitude": 22.3, "longitude": 114.1}},
    {"poll": {"id": "1", "question": "tea?", "options": [{"text": "yes", "voter_count": 1, "persistent_id": "0"}],
              "total_voter_count": 1, "is_closed": False, "is_anonymous": True, "type": "regular",
              "allows_multiple_answers": False, "allows_revoting": True}},
    {"contact": {"phone_number": "1", "first_name": "Mei"}},
    {"dice": {"emoji": "🎲", "value": 4}},
    {"video": {"file_id": "v", "file_unique_id": "v", "duration": 3, "width": 3, "height": 4}},
    {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Mei"}},
)  # fmt: skip


class OnDiscord:
    def __init__(self, far: FarSide) -> None:
        self._far = far
        self.adapter: Adapter = DiscordAdapter(TOKEN, origins=[far.base], ready_seconds=0.0)

    @property
    def _photo(self) -> dict[str, Any]:
        url = f"{self._far.base}/pictures/cat.png"
        named = {"id": "1", "filename": "cat.png", "size": 5, "url": url, "proxy_url": url}
        return {"attachments": [named | {"content_type": "image/png"}]}

    async def listened_to(self) -> None:
        """A private chat that a bot has never been told of cannot be caught up with."""
        await asyncio.wait_for(self._far.connected.wait(), _PATIENCE)

    async def damage(self, chance: random.Random) -> None:
        kind = chance.randrange(10)
        told = self._far.said("hi <@900> there", **chance.choice((*_EXTRAS, self._photo)))
        self._far.messages["500"].pop()
        damaged = mutated(told, chance, keep=frozenset({"id"}))
        if kind < 6:
            self._far.messages["500"].append(damaged)  # the catching up after a new connection meets it, too
            await self._far.send("MESSAGE_CREATE", damaged)
        elif kind < 8:
            await self._far.send("MESSAGE_UPDATE", damaged | {"edited_timestamp": told["timestamp"]})
        else:
            event, data = chance.choice(_EVENTS)
            await self._far.send(event, mutated(data, chance))
        if chance.random() < 0.01:
            await self._far.hang_up(chance.choice((1001, 4000)))
            self._far.connected.clear()
            await self.listened_to()

    async def ask(self, text: str) -> None:
        await self._far.tell(text)

    def answers(self) -> list[str]:
        return [
            one["content"]
            for one in self._far.messages["500"]
            if one.get("author") == ME and isinstance(one.get("content"), str)
        ]


_EXTRAS: tuple[dict[str, Any], ...] = (
    {},
    {"mentions": [{"id": "900", "username": "echo", "discriminator": "0", "avatar": None}]},
    {"sticker_items": [{"id": "1", "name": "hello", "format_type": 3}]},
    {"message_reference": {"message_id": "5", "channel_id": "500"}, "type": 19, "referenced_message": None},
    {"poll": {"question": {"text": "tea?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "yes"}}],
              "expiry": "2026-12-01T00:00:00+00:00", "allow_multiselect": False, "layout_type": 1}},
    {"embeds": [{"type": "rich", "title": "a title", "timestamp": "2026-11-01T00:00:00+00:00"}]},
    {"message_snapshots": [{"message": {"content": "forwarded", "attachments": [], "embeds": [], "type": 0,
                                        "timestamp": "2026-11-01T00:00:00+00:00", "edited_timestamp": None,
                                        "flags": 0, "mentions": [], "mention_roles": []}}]},
)  # fmt: skip
_EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("GUILD_CREATE", {"id": "700", "name": "Hikers", "channels": [{"id": "701", "type": 0, "name": "general"}],
                      "members": [], "roles": [], "emojis": [], "features": [], "owner_id": "100"}),
    ("CHANNEL_CREATE", {"id": "702", "type": 0, "name": "other", "guild_id": "700", "position": 1}),
    ("MESSAGE_DELETE", {"id": "1", "channel_id": "500"}),
    ("MESSAGE_DELETE_BULK", {"ids": ["1", "2"], "channel_id": "500"}),
    ("TYPING_START", {"channel_id": "500", "user_id": "100", "timestamp": 1}),
    ("USER_UPDATE", {"id": "900", "username": "echo", "discriminator": "0", "avatar": None}),
)  # fmt: skip


@asynccontextmanager
async def on(platform: str) -> AsyncIterator[Line]:
    if platform == "telegram":
        async with TelegramServer() as server:
            yield OnTelegram(server)
        return
    far = FarSide()
    http = TestServer(far.app())
    await http.start_server()
    far.base = str(http.make_url("")).rstrip("/")
    gateway = URL(far.base.replace("http", "ws", 1) + "/gateway/")
    try:
        with patch.object(Route, "BASE", far.base), patch.object(DiscordWebSocket, "DEFAULT_GATEWAY", gateway):
            yield OnDiscord(far)
    finally:
        await http.close()


class _Tracebacks(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.exc_info is not None and record.exc_info != (None, None, None)


async def fuzz(
    platform: str, count: int, seed: int, folder: Path, tell: Callable[[int], object] = lambda number: None
) -> Outcome:
    """Delivers `count` damaged updates; says what came of the good messages in between."""
    chance = random.Random(seed)
    outcome = Outcome()
    tracebacks = _Tracebacks()
    logging.getLogger().addHandler(tracebacks)
    stage = Stage(folder, QUICK)
    try:
        async with on(platform) as line:
            stage.conversations = Conversations(
                stage.conversations.avatar, stage.journal, {platform: line.adapter}, stage.observer
            )
            stage.engine.say = lambda prompt: "re " + prompt.rpartition("ask")[2].partition(".")[0]
            running = asyncio.create_task(_keep_running(line, stage, outcome))
            try:
                await line.listened_to()
                for number in range(0, count, _BETWEEN):
                    for _ in range(min(_BETWEEN, count - number)):
                        await line.damage(chance)
                        outcome.damaged += 1
                    await _ask(line, f"{number}", outcome)
                    tell(outcome.damaged)
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running
                await stage.conversations.drain(0)
    finally:
        logging.getLogger().removeHandler(tracebacks)
        stage.journal.close()
    outcome.tracebacks = tracebacks.count
    return outcome


async def _keep_running(line: Line, stage: Stage, outcome: Outcome) -> None:
    """As the supervisor would, but without waiting: counts what the adapter ends of."""
    while True:
        try:
            await line.adapter.run(stage.conversations)
        except Exception as error:
            outcome.ended[type(error).__name__] += 1
            await asyncio.sleep(0.05)


async def _ask(line: Line, number: str, outcome: Outcome) -> None:
    outcome.asked += 1
    await line.ask(f"ask{number}.")
    end = time.monotonic() + _PATIENCE
    while not any(f"re {number}" in answer for answer in line.answers()):
        if time.monotonic() > end:
            outcome.silent += 1
            return
        await asyncio.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description="Send an avatar damaged updates, and good messages in between.")
    parser.add_argument("platform", choices=["telegram", "discord"])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL + 1)
    with tqdm(total=args.count, unit="update") as bar, tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(
            fuzz(args.platform, args.count, args.seed, Path(folder), lambda done: bar.update(done - bar.n))
        )
    print(outcome)


if __name__ == "__main__":
    main()
