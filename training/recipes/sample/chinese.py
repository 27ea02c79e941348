# SPDX-License-Identifier: Apache-2.0
"""What the Chinese sample subject and hers send a photo of: breakfast and feasts, the river, the child, the hen."""

from __future__ import annotations

from PIL import Image

from training.recipes.sample.pen import Pen, bowl, steam, table


def soy_milk() -> Image.Image:
    p = Pen("#f2d9a8")
    table(p, "#8a5a3c")
    bowl(p, 105, 130, "#fbf3dc", "#3d6fa3", half=72)
    steam(p, 105, 60)
    for x in (205, 245):
        p.round(x, 60, x + 30, 215, fill="#c98425", radius=14)
        p.line(x + 15, 70, x + 15, 205, fill="#e9b75a", width=5)
    return p.done()


def tofu_pudding() -> Image.Image:
    p = Pen("#cfe0c3")
    table(p, "#7c4f3a")
    bowl(p, 160, 120, "#f9f6ea", "#ffffff", half=105)
    p.arc(85, 100, 235, 142, start=10, end=170, fill="#7a2f16", width=9)
    p.arc(110, 104, 205, 130, start=190, end=330, fill="#9a4320", width=6)
    p.line(205, 112, 290, 60, fill="#b9bcc0", width=7)
    return p.done()


def train() -> Image.Image:
    p = Pen("#bcdcf0")
    p.rect(0, 185, 320, 240, fill="#7d7f78")
    for y in (200, 218):
        p.line(0, y, 320, y, fill="#4c4d49", width=4)
    p.poly(-10, 92, 190, 92, 250, 112, 296, 160, 296, 182, -10, 182, fill="#f5f6f8")
    p.poly(205, 104, 240, 114, 264, 136, 214, 136, fill="#25405c")
    for x in (14, 62, 110, 158):
        p.round(x, 108, x + 34, 134, fill="#25405c", radius=5)
    p.rect(-10, 154, 296, 164, fill="#c0392b")
    return p.done()


def river() -> Image.Image:
    p = Pen("#d7e9ef")
    p.poly(0, 110, 80, 50, 150, 110, fill="#7f9f86")
    p.poly(110, 110, 220, 36, 330, 110, fill="#6a8f78")
    p.rect(0, 108, 320, 240, fill="#3f8f7a")
    for x, y in ((30, 140), (210, 156), (60, 200), (230, 214)):
        p.line(x, y, x + 60, y, fill="#6fb8a2", width=3)
    _punt(p, 0)
    return p.done()


def boat() -> Image.Image:
    p = Pen("#f3c98b")
    p.rect(0, 120, 320, 240, fill="#8fa9b8")
    p.oval(236, 28, 282, 74, fill="#e8673c")
    _punt(p, 10)
    p.pie(120, 122, 220, 220, start=180, end=360, fill="#2c2a28")
    p.line(30, 215, 290, 215, fill="#b7c9d3", width=3)
    return p.done()


def _punt(p: Pen, lower: float) -> None:
    y = 168 + lower
    p.poly(60, y, 260, y, 232, y + 22, 88, y + 22, fill="#5b3b22")
    p.rect(84, y - 44, 100, y, fill="#33475b")
    p.oval(82, y - 62, 102, y - 42, fill="#e2b48a")
    p.poly(72, y - 56, 92, y - 74, 112, y - 56, fill="#caa75f")
    p.line(110, y - 86, 66, y + 46, fill="#8a6a3a", width=4)


def watermelon() -> Image.Image:
    p = Pen("#bfe3d4")
    table(p, "#d9c6a5")
    p.pie(40, 0, 280, 220, start=0, end=180, fill="#2f7d3a")
    p.pie(52, 12, 268, 208, start=0, end=180, fill="#eef2d2")
    p.pie(62, 22, 258, 198, start=0, end=180, fill="#e2413f")
    for x, y in ((100, 128), (135, 152), (160, 126), (190, 158), (220, 130), (160, 180)):
        p.oval(x - 4, y - 6, x + 4, y + 6, fill="#2a1a16")
    return p.done()


def mooncake() -> Image.Image:
    p = Pen("#7a2430")
    p.oval(40, 190, 280, 228, fill="#5c1822")
    p.round(62, 44, 258, 206, fill="#b86f28", radius=40)
    p.round(76, 58, 244, 192, fill="#d99440", radius=32)
    for x, y in ((160, 92), (192, 125), (160, 158), (128, 125)):
        p.ring(x, y, 24, "#9a5a1e", width=5)
    p.oval(146, 111, 174, 139, fill="#9a5a1e")
    return p.done()


def baby() -> Image.Image:
    p = Pen("#f6e3d2")
    p.round(70, 100, 250, 250, fill="#6fa3d0", radius=60)
    p.oval(92, 30, 228, 158, fill="#f6c7a6")
    p.arc(140, 26, 182, 58, start=200, end=20, fill="#4a3324", width=6)
    for x in (132, 188):
        p.arc(x - 14, 82, x + 14, 102, start=20, end=160, fill="#3b2a22", width=4)
        p.oval(x - 16, 108, x + 12, 126, fill="#f0a08c")
    p.oval(152, 116, 170, 132, fill="#c9544f")
    p.poly(96, 150, 224, 150, 160, 214, fill="#8bb9df")
    return p.done()


