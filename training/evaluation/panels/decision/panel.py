"""Panel E: in groups, does the avatar speak where the person would, as often, and with honest probabilities?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.chat.decision import Calibration
from bot.message import ChatKind
from training.data.points import Point, of_split
from training.data.splits import Split
from training.evaluation import figures
from training.evaluation.held import Held
from training.evaluation.limits import Limits, spread
from training.evaluation.panel import Example, Figure, Kind, Metric, Panel, Row, Target, tell
from training.evaluation.panels.decision import gates
from training.evaluation.panels.decision.gates import LOGISTIC, Gate
from training.evaluation.panels.decision.measures import Truth, differences, gain, measured
from training.evaluation.panels.decision.pictures import Line, ranking, reliability
from training.evaluation.panels.decision.saying import examples, findings
from training.evaluation.voice import Voice, Voices
from training.statistics import Value

ENOUGH = 10
"""Answers and silences that must be there of each."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """tested: the messages that every voice decided on."""

    held: Held
    tested: Sequence[Point]
    truth: Truth
    simple: Mapping[str, Gate]
    avatar: Gate | None
    against: Gate | None
    alone: Gate | None
    base: Gate | None


def panel(held: Held, voices: Voices | None, limits: Limits, calibrations: Mapping[str, Calibration]) -> Panel:
    """calibrations: of the avatars, by the voice's name. voices None: the simple gates alone."""
    tested, odds = _decided(held, voices, limits)
    if (missing := _missing(held, tested)) is not None:
        return _panel(held.language, not_measurable=missing)
    learnt = of_split(held.points, Split.TRAIN, Split.VALIDATION)
    avatar, against = (voices.avatar, voices.against) if voices else (None, None)
    asked = _Asked(
        held,
        tested,
        Truth.of(tested),
        {gate.name: gate for gate in gates.baselines(learnt, tested)},
        avatar=_calibrated(avatar, tested, odds, calibrations),
        against=_calibrated(against, tested, odds, calibrations),
        alone=_raw(avatar, tested, odds),
        base=_raw(voices.base if voices else None, tested, odds),
    )
    return _panel(
        held.language,
        rows=_rows(asked, voices),
        figures=_figures(asked, voices),
        examples=examples(held, tested, asked.avatar, avatar.name) if asked.avatar and avatar else (),
        findings=findings(held, asked.truth, asked.avatar, asked.simple[LOGISTIC]),
        compared=differences(asked.avatar, asked.against, asked.truth) if asked.avatar and asked.against else {},
    )


def _decided(held: Held, voices: Voices | None, limits: Limits) -> tuple[list[Point], dict[str, dict[int, float]]]:
    """The points of the test days that were read, and the log-odds of each voice for them."""
    tested = of_split(held.points, Split.TEST)
    if not voices or not tested:
        return tested, {}
    groups = [one for one in held.dialogues[Split.TEST] if one.scene.kind is ChatKind.GROUP]
    chosen = spread(groups, limits.read)
    odds = {
        voice.name: {key: value for scores in voice.score(chosen) for key, value in scores.decisions.items()}
        for voice in voices.all
    }
    return [point for point in tested if all(point.message in one for one in odds.values())], odds


def _missing(held: Held, tested: Sequence[Point]) -> str | None:
    """Why nothing can be said."""
    language, name = held.language, held.persona.name
    if not held.points:
        return tell(
            language,
            f"In these chats there is no group in which {name} writes, so nothing shows when {name} keeps silent.",
            f"这些聊天里没有{name}发言的群，看不出{name}何时沉默。",
        )
    spoke = sum(point.spoke for point in tested)
    if min(spoke, len(tested) - spoke) < ENOUGH:
        return tell(
            language,
            f"On the test days {name} answered {spoke} and passed over {len(tested) - spoke} of the messages in groups "
            f"that were read: at least {ENOUGH} of each are needed.",
            f"评估日读到的群消息中，{name}回应了 {spoke} 条，略过 {len(tested) - spoke} 条：各至少需要 {ENOUGH} 条。",
        )
    learnt = of_split(held.points, Split.TRAIN, Split.VALIDATION)
    if not any(point.spoke for point in learnt):
        return tell(
            language,
            f"On the days before, {name} never spoke in a group: there is nothing to learn a rule from.",
            f"此前的日子里{name}从未在群里发言：无从学习规则。",
        )
    return None


