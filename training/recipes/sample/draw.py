# SPDX-License-Identifier: Apache-2.0
"""Draw the sample subjects' photos: small, flat-coloured, and the same bytes each time.

`pictures.tsv` in `training/sample` says which picture goes where, one "path<TAB>picture" a line; new ones at the end.
Run `python -m training.recipes.sample.draw` to draw them all again; it needs Pillow and this repository installed.
"""

from __future__ import annotations

import math
import random
import zlib
from pathlib import Path

from PIL import Image, ImageChops, ImageEnhance, ImageOps

from training.recipes.sample.chinese import CHINESE
from training.recipes.sample.everyday import EVERYDAY
from training.recipes.sample.pen import SCALE, Pen, bowl, reduced, steam, table

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
PLAIN = 43  # so many lines of pictures.tsv show their picture just as it is drawn; below, no two are the same


def soup() -> Image.Image:
    p = Pen("#8fb8c9")
    table(p)
    bowl(p, 160, 130, "#e2702e", "#f6f1e4")
    for x, y in ((120, 126), (150, 138), (185, 122), (205, 134)):
        p.oval(x - 7, y - 4, x + 7, y + 4, fill="#3f8f43")
    steam(p, 160, 55)
    return p.done()


def green_soup() -> Image.Image:
    p = Pen("#e9d7b5")
    table(p, "#7c5a44")
    bowl(p, 160, 130, "#6fa644", "#2f5d8a")
    p.arc(130, 122, 190, 140, start=20, end=340, fill="#f7f4dc", width=4)
    steam(p, 160, 55)
    return p.done()


def pizza() -> Image.Image:
    p = Pen("#5f7f6e")
    p.oval(60, 20, 260, 220, fill="#c98a3c")
    p.oval(74, 34, 246, 206, fill="#f4c542")
    for x, y in ((120, 80), (190, 70), (215, 130), (160, 125), (110, 150), (170, 180)):
        p.oval(x - 15, y - 15, x + 15, y + 15, fill="#c8352b")
    for x, y in ((150, 85), (195, 105), (135, 115), (195, 160)):
        p.oval(x - 8, y - 5, x + 8, y + 5, fill="#2f7a35")
    for a in (0, 60, 120):
        dx, dy = 100 * math.cos(math.radians(a)), 100 * math.sin(math.radians(a))
        p.line(160 - dx, 120 - dy, 160 + dx, 120 + dy, fill="#a8702c", width=2)
    return p.done()


def _loaf(crust: str, crumb: str, wall: str) -> Pen:
    p = Pen(wall)
    table(p, "#a9794a")
    p.round(60, 180, 260, 196, fill="#d9b98a", radius=6)
    p.oval(75, 80, 245, 185, fill=crust)
    p.rect(80, 150, 240, 182, fill=crust)
    for x in (115, 150, 185):
        p.line(x, 140, x + 24, 100, fill=crumb, width=7)
    return p


def good_bread() -> Image.Image:
    return _loaf("#c27a34", "#f3dcae", "#cfe3e2").done()


def burnt_bread() -> Image.Image:
    p = _loaf("#231a16", "#4a3a30", "#d8cfc4")
    for x, y in ((130, 60), (165, 45), (195, 62)):
        p.oval(x - 20, y - 14, x + 20, y + 14, fill="#8d8a87")
        p.oval(x - 10, y - 34, x + 22, y - 8, fill="#a5a29f")
    return p.done()


def _cat(p: Pen, fur: str = "#e08a35") -> None:
    p.oval(100, 110, 220, 235, fill=fur)
    p.poly(112, 85, 118, 30, 150, 62, fill=fur)
    p.poly(208, 85, 202, 30, 170, 62, fill=fur)
    p.poly(120, 70, 123, 45, 138, 60, fill="#f2b6b0")
    p.poly(200, 70, 197, 45, 182, 60, fill="#f2b6b0")
    p.oval(108, 48, 212, 142, fill=fur)
    for x in (138, 182):
        p.oval(x - 11, 78, x + 11, 102, fill="#f5f0c8")
        p.oval(x - 4, 79, x + 4, 101, fill="#222222")
    p.poly(153, 108, 167, 108, 160, 117, fill="#d9645f")
    for y, d in ((112, -6), (118, 2), (124, 10)):
        p.line(140, 116, 95, y + d, fill="#ffffff", width=2)
        p.line(180, 116, 225, y + d, fill="#ffffff", width=2)
    for y in (150, 172, 194):
        p.line(112, y, 138, y + 6, fill="#b5651d", width=6)
        p.line(208, y, 182, y + 6, fill="#b5651d", width=6)


