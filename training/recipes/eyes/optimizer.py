"""Muon for the tower's matrices (arXiv 2502.16982), AdamW for what is left; and how a rate rises and falls."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from training.recipes.eyes.tower import Tower

PATCH_RATE = 0.05
"""Of the rate: a patch's two frames are always equal, so its embedding learns twice, and begins well."""

REST_RATE = 0.7
"""Of Muon's rate, for AdamW."""

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal: every direction of a matrix learns equally fast."""

    def __init__(
        self, matrices: Iterable[nn.Parameter], rate: float, momentum: float = 0.95, decay: float = 0.0
    ) -> None:
        super().__init__(matrices, {"lr": rate, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # nobody here measures again within a step
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["moving"] = torch.zeros_like(matrix)
                moving = state["moving"].lerp_(matrix.grad, 1 - group["momentum"])
                ahead = matrix.grad.lerp(moving, group["momentum"])
                # Whatever its shape, an update's values have the size 0.2 before the rate.
                scale = 0.2 * max(matrix.shape) ** 0.5
                matrix.mul_(1 - group["lr"] * group["decay"])
                matrix.add_(orthogonal(ahead), alpha=-group["lr"] * scale)


def orthogonal(matrix: Tensor) -> Tensor:
    """The nearest matrix whose singular values are about 1, by Newton and Schulz's iteration."""
    a, b, c = _COEFFICIENTS
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    found = (wide / (wide.norm() + 1e-7)).bfloat16()
    for _ in range(_ROUNDS):
        square = found @ found.T
        found = a * found + (b * square + c * square @ square) @ found
    straight: Tensor = found.T if matrix.shape[0] > matrix.shape[1] else found
    return straight.to(matrix.dtype)


def optimizers(tower: Tower, rate: float, decay: float = 0.1) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the merger, norms, biases and the patch embedding.

    Each group's own rate is kept as `base`, so that a schedule is one factor for all.
    """
    matrices = [value for value in tower.blocks.parameters() if value.ndim == 2]
    patch = [tower.patch_embed.proj.weight]
    taken = {id(value) for value in (*matrices, *patch)}
    rest = [value for value in tower.parameters() if id(value) not in taken]
    found: list[torch.optim.Optimizer] = [
        Muon(matrices, rate, decay=decay),
        torch.optim.AdamW(
            [{"params": rest, "lr": REST_RATE * rate}, {"params": patch, "lr": PATCH_RATE * REST_RATE * rate}],
            betas=(0.9, 0.98),
            weight_decay=0.0,
        ),
    ]
    for optimizer in found:
        for group in optimizer.param_groups:
            group["base"] = group["lr"]
    return found


def set_rate(optimizer: torch.optim.Optimizer, rate: float, step: int, steps: int) -> None:
    """The learning rate of a step of so many: it rises over twenty steps and falls in a line, to a fiftieth of it."""
    for group in optimizer.param_groups:
        group["lr"] = rate * min(1.0, (step + 1) / 20, 1.02 - step / steps)
