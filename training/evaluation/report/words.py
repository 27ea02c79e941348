"""What the numbers come to, in sentences for the owner, English or Chinese."""

import math
from collections.abc import Sequence

from training.evaluation.panel import Kind, Metric, Panel, tell
from training.evaluation.report import values
from training.evaluation.report.model import Mark, Report, mark
from training.evaluation.words import Words


def short(panel: Panel, language: str) -> str:
    """What a panel is called where there is little room: its title may be a question."""
    key, words = f"panels.{panel.key}", Words(language)
    return words(key) if key in words else panel.title


def label(panel: Panel, metric: Metric) -> str:
    """A metric's label where it stands alone: one that begins with dots goes on from one before, of its unit."""
    if not metric.label.startswith("…"):
        return metric.label[:1].upper() + metric.label[1:]
    before = [one for one in panel.metrics[: panel.metrics.index(metric)] if not one.label.startswith("…")]
    same = [one.label for one in before if one.unit == metric.unit]
    start = same[-1] if same else ""
    return f"{start[:1].upper()}{start[1:]} {metric.label}".strip()


def marked(found: Mark, language: str) -> str:
    zh = {Mark.PASSES: "达标", Mark.MISSES: "未达标", Mark.UNKNOWN: "无法测量"}
    return tell(language, found.value, zh[found])


def kind(found: Kind, language: str) -> str:
    """What a kind of row is called."""
    zh = {
        Kind.AVATAR: "分身",
        Kind.AGAINST: "另一个分身",
        Kind.CEILING: "本人（保留数据）",
        Kind.FLOOR: "最像的旁人",
        Kind.BASE: "基础模型，仅提示",
        Kind.SHUFFLED: "打乱标签",
        Kind.DEGENERATE: "取巧",
        Kind.BASELINE: "简单方法",
    }
    return tell(language, found.value, zh[found])


def explained(found: Kind, subject: str, language: str) -> str:
    """What a kind of row is there for."""
    en = {
        Kind.AVATAR: "what is examined",
        Kind.AGAINST: "a second avatar, asked the same",
        Kind.CEILING: f"what {subject} really wrote on those days: the most that can be reached",
        Kind.FLOOR: f"the other person most like {subject}: no avatar should be nearer to them",
        Kind.BASE: "the model before training, told who it is: what training has to beat",
        Kind.SHUFFLED: "the same measure with its answers mixed up: what chance alone gives",
        Kind.DEGENERATE: "cheap tricks, such as one stock reply: they must fail, or the measure is no good",
        Kind.BASELINE: "a simple method without a language model",
    }
    zh = {
        Kind.AVATAR: "受测的分身",
        Kind.AGAINST: "另一个分身，问同样的问题",
        Kind.CEILING: f"{subject}在那些天真正写下的话：能达到的上限",
        Kind.FLOOR: f"与{subject}最像的另一个人：分身不该更像这个人",
        Kind.BASE: "训练之前的模型，只告诉它扮演谁：训练必须胜过它",
        Kind.SHUFFLED: "同一测量，标签打乱：纯靠运气能得多少",
        Kind.DEGENERATE: "取巧的办法，例如永远回同一句话：它们必须不及格，否则这项测量没有意义",
        Kind.BASELINE: "不用语言模型的简单办法",
    }
    return tell(language, en[found], zh[found])


def answer(report: Report) -> str:
    """To the question above the report, in a word or two."""
    language = report.header.language
    marks = {panel.key: mark(panel) for panel in report.panels}
    judged = [found for found in marks.values() if found is not Mark.UNKNOWN]
    if not judged:
        return tell(language, "Nobody can say yet.", "还说不准。")
    if all(found is Mark.PASSES for found in judged):
        return tell(language, "By every measure that applies, yes.", "凡能测量的，都是。")
    if marks.get("style") is Mark.MISSES or not any(found is Mark.PASSES for found in judged):
        return tell(language, "Not yet.", "还不是。")
    return tell(language, "In part.", "部分是。")


