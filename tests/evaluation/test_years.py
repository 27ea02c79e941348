"""Panel C as of a year: people who changed and who did not, and avatars that heed the year and that do not."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.chat.dialogue import Scene, Speaker, Turn
from tests.evaluation.diary import GRAN, MEI, Teller, alike, day_of, diary, plain, to_elders, to_friends
from training.data.dialogues import Dialogue
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL, QUICK
from training.evaluation.panel import Kind, Panel
from training.evaluation.panels.context.panel import panel
from training.evaluation.panels.context.years import Years
from training.evaluation.respondent import Bubbles, Question, Respondents

BASE = Teller("base", plain)
LEARNT, EVERY = 60, 100


def changed(topic: str, number: int) -> Bubbles:
    """Somebody who wrote lol in the first year and letters in the second."""
    return (to_friends if number < LEARNT // 2 else to_elders)(topic, number)


def year_of(number: int) -> int:
    return 2022 if number < LEARNT // 2 else 2024 if number < LEARNT else 2026


def over_years(
    styles: dict[Speaker, Callable[[str, int], Bubbles]], year: Callable[[int], int] = year_of, language: str = "en"
) -> EvaluationData:
    """The diary of a hundred days, of which thirty lie in 2022, thirty in 2024, and the rest in 2026."""
    data = diary(EVERY, styles, language)

    def moved(one: Dialogue) -> Dialogue:
        number = (one.day - day_of(0)).days
        return replace(one, day=date(year(number), 1, 1) + timedelta(days=number))

    return replace(data, dialogues={split: tuple(map(moved, found)) for split, found in data.dialogues.items()})


def heeds(scene: Scene, turns: Sequence[Turn], said: Bubbles) -> float:
    return plain(scene, turns, said) - (5.0 if said[0].startswith("Dear") == (scene.era == "2024") else 0.0)


def as_of(question: Question) -> Bubbles:
    write = to_friends if question.scene.era == "2022" else to_elders
    return write("weather", len(question.turns[-1].bubbles[0].text))


HEEDS, DEAF = Teller("echo", heeds, as_of), Teller("echo", plain)


@pytest.fixture(scope="module")
def data() -> EvaluationData:
    return over_years({MEI: changed})


def numbers(found: Panel, kind: Kind) -> dict[str, float]:
    return {key: one.number for row in found.rows if row.kind is kind for key, one in row.values.items()}


def test_one_that_heeds_the_year_passes(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, HEEDS), FULL)
    avatar = numbers(found, Kind.AVATAR)
    assert avatar["era_accuracy"] == 1.0 and avatar["era_ratio"] == pytest.approx(1.0) and avatar["era_win"] == 1.0
    assert found.verdicts()["era_ratio"]
    assert numbers(found, Kind.CEILING)["era_accuracy"] > 0.95
    assert numbers(found, Kind.BASE)["era_accuracy"] == numbers(found, Kind.BASE)["era_win"] == 0.5
    assert 0.3 < numbers(found, Kind.SHUFFLED)["era_accuracy"] < 0.7
    assert max(row.values["era_ratio"].number for row in found.rows if row.kind is Kind.DEGENERATE) < 0.4
    assert "as of 2022 and as of 2024, it answers differently, as Nora would" in found.findings[-1]


def test_one_that_does_not_is_at_chance_and_misses(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, DEAF), FULL)
    assert numbers(found, Kind.AVATAR)["era_ratio"] == 0.0 and numbers(found, Kind.AVATAR)["era_win"] == 0.5
    assert not found.verdicts()["era_ratio"]
    assert "it answers much the same" in found.findings[-1]


def test_only_the_year_differs_in_what_is_asked(data: EvaluationData) -> None:
    years = Years.of(data, 10)
    assert years is not None and years.eras == ("2022", "2024") and len(years.asked) == 10
    asked = years.questions()
    assert [one.scene.era for one in asked] == ["2022"] * 10 + ["2024"] * 10
    assert [replace(one.scene, era="") for one in asked[:10]] == [replace(one.scene, era="") for one in asked[10:]]
    assert [one.turns for one in asked[:10]] == [one.turns for one in asked[10:]]
    assert all(len(one.turns) == 1 for one in asked), "what she said before would tell the year"
    assert all(one.day.year == 2026 for one in years.asked), "nothing that was learnt is asked"


def test_somebody_who_never_changed_cannot_be_measured_and_nothing_is_asked() -> None:
    data = over_years({MEI: alike})
    respondent = replace(HEEDS, asked=[])
    found = panel(data, Respondents(BASE, respondent), FULL)
    assert found.findings[-1].startswith("Nora did not change between 2022 and 2024")
    assert found.not_measurable is not None and "cannot be told apart by their form" in found.not_measurable
    assert not [key for row in found.rows for key in row.values if key.startswith("era")]
    assert not [one for one in respondent.asked if one.scene.era], "no call to the model is spent"


def test_years_dealt_to_the_days_by_chance_do_not_differ() -> None:
    """The control: she did change, but what is called 2022 and 2024 is any day."""
    dealt = [2022, 2024] * (LEARNT // 2)
    random.Random(1).shuffle(dealt)
    years = Years.of(over_years({MEI: changed}, lambda number: dealt[number] if number < LEARNT else 2026), 30)
    assert years is not None and not years.differ


def test_whom_she_talked_with_more_is_no_change() -> None:
    """In 2022 mostly with a friend, in 2024 mostly with her grandmother; to each she always wrote the same."""
    data = over_years({MEI: to_friends, GRAN: to_elders})

    def kept(one: Dialogue) -> bool:
        often = (one.scene.partner == MEI) == (one.day.year == 2022)
        return often or one.day.timetuple().tm_yday % 3 == 0

    train = tuple(filter(kept, data.dialogues[Split.TRAIN]))
    years = Years.of(replace(data, dialogues={**data.dialogues, Split.TRAIN: train}), 30)
    assert years is not None and not years.differ


@pytest.mark.parametrize(
    "data",
    [diary(60), over_years({MEI: changed}, lambda number: 2022 if number < 3 else 2024), over_years({})],
    ids=["one year", "few days of the other", "no private chats"],
)
def test_where_there_are_no_two_years_that_is_said(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, HEEDS), QUICK)
    assert found.findings[-1].startswith("Years cannot be measured: the chats that were learnt hold no two years")


def test_in_chinese() -> None:
    found = panel(over_years({MEI: changed}, language="zh"), Respondents(BASE, HEEDS), QUICK)
    assert found.findings[-1].startswith("同样的问题，分别以2022年和2024年来问，它答得不一样，像Nora当年那样")
    assert set(found.examples[-1].answers) == {"Nora", "以2022年", "以2024年"}
