"""A Telegram group becomes a supergroup while an avatar talks in it: nobody notices."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.config import ConversationConfig
from bot.conversation import Conversations
from bot.platform import Inbox
from tests.conversation.stage import Stage, quick
from tests.standins.telegram import Group, TelegramServer
from tests.telegram.conftest import adapter_for, running


class Talk:
    """A group in which the avatar repeats the number that it is told."""

    def __init__(self, server: TelegramServer, stage: Stage) -> None:
        self.server = server
        self.stage = stage
        self.anna = server.person("Anna")
        self.group: Group = server.group("Climbing", self.anna, kind="group")

    async def says(self, first: int, last: int) -> None:
        """One after the other, each when the one before is answered."""
        for number in range(first, last + 1):
            self.server.user_says(self.anna, f"number {number}.", chat=self.group)
            await self.server.wait_until(lambda number=number: f"re {number}" in self.heard)  # type: ignore[misc]

    @property
    def heard(self) -> list[str]:
        return self.server.replies(self.group)

    def becomes_a_supergroup(self) -> None:
        self.group = self.server.migrate(self.group)


@asynccontextmanager
async def talk(server: TelegramServer, folder: Path, config: ConversationConfig | None = None) -> AsyncIterator[Talk]:
    stage = Stage(folder, config or quick(gather_seconds=0.0))
    stage.engine.say = lambda prompt: "re " + prompt.rpartition("number ")[2].partition(".")[0]
    adapter = adapter_for(server)
    conversations = Conversations(stage.conversations.avatar, stage.journal, {"telegram": adapter}, stage.observer)
    inbox: Inbox = conversations
    async with running(adapter, inbox):
        yield Talk(server, stage)
        await conversations.drain(0)
    stage.journal.close()


async def test_forty_messages_before_and_sixty_after(server: TelegramServer, tmp_path: Path) -> None:
    async with talk(server, tmp_path) as group:
        await group.says(1, 40)
        group.becomes_a_supergroup()
        await group.says(41, 100)
        answers = [text for text in group.heard if text.startswith("re")]
        assert answers == [f"re {number}" for number in range(41, 101)]
        assert "number 40." in group.stage.engine.prompts[40], "what was said before is still known"


async def test_it_happens_while_the_avatar_writes(server: TelegramServer, tmp_path: Path) -> None:
    """The first it learns of it is that the old group refuses what it sends."""
    async with talk(server, tmp_path) as group:
        await group.says(1, 2)
        group.stage.engine.delay = 0.05
        old = group.group
        server.user_says(group.anna, "number 3.", chat=old)
        await group.stage.until(lambda: len(group.stage.engine.prompts) == 3)
        server.updates.held = True  # what Telegram says of the move comes later
        group.becomes_a_supergroup()
        await server.wait_until(lambda: "re 3" in group.heard)
        server.updates.held = False
        server.updates.ring()
        group.stage.engine.delay = 0.0
        await group.says(4, 6)
        assert [text for text in group.heard if text.startswith("re")] == ["re 3", "re 4", "re 5", "re 6"]
        await group.stage.until(lambda: group.stage.journal.queue_length() == 0)
