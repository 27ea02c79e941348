"""Panel H: can the avatar hold a talk? Its own replies are the past, as when people write to it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure as Drawing

from training.data.splits import Split
from training.evaluation import figures
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, Drawn, differences, values
from training.evaluation.limits import Limits
from training.evaluation.panel import Example, Figure, Kind, Panel, Target
from training.evaluation.panels.talk.measures import EARLY, Replies, over, wins
from training.evaluation.respondent import Bubbles, Question, Respondent, Respondents, occasions, texts
from training.statistics import NAN, Floats, Value, spread, value
from training.talks import Past, Talk, Write, private_talks, talk_through
from training.words import tokens

LEAST_TALKS, LEAST_REPLIES = 6, 24
"""Fewer tell nothing."""

ANSWERS = 0.8
"""How much of what the person's own replies answer beyond chance the avatar's are to answer."""

TWICE, OFTEN, DRIFT = 2.0, 1.5, 0.15
"""How often, beside the person, it may repeat itself or echo; use emoji and punctuation; and how far it may drift."""

_LONGEST = 10  # replies of a talk
_SHORTEST = 3
_EXAMPLES = 2
_STOCK, _ECHO, _SHUFFLED = "stock", "echo", "shuffled"
_RATIOS = ("echoed", "again", "elsewhere", "emoji", "marks", "deep")


@dataclass(frozen=True, slots=True)
class _Heard:
    """Everybody's replies at the same places; won: how often each is likelier where it stands, drawn."""

    replies: Mapping[Kind, Replies]
    controls: Mapping[str, Replies]
    won: Mapping[Kind | str, Floats]


def panel(data: EvaluationData, respondents: Respondents, limits: Limits) -> Panel:
    """Each avatar has the same talks of the test days, with what the partners really wrote.

    The base model has none: it judges here, and writes so much that its talks would take longer than all the others.
    """
    draft = Draft("talk", data, respondents)
    metrics = (
        draft.metric("answers", Target(low=ANSWERS)),
        draft.metric("wins", unit="%"),
        draft.metric("echoed", Target(high=TWICE)),
        draft.metric("again", Target(high=TWICE)),
        draft.metric("elsewhere", Target(high=TWICE)),
        draft.metric("emoji", Target(high=OFTEN)),
        draft.metric("marks", Target(high=OFTEN)),
        draft.metric("deep", Target(1 - DRIFT, 1 + DRIFT)),
    )
    talks = spread(private_talks(data.dialogues.get(Split.TEST, ()), _LONGEST, _SHORTEST), limits.talked)
    number = sum(len(talk.places) for talk in talks)
    if len(talks) < LEAST_TALKS or number < LEAST_REPLIES:
        few = draft.say("few", talks=len(talks), replies=number, least=LEAST_TALKS, shortest=_SHORTEST)
        return draft.panel(metrics, missing=few, findings=(few,))
    avatars: dict[Kind, Respondent] = {kind: one for kind, one in draft.respondents.items() if kind is not Kind.BASE}
    if not avatars:
        return draft.panel(metrics)
    had: dict[Kind, Sequence[Talk]] = {kind: talk_through(talks, _writer(one)) for kind, one in avatars.items()}
    heard = _hear(talks, had, _usual(data), respondents.base)
    drawn = {kind: _drawn(heard, kind, replies, number) for kind, replies in heard.replies.items()}
    rows = {kind: values(one) for kind, one in drawn.items()}
    real = rows.pop(Kind.CEILING)
    missing = None if real["wins"].low > 0.5 else draft.say("untold", wins=real["wins"])
    controls = [
        draft.row(Kind.CEILING, real),
        draft.row(Kind.SHUFFLED, {"wins": value(heard.won[_SHUFFLED])}),
        *(
            draft.row(Kind.DEGENERATE, values(_drawn(heard, key, heard.controls[key], number)), key=key)
            for key in (_STOCK, _ECHO)
        ),
    ]
    return draft.panel(
        metrics,
        draft.rows(rows, *controls),
        missing,
        (_figure(draft, heard),),
        _examples(draft, talks, had),
        _findings(draft, rows[Kind.AVATAR], real) if Kind.AVATAR in rows else (),
        differences({kind: one for kind, one in drawn.items() if kind is not Kind.CEILING}),
        talks=len(talks),
        replies=number,
    )


def _writer(respondent: Respondent) -> Write:
    def write(asked: Mapping[int, Past]) -> dict[int, Bubbles]:
        found = respondent.write([Question(scene, turns) for scene, turns in asked.values()])
        return dict(zip(asked, found, strict=True))

    return write


