"""Views: drawings and photos as they might come, on grounds, turned, tinted, blurred. All of a batch at once."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_GREY = torch.tensor([0.299, 0.587, 0.114])
_CORNERS = 5  # a side, that are moved when a shape is bent
_SMALL = 0.5  # a picture that is shrunk by more is halved first, so that lines do not break


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be seen: pixels (views × 4 × side × side, RGBA in 0…1, colour times opacity), which are photos (they
    fill their view), which mean the same mirrored, and which keep their colour (a red heart is no blue one)."""

    pixels: Tensor
    photo: Tensor
    mirrored: Tensor
    coloured: Tensor


def views(shown: Shown, grounds: Tensor, size: tuple[int, int], strength: float, generator: torch.Generator) -> Tensor:
    """views × 3 × height × width in 0…1. grounds: pictures × 3 × any size, to stand behind a few; strength: 0…1."""
    draw = _Draw(len(shown.pixels), generator)
    placing, scale = _placing(shown, size, strength, draw)
    bent = _bent(size, strength, draw)
    placed = torch.empty(draw.count, 4, *size)
    small = scale * min(size) < _SMALL * shown.pixels.shape[-1]
    for which, halved in ((~small, False), (small, True)):
        chosen = shown.pixels[which]
        if len(chosen):
            source = functional.avg_pool2d(chosen, 2) if halved else chosen
            places = functional.affine_grid(placing[which], [len(chosen), 4, *size], align_corners=False) + bent[which]
            placed[which] = functional.grid_sample(source, places, align_corners=False)
    colour = _tinted(placed[:, :3], placed[:, 3:], shown.coloured, strength, draw)
    seen = colour + (1 - placed[:, 3:]) * _ground(grounds, size, strength, draw)
    return _spoilt(seen, strength, draw).clamp_(0, 1)


