"""Codes: for every name the vector by which the frozen language model reads it, as if a picture said it.

    code = base + Σ_k A_k · (embedding of the name's k-th token) + a rest of its own

learnt without any picture; then the tower learns to say the codes. A picture says its code in each of its places: a
tower that knows no absolute positions can, and any grid works.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from bot.errors import UsageError
from training.eyes.config import CodeSettings
from training.eyes.keeping import keep, kept
from training.eyes.language import ASKINGS, CHOICES, ORDER, Reader

_TOKENS = 8  # of a name that are looked at; few have more
_GRIDS = ((6, 6), (6, 6), (8, 8), (4, 4), (6, 8), (8, 6))
_SAVE_EVERY = 50
_NEAR = 12  # codes nearest to one
_APART = 0.15  # cosine from which two codes are too much alike


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


def learn_codes(
    reader: Reader, names: Sequence[str], settings: CodeSettings, seed: int, path: Path, before: Path | None = None
) -> Tensor:
    """names × width. path: the checkpoint, gone on from; before: that of an earlier round, begun from."""
    found = kept(path)
    if found is not None and found["names"] != list(names):
        raise UsageError(f"{path} holds the codes of other names: take another work folder, or delete it.")
    if found is not None and found["step"] == settings.steps:
        learnt: Tensor = found["codes"]
        return learnt
    codes = Codes(_tokens(reader, names), reader.table)
    optimizer = torch.optim.AdamW(codes.parameters(), settings.rate, betas=(0.9, 0.98), weight_decay=0.0)
    first = 0
    if found is not None:
        codes.load_state_dict(found["model"])
        optimizer.load_state_dict(found["optimizer"])
        first = found["step"]
    elif before is not None and (earlier := kept(before)) is not None:
        codes.load_state_dict(earlier["model"])
    bar = tqdm(range(first, settings.steps), path.stem, initial=first, total=settings.steps, mininterval=5.0)
    for step in bar:
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * min(1.0, (step + 1) / 20, 1.02 - step / settings.steps)
        loss = _loss(reader, codes, names, settings, random.Random(f"{seed} {path.stem} {step}"))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        bar.set_postfix(nats=f"{loss.item():.3f}")
        if (step + 1) % _SAVE_EVERY == 0 or step + 1 == settings.steps:
            with torch.no_grad():
                said = codes()
            keep(
                path,
                {
                    "names": list(names),
                    "step": step + 1,
                    "codes": said,
                    "model": codes.state_dict(),
                    "optimizer": optimizer.state_dict(),
                },
            )
    with torch.no_grad():
        final: Tensor = codes()
    return final


def _loss(reader: Reader, codes: Codes, names: Sequence[str], settings: CodeSettings, draw: random.Random) -> Tensor:
    said: Tensor = codes()
    generator = torch.Generator().manual_seed(draw.getrandbits(48))
    grid = draw.choice(_GRIDS)
    slots = grid[0] * grid[1] // 4

    def shown(numbers: list[int]) -> Tensor:
        return _blurred(said, numbers, settings, generator)[:, None].expand(-1, slots, -1)

    if draw.random() < settings.two_pictures:
        count = settings.batch // 2
        first, second = (draw.sample(range(len(names)), count) for _ in range(2))
        right = [draw.randrange(2) for _ in range(count)]
        asked = [names[(a, b)[which]] for a, b, which in zip(first, second, right, strict=True)]
        batch = reader.batch(draw.choice(CHOICES), [ORDER[which] for which in right], grid, 2, asked)
        return reader.nats(batch, torch.cat([shown(first), shown(second)], dim=1)).mean()
    crowding = settings.apart * _crowding(said) if settings.apart else torch.zeros(())
    numbers = draw.sample(range(len(names)), min(settings.batch, len(names)))
    batch = reader.batch(draw.choice(ASKINGS), [names[number] for number in numbers], grid)
    return reader.nats(batch, shown(numbers)).mean() + crowding


def _crowding(said: Tensor) -> Tensor:
    """How alike the directions of codes are. The language model reads names alike from codes alike; from a picture
    that is half one and half the other it could then read neither."""
    directions = functional.normalize(said - said.mean(0), dim=-1)
    alike = (directions @ directions.T - torch.eye(len(said))).sub(_APART).clamp(min=0)
    return alike.square().sum(1).mean()


def _blurred(said: Tensor, numbers: Sequence[int], settings: CodeSettings, generator: torch.Generator) -> Tensor:
    """Codes as a tower might say them: fainter, with something of other codes in them, half of the time of those
    nearest, and with noise. What is meant stays the strongest."""
    count, middle = len(numbers), said.mean(0)
    spread = (said - middle).square().mean().sqrt().detach()
    chosen = said[numbers] - middle
    if settings.others:
        everything = functional.normalize((said - middle).detach(), dim=-1)
        nearest = min(_NEAR, len(said) - 1)
        near = (everything[numbers] @ everything.T).topk(nearest + 1, dim=1).indices[:, 1:]
        which = near.gather(1, torch.randint(nearest, (count, 2), generator=generator))
        anything = torch.randint(len(said), (count, 2), generator=generator)
        which = torch.where(torch.rand(count, 1, generator=generator) < 0.5, which, anything)
        share = settings.others * torch.rand(count, 1, generator=generator)
        parts = torch.rand(count, 2, generator=generator)
        parts = share * parts / parts.sum(1, keepdim=True)
        mixed = torch.einsum("np,npw->nw", parts, said[which] - middle)
        chosen = (1 - share) * chosen + mixed
    strength = 1 - settings.faint * torch.rand(count, 1, generator=generator)
    noise = settings.noise * spread * torch.rand(count, 1, generator=generator)
    return middle + strength * chosen + noise * torch.randn(chosen.shape, generator=generator)


def _tokens(reader: Reader, names: Sequence[str]) -> Tensor:
    """names × _TOKENS, -1 where a name has ended."""
    rows = [reader.loaded.tokenizer.encode(name, add_special_tokens=False).ids[:_TOKENS] for name in names]
    return torch.tensor([row + [-1] * (_TOKENS - len(row)) for row in rows])
