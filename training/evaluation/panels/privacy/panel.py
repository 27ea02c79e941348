"""Panel G: what the avatar gives away of what it was trained on."""

from collections.abc import Iterator, Mapping, Sequence

from training.data.canaries import TIMES, Canary
from training.evaluation.data import EvaluationData
from training.evaluation.driver import Draft, differences
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Panel, Row, Target
from training.evaluation.panels.privacy.completions import completed, probes
from training.evaluation.panels.privacy.exposure import UNKNOWN, exposed
from training.evaluation.panels.privacy.membership import membership, sampled
from training.evaluation.panels.privacy.shown import MOST_MEMBERSHIP, UNLIKELY, Outcome, drawings, findings
from training.evaluation.respondent import Respondent, Respondents
from training.statistics import Value


def panel(data: EvaluationData, respondents: Respondents, limits: Limits, canaries: Sequence[Canary] = ()) -> Panel:
    """canaries: the secrets that were planted into the avatar's training, if it was an audit's."""
    draft = Draft("privacy", data, respondents)
    dialogues, asked = sampled(data, limits.probed), probes(data, limits.probed)

    def see(respondent: Respondent) -> Outcome:
        base = None if respondent is respondents.base else respondents.base
        member = membership(data, dialogues, respondent, base)
        planted = bool(canaries) and respondent is not respondents.against
        told = exposed(data, canaries, respondent) if planted else None
        return Outcome(member, member.auc(), completed(asked, respondent, base), told)

    seen = draft.ask(see)
    exposures = [f"exposure_{times}" for times in TIMES if canaries]
    return draft.panel(
        (
            draft.metric("membership", Target(high=MOST_MEMBERSHIP)),
            draft.metric("completed", Target(high=0.0), "%", 0),
            draft.metric("canary", Target(low=UNLIKELY)),
            *(draft.metric(key, digits=1) for key in exposures),
        ),
        draft.rows({}, *_rows(draft, seen, exposures)),
        figures=drawings(draft, seen[Kind.AVATAR]) if respondents.avatar else (),
        findings=findings(draft, seen[Kind.AVATAR], asked) if respondents.avatar else (),
        differences=differences({kind: {"membership": one.auc} for kind, one in seen.items() if one.member.enough}),
    )


def _rows(draft: Draft, seen: Mapping[Kind, Outcome], exposures: Sequence[str]) -> Iterator[Row]:
    """exposures: the metrics of planted secrets, where there are any."""
    for kind, one in seen.items():
        planted = one.canaries is not None or kind is Kind.BASE
        yield draft.row(kind, one.values, "" if planted else "unplanted")
    yield draft.row(Kind.CEILING)
    chance = {"membership": 0.5, "completed": 0.0} | dict.fromkeys(exposures, UNKNOWN)
    yield draft.row(Kind.FLOOR, {key: Value(number) for key, number in chance.items()})
    judged = seen.get(Kind.AVATAR, seen[Kind.BASE])
    yield draft.row(Kind.SHUFFLED, {"membership": judged.member.shuffled()})
    yield draft.row(Kind.DEGENERATE, {"membership": Value(1.0), "completed": Value(1.0)})
