"""The tower learns to say the codes: views in, each name's code out, no language model in the loop."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from training.eyes.config import Look, Round, Weights
from training.eyes.keeping import keep, kept
from training.eyes.material import Material
from training.eyes.optimizer import optimizers
from training.eyes.tower import Tower, fresh_tower, normalized, see, start_from_patches, to_patches, turns

_WARM_UP = 30  # steps
_STEADY = 0.35  # of the run, before the rate falls
_GROWING = 0.7  # of the run, in which views grow harder
_KEEP = 0.998  # of the moving average, a step
_SHARPNESS = 20.0  # of the choice among codes, by their cosine
_DAMPING = 0.1  # of the mean variance
_SMOOTHING = 0.05
_WIDTH = 0.2  # of the codes' variance: how near is near
_SAVE_EVERY = 100
_NOTE_EVERY = 20

Seeing = Callable[[Tower, Tensor, Tensor, Tensor], Tensor]


class Choice:
    """How near what the tower says is to each code.

    Names alike have codes alike, so directions are compared after whitening, damped: it weighs what tells codes apart.
    """

    def __init__(self, codes: Tensor, weights: Weights) -> None:
        self.codes, self.weights = codes, weights
        self.middle = codes.mean(0)
        centred = codes - self.middle
        self.spread = centred.square().mean()
        variances, directions = torch.linalg.eigh(centred.T @ centred / len(codes))
        self.whitening = directions * (variances.clamp(min=0) + _DAMPING * variances.mean()).rsqrt()
        self.directions = functional.normalize(centred @ self.whitening, dim=-1)

    def scores(self, said: Tensor) -> Tensor:
        """views × names, cosines. said: views × places × width."""
        return functional.normalize((said.float().mean(1) - self.middle) @ self.whitening, dim=-1) @ self.directions.T

    def loss(self, said: Tensor, names: Tensor) -> tuple[Tensor, Tensor]:
        """What is learnt from, and the share that was right."""
        scores = self.scores(said)
        weights = self.weights
        direction = functional.cross_entropy(_SHARPNESS * scores, names, label_smoothing=_SMOOTHING)
        distances = torch.cdist(said.float().mean(1), self.codes).square() / (_WIDTH * said.shape[-1] * self.spread)
        nearest = functional.cross_entropy(-distances, names, label_smoothing=_SMOOTHING)
        far = (said.float() - self.codes[names][:, None]).square().mean() / self.spread
        loss = weights.direction * direction + weights.nearest * nearest + weights.pull * far
        return loss, ((distances.argmin(1) if weights.nearest else scores.argmax(1)) == names).float().mean()


def learn_to_look(
    material: Material,
    codes: Tensor,
    settings: Round,
    seed: int,
    path: Path,
    vision: dict[str, Any],
    before: Tower | None = None,
    fast: bool = True,
) -> Tower:
    """Trains the tower through a round's looks, from the checkpoint at `path` if there is one; returns the moving
    average. before: the tower of an earlier round, begun from.

    fast: compiled, which takes minutes and is worth it from some hundred steps on.
    """
    tower, average = (fresh_tower(vision, seed) for _ in range(2))
    rate = max(look.rate for look in settings.look)
    tools = optimizers(tower, rate)
    choice = Choice(codes, settings.weights)
    total = sum(look.steps for look in settings.look)
    found = kept(path)
    first = 0 if found is None else int(found["step"])
    if found is not None:
        tower.load_state_dict(found["tower"])
        average.load_state_dict(found["average"])
        for tool, state in zip(tools, found["optimizers"], strict=True):
            tool.load_state_dict(state)
    else:
        if before is not None:
            tower.load_state_dict(before.state_dict())
        else:
            _begin(tower, material, choice, settings, seed)
        average.load_state_dict(tower.state_dict())
    seeing: Seeing = torch.compile(see, dynamic=False) if fast else see
    bar = tqdm(range(first, total), path.stem, initial=first, total=total, mininterval=10.0)
    losses = rights = torch.zeros(())
    for step in bar:
        look = look_at(settings.look, step)
        done = step / total
        for tool in tools:
            for group in tool.param_groups:
                group["lr"] = group["base"] * look.rate / rate * _schedule(step, total)
        strength = settings.easy + (settings.hard - settings.easy) * min(1.0, done / _GROWING)
        loss, right = _learn(tower, seeing, choice, material, look, seed, step, strength)
        for tool in tools:
            tool.step()
            tool.zero_grad()
        follow(average, tower, min(_KEEP, (step + 1) / (step + 10)))
        losses, rights = losses + loss, rights + right
        if (step + 1) % _NOTE_EVERY == 0:
            bar.set_postfix(loss=f"{losses.item() / _NOTE_EVERY:.3f}", right=f"{rights.item() / _NOTE_EVERY:.3f}")
            losses = rights = torch.zeros(())
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == total:
            _save(path, step + 1, tower, average, tools)
    return average


def look_at(looks: Sequence[Look], step: int) -> Look:
    """The look that a step of the whole round belongs to."""
    for look in looks:
        if step < look.steps:
            return look
        step -= look.steps
    raise ValueError(f"the round ends before step {step}")


def _begin(tower: Tower, material: Material, choice: Choice, settings: Round, seed: int) -> None:
    """A fresh tower's patches are real patches' main directions, and it says the mean of all codes."""
    pixels, _ = material.batch(512, settings.look[0].size, 0.3, seed, 0)
    start_from_patches(tower, to_patches(normalized(pixels)).flatten(0, 1))
    last: Any = tower.merger.mlp[2]
    with torch.no_grad():
        last.weight.mul_(choice.spread.sqrt())
        last.bias.copy_(choice.middle)


def _learn(
    tower: Tower,
    seeing: Seeing,
    choice: Choice,
    material: Material,
    look: Look,
    seed: int,
    step: int,
    strength: float,
) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed + step)
    size = look.size
    if look.other_sizes and float(torch.rand((), generator=draw)) < look.other_share:
        size = look.other_sizes[int(torch.randint(len(look.other_sizes), (), generator=draw))]
    pixels, names = material.batch(look.batch, size, strength, seed, step)
    with torch.autocast("cpu", torch.bfloat16):
        said = seeing(tower, normalized(pixels), *turns(tower, *size))
    loss, right = choice.loss(said, names)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach(), right


def _schedule(step: int, total: int) -> float:
    falling = (total - step) / (total * (1 - _STEADY))
    return min(1.0, (step + 1) / min(_WARM_UP, total), max(0.02, falling))


@torch.no_grad()
def follow(average: Tower, tower: Tower, share: float) -> None:
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
