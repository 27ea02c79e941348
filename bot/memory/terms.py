"""From a text to the terms that it is found again by: words without their endings, and pairs of Chinese characters."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

_HAN = r"぀-ヿ㐀-䶿一-鿿豈-﫿가-힣"
"""Characters that are written without blanks between words: kana, Han and Hangul."""
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:['’][^\W\d_{_HAN}]+)*")
_ENDINGS = ("ing", "ed", "es", "s")
_STEM = 3  # letters at least that stay of a word
_MOST = 200
"""Terms of one text: who pastes a book does not fill the index."""


def terms(text: str) -> list[str]:
    """Returns the terms of a text, in order. Two texts with the same word have a term in common, in any spelling."""
    found: list[str] = []
    for match in _RUN.finditer(_plain(text)):
        run = match[0]
        if not re.match(f"[{_HAN}]", run):
            word = run.replace("’", "'").removesuffix("'s").replace("'", "")
            if len(word) > 1 and word not in _common():
                found.append(_stem(word))
        elif len(run) > 1:
            found += [pair for at in range(len(run) - 1) if (pair := run[at : at + 2]) not in _common()]
        if len(found) >= _MOST:
            break
    return found[:_MOST]


@cache
def _common() -> frozenset[str]:
    """English words, and pairs of Chinese characters, that are in everything."""
    return frozenset((files("bot.memory") / "common.txt").read_text("utf-8").split())


def _plain(text: str) -> str:
    """Small letters without accents, wide forms made narrow."""
    if text.isascii():
        return text.lower()
    pieces = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(char for char in pieces if not unicodedata.combining(char)))


def _stem(word: str) -> str:
    """The word without the commonest English endings: rough, and the same for what is kept and what is asked."""
    for ending in _ENDINGS:
        if word.isascii() and word.endswith(ending) and len(word) - len(ending) >= _STEM:
            word = word.removesuffix(ending)
            return word[:-1] if len(word) > _STEM and word[-1] == word[-2] and ending in ("ing", "ed") else word
    return word.removesuffix("e") if len(word) > _STEM else word
