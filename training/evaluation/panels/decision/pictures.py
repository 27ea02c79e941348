"""Two pictures of a decision: whether its probabilities are honest, and how well it ranks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure as Drawing
from sklearn.metrics import roc_curve

from training.evaluation import figures
from training.evaluation.panel import Figure, tell
from training.evaluation.panels.decision.gates import Gate
from training.statistics import Bools

_MOST_BINS, _BIN = 10, 60  # bins; messages that one should hold


@dataclass(frozen=True, slots=True)
class Line:
    """A gate and its colour, from `figures`."""

    gate: Gate
    name: str
    colour: str


def reliability(lines: Sequence[Line], spoke: Bools, language: str) -> Figure:
    """Share answered over the probability said, in bins of equally many messages (DeGroot and Fienberg 1983)."""

    def paint(drawing: Drawing) -> None:
        places = figures.axes(
            drawing,
            tell(language, "probability that it gave", "它给出的概率"),
            tell(language, "share that was answered", "实际回答的比例"),
        )
        bins = min(max(len(spoke) // _BIN, 3), _MOST_BINS)
        most = 0.05
        for line in lines:
            order = np.array_split(np.argsort(line.gate.probability, kind="stable"), bins)
            said = [float(line.gate.probability[rows].mean()) for rows in order]
            done = [float(spoke[rows].mean()) for rows in order]
            places.plot(said, done, color=line.colour, marker="o", markersize=4, linewidth=1.6, label=line.name)
            most = max(most, *said, *done)
        places.plot([0, most], [0, most], color=figures.SOFT, linewidth=1, linestyle=(0, (4, 3)))
        places.set_xlim(-0.02 * most, 1.04 * most)
        places.set_ylim(-0.02 * most, 1.06 * most)
        figures.legend(places, loc="upper left")

    return Figure(
        tell(language, "Are its probabilities honest?", "它的概率可信吗？"),
        figures.draw(paint, 4.6, 3.4),
        tell(
            language,
            "On the dashed line, what it calls 30 % happens 30 % of the time.",
            "落在虚线上，它说三成时就真有三成。",
        ),
    )


def ranking(lines: Sequence[Line], spoke: Bools, language: str) -> Figure:
    """The ROC curves (Fawcett 2006); a dot where the first gate's threshold lies."""

    def paint(drawing: Drawing) -> None:
        places = figures.axes(
            drawing,
            tell(language, "spoke where the person kept silent", "本人沉默时它开口"),
            tell(language, "spoke where the person did", "本人开口时它开口"),
        )
        places.plot([0, 1], [0, 1], color=figures.SOFT, linewidth=1, linestyle=(0, (4, 3)))
        for line in lines:
            wrong, right, _ = roc_curve(spoke, line.gate.probability)
            places.plot(wrong, right, color=line.colour, linewidth=1.8, label=line.name)
        speaks = lines[0].gate.speaks
        places.plot([speaks[~spoke].mean()], [speaks[spoke].mean()], "o", color=lines[0].colour, markersize=8)
        places.set_xlim(-0.02, 1.02)
        places.set_ylim(-0.02, 1.04)
        figures.legend(places, loc="lower right")

    return Figure(
        tell(language, "Does it know where to speak?", "它知道该在哪里开口吗？"),
        figures.draw(paint, 4.6, 3.4),
        tell(
            language,
            "The nearer to the upper left corner the better; the dashed line is chance. The dot is how it is set.",
            "越靠近左上角越好，虚线是碰运气，圆点是它实际的设定。",
        ),
    )