class _Draw:
    """Random numbers, one a view, shaped to be multiplied with pictures."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator = count, generator

    def uniform(self, low: float = 0.0, high: float = 1.0, width: int = 1) -> Tensor:
        return low + (high - low) * torch.rand(self.count, width, 1, 1, generator=self.generator)

    def normal(self, deviation: float) -> Tensor:
        return deviation * torch.randn(self.count, 1, 1, 1, generator=self.generator)

    def one_in(self, share: float) -> Tensor:
        return self.uniform() < share


def _placing(shown: Shown, size: tuple[int, int], strength: float, draw: _Draw) -> tuple[Tensor, Tensor]:
    """views × 2 × 3: from places in the view to places in the picture; and how large each is shown."""
    photo, mirrored = shown.photo.view(-1, 1, 1, 1), shown.mirrored.view(-1, 1, 1, 1)
    drawing_scale = draw.uniform(1.0 - 0.5 * strength, 1.02 + 0.1 * strength)
    scale = torch.where(photo, draw.uniform(1.05, 1.2 + 0.5 * strength), drawing_scale)
    angle = draw.normal(0.2 * strength) + draw.one_in(0.1 * strength) * draw.normal(0.6)
    stretch = 1 + draw.normal(0.08 * strength)
    shear = draw.normal(0.08 * strength)
    mirror = torch.where(mirrored & draw.one_in(0.4), -1.0, 1.0)
    short = min(size)
    reach = torch.where(photo, 0.5 * (scale - 1), 0.5 * (1 - scale).abs() + 0.04 * strength)
    shift_x = draw.uniform(-1, 1) * (reach + (size[1] / short - 1) * 0.5)
    shift_y = draw.uniform(-1, 1) * (reach + (size[0] / short - 1) * 0.5)
    # A photo's shape follows its view; a drawing keeps its own.
    wide = torch.where(photo, 1.0, size[1] / short) / scale
    high = torch.where(photo, 1.0, size[0] / short) / scale
    cosine, sine = angle.cos(), angle.sin()
    rows = [
        [cosine * wide * stretch * mirror, (sine + shear) * high * mirror, -shift_x * 2 / scale * mirror],
        [-sine * wide * stretch, cosine * high / stretch, -shift_y * 2 / scale],
    ]
    placing = torch.stack([torch.cat([cell.flatten(1) for cell in row], dim=1) for row in rows], dim=1)
    return placing, scale.flatten()


def _bent(size: tuple[int, int], strength: float, draw: _Draw) -> Tensor:
    """views × height × width × 2: how far places are moved, smoothly, so that shapes are drawn otherwise."""
    corners = torch.randn(draw.count, 2, _CORNERS, _CORNERS, generator=draw.generator) * draw.uniform(0, 0.1 * strength)
    return functional.interpolate(corners, size, mode="bilinear", align_corners=True).permute(0, 2, 3, 1)


def _tinted(colour: Tensor, alpha: Tensor, coloured: Tensor, strength: float, draw: _Draw) -> Tensor:
    """Other hues, paler and stronger, darker and lighter; some as on a page without colours. Colour times opacity."""
    keep = coloured.view(-1, 1, 1, 1)
    angle = draw.normal(0.25 * strength) + draw.one_in(0.12 * strength) * draw.uniform(-math.pi, math.pi)
    angle = torch.where(keep, 0.0, angle).flatten()
    axis = 3**-0.5
    cosine, sine = angle.cos(), angle.sin()
    across = torch.full((3, 3), 1 / 3)
    crossing = axis * torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    rotation = (
        cosine[:, None, None] * torch.eye(3) + (1 - cosine)[:, None, None] * across + sine[:, None, None] * crossing
    )
    saturation = torch.where(draw.one_in(0.08 * strength) & ~keep, 0.0, 1 + draw.normal(0.25 * strength)).view(-1, 1, 1)
    rotation = saturation * rotation + (1 - saturation) * _GREY.expand(3, 3)
    gain, lift = 1 + draw.normal(0.15 * strength), draw.normal(0.07 * strength)
    turned = (gain.flatten(1)[:, None] * rotation) @ colour.flatten(2)
    lifted = turned.view_as(colour).addcmul_(alpha, 0.5 * (1 - gain) + lift)
    return torch.minimum(lifted.clamp_(min=0), alpha)


def _ground(grounds: Tensor, size: tuple[int, int], strength: float, draw: _Draw) -> Tensor:
    """White, one colour, from one colour to another, or a piece of some other picture."""
    kind = draw.uniform()
    first, second = draw.uniform(width=3), draw.uniform(width=3)
    direction = draw.uniform(0, 2 * math.pi)
    down = torch.linspace(-1, 1, size[0]).view(1, 1, -1, 1)
    along = torch.linspace(-1, 1, size[1]).view(1, 1, 1, -1)
    mix = (0.5 + 0.35 * (down * direction.sin() + along * direction.cos())).clamp(0, 1)
    other = grounds[torch.randint(len(grounds), (draw.count,), generator=draw.generator)]
    corner = draw.uniform(0.15, 0.6)
    pieces = torch.cat(
        [corner, 0 * corner, draw.uniform(-0.4, 0.4), 0 * corner, corner, draw.uniform(-0.4, 0.4)], dim=1
    )
    grid = functional.affine_grid(pieces.view(-1, 2, 3), [draw.count, 3, *size], align_corners=False)
    piece = functional.grid_sample(other, grid, padding_mode="reflection", align_corners=False)
    plain, gradient, picture = 0.3 * strength, 0.5 * strength, 0.65 * strength
    ground = torch.where(kind < picture, piece, 1.0)
    ground = torch.where(kind < gradient, first * mix + second * (1 - mix), ground)
    return torch.where(kind < plain, first, ground)


def _spoilt(seen: Tensor, strength: float, draw: _Draw) -> Tensor:
    """Blurred, grainy, partly hidden."""
    blurred = functional.avg_pool2d(functional.pad(seen, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    seen = torch.lerp(seen, blurred, draw.one_in(0.25 * strength) * draw.uniform())
    grain = torch.randn(seen.shape[0], 1, *seen.shape[2:], generator=draw.generator)
    seen = seen + draw.one_in(0.25 * strength) * draw.uniform(0, 0.08) * grain
    height, width = seen.shape[2:]
    down, along = torch.arange(height).view(1, 1, -1, 1), torch.arange(width).view(1, 1, 1, -1)
    top, left = draw.uniform(-0.2, 0.9) * height, draw.uniform(-0.2, 0.9) * width
    tall, broad = draw.uniform(0.1, 0.4) * height, draw.uniform(0.1, 0.4) * width
    hidden = (down > top) & (down < top + tall) & (along > left) & (along < left + broad)
    return torch.where(hidden & draw.one_in(0.15 * strength), draw.uniform(width=3), seen)
