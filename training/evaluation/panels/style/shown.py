"""What panel A shows beside its numbers: names, notes, findings, figures and examples."""

from collections.abc import Iterator, Sequence

import numpy as np

from training.evaluation.panel import Example, Kind, tell
from training.evaluation.panels.style.bundles import SIZE
from training.evaluation.panels.style.judges import LETTERS, MEANING, SHAPE
from training.evaluation.panels.style.measured import Author, Judged, Measured
from training.evaluation.panels.style.profile import Property
from training.evaluation.panels.style.refuted import refuted
from training.evaluation.panels.style.subject import Subject
from training.evaluation.voice import Bubbles, Occasion, Voices
from training.evaluation.wording import before, share, whole
from training.statistics import Value

_EXAMPLES = 8
NAMES = {LETTERS: ("letters", "看字"), SHAPE: ("form", "看形"), MEANING: ("embeddings", "看嵌入向量")}
"""Of the judges, in English and Chinese."""


def floor_name(subject: Subject, judged: Judged) -> str:
    if judged.floor is subject.others_later:
        return subject.tell("all others together", "其他所有人")
    return judged.floor.name


def author_name(subject: Subject, judged: Judged, author: Author) -> str:
    if author.kind is Kind.FLOOR:
        return floor_name(subject, judged)
    if author.kind is not Kind.DEGENERATE:
        return author.name
    return {
        "stock": subject.tell("one stock reply", "千篇一律的一句"),
        "copies": subject.tell("copies of training messages", "照抄训练消息"),
        "prose": subject.tell("tidy assistant prose", "工整的助手腔"),
    }[author.name]


def note(subject: Subject, judged: Judged, author: Author) -> str:
    say, person = subject.tell, subject.held.persona.name
    if author.kind is Kind.CEILING:
        return say(
            f"{person}'s {len(subject.real)} real answers to the same questions, on a scale made of everything they "
            "wrote on the test days. The measures from habits on compare their validation days with their test days.",
            f"{person}对同样这些话的 {len(subject.real)} 条真实回复；刻度取自其测试日的全部发言。"
            "习惯等各项比较的是裁判日与测试日。",
        )
    if author.kind is Kind.FLOOR:
        if judged.floor is subject.others_later:
            return say(
                "Nobody wrote enough on both the judge and the test days, so all others stand for the nearest one.",
                "没有谁在裁判日和测试日都写得够多，所以用其他所有人代替。",
            )
        return say(
            f"Of {judged.people} who wrote enough, the judges find them closest to {person}.",
            f"在写得够多的 {judged.people} 人里，裁判认为最接近{person}。",
        )
    return (
        {
            "stock": say(
                f"{person}'s most common reply of the training days, every time: its variety gives it away.",
                f"每次都用{person}训练日里最常说的一句：多样性会露馅。",
            ),
            "copies": say(
                "Messages of the training days by chance, word for word: the copy rate gives them away.",
                "随机照抄训练日的消息：照抄率会露馅。",
            ),
            "prose": say(
                "The real answers as an assistant would put them, with phrases that the judges never learnt.",
                "把真实回复改成助手的口吻，用的是裁判没学过的套话。",
            ),
        }.get(author.name, "")
        if author.kind is Kind.DEGENERATE
        else ""
    )


def findings(subject: Subject, judged: Judged) -> Iterator[str]:
    """The avatar first, then what the scale is made of."""
    avatar, base = judged.of(Kind.AVATAR), judged.of(Kind.BASE)
    if avatar:
        yield from _of_avatar(subject, judged, avatar, base)
        yield from _of_habits(subject, avatar)
        yield from _of_variety(subject, avatar)
    yield from _of_scale(subject, judged)


def _of_avatar(subject: Subject, judged: Judged, avatar: Measured, base: Measured | None) -> Iterator[str]:
    person, found = subject.held.persona.name, avatar.values
    fidelity, plain = found["fidelity"], base.values["fidelity"].number if base else float("nan")
    other = floor_name(subject, judged)
    if why := refuted(subject, avatar).get("fidelity"):
        yield why
    if not judged.blind:
        stands = _span(fidelity, subject.held.language)
        stricter = NAMES[min(judged.separation, key=lambda key: found[key].number)]
        yield subject.tell(
            f"On the way from {other} (0) to {person} (100), the avatar stands at {stands}, the base model "
            f"with the prompt alone at {whole(plain)}. The strictest judge is the one by {stricter[0]}.",
            f"从{other}（0）到{person}（100），分身在 {stands}，只有提示的基础模型在 {whole(plain)}。"
            f"最严的是{stricter[1]}的裁判。",
        )
        if plain > 20:
            yield subject.tell(
                "The base model alone should stay below 20: part of the likeness owes nothing to the training.",
                "基础模型本应低于 20：一部分相似并非训练所得。",
            )
    excess = found["excess"]
    yield subject.tell(
        f"A classifier made for just that tells the avatar from {person} "
        + (
            f"more easily than {person} from their own past: by {excess.number:.2f} in AUC."
            if excess.number > 0.05
            else f"hardly more easily than {person} from their own past ({excess.number:+.2f} in AUC)."
        ),
        f"专为此训练的分类器分辨分身与{person}，"
        + (
            f"比分辨{person}的今昔容易：AUC 高 {excess.number:.2f}。"
            if excess.number > 0.05
            else f"并不比分辨{person}的今昔容易多少（AUC {excess.number:+.2f}）。"
        ),
    )


