"""Replays the test days of a group through the daemon, the subject's own replies as its past, and compares decisions.

    python -m tests.daemon.forced WORKSPACE --lora NAME --messages 500

Each message comes at its original time and is decided at once, as the conversation decides it; whatever it decides, it
says nothing, and what the subject really said is put into the journal as its own. Prints how far each probability is
from the one that the evaluation computes for the same message.
"""

import argparse
import asyncio
import math
import tempfile
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.chat.attachments import spoken
from bot.chat.decision import Calibration
from bot.chat.prompt import Codec, Prompt
from bot.chat.turns import goes_on
from bot.clock import Clock
from bot.config import Config, load_config
from bot.conversation import Conversations
from bot.conversation.avatar import Avatar
from bot.engine.base import BatchEngine
from bot.engine.factory import build_local_engine
from bot.errors import PermanentError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.message import ChatKind, Message
from bot.observer import Unobserved
from bot.sampling import Sampling
from bot.store.corpus import Corpus, as_avatar
from bot.store.journal import Journal, State
from bot.workspace import Workspace
from tests.conversation.stage import StagePlatform
from training.data.dataset import Dataset, load_dataset
from training.data.splits import Borders, Split
from training.scoring import Rendered

BEFORE = 600
"""Messages before a dialogue that the journal holds: more than what is carried over, or a decision looks back on."""


class OriginalTime(Clock):
    """The time of the message that is being replayed."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


class Decided(Unobserved):
    def __init__(self) -> None:
        self.probability: float | None = None

    def decided(self, answer: bool, probability: float, seconds: float) -> None:
        self.probability = probability


@dataclass
class Deciding:
    """An engine that only decides."""

    engine: BatchEngine
    codec: Codec = field(init=False)
    max_context: int = field(init=False)
    precision: str = field(init=False)

    def __post_init__(self) -> None:
        self.codec, self.max_context = self.engine.codec, self.engine.max_context
        self.precision = self.engine.precision

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        return await self.engine.p_answer(chat, prompt)

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        raise PermanentError("Nothing is to be said.")
        yield ""

    async def load_lora(self, lora: Path | None) -> None:
        raise PermanentError("The LoRA stays.")

    def forget(self) -> None:
        self.engine.forget()

    def step_seconds(self) -> float:
        return 0.0

    async def aclose(self) -> None:
        return None


async def through_the_daemon(
    workspace: Workspace, config: Config, data: Dataset, engine: BatchEngine, calibration: Calibration, limit: int
) -> dict[int, float]:
    """The probability of each decision of the test days' groups, at most `limit`, by its row in the corpus."""
    wanted = [point for point in data.points if point.split is Split.TEST]
    chats, rows = {point.chat for point in wanted[:limit]}, {point.message for point in wanted[:limit]}
    found: dict[int, float] = {}
    addressed = calibration.addressed and replace(calibration.addressed, threshold=2.0)
    silent = replace(calibration, threshold=2.0, joining=2.0, addressed=addressed)
    talk = config.conversation.model_copy(
        update={
            "groups": "all",
            "gather_seconds": 0.0,
            "pace": "typing",
            "quiet_hours": "",
            "stale_hours": 1e6,
            "answer": "everyone",
            "answer_bots": True,
        }
    )
    gap = timedelta(minutes=talk.gap_minutes)
    with Corpus.open(workspace.corpus) as corpus, tempfile.TemporaryDirectory() as folder:
        clock, decided = OriginalTime(), Decided()
        journal = Journal.open(Path(folder) / "journal.sqlite", clock.now)
        avatar = Avatar(
            Deciding(engine), data.persona, data.people, silent, Sampling(max_tokens=config.sampling.max_tokens), talk,
            MediaStore(workspace.media),
        )  # fmt: skip
        for chat in corpus.chats():
            if chat.kind is not ChatKind.GROUP or chat.chat.key not in chats:
                continue
            platform = StagePlatform()
            platform.platform = chat.platform
            conversations = Conversations(avatar, journal, {chat.platform: platform}, decided, clock)
            subject = frozenset(data.people.subject)
            messages = [as_avatar(one, subject) for one in corpus.messages(chat)]
            first = next(n for n, one in enumerate(messages) if int(one.id) in rows)
            while first and goes_on(messages[first - 1].sent_at, messages[first].sent_at, gap):
                first -= 1  # where a window begins follows from the whole dialogue
            for message in messages[max(first - BEFORE, 0) :]:
                if not rows - found.keys():
                    break
                clock.at = message.sent_at
                if message.sender is None:
                    _was_said(journal, message)
                elif int(message.id) not in rows:
                    journal.settle([journal.take(message) or 0], State.SILENT)
                else:
                    decided.probability = None
                    await conversations.receive(message)
                    while not conversations.idle():  # noqa: ASYNC110 (the conversation has no event for it)
                        await asyncio.sleep(0.002)
                    assert decided.probability is not None
                    found[int(message.id)] = decided.probability
            await conversations.drain(1)
        journal.close()
    return found


