"""Avatars of which it is known what must be said, on the sample subject: only the person's own words may pass."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.evaluation import planted
from tests.evaluation.made_up import open_photo
from tests.evaluation.style.conftest import Sample
from training.evaluation.data import ME, EvaluationData
from training.evaluation.limits import QUICK, Limits
from training.evaluation.panel import Kind, Panel, Row
from training.evaluation.panels.style.masking import Mask
from training.evaluation.panels.style.panel import panel
from training.evaluation.report import Header, Mark, Report, mark, to_html
from training.evaluation.respondent import Respondents

SOME = Limits(written=100, judged=60)


@pytest.fixture(scope="module")
def wren(sample: Sample) -> EvaluationData:
    return sample("en")


@pytest.fixture(scope="module")
def honest(wren: EvaluationData) -> Panel:
    """The person's own words of other occasions, beside those of a friend."""
    other = planted.another_person(wren, "Mira Santos")
    return panel(wren, Respondents(planted.plain_base(), planted.later_words(wren), other), SOME)


@pytest.fixture(scope="module")
def tricks(wren: EvaluationData) -> Panel:
    return panel(wren, Respondents(planted.plain_base(), planted.copies(wren), planted.stock(wren)), SOME)


def row(found: Panel, kind: Kind, name: str = "") -> Row:
    return next(one for one in found.rows if one.kind is kind and name in one.name)


def number(found: Row, key: str) -> float:
    return found.values[key].number


def test_the_persons_own_words_score_about_100_and_pass(honest: Panel) -> None:
    avatar = row(honest, Kind.AVATAR)
    assert honest.not_measurable is None
    assert 85 <= number(avatar, "fidelity") <= 115
    assert mark(honest) is Mark.PASSES, honest.verdicts()
    assert not any(one.refuted for one in honest.rows if one.kind is not Kind.DEGENERATE)
    assert avatar.values["fidelity"].low < number(avatar, "fidelity") < avatar.values["fidelity"].high


def test_so_does_the_ceiling_and_the_floor_is_0(honest: Panel) -> None:
    ceiling, floor = row(honest, Kind.CEILING), row(honest, Kind.FLOOR)
    assert 85 <= number(ceiling, "fidelity") <= 115
    assert ceiling.values["fidelity"].low < 95, "other days of the same person would not score just the same"
    assert number(floor, "fidelity") == pytest.approx(0)
    assert number(floor, "separation") >= 0.9
    assert {one.kind for one in honest.rows} == set(Kind) - {Kind.BASELINE}


def test_another_persons_words_do_not_pass(honest: Panel) -> None:
    other = row(honest, Kind.AGAINST)
    assert number(other, "fidelity") <= 20
    assert number(other, "excess") > 0.05
    assert honest.differences["fidelity"].low > 40, "the interval of the pairs is clear of 0"


def test_shuffled_labels_know_nothing(honest: Panel) -> None:
    shuffled = row(honest, Kind.SHUFFLED)
    assert 0.25 <= number(shuffled, "separation") <= 0.75
    assert "fidelity" not in shuffled.values


def test_copies_of_training_messages_sound_right_and_are_caught_as_copies(tricks: Panel) -> None:
    avatar = row(tricks, Kind.AVATAR)
    assert number(avatar, "fidelity") > 70
    assert number(avatar, "copied") > 20
    assert tricks.verdicts()["copied"] is False
    assert mark(tricks) is Mark.MISSES
    assert any("as often as the person does" in finding for finding in tricks.findings)


def test_one_stock_reply_is_caught_by_its_variety(tricks: Panel) -> None:
    stock = row(tricks, Kind.AGAINST)
    assert number(stock, "distinct") < 0.2
    assert number(stock, "entropy") == 0
    control = row(tricks, Kind.DEGENERATE, "stock")
    assert number(control, "entropy") == 0


def test_of_single_words_what_was_not_measured_is_no_zero(wren: EvaluationData) -> None:
    """It never writes six words, so none can be copies, nor two, so that pairs of them could vary."""
    words = ("ok", "lol", "soup", "haha", "noo")
    found = panel(
        wren, Respondents(planted.plain_base(), planted.Planted("terse", lambda at, _: (words[at % 5],))), QUICK
    )
    assert found.verdicts()["copied"] is found.verdicts()["distinct"] is None
    assert "its word pairs –" in " ".join(found.findings)
    header = Header("Wren", "en", datetime(2026, 3, 1, tzinfo=UTC), "", "base", "first", None, (), QUICK)
    page = to_html(Report(header, (found,), 1.0), open_photo)
    assert not re.search(r">[^<]*\b(?:nan|inf)\b[^<]*<", page)


