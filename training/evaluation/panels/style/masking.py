"""What the judges of style must not decide by: who is spoken to, and which numbers and pages are spoken of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from bot.chat.attachments import KINDS
from training.evaluation.data import ME, EvaluationData
from training.evaluation.respondent import Bubbles

NAME, LINK, NUMBER = "\ue000", "\ue001", "0"
"""Private characters: nobody writes them. A number is a single nought."""

_LINK = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef]+", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[A-Za-z0-9_\[\]`|^\-\u00c0-\u024f\u0370-\u052f]+")
_SEVERAL = re.compile(rf"{NAME}(?: {NAME})+")
_MENTION = re.compile(r"@[\w\-]+")
_ADDRESSED = re.compile(rf"^\s*(?:{NAME}[\s\u2005]*)+[:：,，]\s*")
_CALLED = re.compile(r"^(?:\s*@[\w\-]+)+[\s\u2005:：,，]*")
_PREFIX = re.compile(r"^\s*[\w\-\[\]`|^]{2,24}:\s+(?=\S)")
_TITLES = {"dr", "mr", "mrs", "ms", "prof", "mum", "mom", "dad", "uncle", "aunt", "miss", "sir"}
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_PLACEHOLDER = re.compile(rf"^\[(?:{'|'.join(word for pair in KINDS.values() for word in pair)})\b[^\]]*\]\s*")


def _parts(name: str) -> set[str]:
    """The whole name, its words, and the given name of a Chinese one (`思雨` of `陶思雨`)."""
    words = {name.strip(), *re.split(r"[\s.,_()（）·]+", name)}
    words |= {word[1:] for word in words if len(word) == 3 and _HAN.fullmatch(word)}
    return {word for word in words if _tells(word)}


def _stands_out(word: str) -> bool:
    return word != word.lower() or any(letter.isdigit() for letter in word)


def _tells(word: str) -> bool:
    if word.casefold() in ENGLISH_STOP_WORDS or word.casefold() in _TITLES or not re.search(r"\w", word):
        return False
    return len(word) >= (2 if _HAN.search(word) else 3) and not word.isdigit()


@dataclass(frozen=True, slots=True)
class Mask:
    """Puts one sign for every name, one for every link, a nought for every number, and drops `Name:` at the start.

    So a judge cannot tell people apart by whom they know. That a name was said can still be seen, and the topic partly.
    """

    near: frozenset[str]  # in small letters
    far: frozenset[str]
    addressed: frozenset[str]  # in small letters
    chinese: re.Pattern[str] | None

    @classmethod
    def of(cls, names: Iterable[str], others: Iterable[str] = ()) -> "Mask":
        """names: of people who matter, found in small letters too; others: of all who wrote, found as they spell them.

        Words of a name count alone (`Mira` of `Mira Santos`). A name in small letters alone (`want`, as people call
        themselves in large groups) is found only where it addresses somebody.
        """
        near, far = ({part for name in found for part in _parts(name)} for found in (names, others))
        chinese = sorted((word for word in near | far if _HAN.search(word)), key=lambda word: (-len(word), word))
        return cls(
            frozenset(word.casefold() for word in near if _stands_out(word)),
            frozenset(filter(_stands_out, far)),
            frozenset(word.casefold() for word in near | far),
            re.compile("|".join(map(re.escape, chinese))) if chinese else None,
        )

    @classmethod
    def of_data(cls, data: EvaluationData) -> "Mask":
        """Masks everybody who is known by name: the subject, the contacts, and who wrote in the groups."""
        people = (name for contact in data.people.contacts for name in (contact.name, contact.slug))
        senders = {burst.sender for burst in data.bursts if burst.sender != ME}
        return cls.of({*data.persona.names, *people}, senders)

    def text(self, text: str) -> str:
        text = _LINK.sub(LINK, _CALLED.sub("", _PLACEHOLDER.sub("", text)))
        prefix = _PREFIX.match(text)
        if prefix and prefix[0].strip().rstrip(":").casefold() in self.addressed:
            text = text[prefix.end() :]
        text = _MENTION.sub(NAME, text)
        if self.chinese:
            text = self.chinese.sub(NAME, text)
        text = _SEVERAL.sub(NAME, _WORD.sub(self._word, text))
        return _NUMBER.sub(NUMBER, _ADDRESSED.sub("", text)).strip()

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        return NAME if word in self.far or word.casefold() in self.near else word

    def bubbles(self, bubbles: Bubbles) -> Bubbles:
        """Masks bubbles and drops those of which nothing is left, unless that is all of them."""
        masked = tuple(text for text in (self.text(bubble) for bubble in bubbles) if text)
        return masked or (NAME,)
