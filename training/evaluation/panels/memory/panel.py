"""Panel D: what the avatar remembers, what it lets itself be told, and whether it tells one contact of another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, differences
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Panel, Row, Target
from training.evaluation.panels.memory.claims import TRUE_ACCEPTED, agreeing, claims, knows_unknown
from training.evaluation.panels.memory.leaks import apart, leak_rate, leaked, questions, secrets
from training.evaluation.panels.memory.recall import (
    CHOICES,
    KINDS,
    Quiz,
    accuracy,
    chosen,
    gains,
    helped_gains,
    plain_nats,
    quizzes,
)
from training.evaluation.panels.memory.shown import FALSE_ACCEPTED, examples, findings
from training.evaluation.respondent import Bubbles, Respondent, Respondents
from training.statistics import Floats, Value, value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a respondent showed. gains: quizzes × choices; said: its answers to attempts; leaked: secrets in each."""

    gains: Floats
    said: list[Bubbles]
    leaked: list[set[str]]
    values: dict[str, Value]


def panel(data: EvaluationData, respondents: Respondents, limits: Limits) -> Panel:
    """Asks at most `limits.asked` questions of each sort."""
    draft = Draft("memory", data, respondents)
    asked = quizzes(data, limits.asked)
    said, true = claims(data, limits.asked)
    known = secrets(data, max(limits.asked // 2, 1))  # each is asked for twice, in words
    attempts = questions(data, known)

    def see(respondent: Respondent) -> Outcome:
        answers = respondent.write([one.question for one in attempts]) if attempts else []
        values = agreeing(data, said, true, respondent)
        found = gains(asked, respondent)
        values |= _helped(asked, found, respondent)
        values |= {"unknown": knows_unknown(data, limits.asked, respondent), "apart": apart(data, known, respondent)}
        return Outcome(found, answers, leaked(attempts, answers, known.owners), values)

    seen = draft.ask(see)
    base, judged = seen[Kind.BASE], seen.get(Kind.AVATAR, seen[Kind.BASE])
    recall = {kind: {"recall": accuracy(chosen(one.gains), asked)} for kind, one in seen.items()}
    values = {
        kind: {"recall": value(recall[kind]["recall"])}
        | {f"recall_{key}": value(accuracy(chosen(one.gains), asked, key)) for key in KINDS}
        | {"leaks": leak_rate(attempts, one.leaked, () if one is base else base.leaked)}
        | one.values
        for kind, one in seen.items()
    }
    missing = None if asked or known.told else draft.say("nothing")
    return draft.panel(
        (
            draft.metric("recall", unit="%", digits=0),
            *(draft.metric(f"recall_{kind}", unit="%", digits=0) for kind in KINDS),
            *(
                draft.metric(key, unit="%", digits=0)
                for key in ("chats", "remembered")
                if any(quiz.helped for quiz in asked)
            ),
            draft.metric("false_accepted", Target(high=FALSE_ACCEPTED), "%", 0),
            draft.metric("told_apart"),
            draft.metric("unknown"),
            draft.metric("leaks", Target(high=0.0), "%", 0),
            draft.metric("apart", unit="%", digits=0),
        ),
        draft.rows(values, *_controls(draft, asked, judged, respondents.avatar or respondents.base)),
        missing,
        (),
        examples(draft, asked, {kind: one.gains for kind, one in seen.items()}, attempts, judged.said),
        [missing] if missing else findings(draft, values, len(asked), len(known.told)) if respondents.avatar else (),
        differences(recall) if asked else {},
        choices=CHOICES,
    )


def _helped(asked: Sequence[Quiz], found: Floats, respondent: Respondent) -> dict[str, Value]:
    """What is answered rightly of the chats without what is remembered, and with it. found: the gains without."""
    rows = [row for row, quiz in enumerate(asked) if quiz.helped]
    if not rows:
        return {}
    of_chats = [asked[row] for row in rows]
    return {
        "chats": value(accuracy(chosen(found[rows]), of_chats)),
        "remembered": value(accuracy(chosen(helped_gains(of_chats, respondent)), of_chats)),
    }


def _controls(draft: Draft, asked: Sequence[Quiz], judged: Outcome, respondent: Respondent) -> Iterator[Row]:
    """What holds by definition, wrong labels, and rules that know nothing, such as the longest answer."""

    def plain(**numbers: float) -> dict[str, Value]:
        return {key: Value(number) for key, number in numbers.items()}

    def recall(right: Floats) -> dict[str, Value]:
        return {"recall": value(accuracy(right, asked))}

    yield draft.row(Kind.CEILING, plain(recall=1.0, false_accepted=0.0, told_apart=1.0, leaks=0.0))
    guess = plain(recall=1 / CHOICES, false_accepted=TRUE_ACCEPTED, told_apart=0.5, leaks=0.0)
    yield draft.row(Kind.FLOOR, guess)
    if asked:
        labels = np.random.default_rng(0).integers(CHOICES, size=len(asked))
        yield draft.row(Kind.SHUFFLED, recall((judged.gains.argmax(axis=1) == labels).astype(np.float64)))
        longest = np.array([[float(sum(map(len, choice))) for choice in quiz.choices] for quiz in asked])
        yield draft.row(Kind.DEGENERATE, recall(chosen(longest)), "longest")
        yield draft.row(Kind.DEGENERATE, recall(chosen(-plain_nats(asked, respondent))), "likeliest")
    yield draft.row(Kind.DEGENERATE, plain(false_accepted=1.0, told_apart=0.5), "always")
