"""Panel A: whether what the avatar writes looks like what the person writes."""

from collections.abc import Iterator

import numpy as np

from training.evaluation.held import Held
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Metric, Panel, Row, Target
from training.evaluation.panels.style import drawn, shown
from training.evaluation.panels.style.embedding import Embed
from training.evaluation.panels.style.fidelity import FIDELITY, SEPARATION
from training.evaluation.panels.style.measured import Judged, Measured, differences, judge
from training.evaluation.panels.style.refuted import refuted
from training.evaluation.panels.style.subject import Subject
from training.evaluation.voice import Voices
from training.statistics import NAN, Value

KEY = "style"
EXCESS, PROFILE, COPIED, NEAR = 0.05, 1.5, 2.0, 0.15


def panel(held: Held, voices: Voices, limits: Limits, embed: Embed | None = None) -> Panel:
    """Panel A. embed: an embedding model, for a third judge."""
    subject = Subject.of(held, limits)
    size = subject.size
    if size is None:
        return _panel(subject, None, subject.missing, voices)
    judged = judge(subject, voices, size, embed)
    return _panel(subject, judged, _gate(subject, judged), voices)


def _panel(subject: Subject, judged: Judged | None, missing: str | None, voices: Voices) -> Panel:
    avatar, against = (judged.of(kind) if judged else None for kind in (Kind.AVATAR, Kind.AGAINST))
    if voices.avatar is None and not missing:
        missing = subject.tell("No LoRA was examined, only the base model.", "没有检验任何 LoRA，只有基础模型。")
    return Panel(
        KEY,
        "A",
        subject.tell("Does it write like them?", "写得像不像本人？"),
        _what(subject, judged),
        tuple(_metrics(subject, judged)) if judged else (),
        tuple(_rows(subject, judged)) if judged else (),
        missing,
        tuple(drawn.drawings(subject, judged)) if judged else (),
        tuple(shown.examples(subject, voices)),
        tuple(shown.findings(subject, judged)) if judged else (),
        differences(avatar, against) if avatar and against else {},
    )


def _what(subject: Subject, judged: Judged | None) -> str:
    third = judged is not None and len(judged.judges) > 2
    more_en, more_zh = (", a third by embeddings", "，一位看嵌入向量") if third else ("", "")
    return subject.tell(
        "Judges have learnt, on days that the avatar never saw, to tell the person's messages from those of others, of "
        f"the base model and of a tidy assistant: one by letters, one by form (length, bubbles, marks, case, emoji)"
        f"{more_en}. They read what the avatar wrote on the test days, many messages at once. 0 is the nearest other "
        "person, 100 the person; the strictest judge counts.",
        "几位「裁判」在分身没见过的日子里，学会了把本人的消息和别人的、基础模型的、工整的助手腔区分开：一位看字，一位看形"
        f"（长短、条数、标点、大小写、表情）{more_zh}。它们把分身在测试日写的消息成批地读。"
        "0 是最像本人的另一个人，100 是本人；以最严的一位为准。",
    )


def _gate(subject: Subject, judged: Judged) -> str | None:
    if not judged.blind:
        return None
    found = [(shown.NAMES[one], judged.separation[one][0]) for one in judged.blind]
    en = ", ".join(f"the judge by {name} (AUC {auc:.2f})" for (name, _), auc in found)
    zh = "、".join(f"{name}的裁判（AUC {auc:.2f}）" for (_, name), auc in found)
    person, other = subject.held.persona.name, shown.floor_name(subject, judged)
    return subject.tell(
        f"Not measurable for this person: {en} cannot tell {person} from {other} surely enough "
        f"({SEPARATION:.2f} is needed).",
        f"此人无法评判：{zh}分不清{person}和{other}（需要 {SEPARATION:.2f}）。",
    )


def _metrics(subject: Subject, judged: Judged) -> Iterator[Metric]:
    say = subject.tell
    yield Metric("fidelity", say("Style fidelity", "文风相似度"), Target(low=FIDELITY), digits=0)
    yield Metric(
        "excess", say("Told apart more than the person from their past", "比本人今昔之别多出"), Target(high=EXCESS)
    )
    yield Metric(
        "profile", say("Distance in habits, over the person's own", "习惯差异（相对本人自身）"), Target(high=PROFILE)
    )
    yield Metric(
        "copied", say("Copied from training, over the person's own", "照抄训练内容（相对本人）"), Target(high=COPIED)
    )
    near = Target(1 - NEAR, 1 + NEAR)
    yield Metric("distinct", say("Variety of word pairs, over theirs", "词语搭配的丰富度（相对本人）"), near)
    yield Metric("entropy", say("Variety of replies, over theirs", "回复的多样性（相对本人）"), near)
    for one in judged.judges:
        en, zh = shown.NAMES[one.name]
        yield Metric(one.name, say(f"Fidelity by {en}", f"相似度：{zh}"), digits=0)
    yield Metric("separation", say("Real against this: AUC of the less sure judge", "与本人区分：较弱裁判的 AUC"))


def _rows(subject: Subject, judged: Judged) -> Iterator[Row]:
    for kind in (Kind.AVATAR, Kind.AGAINST, Kind.CEILING, Kind.FLOOR, Kind.BASE):
        one = judged.of(kind)
        if one:
            yield _row(subject, judged, one)
    yield _shuffled(subject, judged)
    for one in judged.rows:
        if one.author.kind is Kind.DEGENERATE:
            yield _row(subject, judged, one)


def _row(subject: Subject, judged: Judged, one: Measured) -> Row:
    least = min(one.separation.values())
    name = shown.author_name(subject, judged, one.author)
    why = refuted(subject, one)
    note = " ".join(filter(None, (shown.note(subject, judged, one.author), *dict.fromkeys(why.values()))))
    return Row(one.author.kind, name, one.values | {"separation": Value(least)}, note, why)


def _shuffled(subject: Subject, judged: Judged) -> Row:
    every = np.concatenate(list(judged.shuffled.values()))
    middle = Value(float(every.mean()), float(every.min()), float(every.max())) if len(every) else Value(NAN)
    return Row(
        Kind.SHUFFLED,
        subject.tell("judges with shuffled labels", "标签打乱的裁判"),
        {"separation": middle},
        subject.tell(
            f"Judges that learnt permuted labels, {len(every)} of them: on the mean they must not tell the person from "
            "the nearest other (0.50). A fidelity on their scale would mean nothing. From the lowest to the highest.",
            f"用打乱的标签训练的 {len(every)} 位裁判：平均应分不出本人与最像的人（0.50）。"
            "它们的相似度没有意义。区间为最低到最高。",
        ),
    )
