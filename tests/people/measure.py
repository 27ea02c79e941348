"""How often the proposals are right: for the sample subjects and four invented people whose contacts are known.

`python -m tests.people.measure` prints the table of docs/results.md; `--verbose` also every proposal.
"""

import argparse
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.cli import main as echoes
from bot.message import Account
from bot.people import People, load_people
from bot.store.corpus import Corpus
from tests.people.crowd import CHINESE, ENGLISH, Crowd
from tests.people.crowd_again import CHINESE_AGAIN, ENGLISH_AGAIN
from training.data.contacts import acquaintances, with_new
from training.data.proposals.proposal import Proposal, Relation, SamePerson, Sureness
from training.data.proposals.relations import relations
from training.data.proposals.same import same_people
from training.data.proposals.seen import look

SAMPLE = Path(__file__).parents[2] / "training" / "sample"
CROWDS = {
    "Lena Marsh": ENGLISH,
    "知夏": CHINESE,
    "Jonah Fisher (once)": ENGLISH_AGAIN,
    "何晓东 (once)": CHINESE_AGAIN,
}


@dataclass(frozen=True, slots=True)
class Truth:
    """person and relationship by account."""

    subject: tuple[Account, ...]
    zone: str
    behind: Mapping[Account, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """What was proposed for everybody of one subject, and what would have been right, by short name."""

    same: tuple[SamePerson, ...]
    relations: tuple[Relation, ...]
    person: Mapping[str, str]
    relationship: Mapping[str, str]

    def right_merges(self, at_least: Sureness = Sureness.LOW) -> tuple[int, int]:
        """How many pairs that are proposed are one person, and how many pairs are proposed."""
        order = list(Sureness)
        proposals = [one for one in self.same if order.index(one.sureness) <= order.index(at_least)]
        pairs = [pair for one in proposals for pair in combinations(one.slugs, 2)]
        return sum(self.person[one] == self.person[other] for one, other in pairs), len(pairs)

    @property
    def pairs(self) -> int:
        """How many pairs of contacts are one person."""
        return sum(self.person[one] == self.person[other] for one, other in combinations(self.person, 2))

    @property
    def right_relations(self) -> tuple[int, int]:
        """How many relationships that are proposed are right, and how many are proposed."""
        return sum(self.relationship[one.slug] == one.relationship for one in self.relations), len(self.relations)


def of_crowd(crowd: Crowd) -> Truth:
    behind = {_account(one.account): (one.person, one.relationship) for one in crowd.contacts}
    return Truth(tuple(Account(*pair) for pair in crowd.subject.items()), crowd.zone, behind)


def of_sample(language: str) -> Truth:
    people = load_people(SAMPLE / language / "people.yaml")
    zone = {"en": "Europe/London", "zh": "Asia/Shanghai"}[language]
    behind = {account: (one.slug, one.relationship) for one in people.contacts for account in one.accounts}
    return Truth(people.subject, zone, behind)


def measured(exports: Path, truth: Truth, workspace: Path) -> Found:
    """Imports the exports, knows nobody but the subject, and proposes."""
    with redirect_stdout(StringIO()):
        echoes(["init", str(workspace)])
        echoes(["-w", str(workspace), "import", str(exports), "--timezone", truth.zone])
    with Corpus.open(workspace / "corpus.sqlite") as corpus:
        people, _ = with_new(People.of((), truth.subject), acquaintances(corpus, truth.subject), 20)
        seen, senders = look(corpus, people, ZoneInfo(truth.zone)), corpus.senders()
    names = [name for sender in senders if sender.account in truth.subject for name in sender.names]
    known = {one.slug: truth.behind[one.accounts[0]] for one in people.contacts}
    return Found(
        tuple(same_people(seen, senders)),
        tuple(relations(seen, names)),
        {slug: person for slug, (person, _) in known.items()},
        {slug: relationship for slug, (_, relationship) in known.items()},
    )


def everybody(folder: Path) -> Iterable[tuple[str, Found]]:
    """Measures the sample subjects and the crowds."""
    for language in ("en", "zh"):
        yield f"sample ({language})", measured(SAMPLE / language / "exports", of_sample(language), folder / language)
    for name, crowd in CROWDS.items():
        exports = folder / f"exports of {name}"
        exports.mkdir()
        crowd.write(exports)
        yield name, measured(exports, of_crowd(crowd), folder / name)


def _account(text: str) -> Account:
    platform, _, native = text.partition(":")
    return Account(platform, native)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verbose", action="store_true")
    verbose = parser.parse_args().verbose
    print("| | Contacts | Pairs | Merges right | at least probably | Relationships right |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, found in everybody(Path(folder)):
            merges, probably = found.right_merges(), found.right_merges(Sureness.MIDDLE)
            right = [f"{good} of {all_}" for good, all_ in (merges, probably, found.right_relations)]
            print("|", " | ".join((name, str(len(found.person)), str(found.pairs), *right)), "|")
            proposals: list[Proposal] = [*found.same, *found.relations]
            for one in proposals if verbose else ():
                print(f"    {one.key} ({one.sureness}): {'; '.join(one.reasons)}")


if __name__ == "__main__":
    main()
