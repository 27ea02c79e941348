"""Panel C with respondents that heed whom they talk with and that do not, and with people who do not adapt."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from scipy.stats import binomtest

from bot.chat.dialogue import Scene, Speaker, Turn
from bot.chat.prompt import render
from bot.media import MediaStore
from bot.message import ChatKind
from tests.evaluation.diary import (
    GRAN,
    MEI,
    TOM,
    Teller,
    alike,
    day_of,
    diary,
    plain,
    to_elders,
    to_friends,
    with_context,
)
from tests.support import byte_codec
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL, QUICK
from training.evaluation.panel import Kind
from training.evaluation.panels.context.panel import panel
from training.evaluation.panels.context.relationships import UNTRAINED_SKIPS, known, private, relabelled, trials
from training.evaluation.panels.context.trials import Pair, mean_gain, read, win_rate, wins
from training.evaluation.report import Mark, mark
from training.evaluation.respondent import Bubbles, Question, Respondents
from training.statistics import value

BASE = Teller("base", plain)


def heeds(scene: Scene, turns: Sequence[Turn], said: Bubbles) -> float:
    """Expects lower case from friends and letters from others."""
    letter = said[0].startswith("Dear")
    return plain(scene, turns, said) - (5.0 if letter == (scene.partner.relationship != "friend") else 0.0)


def adapts(question: Question) -> Bubbles:
    write = to_friends if question.scene.partner.relationship == "friend" else to_elders
    return write("weather", len(question.turns))


HEEDS = Teller("echo", heeds, adapts)
DEAF = Teller("echo", plain)


@pytest.fixture(scope="module")
def data() -> EvaluationData:
    return diary()


def test_one_that_heeds_whom_it_talks_with_passes(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, HEEDS), FULL)
    rows = {row.kind: row.values for row in found.rows if row.values}
    assert found.not_measurable is None
    assert mark(found) is Mark.PASSES
    assert rows[Kind.AVATAR]["relationship_win"].number == 1.0
    assert rows[Kind.AVATAR]["relationship_gain"].number == pytest.approx(5.0)
    assert rows[Kind.AVATAR]["relationship_ratio"].number == pytest.approx(1.0)
    assert rows[Kind.CEILING]["relationship_accuracy"].number > 0.95
    assert rows[Kind.BASE]["relationship_win"].number == rows[Kind.BASELINE]["relationship_win"].number == 0.5
    assert rows[Kind.SHUFFLED]["relationship_win"].number == pytest.approx(0.5, abs=0.15)
    tricks = [row.values["relationship_ratio"].number for row in found.rows if row.kind is Kind.DEGENERATE]
    assert len(tricks) == 2
    assert max(tricks) < 0.4, "one reply for all, and real ones for just anybody"
    assert {row.kind for row in found.rows} == set(Kind) - {Kind.AGAINST}
    assert "it heeds whom it talks with" in found.findings[0]


def test_one_that_does_not_is_at_chance_and_misses(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, DEAF), FULL)
    avatar = found.row(Kind.AVATAR)
    assert avatar is not None
    assert avatar.values["relationship_win"].number == 0.5
    assert avatar.values["relationship_ratio"].number == 0.0
    assert found.verdicts() == {"relationship_win": False, "relationship_ratio": False}
    assert "hardly heeds" in found.findings[0]


def test_somebody_who_talks_to_all_the_same_cannot_be_measured() -> None:
    found = panel(diary(styles={MEI: alike, GRAN: alike}), Respondents(BASE, HEEDS), FULL)
    assert found.not_measurable is not None
    assert found.not_measurable.startswith("Nora does not adapt")
    assert found.findings[0].startswith("Nora does not adapt")
    assert mark(found) is Mark.UNKNOWN
    avatar = found.row(Kind.AVATAR)
    assert avatar is not None
    assert "relationship_win" in avatar.values, "the numbers are shown"
    assert "relationship_ratio" not in avatar.values


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (diary(styles={MEI: to_friends}), "no private chats with people of different relationships"),
        (diary(styles={Speaker("Zed"): to_friends, MEI: to_friends}), "no private chats with people of different"),
        (diary(8), "wrote too few private replies"),
        (diary(styles={}), "no private chats"),
    ],
    ids=["one contact", "one contact and a stranger", "few days", "no private chats"],
)
def test_what_is_missing_is_said(data: EvaluationData, reason: str) -> None:
    found = panel(data, Respondents(BASE, HEEDS), FULL)
    assert found.not_measurable is not None
    assert reason in found.not_measurable
    assert "Pictures: Nora answered 0 photos" in found.not_measurable
    assert mark(found) is Mark.UNKNOWN


def test_two_relationships_of_one_register_are_held_against_each_other() -> None:
    sister = Speaker("Lin", "sibling")
    found = panel(diary(styles={MEI: to_friends, sister: to_elders}), Respondents(BASE, HEEDS), FULL)
    assert found.not_measurable is None
    assert "those to friend from those to sibling" in found.findings[1]


def test_only_the_tag_is_exchanged_and_the_name_is_gone(data: EvaluationData) -> None:
    items = relabelled(private(data, Split.TEST), known(data))
    assert known(data) == ["friend", "elder"]
    codec = byte_codec(MediaStore(__file__))  # type: ignore[arg-type]
    for item in items:
        right, wrong, named = (
            codec.decode(list(render(scene, item.dialogue.turns, codec).ids))
            for scene in (
                item.scene(item.relationship),
                item.scene(item.wrong[0]),
                item.scene(item.relationship, named=True),
            )
        )
        assert right.replace(f"Relationship: {item.relationship}", f"Relationship: {item.wrong[0]}") == wrong != right
        assert "with somebody." in right
        assert f"with {item.dialogue.scene.partner.name}." in named
        assert item.relationship not in item.wrong


def test_wrong_ones_are_of_the_other_register_in_turn() -> None:
    data = diary(styles={MEI: to_friends, GRAN: to_elders, TOM: to_elders, Speaker("Lin", "sibling"): to_friends})
    items = relabelled(private(data, Split.TEST), known(data))
    pairs = {(item.relationship, item.wrong[0]) for item in items}
    close, far = {"friend", "sibling"}, {"elder", "colleague"}
    assert pairs == {(one, two) for one in close for two in far} | {(two, one) for one in close for two in far}
    assert all(len({item.relationship, *item.wrong}) == 3 for item in items)


def test_earlier_words_are_left_out_once_and_carried_turns_are_not_asked_for(data: EvaluationData) -> None:
    def before(respondent: Teller, it: EvaluationData) -> tuple[int, list[int]]:
        nats = read(respondent, trials(relabelled(private(it, Split.TEST), known(it))), UNTRAINED_SKIPS)
        return len(nats["alone"]), [len(question.turns) for question in respondent.asked]

    number, turns = before(Teller("echo", plain), data)
    assert turns == [1] * 2 * number + [1, 3] * number
    assert before(Teller("echo", plain), with_context(data, 2)) == (number // 2, [1] * number + [3] * number)


def test_two_avatars_in_pairs(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, HEEDS, replace(DEAF, name="other")), QUICK)
    assert found.differences["relationship_win"].number == 0.5
    assert found.differences["relationship_win"].low == 0.5, "each reply is better, so every resample is"
    assert found.row(Kind.AGAINST) is not None


def test_without_a_lora(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE), QUICK)
    assert found.not_measurable == "No LoRA was examined, only the base model."
    assert found.row(Kind.BASE) is not None


def test_in_chinese() -> None:
    found = panel(diary(language="zh"), Respondents(BASE, HEEDS), QUICK)
    assert found.findings[0].startswith("关系写对时，Nora的真实回复在 100 %")
    assert "是写给朋友的还是写给长辈的" in found.findings[1]
    assert found.findings[-1].startswith("年份无法评估：学过的聊天里，没有哪两年")


def test_examples_are_those_that_differ_most(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, HEEDS), FULL)
    assert [example.answers["Nora"][0][:4] for example in found.examples] in (["lol ", "Dear"], ["Dear", "lol "])
    assert found.examples[0].note.startswith("As to a")
    assert found == panel(data, Respondents(BASE, HEEDS), FULL), "the same each time"


def pairs(*gains: float, days: int) -> list[Pair]:
    return [Pair(10.0, 10.0 + gain, day_of(number % days)) for number, gain in enumerate(gains)]


def test_with_few_days_the_interval_is_that_of_the_sign_test() -> None:
    found = win_rate(pairs(1, 2, -1, 3, 0.5, 4, days=3))
    exact = binomtest(5, 6).proportion_ci()
    assert (found.number, found.low, found.high) == pytest.approx((5 / 6, exact.low, exact.high))


def test_with_more_days_they_are_drawn_whole() -> None:
    gains = [1.0 if number % 10 < 7 else -1.0 for number in range(100)]  # each day wholly won or wholly lost
    clustered, alone = win_rate(pairs(*gains, days=10)), binomtest(70, 100).proportion_ci()
    assert clustered.number == pytest.approx(0.7)
    assert clustered.high - clustered.low > 1.5 * (alone.high - alone.low)


def test_what_is_equal_counts_half() -> None:
    assert win_rate(pairs(0, 0, 0, days=2)).number == 0.5
    even = win_rate(pairs(*[0.0] * 20, days=10))
    assert (even.number, even.low, even.high) == (0.5, 0.5, 0.5)
    assert win_rate(pairs(1, 0, days=1)).number == 0.75
    assert mean_gain(pairs(1, 2, 3, days=3)).number == pytest.approx(2)
    assert value(wins(pairs(1, 1, days=2)) - wins(pairs(-1, 0, days=2))).number == 0.75
    assert str(win_rate([]).number) == str(mean_gain([]).number) == "nan"


def test_groups_are_left_out(data: EvaluationData) -> None:
    group = replace(data.dialogues[Split.TEST][0], scene=Scene(data.persona, ChatKind.GROUP, title="Lamps"))
    more = replace(data, dialogues={**data.dialogues, Split.TEST: (group, *data.dialogues[Split.TEST])})
    assert len(private(more, Split.TEST)) == len(private(data, Split.TEST))