def _of_habits(subject: Subject, avatar: Measured) -> Iterator[str]:
    worst = max(avatar.ratios, key=lambda each: avatar.ratios[each], default=None)
    if worst is None:
        return
    en, zh = habit(worst)
    ratio = avatar.ratios[worst]
    shown = f"{ratio:.1f}" if np.isfinite(ratio) else "∞"
    delay = (
        "Reply delay is not compared: the avatar's own comes from its scheduler, and none was generated here.",
        "回复快慢不比：分身的快慢由调度决定，这里没有生成。",
    )
    if ratio <= 1.5:
        yield subject.tell(
            f"In length, bursts, punctuation and emoji it is as close to the person as they to themselves. {delay[0]}",
            f"长短、连发、标点、表情都与本人接近，不超过本人自身的变化。{delay[1]}",
        )
    else:
        yield subject.tell(
            f"Its habits differ most in {en}: {shown} times as far from the person as the person varies. {delay[0]}",
            f"习惯上差得最多的是{zh}：与本人的距离是本人自身变化的 {shown} 倍。{delay[1]}",
        )


def _of_variety(subject: Subject, avatar: Measured) -> Iterator[str]:
    found = avatar.values
    copied, entropy, distinct = (found[key].number for key in ("copied", "entropy", "distinct"))
    if copied > 2:
        yield subject.tell(
            f"It repeats runs of six words of the training days {copied:.1f} times as often as the person does.",
            f"它照抄训练日里六个词以上的频率是本人的 {copied:.1f} 倍。",
        )
    if entropy < 0.85 or distinct < 0.85:
        yield subject.tell(
            f"It says the same things too often: its replies have {share(entropy)} of the person's variety, its "
            f"word pairs {share(distinct)}.",
            f"它太常说同样的话：回复的多样性是本人的 {share(entropy)}，词语搭配是 {share(distinct)}。",
        )
    if entropy > 1.15 or distinct > 1.15:
        yield subject.tell(
            f"It varies more: its replies {share(entropy)}, its pairs of words {share(distinct)}.",
            f"它比本人更多变：回复 {share(entropy)}，词语搭配 {share(distinct)}。",
        )


def _of_scale(subject: Subject, judged: Judged) -> Iterator[str]:
    pooled = judged.floor is subject.others_later
    person, other = subject.held.persona.name, floor_name(subject, judged)
    found = {key: f"{near:.2f}" for key, (near, _) in judged.separation.items()}
    if not pooled:
        found = {
            key: subject.tell(
                f"{near} and {judged.separation[key][1]:.2f}", f"{near} 和 {judged.separation[key][1]:.2f}"
            )
            for key, near in found.items()
        }
    en = ", ".join(f"by {NAMES[key][0]} {numbers}" for key, numbers in found.items())
    zh = "，".join(f"{NAMES[key][1]} {numbers}" for key, numbers in found.items())
    yield subject.tell(
        f"How surely the judges tell {person} from {other}{'' if pooled else ' and from everybody else'}, as AUC on "
        f"{judged.size} messages at once: {en}.",
        f"一次读 {judged.size} 条消息时，裁判把{person}与{other}{'' if pooled else '、与其他所有人'}区分开的把握"
        f"（AUC）：{zh}。",
    )
    if judged.size < SIZE:
        yield subject.tell(
            f"The messages do not suffice for bundles of {SIZE}; of {judged.size} at once the judges are less sure.",
            f"消息太少，凑不成 {SIZE} 条一组，每组只有 {judged.size} 条，裁判的把握因此小一些。",
        )


def _span(value: Value, language: str) -> str:
    if np.isnan(value.low):
        return whole(value.number)
    low, high = whole(value.low), whole(value.high)
    return whole(value.number) + tell(language, f" (95 %: {low} to {high})", f"（95% 区间：{low} 至 {high}）")


def habit(each: Property) -> tuple[str, str]:
    return {
        Property.LENGTH: ("the length of bubbles", "每条消息的长短"),
        Property.BURST: ("how many bubbles it sends at once", "一次连发几条"),
        Property.PUNCTUATION: ("punctuation", "标点"),
        Property.EMOJI: ("emoji", "表情"),
    }[each]


def examples(subject: Subject, voices: Voices) -> Iterator[Example]:
    """Occasions spread over the chats: what was said before, and who answered what."""
    chosen = _spread_over_chats(subject.answered)
    if not chosen:
        return
    written: dict[str, Sequence[Bubbles]] = {voice.name: subject.written_by(voice) for voice in voices.all}
    for place in chosen:
        one = subject.answered[place]
        answers = {subject.held.persona.name: one.real}
        yield Example(
            before(one.question, subject.held.language),
            answers | {name: tuple(found[place]) for name, found in written.items()},
            tuple(photo for turn in one.question.turns[-3:] for bubble in turn.bubbles for photo in bubble.photos),
        )


def _spread_over_chats(answered: Sequence[Occasion]) -> list[int]:
    """Places, one chat after the other, from the middle of each outwards in time."""
    by_chat: dict[str, list[int]] = {}
    for place, one in enumerate(answered):
        by_chat.setdefault(one.chat, []).append(place)
    queues = [
        [places[number] for number in np.random.default_rng(0).permutation(len(places))] for places in by_chat.values()
    ]
    chosen: list[int] = []
    while len(chosen) < _EXAMPLES and any(queues):
        for queue in queues:
            if queue and len(chosen) < _EXAMPLES:
                chosen.append(queue.pop())
    return sorted(chosen)
