"""What panel E's numbers come to for the owner: sentences, two drawings, and the messages where it differs most."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from sklearn.metrics import roc_curve

from training.data.points import Point, Stratum
from training.data.splits import Split
from training.evaluation import figures
from training.evaluation.driver import Draft
from training.evaluation.panel import Example, Figure, Kind
from training.evaluation.panels.decision.predictions import Predictions
from training.evaluation.respondent import Question, texts
from training.statistics import Bools, Value

Line = tuple[Predictions, str, str]
"""Predictions, whose they are, and their colour, from `figures`."""

_SHOWN = 2  # examples of each kind
_ALIKE = 0.01  # of AUROC
_MOST_BINS, _BIN = 10, 60  # bins; messages that one should hold
_DASHED = (0, (4, 3))


def findings(
    draft: Draft,
    tested: Sequence[Point],
    alone: Bools | None,
    avatar: Mapping[str, Value] | None,
    rule: float,
) -> Iterator[str]:
    """The most important first. alone: whether the avatar answers, left to itself, where that is known.

    avatar: its measures, where there is one. rule: the AUROC of the baseline that is to be beaten.
    """
    if avatar:
        own = avatar["w1"].number
        yield draft.say("findings.picks", own=own, rule=rule, alike=abs(own - rule) <= _ALIKE)
        if "left_alone" in avatar:
            ratio = avatar["left_alone"].number
            yield draft.say(f"findings.{_often(ratio)}", ratio=ratio)
            yield draft.say("findings.taught", ratio=avatar["rate"].number)
        yield draft.say("findings.honest", points=100 * avatar["ece"].number)
    spoke, days = [point.spoke for point in tested], len({point.day for point in tested})
    yield draft.say("findings.spoke", rate=float(np.mean(spoke)), messages=f"{len(spoke):,}", days=days)
    if called := [place for place, point in enumerate(tested) if point.stratum is Stratum.ADDRESSED]:
        rate = float(np.mean([tested[place].answered for place in called]))
        answered = float(alone[called].mean()) if alone is not None else None
        yield draft.say("findings.addressed", rate=rate, own=answered)


def _often(ratio: float) -> str:
    if ratio == 0:
        return "never"
    if 0.9 <= ratio <= 1.1:
        return "as_often"
    return "nearly" if 0.8 <= ratio <= 1.25 else "too"


def examples(draft: Draft, tested: Sequence[Point], predicted: Predictions) -> Iterator[Example]:
    """The messages answered that the avatar thought least of, and those passed over that it thought most of."""
    places = {
        message: (dialogue, index)
        for dialogue in draft.data.dialogues[Split.TEST]
        for index, message in enumerate(dialogue.messages)
    }
    order = [number for number in np.argsort(predicted.probability, kind="stable") if tested[number].message in places]
    answered = [number for number in order if tested[number].spoke][:_SHOWN]
    passed = [number for number in reversed(order) if not tested[number].spoke][:_SHOWN]
    name = draft.respondents[Kind.AVATAR].name
    for number in (*answered, *passed):
        dialogue, index = places[tested[number].message]
        following = dialogue.turns[index + 1] if index + 1 < len(dialogue.turns) else None
        real = texts(following.bubbles) if following and following.speaker is None else (draft.say("silent"),)
        said = draft.say("speaks" if predicted.speaks[number] else "silent")
        yield draft.example(
            Question(dialogue.scene, dialogue.turns[: index + 1]),
            {draft.person: real, name: (f"{said} p = {predicted.probability[number]:.2f}",)},
            photos=(photo for bubble in dialogue.turns[index].bubbles for photo in bubble.photos),
        )


def drawings(draft: Draft, lines: Sequence[Line], spoke: Bools) -> tuple[Figure, Figure]:
    """Whether the probabilities are honest, and how well they rank; a dot where the first one's threshold lies."""

    def reliability(places: Axes) -> None:
        """Share answered over the probability said, in bins of equally many messages (DeGroot and Fienberg 1983)."""
        bins, most = min(max(len(spoke) // _BIN, 3), _MOST_BINS), 0.05
        for predicted, name, colour in lines:
            order = np.array_split(np.argsort(predicted.probability, kind="stable"), bins)
            said = [float(predicted.probability[rows].mean()) for rows in order]
            done = [float(spoke[rows].mean()) for rows in order]
            places.plot(said, done, color=colour, marker="o", markersize=4, linewidth=1.6, label=name)
            most = max(most, *said, *done)
        places.plot([0, most], [0, most], color=figures.SOFT, linewidth=1, linestyle=_DASHED)
        places.set_xlim(-0.02 * most, 1.04 * most)
        places.set_ylim(-0.02 * most, 1.06 * most)
        figures.legend(places, loc="upper left")

    def ranking(places: Axes) -> None:
        """The ROC curves (Fawcett 2006)."""
        places.plot([0, 1], [0, 1], color=figures.SOFT, linewidth=1, linestyle=_DASHED)
        for predicted, name, colour in lines:
            wrong, right, _ = roc_curve(spoke, predicted.probability)
            places.plot(wrong, right, color=colour, linewidth=1.8, label=name)
        speaks, colour = lines[0][0].speaks, lines[0][2]
        places.plot([speaks[~spoke].mean()], [speaks[spoke].mean()], "o", color=colour, markersize=8)
        places.set_xlim(-0.02, 1.02)
        places.set_ylim(-0.02, 1.04)
        figures.legend(places, loc="lower right")

    def figure(key: str, paint: Callable[[Axes], None]) -> Figure:
        labels = draft.say(f"axes.{key}.x"), draft.say(f"axes.{key}.y")
        return draft.figure(key, lambda drawing: paint(figures.axes(drawing, *labels)), 4.6, 3.4)

    return figure("reliability", reliability), figure("ranking", ranking)
