# SPDX-License-Identifier: Apache-2.0
"""What the sample subjects' photos are drawn with: a pen, and the things that several pictures have in common."""

from __future__ import annotations

from PIL import Image, ImageDraw

SCALE = 3  # drawn large, then reduced, for smooth edges


class Pen:
    """Pillow's drawing calls in the small picture's own coordinates."""

    def __init__(self, background: str, size: tuple[int, int] = (320, 240)) -> None:
        self.size = size
        self.image = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), background)
        self.draw = ImageDraw.Draw(self.image)

    def _at(self, points: tuple[float, ...]) -> list[float]:
        return [p * SCALE for p in points]

    def oval(self, *box: float, fill: str) -> None:
        self.draw.ellipse(self._at(box), fill=fill)

    def rect(self, *box: float, fill: str) -> None:
        self.draw.rectangle(self._at(box), fill=fill)

    def round(self, *box: float, fill: str, radius: float = 12) -> None:
        self.draw.rounded_rectangle(self._at(box), radius=radius * SCALE, fill=fill)

    def poly(self, *points: float, fill: str) -> None:
        self.draw.polygon(self._at(points), fill=fill)

    def line(self, *points: float, fill: str, width: float = 4) -> None:
        self.draw.line(self._at(points), fill=fill, width=int(width * SCALE), joint="curve")

    def arc(self, *box: float, start: float, end: float, fill: str, width: float = 4) -> None:
        self.draw.arc(self._at(box), start, end, fill=fill, width=int(width * SCALE))

    def ring(self, cx: float, cy: float, r: float, fill: str, width: float = 5) -> None:
        self.arc(cx - r, cy - r, cx + r, cy + r, start=0, end=360, fill=fill, width=width)

    def pie(self, *box: float, start: float, end: float, fill: str) -> None:
        self.draw.pieslice(self._at(box), start, end, fill=fill)

    def done(self) -> Image.Image:
        """As large as it was drawn."""
        return self.image


def table(p: Pen, colour: str = "#c89b6a") -> None:
    p.rect(0, 150, 320, 240, fill=colour)


def steam(p: Pen, cx: float, top: float) -> None:
    for dx in (-26, 0, 26):
        x = cx + dx
        p.arc(x - 7, top, x + 7, top + 20, start=90, end=270, fill="#ffffff", width=4)
        p.arc(x - 7, top + 18, x + 7, top + 38, start=270, end=90, fill="#ffffff", width=4)


def bowl(p: Pen, cx: float, cy: float, soup: str, dish: str, half: float = 85) -> None:
    p.pie(cx - half, cy - half, cx + half, cy + half * 0.95, start=0, end=180, fill=dish)
    p.rect(cx - half * 0.4, cy + half * 0.82, cx + half * 0.4, cy + half * 0.98, fill=dish)
    p.oval(cx - half, cy - half * 0.3, cx + half, cy + half * 0.3, fill=dish)
    p.oval(cx - half * 0.9, cy - half * 0.23, cx + half * 0.9, cy + half * 0.23, fill=soup)


def reduced(image: Image.Image) -> Image.Image:
    """A finished drawing in the size of a photo, with few colours."""
    small = image.resize((image.width // SCALE, image.height // SCALE), Image.Resampling.LANCZOS)
    return small.quantize(colors=48, dither=Image.Dither.NONE)
