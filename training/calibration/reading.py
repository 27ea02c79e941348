"""The model's part in the decision: the validation days' groups, read by the engine that serves the avatar."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from bot.engine.base import BatchEngine
from bot.engine.blocking import Blocking
from bot.message import ChatKind
from training.calibration.addressed import FittedAddressed
from training.calibration.alone import FittedAlone, Spoken
from training.calibration.combining import Inputs
from training.calibration.fitting import Fitted, fit
from training.data.dialogues import Dialogue
from training.data.groups import Group
from training.data.points import Point
from training.scoring import Rendered

SHARE = 0.12
"""At most this share of a run's minutes goes into reading the validation days for the calibration."""

DECISIONS, ANSWERS = 3000, 200
"""Of a large group no more than these are read, both reached: the few numbers fitted would get no better by more."""

_SLOWER = 2.5  # float32 beside bfloat16 where that is the faster


def groups(dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """Returns the dialogues in which something is decided."""
    return [one for one in dialogues if one.scene.kind is ChatKind.GROUP and any(one.counted)]


def reading_seconds(
    validation_tokens: int,
    decisions: int,
    minutes: float | None,
    tokens_per_second: float,
    *,
    other_precision: bool,
) -> float:
    """Returns for how many seconds the validation days' groups may be read: as far as needed, or as the minutes allow.

    decisions: how many these tokens hold. tokens_per_second: at which the model reads in training. other_precision:
    whether it serves in a slower precision.
    """
    allowed = math.inf if minutes is None else minutes * 60 * SHARE
    slower = _SLOWER if other_precision else 1.0
    needed = validation_tokens * min(1.0, DECISIONS / max(decisions, 1))
    return min(slower * needed / tokens_per_second, allowed)


def calibrate(
    served: Blocking[BatchEngine],
    validation: Sequence[Dialogue],
    points: Sequence[Point],
    seconds: float | None,
    correction: float = 0.0,
    heard: Sequence[Group] = (),
) -> Fitted:
    """Fits the decision on what the engine, with its LoRA on, says of the validation days' groups.

    After `seconds`, or once DECISIONS and ANSWERS are reached, no more is read; what was read is a fair sample of all.
    correction: of the log-odds of answering, see `epoch.correction`; the calibration holds it, fitted or not.
    heard: the groups in which the decision is tried, left to itself.
    """
    answered = {point.message for point in points if point.spoke}

    def suffices(read: Mapping[int, float]) -> bool:
        return len(read) >= DECISIONS and len(answered & read.keys()) >= ANSWERS

    read = _read(served, groups(validation), seconds, suffices)
    log_odds = {message: odds + correction for message, odds in read.items()}
    fitted = fit(points, log_odds, heard)
    found = fitted.calibration.corrected(correction)
    addressed = found.addressed and found.addressed.corrected(correction)
    precision = served.engine.precision
    found = replace(found, addressed=addressed, precision=precision, correction=correction)
    return replace(fitted, calibration=found)


def _read(
    served: Blocking[BatchEngine],
    dialogues: Sequence[Dialogue],
    seconds: float | None,
    suffices: Callable[[Mapping[int, float]], bool],
) -> dict[int, float]:
    """The log-odds of answering, by message; at least one batch of them."""
    start = time.monotonic()
    rendered = [Rendered.of(dialogue, served.engine.codec, replies=False) for dialogue in dialogues]
    found: dict[int, float] = {}
    with closing(served.each(served.engine.score_dialogues([one.asked for one in rendered]))) as batches:
        for batch in batches:
            for index, scores in batch.items():
                found |= rendered[index].decisions(scores.log_odds)
            if suffices(found) or (seconds is not None and time.monotonic() - start > seconds):
                break
    return found


def told(fitted: Fitted) -> dict[str, str]:
    """Returns the outcome in words and numbers, for the card."""
    found = {
        "made of": fitted.inputs.value,
        "decisions read": str(fitted.decisions),
        "of these answered": str(fitted.answered),
        "days": str(fitted.days),
    }
    compared = {
        f"ranking (AUROC) of {inputs.value}": "not measured" if math.isnan(value) else f"{value:.3f}"
        for inputs, value in fitted.compared.items()
    }
    if fitted.inputs is not Inputs.NONE:
        compared["threshold"] = f"{fitted.calibration.threshold:.3f}"
    alone = {} if fitted.alone is None else _told_alone(fitted.alone)
    return found | compared | (_told_addressed(fitted.addressed) if fitted.addressed else {}) | alone


def _told_alone(fitted: FittedAlone) -> dict[str, str]:
    def said(spoken: Spoken) -> str:
        return f"{spoken.within} answers in a conversation, {spoken.joining} that join one"

    return {
        "of all else the person gave": said(fitted.person),
        "left to itself the avatar gives": said(fitted.after),
        "set by the person's own past it would give": said(fitted.before),
    }


def _told_addressed(fitted: FittedAddressed) -> dict[str, str]:
    own = f"{fitted.rate:.0%}, from {fitted.rule.threshold:.3f} on, by {fitted.inputs.value}"
    return {
        "addressed to the person": f"{fitted.messages}, of which they answered {fitted.answered}",
        "the avatar answers of these": "every one: too few to tell" if fitted.inputs is Inputs.NONE else own,
    }
