"""What the decision's numbers come to for the owner, and the messages where it would differ most."""

from collections.abc import Sequence

import numpy as np

from training import statistics
from training.data.dialogues import Dialogue
from training.data.points import Point, Stratum
from training.data.splits import Split
from training.evaluation.held import Held
from training.evaluation.panel import Example, tell
from training.evaluation.panels.decision.gates import Gate
from training.evaluation.panels.decision.measures import Truth
from training.evaluation.voice import Question, texts
from training.evaluation.wording import before

_SHOWN = 2  # examples of each kind
_ALIKE = 0.01  # of AUROC


def findings(held: Held, truth: Truth, gate: Gate | None, rule: Gate) -> tuple[str, ...]:
    """The most important first. rule: the simple gate that is to be beaten."""
    language, name = held.language, held.persona.name
    found = []
    if gate:
        found += [_knows(gate, rule, truth, language, name), _often(gate, truth, language, name)]
        found.append(_honest(gate, truth, language))
    addressed = np.array([one is Stratum.ADDRESSED for one in truth.strata], dtype=np.bool_)
    share = _percent(float(truth.spoke.mean()))
    found.append(
        tell(
            language,
            f"{name} spoke next after {share} of {len(truth.spoke):,} messages on {truth.days} days.",
            f"{truth.days} 天里的 {len(truth.spoke):,} 条消息中，{name}紧接着开口的占 {share}。",
        )
    )
    if addressed.any():
        theirs = _percent(float(truth.spoke[addressed].mean()))
        found.append(
            tell(
                language,
                f"Addressed directly, {name} spoke next {theirs} of the time.",
                f"被直接点到时，{name}紧接着开口的占 {theirs}。",
            )
        )
    return tuple(found)


def _knows(gate: Gate, rule: Gate, truth: Truth, language: str, name: str) -> str:
    own, simple = (statistics.auroc(truth.spoke, one.probability) for one in (gate, rule))
    known = tell(
        language,
        f"Of two messages, one that {name} answered and one passed over, it picks the right one {_percent(own)} of the "
        "time",
        f"两条消息，一条{name}回应了，一条略过了，它有 {_percent(own)} 的时候能认出前者",
    )
    if own > simple + _ALIKE:
        return known + tell(
            language,
            f"; a simple rule without a language model manages {_percent(simple)}.",
            f"；不用语言模型的简单规则是 {_percent(simple)}。",
        )
    if own < simple - _ALIKE:
        return known + tell(
            language,
            f": worse than a simple rule without a language model, which manages {_percent(simple)}.",
            f"：不如不用语言模型的简单规则（{_percent(simple)}）。",
        )
    return known + tell(
        language,
        ", no better than a simple rule that looks at who wrote and when.",
        "，并不比只看谁在何时说话的简单规则更好。",
    )


def _often(gate: Gate, truth: Truth, language: str, name: str) -> str:
    ratio = statistics.rate_ratio(truth.spoke, gate.speaks)
    if ratio == 0:
        return tell(language, "It never speaks.", "它从不开口。")
    if 0.9 <= ratio <= 1.1:
        return tell(language, f"It speaks as often as {name} does.", f"它开口的次数和{name}一样多。")
    sort = tell(
        language,
        "a little less often" if 0.8 <= ratio < 1 else "a little more often" if 1 < ratio <= 1.25 else "",
        "略少" if 0.8 <= ratio < 1 else "略多" if 1 < ratio <= 1.25 else "",
    )
    if sort:
        return tell(
            language,
            f"It speaks {sort} than {name}: {ratio:.2f} times as often.",
            f"它开口比{name}{sort}：{ratio:.2f} 倍。",
        )
    judged = tell(language, "too seldom" if ratio < 1 else "too often", "太少" if ratio < 1 else "太多")
    return tell(
        language,
        f"It speaks {judged}: {ratio:.2f} times as often as {name}.",
        f"它开口{judged}：是{name}的 {ratio:.2f} 倍。",
    )


def _honest(gate: Gate, truth: Truth, language: str) -> str:
    points = 100 * statistics.calibration_error(truth.spoke, gate.probability)
    return tell(
        language,
        f"Its probabilities are off by {points:.1f} points of a hundred on average.",
        f"它给出的概率平均偏差 {points:.1f} 个百分点。",
    )


def examples(held: Held, tested: Sequence[Point], gate: Gate, name: str) -> tuple[Example, ...]:
    """The messages answered that it thought least of, and those passed over that it thought most of.

    name: the avatar's.
    """
    places = {
        message: (dialogue, index)
        for dialogue in held.dialogues[Split.TEST]
        for index, message in enumerate(dialogue.messages)
    }
    order = [number for number in np.argsort(gate.probability, kind="stable") if tested[number].message in places]
    answered = [number for number in order if tested[number].spoke][:_SHOWN]
    passed = [number for number in reversed(order) if not tested[number].spoke][:_SHOWN]
    return tuple(_example(held, *places[tested[number].message], gate, name, number) for number in (*answered, *passed))


def _example(held: Held, dialogue: Dialogue, index: int, gate: Gate, name: str, number: int) -> Example:
    language = held.language
    silent = (tell(language, "(silent)", "（沉默）"),)
    following = dialogue.turns[index + 1] if index + 1 < len(dialogue.turns) else None
    real = texts(following.bubbles) if following and following.speaker is None else silent
    speaks, probability = bool(gate.speaks[number]), float(gate.probability[number])
    said = tell(language, "(speaks)" if speaks else "(silent)", "（开口）" if speaks else "（沉默）")
    return Example(
        before(Question(dialogue.scene, dialogue.turns[: index + 1]), language),
        {held.persona.name: real, name: (f"{said} p = {probability:.2f}",)},
        tuple(photo for bubble in dialogue.turns[index].bubbles for photo in bubble.photos),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