def _raw(voice: Voice | None, tested: Sequence[Point], odds: Mapping[str, Mapping[int, float]]) -> Gate | None:
    return gates.model_gate(voice.name, tested, odds[voice.name]) if voice else None


def _calibrated(
    voice: Voice | None,
    tested: Sequence[Point],
    odds: Mapping[str, Mapping[int, float]],
    calibrations: Mapping[str, Calibration],
) -> Gate | None:
    """As the avatar decides when it runs."""
    raw = _raw(voice, tested, odds)
    return gates.calibrated_gate(tested, raw, calibrations.get(raw.name, Calibration())) if raw else None


def _rows(asked: _Asked, voices: Voices | None) -> tuple[Row, ...]:
    language = asked.held.language
    name = asked.held.persona.name
    spoke = asked.truth.spoke

    def say(en: str, zh: str) -> str:
        return tell(language, en, zh)

    rows: list[Row] = []
    for kind, voice, gate in (
        (Kind.AVATAR, voices and voices.avatar, asked.avatar),
        (Kind.AGAINST, voices and voices.against, asked.against),
    ):
        if voice and gate:
            rows.append(Row(kind, voice.name, _values(asked, gate)))
    rows.append(
        Row(
            Kind.CEILING,
            name,
            _control(asked, Gate("", spoke.astype(np.float64), spoke)),
            say("What was done is right by definition.", "本人所为即为正确。"),
        )
    )
    rows.append(
        Row(
            Kind.FLOOR,
            say("another member", "另一位成员"),
            note=say(
                "Another member answers other messages: there is nothing to compare with.",
                "另一位成员回应的是别的消息，无从比较。",
            ),
        )
    )
    if voices and asked.base:
        rows.append(Row(Kind.BASE, voices.base.name, _values(asked, asked.base)))
    rows.append(_shuffled(asked))
    rows += [
        Row(Kind.DEGENERATE, label, _control(asked, _constant(asked.tested, speaks)))
        for label, speaks in (
            (say("always speaks", "总是开口"), lambda point: True),
            (say("never speaks", "从不开口"), lambda point: False),
            (say("speaks when mentioned", "被提到才开口"), lambda point: bool(point.seen["addressed"])),
        )
    ]
    rows.append(
        Row(Kind.BASELINE, say("by recency alone", "只看多久前说过话"), _control(asked, asked.simple["recency"]))
    )
    rows.append(
        Row(
            Kind.BASELINE,
            say("simple rule", "简单规则"),
            _control(asked, asked.simple[LOGISTIC]),
            say(
                "A logistic regression on 15 features of the conversation, fitted on the days before.",
                "对话的 15 个特征上的逻辑回归，用此前的日子拟合。",
            ),
        )
    )
    if asked.alone:
        note = say("The trained model's own probability, before it was calibrated.", "训练后模型自己的概率，未经校准。")
        rows.append(Row(Kind.BASELINE, say("the model alone", "仅模型"), _values(asked, asked.alone), note))
    return tuple(rows)


def _values(asked: _Asked, gate: Gate) -> dict[str, Value]:
    return gain(gate, asked.simple[LOGISTIC], asked.truth) | measured(gate, asked.truth)


def _control(asked: _Asked, gate: Gate) -> dict[str, Value]:
    """How surely a control is better than the simple rule is no question."""
    return {key: value for key, value in _values(asked, gate).items() if key != "sure"}


