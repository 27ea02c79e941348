"""The figures of panel A: what the judges say of bundles, and habit by habit."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure as Drawing

from training.evaluation import figures
from training.evaluation.panel import Figure, Kind
from training.evaluation.panels.style.measured import Judged, Measured
from training.evaluation.panels.style.profile import Property
from training.evaluation.panels.style.shown import NAMES, author_name, habit
from training.evaluation.panels.style.subject import Subject

_COLOURS = {
    Kind.CEILING: figures.REAL,
    Kind.AVATAR: figures.AVATAR,
    Kind.AGAINST: figures.AGAINST,
    Kind.FLOOR: figures.OTHER,
    Kind.BASE: figures.BASE,
}


def drawings(subject: Subject, judged: Judged) -> Iterator[Figure]:
    yield _of_bundles(subject, judged)
    yield _of_ratios(subject, judged)


def _drawn(judged: Judged) -> list[Measured]:
    return [found for kind in _COLOURS if (found := judged.of(kind))]


def _of_bundles(subject: Subject, judged: Judged) -> Figure:
    every = _drawn(judged)

    def paint(figure: Drawing) -> None:
        for place, one in enumerate(judged.judges):
            en, zh = NAMES[one.name]
            title = subject.tell(f"The judge by {en}", f"{zh}的裁判")
            axis = subject.tell("more like the person →", "越像本人 →")
            axes = figures.axes(figure, axis, title=title, place=(1, len(judged.judges), place + 1))
            for line, found in enumerate(every):
                logits = one.read(found.author.sample).of_bundles()
                spread = np.random.default_rng(0).uniform(-0.3, 0.3, len(logits))
                axes.scatter(logits, line + spread, s=5, color=_COLOURS[found.author.kind], alpha=0.5, linewidths=0)
            labels = [author_name(subject, judged, found.author) for found in every]
            axes.set_yticks(range(len(every)), labels if place == 0 else [""] * len(every))
            axes.set_ylim(len(every) - 0.5, -0.5)

    return Figure(
        subject.tell("What the judges say", "裁判怎么说"),
        figures.draw(paint, width=7.2, height=1.1 + 0.42 * len(every)),
        subject.tell(
            f"Each dot is {judged.size} messages read at once. The avatar's dots should lie among the person's.",
            f"每个点是一次读的 {judged.size} 条消息。分身的点应落在本人的点当中。",
        ),
    )


def _of_ratios(subject: Subject, judged: Judged) -> Figure:
    every = [one for one in _drawn(judged) if one.author.kind is not Kind.CEILING]

    def paint(figure: Drawing) -> None:
        axes = figures.axes(figure, subject.tell("distance, over the person's own", "距离（相对本人自身）"))
        step = 0.8 / max(len(every), 1)
        for line, one in enumerate(every):
            heights = [min(one.ratios.get(each, 0.0), 99.0) for each in Property]
            places = np.arange(len(Property)) + (line - (len(every) - 1) / 2) * step
            label = author_name(subject, judged, one.author)
            axes.barh(places, heights, height=step * 0.85, color=_COLOURS[one.author.kind], label=label)
        axes.axvline(1.5, color=figures.INK, linestyle="--", linewidth=1)
        axes.set_xscale("symlog", linthresh=2)
        axes.set_xticks([0, 1, 2, 5, 10, 20, 50], ["0", "1", "2", "5", "10", "20", "50"])
        axes.set_xlim(left=0)
        axes.set_yticks(range(len(Property)), [subject.tell(*habit(each)) for each in Property])
        axes.set_ylim(len(Property) - 0.5, -0.5)
        figures.legend(axes, loc="lower right")

    return Figure(
        subject.tell("Habits", "习惯"),
        figures.draw(paint, width=6.2, height=3.2),
        subject.tell(
            "How far each habit lies from the person's, where 1 is how far the person varies from themselves. Left of "
            "the dashed line is close.",
            "各项习惯与本人的距离；1 是本人自身的变化。虚线左边算接近。",
        ),
    )
