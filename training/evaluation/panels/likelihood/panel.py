"""Panel B: how well the avatar foresees the subject's real words, and finds their real reply among ten."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
from matplotlib.figure import Figure as Drawing

from bot.message import ChatKind
from training.data.splits import Split
from training.evaluation import figures
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, Drawn, differences, values
from training.evaluation.limits import Limits, some_to_read
from training.evaluation.panel import Example, Figure, Kind, Panel, Row, Target
from training.evaluation.panels.likelihood import ranking
from training.evaluation.panels.likelihood.ranking import OTHERS, OWN, Choice, Ranked
from training.evaluation.respondent import Likelihood, Respondent, Respondents, some_occasions
from training.scoring import Reply
from training.statistics import Draws, Floats, Value, spread, value

LOWER = 0.15
"""By what share fewer bits are wanted than the base model needs."""

FEWEST = 20
"""Replies below which no verdict is given."""

_EXAMPLES = 4

_PARTS: Mapping[str, Callable[[Reply], bool]] = {
    "lower": lambda reply: True,
    **{f"lower_{where.value}": partial(lambda where, reply: reply.kind is where, where) for where in ChatKind},
    "lower_first": lambda reply: reply.opens,
    "lower_later": lambda reply: not reply.opens,
}
"""Which of the real replies each measure is taken over: all, by chat, first ones after a silence and all others."""

Read = Sequence[Reply | Likelihood]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one respondent made of the real replies of the test days, and of the choices among ten."""

    replies: tuple[Reply, ...]
    ranked: Ranked


def panel(data: EvaluationData, respondents: Respondents, limits: Limits) -> Panel:
    """Real replies are of the test days; the others among the ten are of validation days too."""
    draft = Draft("likelihood", data, respondents)
    test = data.dialogues.get(Split.TEST, ())
    choices = ranking.choices(data, some_occasions(test, limits.ranked))

    def see(respondent: Respondent) -> Seen:
        scores = respondent.score(some_to_read(test, limits.read)) if test else []
        replies = tuple(reply for one in scores for reply in one.replies)
        return Seen(replies, ranking.ask(respondent, choices, data.persona))

    seen = draft.ask(see)
    drawn = {kind: _measured(seen, kind) | _found(choices, one.ranked.here, one.ranked) for kind, one in seen.items()}
    rows = draft.rows({kind: values(one) for kind, one in drawn.items()}, *_controls(draft, choices, seen))
    replies = seen[Kind.AVATAR].replies if Kind.AVATAR in seen else ()
    few = Kind.AVATAR in seen and len(replies) < FEWEST
    return draft.panel(
        (
            draft.metric("bits"),
            draft.metric("lower", Target(low=LOWER), "%"),
            *(draft.metric(key, unit="%") for key in (*_PARTS, "first") if key != "lower"),
            draft.metric("mrr"),
            draft.metric("first_plain", unit="%"),
        ),
        rows,
        draft.say("few", replies=len(replies), least=FEWEST) if few else None,
        _figures(draft, seen),
        _examples(draft, choices, seen),
        _findings(draft, rows, bool(choices)),
        differences(drawn),
        own=OWN,
        others=OTHERS,
    )


def bits(found: Read, days: Sequence[date]) -> Floats:
    """Bits per character, drawn: all bits over all characters (Shannon 1951, Prediction and Entropy of English)."""
    return Draws(days).ratio([one.nats for one in found], [one.characters for one in found]) / math.log(2)


def lower(found: Read, base: Read, days: Sequence[date]) -> Floats:
    """By what share the same words need fewer bits than the base model's, drawn."""
    return 1 - Draws(days).ratio([one.nats for one in found], [one.nats for one in base])


def _measured(seen: Mapping[Kind, Seen], kind: Kind) -> Drawn:
    replies, base = seen[kind].replies, seen[Kind.BASE].replies
    if not replies:
        return {}
    drawn = {"bits": bits(replies, [one.day for one in replies])}
    if kind is not Kind.BASE:
        for key, belongs in _PARTS.items():
            there = [number for number, one in enumerate(replies) if belongs(one)]
            if there:
                ours, theirs = ([every[number] for number in there] for every in (replies, base))
                drawn[key] = lower(ours, theirs, [one.day for one in ours])
    return drawn