def _constant(tested: Sequence[Point], speaks: Callable[[Point], bool]) -> Gate:
    chosen = np.array([speaks(point) for point in tested], dtype=np.bool_)
    return Gate("", chosen.astype(np.float64), chosen)


def _shuffled(asked: _Asked) -> Row:
    """The decisions of the avatar, or of the simple rule, given to other messages."""
    gate = asked.avatar or asked.simple[LOGISTIC]
    order = np.random.default_rng(0).permutation(len(asked.tested))
    mixed = Gate("", gate.probability[order], gate.speaks[order])
    note = tell(
        asked.held.language,
        "The same decisions, dealt to the messages by chance.",
        "同样的决定，随机分给各条消息。",
    )
    return Row(Kind.SHUFFLED, tell(asked.held.language, "shuffled", "打乱"), _control(asked, mixed), note)


def _figures(asked: _Asked, voices: Voices | None) -> tuple[Figure, ...]:
    language = asked.held.language
    lines = [
        Line(gate, voice.name, colour)
        for gate, voice, colour in (
            (asked.avatar, voices and voices.avatar, figures.AVATAR),
            (asked.against, voices and voices.against, figures.AGAINST),
            (asked.base, voices and voices.base, figures.BASE),
        )
        if gate and voice
    ]
    rule = Line(asked.simple[LOGISTIC], tell(language, "simple rule", "简单规则"), figures.OTHER)
    lines.insert(1, rule)
    spoke = asked.truth.spoke
    return reliability(lines, spoke, language), ranking(lines, spoke, language)


def _panel(
    language: str,
    *,
    not_measurable: str | None = None,
    rows: tuple[Row, ...] = (),
    figures: tuple[Figure, ...] = (),
    examples: tuple[Example, ...] = (),
    findings: tuple[str, ...] = (),
    compared: Mapping[str, Value] | None = None,
) -> Panel:
    def say(en: str, zh: str) -> str:
        return tell(language, en, zh)

    return Panel(
        "decision",
        "E",
        say("Speaking and silence", "开口与沉默"),
        say(
            "In groups: each message of somebody else while the person was there is a decision to speak or keep "
            "silent. Does the avatar speak where the person did, as often, and does it know how sure it is? A simple "
            "rule that sees who wrote when has to be beaten.",
            "在群里：本人在场时，别人的每条消息都是一次开口或沉默的决定。分身是否在本人开口处开口、次数相当、并知道自己有多大把握？"
            "它必须胜过一个只看谁在何时说话的简单规则。",
        ),
        (
            Metric(
                "gain", say("Better than the simple rule by (AUROC)", "比简单规则高出（AUROC）"), Target(0.05), "", 3
            ),
            Metric("sure", say("How surely it is better", "确实更好的把握"), Target(0.975), "%", 3),
            Metric("ece", say("Calibration error", "校准误差"), Target(high=0.05), digits=3),
            Metric("rate", say("Speaks so many times as often", "开口次数之比"), Target(0.8, 1.25)),
            Metric("w1", say("AUROC, speaks next", "AUROC，紧接着开口"), digits=3),
            Metric("ap", say("Average precision, speaks next", "平均精度，紧接着开口"), digits=3),
            Metric("w3", say("AUROC, within three turns", "AUROC，三轮之内"), digits=3),
            Metric("ap_w3", say("Average precision, within three turns", "平均精度，三轮之内"), digits=3),
            Metric("brier", say("Brier skill", "Brier 技巧分"), digits=3),
            Metric("balanced", say("Balanced accuracy at the person's rate", "按本人频率的平衡准确率"), digits=3),
            Metric("w1_addressed", say("AUROC, addressed to the person", "AUROC，对本人说的"), digits=3),
            Metric("w1_other", say("AUROC, addressed to somebody else", "AUROC，对别人说的"), digits=3),
            Metric("w1_open", say("AUROC, to everybody", "AUROC，对大家说的"), digits=3),
        ),
        rows,
        not_measurable,
        figures,
        examples,
        findings,
        compared or {},
    )
