"""Panel F: does the avatar see itself as the person does? The questionnaire's items from 1 to 7, never learnt from."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure as Drawing

from bot.questionnaire import SCALE, Answer, how_like_you
from training.evaluation import figures
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, differences
from training.evaluation.limits import Limits
from training.evaluation.panel import Example, Figure, Kind, Panel, Row, Target
from training.evaluation.panels.personality.traits import (
    MIDDLE,
    RETEST,
    agreement,
    correlation,
    other_person,
    population_mean,
    rate,
)
from training.evaluation.respondent import Respondents
from training.statistics import NAN, Draws, Floats, Value, chance

LEAST = 8
"""Fewer answered items tell nothing."""

AGREES = 0.5
"""The wanted correlation with the person's own answers."""

_SHUFFLES = 1000


def panel(data: EvaluationData, respondents: Respondents, limits: Limits) -> Panel:
    """Asks every respondent each item that the person answered; there are few, and no limit is needed."""
    draft = Draft("personality", data, respondents)
    items = [answer for answer in data.questionnaire if answer.trait is not None]
    own = np.array([float(item.trait or 0) for item in items])
    metrics = (draft.metric("r", Target(low=AGREES)), draft.metric("mae"), draft.metric("above", Target(low=0.0)))
    missing = None
    if len(items) < LEAST:
        missing = draft.say("few", items=len(items), least=LEAST)
    elif np.ptp(own) == 0:
        missing = draft.say("constant")
    if missing:
        return draft.panel(metrics, missing=missing, findings=(missing,))
    said = draft.ask(lambda respondent: rate(respondent, items, data))
    population = population_mean(items)
    values = {kind: agreement(answers, own, population) for kind, answers in said.items()}

    def drawn(answers: Floats) -> Floats:
        """Items drawn with replacement, the same for all."""
        return Draws(range(len(own))).each(lambda at: correlation(answers[at], own[at]))

    return draft.panel(
        metrics,
        draft.rows(values, *_controls(draft, items, own, population, said.get(Kind.AVATAR, said[Kind.BASE]))),
        None,
        (_figure(draft, items, own, population, said),),
        _examples(draft, items, own, said) if Kind.AVATAR in said else (),
        _findings(draft, values[Kind.AVATAR], correlation(population, own), len(items)) if Kind.AVATAR in said else (),
        differences({kind: {"r": drawn(answers)} for kind, answers in said.items()}),
    )


def _controls(draft: Draft, items: Sequence[Answer], own: Floats, population: Floats, judged: Floats) -> Iterator[Row]:
    """judged: the answers that are shuffled, the avatar's or the base model's."""
    yield draft.row(Kind.CEILING, {"r": Value(1.0), "mae": Value(0.0)}, retest=RETEST)
    others = other_person(draft.data.language)
    shared = np.array([item.id in others for item in items])
    if shared.sum() >= LEAST:
        theirs = np.array([others.get(item.id, NAN) for item in items])[shared]
        yield draft.row(Kind.FLOOR, agreement(theirs, own[shared], population[shared]))
    rng = np.random.default_rng(0)
    by_chance = chance([correlation(rng.permutation(judged), own) for _ in range(_SHUFFLES)])
    yield draft.row(Kind.SHUFFLED, {} if np.isnan(by_chance.number) else {"r": by_chance})
    yield draft.row(Kind.DEGENERATE, agreement(8 - own, own, population), key="opposite")
    middle = agreement(np.full(len(own), MIDDLE), own, population)
    yield draft.row(Kind.DEGENERATE, {"mae": middle["mae"]}, key="middle")
    yield draft.row(Kind.BASELINE, agreement(population, own, population) | {"above": Value(0.0)})


def _findings(draft: Draft, avatar: Mapping[str, Value], people: float, number: int) -> Iterator[str]:
    """people: r of the average person's answers."""
    r = avatar["r"]
    if np.isnan(r.number):
        yield draft.say("findings.alike")
        return
    how = "differs" if r.number < AGREES else "typical" if r.number < people else "agrees"
    yield draft.say(f"findings.{how}", r=r)
    known = "no_average" if np.isnan(people) else "average"
    yield draft.say(f"findings.{known}", people=people, more=r.number >= people)
    yield draft.say("findings.rough", number=number)


def _figure(
    draft: Draft, items: Sequence[Answer], own: Floats, population: Floats, said: Mapping[Kind, Floats]
) -> Figure:
    asked = [how_like_you(item.question, draft.data.language) for item in items]
    names = [text.split("? ")[-1].split("？")[-1] for text in asked]
    places = np.arange(len(items))[::-1]
    sizes = {Kind.BASE: 16, Kind.AGAINST: 26, Kind.AVATAR: 34}

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing)
        axes.grid(visible=False)
        axes.hlines(places, 1, 7, color=figures.GRID, linewidth=0.7)
        axes.scatter(population, places, marker="|", s=70, color=figures.SOFT, label=draft.say("average"))
        for kind, size in sizes.items():
            if kind in said:
                colour, name = figures.OF_KIND[kind], draft.names[kind]
                axes.scatter(said[kind], places, s=size, color=colour, label=name)
        real = draft.say("rows.ceiling.name")
        axes.scatter(own, places, s=58, facecolors="none", edgecolors=figures.REAL, linewidths=1.6, label=real)
        axes.set_yticks(places, [name if len(name) < 46 else f"{name[:44]}…" for name in names])
        axes.set_xlim(0.8, 7.2)
        axes.set_ylim(-0.7, len(items) - 0.3)
        figures.legend(axes, loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=3)

    return draft.figure("items", paint, 6.4, 1.1 + 0.27 * len(items))


def _examples(draft: Draft, items: Sequence[Answer], own: Floats, said: Mapping[Kind, Floats]) -> Iterator[Example]:
    """Where the avatar agrees best with the person, and where least."""
    language, distance = draft.data.language, np.abs(said[Kind.AVATAR] - own)
    every = {draft.say("rows.ceiling.name"): own}
    every |= {draft.names[kind]: answers for kind, answers in said.items()}
    for number in dict.fromkeys((int(distance.argmin()), int(distance.argmax()))):
        yield Example(
            (how_like_you(items[number].question, language),),
            {
                name: (f"{answers[number]:.1f} ({SCALE[language][round(answers[number]) - 1]})",)
                for name, answers in every.items()
            },
        )
