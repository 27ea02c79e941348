"""`echoes bench`: what a decision and a reply cost on this machine, in each engine, and beside a bare llama.cpp."""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bot.chat.prompt import Prompt
from bot.cli.bench_asking import group_prompt, milliseconds, reply
from bot.cli.bench_load import Load, under_load
from bot.config import Config, ModelConfig, load_config
from bot.config.embedded import EMBEDDED
from bot.engine.base import BatchEngine
from bot.engine.factory import build_local_engine
from bot.errors import ExitCode
from bot.media import MediaStore
from bot.workspace import MARKER

CONTEXTS = (200, 2000)
AT_ONCE = (1, 8, 32)
_ROOM = 2304  # for the longest context and what is added to it
_COLD, _KEPT = 3, 8  # how often each is measured; the median is reported


@dataclass(frozen=True, slots=True)
class Decision:
    """Milliseconds, medians. `new_tokens`: of the one message that what is kept is extended by."""

    context_tokens: int
    new_tokens: int
    anew_ms: float
    kept_ms: float


@dataclass(frozen=True, slots=True)
class Writing:
    """Tokens a second of so many replies at once: the median, the least and the most of some rounds.

    plain, ratio: what llama.cpp's server gives by itself on the same file, and ours beside it, round by round.
    """

    at_once: int
    rate: tuple[float, float, float]
    plain: tuple[float, float, float] | None
    ratio: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Report:
    """memory_mb: of this process and those it started, with the model and what is kept of some chats."""

    model: str
    lora: str | None
    precision: str
    load_s: float
    first_reply_s: float
    decisions: tuple[Decision, ...]
    writing: tuple[Writing, ...]
    load: Load
    memory_mb: float


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="BASE",
        help="embedded-en, embedded-zh, a hub id, a model's folder or its GGUF file (default: the workspace's)",
    )
    parser.add_argument("--lora", type=Path, metavar="DIR", help="the folder of a LoRA to put on (default: none)")
    parser.add_argument(
        "--engine",
        default="auto",
        choices=("auto", "torch", "llama", "both"),
        help="torch, llama (llama.cpp), both one after the other, or auto: what is taken here where none is named",
    )
    parser.add_argument("--quantize", default="f16", choices=("f16", "q8_0", "q4_k_m"), help="the precision of llama")
    parser.add_argument("--device", default="auto", help="of torch: auto, cpu, cuda, … (default: %(default)s)")
    parser.add_argument(
        "--dtype", default="auto", help="of torch: auto, float32, bfloat16, float16 (default: %(default)s)"
    )
    parser.add_argument("--four-bit", action="store_true", help="load the model in 4 bits in torch")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of replies (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    reports = [
        asyncio.run(_bench(args, one)) for one in (("torch", "llama") if args.engine == "both" else (args.engine,))
    ]
    if args.json:
        print(json.dumps([asdict(report) for report in reports], indent=2))
    else:
        print("\n\n".join(map(_table, reports)))
    return ExitCode.OK


async def _bench(args: argparse.Namespace, engine_name: str) -> Report:
    base = args.model or _configured(args.workspace)
    model = ModelConfig.model_validate(
        {
            "base": base,
            "engine": engine_name,
            "quantize": args.quantize,
            "device": "auto" if engine_name == "llama" else args.device,
            "dtype": args.dtype,
            "four_bit": args.four_bit,
            "context_tokens": _ROOM,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        engine = await build_local_engine(Config(model=model), args.lora, MediaStore(Path(folder)), _say)
        try:
            took = time.perf_counter() - began
            await reply(engine, "first", group_prompt(engine.codec, 3), 0)
            first = time.perf_counter() - began
            decisions = [await _decision(engine, tokens) for tokens in CONTEXTS if tokens + 100 < engine.max_context]
            writing = [await _writing(engine, number, args.rounds) for number in AT_ONCE]
            load = await under_load(engine, _say)
            memory = _memory()
        finally:
            await engine.aclose()
    return Report(
        model=engine.fingerprint.base_model,
        lora=args.lora.name if args.lora is not None else None,
        precision=engine.precision,
        load_s=round(took, 1),
        first_reply_s=round(first, 1),
        decisions=tuple(decisions),
        writing=tuple(writing),
        load=load,
        memory_mb=round(memory / 1e6),
    )


async def _decision(engine: BatchEngine, tokens: int) -> Decision:
    _say(f"deciding at {tokens} tokens of context")
    messages = 1
    while len(group_prompt(engine.codec, messages).ids) < tokens:
        messages += 1
    prompt = group_prompt(engine.codec, messages)
    # Each other from its first words on, or what is kept of one would serve the next.
    others = [group_prompt(engine.codec, messages, f"{number}") for number in range(_COLD)]
    cold = [await milliseconds(engine, f"cold {tokens} {n}", one) for n, one in enumerate(others)]
    chat = f"kept {tokens}"
    await engine.p_answer(chat, prompt)
    longer = [group_prompt(engine.codec, messages + number) for number in range(1, _KEPT + 1)]
    longer = [one for one in longer if len(one.ids) < engine.max_context]
    kept = [await milliseconds(engine, chat, one) for one in longer]
    return Decision(
        context_tokens=len(prompt.ids),
        new_tokens=round((len(longer[-1].ids) - len(prompt.ids)) / len(longer)),
        anew_ms=round(statistics.median(cold), 1),
        kept_ms=round(statistics.median(kept), 1),
    )


async def _writing(engine: BatchEngine, number: int, rounds: int) -> Writing:
    _say(f"writing {number} at once")
    ours, plain = [], []
    for turn in range(rounds):
        prompts = [group_prompt(engine.codec, 3 + n % 4, f"{turn} {n}") for n in range(number)]
        began = time.perf_counter()
        written = await asyncio.gather(*(reply(engine, f"{turn} {n}", one, n) for n, one in enumerate(prompts)))
        ours.append(sum(written) / (time.perf_counter() - began))
        others = [group_prompt(engine.codec, 3 + n % 4, f"plain {turn} {n}") for n in range(number)]
        if (rate := await _plain(engine, others, written)) is not None:
            plain.append(rate)
    ratios = [one / other for one, other in zip(ours, plain, strict=False)]
    return Writing(number, _spread(ours), _spread(plain) if plain else None, _spread(ratios) if ratios else None)


async def _plain(engine: BatchEngine, prompts: Sequence[Prompt], lengths: Sequence[int]) -> float | None:
    """What a bare llama.cpp gives for replies as long as ours; None where the engine is another."""
    from bot.engine.llama.engine import LlamaEngine

    if not isinstance(engine, LlamaEngine):
        return None
    from bot.engine.llama.alone import plain_rate

    return await plain_rate(engine, prompts, lengths)


def _configured(workspace: Path) -> str:
    if (workspace / MARKER).is_file():
        return load_config(workspace / MARKER).model.base
    return EMBEDDED


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return round(statistics.median(values), 2), round(min(values), 2), round(max(values), 2)


def _memory() -> int:
    """Bytes in memory of this process and those that it started."""
    here = psutil.Process()
    return sum(int(one.memory_info().rss) for one in (here, *here.children(recursive=True)))


def _say(what: str) -> None:
    print(f"  … {what}", file=sys.stderr)


def _table(report: Report) -> str:
    lora = f" with {report.lora}" if report.lora else ""
    lines = [
        f"{report.model}{lora}, {report.precision}: ready in {report.load_s:.1f} s, "
        f"its first reply after {report.first_reply_s:.1f} s",
        "",
        "decision        context   new   read anew     what is new",
    ]
    lines += [
        f"{'':<12}{one.context_tokens:>7} tok {one.new_tokens:>5}{one.anew_ms:>9.0f} ms {one.kept_ms:>12.0f} ms"
        for one in report.decisions
    ]
    lines += ["", "replies         tokens/s                llama.cpp alone         ratio"]
    lines += [
        f"{one.at_once:>4} at once    {_shown(one.rate):<24}{_shown(one.plain):<24}{_shown(one.ratio)}"
        for one in report.writing
    ]
    load = report.load
    lines += [
        "",
        f"a decision  {load.alone_ms:.0f} ms alone; while {load.replies} replies are written {load.median_ms:.0f} ms, "
        f"the 99th percentile {load.p99_ms:.0f} ms ({load.rate:.3g} tokens/s of replies meanwhile)",
        f"memory      {report.memory_mb:.0f} MB",
    ]
    return "\n".join(lines)


def _shown(spread: tuple[float, float, float] | None) -> str:
    """The median, and from where to where the rounds went."""
    return "–" if spread is None else f"{spread[0]:.3g} ({spread[1]:.3g}–{spread[2]:.3g})"
