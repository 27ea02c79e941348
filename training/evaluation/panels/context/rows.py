"""The rows of panel C: the avatars, and every control."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from training.data.splits import Split
from training.evaluation.panel import Kind, Row
from training.evaluation.panels.context import adaptation, relationships
from training.evaluation.panels.context.adaptation import Said
from training.evaluation.panels.context.asked import Asked, Known
from training.evaluation.panels.context.pairs import Pair, difference, mean_gain, win_rate
from training.evaluation.panels.context.pictures import Sight
from training.evaluation.panels.context.relationships import Tagged
from training.evaluation.voice import Bubbles, occasions
from training.statistics import Value


def rows(known: Known, asked: Mapping[Kind, Asked]) -> list[Row]:
    say, avatar = known.tell, asked.get(Kind.AVATAR)
    base = asked[Kind.BASE]
    even = {
        key: win_rate([Pair(pair.right, pair.right, pair.day) for pair in pairs])
        for key, pairs in (_told(base.tagged) | _seen(base.sight)).items()
    }
    by_chance = _chance(avatar) if avatar else {}
    return [
        *(
            Row(kind, one.voice.name, _values(known, one))
            for kind, one in asked.items()
            if kind in (Kind.AVATAR, Kind.AGAINST)
        ),
        Row(
            Kind.CEILING,
            known.held.persona.name,
            {"relationship_ratio": Value(1.0), "relationship_accuracy": known.real} if known.side else {},
            say(
                f"Bundles of {adaptation.BUNDLE} real replies: how surely their form tells whom they were for. What "
                "the person will say has no likelihood to ask for.",
                f"每 {adaptation.BUNDLE} 条真实回复一组：从形式上有多大把握看出写给谁。本人要说的话没有概率可问。",
            ),
        ),
        Row(
            Kind.FLOOR,
            say("somebody else", "别人"),
            note=say(
                "No meaning here: another person's words are not addressed to this person's contacts.",
                "在此没有意义：别人的话不是说给这个人的联系人听的。",
            ),
        ),
        Row(Kind.BASE, base.voice.name, _values(known, base)),
        Row(
            Kind.SHUFFLED,
            say("random tags", "随机标签"),
            by_chance,
            say(
                "One wrong relationship against another, one wrong photo against another: should be near 50 %.",
                "两个都不对的关系、两张都不对的照片相比：应在 50 % 左右。",
            ),
        ),
        Row(
            Kind.BASELINE,
            say("the same twice", "换成一样的"),
            even,
            say("The right one against itself: exactly 50 %.", "原样与原样相比：正好 50 %。"),
        ),
        Row(
            Kind.BASELINE,
            say("another year", "换一个年份"),
            note=say(
                "Not measurable: the prompt holds no year that could be exchanged.", "无法评估：提示里没有年份可换。"
            ),
        ),
        *(Row(Kind.DEGENERATE, name, values, note) for name, values, note in _degenerate(known)),
    ]


def _values(known: Known, one: Asked) -> dict[str, Value]:
    values: dict[str, Value] = {}
    if one.tagged.alone:
        values["relationship_gain"] = mean_gain(relationships.pairs(one.tagged.alone))
    values |= {key: win_rate(pairs) for key, pairs in _told(one.tagged).items()}
    if one.written:
        values |= _adapted(known, one.written)
    return values | {key: win_rate(pairs) for key, pairs in _seen(one.sight).items()}


def _told(tagged: Tagged) -> dict[str, Sequence[Pair]]:
    found = {
        "relationship_win": tagged.alone,
        "relationship_within": tagged.within,
        "relationship_named": tagged.named,
    }
    return {key: relationships.pairs(moments) for key, moments in found.items() if moments}


def _seen(sight: Sight) -> dict[str, Sequence[Pair]]:
    found = {"picture_swapped": sight.swapped, "picture_blank": sight.blank, "picture_caption": sight.caption}
    return {key: pairs for key, pairs in found.items() if pairs}


def _adapted(known: Known, written: Said) -> dict[str, Value]:
    if known.judge is None:
        return {}
    accuracy = known.judge.accuracy(written)
    values = {"relationship_accuracy": accuracy}
    if adaptation.separates(known.real):
        values["relationship_ratio"] = adaptation.ratio(accuracy, known.real)
    return values


def _chance(avatar: Asked) -> dict[str, Value]:
    values = {}
    if avatar.tagged.chance:
        values["relationship_win"] = win_rate(relationships.pairs(avatar.tagged.chance))
    if avatar.sight.chance:
        values["picture_swapped"] = win_rate(avatar.sight.chance)
    return values


def _degenerate(known: Known) -> list[tuple[str, dict[str, Value], str]]:
    """One reply for everybody, and real replies of the train days given to anybody."""
    learnt = [one.real for one in occasions(known.held.dialogues.get(Split.TRAIN, ())) if one.real]
    if known.side is None or not learnt:
        return [(known.tell("one reply for all", "对谁都一句"), {}, "")]
    side = known.side

    def values(replies: Sequence[Bubbles]) -> dict[str, Value]:
        return _adapted(known, adaptation.said(known.asked, replies, side))

    stock = Counter(learnt).most_common(1)[0][0]
    copies = random.Random(0).choices(learnt, k=len(known.asked))
    return [
        (
            known.tell("one reply for all", "对谁都一句"),
            values([stock] * len(known.asked)),
            known.tell("Their most common reply, to everybody.", "本人最常用的那句，对谁都说。"),
        ),
        (
            known.tell("copies", "照抄"),
            values(copies),
            known.tell("Their real replies of the days learnt, to just anybody.", "训练日里的真实回复，随便给谁。"),
        ),
    ]


def differences(known: Known, asked: Mapping[Kind, Asked]) -> dict[str, Value]:
    """Reply by reply."""
    avatar, against = asked.get(Kind.AVATAR), asked.get(Kind.AGAINST)
    if not avatar or not against:
        return {}
    other = _told(against.tagged) | _seen(against.sight)
    found = _told(avatar.tagged) | _seen(avatar.sight)
    return {key: difference(pairs, other[key]) for key, pairs in found.items()}