def cat() -> Image.Image:
    p = Pen("#86a9b8")
    table(p, "#7a5a8c")
    p.arc(190, 150, 275, 235, start=300, end=120, fill="#e08a35", width=14)
    _cat(p)
    return p.done()


def cat_box() -> Image.Image:
    p = Pen("#e6dccb")
    table(p, "#9aa58c")
    _cat(p)
    p.rect(70, 150, 250, 232, fill="#b98a55")
    p.poly(70, 150, 40, 175, 40, 190, 70, 168, fill="#cfa26c")
    p.poly(250, 150, 280, 175, 280, 190, 250, 168, fill="#cfa26c")
    p.rect(150, 150, 170, 232, fill="#d9c08f")
    return p.done()


def mountain() -> Image.Image:
    p = Pen("#9fd0ee")
    p.oval(240, 20, 285, 65, fill="#ffe066")
    p.poly(-20, 200, 90, 70, 200, 200, fill="#7f8fa3")
    p.poly(70, 200, 195, 35, 330, 200, fill="#5d6d83")
    p.poly(163, 78, 195, 35, 230, 78, 212, 92, 195, 78, 178, 94, fill="#ffffff")
    p.poly(66, 98, 90, 70, 114, 98, 100, 106, 88, 96, 78, 108, fill="#ffffff")
    p.rect(0, 195, 320, 240, fill="#5aa05a")
    for x in (30, 60, 255, 285):
        p.poly(x - 14, 205, x, 160, x + 14, 205, fill="#2f6b3c")
    return p.done()


def two_dishes() -> Image.Image:
    p = Pen("#f0e3cc")
    table(p, "#b07d52")
    bowl(p, 82, 130, "#e2702e", "#ffffff", half=62)
    steam(p, 82, 68)
    p.oval(168, 110, 308, 190, fill="#ffffff")
    p.oval(182, 118, 294, 180, fill="#ececec")
    p.oval(198, 124, 262, 164, fill="#7a3b22")
    p.oval(208, 130, 250, 156, fill="#a4553a")
    for x in (262, 272, 282):
        p.line(x, 134, x - 6, 166, fill="#f2c94c", width=6)
    return p.done()


def menu_three() -> Image.Image:
    p = Pen("#34525f")
    for i, (dish, food) in enumerate((("#f7f3e8", "#e9c46a"), ("#f7f3e8", "#7fb069"), ("#f7f3e8", "#9a4a2f"))):
        cx = 58 + i * 102
        p.oval(cx - 46, 74, cx + 46, 166, fill=dish)
        p.oval(cx - 34, 86, cx + 34, 154, fill=food)
    for y in (100, 112, 124, 136):
        p.line(34, y, 82, y + 4, fill="#c9962f", width=3)
    for x, y in ((146, 110), (160, 126), (174, 112), (158, 140)):
        p.oval(x - 6, y - 6, x + 6, y + 6, fill="#d94f3d")
    p.oval(240, 104, 284, 136, fill="#6e3320")
    return p.done()


def cake() -> Image.Image:
    p = Pen("#f6c9d4")
    table(p, "#8fb9a8")
    p.oval(60, 178, 260, 214, fill="#ffffff")
    p.rect(85, 120, 235, 195, fill="#a9683f")
    p.rect(85, 120, 235, 140, fill="#fff4f7")
    for x in range(95, 236, 28):
        p.oval(x - 12, 130, x + 12, 156, fill="#fff4f7")
    p.rect(85, 163, 235, 171, fill="#e4577a")
    for x, c in ((115, "#4a90d9"), (145, "#f5a623"), (175, "#7b5ea7"), (205, "#3aa66a")):
        p.rect(x - 4, 82, x + 4, 121, fill=c)
        p.oval(x - 6, 62, x + 6, 84, fill="#ffcf33")
    return p.done()


def apple() -> Image.Image:
    p = Pen("#dff0d8", (256, 256))
    p.rect(0, 200, 256, 256, fill="#c9a477")
    p.oval(60, 80, 145, 215, fill="#cf2b2b")
    p.oval(111, 80, 196, 215, fill="#cf2b2b")
    p.rect(100, 95, 156, 205, fill="#cf2b2b")
    p.line(128, 96, 136, 52, fill="#5b3a1e", width=7)
    p.oval(136, 48, 188, 76, fill="#4c9a3f")
    p.oval(78, 105, 98, 145, fill="#ef7b73")
    return p.done()


