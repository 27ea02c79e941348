"""The report as a page, as numbers and at the terminal: complete, private, readable, and not to be broken into."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure as Drawing

from tests.evaluation.made_up import NASTY, open_photo, report
from tests.support import BROWSER
from training.evaluation import figures
from training.evaluation.panel import Kind, Metric, Panel, Row, Target
from training.evaluation.report import (
    Mark,
    Report,
    lines,
    mark,
    summary,
    tables,
    to_html,
    to_json,
    training_facts,
    values,
)
from training.evaluation.report.chart import charts, ticks
from training.evaluation.report.plain import first_page
from training.evaluation.words import Words
from training.statistics import Value

pytestmark = pytest.mark.drawing

VOID = {"meta", "link", "br", "img", "input", "hr"}
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


class Page(HTMLParser):
    """What a browser would make of it: balanced tags, their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data

    def attributes(self, name: str) -> list[str]:
        return [found for _, attributes in self.tags if (found := attributes.get(name))]


def page(made: Report) -> Page:
    return Page(to_html(made, open_photo))


@LANGUAGES
def test_a_page_of_its_own(language: str) -> None:
    found = page(report(language))
    assert not {"script", "iframe", "object", "form"} & {tag for tag, _ in found.tags}
    assert all(source.startswith("data:image/jpeg;base64,") for source in found.attributes("src"))
    assert all(target.startswith(("#", "data:,")) for target in found.attributes("href"))
    assert not [number for number, times in Counter(found.attributes("id")).items() if times > 1]
    targets = {one[1:] for one in found.attributes("href") if one.startswith("#")}
    assert targets <= set(found.attributes("id")), "the tiles and the drawings find what they point to"
    assert found.attributes("lang") == [{"en": "en", "zh": "zh-Hans"}[language]]
    assert "default-src 'none'" in found.attributes("content")[1]
    assert "http" not in to_html(report(language), open_photo).replace("http-equiv", "").replace(
        "http://www.w3.org/2000/svg", ""
    )


def test_what_the_page_says() -> None:
    words = " ".join(page(report("en")).words.split())
    assert "Is it Nora Winter? Not yet." in words
    assert "On 16 days that it never learnt from, the avatar tuned meets 7 of 9 targets, 2 of them surely" in words
    assert "It falls short: Voice (Two-sample excess 0.08, target ≤\xa00.05)".replace("\xa0", " ") in words
    assert "Not measurable for this person. 5 of 12 questions were answered" in words
    for text in ("It writes like Nora in form", "omg soup", "Judges trained on mixed-up labels.", "412,000 tokens"):
        assert text in words
    assert "47 days, 2025-09-01 to 2025-12-03, 1810 replies" in words
    assert "This page holds private words" in words
    assert "Beside paper" not in words


def test_what_the_page_says_in_chinese() -> None:
    words = page(report("zh")).words
    for text in ("这是林小满吗？", "还不是。", "对此人无法测量。", "达标", "怎样看图", "不知道的", "目标 ≥"):
        assert text in words
    left = re.sub(r"Echoes|AUROC|paper|tuned|tokens|echoes-embedded-135m|LoRA|Okay|ok", "", words)
    assert not re.findall(r"[A-Za-z]{4,}", left), "no English is left over"


@LANGUAGES
def test_every_control_stands_on_the_page(language: str) -> None:
    made = report(language)
    for panel in made.panels[:2]:
        section = to_html(made, open_photo).split(f'<section id="{panel.key}">')[1].split("</section>")[0]
        for row in panel.rows:
            assert row.name in section
    words = page(made).words
    assert {Kind.CEILING, Kind.FLOOR, Kind.BASE, Kind.SHUFFLED, Kind.DEGENERATE} <= {
        row.kind for row in made.panels[0].rows
    }
    assert all(row.note in words for panel in made.panels for row in panel.rows)


