"""How numbers and chat lines are put into the sentences and examples of a panel."""

import math

from training.evaluation.panel import tell
from training.evaluation.voice import Question, texts
from training.statistics import Value


def whole(number: float) -> str:
    """`−45`."""
    return f"{number:.0f}".replace("-", "−")


def share(number: float) -> str:
    """`21 %`."""
    return "–" if math.isnan(number) else f"{100 * number:.0f} %"


def decimal(number: float, digits: int, language: str) -> str:
    """`0.71`; in words where there is no number."""
    return tell(language, "not measured", "没有测到") if math.isnan(number) else f"{number:.{digits}f}"


def percent(value: Value, language: str) -> str:
    """`21 % (95 %: 18 to 24 %)`."""
    found = share(value.number)
    if math.isnan(value.number) or math.isnan(value.low):
        return found
    low, high = f"{100 * value.low:.0f}", f"{100 * value.high:.0f} %"
    return found + tell(language, f" (95 %: {low} to {high})", f"（95% 区间：{low} 至 {high}）")


def before(question: Question, language: str, turns: int = 3) -> tuple[str, ...]:
    """What was said last, a line for each bubble: `Mei: are you coming?`."""
    own, somebody = tell(language, "me", "我"), tell(language, "somebody", "某人")
    photo = tell(language, "[photo]", "[图片]")
    lines = []
    for turn in question.turns[-turns:]:
        who = own if turn.speaker is None else turn.speaker.name or somebody
        said = list(texts(turn.bubbles))
        said = [photo] * sum(len(bubble.photos) for bubble in turn.bubbles) + said
        lines += [f"{who}: {line}" for line in said]
    return tuple(lines)
