"""What panel B shows beside its numbers: findings, choices side by side, and where it foresees best."""

from collections.abc import Sequence

from matplotlib.figure import Figure as Drawing

from bot.message import ChatKind
from training.evaluation import figures
from training.evaluation.limits import spread
from training.evaluation.panel import Example, Figure, Kind, Row, tell
from training.evaluation.panels.likelihood import ranking
from training.evaluation.panels.likelihood.asked import Asked
from training.evaluation.wording import before, percent, share

LOWER = 0.15
"""By what share fewer bits are wanted."""

_EXAMPLES = 4


def findings(asked: Asked, rows: Sequence[Row]) -> list[str]:
    language, name = asked.held.language, asked.held.persona.name
    values = {row.kind: row.values for row in reversed(rows)}
    found = []
    if asked.avatar and asked.avatar.replies:
        lower = values[Kind.AVATAR]["lower"]
        saved = percent(lower, language)
        if lower.number >= LOWER:
            found.append(
                tell(
                    language,
                    f"For what {name} really said it needs {saved} fewer bits than the base model: "
                    "it has learnt how they write.",
                    f"读{name}真正说过的话，它比基础模型少用 {saved}的比特：它学到了这个人的写法。",
                )
            )
        else:
            found.append(
                tell(
                    language,
                    f"For what {name} really said it needs {saved} fewer bits than the base model, and "
                    f"{share(LOWER)} was aimed at: train longer, or import more chats.",
                    f"读{name}真正说过的话，它比基础模型少用 {saved}的比特，目标是 {share(LOWER)}："
                    "请多训练一会儿，或导入更多聊天。",
                )
            )
    if asked.avatar and asked.choices:
        first, base = (values[kind]["first"] for kind in (Kind.AVATAR, Kind.BASE))
        shuffled = values[Kind.SHUFFLED].get("first")  # a single choice has no other to stand in
        ends = ("", "")
        if shuffled:
            ends = (
                f" In another conversation it would pick it {share(shuffled.number)}: so much is style and not sense.",
                f"放进别的对话仍会选中 {share(shuffled.number)}：这一部分靠的是文风，不是内容。",
            )
        found.append(
            tell(
                language,
                f"It picks the real reply out of ten {percent(first, language)} of the time; the base model "
                f"{share(base.number)}, chance 10 %.{ends[0]}",
                f"十条回复里，它有 {percent(first, language)}的时候认得出真的那条；基础模型 {share(base.number)}，"
                f"瞎猜 10 %。{ends[1]}",
            )
        )
        floor = values[Kind.FLOOR]["lower"]
        found.append(
            tell(
                language,
                f"On other people's words in the same places it saves {percent(floor, language)}.",
                f"在同样位置读别人的话，它省下 {percent(floor, language)}。",
            )
        )
    if not asked.choices:
        found.append(
            tell(
                language,
                "Too few other replies on the days it never saw to choose among ten.",
                "它没见过的日子里别的回复太少，凑不成十选一。",
            )
        )
    return found


def examples(asked: Asked) -> list[Example]:
    """Choices beside each other: the real reply, and what each voice took for it."""
    language = asked.held.language
    examples = []
    for number in spread(range(len(asked.choices)), _EXAMPLES):
        choice = asked.choices[number]
        answers = {asked.held.persona.name: choice.candidates[0]}
        for voice in (*(voice for _, voice in asked.trained), asked.base):
            scores = ranking.by_information(voice.ranked.here[number], voice.ranked.nowhere[number])
            answers[voice.name] = choice.candidates[int(scores.argmax())]
        photos = tuple(digest for bubble in choice.occasion.question.turns[-1].bubbles for digest in bubble.photos)
        note = asked.tell("What each took for the real reply among ten.", "十条之中各自认作真回复的一条。")
        examples.append(Example(before(choice.occasion.question, language), answers, photos, note))
    return examples


def drawing(asked: Asked) -> Figure:
    """Bits per character by where it was said, for each voice."""
    say = asked.tell
    voices = [*((kind, voice) for kind, voice in asked.trained), (Kind.BASE, asked.base)]
    colours = {Kind.AVATAR: figures.AVATAR, Kind.AGAINST: figures.AGAINST, Kind.BASE: figures.BASE}
    names = {ChatKind.PRIVATE: say("private chats", "私聊"), ChatKind.GROUP: say("groups", "群聊")}
    places = [kind for kind in ChatKind if any(reply.kind is kind for reply in asked.base.replies)]

    def paint(drawing: Drawing) -> None:
        axes = figures.axes(drawing, y=say("bits per character", "每字比特数"))
        for offset, (kind, voice) in enumerate(voices):
            for place, where in enumerate(places):
                value = voice.words(where).bits()
                at = place + (offset - (len(voices) - 1) / 2) * 0.22
                axes.vlines(at, value.low, value.high, color=colours[kind], linewidth=2)
                axes.plot(at, value.number, "o", color=colours[kind], label="" if place else voice.name)
        axes.set_xticks(range(len(places)), [names[where] for where in places])
        axes.set_xlim(-0.6, len(places) - 0.4)
        figures.legend(axes)

    return Figure(
        say("Where it foresees best", "在哪里料得更准"),
        figures.draw(paint),
        say(
            "The lower, the better foreseen; the lines are 95 % intervals over days.",
            "越低料得越准；竖线是按天重抽样的 95% 区间。",
        ),
    )
