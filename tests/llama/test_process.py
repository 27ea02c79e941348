"""llama.cpp's process: what its end costs, and that it ends with whoever started it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from bot.engine.llama.batch import LlamaBatchEngine
from bot.errors import ConfigError, PassingError
from bot.sampling import Sampling
from tests.llama.conftest import Start, asked

LONG = Sampling(temperature=1.5, top_p=1.0, presence_penalty=0, max_tokens=900, seed=3)
SHORT = Sampling(temperature=0, presence_penalty=0, max_tokens=5)


async def said(engine: LlamaBatchEngine, sampling: Sampling = SHORT) -> str:
    return "".join([piece async for piece in engine.reply("chat", asked(engine.codec, "hi"), sampling)])


async def test_killed_in_the_middle_of_a_reply_it_comes_again(
    embedded: LlamaBatchEngine, caplog: pytest.LogCaptureFixture
) -> None:
    before = await said(embedded)
    with pytest.raises(PassingError):
        async with aclosing(embedded.reply("chat", asked(embedded.codec, "tell me"), LONG)) as pieces:
            for _ in range(3):
                await anext(pieces)
            assert embedded.pid is not None
            os.kill(embedded.pid, signal.SIGKILL)
            async for _ in pieces:
                pass
    assert await said(embedded) == before, "who asks meanwhile waits for the next process"
    assert "SIGKILL" in caplog.text
    again, anew = [await embedded.p_answer(chat, asked(embedded.codec, "hi")) for chat in ("chat", "other")]
    assert again == pytest.approx(anew, abs=1e-4)


async def test_a_closed_reply_is_not_written_on(embedded: LlamaBatchEngine) -> None:
    assert embedded.pid is not None
    child = psutil.Process(embedded.pid)
    async with aclosing(embedded.reply("chat", asked(embedded.codec, "tell me"), LONG)) as pieces:
        for _ in range(3):
            await anext(pieces)
    await asyncio.sleep(0.5)
    before = sum(child.cpu_times()[:2])
    await asyncio.sleep(0.5)
    assert sum(child.cpu_times()[:2]) - before < 0.1
    assert embedded.step_seconds() == 0
    assert await said(embedded)


async def test_a_decision_does_not_wait_for_replies_to_end(start: Start, base: Path) -> None:
    engine = await start(base)

    async def story(number: int) -> None:
        async for _ in engine.reply(f"story {number}", asked(engine.codec, f"tell {number}"), LONG):
            pass

    stories = [asyncio.create_task(story(number)) for number in range(12)]
    await asyncio.sleep(0.2)
    await engine.p_answer("other", asked(engine.codec, "and you?"))
    assert not all(story.done() for story in stories)
    for one in stories:
        one.cancel()
    await asyncio.gather(*stories, return_exceptions=True)
    assert await said(engine)


async def test_a_closed_engine_says_so(start: Start, base: Path) -> None:
    engine = await start(base)
    pid = engine.pid
    story = asyncio.create_task(said(engine, LONG))
    await asyncio.sleep(0.01)
    await engine.aclose()
    await asyncio.gather(story, return_exceptions=True)
    with pytest.raises(PassingError, match="shut down"):
        await said(engine)
    assert pid is not None and not psutil.pid_exists(pid)
    await engine.aclose()


PARENT = """
import asyncio, sys
from pathlib import Path
from bot.engine.describe import describe
from bot.engine.llama.engine import LlamaEngine
from bot.media import MediaStore

async def main():
    engine = await LlamaEngine.start(describe(sys.argv[1]), MediaStore(Path(sys.argv[2])), max_context=256)
    print(engine.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_it_ends_with_whoever_started_it_however_that_ended(base: Path, tmp_path: Path) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(base), str(tmp_path)], stdout=subprocess.PIPE, env=environment, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    began = time.monotonic()
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() - began < 5
        time.sleep(0.05)


async def test_what_llama_cpp_cannot_load_is_a_sentence(start: Start, base: Path) -> None:
    engine = await start(base)
    path = engine.model
    path.write_bytes(path.read_bytes()[:50_000])
    try:
        with pytest.raises(
            ConfigError, match=r"llama.cpp cannot run .*gguf \(.*not within the file bounds.*engine: torch"
        ):
            await start(base)
    finally:
        path.unlink()
