"""Ten replies, the real one first: who they are of, and what a ranking is worth."""

import numpy as np
import pytest

from tests.evaluation.diary import MEI, Teller, diary, plain, to_friends
from training.data.splits import Split
from training.evaluation.panels.likelihood import ranking
from training.evaluation.panels.likelihood.ranking import OTHERS, OWN
from training.evaluation.respondent import Likelihood, occasions, texts


def test_nine_others_five_of_them_her_own() -> None:
    data = diary()
    asked = occasions(data.dialogues[Split.TEST])
    found = ranking.choices(data, asked)
    assert len(found) == len(asked) == 40
    own = {one.real: one for split in Split for one in occasions(data.dialogues[split])}
    unseen = {one.real for split in (Split.VALIDATION, Split.TEST) for one in occasions(data.dialogues[split])}
    for choice in found:
        assert choice.candidates[0] == choice.occasion.real
        assert len(set(choice.candidates)) == 1 + OWN + OTHERS
        assert all(one in unseen for one in choice.candidates[: 1 + OWN]), "her own words of days not learnt"
        assert not any(one in own for one in choice.candidates[1 + OWN :]), "what others said"
        beside = {texts(turn.bubbles) for turn in choice.occasion.question.turns}
        assert not beside & set(choice.candidates[1:]), "nothing that stands there already"
    assert found == ranking.choices(data, asked), "the same each time"


def test_like_length_and_the_real_one_not_always_in_the_middle() -> None:
    data = diary(100)
    found = ranking.choices(data, occasions(data.dialogues[Split.TEST]))
    places = []
    for choice in found:
        lengths = np.array([ranking.length(one) for one in choice.candidates[: 1 + OWN]])
        places.append(float((lengths < lengths[0]).mean() + 0.5 * (lengths == lengths[0]).mean()))
        assert lengths.max() < 4 * lengths.min()
    assert 0.35 < np.mean(places) < 0.65
    assert np.std(places) > 0.1


def test_too_few_others_give_no_choice() -> None:
    data = diary(3, {MEI: to_friends})
    assert ranking.choices(data, occasions(data.dialogues[Split.TEST])) == []
    assert ranking.ask(Teller("x", plain), [], data.persona) == ranking.Ranked([], [], [])


def test_common_phrases_have_no_advantage_by_information() -> None:
    here = [Likelihood(nats, 1, size) for nats, size in ((8, 10), (2, 4), (9, 10))]
    nowhere = [Likelihood(nats, 1, size) for nats, size in ((20, 10), (2.5, 4), (10, 10))]
    assert ranking.by_likelihood(here).argmax() == 1
    assert ranking.by_information(here, nowhere).tolist() == [12, 0.5, 1]


def test_recall_and_reciprocal_rank() -> None:
    for scores, first, reciprocal in (
        ([3, 1, 2], 1, 1),
        ([1, 3, 2], 0, 1 / 3),
        ([2, 2, 1, 0], 0.5, 1 / 1.5),
        ([1] * 10, 0.1, 1 / 5.5),
    ):
        array = np.array(scores, dtype=np.float64)
        assert (ranking.first(array), ranking.reciprocal(array)) == pytest.approx((first, reciprocal))


def test_every_choice_is_asked_in_its_place_in_another_and_nowhere() -> None:
    data = diary()
    choices = ranking.choices(data, occasions(data.dialogues[Split.TEST]))[:4]

    def knows(scene: object, turns: tuple[object, ...], said: tuple[str, ...]) -> float:
        return 1.0 if any(c.occasion.question.turns == turns and c.occasion.real == said for c in choices) else 50.0

    respondent = Teller("x", knows)  # type: ignore[arg-type]
    ranked = ranking.ask(respondent, choices, data.persona)
    assert [one[0].nats for one in ranked.here] == [1.0] * 4
    assert [one[0].nats for one in ranked.swapped] == [50.0] * 4
    assert [len(one) for one in (*ranked.here, *ranked.swapped, *ranked.nowhere)] == [10] * 12
    assert {len(one.turns) for one in respondent.asked[4:]} == {1}
    assert ranking.ask(respondent, choices[:1], data.persona).swapped == [[]]