def _usual(data: EvaluationData) -> Bubbles:
    """The reply that the person gives most often."""
    said = Counter(one.real for split in Split for one in occasions(data.dialogues.get(split, ())))
    return said.most_common(1)[0][0]


def _hear(talks: Sequence[Talk], had: Mapping[Kind, Sequence[Talk]], usual: Bubbles, base: Respondent) -> _Heard:
    real = Replies.of(talks, [talk.real for talk in talks])
    count = len(real.said)
    half = [real.said[(number + count // 2) % count].bubbles for number in range(count)]
    controls = {
        _STOCK: real.told([usual] * count),
        _ECHO: real.told([one.before for one in real.said]),
        _SHUFFLED: real.told(half),
    }
    replies = {kind: Replies.of(talks, [talk.own for talk in ones]) for kind, ones in had.items()}
    replies[Kind.CEILING] = real
    keys = (*replies, *controls)
    won = wins(base, [*replies.values(), *controls.values()])
    return _Heard(replies, controls, dict(zip(keys, won, strict=True)))


def _drawn(heard: _Heard, key: Kind | str, replies: Replies, number: int) -> Drawn:
    won, real = heard.won[key], heard.won[Kind.CEILING]
    above = real - 0.5
    answers = np.divide(won - 0.5, above, out=np.full(len(above), NAN), where=above > 0)
    ratios = over(replies.measured(), heard.replies[Kind.CEILING].measured(), number)
    return {"answers": answers, "wins": won, **{name: ratios[name] for name in _RATIOS}}


def _findings(draft: Draft, avatar: Mapping[str, Value], real: Mapping[str, Value]) -> Iterator[str]:
    how = "answers" if avatar["answers"].number >= ANSWERS else "beside"
    yield draft.say(f"findings.{how}", wins=avatar["wins"], real=real["wins"].number)
    again = max(("again", "elsewhere"), key=lambda key: avatar[key].number)
    if avatar[again].number > TWICE:
        yield draft.say(f"findings.{again}", times=avatar[again].number)
    if avatar["echoed"].number > TWICE:
        yield draft.say("findings.echoed", times=avatar["echoed"].number)
    for key in ("emoji", "marks"):
        if avatar[key].number > OFTEN:
            yield draft.say(f"findings.{key}", times=avatar[key].number)
    deep = avatar["deep"].number
    if abs(deep - 1) > DRIFT:
        yield draft.say("findings.deep", longer=deep > 1, times=deep, early=EARLY)


def _figure(draft: Draft, heard: _Heard) -> Figure:
    """Words a reply, by how far the talk is."""

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing, draft.say("figures.depth.x"), draft.say("figures.depth.y"))
        for kind, replies in heard.replies.items():
            depths: dict[int, list[int]] = {}
            for one in replies.said:
                depths.setdefault(one.depth, []).append(len(tokens(one.bubbles)))
            shown = [depth for depth, found in sorted(depths.items()) if len(found) > 1]
            name = draft.names.get(kind) or draft.say("rows.ceiling.name")
            axes.plot(
                [depth + 1 for depth in shown],
                [np.mean(depths[depth]) for depth in shown],
                "o-",
                color=figures.OF_KIND[kind],
                label=name,
            )
        figures.legend(axes)

    return draft.figure("depth", paint, early=EARLY)


def _examples(draft: Draft, talks: Sequence[Talk], had: Mapping[Kind, Sequence[Talk]]) -> Iterator[Example]:
    """The longest talks, whole, beside what the person wrote."""
    longest = sorted(range(len(talks)), key=lambda number: -len(talks[number].places))[:_EXAMPLES]
    for number in longest:
        talk = talks[number]
        answers = {draft.person: _lines(talk, talk.real)}
        answers |= {draft.names[kind]: _lines(talk, ones[number].own) for kind, ones in had.items()}
        yield draft.example(Question(talk.dialogue.scene, talk.dialogue.turns[: talk.places[0]]), answers)


def _lines(talk: Talk, replies: Sequence[Bubbles]) -> Bubbles:
    """What was said from the first reply on, with the partner's words between."""
    found: list[str] = []
    partner = talk.dialogue.scene.partner.name or "…"
    for place, reply in zip(talk.places, replies, strict=True):
        if found:
            found += [f"{partner}: {text}" for text in texts(talk.dialogue.turns[place - 1].bubbles)]
        found += reply
    return tuple(found)