def test_tidy_assistant_prose_is_not_taken_for_anybody_at_a_quick_look(wren: EvaluationData) -> None:
    respondents = Respondents(planted.plain_base(), planted.prose(), planted.later_words(wren))
    found = panel(wren, respondents, QUICK)
    assert number(row(found, Kind.AVATAR), "fidelity") <= 20
    assert number(row(found, Kind.DEGENERATE, "prose"), "fidelity") <= 20
    assert number(row(found, Kind.BASE), "fidelity") <= 20
    assert found.verdicts()["fidelity"] is False
    assert number(row(found, Kind.AGAINST), "fidelity") >= 60
    assert panel(wren, respondents, QUICK) == found, "the same again"


def test_eight_examples_of_many_chats_are_shown(tricks: Panel) -> None:
    assert len(tricks.examples) == 8
    assert all(set(one.answers) == {"Wren Halloran", "copies", "stock", "base"} for one in tricks.examples)
    assert len({one.before[-1].split(":")[0] for one in tricks.examples}) >= 4
    assert len(tricks.figures) == 2
    assert all(figure.svg.startswith("<svg") for figure in tricks.figures)


def test_the_base_model_alone_gets_no_verdict(wren: EvaluationData) -> None:
    found = panel(wren, Respondents(planted.plain_base()), QUICK)
    assert found.not_measurable == "No LoRA was examined, only the base model."
    assert number(row(found, Kind.BASE), "fidelity") <= 20


def test_too_few_messages_are_said_to_be_too_few(sample: Sample) -> None:
    data = sample("zh", -6, -3)
    found = panel(data, Respondents(planted.plain_base("zh"), planted.real_words(data)), SOME)
    assert found.not_measurable
    assert found.not_measurable.startswith("无法评判文风：只有 14 条林小满的发言（裁判日）")
    assert mark(found) is Mark.UNKNOWN
    assert found.rows == ()
    assert found.examples, "what was written can still be read"


def test_in_chinese_it_judges_where_the_days_suffice(sample: Sample) -> None:
    """From so few replies that a bundle of them is a small one."""
    data = sample("zh")
    respondents = Respondents(planted.plain_base("zh"), planted.later_words(data), planted.prose("zh"))
    found = panel(data, respondents, Limits(written=34, judged=60))
    assert found.not_measurable is None
    assert 70 <= number(row(found, Kind.AVATAR), "fidelity") <= 130
    for other in (row(found, Kind.AGAINST), row(found, Kind.BASE), row(found, Kind.DEGENERATE, "工整的助手腔")):
        assert number(other, "fidelity") <= 20
    assert number(row(found, Kind.DEGENERATE, "照抄训练消息"), "copied") > 20
    assert number(row(found, Kind.DEGENERATE, "千篇一律的一句"), "entropy") == 0
    assert found.findings[0].startswith("从顾远舟（0）到林小满（100），分身在 ")
    assert any("每组只有 17 条" in finding for finding in found.findings)


def test_where_nobody_else_wrote_there_is_nobody_to_compare_with(wren: EvaluationData) -> None:
    alone = replace(wren, bursts=tuple(burst for burst in wren.bursts if burst.sender == ME))
    found = panel(alone, Respondents(planted.plain_base(), planted.real_words(wren)), SOME)
    assert found.not_measurable
    assert "0 turns of others on the validation days, 0 turns of others on the test days" in found.not_measurable


def test_somebody_just_like_another_cannot_be_measured(wren: EvaluationData) -> None:
    """A twin writes what Wren wrote on the days before."""
    mine = [burst for burst in wren.bursts if burst.sender == ME]
    lines = [burst.bubbles for burst in mine]
    twin = [replace(burst, sender="Twin", bubbles=lines[place - 7]) for place, burst in enumerate(mine)]
    found = panel(
        replace(wren, bursts=(*mine, *twin)), Respondents(planted.plain_base(), planted.later_words(wren)), QUICK
    )
    assert found.not_measurable
    assert "cannot tell Wren Halloran from Twin surely enough (0.90 is needed)" in found.not_measurable
    assert set(found.verdicts().values()) == {None}
    assert Mask.of_data(wren).text("Mira Santos: hi") == "hi"
