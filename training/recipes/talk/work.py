"""The steps of the recipe: learning, and writing what was learnt into the package."""

import hashlib
import random
import time
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from bot.config.embedded import EMBEDDED
from bot.engine.describe import codec_for
from bot.engine.device import fastest_dtype, use_physical_cores
from bot.engine.embedded import first_lora_path
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
from training.finetune.presets import TUNED
from training.finetune.progress import Bar
from training.finetune.samples import samples_of
from training.recipes.talk.conversations import read_talks

PRESET = replace(TUNED, name="talk", length=448, batch_tokens=448, relationship_dropout=0.3)
_HELD_OUT = 60  # talks that are not learnt

_NOTICE = """embedded_first_lora.safetensors: where every LoRA on the embedded model begins.

What it knows of pictures was learnt from those named in embedded_tower.NOTICE. How people write to each other was
learnt after that, with the recipe in training/recipes/talk, from the chitchat dataset: private conversations of
students, by BYU-PCCL (Eric Myers, Tyler Etchart, Nancy Fulda, "Conversational Scaffolding: An Analogy-Based Approach
to Response Prioritization in Open-Domain Dialogs", ICAART 2020), copyright (c) 2019 Perception, Control and
Cognition Lab, licence MIT:
  https://opensource.org/license/mit
None of its words are part of this package.
"""


def train(talks: Path, work: Path, tokens: int, seed: int = 0) -> None:
    """Learns, going on where it stopped. Prints the loss on talks of which nothing was learnt, before and after."""
    use_physical_cores()
    loaded = load(EMBEDDED, "cpu", fastest_dtype("cpu", "auto"))
    media = MediaStore(work / "media")
    codec = codec_for(loaded, media)
    every = list(read_talks(talks, codec, PRESET.length, seed))
    random.Random(f"{seed} held out").shuffle(every)
    held_out, learnt = (_joined(some) for some in (every[:_HELD_OUT], every[_HELD_OUT:]))
    torch.manual_seed(seed)
    lora = attach(loaded.model, PRESET, loaded.base_id)
    begin(lora, PRESET, loaded.base_id)
    run = Run(work)
    with run.only_one(), Bar() as bar:
        begun_from = hashlib.sha256(first_lora_path().read_bytes()).hexdigest()
        key = f"talk {seed} {tokens} {len(learnt)} {begun_from}"
        resuming = run.key() == key
        if not resuming:
            run.begin(key)
        loop = Loop(
            Learner(loaded, lora, codec, media, PRESET),
            codec,
            learnt,
            HeldOut(samples_of(held_out, codec), PRESET.batch_tokens, seed),
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
    best = Run(work).load_best()
    if best is None:
        raise UsageError(f"{work} holds no weights: run `python -m training.recipes.talk train` first.")
    scale = PRESET.alpha / PRESET.rank
    scaled = {name: value * scale if "lora_B" in name else value for name, value in best.items()}
    target = first_lora_path()
    _write(target, bytes(save({name: _small(value) for name, value in scaled.items()}, {"format": "pt"})))
    _write(target.with_suffix(".NOTICE"), _NOTICE.encode())
    return target


def notice() -> str:
    """Returns the text beside the weights."""
    return _NOTICE


def _joined(talks: list[list[Dialogue]]) -> list[Dialogue]:
    return [dialogue for talk in talks for dialogue in talk]


def _small(value: Tensor) -> Tensor:
    return value.to(torch.bfloat16).contiguous()


def _write(path: Path, content: bytes) -> None:
    write_private(path, content)
    path.chmod(0o644)
