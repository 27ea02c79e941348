"""A batch never holds up a chat, and a chat never changes a batch."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Prompt, render
from bot.engine.base import Batches, T
from bot.engine.batch.prefix import BatchDecoder
from bot.engine.local import LocalEngine
from bot.engine.models import load
from bot.engine.prefill import IncrementalPrefill
from bot.errors import PassingError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling
from bot.workspace import Workspace
from tests.evaluation.conftest import make_lora

SCENE = Scene(Persona("Nora"), ChatKind.PRIVATE, Speaker("Mei", "friend"))
LONG = Sampling(temperature=1.0, max_tokens=120, presence_penalty=0)
GREEDY = Sampling(temperature=0, presence_penalty=0, max_tokens=30)


def asked(engine: LocalEngine, text: str) -> Prompt:
    turn = Turn(SCENE.partner, (Bubble(text),), datetime(2026, 3, 1, 9, tzinfo=UTC))
    return render(SCENE, [turn], engine.codec, open_turn=True)


def batch(engine: LocalEngine, number: int = 8, sampling: Sampling = LONG) -> Batches[str]:
    return engine.write_replies([asked(engine, f"question {n}") for n in range(number)], range(number), sampling)


async def gathered(batches: Batches[T]) -> dict[int, T]:
    found: dict[int, T] = {}
    async for some in batches:
        found |= some
    return found


async def reply(engine: LocalEngine, chat: str, prompt: Prompt) -> str:
    return "".join([piece async for piece in engine.reply(chat, prompt, GREEDY)])


class Steps:
    """Notes in order what the inference thread does: `batch` or `chat`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[str] = []
        self.begun = asyncio.Event()  # the batch
        loop, append, forward = asyncio.get_running_loop(), BatchDecoder.append, IncrementalPrefill._forward

        def batch(*asked: Any) -> Any:
            self.taken.append("batch")
            loop.call_soon_threadsafe(self.begun.set)
            return append(*asked)

        def chat(*asked: Any) -> None:
            self.taken.append("chat")
            forward(*asked)

        monkeypatch.setattr(BatchDecoder, "append", batch)
        monkeypatch.setattr(IncrementalPrefill, "_forward", chat)


async def test_a_chat_goes_first(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = asked(engine, "are you there?")
    alone = await reply(engine, "alone", prompt)
    steps = Steps(monkeypatch)
    working = asyncio.create_task(gathered(batch(engine)))
    await steps.begun.wait()
    assert await reply(engine, "chat", prompt) == alone
    assert len(await working) == 8
    first, number = steps.taken.index("chat"), steps.taken.count("chat")
    assert number > 3
    assert steps.taken[first : first + number] == ["chat"] * number
    assert "batch" in steps.taken[:first] and "batch" in steps.taken[first + number :]


async def test_a_batch_is_the_same_beside_chats(engine: LocalEngine) -> None:
    alone = await gathered(batch(engine))
    working = asyncio.create_task(gathered(batch(engine)))
    chats = [reply(engine, f"chat {number}", asked(engine, f"hello {number}")) for number in range(4)]
    await asyncio.gather(*chats)
    assert await working == alone and len(set(alone.values())) > 4


async def test_two_batches_are_those_made_alone(engine: LocalEngine) -> None:
    alone = await gathered(batch(engine, 5))
    assert await asyncio.gather(*(gathered(batch(engine, number)) for number in (5, 3))) == [
        alone,
        {number: alone[number] for number in range(3)},
    ]


async def test_closing_a_batch_ends_it(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Steps(monkeypatch)
    endless = Sampling(temperature=1.0, max_tokens=3000)
    async with aclosing(batch(engine, 20, endless)) as found:
        await anext(found)
    await engine.p_answer("chat", asked(engine, "hi"))
    await asyncio.sleep(0.05)
    before = len(steps.taken)
    await asyncio.sleep(0.1)
    assert len(steps.taken) == before


async def test_another_lora_ends_a_batch(
    folders: dict[Any, Path], media: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else half of the batch would be the old one's; and everybody would wait for its end."""
    engine = LocalEngine(load(str(folders["qwen2_5_vl"]), "cpu", "float32"), media)
    lora = make_lora(Workspace(tmp_path), folders["qwen2_5_vl"], "first")
    steps = Steps(monkeypatch)
    working = asyncio.create_task(gathered(batch(engine, 20, Sampling(max_tokens=3000))))
    await steps.begun.wait()
    await asyncio.wait_for(engine.load_lora(lora), 10)
    with pytest.raises(PassingError, match="LoRA was changed"):
        await working
    assert len(await gathered(batch(engine))) == 8
    await engine.aclose()
    with pytest.raises(PassingError, match="shut down"):
        await gathered(batch(engine))
