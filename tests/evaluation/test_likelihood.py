"""Panel B with planted respondents: one that knows her, one that knows only the chats, and one that knows nothing."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.chat.dialogue import Scene, Turn
from tests.evaluation.diary import MEI, Teller, diary, length, plain, to_friends
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL, QUICK
from training.evaluation.panel import Kind
from training.evaluation.panels.likelihood.panel import panel
from training.evaluation.report import Mark, mark
from training.evaluation.respondent import Bubbles, Respondents

BASE = Teller("base", plain)


def sounds_like_her(said: Bubbles) -> bool:
    return said[0].startswith(("lol", "Dear Grandmother"))


def topic(said: Bubbles) -> str:
    words = " ".join(said).replace(".", " ").replace("?", " ").split()
    return words[words.index("the") + 1]


def knows_her(_scene: Scene, turns: Sequence[Turn], said: Bubbles) -> float:
    """Likes her words, and most of all those that speak of what was asked about."""
    nats = plain(_scene, turns, said) * (0.7 if sounds_like_her(said) else 1.0)
    asked = " ".join(bubble.text for bubble in turns[-1].bubbles)
    return nats - (6.0 if topic(said) in asked else 0.0)


def knows_chats(_scene: Scene, turns: Sequence[Turn], said: Bubbles) -> float:
    return 0.8 * plain(_scene, turns, said)


@pytest.fixture(scope="module")
def data() -> EvaluationData:
    return diary()


def test_one_that_knows_her_passes(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, Teller("echo", knows_her)), FULL)
    rows = {row.kind: row.values for row in found.rows}
    assert found.not_measurable is None
    assert mark(found) is Mark.PASSES
    assert rows[Kind.AVATAR]["lower"].number == pytest.approx(0.35, abs=0.1)
    assert rows[Kind.AVATAR]["lower"].low > 0.15
    assert rows[Kind.BASE]["bits"].number == pytest.approx(3 / math.log(2), abs=0.3)
    assert rows[Kind.FLOOR]["lower"].number < 0.1, "other people's words are no likelier"
    assert rows[Kind.AVATAR]["first"].low > 0.5, "some others speak of the same"
    assert rows[Kind.BASE]["first"].number == pytest.approx(0.1), "all the same to it"
    assert rows[Kind.SHUFFLED]["first"].number < 0.2
    assert rows[Kind.DEGENERATE]["first"].number < 0.4
    assert set(rows) == set(Kind) - {Kind.AGAINST, Kind.BASELINE}
    assert rows[Kind.AVATAR]["lower_private"] == rows[Kind.AVATAR]["lower"]
    assert "lower_group" not in rows[Kind.AVATAR]


def test_one_that_only_knows_chats_is_found_out_by_other_peoples_words(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, Teller("echo", knows_chats)), FULL)
    rows = {row.kind: row.values for row in found.rows}
    assert rows[Kind.FLOOR]["lower"].number == pytest.approx(rows[Kind.AVATAR]["lower"].number)
    assert rows[Kind.AVATAR]["first"].number < 0.3


def test_one_that_knows_nothing_misses(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, Teller("echo", plain)), FULL)
    assert mark(found) is Mark.MISSES
    assert found.findings[0].startswith("For what Nora really said it needs 0 %")


def test_two_avatars_in_pairs(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, Teller("one", knows_her), Teller("two", knows_chats)), FULL)
    rows = {row.kind: row.values for row in found.rows}
    assert found.row(Kind.AGAINST) is not None
    for key, value in found.differences.items():
        both = rows[Kind.AVATAR][key].number - rows[Kind.AGAINST][key].number
        assert value.number == pytest.approx(both), key
    assert found.differences["lower"].low > 0 > found.differences["bits"].high
    same = panel(data, Respondents(BASE, Teller("one", knows_her), Teller("two", knows_her)), QUICK)
    assert {(value.number, value.low, value.high) for value in same.differences.values()} == {(0.0, 0.0, 0.0)}


def test_without_a_lora_the_base_model_is_shown(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE), QUICK)
    assert found.not_measurable == "No LoRA was examined, only the base model."
    assert found.row(Kind.AVATAR) is None
    assert mark(found) is Mark.UNKNOWN


def test_too_little_is_a_sentence() -> None:
    few = panel(diary(4, {MEI: to_friends}), Respondents(BASE, Teller("echo", plain)), FULL)
    assert few.not_measurable == "Of Nora's replies 2 lie on the test days; at least 20 are needed."
    assert mark(few) is Mark.UNKNOWN
    assert "Too few other replies" in few.findings[-1]
    data = diary(4)
    none = panel(replace(data, dialogues=dict.fromkeys(Split, ())), Respondents(BASE, Teller("echo", plain)), FULL)
    assert none.not_measurable
    assert none.figures == ()


def test_in_chinese() -> None:
    found = panel(diary(language="zh"), Respondents(BASE, Teller("echo", knows_her)), QUICK)
    assert found.findings[0].startswith("读Nora真正说过的话")
    assert found.metrics[0].label == "每字比特数"


def test_it_shows_what_each_took_for_real_and_draws(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, Teller("echo", knows_her)), FULL)
    assert all(example.answers["echo"] == example.answers["Nora"] for example in found.examples)
    assert all(length(answer) for example in found.examples for answer in example.answers.values())
    assert found.figures[0].svg.startswith("<svg")
    assert found == panel(data, Respondents(BASE, Teller("echo", knows_her)), FULL), "the same each time"


def test_first_replies_after_a_silence_are_told_from_the_others(data: EvaluationData) -> None:
    """One that knows her only once the talk is going saves nothing where it begins."""

    def later(scene: Scene, turns: Sequence[Turn], said: Bubbles) -> float:
        return knows_her(scene, turns, said) if len(turns) > 1 else plain(scene, turns, said)

    found = {row.kind: row.values for row in panel(data, Respondents(BASE, Teller("late", later)), FULL).rows}
    assert found[Kind.AVATAR]["lower_first"].number == pytest.approx(0)
    assert found[Kind.AVATAR]["lower_later"].low > 0.15
    together = found[Kind.AVATAR]["lower"].number
    assert found[Kind.AVATAR]["lower_first"].number < together < found[Kind.AVATAR]["lower_later"].number
