"""Panel B: how well the avatar foresees the subject's real words, and finds their real reply among ten."""

from training.evaluation.held import Held
from training.evaluation.limits import Limits
from training.evaluation.panel import Metric, Panel, Target
from training.evaluation.panels.likelihood import shown
from training.evaluation.panels.likelihood.asked import Asked, ask_all
from training.evaluation.panels.likelihood.ranking import OTHERS, OWN
from training.evaluation.panels.likelihood.rows import differences, rows
from training.evaluation.panels.likelihood.shown import LOWER
from training.evaluation.voice import Voices

KEY = "likelihood"
FEWEST = 20
"""Replies below which no verdict is given."""


def panel(held: Held, voices: Voices, limits: Limits) -> Panel:
    """Panel B."""
    asked = ask_all(held, voices, limits)
    found = rows(asked)
    return Panel(
        KEY,
        "B",
        asked.tell("Does it foresee their words?", "它料得到本人会说什么吗？"),
        asked.tell(
            "Real replies of days it never saw are read to it. The better it knows the person, the fewer bits it needs "
            f"for a character. Then it is shown ten replies, the real one among {OWN} more of theirs and {OTHERS} of "
            "others, and says which is real: by chance 10 %.",
            "把它从没见过的日子里的真实回复读给它听：越了解本人，每个字需要的比特越少。再给它十条回复，真的那条混在本人的"
            f"另外 {OWN} 条和别人的 {OTHERS} 条之间，让它认出来：瞎猜是 10 %。",
        ),
        _metrics(asked),
        tuple(found),
        _missing(asked),
        (shown.drawing(asked),) if asked.base.replies else (),
        tuple(shown.examples(asked)),
        tuple(shown.findings(asked, found)),
        differences(asked),
    )


def _missing(asked: Asked) -> str | None:
    if not asked.avatar:
        return asked.tell("No LoRA was examined, only the base model.", "没有检验任何 LoRA，只有基础模型。")
    replies = len(asked.avatar.replies)
    if replies < FEWEST:
        return asked.tell(
            f"Of {asked.held.persona.name}'s replies {replies} lie on the test days; at least {FEWEST} are needed.",
            f"测试日里{asked.held.persona.name}的回复只有 {replies} 条，至少需要 {FEWEST} 条。",
        )
    return None


def _metrics(asked: Asked) -> tuple[Metric, ...]:
    say = asked.tell
    return (
        Metric("bits", say("Bits per character", "每字比特数")),
        Metric("lower", say("Fewer bits than the base model", "比基础模型省"), Target(low=LOWER), "%"),
        Metric("lower_private", say("… in private chats", "……私聊中"), None, "%"),
        Metric("lower_group", say("… in groups", "……群聊中"), None, "%"),
        Metric("first", say("Real reply found among ten", "十选一认出真回复"), None, "%"),
        Metric("mrr", say("Mean of 1 / rank", "排名倒数的平均")),
        Metric("first_plain", say("Found by bits per character alone", "只按每字比特数认出"), None, "%"),
    )
