"""Codes: for every name the vector by which the frozen language model reads it in the places of a picture.

    code = base + Σ_k A_k · (embedding of the name's k-th token) + a rest of its own

They are learnt through the language model, from a name said alone and from what the tower detects in a view: a name
and a little of others, or doubts, by detectors more and less lenient than those that ship. A picture says its code in
each of its places: a tower that knows no absolute positions can, and any grid works.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from bot.engine.eyes.namer import STEEP
from bot.errors import UsageError
from training.recipes.eyes.config import CodeSettings, SaidSettings
from training.recipes.eyes.keeping import keep, kept
from training.recipes.eyes.language import ASKINGS, AnswerScorer
from training.recipes.eyes.material import Material
from training.recipes.eyes.optimizer import set_rate
from training.recipes.eyes.tower import PATCH, Tower, detect, normalized, turns

_TOKENS = 8  # of a name that are looked at; few have more
_GRIDS = ((6, 6), (6, 6), (8, 8), (4, 4), (6, 8), (8, 6))
_VIEW = (84, 84)
_STRENGTH = 0.9  # of the views: what is hard there is as uncertain as a drawing in a style never seen
_AT_ONCE = 128
_SAVE_EVERY = 50

LENIENT = 4.0
"""So much earlier every detector opens than it learnt to, where the codes are said.

What was never seen is detected less surely, and nothing let through is nothing said.
"""


@dataclass(frozen=True)
class Told:
    """Pictures as the language model is told of them: pictures × places × width, and the names they mean."""

    places: Tensor
    names: list[int]
    grid: tuple[int, int]


@dataclass(frozen=True)
class Detections:
    """What goes into the tower's detectors (views × places × names), and what the views show."""

    found: Tensor
    names: Tensor
    grid: tuple[int, int]


class Codes(nn.Module):
    """`forward()`: names × width."""

    def __init__(self, tokens: Tensor, table: Tensor) -> None:
        super().__init__()
        table = table.float()
        self.scale = float(table.square().mean().sqrt())
        width = table.shape[1]
        known = (tokens >= 0)[..., None]
        self.register_buffer(
            "words", torch.where(known, table[tokens.clamp(min=0)] / self.scale, 0.0), persistent=False
        )
        self.base = nn.Parameter(torch.zeros(width))
        self.maps = nn.Parameter(0.5 * torch.eye(width).repeat(_TOKENS, 1, 1))
        self.rest = nn.Parameter(torch.zeros(len(tokens), width))

    def forward(self) -> Tensor:
        assert isinstance(self.words, Tensor)
        said = torch.einsum("nkw,kwv->nv", self.words, self.maps)
        code: Tensor = self.scale * (self.base + said + self.rest)
        return code


@torch.no_grad()
def detections(tower: Tower, material: Material, views: int, seed: int) -> Detections:
    """What the tower detects in so many views, other ones than it learnt from."""
    into, names = [], []
    cosine, sine = turns(tower, *_VIEW)
    for step in tqdm(range(-(-views // _AT_ONCE)), "detecting", mininterval=5.0):
        pixels, shown = material.batch(_AT_ONCE, _VIEW, _STRENGTH, seed + 1, step)
        with torch.autocast("cpu", torch.bfloat16):
            found = detect(tower, normalized(pixels), cosine, sine)
        into.append(found[..., : len(material.names)].bfloat16())
        names.append(shown)
    return Detections(torch.cat(into), torch.cat(names), (_VIEW[0] // PATCH, _VIEW[1] // PATCH))


def let_through(found: Tensor, lenient: float = 0.0) -> Tensor:
    """Shares of the names, from what goes into their detectors."""
    return functional.gelu(found + lenient) / STEEP


def say(codes: Tensor, shares: Tensor) -> Tensor:
    """What is told for shares of names (… × names): … × width."""
    middle = codes.mean(0)
    return middle + shares @ (codes - middle)


def tell(codes: Tensor, seen: Detections | None, count: int, noise: float, draw: random.Random) -> Told:
    """Some pictures, none of them twice. seen: None for names said alone."""
    generator = torch.Generator().manual_seed(draw.getrandbits(48))
    if seen is None:
        grid = draw.choice(_GRIDS)
        meant = draw.sample(range(len(codes)), min(count, len(codes)))
        told = codes[meant][:, None].expand(-1, grid[0] * grid[1] // 4, -1)
    else:
        grid, views = seen.grid, draw.sample(range(len(seen.names)), min(count, len(seen.names)))
        meant = seen.names[views].tolist()
        told = say(codes, let_through(seen.found[views].float(), draw.uniform(0, 2 * LENIENT)))
    spread = (codes - codes.mean(0)).square().mean().sqrt().detach()
    strength = noise * spread * torch.rand(len(meant), 1, 1, generator=generator)
    return Told(told + strength * torch.randn(len(meant), 1, codes.shape[1], generator=generator), meant, grid)


@torch.no_grad()
def teach(tower: Tower, codes: Tensor) -> None:
    """The tower's last layer says the codes of what its detectors let through."""
    first: Any = tower.merger.mlp[0]
    last: Any = tower.merger.mlp[2]
    middle = codes.mean(0)
    first.bias += LENIENT
    last.weight.zero_()
    last.weight[:, : len(codes)] = (codes - middle).T / STEEP
    last.bias.copy_(middle)


def learn_codes(
    scorer: AnswerScorer,
    names: Sequence[str],
    look: Callable[[], Detections],
    settings: CodeSettings,
    said: SaidSettings,
    seed: int,
    path: Path,
) -> Tensor:
    """names × width. path: the checkpoint, gone on from. look: called where there is something left to learn."""
    found = kept(path)
    if found is not None and found["names"] != list(names):
        raise UsageError(f"{path} holds the codes of other names: take another work folder, or delete it.")
    codes = Codes(_tokens(scorer, names), scorer.table)
    optimizer = torch.optim.AdamW(codes.parameters(), settings.rate, betas=(0.9, 0.98), weight_decay=0.0)
    first = 0
    if found is not None:
        codes.load_state_dict(found["model"])
        optimizer.load_state_dict(found["optimizer"])
        first = found["step"]
    seen = look() if first < settings.steps else None
    bar = tqdm(range(first, settings.steps), path.stem, initial=first, total=settings.steps, mininterval=5.0)
    for step in bar:
        set_rate(optimizer, settings.rate, step, settings.steps)
        draw = random.Random(f"{seed} codes {step}")
        alone = draw.random() < said.exact
        now = tell(codes(), None if alone else seen, settings.batch, said.noise, draw)
        batch = scorer.batch(draw.choice(ASKINGS), [names[name] for name in now.names], now.grid)
        loss = scorer.nats(batch, now.places).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        bar.set_postfix({"alone" if alone else "seen": f"{loss.item():.3f}"})
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == settings.steps:
            state = {"model": codes.state_dict(), "optimizer": optimizer.state_dict()}
            keep(path, {"names": list(names), "step": step + 1, **state})
    final: Tensor = codes()
    return final.detach()


def _tokens(scorer: AnswerScorer, names: Sequence[str]) -> Tensor:
    """names × _TOKENS, -1 where a name has ended."""
    rows = [scorer.loaded.tokenizer.encode(name, add_special_tokens=False).ids[:_TOKENS] for name in names]
    return torch.tensor([row + [-1] * (_TOKENS - len(row)) for row in rows])
