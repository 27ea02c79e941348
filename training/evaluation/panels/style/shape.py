"""The shape of a burst, without its words: the same 28 features in Chinese and English, and both mixed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.panels.style.masking import LINK
from training.evaluation.respondent import Bubbles
from training.statistics import Floats

EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2764\u263a]"
    "|\\[[\u4e00-\u9fff]{1,4}\\]"  # WeChat's own: [捂脸]
)
SMILEY = re.compile(r"[:;=xX]['-]?[)(DPpoO3/|](?!\w)|\^[_.]?\^|[Tt][_.][Tt]|>[_.]<|<3|orz|QAQ|qwq|\(｡|╮|눈")
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~\u2010-\u2027\u3001-\u3011\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40～…—“”‘’·]")
LAUGHTER = re.compile(
    r"(?<!\w)(?:(?:a?ha){2,}h?|l+o+l+|lmao+|rofl|he(?:he)+|x+d+)(?!\w)|哈{2,}|嘿{2,}|嘻{2,}|h{3,}|233+|笑死", re.I
)
PARTICLE = re.compile(
    r"[吧呢啊嘛呀啦哦噢喔嗯唉诶欸哎哟呗咯喽哇]|(?<!\w)(?:lol|haha|yeah|yep|yup|nope|nah|ok|okay|oh|ah|um+|uh+|hm+|aw+|eh|huh|wow|ugh|oof|meh|mhm)(?!\w)",
    re.I,
)
LONG = re.compile(r"([^\W\d_])\1\1", re.I)  # sooo, 哈哈哈
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_LATIN = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A burst, counted once for all features."""

    bubbles: Bubbles
    text: str
    words: tuple[str, ...]  # Latin ones
    han: int

    @classmethod
    def of(cls, bubbles: Bubbles) -> "_Seen":
        text = "\n".join(bubbles)
        return cls(bubbles, text, tuple(_WORD.findall(text)), len(_HAN.findall(text)))

    @property
    def units(self) -> int:
        """Words, a Chinese character counting as one."""
        return max(len(self.words) + self.han, 1)

    def bubbles_that(self, holds: Callable[[str], object]) -> float:
        return sum(bool(holds(bubble)) for bubble in self.bubbles) / len(self.bubbles)

    def has(self, pattern: str | re.Pattern[str]) -> float:
        return float(re.search(pattern, self.text) is not None)

    def per_unit(self, pattern: str | re.Pattern[str]) -> float:
        return len(re.findall(pattern, self.text)) / self.units


def _ending(marks: str) -> Callable[[_Seen], float]:
    return lambda seen: seen.bubbles_that(lambda bubble: bubble.rstrip()[-1:] in marks if bubble.strip() else False)


def _upper(seen: _Seen) -> float:
    letters = [letter for letter in seen.text if letter.isalpha() and letter.upper() != letter.lower()]
    return sum(letter.isupper() for letter in letters) / len(letters) if letters else 0.0


def _no_mark(bubble: str) -> bool:
    return not PUNCTUATION.search(bubble)


FEATURES: Mapping[str, Callable[[_Seen], float]] = {
    "length of the burst": lambda seen: float(np.log1p(len(seen.text))),
    "length of a bubble": lambda seen: float(np.mean([np.log1p(len(bubble)) for bubble in seen.bubbles])),
    "bubbles": lambda seen: float(np.log(len(seen.bubbles))),
    "more than one bubble": lambda seen: float(len(seen.bubbles) > 1),
    "one or two words": lambda seen: float(seen.units <= 2),
    "ends with a full stop": _ending("。."),
    "ends with an exclamation mark": _ending("!！"),
    "ends with a question mark": _ending("?？"),
    "asks": lambda seen: seen.has("[?？]"),
    "exclaims": lambda seen: seen.has("[!！]"),
    "commas": lambda seen: seen.per_unit("[,，、]"),
    "dots": lambda seen: seen.has(r"…|\.\.+|。。+"),
    "other marks": lambda seen: seen.per_unit(r"[:;：；()（）\"“”《》「」\-—*_/]"),
    "no marks": lambda seen: seen.bubbles_that(_no_mark),
    "marks repeated": lambda seen: seen.has(r"([!?！？~～])\1|[~～]"),
    "starts with a capital": lambda seen: seen.bubbles_that(lambda bubble: bubble[:1].isupper()),
    "starts with a small letter": lambda seen: seen.bubbles_that(lambda bubble: bubble[:1].islower()),
    "capitals": _upper,
    "apostrophes": lambda seen: seen.per_unit(r"(?<=\w)['’](?=\w)"),
    "emoji": lambda seen: seen.has(EMOJI),
    "how many emoji": lambda seen: float(np.log1p(len(EMOJI.findall(seen.text)))),
    "smileys": lambda seen: seen.has(SMILEY),
    "laughter": lambda seen: seen.has(LAUGHTER),
    "particles": lambda seen: seen.per_unit(PARTICLE),
    "drawn out": lambda seen: seen.has(LONG),
    "two languages": lambda seen: float(seen.han > 0 and _LATIN.search(seen.text) is not None),
    "numbers": lambda seen: seen.has(r"\d"),
    "links": lambda seen: seen.has(LINK),
}


def shapes(bursts: Sequence[Bubbles]) -> Floats:
    """Returns the shapes, bursts × features. The mean of rows is the shape of a bundle."""
    rows = [[feature(seen) for feature in FEATURES.values()] for seen in map(_Seen.of, bursts)]
    return np.array(rows, dtype=np.float64).reshape(len(bursts), len(FEATURES))
