"""Panel C on people without a past: what examples are worth, to one that takes its register from them."""

from dataclasses import replace

import pytest

from bot.released import Exchange, Released
from tests.evaluation.diary import GRAN, MEI, Teller, diary, plain, to_elders, to_friends
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL, QUICK
from training.evaluation.panel import Kind
from training.evaluation.panels.context.panel import panel
from training.evaluation.respondent import Bubbles, Question, Respondents

BASE = Teller("base", plain)
RELEASED: Released = {
    "friend": (Exchange("hungry?", "lol always\nsoup!!"),),
    "elder": (Exchange("Are you well?", "Dear Grandmother, I am well, thank you for asking."),),
}


def follows(question: Question) -> Bubbles:
    """Writes as it wrote before its eyes; with nothing there, as to its elders."""
    before = [turn.bubbles[0].text for turn in question.turns if turn.speaker is None]
    write = to_friends if before and before[-1].startswith("lol") else to_elders
    return write("weather", len(question.turns[-1].bubbles[0].text))


def copies(question: Question) -> Bubbles:
    before = [turn for turn in question.turns if turn.speaker is None]
    return tuple(one.text for one in before[-1].bubbles) if before else ("hm",)


@pytest.fixture(scope="module")
def data() -> EvaluationData:
    return replace(diary(), released=RELEASED)


def values(data: EvaluationData, avatar: Teller) -> dict[str, float]:
    found = panel(data, Respondents(BASE, avatar), FULL).row(Kind.AVATAR)
    assert found is not None
    return {key: one.number for key, one in found.values.items() if key.startswith("new")}


def test_examples_give_the_register_to_one_that_follows_them(data: EvaluationData) -> None:
    assert values(data, Teller("echo", plain, follows)) == {"new_alone": 0.5, "new_shown": 1.0, "new_copied": 0.0}


def test_one_that_says_the_examples_again_is_found_out(data: EvaluationData) -> None:
    assert values(data, Teller("echo", plain, copies))["new_copied"] == 1.0


def test_nobody_is_asked_where_nothing_was_released() -> None:
    assert values(diary(), Teller("echo", plain, follows)) == {}


def test_what_is_asked(data: EvaluationData) -> None:
    """As to somebody who never wrote: no name, nothing of what was said with them, the examples of the relationship."""
    asked: list[Question] = []

    def noted(question: Question) -> Bubbles:
        asked.append(question)
        return follows(question)

    panel(data, Respondents(BASE, Teller("echo", plain, noted)), FULL)
    new = [one for one in asked if one.scene.partner.name is None]
    shown = [one for one in new if len(one.turns) == 3]
    assert len(new) == 2 * len(shown) and {one.scene.partner.relationship for one in shown} == {"friend", "elder"}
    for one in shown:
        example, answer, last = one.turns
        (released,) = RELEASED[one.scene.partner.relationship]
        assert example.memory == ("from a talk with somebody else",) and example.bubbles[0].text == released.they
        assert "\n".join(bubble.text for bubble in answer.bubbles) == released.i
        assert (last.at - answer.at) > data.gap and last.speaker in (MEI, GRAN)


def test_in_chinese() -> None:
    data = replace(diary(language="zh"), released=RELEASED)
    found = panel(data, Respondents(BASE, Teller("echo", plain, follows)), QUICK)
    assert [one for one in found.findings if one.startswith("只知道是什么关系、以前没聊过的人")]