def e_bike() -> Image.Image:
    p = Pen("#e4e0d3")
    p.rect(0, 196, 320, 240, fill="#8d9196")
    for x in (80, 240):
        p.oval(x - 36, 142, x + 36, 214, fill="#26282b")
        p.oval(x - 16, 162, x + 16, 194, fill="#c3c7cb")
    p.poly(70, 150, 190, 150, 206, 178, 110, 186, fill="#2f6fc4")
    p.poly(196, 176, 228, 70, 246, 74, 232, 170, fill="#2f6fc4")
    p.line(206, 66, 262, 62, fill="#26282b", width=7)
    p.round(92, 128, 172, 148, fill="#26282b", radius=9)
    p.round(30, 84, 96, 146, fill="#f1f3f5", radius=5)
    p.rect(30, 108, 96, 118, fill="#2f6fc4")
    return p.done()


def takeaway() -> Image.Image:
    p = Pen("#cdd8e6")
    table(p, "#a5815f")
    p.poly(90, 76, 230, 76, 246, 214, 74, 214, fill="#c99a62")
    p.poly(90, 76, 230, 76, 226, 100, 94, 100, fill="#b3844c")
    p.arc(118, 36, 154, 96, start=180, end=360, fill="#7a5a34", width=6)
    p.arc(166, 36, 202, 96, start=180, end=360, fill="#7a5a34", width=6)
    p.rect(120, 128, 200, 184, fill="#ffffff")
    for y in (140, 152, 164):
        p.line(130, y, 190, y, fill="#9aa0a6", width=3)
    return p.done()


def boots() -> Image.Image:
    p = Pen("#d9d2c0")
    p.rect(0, 186, 320, 240, fill="#9a8f7c")
    for x in (66, 172):
        p.rect(x, 46, x + 52, 196, fill="#2f7b4f")
        p.round(x, 158, x + 92, 208, fill="#2f7b4f", radius=20)
        p.rect(x, 46, x + 52, 60, fill="#235c3b")
        p.rect(x, 202, x + 92, 212, fill="#1b1f1d")
    return p.done()


def letter() -> Image.Image:
    p = Pen("#b9c9b1")
    p.poly(50, 66, 280, 56, 288, 186, 58, 198, fill="#fbf7ea")
    p.line(50, 66, 168, 140, 280, 56, fill="#cbbfa3", width=4)
    p.oval(140, 116, 170, 146, fill="#d8393f")
    p.oval(164, 114, 194, 144, fill="#d8393f")
    p.poly(142, 138, 192, 136, 168, 170, fill="#d8393f")
    return p.done()


def zongzi() -> Image.Image:
    p = Pen("#f1e2c4")
    table(p, "#b68a5a")
    for x, y, thread in ((100, 60, "#3a6fb0"), (190, 84, "#f5f5f0")):
        p.poly(x, y, x + 66, y + 112, x - 62, y + 112, fill="#4c7a34")
        p.poly(x, y, x + 14, y + 112, x - 62, y + 112, fill="#6b9a48")
        for down in (52, 66, 84):
            p.line(x - down * 0.55, y + down, x + down * 0.58, y + down + 6, fill=thread, width=4)
    return p.done()


def chicken() -> Image.Image:
    p = Pen("#cfe6f2")
    p.rect(0, 178, 320, 240, fill="#b9793f")
    for x in (40, 120, 200, 280):
        p.line(x, 180, x, 240, fill="#8a5527", width=3)
    p.poly(96, 110, 52, 40, 92, 62, 112, 34, 134, 92, fill="#3d3a38")
    p.oval(86, 74, 222, 174, fill="#8d8781")
    p.oval(186, 40, 244, 116, fill="#a09a93")
    for x, y in ((120, 108), (146, 124), (170, 106), (136, 146), (180, 138), (204, 92)):
        p.oval(x - 8, y - 5, x + 8, y + 5, fill="#f2efe8")
    p.poly(196, 44, 194, 18, 210, 34, 220, 14, 230, 36, 246, 26, 236, 52, fill="#d2342f")
    p.poly(242, 70, 268, 80, 240, 88, fill="#e9a83a")
    p.oval(222, 60, 232, 70, fill="#1c1a19")
    for x in (140, 172):
        p.line(x, 170, x, 182, fill="#e9a83a", width=5)
    return p.done()


def queue() -> Image.Image:
    p = Pen("#dfe3e8")
    p.rect(0, 0, 74, 206, fill="#a63a32")
    p.rect(12, 84, 62, 142, fill="#f4e3c1")
    p.rect(0, 204, 320, 240, fill="#8b8e91")
    coats = ("#3b5f8a", "#6b8f4e", "#d9b44a", "#6d4a7d", "#4a4f57")
    for place, coat in enumerate(coats):
        x = 100 + place * 48
        p.round(x - 18, 120, x + 18, 206, fill=coat, radius=12)
        p.oval(x - 13, 90, x + 13, 120, fill="#e7b88f")
    p.pie(178, 78, 214, 122, start=180, end=360, fill="#d8332e")
    return p.done()


def dumplings() -> Image.Image:
    p = Pen("#31506b")
    p.oval(30, 40, 290, 220, fill="#eef1f3")
    p.oval(46, 54, 274, 206, fill="#ffffff")
    for x, y in ((90, 100), (160, 82), (230, 100), (110, 156), (196, 158)):
        p.pie(x - 34, y - 22, x + 34, y + 34, start=180, end=360, fill="#ecdcb4")
        p.arc(x - 34, y - 22, x + 34, y + 34, start=180, end=360, fill="#c9ab6d", width=4)
    return p.done()


CHINESE = (
    soy_milk, tofu_pudding, train, river, boat, watermelon, mooncake, baby, e_bike, takeaway, boots, letter, zongzi,
    chicken, queue, dumplings,
)  # fmt: skip
