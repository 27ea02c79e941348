"""Avatars that say what is typical of the person and nothing else: on the judges' scale beyond the person."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.evaluation import planted
from tests.evaluation.made_up import open_photo
from tests.evaluation.style.conftest import Sample
from training.evaluation.data import EvaluationData
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Panel
from training.evaluation.panels.style.judges import train
from training.evaluation.panels.style.panel import panel
from training.evaluation.panels.style.subject import Subject
from training.evaluation.report import Header, Mark, Report, mark, summary, tables, to_html
from training.evaluation.respondent import Bubbles, Respondents

SOME = Limits(written=100, judged=60)


@pytest.fixture(scope="module")
def wren(sample: Sample) -> EvaluationData:
    return sample("en")


@pytest.fixture(scope="module")
def typical(wren: EvaluationData) -> list[Bubbles]:
    return most_typical(wren, "en")


def most_typical(data: EvaluationData, language: str) -> list[Bubbles]:
    """What the person wrote on the training days, as the least convinced judge finds it typical of them."""
    subject, base = Subject(data, SOME), planted.plain_base(language)
    assert subject.size
    every = np.arange(len(subject.learnt))[:, None]
    _, answers = subject.written_by_base(base)
    lesson = subject.lesson(base.name, answers, subject.size)
    logits = [one.read(subject.learnt).logits(every) for one in train(lesson)]
    least = np.min([(one - one.mean()) / one.std() for one in logits], axis=0)
    return [subject.learnt.bursts[row] for row in np.argsort(-least)]


def report(found: Panel) -> Report:
    header = Header("Wren", "en", datetime(2026, 3, 1, tzinfo=UTC), "", "base", "first", None, (), SOME)
    return Report(header, (found,), 1.0)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (20, r"It says the same again and again, with 2\d % of Wren Halloran's variety\."),
        (60, r"It is more typical of Wren Halloran than Wren Halloran"),
    ],
)
def test_an_avatar_beyond_the_person_is_red_and_told_why(
    wren: EvaluationData, typical: list[Bubbles], number: int, why: str
) -> None:
    """It says the so many most typical things in turn."""
    said = planted.Planted("caricature", lambda place, _: typical[place % number])
    found = panel(wren, Respondents(planted.plain_base(), said), SOME)
    avatar = found.row(Kind.AVATAR)
    assert avatar and avatar.values["fidelity"].low > 100, "nobody is surer to be the person than the person"
    assert found.verdicts()["fidelity"] is False and "fidelity" in found.sure()
    assert mark(found) is Mark.MISSES
    assert re.match(why, found.findings[0]) and found.findings[0].endswith("fidelity does not count.")
    assert avatar.note == found.findings[0]
    (shown,) = tables(report(found))
    assert shown.rows[0][0] == "Style fidelity" and str(shown.rows[0][1]).endswith(" ✗")
    assert "which does not count" in " ".join(summary(report(found)))


def test_one_stock_reply_is_red_beside_its_number(sample: Sample) -> None:
    """The judges take this person's most typical reply, said to everything, for more than the person."""
    data = sample("zh")
    reply = most_typical(data, "zh")[0]
    stock = planted.Planted("stock", lambda *_: reply)
    found = panel(data, Respondents(planted.plain_base("zh"), planted.later_words(data), stock), SOME)
    row = next(one for one in found.rows if one.kind is Kind.AGAINST)
    fidelity = row.values["fidelity"].number
    assert fidelity > 100
    assert "多样性只有林小满的 0 %" in row.note
    page = to_html(report(found), open_photo)
    shown = page.split('<span class="name">stock</span>')[1].split("</div>")[0]
    assert f'<span class="value bad"><b>✗ {fidelity:.0f}</b>' in shown
    assert found.verdicts()["fidelity"] is True, "that of the person's own words stands"
