"""Panel E: in groups, does the avatar speak where the person would, as often, and with honest probabilities?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bot.chat.decision import Calibration
from bot.message import ChatKind
from training.data.points import Point, of_split
from training.data.splits import Split
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, differences, values
from training.evaluation.figures import OF_KIND, OTHER
from training.evaluation.limits import Limits, some_to_read
from training.evaluation.panel import Kind, Panel, Row, Target
from training.evaluation.panels.decision.measures import STRATA, Truth, measures, often, sure
from training.evaluation.panels.decision.predictions import (
    LOGISTIC,
    Predictions,
    baselines,
    by_itself,
    calibrated,
    uncalibrated,
)
from training.evaluation.panels.decision.shown import drawings, examples, findings
from training.evaluation.respondent import Respondent, Respondents
from training.statistics import Bools, Value

ENOUGH = 10
"""Answers and silences that must be there of each."""

TARGETS = {"gain": Target(0.05), "sure": Target(0.975), "ece": Target(high=0.05), "left_alone": Target(0.8, 1.25)}
LEFT_ALONE = tuple(f"left_alone_{key}" for key in STRATA)
RATES = ("rate", *(f"rate_{key}" for key in STRATA))
OFTEN = ("left_alone", "rate")
"""What the keys of all measures of how often it speaks begin with."""
OTHERS = (*LEFT_ALONE, "w1", "ap", "w3", "ap_w3", "brier", "balanced", *(f"w1_{key}" for key in STRATA), *RATES)
PAIRED = ("w1", "ece", "left_alone")
"""What two avatars are compared by."""


def panel(
    data: EvaluationData, respondents: Respondents | None, limits: Limits, calibrations: Mapping[str, Calibration]
) -> Panel:
    """calibrations: of the avatars, by the respondent's name. respondents None: the baselines alone."""
    draft = Draft("decision", data, respondents)
    metrics = [
        draft.metric(key, TARGETS.get(key), "%" if key == "sure" else "", 2 if key.startswith(OFTEN) else 3)
        for key in (*TARGETS, *OTHERS)
    ]
    tested, odds = _decided(draft, limits)
    learnt = of_split(data.points, Split.TRAIN, Split.VALIDATION)
    if missing := _missing(draft, learnt, tested):
        return draft.panel(metrics, missing=missing)
    truth, rules = Truth.of(tested), baselines(learnt)
    simple = {name: calibrated(tested, rule) for name, rule in rules.items()}
    raw = {kind: uncalibrated(tested, found) for kind, found in odds.items()}
    runs = {kind: calibrations.get(respondent.name, Calibration()) for kind, respondent in draft.respondents.items()}
    own = {
        kind: predicted if kind is Kind.BASE else calibrated(tested, runs[kind], predicted)
        for kind, predicted in raw.items()
    }
    rule = measures(simple[LOGISTIC], truth)["w1"]
    alone = {
        kind: None if kind is Kind.BASE else by_itself(tested, draft.data.groups, runs[kind], predicted)
        for kind, predicted in raw.items()
    }
    drawn = {kind: measures(predicted, truth, rule) | often(alone[kind], truth) for kind, predicted in own.items()}
    asked = {kind: values(found) | sure(found["gain"]) for kind, found in drawn.items()}

    def control(kind: Kind, predicted: Predictions, key: str = "", speaks: Bools | None = None) -> Row:
        """speaks: left to itself; what does not depend on the past is what it is anyway."""
        return draft.row(kind, values(measures(predicted, truth, rule) | often(speaks, truth)), key)

    def fixed(kind: Kind, predicted: Predictions, key: str = "") -> Row:
        return control(kind, predicted, key, predicted.speaks)

    def simply(name: str, key: str) -> Row:
        return control(Kind.BASELINE, simple[name], key, by_itself(tested, draft.data.groups, rules[name]))

    mixed, order = own.get(Kind.AVATAR, simple[LOGISTIC]), np.random.default_rng(0).permutation(len(tested))
    person = _certain(point.spoke for point in tested)
    ceiling = values(measures(person, truth, rule) | often(person.speaks, truth))
    controls = [
        draft.row(Kind.CEILING, ceiling | {key: Value(1.0) for key in ceiling if key.startswith(OFTEN)}),
        draft.row(Kind.FLOOR),
        fixed(Kind.SHUFFLED, Predictions(mixed.probability[order], mixed.speaks[order])),
        fixed(Kind.DEGENERATE, _certain(True for _ in tested), "always"),
        fixed(Kind.DEGENERATE, _certain(False for _ in tested), "never"),
        fixed(Kind.DEGENERATE, _certain(bool(point.seen["addressed"]) for point in tested), "mentioned"),
        simply("recency", "recency"),
        simply(LOGISTIC, "rule"),
    ]
    if Kind.AVATAR in raw:
        model = measures(uncalibrated(tested, odds[Kind.AVATAR], runs[Kind.AVATAR].correction), truth, rule)
        controls.append(draft.row(Kind.BASELINE, values(model) | sure(model["gain"]), "alone"))
    lines = [(predicted, draft.respondents[kind].name, OF_KIND[kind]) for kind, predicted in own.items()]
    lines.insert(1, (simple[LOGISTIC], draft.say("rows.rule.name"), OTHER))
    made = draft.panel(
        metrics,
        draft.rows(asked, *controls),
        figures=drawings(draft, lines, truth.spoke),
        examples=examples(draft, tested, own[Kind.AVATAR]) if Kind.AVATAR in own else (),
        findings=findings(draft, tested, alone.get(Kind.AVATAR), asked.get(Kind.AVATAR), float(rule[0])),
        differences=differences(
            {kind: {key: found[key] for key in PAIRED if key in found} for kind, found in drawn.items()}
        ),
    )
    return made if Kind.AVATAR in own else replace(made, not_measurable=None)  # the simple rules alone can be measured


def _decided(draft: Draft, limits: Limits) -> tuple[list[Point], dict[Kind, dict[int, float]]]:
    """The points of the test days that were read, and the log-odds of each respondent for them."""
    tested = of_split(draft.data.points, Split.TEST)
    groups = [one for one in draft.data.dialogues[Split.TEST] if one.scene.kind is ChatKind.GROUP]
    chosen = some_to_read(groups, limits.read)

    def log_odds(respondent: Respondent) -> dict[int, float]:
        return {key: value for scores in respondent.score(chosen) for key, value in scores.decisions.items()}

    odds = draft.ask(log_odds) if tested else {}
    return [point for point in tested if all(point.message in one for one in odds.values())], odds


def _missing(draft: Draft, learnt: Sequence[Point], tested: Sequence[Point]) -> str | None:
    """Why nothing can be said."""
    spoke = sum(point.spoke for point in tested)
    if not draft.data.points:
        return draft.say("missing.groups")
    if min(spoke, len(tested) - spoke) < ENOUGH:
        return draft.say("missing.few", spoke=spoke, passed=len(tested) - spoke, enough=ENOUGH)
    return None if any(point.spoke for point in learnt) else draft.say("missing.rule")


def _certain(speaks: Iterable[bool]) -> Predictions:
    """Predictions whose probabilities are 0 and 1."""
    chosen = np.array(list(speaks), dtype=np.bool_)
    return Predictions(chosen.astype(np.float64), chosen)