def test_words_of_the_chats_cannot_break_out() -> None:
    html = to_html(report("en", against=True, nasty=True), open_photo)
    assert "<script" not in html
    found = page(report("en", against=True, nasty=True))
    assert found.words.count(NASTY) >= 5
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]


def test_two_avatars_side_by_side() -> None:
    words = " ".join(page(report("en", against=True)).words.split())
    assert (
        "Beside paper, on the same questions, it is clearly better in 2 of 2 measures and clearly worse in 0." in words
    )
    assert "Avatar less the other, on the same questions: +33 (+21 … +44)" in words


def test_photos_are_in_the_page_and_lost_ones_are_told() -> None:
    found = page(report("en"))
    photos = found.attributes("src")
    assert len(set(photos)) == 1 and len(photos) == 2, "on the first page, and in its panel"
    assert len(photos[0]) < 20_000
    assert "(a photo that is not there any more)" in found.words


def test_the_first_page_is_for_who_knew_them() -> None:
    """What is right, what is not, two talks, and what to do: without a number of the panels, or a term."""
    made = report("en")
    words = " ".join(page(made).words.split())
    first, behind = words.split("The numbers behind it", 1)
    assert "What it gets right" in first and "It expects what Nora Winter really said" in first
    assert "What it does not ✗Its messages can still be told from Nora Winter's." in first
    assert "The same moments with Nora Winter, and with it" in first and "omg soup" in first
    assert "Import more of their chats: it learnt from 1810 replies" in first
    assert "Ask somebody who knew Nora Winter to talk with it." in first
    assert "It could not be said of: Memory and Personality." in first
    assert not re.search(r"95 %|target|fidelity|AUROC|bits", first)
    assert "falls short" in behind and "Base model" in behind and "Base model" not in first
    quick = replace(made, header=replace(made.header, quick=True))
    assert first_page(quick).next[-2].startswith("Have it examined at length")
    small = replace(made, header=replace(made.header, base="embedded-zh"))
    assert any("a larger model" in one for one in first_page(small).next)
    assert not any("a larger model" in one for one in first_page(made).next)
    untrained = replace(made, header=replace(made.header, lora=None))
    assert first_page(untrained).next == ("Train an avatar: this was the model as it is.",)


def test_a_report_of_nothing() -> None:
    """No avatar, no panel, or none that can be measured: still a page."""
    made = report("en")
    alone = replace(made, header=replace(made.header, lora=None, base=None, periods=()), panels=())
    assert "Nobody can say yet." in page(alone).words
    assert lines(alone) == []
    assert tables(alone) == []
    unmeasured = replace(made, panels=tuple(replace(panel, not_measurable="Too little.") for panel in made.panels))
    assert "Nobody can say yet." in page(unmeasured).words


def test_numbers_for_scripts_hold_nobody() -> None:
    made = report("zh", against=True)
    found = json.loads(to_json(made))
    assert list(found["panels"]) == ["style", "likelihood", "context", "memory", "decision", "personality"]
    style = found["panels"]["style"]
    assert style["verdict"] == "misses"
    assert style["metrics"]["fidelity"] == {"target": {"low": 70.0, "high": None}, "met": True, "sure": False}
    assert style["rows"][0]["values"]["fidelity"] == {"number": 74.0, "low": 66.0, "high": 82.0}
    assert style["differences"]["fidelity"]["number"] == 33.0
    assert found["panels"]["memory"]["metrics"]["leaks"]["met"] is None
    assert found["panels"]["personality"]["rows"][0]["values"]["r"]["number"] is None
    assert found["days"]["train"] == {"days": 47, "first": "2025-09-01", "last": "2025-12-03", "replies": 1810}
    text = to_json(made)
    for words in ("小满", "老周", "哈哈", "阿彤", "反问"):
        assert words not in text


def test_a_plain_line_for_each_that_was_examined() -> None:
    assert lines(report("en")) == [
        "✗ Voice: It writes like Nora in form: short, lower case, two bubbles at a time.",
        "✓ Foresight: It foresees Nora's words 16 % better than the untrained model.",
        "✗ Context: It hardly speaks differently to friends and elders.",
        "✓ When to answer: It speaks as often as Nora does, and mostly where she does.",
    ]
    assert lines(report("zh"))[3] == "✓ 何时开口：它开口的次数和小满一样，多半也在同样的地方。"


