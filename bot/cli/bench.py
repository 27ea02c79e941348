"""`echoes bench`: what a decision and a reply cost on this machine, with and without the kept cache."""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec, Prompt, render
from bot.config import load_config
from bot.engine.describe import EMBEDDED
from bot.errors import ExitCode
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling
from bot.workspace import MARKER

if TYPE_CHECKING:
    from bot.engine.local import LocalEngine

CONTEXTS = (200, 2000)
_COLD, _KEPT, _REPLIES = 3, 8, 3  # how often each is measured; the median is reported
_AT_ONCE = 8  # replies of a batch
_SCENE = Scene(Persona("Mei"), ChatKind.GROUP, title="hiking")
_SPEAKERS = (Speaker("Tom", "friend"), Speaker("An", "classmate"), Speaker("Grandpa", "elder"))
_LINES = (
    "who is coming on sunday?",
    "I can take two more in the car",
    "is it far from the station, do you think?",
    "we said nine at the old bridge, and then up along the river",
    "rain again",
    "bring something warm, last time it was freezing up there",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Milliseconds, medians. `new_tokens`: of the one message that the kept cache is extended by."""

    context_tokens: int
    new_tokens: int
    without_cache_ms: float
    with_cache_ms: float
    kept_mb: float


@dataclass(frozen=True, slots=True)
class Report:
    model: str
    lora: str | None
    device: str
    dtype: str
    threads: int
    load_s: float
    decisions: tuple[Decision, ...]
    reply_tokens_per_s: float
    batch_tokens_per_s: float
    first_token_ms: float
    process_mb: float
    gpu_mb: float | None


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="BASE",
        help="embedded, a hub id or a model's folder (default: the workspace's, else embedded)",
    )
    parser.add_argument("--lora", type=Path, metavar="DIR", help="the folder of a LoRA to put on (default: none)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, … (default: %(default)s)")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16, float16 (default: %(default)s)")
    parser.add_argument("--four-bit", action="store_true", help="load the model in 4 bits")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    report = asyncio.run(_bench(args))
    if args.json:
        print(json.dumps(asdict(report), indent=2))
    else:
        print(_table(report))
    return ExitCode.OK


async def _bench(args: argparse.Namespace) -> Report:
    _say("loading torch")
    from bot.engine.local import LocalEngine
    from bot.engine.models import gpu_bytes, load, threads

    base = args.model or _configured(args.workspace)
    began = time.perf_counter()
    loaded = load(base, args.device, args.dtype, args.four_bit, _say)
    with tempfile.TemporaryDirectory() as folder:
        engine = LocalEngine(loaded, MediaStore(Path(folder)))
        try:
            if args.lora is not None:
                await engine.load_lora(args.lora)
            took = time.perf_counter() - began
            await engine.p_answer("warm-up", _prompt(engine.codec, 3))
            decisions = [await _decision(engine, tokens) for tokens in CONTEXTS if tokens + 100 < engine.max_context]
            rate, first = await _reply(engine)
            together = await _batch(engine)
        finally:
            await engine.aclose()
    gpu = gpu_bytes()
    return Report(
        model=loaded.base_id,
        lora=args.lora.name if args.lora is not None else None,
        device=str(loaded.device),
        dtype=str(loaded.model.dtype).removeprefix("torch."),
        threads=threads(),
        load_s=round(took, 1),
        decisions=tuple(decisions),
        reply_tokens_per_s=round(rate, 1),
        batch_tokens_per_s=round(together, 1),
        first_token_ms=round(first, 1),
        process_mb=round(_process_bytes() / 1e6),
        gpu_mb=None if gpu is None else round(gpu / 1e6),
    )


async def _decision(engine: "LocalEngine", tokens: int) -> Decision:
    _say(f"deciding at {tokens} tokens of context")
    messages = 1
    while len(_prompt(engine.codec, messages).ids) < tokens:
        messages += 1
    prompt = _prompt(engine.codec, messages)
    cold = [await _milliseconds(engine, f"cold {tokens} {number}", prompt) for number in range(_COLD)]
    before = engine.cache_bytes
    chat = f"kept {tokens}"
    await engine.p_answer(chat, prompt)
    kept_bytes = engine.cache_bytes - before
    longer = [_prompt(engine.codec, messages + number) for number in range(1, _KEPT + 1)]
    kept = [await _milliseconds(engine, chat, one) for one in longer]
    return Decision(
        context_tokens=len(prompt.ids),
        new_tokens=round((len(longer[-1].ids) - len(prompt.ids)) / _KEPT),
        without_cache_ms=round(statistics.median(cold), 1),
        with_cache_ms=round(statistics.median(kept), 1),
        kept_mb=round(kept_bytes / 1e6, 1),
    )


async def _milliseconds(engine: "LocalEngine", chat: str, prompt: Prompt) -> float:
    began = time.perf_counter()
    await engine.p_answer(chat, prompt)
    return 1000 * (time.perf_counter() - began)


async def _reply(engine: "LocalEngine") -> tuple[float, float]:
    """Tokens a second once writing, and milliseconds to the first piece, the prompt being read already."""
    _say("writing replies")
    prompt = _prompt(engine.codec, 8)
    rates, firsts = [], []
    for number in range(_REPLIES):
        await engine.p_answer("reply", prompt)
        began = time.perf_counter()
        arrivals, text = [], ""
        async for piece in engine.reply("reply", prompt, Sampling(temperature=1.0, max_tokens=64, seed=number)):
            arrivals.append(time.perf_counter())
            text += piece
        firsts.append(1000 * (arrivals[0] - began))
        if len(arrivals) > 1:
            rates.append((len(engine.codec.encode(text)) - 1) / (arrivals[-1] - arrivals[0]))
    return statistics.median(rates or [0.0]), statistics.median(firsts)


async def _batch(engine: "LocalEngine") -> float:
    """Tokens a second of several replies at once, their prompts read anew."""
    _say(f"writing {_AT_ONCE} replies at once")
    prompts = [_prompt(engine.codec, 8 + number) for number in range(_AT_ONCE)]
    began, tokens = time.perf_counter(), 0
    async for found in engine.write_replies(prompts, range(_AT_ONCE), Sampling(temperature=1.0, max_tokens=64)):
        tokens += sum(len(engine.codec.encode(text)) for text in found.values())
    return tokens / (time.perf_counter() - began)


def _prompt(codec: Codec, messages: int) -> Prompt:
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    turns = [
        Turn(
            _SPEAKERS[number % len(_SPEAKERS)],
            (Bubble(_LINES[number % len(_LINES)]),),
            start + timedelta(seconds=40 * number),
        )
        for number in range(messages)
    ]
    return render(_SCENE, turns, codec, open_turn=True)


def _configured(workspace: Path) -> str:
    if (workspace / MARKER).is_file():
        return load_config(workspace / MARKER).model.base
    return EMBEDDED


def _process_bytes() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _say(what: str) -> None:
    print(f"  … {what}", file=sys.stderr)


def _table(report: Report) -> str:
    lora = f" with {report.lora}" if report.lora else ""
    lines = [
        f"{report.model}{lora} on {report.device}, {report.dtype}, {report.threads} threads, "
        f"loaded in {report.load_s:.1f} s",
        "",
        "decision        context   new   read anew     kept cache   memory kept",
    ]
    lines += [
        f"{'':<12}{decision.context_tokens:>7} tok {decision.new_tokens:>5}"
        f"{decision.without_cache_ms:>9.0f} ms {decision.with_cache_ms:>11.0f} ms {decision.kept_mb:>10.1f} MB"
        for decision in report.decisions
    ]
    lines += [
        "",
        f"reply       {report.reply_tokens_per_s:.1f} tokens/s, the first after {report.first_token_ms:.0f} ms",
        f"{_AT_ONCE} at once   {report.batch_tokens_per_s:.1f} tokens/s",
        f"memory      {report.process_mb:.0f} MB in this process"
        + (f", {report.gpu_mb:.0f} MB on the GPU" if report.gpu_mb is not None else ""),
    ]
    return "\n".join(lines)
