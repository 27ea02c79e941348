"""What panel C shows beside its numbers: findings, the replies that differ most, and the relationships one by one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from matplotlib.figure import Figure as Drawing

from bot.people import RELATIONSHIPS
from training.evaluation import figures
from training.evaluation.panel import Example, Figure, Kind, Row, tell
from training.evaluation.panels.context import relationships
from training.evaluation.panels.context.adaptation import CHANCE
from training.evaluation.panels.context.asked import Asked, Known
from training.evaluation.panels.context.pairs import win_rate
from training.evaluation.panels.context.relationships import Moment
from training.evaluation.voice import Question
from training.evaluation.wording import before, percent, share
from training.statistics import Value

WINS = 0.60
"""The wanted win rate of relationships."""

_EXAMPLES, _PHOTOS = 4, 2
_FEWEST_SHOWN = 4  # replies of a relationship that get a line in the figure


def word(relationship: str, language: str) -> str:
    return tell(language, relationship, RELATIONSHIPS[relationship])


def findings(known: Known, rows: Sequence[Row]) -> Iterator[str]:
    """Relationships first."""
    avatar, base = (next(row.values for row in rows if row.kind is kind) for kind in (Kind.AVATAR, Kind.BASE))
    yield from _of_relationships(known, avatar, base)
    yield from _of_pictures(known, avatar)
    yield known.tell(
        "Eras cannot be measured: the prompt holds no year that could be exchanged.",
        "年代无法评估：提示里没有年份可换。",
    )


def _of_relationships(known: Known, avatar: Mapping[str, Value], base: Mapping[str, Value]) -> Iterator[str]:
    language, name = known.held.language, known.held.persona.name
    if known.unadapted:
        yield known.unadapted
    if "relationship_win" in avatar:
        win, untrained = avatar["relationship_win"], base["relationship_win"]
        yield tell(
            language,
            f"{name}'s real replies are likelier under the right relationship in {percent(win, language)} of cases "
            f"(the base model: {share(untrained.number)}, chance 50 %): {_heeds(win, language)}.",
            f"关系写对时，{name}的真实回复在 {percent(win, language)}的情形下更可能（基础模型 "
            f"{share(untrained.number)}，瞎猜 50 %）：{_heeds(win, language)}。",
        )
    if "relationship_ratio" in avatar:
        ratio, accuracy = avatar["relationship_ratio"], avatar["relationship_accuracy"]
        yield tell(
            language,
            f"From {name}'s own messages one can tell {_sides(known)} {share(known.real.number)} of the time, from the "
            f"avatar's {share(accuracy.number)}: {share(ratio.number)} of the way from chance to the person.",
            f"看{name}本人的消息，有 {share(known.real.number)} 的把握分出{_sides(known)}；看分身的，"
            f"{share(accuracy.number)}：从瞎猜到本人，走了 {share(ratio.number)}。",
        )


def _heeds(win: Value, language: str) -> str:
    if win.number >= WINS and win.low > CHANCE:
        return tell(language, "it heeds whom it talks with", "它在意对方是谁")
    if win.number >= WINS:
        return tell(
            language,
            "it seems to heed whom it talks with, but so few replies may mislead",
            "看来它在意对方是谁，但回复太少，也可能是碰巧",
        )
    if win.low > CHANCE:
        return tell(language, "it heeds whom it talks with, but only a little", "它在意对方是谁，但只有一点")
    return tell(language, "it hardly heeds the relationship in the prompt", "它几乎不理会提示里的关系")


def _sides(known: Known) -> str:
    language = known.held.language
    if known.side is None:
        return ""
    first, second = (
        tell(language, "/", "、").join(word(one, language) for one in RELATIONSHIPS if one in half)
        for half in (known.side.first, known.side.second)
    )
    return tell(language, f"those to {first} from those to {second}", f"是写给{first}的还是写给{second}的")


def _of_pictures(known: Known, avatar: Mapping[str, Value]) -> Iterator[str]:
    language, name = known.held.language, known.held.persona.name
    if known.unseen:
        yield known.unseen
    if "picture_swapped" in avatar:
        swapped, blank = avatar["picture_swapped"], avatar["picture_blank"]
        yield tell(
            language,
            f"{name}'s replies to photos are likelier with the photo than with another in {percent(swapped, language)} "
            f"of cases, than with none to see in {percent(blank, language)}; chance is 50 %.",
            f"{name}对照片的回复，比起换成别的照片，{percent(swapped, language)}的情形下更可能；比起空白，"
            f"{percent(blank, language)}；瞎猜是 50 %。",
        )


def examples(known: Known, avatar: Asked) -> Iterator[Example]:
    """The replies for which the relationship, and the photo, made most of a difference."""
    chats: set[str] = set()
    for moment in sorted(avatar.tagged.alone, key=lambda one: -abs(_gain(one))):
        if len(chats) < _EXAMPLES and moment.occasion.chat not in chats:
            chats.add(moment.occasion.chat)
            yield _example(known, moment)
    pairs = zip(known.shown, avatar.sight.swapped, strict=True)
    for item, pair in sorted(pairs, key=lambda one: -abs(one[1].other - one[1].right))[:_PHOTOS]:
        note = known.tell(
            f"With the photo {pair.right:.1f} nats, with another {pair.other:.1f}.",
            f"有这张照片 {pair.right:.1f} 奈特，换一张 {pair.other:.1f}。",
        )
        question = item.occasion.question
        answers = {known.held.persona.name: item.occasion.real}
        yield Example(before(question, known.held.language), answers, item.digests, note)


def _example(known: Known, moment: Moment) -> Example:
    language, occasion = known.held.language, moment.occasion
    right, wrong = (word(one, language) for one in (moment.item.relationship, moment.item.wrong[0]))
    note = known.tell(
        f"As to a {right}: {moment.right:.1f} nats; as to a {wrong}: {moment.wrong:.1f}.",
        f"当作对{right}说：{moment.right:.1f} 奈特；当作对{wrong}说：{moment.wrong:.1f}。",
    )
    asked = Question(occasion.question.scene, occasion.question.turns[-1:])
    photos = tuple(one for bubble in asked.turns[-1].bubbles for one in bubble.photos)
    return Example(before(asked, language), {known.held.persona.name: occasion.real}, photos, note)


def _gain(moment: Moment) -> float:
    return moment.wrong - moment.right


def drawings(known: Known, asked: Mapping[Kind, Asked]) -> Iterator[Figure]:
    """The win rate by relationship, for each voice."""
    voices = {kind: relationships.pairs(one.tagged.alone) for kind, one in asked.items() if one.tagged.alone}
    if not voices:
        return
    language = known.held.language
    counts = Counter(pair.place for pair in next(iter(voices.values())))
    places = [place for place, number in counts.most_common() if number >= _FEWEST_SHOWN]
    colours = {Kind.AVATAR: figures.AVATAR, Kind.AGAINST: figures.AGAINST, Kind.BASE: figures.BASE}

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing, x=known.tell("likelier under the right relationship", "关系对时更可能的比例"))
        axes.axvline(CHANCE, color=figures.SOFT, linewidth=1, linestyle="--")
        for offset, (kind, pairs) in enumerate(voices.items()):
            for place, where in enumerate(places):
                value = win_rate([pair for pair in pairs if pair.place == where])
                at = place + (offset - (len(voices) - 1) / 2) * 0.22
                axes.hlines(at, value.low, value.high, color=colours[kind], linewidth=2)
                axes.plot(value.number, at, "o", color=colours[kind], label="" if place else asked[kind].voice.name)
        labels = [f"{word(where, language)} ({counts[where]})" for where in places]
        axes.set_yticks(range(len(places)), labels)
        axes.set_ylim(len(places) - 0.4, -0.6)
        axes.set_xlim(-0.03, 1.03)
        figures.legend(axes, loc="lower left")

    if places:
        yield Figure(
            known.tell("By relationship", "按关系"),
            figures.draw(paint, height=1.4 + 0.45 * len(places)),
            known.tell(
                "Right of the dashed line the tag helps; in brackets, how many replies.",
                "虚线右边：标签有帮助；括号里是回复条数。",
            ),
        )
