"""What a run learns from: the train days' dialogues and the questionnaire; the validation days' are held out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chat.prompt import Codec
from bot.config import Config
from bot.errors import DataError, UsageError
from bot.message import Account, ChatKind
from bot.people import People
from bot.persona import Persona
from bot.personality.answers import load_personality
from bot.questionnaire import load_questionnaire
from bot.released import load_released
from bot.workspace import Workspace
from training.data.canaries import Canary, plant
from training.data.dataset import dialogue_settings, load_dataset
from training.data.dialogues import Dialogue
from training.data.examples import with_examples
from training.data.groups import Group
from training.data.inventory import bubbles_of, inventory_dialogues
from training.data.pages import SHARE, WritingsAccount, load_pages
from training.data.points import Point
from training.data.questionnaire import CHAT as QUESTIONNAIRE
from training.data.questionnaire import questionnaire_dialogues
from training.data.redaction import redacted
from training.data.splits import Split, Splits


@dataclass(frozen=True, slots=True)
class Material:
    """train includes the questionnaire's dialogues, and the pages of writings at its end. counts: how the dialogues
    came about, by reason.

    left_out: a sentence where some of the subject's turns are too long to be learnt.
    """

    persona: Persona
    people: People
    train: tuple[Dialogue, ...]
    validation: tuple[Dialogue, ...]
    points: tuple[Point, ...]  # every decision, for the calibration
    questionnaire: int
    messages: int
    chats: int
    splits: Splits
    counts: Mapping[str, int]
    left_out: str | None = None
    canaries: tuple[Canary, ...] = ()
    senders: frozenset[Account] = frozenset()  # of the chats that the dialogues are from, and whom the pages went to
    pages: int = 0
    writings: tuple[WritingsAccount, ...] = ()
    groups: tuple[Group, ...] = ()  # where the calibration is tried, left to itself


def load_material(
    workspace: Workspace,
    config: Config,
    codec: Codec,
    length: int,
    canaries: int | None = None,
    writing_share: float = SHARE,
) -> Material:
    """Loads it, with what identifies somebody replaced. canaries: the seed of the secrets to plant, or None.

    writing_share: of the learnt tokens, at most so many are of pages.

    Raises UsageError, ConfigError or DataError where something is missing, and says what to do.
    """
    data = load_dataset(workspace, config, codec, length)
    counts = Counter(data.counts)
    kept = sum(turn.speaker is None for one in data.dialogues[Split.TRAIN] for turn in one.turns[one.context :])
    left_out = _left_out(data.too_long, kept, length)
    if not kept:
        raise DataError(
            "The subject wrote nothing that can be learnt on the days to train on: import more chats, or check with "
            "`echoes subject` that it is the right person."
        )
    learnt, answers = data.dialogues[Split.TRAIN], load_questionnaire(workspace.questionnaire)
    told = questionnaire_dialogues(answers, data.persona)
    told += inventory_dialogues(load_personality(workspace.personality), data.persona, bubbles_of(learnt))
    gap = dialogue_settings(config, length).gap
    begun = with_examples(learnt, load_released(workspace.released), answers, codec, length, gap)
    train = [*begun, *(redacted(one, counts) for one in told)]
    planted: tuple[Canary, ...] = ()
    if canaries is not None:
        train, planted = plant(train, data.persona, codec, length, canaries)
    pages = load_pages(workspace, data.persona, data.people, codec, length, data.splits, learnt, writing_share)
    counts.update(pages.replaced)
    return Material(
        data.persona,
        data.people,
        (*train, *pages.dialogues),
        data.dialogues[Split.VALIDATION],
        data.points,
        len(told),
        data.messages,
        data.chats,
        data.splits,
        counts,
        left_out,
        planted,
        data.senders | pages.recipients,
        len(pages.dialogues),
        pages.accounts,
        data.groups,
    )


def _left_out(too_long: Sequence[int], kept: int, length: int) -> str | None:
    """What to say of turns that do not fit into `length`, each with the length it needs.

    Raises UsageError where they are most of what the subject wrote: the rest would not be the subject.
    """
    if not too_long:
        return None
    every, needed = kept + len(too_long), sorted(too_long)
    said = (
        f"{len(too_long):,} of the {every:,} turns of the subject to learn from do not fit into {length} tokens, "
        "prompt and all"
    )
    if kept < len(too_long):
        least = needed[every // 2 - kept]
        raise UsageError(f"{said}: give --length {least} at least, better {needed[-1]}, which holds all of them.")
    return f"{said}, and are not learnt: --length {needed[-1]} would hold all of them."


@dataclass(frozen=True, slots=True)
class Share:
    """How much was learnt of one kind of company."""

    dialogues: int
    turns: int  # of the subject


def by_company(dialogues: Sequence[Dialogue]) -> dict[str, Share]:
    """Returns the shares by relationship in private chats, of groups, the questionnaire and writings, largest first."""
    found: dict[str, Share] = {}
    for dialogue in dialogues:
        private = dialogue.scene.kind is ChatKind.PRIVATE
        company = dialogue.scene.partner.relationship if private else "group"
        if dialogue.chat == QUESTIONNAIRE or dialogue.scene.page is not None:
            company = dialogue.chat
        before = found.get(company, Share(0, 0))
        own = sum(turn.speaker is None for turn in dialogue.turns[dialogue.context :])
        found[company] = Share(before.dialogues + 1, before.turns + own)
    return dict(sorted(found.items(), key=lambda item: -item[1].turns))
