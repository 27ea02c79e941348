"""What the numbers come to, in sentences for the owner."""

import math

from training.evaluation.panel import Kind, Metric, Panel
from training.evaluation.report import values
from training.evaluation.report.model import Mark, Report, mark
from training.evaluation.report.values import label, name
from training.evaluation.words import Words


def answer(report: Report) -> str:
    """Answers the question above the report in a word or two."""
    marks = {panel.key: mark(panel) for panel in report.panels}
    judged = [found for found in marks.values() if found is not Mark.UNKNOWN]
    if not judged:
        key = "nobody"
    elif all(found is Mark.PASSES for found in judged):
        key = "all"
    else:
        key = "none" if marks.get("style") is Mark.MISSES or Mark.PASSES not in judged else "some"
    return report.words(f"report.answers.{key}")


def verdict(report: Report) -> list[str]:
    """The paragraph at the top, sentence by sentence."""
    header, words = report.header, report.words
    met = [(met, key in panel.sure()) for panel in report.panels for key, met in panel.verdicts().items()]
    judged = [found for found in met if found[0] is not None]
    days = next((one.days for one in header.periods if one.split.value == "test"), 0)
    names = {one: [name(panel, words) for panel in report.panels if mark(panel) is one] for one in Mark}
    missed = [part for panel in report.panels for part in [_missed(panel, words)] if part]
    found = []
    if header.lora is None:
        found.append(words("report.verdict.none"))
    elif judged:
        reached = [sure for passed, sure in judged if passed]
        numbers = {"reached": len(reached), "targets": len(judged), "sure": sum(reached)}
        found.append(words("report.verdict.meets", days=days, lora=header.lora, **numbers))
    if names[Mark.PASSES]:
        found.append(words("report.verdict.holds", panels=names[Mark.PASSES]))
    if missed:
        found.append(words("report.verdict.short", parts=missed))
    if names[Mark.UNKNOWN] and header.lora is not None:
        found.append(words("report.verdict.open", subject=header.subject, panels=names[Mark.UNKNOWN]))
    return found + _compared(report)


def _compared(report: Report) -> list[str]:
    """How often the avatar is clearly better than the other one, or worse, where a target says what is better."""
    if report.header.against is None:
        return []
    better = worse = judged = 0
    for panel in report.panels:
        for metric in panel.metrics:
            if any(metric.key in row.refuted for row in panel.rows if row.kind in (Kind.AVATAR, Kind.AGAINST)):
                continue
            value, target = panel.differences.get(metric.key), metric.target
            if value and target and math.isinf(target.low) != math.isinf(target.high) and not math.isnan(value.low):
                sign = 1 if math.isinf(target.high) else -1
                judged += 1
                better += min(sign * value.low, sign * value.high) > 0
                worse += max(sign * value.low, sign * value.high) < 0
    against = report.header.against
    return [report.words("report.verdict.compared", against=against, better=better, worse=worse, judged=judged)]


def headline(panel: Panel) -> tuple[Metric, float] | None:
    """The avatar's number that stands for the panel: of its first target missed, else of its first one."""
    avatar = panel.row(Kind.AVATAR)
    if avatar is None or panel.not_measurable:
        return None
    judged = [metric for metric in panel.metrics if metric.target and metric.key in avatar.values]
    known = [metric for metric in judged if not math.isnan(avatar.values[metric.key].number)]
    missed = [metric for metric in known if panel.met(avatar, metric) is False]
    return next(((metric, avatar.values[metric.key].number) for metric in missed + known), None)


def aim(panel: Panel, metric: Metric, words: Words) -> str:
    """What the avatar's number had to reach; instead of it, that a number which is refuted does not count."""
    avatar = panel.row(Kind.AVATAR)
    if avatar and metric.key in avatar.refuted:
        return words("report.refuted")
    return values.target(metric, words)


def _missed(panel: Panel, words: Words) -> str:
    """The panel and the first of its targets that is missed: `Voice (fidelity 54, target ≥ 70)`."""
    found = headline(panel)
    if found is None or mark(panel) is not Mark.MISSES:
        return ""
    metric, number = found
    reached, wanted = f"{label(panel, metric)} {values.reached(metric, number)}", aim(panel, metric, words)
    counts = wanted != words("report.refuted")
    return words("report.verdict.missed", panel=name(panel, words), reached=reached, wanted=wanted, counts=counts)


def unknown(report: Report) -> list[str]:
    """What no report of this kind can say, and what this one cannot."""
    header, words = report.header, report.words
    quick = [words("report.unknown.quick", written=header.limits.written)] if header.quick else []
    talked = any(panel.key == "talk" and not panel.not_measurable for panel in report.panels)
    keys = ("friend", "facts", "today", *(() if talked else ("alone",)))
    always = (words(f"report.unknown.{key}", subject=header.subject) for key in keys)
    return [*header.unknown, *quick, *always]
