"""A week with three contacts and a group, on a fast clock: what the avatar says, what it remembers of whom, and when it
speaks first.

    python -m tests.daemon.week WORKSPACE

The avatar of the workspace talks with three of its contacts, all of whom may be written to first; what they say is the
same each time, in English. Nothing is written into the workspace.
"""

import argparse
import asyncio
import random
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.chat.decision import Calibration
from bot.chat.prompt import Codec, Prompt
from bot.clock import Clock
from bot.config import SpeakFirstConfig, load_config
from bot.conversation import Conversations
from bot.conversation.avatar import Avatar
from bot.conversation.initiative.initiative import Initiative
from bot.engine.base import Engine
from bot.engine.factory import build_engine
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.corpus import CorpusSource
from bot.memory.journal import JournalSource
from bot.memory.recall import Recall
from bot.memory.trained import remembers
from bot.message import Account, Chat, ChatKind, Message
from bot.observer import Unobserved
from bot.people import Contact, People, load_people
from bot.persona import load_persona
from bot.platform import ShownDecision
from bot.sampling import Sampling
from bot.store.journal import Journal
from bot.store.past import Past
from bot.workspace import Workspace
from tests.conversation.lifetime import Hands
from tests.conversation.stage import StagePlatform

BEGAN = datetime(2026, 3, 2, 6, tzinfo=UTC)
ONE, TWO, ELDER, GROUP = "one", "two", "elder", "group"
SAID = (
    (0, 10.0, ONE, "", "my cat is called Rumpelstiltskin now"),
    (0, 10.1, ONE, "", "and i start at the ferry office on friday"),
    (0, 18.0, ELDER, "", "I planted a walnut tree behind the shed this morning."),
    (1, 12.0, TWO, "", "I broke my wrist at the trampoline park"),
    (1, 20.0, ONE, "", "what did you eat today"),
    (2, 17.0, GROUP, TWO, "anybody here on saturday?"),
    (2, 17.1, GROUP, ONE, "me"),
    (2, 17.2, GROUP, ONE, "{name}, are you coming too?"),
    (3, 9.0, ELDER, "", "Good morning. Did you sleep well?"),
    (4, 12.0, ONE, "", "do you remember how my cat is called? Rumpel-something"),
    (4, 12.2, ONE, "", "did your grandma plant a walnut tree behind the shed?"),
    (5, 18.0, TWO, "", "do you remember my wrist and the trampoline?"),
    (6, 10.0, ELDER, "", "Do you remember what I planted behind the shed? A walnut tree."),
    (6, 10.2, ELDER, "", "Has anybody told you of a cat called Rumpelstiltskin?"),
    (6, 19.0, GROUP, TWO, "{name}, how is the cat Rumpelstiltskin?"),
)  # fmt: skip


class Overheard:
    """An engine that tells what was remembered in the prompt before its answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.codec: Codec = engine.codec
        self.max_context = engine.max_context
        self.precision = engine.precision
        self.told: set[str] = set()

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        return await self._engine.p_answer(chat, prompt)

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        for line in self.codec.decode(list(prompt.ids)).splitlines():
            if line.startswith("[remembered]") and (chat + line) not in self.told:
                self.told.add(chat + line)
                print(f"      {line}")
        async for piece in self._engine.reply(chat, prompt, sampling):
            yield piece

    def forget(self) -> None:
        self._engine.forget()

    def step_seconds(self) -> float:
        return self._engine.step_seconds()

    async def load_lora(self, lora: Path | None) -> None:
        await self._engine.load_lora(lora)

    async def aclose(self) -> None:
        await self._engine.aclose()


class Printing(StagePlatform):
    """A platform that prints what it is sent and what was decided."""

    platform = "web"

    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self._hands = hands

    async def send(self, chat: Chat, text: str, key: str) -> str:
        print(f"{self._hands.at:%a %H:%M} → {chat.title or chat.id}: {text}")
        return await super().send(chat, text, key)

    async def show_decision(self, chat: Chat, message_id: str, decision: ShownDecision) -> None:
        if not decision.answered:
            print(f"      stayed silent: {decision.why['en']}")


def company(people: People) -> dict[str, Contact]:
    """Two friends and an elder, or whoever comes nearest."""
    friends = [one for one in people.contacts if one.relationship in ("friend", "classmate", "sibling", "partner")]
    elders = [one for one in people.contacts if one.relationship in ("elder", "parent", "relative", "teacher")]
    if len(friends) < 2 or not elders:
        raise SystemExit("The workspace needs two friends and an elder among its contacts.")
    return {ONE: friends[0], TWO: friends[1], ELDER: elders[-1]}


async def live(workspace: Workspace, root: Path) -> None:
    config, persona = load_config(workspace.config), load_persona(workspace.persona)
    lora = find_lora(workspace.loras, config.model.lora)
    hands, media = Hands(BEGAN), MediaStore(root / "received", (workspace.media,))
    clock = Clock(hands)
    journal = Journal.open(root / "journal.sqlite", clock.now)
    people = load_people(workspace.people)
    here = company(people)
    people = people.having(tuple(replace(one, speak_first=one in here.values()) for one in people.contacts))
    talk = config.conversation.model_copy(
        update={"gather_seconds": 0.0, "gather_max_seconds": 0.0, "characters_per_second": 0.0, "stale_hours": 720.0}
        | {"speak_first": SpeakFirstConfig(), "answer": "everyone", "groups": "all"}
    )
    engine = Overheard(await build_engine(config, lora, media))
    memory = Recall(root / "memory.sqlite", (CorpusSource(workspace.corpus), JournalSource(journal)), persona)
    avatar = Avatar(
        engine, persona, people, Calibration.load(lora) if lora else Calibration(),
        config.sampling.over(Sampling.fitted(lora)), talk, media, Past(workspace.corpus), memory, remembers(lora),
    )  # fmt: skip
    platform = Printing(hands)
    conversations = Conversations(avatar, journal, {"web": platform}, Unobserved(), clock)
    initiative = Initiative(avatar, conversations, journal, SpeakFirstConfig(), clock, random.Random(4))
    waiting = list(SAID)
    try:
        while hands.at < BEGAN + timedelta(days=7):
            hands.at += timedelta(minutes=5)
            while waiting and hands.at >= BEGAN.replace(hour=0) + timedelta(days=waiting[0][0], hours=waiting[0][1]):
                await conversations.receive(
                    message(waiting.pop(0), len(SAID) - len(waiting), here, hands.at, persona.name)
                )
                await done()
            await initiative.look()
            await done()
    finally:
        await conversations.drain(1)
        memory.close()
        journal.close()
        await engine.aclose()


def message(
    line: tuple[int, float, str, str, str], number: int, here: dict[str, Contact], at: datetime, name: str
) -> Message:
    _, _, where, speaker, text = line
    contact = here[speaker or where]
    words = text.format(name=name.split()[0])
    group = where == GROUP
    chat = Chat("web", "group", ChatKind.GROUP, "Saturday") if group else Chat("web", contact.slug, ChatKind.PRIVATE)
    print(f"{at:%a %H:%M} {contact.name}{' in the group' if group else ''}: {words}")
    addressed = group and "{name}" in text
    return Message(chat, f"in{number}", Account("web", contact.slug), contact.name, at, words, addressed=addressed)


async def done() -> None:
    """Waits until no chat has anything in hand."""
    while others := [task for task in asyncio.all_tasks() if task.get_name().startswith("chat-")]:
        await asyncio.wait(others)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        asyncio.run(live(Workspace.open(args.workspace), Path(root)))


if __name__ == "__main__":
    main()
