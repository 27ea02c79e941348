"""Panel C: whether it matters to the avatar whom it talks with, and what it is shown."""

from training.evaluation.held import Held
from training.evaluation.limits import Limits
from training.evaluation.panel import Kind, Metric, Panel, Target
from training.evaluation.panels.context import shown
from training.evaluation.panels.context.asked import Asked, Known, ask_all, know
from training.evaluation.panels.context.rows import differences, rows
from training.evaluation.panels.context.shown import WINS
from training.evaluation.voice import Voices

KEY = "context"
RATIO, SEEN = 0.6, 0.65


def panel(held: Held, voices: Voices, limits: Limits) -> Panel:
    """Panel C."""
    known = know(held, limits)
    asked = ask_all(known, voices)
    avatar = asked.get(Kind.AVATAR)
    found = rows(known, asked)
    return Panel(
        KEY,
        "C",
        known.tell("Does it matter whom it talks with?", "对谁说话，有没有区别？"),
        known.tell(
            "The person's real replies are read twice: as they were, and with one thing in the prompt exchanged, the "
            "relationship or the photo. Whoever heeds it finds the real words likelier under the right one: in 50 % of "
            "cases by chance. Names and the person's own earlier words are left out: they would give it away.",
            "本人的真实回复读两遍：一遍照原样，一遍只把提示里的一样东西换掉，关系或照片。在意它的人，会觉得原样之下的话更可能；"
            "瞎猜是 50 %。名字和本人先前的话都去掉，不然一看就知道是对谁说的。",
        ),
        _metrics(known, asked[Kind.BASE]),
        tuple(found),
        _missing(known, avatar),
        tuple(shown.drawings(known, asked)),
        tuple(shown.examples(known, avatar)) if avatar else (),
        tuple(shown.findings(known, found)) if avatar else (),
        differences(known, asked),
    )


def _missing(known: Known, avatar: Asked | None) -> str | None:
    if avatar is None:
        return known.tell("No LoRA was examined, only the base model.", "没有检验任何 LoRA，只有基础模型。")
    reasons = [known.unadapted, known.unseen]
    return " ".join(reason for reason in reasons if reason) if all(reasons) else None


def _metrics(known: Known, base: Asked) -> tuple[Metric, ...]:
    say = known.tell
    to_whom = known.unadapted is None
    seen = known.unseen is None
    found = [
        Metric(
            "relationship_win",
            say("Likelier under the right relationship", "关系对时更可能"),
            Target(low=WINS) if to_whom else None,
            "%",
        ),
        Metric("relationship_gain", say("Nats a reply it gains by it", "每条回复由此多得的奈特")),
        Metric("relationship_within", say("… after all that was said before", "……接着前面的对话时"), None, "%"),
        Metric("relationship_named", say("… with the name shown", "……写出名字时"), None, "%"),
        Metric(
            "relationship_ratio",
            say("Adapts as much as the person", "因人而异的程度（相对本人）"),
            Target(low=RATIO) if to_whom else None,
        ),
        Metric("relationship_accuracy", say("Its messages show whom they are for", "从消息看得出写给谁"), None, "%"),
    ]
    if known.shown:
        wanted = Target(low=SEEN) if seen else None
        found += [
            Metric("picture_swapped", say("Likelier with the photo than another", "比换成别的照片更可能"), wanted, "%"),
            Metric("picture_blank", say("… than with a blank", "……比空白更可能"), wanted, "%"),
        ]
        if base.sight.caption:
            found.append(Metric("picture_caption", say("… than with words for it", "……比文字描述更可能"), None, "%"))
    return tuple(found)
