"""The steps of the recipe: learning, and writing what was learnt into the package."""

import hashlib
import random
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from bot.chat.prompt import Codec
from bot.engine.describe import codec_for, describe
from bot.engine.device import fastest_dtype, use_physical_cores
from bot.engine.matrices import decoder_of
from bot.engine.models import load
from bot.errors import UsageError
from bot.media import MediaStore
from bot.workspace import write_private
from training.data.dialogues import Dialogue
from training.finetune.checkpoint import Run
from training.finetune.clock import Clock
from training.finetune.first import begin
from training.finetune.heldout import HeldOut
from training.finetune.learner import Learner
from training.finetune.loop import Loop
from training.finetune.lora import attach
from training.finetune.progress import Bar
from training.finetune.samples import samples_of
from training.recipes.talk.courses import COURSES, Course

Talk = list[Dialogue]

_HELD_OUT = 60  # talks that are not learnt


def split(course: Course, talks: Sequence[Path], codec: Codec, seed: int) -> tuple[list[Talk], list[Talk]]:
    """Returns the talks held out, of which nothing is learnt, and those that are learnt."""
    every = [talk for path in talks for talk in course.read(path, codec, course.preset.length, seed)]
    random.Random(f"{seed} held out").shuffle(every)
    return every[:_HELD_OUT], every[_HELD_OUT:]


def train(course: Course, talks: Sequence[Path], work: Path, tokens: int, seed: int = 0) -> None:
    """Learns, going on where it stopped. Prints the loss on talks of which nothing was learnt, before and after."""
    use_physical_cores()
    preset = course.preset.at(decoder_of(describe(course.base)).width)
    loaded = load(course.base, "cpu", fastest_dtype("cpu", "auto"))
    media = MediaStore(work / "media")
    codec = codec_for(loaded, media)
    held_out, learnt = (_joined(some) for some in split(course, talks, codec, seed))
    torch.manual_seed(seed)
    lora = attach(loaded.model, preset, loaded.base_id)
    begun_from = "nothing"
    if course.goes_on:
        begin(lora, preset, loaded.base_id)
        begun_from = hashlib.sha256(course.target.read_bytes()).hexdigest()
    run = Run(work)
    with run.only_one(), Bar() as bar:
        key = f"{preset.name} {seed} {tokens} {len(learnt)} {begun_from}"
        resuming = run.key() == key
        if not resuming:
            run.begin(key)
        loop = Loop(
            Learner(loaded, lora, codec, media, preset),
            codec,
            learnt,
            HeldOut(samples_of(held_out, codec), preset.batch_tokens, seed),
            run,
            Clock(None, started=time.monotonic()),
            bar,
            seed,
            60.0,
            after_training=lambda speed: 0.0,
            tokens=tokens,
        )
        if resuming and (checkpoint := run.load()):
            loop.resume(checkpoint)
        position = loop.fit()
    before, after = position.held_out[0].text, position.held_out[-1].text
    print(f"{position.tokens:,} tokens in {position.step} steps: {before} to {after} nats a token of talks not learnt")


def export(work: Path) -> Path:
    """Writes the weights in bfloat16, the LoRA's scale in them, and whose words they were learnt from beside them."""
    run = Run(work)
    best, named = run.load_best(), (run.key() or "").partition(" ")[0]
    course = next((one for one in COURSES.values() if one.preset.name == named), None)
    if best is None or course is None:
        raise UsageError(f"{work} holds no weights: run `python -m training.recipes.talk train` first.")
    scale = course.preset.alpha / course.preset.rank
    scaled = {name: value * scale if "lora_B" in name else value for name, value in best.items()}
    _write(course.target, bytes(save({name: _small(value) for name, value in scaled.items()}, {"format": "pt"})))
    _write(course.target.with_suffix(".NOTICE"), course.notice.encode())
    return course.target


def _joined(talks: Sequence[Talk]) -> list[Dialogue]:
    return [dialogue for talk in talks for dialogue in talk]


def _small(value: Tensor) -> Tensor:
    return value.to(torch.bfloat16).contiguous()


def _write(path: Path, content: bytes) -> None:
    write_private(path, content)
    path.chmod(0o644)