def coffee() -> Image.Image:
    p = Pen("#d9c7b0")
    table(p, "#6b4a36")
    p.oval(70, 180, 250, 218, fill="#f4f4f4")
    p.ring(222, 138, 26, "#3f7cac", width=11)
    p.round(100, 95, 220, 200, fill="#3f7cac", radius=22)
    p.oval(100, 84, 220, 116, fill="#5b9bc9")
    p.oval(110, 89, 210, 111, fill="#4a2c1a")
    steam(p, 160, 34)
    return p.done()


def bicycle() -> Image.Image:
    p = Pen("#bfe0ef")
    p.rect(0, 195, 320, 240, fill="#9aa0a6")
    for cx in (90, 230):
        p.ring(cx, 160, 48, "#2b2b2b", width=6)
        for a in range(0, 180, 45):
            dx, dy = 44 * math.cos(math.radians(a)), 44 * math.sin(math.radians(a))
            p.line(cx - dx, 160 - dy, cx + dx, 160 + dy, fill="#8a8f94", width=1.4)
    green = "#3d9440"
    p.line(90, 160, 150, 160, 205, 95, 125, 95, 90, 160, fill=green, width=7)
    p.line(150, 160, 120, 80, fill=green, width=7)
    p.line(230, 160, 200, 72, fill=green, width=7)
    p.line(200, 72, 230, 66, fill="#2b2b2b", width=6)
    p.round(100, 70, 142, 82, fill="#5b3a1e", radius=5)
    p.round(212, 74, 262, 104, fill="#c79a5b", radius=4)
    return p.done()


def plant() -> Image.Image:
    p = Pen("#f4ead9")
    table(p, "#94714f")
    for dx, y in ((-62, 70), (-34, 36), (0, 24), (34, 36), (62, 70)):
        p.line(160, 150, 160 + dx, y + 20, fill="#3c7a3e", width=5)
        p.oval(160 + dx - 22, y, 160 + dx + 22, y + 44, fill="#57a557")
    p.poly(115, 140, 205, 140, 192, 215, 128, 215, fill="#c65d3b")
    p.rect(108, 132, 212, 150, fill="#d97250")
    return p.done()


def umbrella() -> Image.Image:
    p = Pen("#7d8ea0")
    for i in range(26):
        x, y = (i * 53) % 320, (i * 37) % 220
        p.line(x, y, x - 6, y + 18, fill="#c8dcec", width=2)
    p.rect(0, 215, 320, 240, fill="#57677a")
    p.line(160, 60, 160, 190, fill="#3a2a20", width=6)
    p.arc(160, 176, 190, 206, start=0, end=180, fill="#3a2a20", width=6)
    p.pie(60, 45, 260, 215, start=180, end=360, fill="#e8b923")
    for x in (60, 110, 160, 210):
        p.pie(x, 116, x + 50, 144, start=180, end=360, fill="#7d8ea0")
    return p.done()


def book() -> Image.Image:
    p = Pen("#d5cbb8")
    table(p, "#6f7f5c")
    p.poly(40, 80, 160, 95, 160, 205, 40, 188, fill="#7a2e2e")
    p.poly(280, 80, 160, 95, 160, 205, 280, 188, fill="#7a2e2e")
    p.poly(50, 76, 160, 90, 160, 196, 50, 180, fill="#fbf6e6")
    p.poly(270, 76, 160, 90, 160, 196, 270, 180, fill="#f3ecd6")
    for i in range(6):
        y = 96 + i * 14
        p.line(64, y, 148, y + 10, fill="#9a9488", width=2)
        p.line(256, y, 172, y + 10, fill="#9a9488", width=2)
    p.poly(222, 78, 236, 76, 236, 130, 229, 122, 222, 132, fill="#2f6fa8")
    return p.done()


def climbing_shoes() -> Image.Image:
    p = Pen("#e7e2da")
    p.rect(0, 170, 320, 240, fill="#58636d")
    for dx, dy, c in ((0, 0, "#7b3fa0"), (95, 26, "#8f52b5")):
        x, y = 40 + dx, 80 + dy
        p.poly(x + 80, y, x + 130, y, x + 134, y + 80, x + 4, y + 92, x, y + 62, x + 52, y + 42, fill=c)
        p.poly(x, y + 74, x + 134, y + 70, x + 134, y + 88, x + 20, y + 100, fill="#1f1f1f")
        p.line(x + 62, y + 34, x + 96, y + 50, fill="#f4d35e", width=7)
        p.line(x + 76, y + 18, x + 112, y + 32, fill="#f4d35e", width=7)
    return p.done()