def _found(choices: Sequence[Choice], places: Sequence[Sequence[Likelihood]], ranked: Ranked) -> Drawn:
    """How well the real reply is found at each choice; nothing where there was nothing to choose from."""
    if not places or not all(places):
        return {}
    informed = list(map(ranking.by_information, places, ranked.nowhere))
    plain = list(map(ranking.by_likelihood, places))
    return _ranks(choices, informed) | {"first_plain": _over(choices).mean(list(map(ranking.first, plain)))}


def _ranks(choices: Sequence[Choice], scores: Sequence[Floats]) -> Drawn:
    draws = _over(choices)
    found = {"first": ranking.first, "mrr": ranking.reciprocal}
    return {key: draws.mean(list(map(of, scores))) for key, of in found.items()}


def _over(choices: Sequence[Choice]) -> Draws:
    return Draws([choice.occasion.day for choice in choices])


def _controls(draft: Draft, choices: Sequence[Choice], seen: Mapping[Kind, Seen]) -> Iterator[Row]:
    """Other people's words in the same places; the ten in another conversation; the usual length."""
    floor: dict[str, Value] = {}
    shuffled: dict[str, Value] = {}
    by_length: dict[str, Value] = {}
    if choices and Kind.AVATAR in seen:
        ranked, base = seen[Kind.AVATAR].ranked, seen[Kind.BASE].ranked
        floor = _candidates(choices, ranked.here, base.here, slice(1 + OWN, None))
        shuffled = _candidates(choices, ranked.swapped, base.swapped, slice(1))
        shuffled |= values(_found(choices, ranked.swapped, ranked))
    if choices:
        usual = float(np.median([ranking.length(choice.occasion.real) for choice in choices]))
        by_length = values(_ranks(choices, [ranking.by_length(choice, usual) for choice in choices]))
    yield draft.row(Kind.CEILING)
    yield draft.row(Kind.FLOOR, floor)
    yield draft.row(Kind.SHUFFLED, shuffled)
    yield draft.row(Kind.DEGENERATE, by_length)


def _candidates(
    choices: Sequence[Choice],
    places: Sequence[Sequence[Likelihood]],
    base: Sequence[Sequence[Likelihood]],
    which: slice,
) -> dict[str, Value]:
    """What some of the ten candidates of every choice need."""
    ours, theirs = ([one for place in every for one in place[which]] for every in (places, base))
    days = [
        choice.occasion.day for choice, place in zip(choices, places, strict=True) for _ in range(len(place[which]))
    ]
    return values({"bits": bits(ours, days), "lower": lower(ours, theirs, days)})


def _findings(draft: Draft, rows: Sequence[Row], choices: bool) -> Iterator[str]:
    found = {row.kind: row.values for row in rows}
    avatar = found.get(Kind.AVATAR, {})
    if "lower" in avatar:
        learnt = avatar["lower"].number >= LOWER
        yield draft.say("findings.lower", lower=avatar["lower"], learnt=learnt, target=LOWER)
    if "first" in avatar:
        shuffled = found[Kind.SHUFFLED].get("first")  # a single choice has no other to stand in
        base = found[Kind.BASE]["first"].number
        yield draft.say("findings.first", first=avatar["first"], base=base, elsewhere=shuffled and shuffled.number)
        yield draft.say("findings.floor", lower=found[Kind.FLOOR]["lower"])
    if not choices:
        yield draft.say("findings.no_choice")


def _examples(draft: Draft, choices: Sequence[Choice], seen: Mapping[Kind, Seen]) -> Iterator[Example]:
    """Choices beside each other: the real reply, and what each respondent took for it."""
    for number in spread(range(len(choices)), _EXAMPLES):
        choice = choices[number]
        answers = {draft.person: choice.candidates[0]}
        for kind, one in seen.items():
            scores = ranking.by_information(one.ranked.here[number], one.ranked.nowhere[number])
            answers[draft.names[kind]] = choice.candidates[int(scores.argmax())]
        yield draft.example(choice.occasion.question, answers, draft.say("example"))


def _figures(draft: Draft, seen: Mapping[Kind, Seen]) -> Iterator[Figure]:
    """Bits per character by where it was said, for each respondent."""
    places = [where for where in ChatKind if any(one.kind is where for one in seen[Kind.BASE].replies)]
    if not places:
        return
    lines = {
        kind: [
            value(bits(there, [reply.day for reply in there]))
            for where in places
            for there in [[reply for reply in one.replies if reply.kind is where]]
        ]
        for kind, one in seen.items()
    }

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing, draft.say("metrics.bits"))
        figures.intervals(axes, [draft.say(f"where.{where.value}") for where in places], lines, draft.names)

    yield draft.figure("places", paint)
