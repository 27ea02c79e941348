"""The IPIP-NEO-120 by its published key: which statement speaks for what, what is told, and what is left open."""

from collections import Counter
from itertools import pairwise

import pytest

from bot.personality.facets import DOMAINS, FACETS
from bot.personality.items import HELD_OUT, ITEMS, SCALE
from bot.personality.scores import Level, approximate_type, domain_scores, facet_scores

BACKWARDS = {
    9, 19, 24, 30, 39, 40, 48, 49, 51, 53, 54, 60, 62, 67, 68, 69, 70, 73, 74, 75, 78, 79, 80, 81, 83, 84, 85, 88,
    89, 90, 92, 94, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 113, 114, 115, 116,
    118, 119, 120,
}  # fmt: skip
"""The 55 statements keyed −, as the published inventory has them."""


def agreeing(facets: set[str], number: int) -> int:
    """The answer to a statement of who is as high as can be in these facets, and as low as can be in the others."""
    item = ITEMS[number]
    return int(item.keyed(5 if item.facet.code in facets else 1))


def everybody(facets: set[str]) -> dict[int, int]:
    return {number: agreeing(facets, number) for number in ITEMS}


def test_each_facet_has_four_statements_and_each_domain_six_facets() -> None:
    assert list(ITEMS) == list(range(1, 121))
    assert set(Counter(item.facet.code for item in ITEMS.values()).values()) == {4}
    assert Counter(facet.domain for facet in FACETS) == dict.fromkeys("NEOAC", 6)
    assert len({facet.code for facet in FACETS}) == 30


def test_the_published_key() -> None:
    assert {number for number, item in ITEMS.items() if item.backwards} == BACKWARDS
    for number, facet, said in (
        (1, "N1", "Worry about things."),
        (32, "E1", "Feel comfortable around people."),
        (58, "O6", "Believe that there is no absolute right or wrong."),
        (64, "A1", "Trust what people say."),
        (96, "N2", "Am not easily annoyed."),
        (100, "C2", "Leave my belongings around."),
        (120, "C6", "Act without thinking."),
    ):
        assert (ITEMS[number].facet.code, ITEMS[number].published) == (facet, said)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_statement_is_a_sentence_about_oneself_in_both_languages(language: str) -> None:
    said = [item.text(language) for item in ITEMS.values()]
    assert len(set(said)) == 120 and len(SCALE[language]) == 5
    assert all(one.endswith("。" if language == "zh" else ".") for one in said)
    assert all("我" in one if language == "zh" else one.startswith("I ") for one in said)
    assert "I don't understand people who get emotional." in said or language == "zh"


def test_the_norms_of_the_facets_add_up_to_those_of_their_domains() -> None:
    for domain in DOMAINS:
        means = [facet.mean for facet in FACETS if facet.domain == domain.code]
        assert sum(means) / 6 == pytest.approx(domain.mean, abs=0.011), domain.code


def test_the_highest_and_the_lowest_that_can_be() -> None:
    high = facet_scores(everybody({facet.code for facet in FACETS}))
    low = facet_scores(everybody(set()))
    assert {score.raw for score in high} == {20} and {score.raw for score in low} == {4}
    assert {score.raw for score in domain_scores(high)} == {120} and {score.raw for score in domain_scores(low)} == {24}
    assert {score.level for score in high} == {Level.HIGH} and {score.level for score in low} == {Level.LOW}


def test_who_agrees_with_everything_or_with_nothing_is_not_extreme() -> None:
    """The key turns half of the statements round, so that always saying yes says little."""
    for answer in (1, 5):
        domains = domain_scores(facet_scores(dict.fromkeys(ITEMS, answer)))
        assert all(36 < score.raw < 108 for score in domains)


def test_a_facet_is_told_from_three_answers_on_and_no_fewer() -> None:
    anxiety = {1: 4, 31: 5, 61: 3, 91: 4}
    (whole,) = facet_scores(anxiety)
    assert (whole.trait.code, whole.raw) == ("N1", 16) and whole.z == pytest.approx((16 - 12.07) / 3.77)
    (told,) = facet_scores({1: 4, 31: 5, 61: 3})
    assert told.raw == 16, "the fourth is taken to be the mean of the three"
    assert facet_scores({1: 4, 31: 5}) == () and facet_scores({}) == ()
    (anger,) = facet_scores({6: 2, 36: 2, 66: 1, 96: 5})
    assert anger.raw == 2 + 2 + 1 + 1, "who is not easily annoyed is low in anger"


def test_a_domain_is_told_only_with_all_its_facets() -> None:
    answers = everybody({"N1"})
    for number in (1, 31):
        del answers[number]
    assert [score.trait.code for score in domain_scores(facet_scores(answers))] == ["E", "O", "A", "C"]


def test_four_letters_are_guessed_and_an_average_domain_gets_none() -> None:
    def guessed(*domains: str) -> str | None:
        high = {facet.code for facet in FACETS if facet.domain in domains}
        return approximate_type(domain_scores(facet_scores(everybody(high))))

    assert guessed("O", "A") == "INFP" and guessed("E", "C") == "ESTJ" and guessed("E", "O", "A", "C") == "ENFJ"
    assert guessed("N", "O", "A") == "INFP", "there is no letter for neuroticism"
    answers = everybody({facet.code for facet in FACETS if facet.domain in "OA"})
    answers |= {number: (3, 4)[number % 2] for number, item in ITEMS.items() if item.facet.domain == "E"}
    domains = domain_scores(facet_scores(answers))
    assert {score.trait.code: score.level for score in domains}["E"] is Level.AVERAGE
    assert approximate_type(domains) == "XNFP"
    assert approximate_type([score for score in domains if score.trait.code != "E"]) is None
    assert approximate_type([score for score in domains if score.trait.code != "N"]) == "XNFP"


def test_the_band_about_the_middle_reaches_half_a_standard_deviation() -> None:
    scores = [
        facet_scores({1: 3, 31: 3, 61: answer, 91: other})[0] for answer, other in ((3, 2), (3, 4), (4, 4), (2, 2))
    ]
    assert [score.level for score in scores] == [Level.AVERAGE, Level.AVERAGE, Level.HIGH, Level.LOW]


def test_one_statement_of_each_facet_is_held_out_and_half_of_them_are_turned_round() -> None:
    assert Counter(ITEMS[number].facet.code for number in HELD_OUT) == {facet.code: 1 for facet in FACETS}
    assert sum(ITEMS[number].backwards for number in HELD_OUT) == 15
    rows = [(number - 1) // 30 for number in sorted(HELD_OUT, key=lambda number: (number - 1) % 30)]
    assert all((after - before) % 4 == 1 for before, after in pairwise(rows)), "first, second, third, fourth in turn"
