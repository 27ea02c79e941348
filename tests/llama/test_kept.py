"""What was read of a chat is kept, in a slot or beside, within a bound; the longest unused goes first."""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.chat.prompt import Prompt
from bot.engine.llama.batch import LlamaBatchEngine
from bot.sampling import Sampling
from tests.llama.conftest import Start, asked

TALK = "is it far from the station, do you think? we said nine at the old bridge. " * 3


def said(engine: LlamaBatchEngine, chat: int, *more: str) -> Prompt:
    return asked(engine.codec, f"{chat} is my number", TALK, *more)


async def read(engine: LlamaBatchEngine, chat: int, prompt: Prompt) -> int:
    """How many positions a decision reads."""
    before = engine.positions_read
    await engine.p_answer(f"chat {chat}", prompt)
    return engine.positions_read - before


async def test_only_what_is_new_is_read(start: Start, base: Path) -> None:
    engine = await start(base)
    whole = len(said(engine, 1).ids)
    assert await read(engine, 1, said(engine, 1)) == whole
    longer = said(engine, 1, "rain again")
    assert await read(engine, 1, longer) < 40
    sampling = Sampling(temperature=0, presence_penalty=0.5, max_tokens=30, seed=1)
    before = engine.positions_read
    async for _ in engine.reply("chat 1", longer, sampling):
        pass
    assert engine.positions_read - before < 60, "a token that is drawn again costs one"


async def test_only_the_likeliest_is_drawn_where_nothing_less_likely_may_be(start: Start, base: Path) -> None:
    engine = await start(base)
    greedy = Sampling(temperature=0, presence_penalty=0, max_tokens=8)

    async def written(sampling: Sampling) -> str:
        return "".join([piece async for piece in engine.reply("chat 1", said(engine, 1), sampling)])

    free = replace(greedy, temperature=1.8, top_p=1.0, min_p=1.0, seed=3)
    assert await written(free) == await written(greedy), "drawn from all tokens, this model writes nothing readable"


async def test_a_reply_without_a_decision_before_it_reads_its_prompt_once(start: Start, base: Path) -> None:
    engine = await start(base)
    prompt = said(engine, 1)
    async for _ in engine.reply(
        "chat 1", prompt, Sampling(temperature=1.0, presence_penalty=0.5, max_tokens=30, seed=1)
    ):
        pass
    assert engine.positions_read < len(prompt.ids) + 60, "whatever is refused and drawn again"


async def test_more_chats_than_slots_are_kept_within_a_bound(start: Start, base: Path) -> None:
    position = 3 * 2 * 2 * 32 * 2 // 2  # bytes: layers, keys and values, 32 numbers each of 16 bits
    engine = await start(base, max_context=512, cache_bytes=6_000_000)
    whole = len(said(engine, 10).ids)
    kept = 6_000_000 // (position * whole)
    chats = range(10, 10 + 2 * kept)
    for chat in chats:
        assert await read(engine, chat, said(engine, chat)) > whole / 2
    for chat in list(chats)[-kept // 3 :]:
        assert await read(engine, chat, said(engine, chat, "rain again")) < whole / 8
    assert await read(engine, 10, said(engine, 10, "rain again")) > whole / 2, "it was unused for longest"


async def test_what_was_read_is_forgotten(start: Start, base: Path) -> None:
    """The process that held it is gone, with what it kept of all chats; once more is left for a while."""
    engine = await start(base)
    whole = await read(engine, 1, said(engine, 1))
    first = engine.pid
    engine.forget()
    async with asyncio.timeout(30):
        while engine.pid in (first, None):  # noqa: ASYNC110 (the process tells nobody)
            await asyncio.sleep(0.05)
    assert await read(engine, 1, said(engine, 1)) == whole
    second = engine.pid
    engine.forget()
    await asyncio.sleep(0.5)
    assert engine.pid == second, "nobody can have it started anew again and again"
