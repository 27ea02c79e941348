"""Panel F: does the avatar see itself as the person does? The questionnaire's items from 1 to 7, never learnt from."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure as Drawing
from numpy.typing import NDArray

from training.data.questionnaire import SCALE, Answer, how_like_you
from training.evaluation import figures
from training.evaluation.held import Held
from training.evaluation.limits import Limits
from training.evaluation.panel import Example, Figure, Kind, Metric, Panel, Row, Target, tell
from training.evaluation.panels.personality.traits import (
    MIDDLE,
    RETEST,
    Agreement,
    agreement,
    correlation,
    other_person,
    population_mean,
    rate,
)
from training.evaluation.voice import Voices
from training.statistics import NAN, Floats, Value, interval

LEAST = 8
"""Fewer answered items tell nothing."""

_SHUFFLES = 1000


def panel(held: Held, voices: Voices, limits: Limits) -> Panel:
    """Asks every voice each item that the person answered; there are few, and no limit is needed."""
    language = held.language
    items = [answer for answer in held.questionnaire if answer.trait is not None]
    own = np.array([float(item.trait or 0) for item in items])
    title = tell(language, "Personality", "性格")
    what = tell(
        language,
        "Twelve statements of the questionnaire, such as “I worry”, which were kept out of the training. How far the "
        "avatar's answers, from 1 (not like me at all) to 7, agree with the person's own.",
        "问卷里十二句“像不像我”的话（例如“我容易担心”）没有参与训练。"
        "看分身从 1（完全不像我）到 7 的回答与本人的回答有多一致。",
    )
    metrics = (
        Metric("r", tell(language, "agreement, r", "一致程度 r"), Target(low=0.5)),
        Metric("mae", tell(language, "mean distance (1 to 7)", "平均差距（1 到 7）")),
        Metric("above", tell(language, "r above the average person's", "r 比“平均人”高出"), Target(low=0.0)),
    )
    missing = _missing(language, items, own)
    if missing:
        return Panel("personality", "F", title, what, metrics, not_measurable=missing, findings=(missing,))
    population = population_mean(items)
    said = {voice.name: rate(voice, items, held) for voice in voices.all}
    agreements = {name: agreement(answers, own, population) for name, answers in said.items()}
    rows = _rows(held, voices, items, own, population, said, agreements)
    no_avatar = tell(
        language, "There is no trained avatar here, only the base model.", "这里没有训练好的分身，只有基础模型。"
    )
    return Panel(
        "personality",
        "F",
        title,
        what,
        metrics,
        tuple(rows),
        None if voices.avatar else no_avatar,
        (_figure(language, voices, items, own, population, said),),
        tuple(_examples(held, voices, items, own, said)),
        differences=_differences(voices, own, said),
        findings=tuple(_findings(language, voices, len(items), agreements, agreement(population, own, population))),
    )


def _missing(language: str, items: Sequence[Answer], own: Floats) -> str | None:
    if len(items) < LEAST:
        return tell(
            language,
            f"Not measurable for this person: {len(items)} of the questionnaire's items from 1 to 7 are answered, and "
            f"{LEAST} are the least. Answer those at the end of questionnaire.yaml.",
            f"无法衡量：问卷里 1 到 7 的题只回答了 {len(items)} 题，至少要 {LEAST} 题。"
            "请补上 questionnaire.yaml 末尾的那些题。",
        )
    if np.ptp(own) == 0:
        return tell(
            language,
            "Not measurable for this person: all items have the same answer, so there is nothing to agree with.",
            "无法衡量：所有题的回答都一样，没有可比较的差别。",
        )
    return None


def _differences(voices: Voices, own: Floats, said: dict[str, Floats]) -> dict[str, Value]:
    """Items drawn with replacement, the same for both."""
    if not voices.avatar or not voices.against:
        return {}
    one, other = said[voices.avatar.name], said[voices.against.name]

    def less(at: NDArray[np.intp]) -> float:
        return correlation(one[at], own[at]) - correlation(other[at], own[at])

    return {"r": Value(less(np.arange(len(own))), *interval(range(len(own)), less))}


def _rows(
    held: Held,
    voices: Voices,
    items: Sequence[Answer],
    own: Floats,
    population: Floats,
    said: dict[str, Floats],
    agreements: dict[str, Agreement],
) -> list[Row]:
    language = held.language
    rows = []
    if voices.avatar:
        rows.append(Row(Kind.AVATAR, voices.avatar.name, agreements[voices.avatar.name].values))
    if voices.against:
        rows.append(Row(Kind.AGAINST, voices.against.name, agreements[voices.against.name].values))
    rows.append(
        Row(
            Kind.CEILING,
            tell(language, "the person", "本人"),
            {"r": Value(1.0), "mae": Value(0.0)},
            tell(
                language,
                f"By definition. Asked again after weeks, people agree with themselves at r ≈ {RETEST} "
                "(Gosling et al. 2003).",
                f"按定义如此。隔几周再问，人与自己的一致程度约为 r ≈ {RETEST}（Gosling 等，2003）。",
            ),
        )
    )
    others = other_person(language)
    shared = np.array([item.id in others for item in items])
    if shared.sum() >= LEAST:
        theirs = np.array([others.get(item.id, NAN) for item in items])[shared]
        rows.append(
            Row(
                Kind.FLOOR,
                tell(language, "another person's answers", "另一个人的回答"),
                agreement(theirs, own[shared], population[shared]).values,
                tell(language, "An invented person: the other sample subject.", "虚构的人：另一位示例人物。"),
            )
        )
    rows.append(
        Row(
            Kind.BASELINE,
            tell(language, "the average person", "平均人"),
            {**agreement(population, own, population).values, "above": Value(0.0)},
            tell(
                language,
                "The strong control: published means by trait (Gosling et al. 2003). Most people describe themselves "
                "much alike.",
                "最强的对照：各项性格的公开均值（Gosling 等，2003）。多数人对自己的描述都差不多。",
            ),
        )
    )
    rows.append(Row(Kind.BASE, voices.base.name, agreements[voices.base.name].values))
    rows.append(_shuffled(language, said[(voices.avatar or voices.base).name], own))
    mirrored = tell(language, "the person's opposite", "与本人相反的人")
    rows.append(Row(Kind.DEGENERATE, mirrored, agreement(8 - own, own, population).values))
    middle = agreement(np.full(len(own), MIDDLE), own, population)
    nothing = tell(language, "The same answer to everything: r does not exist.", "每题都一样，r 不存在。")
    rows.append(Row(Kind.DEGENERATE, tell(language, "always the middle", "总选中间"), {"mae": middle.mae}, nothing))
    return rows


def _shuffled(language: str, answers: Floats, own: Floats) -> Row:
    """The answers given to the wrong items: what chance alone gives, as mean and 95 % range."""
    rng = np.random.default_rng(0)
    found = [correlation(rng.permutation(answers), own) for _ in range(_SHUFFLES)]
    values = {}
    if not np.isnan(found).all():
        values = {"r": Value(float(np.nanmean(found)), *map(float, np.nanquantile(found, (0.025, 0.975))))}
    note = tell(language, "The avatar's answers, each to another item.", "分身的回答，被打乱到别的题上。")
    return Row(Kind.SHUFFLED, tell(language, "shuffled", "打乱"), values, note)


def _findings(
    language: str, voices: Voices, number: int, agreements: dict[str, Agreement], average: Agreement
) -> list[str]:
    if not voices.avatar:
        return []
    found = agreements[voices.avatar.name]
    r, people = found.r, average.r.number
    if np.isnan(r.number):
        same = "The avatar answers every statement alike, so nothing of the personality is to be seen."
        return [tell(language, same, "分身对每句话的回答都一样，看不出性格。")]
    numbers = f"r = {r.number:.2f}" + ("" if np.isnan(r.low) else f", {r.low:.2f} … {r.high:.2f}")
    good = "describes itself much as the person does", "对自己的描述与本人相当一致"
    if r.number < 0.5:
        good = "does not describe itself as the person does", "对自己的描述与本人不一致"
    more = ("more", "比这更多")
    if r.number < people:
        more = ("no more", "并不比这更多")
        if r.number >= 0.5:
            good = "agrees with the person, but no more than most people do", "与本人一致，但并不比一般人更一致"
    beside = tell(
        language,
        f"The average person's answers agree at r = {people:.2f}: the avatar knows {more[0]} of this person than that.",
        f"“平均人”的回答一致程度为 r = {people:.2f}：分身对这个人的了解{more[1]}。",
    )
    if np.isnan(people):
        beside = tell(
            language,
            "How well the average person's answers agree cannot be said: of these statements no means are known.",
            "“平均人”的回答有多一致无法判断：这些话没有公开的均值。",
        )
    return [
        tell(language, f"The avatar {good[0]} ({numbers}).", f"分身{good[1]}（{numbers}）。"),
        beside,
        tell(
            language,
            f"With {number} statements the number is rough: read the interval, not the point.",
            f"只有 {number} 句话，数字很粗略：请看区间，不要只看一个点。",
        ),
    ]


def _figure(
    language: str,
    voices: Voices,
    items: Sequence[Answer],
    own: Floats,
    population: Floats,
    said: dict[str, Floats],
) -> Figure:
    names = [how_like_you(item.question, language).split("? ")[-1].split("？")[-1] for item in items]
    places = np.arange(len(items))[::-1]

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing)
        axes.grid(visible=False)
        axes.hlines(places, 1, 7, color=figures.GRID, linewidth=0.7)
        average = tell(language, "average", "平均人")
        axes.scatter(population, places, marker="|", s=70, color=figures.SOFT, label=average)
        axes.scatter(said[voices.base.name], places, s=16, color=figures.BASE, label=voices.base.name)
        if voices.against:
            colour = figures.AGAINST
            axes.scatter(said[voices.against.name], places, s=26, color=colour, label=voices.against.name)
        if voices.avatar:
            axes.scatter(said[voices.avatar.name], places, s=34, color=figures.AVATAR, label=voices.avatar.name)
        real = tell(language, "the person", "本人")
        axes.scatter(own, places, s=58, facecolors="none", edgecolors=figures.REAL, linewidths=1.6, label=real)
        axes.set_yticks(places, [name if len(name) < 46 else f"{name[:44]}…" for name in names])
        axes.set_xlim(0.8, 7.2)
        axes.set_ylim(-0.7, len(items) - 0.3)
        figures.legend(axes, loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=3)

    return Figure(
        tell(language, "Statement by statement", "逐句来看"),
        figures.draw(paint, 6.4, 1.1 + 0.27 * len(items)),
        tell(language, "1: not like me at all, 7: very much like me.", "1：完全不像我，7：非常像我。"),
    )


def _examples(
    held: Held, voices: Voices, items: Sequence[Answer], own: Floats, said: dict[str, Floats]
) -> list[Example]:
    """Where the avatar agrees best with the person, and where least."""
    if not voices.avatar:
        return []
    language = held.language
    distance = np.abs(said[voices.avatar.name] - own)
    chosen = dict.fromkeys((int(distance.argmin()), int(distance.argmax())))
    return [
        Example(
            (how_like_you(items[number].question, language),),
            {
                tell(language, "the person", "本人"): (_in_words(language, own[number]),),
                **{name: (_in_words(language, answers[number]),) for name, answers in said.items()},
            },
        )
        for number in chosen
    ]


def _in_words(language: str, answer: float) -> str:
    return f"{answer:.1f} ({SCALE[language][round(answer) - 1]})"
