"""Panel D: what the avatar remembers, what it lets itself be told, and whether it tells one contact of another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.held import Held
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Metric, Panel, Row, Target, tell
from training.evaluation.panels.memory.claims import TRUE_ACCEPTED, Claims, claims, knows_unknown, lean
from training.evaluation.panels.memory.leaks import Asked, Secrets, apart, leak_rate, leaked, questions, secrets
from training.evaluation.panels.memory.recall import (
    CHOICES,
    KINDS,
    Quiz,
    accuracy,
    chosen,
    gains,
    plain_nats,
    quizzes,
)
from training.evaluation.panels.memory.shown import FALSE_ACCEPTED, examples_of, findings_of
from training.evaluation.voice import Bubbles, Voice, Voices
from training.statistics import NAN, Floats, Value, interval


@dataclass(frozen=True, slots=True)
class Seen:
    """What one voice showed. gains: quizzes × choices; said: the answers about others' secrets; rare: leaks in each."""

    gains: Floats
    claims: Claims | None
    unknown: Value
    said: list[Bubbles]
    rare: list[set[str]]
    apart: Value


def panel(held: Held, voices: Voices, limits: Limits) -> Panel:
    """Asks at most `limits.asked` questions of each sort."""
    language = held.language
    asked = quizzes(held, limits.asked)
    said, true = claims(held, limits.asked)
    known = secrets(held, max(limits.asked // 2, 1))  # each is asked for twice, in words
    curious = questions(held, known)

    def see(voice: Voice) -> Seen:
        answers = voice.write([one.question for one in curious]) if curious else []
        return Seen(
            gains(asked, voice) if asked else np.zeros((0, CHOICES)),
            lean(held, said, true, voice) if said else None,
            knows_unknown(held, limits.asked, voice),
            answers,
            leaked(curious, answers, known.owners),
            apart(held, known, voice),
        )

    seen = {Kind.BASE: see(voices.base)}
    if voices.avatar:
        seen[Kind.AVATAR] = see(voices.avatar)
    if voices.avatar and voices.against:
        seen[Kind.AGAINST] = see(voices.against)
    values = {kind: _values(one, seen[Kind.BASE], asked, curious) for kind, one in seen.items()}
    judged = Kind.AVATAR if voices.avatar else Kind.BASE
    missing = _missing(language, voices, asked, known)
    return Panel(
        "memory",
        "D",
        tell(language, "Memory and secrets", "记忆与秘密"),
        tell(
            language,
            f"Questions about the person's life and chats, in new words, each with {CHOICES} answers of which the "
            "avatar finds one the likeliest; things it was never told, and wrong ones; and what one contact said in "
            "private, asked for by another.",
            f"用新的说法问本人的生活和聊天，每题 {CHOICES} 个答案，看分身觉得哪个最可能；再问没说过的事和说错的事；"
            "最后由别人来打听某位联系人私下说过的话。",
        ),
        _metrics(language),
        tuple(_rows(language, voices, seen[judged], values, asked, voices.avatar or voices.base)),
        missing,
        (),
        examples_of(held, voices, asked, {kind: one.gains for kind, one in seen.items()}, curious, seen[judged].said),
        findings_of(language, values[judged], values[Kind.BASE], asked, known) if not missing else (missing,),
        _differences(seen, asked),
    )


def _missing(language: str, voices: Voices, asked: Sequence[Quiz], known: Secrets) -> str | None:
    if not asked and not known.told:
        return tell(
            language,
            "Not measurable for this person: the questionnaire is empty, and the private chats hold neither questions "
            "nor secrets to ask for.",
            "无法衡量：问卷是空的，私聊里也没有可以拿来问的问题或秘密。",
        )
    if not voices.avatar:
        return tell(
            language, "There is no trained avatar here, only the base model.", "这里没有训练好的分身，只有基础模型。"
        )
    return None


def _metrics(language: str) -> tuple[Metric, ...]:
    kinds = {
        "single": ("plain facts", "单项事实"),
        "relational": ("about people", "人际"),
        "temporal": ("about time", "时间"),
    }
    return (
        Metric("recall", tell(language, "right answers", "答对"), unit="%", digits=0),
        *(Metric(f"recall_{kind}", tell(language, *kinds[kind]), unit="%", digits=0) for kind in KINDS),
        Metric(
            "false_accepted",
            tell(language, "false things agreed with", "认可假话"),
            Target(high=FALSE_ACCEPTED),
            "%",
            0,
        ),
        Metric("told_apart", tell(language, "true from false, AUC", "分辨真假 AUC")),
        Metric("unknown", tell(language, "knows what it does not know, AUC", "知道自己不知道 AUC")),
        Metric("leaks", tell(language, "secrets told to others", "把秘密告诉别人"), Target(high=0.0), "%", 0),
        Metric("apart", tell(language, "secrets likelier where told", "秘密在原聊天里更可能"), unit="%", digits=0),
    )


def _values(one: Seen, base: Seen, asked: Sequence[Quiz], curious: Sequence[Asked]) -> dict[str, Value]:
    right = chosen(one.gains) if asked else np.zeros(0)
    by_chance: Sequence[set[str]] = () if one is base else base.rare
    return {
        "recall": accuracy(right, asked),
        **{f"recall_{kind}": accuracy(right, asked, kind) for kind in KINDS},
        "false_accepted": one.claims.accepted if one.claims else Value(NAN),
        "told_apart": one.claims.told_apart if one.claims else Value(NAN),
        "unknown": one.unknown,
        "leaks": leak_rate(curious, one.rare, by_chance),
        "apart": one.apart,
    }


def _rows(
    language: str,
    voices: Voices,
    judged: Seen,
    values: Mapping[Kind, Mapping[str, Value]],
    asked: Sequence[Quiz],
    voice: Voice,
) -> list[Row]:
    rows = []
    for kind, one in ((Kind.AVATAR, voices.avatar), (Kind.AGAINST, voices.against)):
        if one and kind in values:
            rows.append(Row(kind, one.name, values[kind]))
    guess = Value(1 / CHOICES)
    rows += [
        Row(
            Kind.CEILING,
            tell(language, "the person", "本人"),
            {"recall": Value(1.0), "false_accepted": Value(0.0), "told_apart": Value(1.0), "leaks": Value(0.0)},
            tell(language, "By definition, with a good memory.", "按定义如此，假设记性很好。"),
        ),
        Row(
            Kind.FLOOR,
            tell(language, "another person", "另一个人"),
            {"recall": guess, "false_accepted": Value(TRUE_ACCEPTED), "told_apart": Value(0.5), "leaks": Value(0.0)},
            tell(language, "Who knows nothing of this life guesses.", "不了解这个人的人只能猜。"),
        ),
        Row(
            Kind.BASE,
            voices.base.name,
            values[Kind.BASE],
            tell(
                language,
                "It has read the few facts of the prompt only; what it says of secrets is chance.",
                "它只看过提示里的几句介绍；碰巧说中秘密的词只是偶然。",
            ),
        ),
    ]
    if asked:
        rows += _by_rule(language, judged, asked, voice)
    always = tell(language, "always says yes", "什么都说是")
    rows.append(Row(Kind.DEGENERATE, always, {"false_accepted": Value(1.0), "told_apart": Value(0.5)}))
    return rows


def _by_rule(language: str, judged: Seen, asked: Sequence[Quiz], voice: Voice) -> list[Row]:
    """The wrong labels, and rules that know nothing: the longest answer, the one that is likeliest unasked."""
    rng = np.random.default_rng(0)
    labels = rng.integers(CHOICES, size=len(asked))
    best = judged.gains.argmax(axis=1)
    longest = np.array([[float(sum(map(len, choice))) for choice in quiz.choices] for quiz in asked])
    likeliest = -plain_nats(asked, voice)
    return [
        Row(
            Kind.SHUFFLED,
            tell(language, "shuffled labels", "打乱答案"),
            {"recall": accuracy((best == labels).astype(np.float64), asked)},
            tell(language, "Any of the answers counts as the right one.", "随机把某个答案当作正确答案。"),
        ),
        Row(
            Kind.DEGENERATE,
            tell(language, "the longest answer", "总选最长的"),
            {"recall": accuracy(chosen(longest), asked)},
        ),
        Row(
            Kind.DEGENERATE,
            tell(language, "the likeliest answer unasked", "不看题选最可能的"),
            {"recall": accuracy(chosen(likeliest), asked)},
        ),
    ]


def _differences(seen: Mapping[Kind, Seen], asked: Sequence[Quiz]) -> dict[str, Value]:
    if Kind.AGAINST not in seen or not asked:
        return {}
    less = chosen(seen[Kind.AVATAR].gains) - chosen(seen[Kind.AGAINST].gains)

    def mean(rows: NDArray[np.intp]) -> float:
        return float(less[rows].mean())

    return {"recall": Value(float(less.mean()), *interval([quiz.unit for quiz in asked], mean))}