def _was_said(journal: Journal, message: Message) -> None:
    """Puts what the subject said into the journal, as the avatar's own bubble."""
    text = "" if message.forwarded else spoken(message)
    journal.sent(journal.reply(message.chat, [], [text]), f"own{message.id}")


async def by_the_evaluation(
    data: Dataset, engine: BatchEngine, calibration: Calibration, rows: Collection[int]
) -> dict[int, float]:
    """The same, as panel E has them: whole dialogues scored at once, those that hold any of these messages."""
    groups = [
        one
        for one in data.dialogues[Split.TEST]
        if one.scene.kind is ChatKind.GROUP and not set(rows).isdisjoint(one.messages[one.context :])
    ]
    asked = [Rendered.of(one, engine.codec, replies=False) for one in groups]
    odds: dict[int, float] = {}
    async for batch in engine.score_dialogues([one.asked for one in asked]):
        for index, scores in batch.items():
            odds |= asked[index].decisions(scores.log_odds)
    seen = {point.message: point.seen for point in data.points}
    return {row: calibration.decide(_p(value), seen[row]).probability for row, value in odds.items()}


def _p(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(min(log_odds, 500.0), -500.0)))


async def compare(
    workspace: Workspace, lora: Path | None, calibration: Calibration, limit: int
) -> tuple[Mapping[int, float], Mapping[int, float]]:
    """Both, for the same messages."""
    config = load_config(workspace.config)
    engine = await build_local_engine(config, lora, MediaStore(workspace.media))
    try:
        length = min(config.model.context_tokens, engine.max_context)
        borders = Borders.load(lora) if lora else None
        data = load_dataset(workspace, config, engine.codec, length, borders)
        daemon = await through_the_daemon(workspace, config, data, engine, calibration, limit)
        return daemon, await by_the_evaluation(data, engine, calibration, daemon)
    finally:
        await engine.aclose()


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.daemon.forced", description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--lora", default="latest")
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--model-alone", action="store_true", help="the model's own probability, before calibration")
    args = parser.parse_args()
    workspace = Workspace.open(args.workspace)
    lora = find_lora(workspace.loras, args.lora)
    calibration = Calibration() if args.model_alone or lora is None else Calibration.load(lora)
    began = datetime.now()
    daemon, evaluation = asyncio.run(compare(workspace, lora, calibration, args.messages))
    off = sorted(abs(daemon[row] - evaluation[row]) for row in daemon if row in evaluation)
    print(f"{len(daemon)} decisions, {len(off)} of them measured by the evaluation, {datetime.now() - began} in all")
    if off:
        within = sum(one < 0.001 for one in off)
        print(f"{within} within .001; median {off[len(off) // 2]:.6f}, largest {off[-1]:.6f}")


if __name__ == "__main__":
    main()
