"""The tower learns to detect names: views in, for each name how much of it is there. No language model in the loop.

The merger's hidden units are the detectors, one for each name: what they let through, the next layer says as that
name's code. So they have to decide. In every place, what all of them let through shall come to 1 (a soft sparsemax): a
name that is clearly likelier than the others is then said alone, and the language model reads one code, not a mixture.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from bot.engine.eyes.namer import STEEP
from bot.errors import UsageError
from training.recipes.eyes.config import Look, LookSettings
from training.recipes.eyes.keeping import keep, kept
from training.recipes.eyes.material import Material
from training.recipes.eyes.optimizer import optimizers
from training.recipes.eyes.tower import Tower, detect, fresh_tower, normalized, start_from_patches, to_patches, turns

_WARM_UP = 30  # steps
_STEADY = 0.35  # of the run, before the rate falls
_GROWING = 0.7  # of the run, in which views grow harder
_KEEP = 0.998  # of the moving average, a step
_SMOOTHING = 0.05
_EACH = 0.3  # weight of every place being right by itself, beside their mean
_WHOLE = 0.2  # weight of letting through 1
_LITTLE = 0.02  # nothing let through is bad, not infinitely so
_SAVE_EVERY = 100
_NOTE_EVERY = 20

Detecting = Callable[[Tower, Tensor, Tensor, Tensor], Tensor]


def learn_to_look(
    material: Material, settings: LookSettings, seed: int, path: Path, vision: dict[str, Any], fast: bool = True
) -> Tower:
    """Trains the tower, from the checkpoint at `path` if there is one; returns the moving average.

    fast: compiled, which takes minutes and is worth it from some hundred steps on. Raises UsageError where there are
    more names than detectors.
    """
    tower, average = (fresh_tower(vision, seed) for _ in range(2))
    units = tower.merger.hidden_size
    if len(material.names) > units:
        raise UsageError(f"There are {len(material.names)} names, and {units} hidden units to detect them: merge some.")
    rate = max(look.rate for look in settings.looks)
    tools = optimizers(tower, rate)
    total = sum(look.steps for look in settings.looks)
    found = kept(path)
    first = 0 if found is None else int(found["step"])
    if found is not None:
        tower.load_state_dict(found["tower"])
        average.load_state_dict(found["average"])
        for tool, state in zip(tools, found["optimizers"], strict=True):
            tool.load_state_dict(state)
    else:
        pixels, _ = material.batch(512, settings.looks[0].size, 0.3, seed, 0)
        start_from_patches(tower, to_patches(normalized(pixels)).flatten(0, 1))
        average.load_state_dict(tower.state_dict())
    detecting: Detecting = torch.compile(detect, dynamic=False) if fast else detect
    bar = tqdm(range(first, total), path.stem, initial=first, total=total, mininterval=10.0)
    losses = rights = torch.zeros(())
    for step in bar:
        look = look_at(settings.looks, step)
        for tool in tools:
            for group in tool.param_groups:
                group["lr"] = group["base"] * look.rate / rate * _schedule(step, total)
        strength = settings.easy + (settings.hard - settings.easy) * min(1.0, step / total / _GROWING)
        loss, right = _learn(tower, detecting, material, look, seed, step, strength)
        for tool in tools:
            tool.step()
            tool.zero_grad()
        _follow(average, tower, min(_KEEP, (step + 1) / (step + 10)))
        losses, rights = losses + loss, rights + right
        if (step + 1) % _NOTE_EVERY == 0:
            bar.set_postfix(loss=f"{losses.item() / _NOTE_EVERY:.3f}", right=f"{rights.item() / _NOTE_EVERY:.3f}")
            losses = rights = torch.zeros(())
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == total:
            _save(path, step + 1, tower, average, tools)
    return average


def look_at(looks: Sequence[Look], step: int) -> Look:
    """The look that a step of all of them belongs to."""
    for look in looks:
        if step < look.steps:
            return look
        step -= look.steps
    raise ValueError(f"looking ends before step {step}")


def detection_loss(found: Tensor, names: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """What is learnt from, and the share that was right. found: views × places × units; count: of names."""
    nats = found.float()[..., :count] / STEEP
    together, places = nats.mean(1), nats.shape[1]
    right = functional.cross_entropy(together, names, label_smoothing=_SMOOTHING)
    each = functional.cross_entropy(nats.flatten(0, 1), names.repeat_interleave(places), label_smoothing=_SMOOTHING)
    amount = functional.softplus(found.float()[..., :count]).sum(-1) / STEEP  # smooth, so that none is out of reach
    whole = (amount + _LITTLE).log().square().mean()
    return right + _EACH * each + _WHOLE * whole, (together.argmax(1) == names).float().mean()


def _learn(
    tower: Tower, detecting: Detecting, material: Material, look: Look, seed: int, step: int, strength: float
) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed + step)
    size = look.size
    if look.other_sizes and float(torch.rand((), generator=draw)) < look.other_share:
        size = look.other_sizes[int(torch.randint(len(look.other_sizes), (), generator=draw))]
    pixels, names = material.batch(look.batch, size, strength, seed, step)
    with torch.autocast("cpu", torch.bfloat16):
        found = detecting(tower, normalized(pixels), *turns(tower, *size))
    loss, right = detection_loss(found, names, len(material.names))
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach(), right


def _schedule(step: int, total: int) -> float:
    falling = (total - step) / (total * (1 - _STEADY))
    return min(1.0, (step + 1) / min(_WARM_UP, total), max(0.02, falling))


@torch.no_grad()
def _follow(average: Tower, tower: Tower, share: float) -> None:
    """Moves the average towards the tower; `share` of it stays."""
    torch._foreach_lerp_(list(average.parameters()), list(tower.parameters()), 1 - share)


def _save(path: Path, step: int, tower: Tower, average: Tower, tools: list[torch.optim.Optimizer]) -> None:
    keep(
        path,
        {
            "step": step,
            "tower": tower.state_dict(),
            "average": average.state_dict(),
            "optimizers": [tool.state_dict() for tool in tools],
        },
    )