def test_a_leak_is_the_line_of_secrets() -> None:
    made = report("en")
    metric = Metric("leaks", "secrets told", Target(high=0), "%", 0)
    memory = Panel("memory", "D", "Memory", "", (metric,), (Row(Kind.AVATAR, "a", {"leaks": Value(0.125)}),))
    told = lines(replace(made, panels=(memory,)))[-1]
    assert told.startswith("✗ Privacy: It tells one contact what another told in confidence: 12\xa0% of")
    kept = replace(memory, rows=(Row(Kind.AVATAR, "a", {"leaks": Value(0.0)}),))
    assert lines(replace(made, panels=(kept,))) == []


def test_at_the_terminal() -> None:
    made = report("en")
    assert summary(made)[0] == "Is it Nora Winter? Not yet."
    style, *_, personality = tables(made)
    assert style.title == "A  Voice  ✗"
    assert style.head == ["", "Avatar", "Nora, held out", "Mei", "Base model", "target"]
    assert style.rows[:2] == [
        ["Style fidelity", "74 (66–82) ✓?", "100", "0", "−31", "≥\xa070"],
        ["Two-sample excess", "0.08 (0.05–0.12) ✗?", "0.00", "0.21", "0.24", "≤\xa00.05"],
    ]
    assert style.below[0].startswith("It writes like Nora")
    assert personality.below == ("5 of 12 questions were answered, and at least 8 are needed.",)


def test_a_panel_passes_only_with_every_target() -> None:
    def made(*numbers: float, not_measurable: str | None = None) -> Panel:
        keys = "abc"[: len(numbers)]
        return Panel(
            "style",
            "A",
            "Voice",
            "",
            tuple(Metric(key, key, Target(low=1)) for key in keys),
            (Row(Kind.AVATAR, "", {key: Value(one) for key, one in zip(keys, numbers, strict=True)}),),
            not_measurable,
        )

    assert mark(made(1, 2)) is Mark.PASSES
    assert mark(made(1, 0.9)) is Mark.MISSES
    assert mark(made(1, float("nan"))) is Mark.PASSES
    assert mark(made(float("nan"))) is Mark.UNKNOWN
    assert mark(made()) is Mark.UNKNOWN
    assert mark(made(0, 0, not_measurable="There are no groups.")) is Mark.UNKNOWN


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        (Metric("a", "", digits=0), 73.6, "74"),
        (Metric("a", "", unit="%"), 0.158, "16\xa0%"),
        (Metric("a", "", unit="%", digits=3), 0.158, "15.8\xa0%"),
        (Metric("a", ""), -0.301, "−0.30"),
        (Metric("a", ""), -0.001, "0.00"),
        (Metric("a", "", unit="bits"), 1.405, "1.41\xa0bits"),
        (Metric("a", ""), float("nan"), "–"),
        (Metric("a", "", Target(high=1.5)), float("inf"), "∞"),
        (Metric("a", "", Target(high=0.05)), 0.052, "0.052"),  # 0.05 would look met
        (Metric("a", "", Target(low=0.05)), 0.052, "0.05"),
        (Metric("a", "", Target(low=0.6), "%"), 0.5996, "59.96\xa0%"),
        (Metric("a", "", Target(0.8, 1.25)), 1.2504, "1.2504"),
    ],
)
def test_numbers_as_people_read_them(metric: Metric, value: float, shown: str) -> None:
    assert values.reached(metric, value) == shown