def harbour() -> Image.Image:
    p = Pen("#f7b267")
    p.oval(125, 70, 195, 140, fill="#f25c54")
    p.rect(0, 120, 320, 240, fill="#2f6690")
    for i in range(5):
        p.line(110 + i * 6, 138 + i * 18, 210 - i * 6, 138 + i * 18, fill="#f4845f", width=4)
    p.poly(215, 150, 300, 150, 284, 174, 230, 174, fill="#5b3a1e")
    p.line(256, 150, 256, 84, fill="#3a2a20", width=4)
    p.poly(260, 88, 260, 142, 296, 142, fill="#fdf6ec")
    return p.done()


def noodles() -> Image.Image:
    p = Pen("#c94f3d")
    table(p, "#3a2b26")
    bowl(p, 160, 130, "#d9822b", "#26232b", half=92)
    for i in range(5):
        p.arc(90 + i * 22, 118, 140 + i * 22, 142, start=180, end=360, fill="#f7e3a1", width=4)
    p.oval(186, 118, 222, 138, fill="#ffffff")
    p.oval(196, 122, 212, 134, fill="#f2a71b")
    p.line(210, 118, 290, 40, fill="#8a5a33", width=5)
    p.line(222, 122, 302, 50, fill="#8a5a33", width=5)
    return p.done()


def teapot() -> Image.Image:
    p = Pen("#dbe7e4")
    table(p, "#b58a63")
    p.ring(232, 140, 30, "#7a9e9f", width=10)
    p.poly(100, 130, 52, 96, 62, 90, 116, 160, fill="#7a9e9f")
    p.oval(88, 88, 236, 206, fill="#7a9e9f")
    p.oval(120, 78, 204, 108, fill="#5f8586")
    p.oval(152, 62, 172, 82, fill="#5f8586")
    for x, y in ((130, 140), (162, 158), (196, 138)):
        p.oval(x - 9, y - 9, x + 9, y + 9, fill="#f6d6d6")
    return p.done()


PICTURES = {
    f.__name__: f
    for f in (
        soup, green_soup, pizza, good_bread, burnt_bread, cat, cat_box, mountain, two_dishes,
        menu_three, cake, apple, coffee, bicycle, plant, umbrella, book, climbing_shoes, harbour,
        noodles, teapot, *EVERYDAY, *CHINESE,
    )
}  # fmt: skip


def varied(image: Image.Image, path: str) -> Image.Image:
    """A photo of the same thing, a little different: background, light, side and distance follow from its path."""
    between = random.Random(zlib.crc32(path.encode())).uniform
    ground = Image.new("RGB", image.size, image.getpixel((0, 0)))
    other = coloured(ground, between(-22, 22), between(0.85, 1.15), between(0.92, 1.06))
    red, green, blue = ImageChops.difference(image, ground).split()
    apart = ImageChops.lighter(ImageChops.lighter(red, green), blue).point(lambda value: 255 if value else 0)
    image = coloured(Image.composite(image, other, apart), between(-5, 5), between(0.9, 1.1), between(0.93, 1.06))
    if between(0, 1) < 0.5:
        image = ImageOps.mirror(image)
    width, height = image.size
    kept = between(0.88, 1.0)
    left, top = between(0, 1 - kept) * width, between(0, 1 - kept) * height
    part = (left, top, left + kept * width, top + kept * height)
    small = image.resize((width // SCALE, height // SCALE), Image.Resampling.BILINEAR, part)
    return small.quantize(colors=48, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def coloured(image: Image.Image, turn: float, colour: float, light: float) -> Image.Image:
    """turn: of the hue, in degrees. colour and light: 1.0 is as it was."""
    hue, saturation, value = image.convert("HSV").split()
    hue = hue.point(lambda one: round(one + turn * 256 / 360) % 256)
    turned = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
    return ImageEnhance.Brightness(ImageEnhance.Color(turned).enhance(colour)).enhance(light)


def main() -> None:
    for number, row in enumerate((SAMPLE / "pictures.tsv").read_text(encoding="utf-8").splitlines()):
        path, name = row.split("\t")
        target = SAMPLE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        drawn = PICTURES[name]()
        (reduced(drawn) if number < PLAIN else varied(drawn, path)).save(target, optimize=True)


if __name__ == "__main__":
    main()
