"""Scores of the IPIP-NEO-120 by its published key: facets, domains, and four letters guessed from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.personality.facets import DOMAINS, FACETS, Trait
from bot.personality.items import ITEMS

BAND = 0.5
"""Within so many standard deviations of the mean a score is called average, as in Johnson's own reports."""

_OF_FACET, _OF_DOMAIN, _NEEDED = 4, 6, 3

LETTERS = {"E": "EI", "O": "NS", "A": "FT", "C": "JP"}
"""The letter of who is high in a domain, and of who is low; in the order in which they are written."""


class Level(StrEnum):
    LOW = "low"
    AVERAGE = "average"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Score:
    """raw: from 4 to 20 for a facet, from 24 to 120 for a domain. z: standard deviations above the norms' mean."""

    trait: Trait
    raw: float
    z: float

    @property
    def level(self) -> Level:
        """How it stands among the people of the norms."""
        return Level.AVERAGE if abs(self.z) <= BAND else Level.HIGH if self.z > 0 else Level.LOW


def facet_scores(answers: Mapping[int, int]) -> tuple[Score, ...]:
    """Returns the facets that can be told, in the order of the statements. answers: 1 to 5, by statement.

    A facet needs three of its four answers; the fourth is then taken to be their mean.
    """
    found = []
    for facet in FACETS:
        given = [
            item.keyed(answers[item.number])
            for item in ITEMS.values()
            if item.facet is facet and item.number in answers
        ]
        if len(given) >= _NEEDED:
            raw = _OF_FACET * sum(given) / len(given)
            found.append(Score(facet, raw, (raw - facet.mean) / facet.sd))
    return tuple(found)


def domain_scores(facets: Sequence[Score]) -> tuple[Score, ...]:
    """Returns the domains of which every facet is told."""
    found = []
    for domain in DOMAINS:
        raw = [score.raw for score in facets if score.trait.domain == domain.code]
        if len(raw) == _OF_DOMAIN:
            found.append(Score(domain, sum(raw), (sum(raw) / _OF_DOMAIN - domain.mean) / domain.sd))
    return tuple(found)


def approximate_type(domains: Sequence[Score]) -> str | None:
    """Returns four letters such as `INFP`, X where a domain is average; None where one of the four is not told.

    The domains go with the four indices of that kind in these directions: McCrae and Costa, "Reinterpreting the
    Myers-Briggs Type Indicator From the Perspective of the Five-Factor Model of Personality", Journal of Personality
    57(1), 1989, who also found no types, only dimensions. So it is a way of speaking, and no result of that test.
    """
    by_code = {score.trait.code: score for score in domains}
    if not by_code.keys() >= LETTERS.keys():
        return None
    letters = {Level.HIGH: 0, Level.LOW: 1}
    levels = ((both, by_code[code].level) for code, both in LETTERS.items())
    return "".join("X" if level is Level.AVERAGE else both[letters[level]] for both, level in levels)
