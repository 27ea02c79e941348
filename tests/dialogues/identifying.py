"""How much of what identifies somebody is found, and how much else is taken for it, on the lines of identifying.txt.

`python -m tests.dialogues.identifying` prints the table of docs/results.md; `--verbose` also every line that is wrong.
"""

import argparse
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from training.data.redaction import find

_LINES = Path(__file__).with_name("identifying.txt")
_MARKS = re.compile("[⟦⟧]")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """text, and what of it identifies somebody. section: the heading that it stands under."""

    section: str
    text: str
    secrets: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Of what there is how many were found whole, and of what was found how many there are."""

    found: int
    secrets: int
    right: int
    taken: int

    @property
    def recall(self) -> float:
        return self.found / self.secrets if self.secrets else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.taken if self.taken else 1.0


def lines() -> list[Line]:
    """Reads the labelled lines."""
    found, section = [], ""
    for raw in _LINES.read_text("utf-8").splitlines():
        if raw.startswith("# "):
            section = raw.removeprefix("# ")
        elif raw:
            places = [match.start() - number for number, match in enumerate(_MARKS.finditer(raw))]
            found.append(Line(section, _MARKS.sub("", raw), tuple(zip(places[::2], places[1::2], strict=True))))
    return found


def spans(text: str) -> list[Span]:
    """Where something that identifies somebody is found."""
    return [(one.start, one.end) for one in find(text)]


def score(of: Iterable[Line], finder: Callable[[str], list[Span]] = spans) -> Score:
    """Counts a secret as found if all of its letters and digits are, and a find as right if it touches a secret."""
    found = secrets = right = taken = 0
    for line in of:
        finds = finder(line.text)
        covered = {place for start, end in finds for place in range(start, end)}
        for start, end in line.secrets:
            found += all(place in covered for place in range(start, end) if line.text[place].isalnum())
        secrets += len(line.secrets)
        right += sum(any(start < b and a < end for a, b in line.secrets) for start, end in finds)
        taken += len(finds)
    return Score(found, secrets, right, taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbose", action="store_true")
    verbose = parser.parse_args().verbose
    every = lines()
    print("| | Lines | Found | Taken for it wrongly |\n|---|---|---|---|")
    for section in [*dict.fromkeys(line.section for line in every), "all"]:
        some = [line for line in every if section in (line.section, "all")]
        one = score(some)
        print(f"| {section} | {len(some)} | {one.found} of {one.secrets} | {one.taken - one.right} |")
        for line in some if verbose and section != "all" else ():
            part = score([line])
            if (part.found, part.right) != (part.secrets, part.taken):
                print(f"    {line.text}  →  {[line.text[start:end] for start, end in spans(line.text)]}")
    print(f"\nrecall {one.recall:.3f}, precision {one.precision:.3f}")


if __name__ == "__main__":
    main()
