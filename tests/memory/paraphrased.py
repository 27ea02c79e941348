"""How often what was said is found again by what has hardly a word in common with it: by words, by meaning, by both.

    python -m tests.memory.paraphrased --encoder FOLDER

Contacts of the English sample ask for what they once wrote (paraphrased.txt), in other words, after all days. Counted
is whether the exchange is among the two that would be shown. FOLDER holds a sentence encoder that transformers loads
(mean pooling); without one only words are tried. By meaning: every message is ranked by the cosine; by both: by
reciprocal ranks (Cormack, Clarke and Büttcher 2009).
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from bot.chat.attachments import spoken
from bot.cli import main as echoes
from bot.memory.index import Index, Place, Words
from bot.memory.source import exchange_at
from bot.message import Message
from bot.people import People, load_people
from bot.store.corpus import Corpus, as_avatar
from bot.workspace import Workspace
from training.statistics import Floats

SAMPLE = Path(__file__).parent.parent.parent / "training" / "sample" / "en"
ASKED = Path(__file__).with_suffix(".txt")
SHOWN = 2
_RANK = 60  # as in the paper
_LATER = 1e11  # after all that was said

Embed = Callable[[Sequence[str]], Floats]
"""The vectors of texts, of length 1: texts × numbers."""


def encoder(folder: Path) -> Embed:
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    def embed(texts: Sequence[str]) -> Floats:
        rows = []
        for text in texts:
            with torch.inference_mode():
                states = model(**tokenizer([text], truncation=True, max_length=128, return_tensors="pt"))
            rows.append(torch.nn.functional.normalize(states.last_hidden_state[0].mean(0), dim=0).numpy())
        return np.array(rows, dtype=np.float64)

    return embed


class Contact:
    """What a contact and the subject wrote, wherever, ranked for a question in three ways, by ref."""

    def __init__(self, every: Sequence[Message], index: Index, key: str, embed: Embed | None) -> None:
        self.every = [(int(one.id), one) for one in every]
        said = [(ref, spoken(one), one) for ref, one in self.every if spoken(one) and not one.forwarded]
        self._refs = [ref for ref, *_ in said]
        self._key, self._index, self._embed = key, index, embed
        index.take(Place(key, ""), [Words(ref, one.sent_at.timestamp(), text) for ref, text, one in said])
        self._vectors = embed([text for _, text, _ in said]) if embed else None

    def asked_of(self, words: str) -> int | None:
        """The exchange that begins with a message holding these words."""
        found = [ref for ref, one in self.every if words in one.text]
        return self._exchange(found[0]) if found else None

    def by_words(self, asked: str) -> list[int]:
        return [found.ref for found in self._index.find([self._key], asked, _LATER)]

    def by_meaning(self, asked: str) -> list[int]:
        if self._embed is None or self._vectors is None:
            return []
        return [self._refs[row] for row in np.argsort(-(self._vectors @ self._embed([asked])[0]))]

    def by_both(self, asked: str) -> list[int]:
        scores: dict[int, float] = {}
        for ranked in (self.by_words(asked), self.by_meaning(asked)):
            for rank, ref in enumerate(ranked, 1):
                scores[ref] = scores.get(ref, 0.0) + 1 / (_RANK + rank)
        return sorted(scores, key=lambda ref: -scores[ref])

    def shown(self, ranked: Sequence[int]) -> set[int]:
        """The exchanges that would be shown."""
        return set(islice(dict.fromkeys(one for ref in ranked if (one := self._exchange(ref)) is not None), SHOWN))

    def _exchange(self, ref: int) -> int | None:
        found = exchange_at(self.every, ref)
        return found.ref if found else None


def contacts(corpus: Corpus, people: People, index: Index, embed: Embed | None) -> Iterator[Contact]:
    subject = frozenset(people.subject)
    for contact in people.contacts:
        chats = corpus.private_with(contact.accounts)
        every = [as_avatar(one, subject) for chat in chats for one in corpus.messages(chat)]
        if every:
            yield Contact(sorted(every, key=lambda one: one.sent_at), index, contact.slug, embed)


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.memory.paraphrased", description=__doc__)
    parser.add_argument("--encoder", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    lines = [one.split(" | ") for one in ASKED.read_text("utf-8").splitlines() if not one.startswith("#")]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "wren"
        echoes(["init", str(root)])
        (root / "people.yaml").write_bytes((SAMPLE / "people.yaml").read_bytes())
        echoes(["-w", str(root), "import", str(SAMPLE / "exports"), "--timezone", "Europe/London"])
        workspace = Workspace.open(root)
        people, index = load_people(workspace.people), Index.open(root / "paraphrased.sqlite")
        with Corpus.open(workspace.corpus) as corpus:
            known = list(contacts(corpus, people, index, encoder(args.encoder) if args.encoder else None))
        hits = dict.fromkeys(("words", "meaning", "both", "only words, then meaning", "nothing by words"), 0)
        tried = 0
        for words, asked in lines:
            place = next(((one, ref) for one in known if (ref := one.asked_of(words)) is not None), None)
            if place is None:
                print(f"not in the sample: {words}")
                continue
            contact, ref = place
            tried += 1
            lexical, near = contact.by_words(asked), contact.by_meaning(asked)
            hits["words"] += ref in contact.shown(lexical)
            hits["meaning"] += ref in contact.shown(near)
            hits["both"] += ref in contact.shown(contact.by_both(asked))
            hits["only words, then meaning"] += ref in contact.shown([*lexical, *near])
            hits["nothing by words"] += not lexical
        index.close()
    for name, number in hits.items():
        print(f"{name:26} {number:3} of {tried}")


if __name__ == "__main__":
    main()
