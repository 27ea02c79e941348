"""What became of what the subject wrote, chat by chat: it is learnt, kept for measuring, or left out, and why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from bot.message import ChatKind
from training.data.dialogues import Dialogue
from training.data.splits import Split

KEPT, LEFT_OUT = "subject: kept", "subject: left out, "
REACTIONS = "reactions: of others, context"
OWN_REACTIONS = "reactions: of the subject"
LEARNT_REACTIONS = "reactions: of these learnt, in private"
"""No messages: they are counted apart."""
_NOTHING = "nobody to answer, or nothing to learn"


@dataclass(frozen=True, slots=True)
class ChatAccount:
    """One chat. messages: read of everybody. own: of these the subject's; kept: those by the days they are used on.

    lost: the subject's messages that are not used, by reason. own = Σ kept + Σ lost.
    """

    chat: str
    title: str
    kind: ChatKind
    messages: int
    own: int
    kept: Mapping[Split, int]
    lost: Mapping[str, int]


def account_of(
    chat: str,
    title: str,
    kind: ChatKind,
    counts: Mapping[str, int],
    dialogues: Sequence[Dialogue],
    split_of: Callable[[date], Split],
) -> ChatAccount:
    """Draws up one chat's account. counts: of that chat alone, as `cutting.build` makes them."""
    own = sum(number for reason, number in counts.items() if reason == KEPT or reason.startswith(LEFT_OUT))
    kept = dict.fromkeys(Split, 0)
    for dialogue in dialogues:
        said = (turn for turn in dialogue.turns[dialogue.context :] if turn.speaker is None)
        kept[split_of(dialogue.day)] += sum(not bubble.reactions for turn in said for bubble in turn.bubbles)
    lost = {reason.removeprefix(LEFT_OUT): number for reason, number in counts.items() if reason.startswith(LEFT_OUT)}
    if rest := own - sum(kept.values()) - sum(lost.values()):
        lost[_NOTHING] = rest
    return ChatAccount(chat, title, kind, counts.get("messages read", 0), own, kept, lost)


def as_json(accounts: Sequence[ChatAccount]) -> list[dict[str, Any]]:
    """Returns the accounts for scripts, without names: a chat is called by its key."""
    return [
        {key: value for key, value in asdict(one).items() if key != "title"}
        | {"kind": one.kind.value, "kept": {split.value: number for split, number in one.kept.items()}}
        for one in accounts
    ]
