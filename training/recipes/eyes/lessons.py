"""Lessons: a small LoRA by which the language model tells the first picture from the second.

The frozen model answers that by chance, even where the names are written out in the pictures' places; no code can mend
it. The LoRA is not added to the model, whose text stays as it was, but every LoRA on the embedded model begins from it
(`training.finetune.first`); so it learns to leave chats without pictures alone.
"""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from peft import PeftModel
from torch import Tensor
from tqdm import tqdm

from bot.errors import UsageError
from training.finetune.lora import attach, set_weights, weights
from training.finetune.presets import ATTENTION, TUNED
from training.recipes.eyes.codes import Detections, Told, tell
from training.recipes.eyes.config import LessonSettings, SaidSettings
from training.recipes.eyes.keeping import keep, kept
from training.recipes.eyes.language import ASKINGS, CHOICES, ORDER, AnswerScorer
from training.recipes.eyes.optimizer import set_rate
from training.recipes.eyes.talk import Talk, strayed, talks

_SAVE_EVERY = 50
_SCALE = 2  # of what is learnt, beside the matrices' product
_CERTAIN = 0.5  # of the steps, over which names are said alone ever more rarely: doubts come once it can choose


@dataclass(frozen=True)
class _Lessons:
    """What is learnt from: pictures by their names and codes, and text in which nothing is to change."""

    scorer: AnswerScorer
    names: Sequence[str]
    codes: Tensor
    text: Sequence[Talk]

    def name(self, told: Told, draw: random.Random) -> Tensor:
        """Nats that the name of a picture costs."""
        batch = self.scorer.batch(draw.choice(ASKINGS), [self.names[name] for name in told.names], told.grid)
        return self.scorer.nats(batch, told.places).mean()

    def choose(self, told: Told, draw: random.Random) -> Tensor:
        """Nats that the right answer costs, of two pictures. The first is asked for in half of the pairs."""
        half = len(told.names) // 2
        apart = [number for number in range(half) if told.names[number] != told.names[half + number]]
        right = [place % 2 for place in range(len(apart))]
        asked = [self.names[told.names[number + half * which]] for number, which in zip(apart, right, strict=True)]
        batch = self.scorer.batch(draw.choice(CHOICES), [ORDER[which] for which in right], told.grid, 2, asked)
        both = torch.cat([told.places[:half], told.places[half : 2 * half]], dim=1)
        return self.scorer.nats(batch, both[apart]).mean()

    def stay(self, draw: random.Random) -> Tensor:
        """How far it has strayed in a chat without pictures."""
        return strayed(self.scorer, draw.choice(self.text).some(draw))


def learn_lessons(
    scorer: AnswerScorer,
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
    lessons = _Lessons(scorer, names, codes, talks(scorer, settings.talks, seed))
    lora = attach(scorer.loaded.model, preset, scorer.loaded.base_id)
    try:
        _learn(lessons, lora, look, settings, said, seed, path)
        return {name: _SCALE * value if "lora_B" in name else value for name, value in weights(lora).items()}
    finally:
        lora.unload()


def _learn(
    lessons: _Lessons,
    lora: PeftModel,
    look: Callable[[], Detections],
    settings: LessonSettings,
    said: SaidSettings,
    seed: int,
    path: Path,
) -> None:
    trained = [value for value in lora.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, settings.rate, betas=(0.9, 0.98), weight_decay=0.01)
    about = hashlib.sha256(lessons.codes.float().numpy().tobytes()).hexdigest()
    first = 0
    if found := kept(path):
        if found["codes"] != about:
            raise UsageError(f"{path} was learnt with other codes: delete it, to learn the lessons anew.")
        set_weights(lora, found["lora"])
        optimizer.load_state_dict(found["optimizer"])
        first = found["step"]
    seen = look() if first < settings.steps else None
    bar = tqdm(range(first, settings.steps), path.stem, initial=first, total=settings.steps, mininterval=5.0)
    for step in bar:
        set_rate(optimizer, settings.rate, step, settings.steps)
        draw = random.Random(f"{seed} lessons {step}")
        choosing = draw.random() < settings.choosing
        alone = draw.random() < max(said.exact, 1 - step / (_CERTAIN * settings.steps))
        count = settings.batch * (2 if choosing else 1)
        told = tell(lessons.codes, None if alone else seen, count, said.noise, draw)
        loss = (lessons.choose if choosing else lessons.name)(told, draw)
        far = lessons.stay(draw)
        (loss + settings.staying * far).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        bar.set_postfix({"two" if choosing else "one": f"{loss.item():.3f}", "strayed": f"{far.item():.3f}"})
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == settings.steps:
            state = {"lora": weights(lora), "optimizer": optimizer.state_dict()}
            keep(path, {"codes": about, "step": step + 1, **state})