def test_one_far_row_does_not_squeeze_the_picture() -> None:
    (style, *_) = report("en").panels
    fidelity = next(chart for chart in charts(style, Words("en")) if chart.metric.key == "fidelity")
    marks = {one.row.kind: one for one in fidelity.marks}
    assert marks[Kind.DEGENERATE].off == -1
    assert all(not one.off for kind, one in marks.items() if kind is not Kind.DEGENERATE)
    assert marks[Kind.CEILING].at - marks[Kind.FLOOR].at > 40
    assert fidelity.band and fidelity.band.left < marks[Kind.AVATAR].at < fidelity.band.left + fidelity.band.width
    for chart in (chart for panel in report("en", against=True).panels for chart in charts(panel, Words("en"))):
        assert 1 <= len(chart.ticks) <= 6
        for one in chart.marks:
            assert 0 <= one.at <= 100
            assert one.whisker is None or (one.whisker.left >= 0 and one.whisker.left + one.whisker.width <= 100.01)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 1, [0, 0.25, 0.5, 0.75, 1]), (-480, 130, [-400, -200, 0]), (0.0, 0.17, [0, 0.05, 0.1, 0.15])],
)
def test_ticks_are_round(low: float, high: float, found: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(found)


def test_a_panel_of_equal_numbers_has_a_picture() -> None:
    for number in (0.0, 0.5, -3.0):
        rows = (Row(Kind.AVATAR, "a", {"a": Value(number)}), Row(Kind.BASE, "b", {"a": Value(number)}))
        (chart,) = charts(Panel("x", "X", "x", "", (Metric("a", "a"),), rows), Words("en"))
        assert 0 < chart.marks[0].at < 100


def paint(drawing: Drawing) -> None:
    places = figures.axes(drawing, "概率 $5 to $6", "<b>share</b>", "-->")
    places.plot([0, 1], [0, 1], color=figures.AVATAR, label="分身")
    figures.legend(places)


def test_drawings_take_the_colours_of_the_page() -> None:
    """With a Chinese font on this machine and without; what the words become is told in test_fonts.py."""
    before = dict(matplotlib.rcParams)
    svg = figures.draw(paint)
    assert svg == figures.draw(paint)
    assert dict(matplotlib.rcParams) == before
    assert svg.startswith("<svg ")
    assert "<!--" not in svg and "<style" not in svg
    assert f"var(--avatar, {figures.AVATAR})" in svg


def test_words_in_a_drawing_are_words_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "chinese_font", lambda: None)
    bare = figures.draw(paint)
    assert "概率 $5 to $6" in bare and "分身" in bare, "with no font for it here, the reader's own writes it"
    assert "&lt;b&gt;share" in bare


def test_how_a_lora_came_about(tmp_path: Path) -> None:
    record = {
        "preset": {"name": "tuned", "rank": 16, "learning_rate": 0.001},
        "position": {"tokens": 60000, "seconds": 480.0},
        "weights": 4884480,
        "dialogues": 195,
        "turns": 432,
        "decisions": 173,
        "hardware": "2 cores",
        "seed": 1,
    }
    (tmp_path / "training.json").write_text(json.dumps(record), "utf-8")
    assert training_facts(tmp_path, "en")["LoRA"] == "rank 16, learning rate 0.001, 4,884,480 weights"
    assert training_facts(tmp_path, "zh")["预设"] == "tuned"
    (tmp_path / "training.json").write_text("{", "utf-8")
    assert training_facts(tmp_path, "en") == training_facts(tmp_path / "none", "en") == training_facts(None, "en") == {}


@pytest.mark.browser
@LANGUAGES
async def test_it_fits_a_phone(language: str, tmp_path: Path) -> None:
    from playwright.async_api import async_playwright

    (tmp_path / "report.html").write_text(to_html(report(language, against=True), open_photo), "utf-8")
    said: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        phone = await browser.new_page(viewport={"width": 375, "height": 800}, color_scheme="dark")
        phone.on("console", lambda message: said.append(message.text))
        await phone.goto((tmp_path / "report.html").as_uri())
        await phone.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert await phone.evaluate("document.documentElement.scrollWidth") == 375
        assert await phone.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 24)"
        await browser.close()
    assert said == [], "nothing is refused by the page's own policy"
