# SPDX-License-Identifier: Apache-2.0
"""Everyday things, each alone and large: what people send a photo of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image

from training.recipes.sample.pen import Pen


def circle(p: Pen, cx: float, cy: float, r: float, fill: str) -> None:
    p.oval(cx - r, cy - r, cx + r, cy + r, fill=fill)


def curve(points: Sequence[tuple[float, float]], steps: int = 24) -> list[tuple[float, float]]:
    """A Bézier curve along three or four points."""
    found = []
    for step in range(steps + 1):
        t, left = step / steps, list(points)
        while len(left) > 1:
            left = [(a + (c - a) * t, b + (d - b) * t) for (a, b), (c, d) in pairwise(left)]
        found.append(left[0])
    return found


def shape(p: Pen, *sides: Sequence[tuple[float, float]], fill: str) -> None:
    """Filled between curves, each from where the last one ended."""
    p.poly(*(value for side in sides for point in curve(side) for value in point), fill=fill)


def banana() -> Image.Image:
    p = Pen("#a9d3e0")
    outer = ((62, 62), (60, 175), (165, 235), (272, 158))
    inner = ((272, 158), (190, 180), (115, 130), (88, 54))
    shape(p, outer, inner, fill="#f7d33c")
    shape(p, outer, ((272, 158), (165, 222), (80, 165), (62, 62)), fill="#dba81f")
    p.poly(62, 64, 60, 34, 78, 30, 89, 58, fill="#6f8a2c")
    circle(p, 270, 157, 9, "#4f3a1d")
    return p.done()


def strawberry() -> Image.Image:
    p = Pen("#f7ecd2", (256, 256))
    shape(
        p, ((128, 236), (20, 170), (22, 60), (128, 78)), ((128, 78), (234, 60), (236, 170), (128, 236)), fill="#e02b36"
    )
    for row, (y, xs) in enumerate(
        ((108, (80, 128, 176)), (138, (68, 104, 152, 188)), (168, (88, 128, 168)), (198, (110, 146)))
    ):
        for x in xs:
            p.oval(x - 4, y - 6, x + 4, y + 6, fill="#ffe08a" if row % 2 else "#ffd35c")
    for dx in (-56, -28, 0, 28, 56):
        p.poly(128 + dx * 0.3 - 16, 70, 128 + dx * 0.3 + 16, 70, 128 + dx, 106 - abs(dx) * 0.25, fill="#3f9a3a")
    p.line(128, 72, 138, 34, fill="#357f31", width=9)
    return p.done()


def fried_egg() -> Image.Image:
    p = Pen("#7fa6c4")
    p.oval(52, 16, 258, 222, fill="#3b3f45")
    p.oval(66, 30, 244, 208, fill="#4d525a")
    p.round(248, 106, 318, 132, fill="#2b2d31", radius=10)
    for x, y, r in ((130, 100, 48), (180, 104, 46), (140, 150, 44), (188, 146, 40), (160, 122, 54)):
        circle(p, x, y, r, "#fdfdf8")
    circle(p, 156, 122, 32, "#f9b21d")
    p.oval(138, 102, 158, 118, fill="#ffdd80")
    return p.done()


def dog() -> Image.Image:
    p = Pen("#bfe3c0")
    p.oval(84, 38, 236, 222, fill="#c98e52")
    shape(p, ((112, 50), (40, 40), (48, 140), (84, 168)), ((84, 168), (118, 150), (112, 90), (112, 50)), fill="#7a4a24")
    shape(
        p,
        ((208, 50), (280, 40), (272, 140), (236, 168)),
        ((236, 168), (202, 150), (208, 90), (208, 50)),
        fill="#7a4a24",
    )
    p.oval(112, 124, 208, 216, fill="#f6e3c8")
    for x in (128, 192):
        circle(p, x, 104, 12, "#2a1c12")
        circle(p, x + 4, 100, 4, "#ffffff")
    p.oval(138, 132, 182, 162, fill="#2a1c12")
    p.round(146, 176, 174, 222, fill="#ee6f86", radius=14)
    p.line(160, 160, 160, 178, fill="#2a1c12", width=4)
    p.arc(128, 158, 160, 190, start=0, end=150, fill="#2a1c12", width=4)
    p.arc(160, 158, 192, 190, start=30, end=180, fill="#2a1c12", width=4)
    return p.done()


def fish() -> Image.Image:
    p = Pen("#9adbe8")
    p.poly(212, 120, 290, 66, 272, 120, 290, 174, fill="#d95f1e")
    shape(p, ((110, 74), (150, 20), (190, 40), (200, 80)), ((200, 80), (150, 80), (130, 80), (110, 74)), fill="#d95f1e")
    shape(
        p, ((36, 124), (90, 40), (190, 60), (232, 120)), ((232, 120), (190, 184), (90, 204), (36, 124)), fill="#f58a2c"
    )
    p.poly(140, 150, 178, 152, 168, 196, fill="#d95f1e")
    for x in (128, 168):
        p.arc(x - 44, 84, x + 6, 160, start=290, end=70, fill="#fff3df", width=8)
    circle(p, 82, 108, 14, "#ffffff")
    circle(p, 79, 108, 7, "#20252b")
    for x, y, r in ((42, 66, 9), (26, 44, 6), (54, 40, 5)):
        circle(p, x, y, r, "#e6fbff")
    return p.done()


def car() -> Image.Image:
    p = Pen("#cfe8f5")
    p.rect(0, 196, 320, 240, fill="#868c92")
    p.poly(84, 122, 122, 66, 208, 66, 246, 122, fill="#d7302f")
    p.round(30, 116, 292, 190, fill="#d7302f", radius=24)
    p.poly(104, 120, 130, 80, 160, 80, 160, 120, fill="#bfe6f7")
    p.poly(170, 120, 170, 80, 200, 80, 226, 120, fill="#bfe6f7")
    p.rect(30, 160, 292, 170, fill="#a52222")
    p.round(276, 130, 294, 150, fill="#ffe27a", radius=6)
    p.round(28, 130, 42, 150, fill="#8e1616", radius=5)
    for x in (92, 230):
        circle(p, x, 190, 31, "#24262a")
        circle(p, x, 190, 14, "#c9ced3")
    return p.done()


def bus() -> Image.Image:
    p = Pen("#d6ecd9")
    p.rect(0, 206, 320, 240, fill="#7d838a")
    p.round(22, 38, 298, 204, fill="#f2b21b", radius=20)
    p.rect(22, 140, 298, 152, fill="#c98a0c")
    for x in (38, 92, 146):
        p.round(x, 62, x + 44, 116, fill="#a9daf0", radius=6)
    p.round(202, 62, 240, 196, fill="#a9daf0", radius=5)
    p.line(221, 62, 221, 196, fill="#c98a0c", width=4)
    p.round(252, 62, 298, 122, fill="#a9daf0", radius=6)
    circle(p, 286, 170, 9, "#fff5c4")
    for x in (84, 250):
        circle(p, x, 202, 28, "#24262a")
        circle(p, x, 202, 12, "#c9ced3")
    return p.done()


def clock() -> Image.Image:
    p = Pen("#e9c9b4", (256, 256))
    for x in (68.0, 188.0):
        p.line(128, 128, x, 236, fill="#7b2f2f", width=12)
        circle(p, x, 46, 30, "#b23b3b")
    p.line(128, 40, 128, 20, fill="#7b2f2f", width=8)
    circle(p, 128, 134, 92, "#b23b3b")
    circle(p, 128, 134, 74, "#ffffff")
    for hour in range(12):
        x, y = math.sin(math.radians(30 * hour)), math.cos(math.radians(30 * hour))
        p.line(128 + 58 * x, 134 - 58 * y, 128 + 68 * x, 134 - 68 * y, fill="#30343a", width=5)
    p.line(128, 134, 128, 84, fill="#30343a", width=7)
    p.line(128, 134, 164, 152, fill="#30343a", width=8)
    circle(p, 128, 134, 8, "#b23b3b")
    return p.done()


def key() -> Image.Image:
    p = Pen("#5f8f8a")
    gold = "#f0c23a"
    p.ring(92, 120, 56, gold, width=24)
    p.rect(140, 108, 292, 132, fill=gold)
    p.rect(236, 130, 254, 172, fill=gold)
    p.rect(270, 130, 288, 162, fill=gold)
    p.rect(150, 112, 286, 117, fill="#ffe08a")
    return p.done()


def flower() -> Image.Image:
    p = Pen("#cdeaf4", (256, 256))
    p.line(128, 130, 128, 252, fill="#3f8f3a", width=10)
    shape(
        p,
        ((128, 214), (150, 160), (196, 160), (214, 176)),
        ((214, 176), (190, 220), (150, 226), (128, 214)),
        fill="#4ea648",
    )
    shape(
        p,
        ((128, 226), (106, 178), (66, 176), (44, 194)),
        ((44, 194), (66, 236), (106, 238), (128, 226)),
        fill="#4ea648",
    )
    for turn in range(0, 360, 45):
        x, y = 128 + 52 * math.cos(math.radians(turn)), 96 + 52 * math.sin(math.radians(turn))
        circle(p, x, y, 29, "#f4f1ff" if turn % 90 else "#ffffff")
    circle(p, 128, 96, 32, "#f7b924")
    return p.done()


def tree() -> Image.Image:
    p = Pen("#bfe4f7")
    p.rect(0, 206, 320, 240, fill="#86b95b")
    p.poly(146, 220, 152, 130, 170, 130, 178, 220, fill="#7a4d29")
    for x, y, r in ((112, 112, 44), (208, 112, 44), (132, 72, 44), (188, 72, 44), (160, 54, 40), (160, 116, 54)):
        circle(p, x, y, r, "#3d8f3f")
    for x, y, r in ((130, 68, 20), (186, 84, 16), (112, 112, 14)):
        circle(p, x, y, r, "#5bb057")
    return p.done()


def house() -> Image.Image:
    p = Pen("#a8d8f0")
    p.rect(0, 204, 320, 240, fill="#79b356")
    p.rect(208, 40, 232, 96, fill="#8a4a3a")
    p.rect(82, 106, 238, 214, fill="#fbeecb")
    p.poly(56, 112, 160, 28, 264, 112, fill="#c9402f")
    p.rect(142, 150, 178, 214, fill="#8a5a33")
    circle(p, 171, 184, 4, "#f2c94c")
    for x in (96, 194):
        p.rect(x, 132, x + 32, 164, fill="#7fc3e6")
        p.line(x + 16, 132, x + 16, 164, fill="#ffffff", width=4)
        p.line(x, 148, x + 32, 148, fill="#ffffff", width=4)
    return p.done()


def moon() -> Image.Image:
    p = Pen("#1f2a57", (256, 256))
    circle(p, 122, 128, 92, "#f9df7b")
    circle(p, 164, 104, 82, "#1f2a57")
    for x, y, r in ((196, 60, 7), (216, 132, 5), (170, 110, 5), (40, 40, 4), (222, 214, 6)):
        near = 0.6 * r
        p.poly(x, y - 2 * r, x + near, y - near, x + 2 * r, y, x + near, y + near, x, y + 2 * r,
               x - near, y + near, x - 2 * r, y, x - near, y - near, fill="#fff7d6")  # fmt: skip
    return p.done()


def snowman() -> Image.Image:
    p = Pen("#7fb2d8")
    p.rect(0, 204, 320, 240, fill="#f3f8fc")
    for side in (-1, 1):
        p.line(160 + 40 * side, 138, 160 + 100 * side, 104, fill="#6b4423", width=6)
        p.line(160 + 82 * side, 114, 160 + 92 * side, 92, fill="#6b4423", width=5)
    circle(p, 160, 172, 58, "#ffffff")
    circle(p, 160, 96, 42, "#ffffff")
    p.round(124, 124, 196, 140, fill="#d8343b", radius=7)
    p.rect(182, 132, 198, 172, fill="#d8343b")
    p.rect(116, 52, 204, 62, fill="#26282d")
    p.rect(132, 14, 188, 56, fill="#26282d")
    for x, y in ((146, 88), (174, 88), (160, 160), (160, 184)):
        circle(p, x, y, 6, "#26282d")
    p.poly(160, 96, 160, 108, 206, 106, fill="#f08228")
    return p.done()


def guitar() -> Image.Image:
    p = Pen("#efe0c6", (256, 256))
    p.line(116, 140, 212, 44, fill="#6b3f1f", width=16)
    p.poly(196, 42, 214, 24, 240, 20, 236, 46, 216, 62, fill="#4a2a14")
    for x, y in ((202, 34), (220, 58), (218, 18), (238, 36)):
        circle(p, x, y, 5, "#e8e2d2")
    circle(p, 88, 172, 58, "#d98a3a")
    circle(p, 130, 130, 42, "#d98a3a")
    circle(p, 112, 148, 22, "#3a2212")
    p.line(58, 184, 78, 204, fill="#4a2a14", width=10)
    for d in (-5, 0, 5):
        p.line(68 + d, 192 + d, 208 + d, 52 + d, fill="#fff6df", width=1.4)
    return p.done()


def cheese() -> Image.Image:
    p = Pen("#b7cfa6")
    p.poly(36, 132, 238, 48, 286, 116, 286, 132, fill="#ffe17a")
    p.poly(36, 132, 286, 122, 286, 204, 36, 204, fill="#f7c034")
    for x, y, r in ((92, 166, 20), (160, 178, 15), (224, 160, 22), (132, 146, 9), (264, 190, 8)):
        circle(p, x, y, r, "#d9961a")
    for x, y in ((196, 92), (236, 98)):
        p.oval(x - 15, y - 8, x + 15, y + 8, fill="#e3b23c")
    return p.done()


def cookie() -> Image.Image:
    p = Pen("#bcd9e8", (256, 256))
    circle(p, 128, 128, 98, "#b9773a")
    circle(p, 128, 124, 94, "#d99a55")
    for x, y, r in (
        (88, 84, 14),
        (148, 70, 12),
        (186, 110, 14),
        (112, 132, 13),
        (158, 150, 15),
        (80, 166, 13),
        (128, 192, 12),
        (188, 172, 10),
        (60, 122, 9),
    ):
        circle(p, x, y, r, "#4a2614")
        circle(p, x - 3, y - 3, r * 0.35, "#7a4a2c")
    return p.done()


def carrot() -> Image.Image:
    p = Pen("#f3e6c8", (256, 256))
    for x, y in ((176, 18), (206, 22), (232, 46), (240, 78)):
        p.line(180, 76, x, y, fill="#3f9440", width=12)
        circle(p, x, y, 13, "#52ad4c")
    shape(
        p, ((30, 230), (100, 60), (150, 40), (190, 66)), ((190, 66), (216, 106), (196, 156), (30, 230)), fill="#f07d22"
    )
    for x, y in ((150, 82), (120, 150), (96, 132), (164, 130), (76, 190)):
        p.line(x - 13, y - 9, x + 11, y + 11, fill="#c95c10", width=5)
    return p.done()


def mushroom() -> Image.Image:
    p = Pen("#c5e0c0")
    p.rect(0, 208, 320, 240, fill="#6fa04f")
    shape(p, ((130, 130), (134, 180), (126, 210), (112, 220)), ((112, 220), (140, 230), (180, 230), (208, 220)),
          ((208, 220), (194, 210), (186, 180), (190, 130)), fill="#f6ecd8")  # fmt: skip
    p.pie(58, 24, 262, 250, start=180, end=360, fill="#cf2e2e")
    p.oval(58, 118, 262, 156, fill="#cf2e2e")
    p.oval(92, 128, 228, 154, fill="#e9d6b6")
    for x, y, r in ((160, 58, 18), (108, 92, 16), (212, 94, 16), (160, 104, 13)):
        p.oval(x - r, y - r * 0.85, x + r, y + r * 0.85, fill="#ffffff")
    return p.done()


def pear() -> Image.Image:
    p = Pen("#e7d3e6", (256, 256))
    p.line(130, 56, 142, 18, fill="#6b4423", width=8)
    shape(p, ((140, 40), (160, 10), (200, 14), (212, 28)), ((212, 28), (190, 56), (160, 56), (140, 40)), fill="#4c9a3f")
    shape(p, ((128, 44), (80, 44), (104, 110), (64, 148)), ((64, 148), (16, 220), (80, 244), (128, 240)),
          ((128, 240), (176, 244), (240, 220), (192, 148)), ((192, 148), (152, 110), (176, 44), (128, 44)),
          fill="#b9cf3f")  # fmt: skip
    p.oval(74, 160, 96, 204, fill="#dbe98a")
    return p.done()


EVERYDAY = (
    banana, strawberry, fried_egg, dog, fish, car, bus, clock, key, flower, tree, house, moon, snowman, guitar, cheese,
    cookie, carrot, mushroom, pear,
)  # fmt: skip
