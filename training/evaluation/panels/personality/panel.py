"""Panel F: does the avatar see itself as the person does? Asked are statements that it never learnt from."""

from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.figure import Figure as Drawing

from bot.questionnaire import how_like_you
from training.evaluation import figures
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, differences
from training.evaluation.limits import Limits
from training.evaluation.panel import Example, Figure, Kind, Panel, Row, Target
from training.evaluation.panels.personality.statements import LEAST, Statements, statements
from training.evaluation.panels.personality.traits import agreement, correlation, rate
from training.evaluation.respondent import Respondents
from training.statistics import Draws, Floats, Value, chance

AGREES = 0.5
"""The wanted correlation with the person's own answers."""

RETEST = 0.72
"""How the same people's answers to the Ten-Item Personality Inventory agreed after six weeks (r): Gosling, Rentfrow and
Swann, 2003, as in `statements.NORMS`."""

_SHUFFLES = 1000


def panel(data: EvaluationData, respondents: Respondents, limits: Limits) -> Panel:
    """Asks every respondent each statement that the person answered; there are few, and no limit is needed."""
    draft = Draft("personality", data, respondents)
    asked = statements(data)
    own, number = asked.own, len(asked.texts)
    metrics = (draft.metric("r", Target(low=AGREES)), draft.metric("mae"), draft.metric("above", Target(low=0.0)))
    missing = None
    if number < LEAST:
        missing = draft.say("few", items=number, least=LEAST)
    elif np.ptp(own) == 0:
        missing = draft.say("constant")
    if missing:
        return draft.panel(metrics, missing=missing, findings=(missing,), inventory=asked.inventory)
    said = draft.ask(lambda respondent: rate(respondent, asked, data))
    values = {kind: agreement(answers, own, asked.average) for kind, answers in said.items()}

    def drawn(answers: Floats) -> Floats:
        """Statements drawn with replacement, the same for all."""
        return Draws(range(number)).each(lambda at: correlation(answers[at], own[at]))

    return draft.panel(
        metrics,
        draft.rows(values, *_controls(draft, asked, said.get(Kind.AVATAR, said[Kind.BASE]))),
        None,
        (_figure(draft, asked, said),),
        _examples(draft, asked, said) if Kind.AVATAR in said else (),
        _findings(draft, values[Kind.AVATAR], correlation(asked.average, own), number) if Kind.AVATAR in said else (),
        differences({kind: {"r": drawn(answers)} for kind, answers in said.items()}),
        inventory=asked.inventory,
    )


def _controls(draft: Draft, asked: Statements, judged: Floats) -> Iterator[Row]:
    """judged: the answers that are shuffled, the avatar's or the base model's."""
    own, average = asked.own, asked.average
    ceiling = {"r": Value(1.0), "mae": Value(0.0)}
    yield draft.row(Kind.CEILING, ceiling, retest=RETEST, inventory=asked.inventory)
    shared = ~np.isnan(asked.other)
    if shared.sum() >= LEAST:
        yield draft.row(Kind.FLOOR, agreement(asked.other[shared], own[shared], average[shared]))
    rng = np.random.default_rng(0)
    by_chance = chance([correlation(rng.permutation(judged), own) for _ in range(_SHUFFLES)])
    yield draft.row(Kind.SHUFFLED, {} if np.isnan(by_chance.number) else {"r": by_chance})
    yield draft.row(Kind.DEGENERATE, agreement(1 + asked.top - own, own, average), key="opposite")
    for key, answer in (("middle", asked.middle), ("agreeing", float(asked.top))):
        alike = agreement(np.full(len(own), answer), own, average)
        yield draft.row(Kind.DEGENERATE, {"mae": alike["mae"]}, key=key)
    known = agreement(average, own, average) | {"above": Value(0.0)}
    yield draft.row(Kind.BASELINE, known, inventory=asked.inventory)


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


def _figure(draft: Draft, asked: Statements, said: Mapping[Kind, Floats]) -> Figure:
    number, top = len(asked.texts), asked.top
    places = np.arange(number)[::-1]
    sizes = {Kind.BASE: 16, Kind.AGAINST: 26, Kind.AVATAR: 34}

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing)
        axes.grid(visible=False)
        axes.hlines(places, 1, top, color=figures.GRID, linewidth=0.7)
        axes.scatter(asked.average, places, marker="|", s=70, color=figures.SOFT, label=draft.say("average"))
        for kind, size in sizes.items():
            if kind in said:
                colour, name = figures.OF_KIND[kind], draft.names[kind]
                axes.scatter(said[kind], places, s=size, color=colour, label=name)
        real = draft.say("rows.ceiling.name")
        axes.scatter(asked.own, places, s=58, facecolors="none", edgecolors=figures.REAL, linewidths=1.6, label=real)
        axes.set_yticks(places, [text if len(text) < 46 else f"{text[:44]}…" for text in asked.texts])
        axes.set_xlim(0.8, top + 0.2)
        axes.set_ylim(-0.7, number - 0.3)
        figures.legend(axes, loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=3)

    return draft.figure("items", paint, 6.4, 1.1 + 0.27 * number, top=top)


def _examples(draft: Draft, asked: Statements, said: Mapping[Kind, Floats]) -> Iterator[Example]:
    """Where the avatar agrees best with the person, and where least."""
    distance = np.abs(said[Kind.AVATAR] - asked.own)
    every = {draft.say("rows.ceiling.name"): asked.own}
    every |= {draft.names[kind]: answers for kind, answers in said.items()}
    for number in dict.fromkeys((int(distance.argmin()), int(distance.argmax()))):
        yield Example(
            (how_like_you(asked.texts[number], draft.data.language),),
            {
                name: (f"{answers[number]:.1f} ({asked.phrases[round(answers[number]) - 1]})",)
                for name, answers in every.items()
            },
        )
