"""How often what was said is found again by what has hardly a word in common with it, and what is shown where nothing
was ever said.

    python -m tests.memory.paraphrased --encoder FOLDER [--sample zh]

Contacts of a sample ask, after all days, for what they once wrote: in other words (paraphrased_en.txt), or in half of
their own; and they write what nothing was ever said of (unsaid_en.txt). Counted is whether the exchange is among the
two that would be shown, and whether anything is. FOLDER holds an embedding model; without one only words are tried.
Which share of the way from the background a message must be (bot.memory.vectors) is chosen on every second question,
and told of the others.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.chat.attachments import spoken
from bot.cli import main as echoes
from bot.engine.encoder import LocalEncoder
from bot.memory.index import Found, Index, Place, Words
from bot.memory.source import exchange_at
from bot.memory.terms import terms
from bot.memory.vectors import STANDS_OUT, Vectors
from bot.message import Message
from bot.people import People, load_people
from bot.store.corpus import Corpus, as_avatar
from bot.workspace import Workspace

SAMPLES = Path(__file__).parent.parent.parent / "training" / "sample"
ZONES = {"en": "Europe/London", "zh": "Asia/Shanghai"}
SHOWN = 2
TRIED = (0.14, 0.16, 0.18, 0.20, 0.22, 0.24, 0.26, 0.28, 0.30)
_LATER = 1e11  # after all that was said
_IN_OWN_WORDS = 150  # questions
_MANY_TERMS = 4  # of a message that is asked for in half of its words


@dataclass(frozen=True)
class Asked:
    """ref: the exchange that is asked for; None where nothing was said."""

    contact: "Contact"
    text: str
    ref: int | None


class Contact:
    """What a contact and the subject wrote to one another, wherever, and what is found there for a question."""

    def __init__(self, every: Sequence[Message], index: Index, key: str, encoder: LocalEncoder | None) -> None:
        self.every = [(int(one.id), one) for one in every]
        self.said = {ref: spoken(one) for ref, one in self.every if spoken(one) and not one.forwarded}
        self._key, self._index, self._encoder, self._vectors = key, index, encoder, Vectors(index, "tried")
        self._asked: dict[str, NDArray[np.float32]] = {}
        index.take(Place(key, ""), [Words(ref, one.sent_at.timestamp(), spoken(one)) for ref, one in self.every])
        if encoder is not None:
            self._vectors.adopt()
            rows = list(self._vectors.missing(key).items())
            self._vectors.keep(key, rows, encoder.vectors([self.said.get(ref, "") or "-" for ref, _ in rows]))

    def exchange_with(self, words: str) -> int | None:
        """The exchange that begins with a message holding these words."""
        found = [ref for ref, one in self.every if words in one.text]
        return self.exchange(found[0]) if found else None

    def exchange(self, ref: int) -> int | None:
        found = exchange_at(self.every, ref)
        return found.ref if found else None

    def by_words(self, asked: str, *, strong: bool = False) -> list[Found]:
        return self._index.find([self._key], asked, _LATER, strong=strong)

    def by_meaning(self, asked: str, least: float) -> list[Found]:
        if self._encoder is None:
            return []
        if asked not in self._asked:
            self._asked[asked] = self._encoder.vectors([asked])[0]
        return self._vectors.near([([self._key], _LATER)], self._asked[asked], least) or []

    def as_built(self, asked: str, least: float = STANDS_OUT) -> list[Found]:
        return [*self.by_words(asked, strong=True), *self.by_meaning(asked, least)]

    def shown(self, found: Sequence[Found]) -> set[int]:
        """The exchanges that would be shown."""
        exchanges = (self.exchange(one.ref) for one in found)
        return set(islice(dict.fromkeys(one for one in exchanges if one is not None), SHOWN))


Rule = Callable[[Asked], Sequence[Found]]


def rates(asked: Sequence[Asked], rule: Rule) -> tuple[int, int]:
    """How many of these questions show the exchange that they ask for, and how many show anything."""
    shown = [(one.ref, one.contact.shown(rule(one))) for one in asked]
    return sum(ref in found for ref, found in shown), sum(bool(found) for _, found in shown)


def contacts(corpus: Corpus, people: People, index: Index, encoder: LocalEncoder | None) -> Iterator[Contact]:
    subject = frozenset(people.subject)
    for contact in people.contacts:
        chats = corpus.private_with(contact.accounts)
        every = [as_avatar(one, subject) for chat in chats for one in corpus.messages(chat)]
        if every:
            yield Contact(sorted(every, key=lambda one: one.sent_at), index, contact.slug, encoder)


def paraphrased(known: Sequence[Contact], language: str) -> Iterator[Asked]:
    for line in _lines(f"paraphrased_{language}.txt"):
        words, asked = line.split(" | ")
        found = next(((one, ref) for one in known if (ref := one.exchange_with(words)) is not None), None)
        if found is None:
            print(f"not in the sample: {words}")
        else:
            yield Asked(found[0], asked, found[1])


def in_own_words(known: Sequence[Contact], language: str) -> Iterator[Asked]:
    rng = random.Random(1)
    every = [(one, ref) for one in known for ref, text in one.said.items() if len(set(terms(text))) >= _MANY_TERMS]
    for one, ref in rng.sample(every, _IN_OWN_WORDS):
        text = one.said[ref]
        if language == "zh":
            half = max(len(text) // 2, 4)
            begin = rng.randrange(max(len(text) - half, 1))
            yield Asked(one, f"还记得{text[begin : begin + half]}吗", one.exchange(ref))
        else:
            words = text.split()
            kept = sorted(rng.sample(range(len(words)), max(len(words) // 2, 2)))
            yield Asked(one, f"do you remember {' '.join(words[place] for place in kept)}", one.exchange(ref))


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.memory.paraphrased", description=__doc__)
    parser.add_argument("--encoder", type=Path, metavar="FOLDER")
    parser.add_argument("--sample", choices=tuple(ZONES), default="en")
    args = parser.parse_args()
    encoder = LocalEncoder(args.encoder) if args.encoder else None
    with tempfile.TemporaryDirectory() as folder:
        root, sample = Path(folder) / "subject", SAMPLES / args.sample
        echoes(["init", str(root)])
        (root / "people.yaml").write_bytes((sample / "people.yaml").read_bytes())
        echoes(["-w", str(root), "import", str(sample / "exports"), "--timezone", ZONES[args.sample]])
        workspace = Workspace.open(root)
        people = load_people(workspace.people)
        with Index.open(root / "paraphrased.sqlite") as index, Corpus.open(workspace.corpus) as corpus:
            known = list(contacts(corpus, people, index, encoder))
            others = list(paraphrased(known, args.sample))
            nothing = [
                Asked(others[3 * number % len(others)].contact, text, None)
                for number, text in enumerate(_lines(f"unsaid_{args.sample}.txt"))
            ]
            own = list(in_own_words(known, args.sample))
            _report(others, nothing, own, encoder is not None)


def _report(others: Sequence[Asked], nothing: Sequence[Asked], own: Sequence[Asked], encoded: bool) -> None:
    rules: dict[str, Rule] = {"by words": lambda one: one.contact.by_words(one.text)}
    if encoded:
        rules["by meaning, always"] = lambda one: one.contact.by_meaning(one.text, -1.0)
        rules["by meaning, where it stands out"] = lambda one: one.contact.by_meaning(one.text, STANDS_OUT)
        rules["as it is built"] = lambda one: one.contact.as_built(one.text)
    print(f"{'':34}in other words: found, anything   nothing said: anything   own words: found")
    for name, rule in rules.items():
        found, any_of_them = rates(others, rule)
        print(
            f"{name:34}{found:20} {any_of_them:9}{rates(nothing, rule)[1]:26}{rates(own, rule)[0]:19}"
            f"   of {len(others)}, {len(nothing)}, {len(own)}"
        )
    if encoded:
        _halves(others, nothing)


def _halves(others: Sequence[Asked], nothing: Sequence[Asked]) -> None:
    """Chooses on one half, and tells of the other."""

    def of(half: int, least: float) -> tuple[float, float]:
        def rule(one: Asked) -> Sequence[Found]:
            return one.contact.as_built(one.text, least)

        some, none = others[half::2], nothing[half::2]
        return rates(some, rule)[0] / len(some), rates(none, rule)[1] / len(none)

    for half in (0, 1):
        tried = {least: of(half, least) for least in TRIED}
        best = max(TRIED, key=lambda least: tried[least][0] - tried[least][1])
        found, shown = of(1 - half, best)
        learnt = f"{tried[best][0]:.0%} found and {tried[best][1]:.0%} shown of nothing"
        print(f"chosen on half {half + 1}: {best:.2f}, {learnt}; on the other {found:.0%} and {shown:.0%}")


def _lines(name: str) -> list[str]:
    text = Path(__file__).with_name(name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


if __name__ == "__main__":
    main()