def verdict(report: Report) -> list[str]:
    """The paragraph at the top, sentence by sentence."""
    header = report.header
    language = header.language
    verdicts = [met for panel in report.panels for met in panel.verdicts().values() if met is not None]
    sure = sum(key in panel.sure() for panel in report.panels for key, met in panel.verdicts().items() if met)
    days = next((one.days for one in header.periods if one.split.value == "test"), 0)
    found = []
    if header.lora is None:
        found.append(
            tell(
                language,
                "No trained avatar was examined, only what can be said without one.",
                "没有受测的分身，这里只有不需要分身的部分。",
            )
        )
    elif verdicts:
        found.append(
            tell(
                language,
                f"On {days} days that it never learnt from, the avatar {header.lora} meets {sum(verdicts)} of "
                f"{len(verdicts)} targets, {sure} of them surely: with its whole interval.",
                f"在从未用于训练的 {days} 天上，分身 {header.lora} 达到了 {len(verdicts)} 项目标中的 "
                f"{sum(verdicts)} 项，其中 {sure} 项有把握：整个区间都达标。",
            )
        )
    missed = [part for panel in report.panels for part in [_missed(panel, language)] if part]
    passed = [short(panel, language) for panel in report.panels if mark(panel) is Mark.PASSES]
    open_ = [short(panel, language) for panel in report.panels if mark(panel) is Mark.UNKNOWN]
    if passed:
        found.append(
            tell(
                language,
                f"It holds up: {_listed(passed, language)}.",
                f"站得住的：{_listed(passed, language)}。",
            )
        )
    if missed:
        found.append(tell(language, f"It falls short: {'; '.join(missed)}.", f"还不够的：{'；'.join(missed)}。"))
    if open_ and header.lora is not None:
        found.append(
            tell(
                language,
                f"Not measurable for {header.subject}: {_listed(open_, language)}.",
                f"对{header.subject}无法测量：{_listed(open_, language)}。",
            )
        )
    return found + _compared(report)


def _compared(report: Report) -> list[str]:
    """How often the avatar is clearly better than the other one, or worse, where a target says what is better."""
    header = report.header
    if header.against is None:
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
    return [
        tell(
            header.language,
            f"Beside {header.against}, on the same questions, it is clearly better in {better} of {judged} measures "
            f"and clearly worse in {worse}.",
            f"与 {header.against} 相比（同样的问题），{judged} 项测量中 {better} 项明显更好，{worse} 项明显更差。",
        )
    ]


def _missed(panel: Panel, language: str) -> str:
    """The panel and the first of its targets that is missed: `voice (fidelity 54, target ≥ 70)`."""
    avatar = panel.row(Kind.AVATAR)
    key = next((key for key, met in panel.verdicts().items() if met is False), None)
    if key is None or avatar is None:
        return ""
    metric = next(metric for metric in panel.metrics if metric.key == key)
    reached = values.reached(metric, avatar.values[key].number)
    wanted = values.target(metric, language)
    aim = refuted(language) if key in avatar.refuted else tell(language, f"target {wanted}", f"目标 {wanted}")
    return tell(
        language,
        f"{short(panel, language)} ({label(panel, metric)} {reached}, {aim})",
        f"{short(panel, language)}（{label(panel, metric)} {reached}，{aim}）",
    )


def refuted(language: str) -> str:
    """What to say in place of the target of a number that is refuted."""
    return tell(language, "which does not count", "不作数")


def headline(panel: Panel) -> tuple[Metric, float] | None:
    """The avatar's number that stands for the panel: of its first target missed, else of its first one."""
    avatar = panel.row(Kind.AVATAR)
    if avatar is None or panel.not_measurable:
        return None
    judged = [metric for metric in panel.metrics if metric.target and metric.key in avatar.values]
    known = [metric for metric in judged if not math.isnan(avatar.values[metric.key].number)]
    if not known:
        return None
    missed = [metric for metric in known if panel.met(avatar, metric) is False]
    chosen = (missed or known)[0]
    return chosen, avatar.values[chosen.key].number


def unknown(report: Report) -> list[str]:
    """What no report of this kind can say, and what this one cannot."""
    header = report.header
    language, subject = header.language, header.subject
    found = list(header.unknown)
    if header.quick:
        found.append(
            tell(
                language,
                f"This was a quick look: {header.limits.written} answers were written instead of hundreds, so the "
                "intervals are wide. Leave --quick out for the full examination.",
                f"这是快速评估：只写了 {header.limits.written} 个回答，区间因此较宽。去掉 --quick 可做完整评估。",
            )
        )
    found += [
        tell(
            language,
            f"Nobody who knows {subject} was asked. Being told apart by a machine is not being recognised by a friend.",
            f"没有询问认识{subject}的人。机器分得出、分不出，与朋友认不认得出，不是一回事。",
        ),
        tell(
            language,
            "Whether what it says is true. It was measured on how things are said, and asked only a few facts.",
            "它说的是不是真的。这里测的是说话方式，事实只问了少数几条。",
        ),
        tell(
            language,
            f"How {subject} is today: all of this holds for the chats that were imported, up to their last day.",
            f"{subject}今天是什么样子：一切都只对已导入的聊天成立，到其最后一天为止。",
        ),
        tell(
            language,
            "How it fares in long conversations of its own: each answer was asked for after the real words of others "
            "and of the person, never after its own.",
            "它自己长时间聊下去会怎样：每个回答都接在真人说过的话后面，从不接在它自己的话后面。",
        ),
    ]
    return found


def _listed(words: Sequence[str], language: str) -> str:
    if language == "zh" or len(words) < 2:
        return "、".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
