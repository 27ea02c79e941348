"""The finish: the tower names what it sees through the frozen language model, whose gradient it learns from."""

import random
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from training.eyes.config import Recipe
from training.eyes.keeping import keep, kept
from training.eyes.language import ASKINGS, CHOICES, ORDER, Batch, Reader
from training.eyes.look import Choice, follow
from training.eyes.material import Material
from training.eyes.optimizer import optimizers
from training.eyes.tower import PATCH, Tower, fresh_tower, normalized, see, turns

_SIZES = ((112, 112), (112, 112), (84, 112), (112, 84), (84, 84))
_KEEP = 0.98
_STRENGTH = 0.7  # of the views: nearer to what will be seen than the hardest
_CHOICE = 0.5  # weight of still saying the codes
_WARM_UP = 10
_SAVE_EVERY = 20


def finish(
    material: Material, codes: Tensor, reader: Reader, start: Tower, recipe: Recipe, vision: dict[str, Any]
) -> Tower:
    """Goes on from `start`, or from the checkpoint if there is one; returns the moving average."""
    settings, path = recipe.finish, recipe.work / "finish.pt"
    tower, average = (fresh_tower(vision, recipe.seed) for _ in range(2))
    tools = optimizers(tower, settings.rate)
    found = kept(path)
    first = 0 if found is None else int(found["step"])
    tower.load_state_dict(start.state_dict() if found is None else found["tower"])
    average.load_state_dict(start.state_dict() if found is None else found["average"])
    if found is not None:
        for tool, state in zip(tools, found["optimizers"], strict=True):
            tool.load_state_dict(state)
    choice = Choice(codes, recipe.rounds[-1].weights)
    bar = tqdm(range(first, settings.steps), "finishing", initial=first, total=settings.steps, mininterval=10.0)
    for step in bar:
        factor = min(1.0, (step + 1) / _WARM_UP, max(0.05, 1.5 * (1 - step / settings.steps)))
        for tool in tools:
            for group in tool.param_groups:
                group["lr"] = group["base"] * factor
        told, nats = _learn(tower, material, choice, reader, recipe, step)
        for tool in tools:
            tool.step()
            tool.zero_grad()
        follow(average, tower, min(_KEEP, (step + 1) / (step + 10)))
        bar.set_postfix({told: f"{nats:.3f}"})
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == settings.steps:
            keep(
                path,
                {
                    "step": step + 1,
                    "tower": tower.state_dict(),
                    "average": average.state_dict(),
                    "optimizers": [tool.state_dict() for tool in tools],
                },
            )
    return average


def _learn(
    tower: Tower, material: Material, choice: Choice, reader: Reader, recipe: Recipe, step: int
) -> tuple[str, float]:
    """One step's gradients; what was asked, and the nats an answer cost."""
    draw = random.Random(f"{recipe.seed} finish {step}")
    size = draw.choice(_SIZES)
    pixels, names = material.batch(recipe.finish.batch, size, _STRENGTH, recipe.seed + 1, step)
    with torch.autocast("cpu", torch.bfloat16):
        said = see(tower, normalized(pixels), *turns(tower, *size))
    grid = size[0] // PATCH, size[1] // PATCH
    if draw.random() < recipe.finish.two_pictures:
        told, batch, shown = "two", *_two(reader, material, said, names, grid, draw)
    else:
        batch = reader.batch(draw.choice(ASKINGS), [material.names[name] for name in names.tolist()], grid)
        told, shown = "one", said
    nats = reader.nats(batch, shown).mean()
    near, _ = choice.loss(said, names)
    (nats + _CHOICE * near).backward()  # type: ignore[no-untyped-call]
    return told, nats.item()


def _two(
    reader: Reader, material: Material, said: Tensor, names: Tensor, grid: tuple[int, int], draw: random.Random
) -> tuple[Batch, Tensor]:
    """Pairs of pictures, and which of the two shows what is asked for."""
    pairs = len(said) // 2
    right = [draw.randrange(2) for _ in range(pairs)]
    asked = [material.names[int(names[place + which * pairs])] for place, which in enumerate(right)]
    batch = reader.batch(draw.choice(CHOICES), [ORDER[which] for which in right], grid, 2, asked)
    return batch, torch.cat([said[:pairs], said[pairs : 2 * pairs]], dim=1)
