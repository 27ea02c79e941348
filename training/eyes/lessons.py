"""Lessons: a small LoRA by which the language model tells the first picture from the second.

The frozen model answers that by chance, even where the names are written out in the pictures' places; no code can mend
it. The LoRA is not added to the model, whose text stays as it was, but every LoRA on the embedded model begins from it
(`training.finetune.first`); so it learns to leave chats without pictures alone.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from peft import PeftModel
from torch import Tensor
from tqdm import tqdm

from training.eyes.codes import Detections, Told, tell
from training.eyes.config import LessonSettings, SaidSettings
from training.eyes.keeping import keep, kept
from training.eyes.language import ASKINGS, CHOICES, ORDER, Reader
from training.eyes.talk import Talk, strayed, talks
from training.finetune.lora import attach, set_weights, weights
from training.finetune.presets import ATTENTION, TUNED

_SAVE_EVERY = 50
_SCALE = 2
_CERTAIN = 0.5  # of the steps, over which names are said alone ever more rarely: doubts come once it can choose


def learn_lessons(
    reader: Reader,
    names: Sequence[str],
    codes: Tensor,
    look: Callable[[], Detections],
    settings: LessonSettings,
    said: SaidSettings,
    seed: int,
    path: Path,
) -> dict[str, Tensor]:
    """The LoRA's matrices by their names, to be multiplied as they are. Other arguments as of `codes.learn_codes`."""
    preset = replace(TUNED, rank=settings.rank, alpha=_SCALE * settings.rank, targets=ATTENTION)
    torch.manual_seed(seed)
    text = talks(reader, settings.talks, seed)
    lora = attach(reader.loaded.model, preset, reader.loaded.base_id)
    try:
        _learn(reader, lora, text, names, codes, look, settings, said, seed, path)
        return {name: _SCALE * value if "lora_B" in name else value for name, value in weights(lora).items()}
    finally:
        lora.unload()


def _learn(
    reader: Reader,
    lora: PeftModel,
    text: Sequence[Talk],
    names: Sequence[str],
    codes: Tensor,
    look: Callable[[], Detections],
    settings: LessonSettings,
    said: SaidSettings,
    seed: int,
    path: Path,
) -> None:
    trained = [value for value in lora.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, settings.rate, betas=(0.9, 0.98), weight_decay=0.01)
    first = 0
    if found := kept(path):
        set_weights(lora, found["lora"])
        optimizer.load_state_dict(found["optimizer"])
        first = found["step"]
    seen = look() if first < settings.steps else None
    bar = tqdm(range(first, settings.steps), path.stem, initial=first, total=settings.steps, mininterval=5.0)
    for step in bar:
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * min(1.0, (step + 1) / 20, 1.02 - step / settings.steps)
        draw = random.Random(f"{seed} lessons {step}")
        choosing = draw.random() < settings.choosing
        alone = draw.random() < max(said.exact, 1 - step / (_CERTAIN * settings.steps))
        told = tell(codes, None if alone else seen, settings.batch * (2 if choosing else 1), said.noise, draw)
        loss = (_choose if choosing else _name)(reader, names, told, draw)
        far = strayed(reader, draw.choice(text).some(draw))
        (loss + settings.staying * far).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        bar.set_postfix({"two" if choosing else "one": f"{loss.item():.3f}", "strayed": f"{far.item():.3f}"})
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == settings.steps:
            keep(path, {"lora": weights(lora), "optimizer": optimizer.state_dict(), "step": step + 1})


def _name(reader: Reader, names: Sequence[str], told: Told, draw: random.Random) -> Tensor:
    """Nats that the name of a picture costs."""
    batch = reader.batch(draw.choice(ASKINGS), [names[name] for name in told.names], told.grid)
    return reader.nats(batch, told.places).mean()


def _choose(reader: Reader, names: Sequence[str], told: Told, draw: random.Random) -> Tensor:
    """Nats that the right answer costs, of two pictures. The first is asked for in half of the pairs."""
    half = len(told.names) // 2
    apart = [number for number in range(half) if told.names[number] != told.names[half + number]]
    right = [place % 2 for place in range(len(apart))]
    asked = [names[told.names[number + half * which]] for number, which in zip(apart, right, strict=True)]
    batch = reader.batch(draw.choice(CHOICES), [ORDER[which] for which in right], told.grid, 2, asked)
    both = torch.cat([told.places[:half], told.places[half : 2 * half]], dim=1)
    return reader.nats(batch, both[apart]).mean()
