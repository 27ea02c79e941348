"""How a panel is made: everybody is asked alike; rows, sentences and differences come out in one order."""

from dataclasses import replace

import numpy as np
import pytest
from jinja2 import TemplateNotFound

from tests.evaluation.diary import MEI, Teller, diary, plain
from training.data.splits import Split
from training.evaluation.driver import Draft, differences, values
from training.evaluation.panel import Kind
from training.evaluation.respondent import Question, Respondents, occasions
from training.statistics import Draws, Value

BASE, ONE, TWO = (Teller(name, plain) for name in ("base", "one", "two"))


def draft(respondents: Respondents | None = None, language: str = "en") -> Draft:
    return Draft(
        "likelihood", diary(10, language=language), Respondents(BASE, ONE, TWO) if respondents is None else respondents
    )


def test_every_voice_is_asked_by_its_kind() -> None:
    assert draft().ask(lambda respondent: respondent.name) == {
        Kind.AVATAR: "one",
        Kind.AGAINST: "two",
        Kind.BASE: "base",
    }
    assert draft(Respondents(BASE)).ask(lambda respondent: respondent.name) == {Kind.BASE: "base"}


def test_rows_stand_in_the_order_of_their_kinds_and_are_named() -> None:
    made = draft()
    controls = [made.row(Kind.DEGENERATE), made.row(Kind.CEILING), made.row(Kind.FLOOR)]
    found = made.rows(made.ask(lambda respondent: {"bits": Value(2.0)}), *controls)
    names = [(row.kind, row.name) for row in found]
    assert names == [
        (Kind.AVATAR, "one"),
        (Kind.AGAINST, "two"),
        (Kind.CEILING, "Nora"),
        (Kind.FLOOR, "other people's words"),
        (Kind.BASE, "base"),
        (Kind.DEGENERATE, "by length alone"),
    ]
    assert found[0].note == "" and found[5].note.startswith("Takes the reply")
    why = made.row(Kind.AVATAR, {"bits": Value(2.0)}, refuted={"bits": "It copies.", "lower": "It copies."})
    assert why.note == "It copies." and set(why.refuted) == {"bits", "lower"}


def test_without_an_avatar_there_is_no_verdict() -> None:
    made = draft(Respondents(BASE))
    found = made.panel([made.metric("bits")], made.rows({}), own=5, others=4)
    assert found.not_measurable == "No LoRA was examined, only the base model."
    assert (found.letter, found.title, found.metrics[0].label) == (
        "B",
        "Does it foresee their words?",
        "Bits per character",
    )
    zh = draft(language="zh")
    assert zh.panel(missing="没有。", own=5, others=4).not_measurable == "没有。"
    assert zh.panel(own=5, others=4).not_measurable is None


def test_two_avatars_are_compared_draw_by_draw() -> None:
    draws = Draws(["a", "b", "c", "d"])
    one, two = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 2.0, 3.0])
    drawn = {
        Kind.AVATAR: {"mean": draws.mean(one), "own": draws.mean(one)},
        Kind.AGAINST: {"mean": draws.mean(two)},
        Kind.BASE: {"mean": draws.mean(two)},
    }
    less = differences(drawn)
    assert set(less) == {"mean"}, "what only one of them has is not compared"
    assert (less["mean"].number, less["mean"].low, less["mean"].high) == (1, 1, 1), "pair by pair nothing is unsure"
    assert values(drawn[Kind.AVATAR])["mean"].low < 2.5
    del drawn[Kind.AGAINST]
    assert differences(drawn) == {}


def test_an_example_shows_the_last_three_turns_with_their_photos() -> None:
    data = diary(10, photo=lambda number: f"photo{number}")
    *_, occasion = occasions(data.dialogues[Split.TEST])
    made = draft()
    found = made.example(occasion.question, {"Nora": occasion.real}, "A note.")
    assert [line.split(":")[0] for line in found.before] == ["Edith", "Edith", "me", "Edith", "Edith"]
    assert found.before[0] == found.before[3] == "Edith: [photo]" and len(found.photos) == 2
    last = replace(occasion.question.turns[-1], speaker=replace(MEI, name=None))
    nameless = made.example(Question(occasion.question.scene, (last,)), {}, photos=())
    assert nameless.before[-1].startswith("somebody: hey") or nameless.before[-1].startswith("somebody: Darling")
    assert nameless.photos == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_catalogue_lacks_fails_at_once(language: str) -> None:
    with pytest.raises(TemplateNotFound):
        draft(language=language).metric("surprise")
