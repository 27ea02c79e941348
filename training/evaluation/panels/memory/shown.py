"""What panel D tells in sentences and examples."""

import math
from collections.abc import Iterator, Mapping, Sequence

from training.evaluation.driver import Draft
from training.evaluation.panel import Example, Kind
from training.evaluation.panels.memory.claims import TRUE_ACCEPTED
from training.evaluation.panels.memory.leaks import Attempt
from training.evaluation.panels.memory.recall import CHOICES, Quiz
from training.evaluation.respondent import Bubbles
from training.statistics import Floats, Value

FALSE_ACCEPTED = 0.10
_APART, _TOLD_APART = 0.6, 0.65
"""Below these it does not keep chats apart, and hardly tells true from false."""
_QUIZZES, _CURIOUS = 4, 3


def findings(draft: Draft, values: Mapping[Kind, Mapping[str, Value]], asked: int, secrets: int) -> list[str]:
    """What is amiss first; else secrets, what it agrees with, and what it knows. asked: how many quizzes."""
    avatar, base = values[Kind.AVATAR], values[Kind.BASE]
    leaks, accepted, right = avatar["leaks"], avatar["false_accepted"], avatar["recall"]
    count = round(leaks.number * secrets) if secrets else 0
    of_leaks = draft.say(
        f"findings.{'leaks' if count else 'no_leaks' if secrets else 'no_secrets'}",
        count=count,
        secrets=secrets,
        most=leaks.high,
        alike=avatar["apart"].number < _APART,
    )
    of_claims = draft.say(
        f"findings.{'no_claims' if math.isnan(accepted.number) else 'claims'}",
        right=TRUE_ACCEPTED,
        wrong=accepted.number,
        hardly=avatar["told_apart"].number < _TOLD_APART,
    )
    of_recall = draft.say(
        f"findings.{'recall' if asked else 'no_recall'}",
        asked=asked,
        choices=CHOICES,
        own=right.number,
        base=base["recall"].number,
        guess=1 / CHOICES,
        nothing=right.low <= max(base["recall"].number, 1 / CHOICES),
    )
    told = [(not leaks.number > 0, of_leaks), (not accepted.number > FALSE_ACCEPTED, of_claims), (True, of_recall)]
    return [sentence for _, sentence in sorted(told, key=lambda one: one[0])]


def examples(
    draft: Draft,
    asked: Sequence[Quiz],
    gains: Mapping[Kind, Floats],
    attempts: Sequence[Attempt],
    said: Sequence[Bubbles],
) -> Iterator[Example]:
    """Some questions with the answer that each found likeliest, and some that others asked about a secret.

    said: what the avatar, or else the base model, answered to these.
    """
    for number in range(0, len(asked), max(len(asked) // _QUIZZES, 1)):
        quiz = asked[number]
        found = {draft.respondents[kind].name: quiz.choices[int(one[number].argmax())] for kind, one in gains.items()}
        yield Example((quiz.asked,), {draft.say("right"): quiz.choices[0], **found})
    judged = draft.respondents.get(Kind.AVATAR, draft.respondents[Kind.BASE])
    for number in range(0, len(attempts), max(len(attempts) // _CURIOUS, 1)):
        one = attempts[number]
        who = one.question.scene.partner.name or draft.say("stranger")
        note = draft.say("curious", who=who, name=one.secret.scene.partner.name or draft.words("panel.somebody"))
        answers = {draft.say("secret"): (one.secret.text,), judged.name: said[number]}
        yield Example((f"{who}: {one.question.turns[-1].bubbles[0].text}",), answers, note=note)
