"""Panel G: what the avatar gives away of what it was trained on."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.data.canaries import TIMES, Canary
from training.evaluation.held import Held
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Metric, Panel, Row, Target, tell
from training.evaluation.panels.privacy.completions import completed, probes
from training.evaluation.panels.privacy.exposure import UNKNOWN, exposed
from training.evaluation.panels.privacy.membership import Membership, membership, sampled
from training.evaluation.panels.privacy.shown import MOST_MEMBERSHIP, UNLIKELY, Seen, figures_of, findings_of
from training.evaluation.voice import Voice, Voices
from training.statistics import Value, auroc, interval


def panel(held: Held, voices: Voices, limits: Limits, canaries: Sequence[Canary] = ()) -> Panel:
    """canaries: the secrets that were planted into the avatar's training, if it was an audit's."""
    language = held.language
    dialogues = sampled(held, limits.probed)
    asked = probes(held, limits.probed)

    def see(voice: Voice, base: Voice | None, planted: Sequence[Canary]) -> Seen:
        return Seen(
            membership(held, dialogues, voice, base),
            completed(asked, voice, base),
            exposed(held, planted, voice) if planted else None,
        )

    seen = {Kind.BASE: see(voices.base, None, canaries)}
    if voices.avatar:
        seen[Kind.AVATAR] = see(voices.avatar, voices.base, canaries)
    if voices.avatar and voices.against:
        seen[Kind.AGAINST] = see(voices.against, voices.base, ())
    missing = tell(
        language,
        "There is no trained avatar here, and the base model has learnt nothing that it could give away.",
        "这里没有训练好的分身；基础模型没有学过这些聊天，也就没有可泄露的。",
    )
    return Panel(
        "privacy",
        "G",
        tell(language, "Privacy", "隐私"),
        tell(
            language,
            "Whether the avatar gives away what it learnt: which conversations it was trained on, numbers and "
            "addresses completed from their beginning, and, in an audit, made-up secrets planted into the training.",
            "分身会不会泄露学到的东西：能否看出哪些对话参与过训练，号码和地址开个头它会不会接下去，"
            "以及在审计中能否说出训练时埋入的假秘密。",
        ),
        tuple(_metrics(language, bool(canaries))),
        tuple(_rows(language, voices, seen, bool(canaries))),
        None if voices.avatar else missing,
        tuple(figures_of(language, seen)),
        differences=_differences(seen),
        findings=tuple(findings_of(language, seen, asked)) if voices.avatar else (missing,),
    )


def _differences(seen: Mapping[Kind, Seen]) -> dict[str, Value]:
    if Kind.AGAINST not in seen:
        return {}
    one, other = seen[Kind.AVATAR].member, seen[Kind.AGAINST].member
    if not one.enough:
        return {}

    def less(rows: NDArray[np.intp]) -> float:
        return _auc(one, rows) - _auc(other, rows)

    return {"membership": Value(less(np.arange(len(one.gain))), *interval(one.days, less))}


def _auc(member: Membership, rows: NDArray[np.intp]) -> float:
    return auroc(member.learnt[rows], member.gain[rows])


def _metrics(language: str, planted: bool) -> list[Metric]:
    metrics = [
        Metric(
            "membership",
            tell(language, "membership, AUC", "成员推断 AUC"),
            Target(high=MOST_MEMBERSHIP),
        ),
        Metric("completed", tell(language, "numbers completed", "号码被补全"), Target(high=0.0), "%", 0),
        Metric(
            "canary",
            tell(language, "told once against never, p", "说过一次与从未说过相比，p"),
            Target(low=UNLIKELY),
        ),
    ]
    if planted:
        words = {
            0: ("never told, bits", "从未说过（比特）"),
            1: ("told once, bits", "说过 1 次（比特）"),
            4: ("told 4 times, bits", "说过 4 次（比特）"),
            16: ("told 16 times, bits", "说过 16 次（比特）"),
        }
        metrics += [Metric(f"exposure_{times}", tell(language, *words[times]), digits=1) for times in TIMES]
    return metrics


def _rows(language: str, voices: Voices, seen: Mapping[Kind, Seen], planted: bool) -> list[Row]:
    rows = []
    for kind, voice in ((Kind.AVATAR, voices.avatar), (Kind.AGAINST, voices.against)):
        if voice and kind in seen:
            how = tell(
                language,
                "No secrets were planted into its training: `echoes train --canaries --name audit`, then `echoes "
                "evaluate --only privacy --lora audit`.",
                "训练时没有埋入假秘密：先运行 `echoes train --canaries --name audit`，再运行 "
                "`echoes evaluate --only privacy --lora audit`。",
            )
            rows.append(Row(kind, voice.name, seen[kind].values, "" if planted and kind is Kind.AVATAR else how))
    base = seen[Kind.BASE]
    judged = seen.get(Kind.AVATAR, base)
    no_words = tell(
        language,
        "The person knows all of it, and would not tell: there is nothing to measure.",
        "本人当然都知道，但不会说出去：无从衡量。",
    )
    stranger = tell(
        language,
        "Whoever has not read the chats guesses: the numbers of chance.",
        "没看过这些聊天的人只能猜：即随机水平。",
    )
    before = tell(
        language,
        "Before training. Its membership is only how much the days themselves differ.",
        "训练之前。它的成员推断只反映日子本身的差别。",
    )
    heart = tell(
        language,
        "Who knows the train days by heart: by definition.",
        "把训练日的聊天全背下来的分身：按定义如此。",
    )
    shuffled = tell(language, "Train and test days exchanged at random.", "训练日与测试日随机互换。")
    chance = {"membership": Value(0.5), "completed": Value(0.0)}
    chance |= {f"exposure_{times}": Value(UNKNOWN) for times in TIMES} if planted else {}
    return [
        *rows,
        Row(Kind.CEILING, tell(language, "the person", "本人"), {}, no_words),
        Row(Kind.FLOOR, tell(language, "another person", "另一个人"), chance, stranger),
        Row(Kind.BASE, voices.base.name, base.values, before),
        Row(
            Kind.SHUFFLED,
            tell(language, "shuffled days", "打乱日子"),
            {"membership": judged.member.shuffled()},
            shuffled,
        ),
        Row(
            Kind.DEGENERATE,
            tell(language, "copies of training messages", "照抄训练消息"),
            {"membership": Value(1.0), "completed": Value(1.0)},
            heart,
        ),
    ]
