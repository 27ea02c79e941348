"""What the panels know of the subject: the chats by split, who is who, and what they said of themselves."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.chat.attachments import spoken
from bot.chat.dialogue import Turn
from bot.chat.examples import example_turns, examples_for
from bot.chat.prompt import Codec
from bot.chat.remembered import LINES
from bot.config import Config
from bot.memory.recall import Recall
from bot.message import Chat, ChatKind
from bot.people import People
from bot.persona import Persona
from bot.personality.answers import Personality, load_personality
from bot.questionnaire import Answer, load_questionnaire
from bot.released import Released, load_released
from bot.store.corpus import Corpus, CorpusChat
from bot.workspace import Workspace
from training.data.dataset import corpus_memory, dialogue_settings, load_dataset
from training.data.dialogues import Dialogue
from training.data.groups import Group
from training.data.points import Point
from training.data.redaction import redact
from training.data.splits import Borders, Split, Splits
from training.data.turns import Loader, Sent
from training.evaluation.respondent import Bubbles

ME = "me"


@dataclass(frozen=True, slots=True)
class Burst:
    """Consecutive messages of one sender in one chat, as the judges of style read them.

    sender: `me` for the subject, else who wrote it, by name. partner: in a private chat the contact's key in
    people.yaml or their name; in a group the chat's.
    """

    sender: str
    bubbles: Bubbles
    chat: str
    kind: ChatKind
    partner: str
    day: date
    split: Split


@dataclass(frozen=True, slots=True)
class EvaluationData:
    """dialogues and bursts by split, redacted as what is learnt; nothing of validation and test days was trained on.

    unredacted: the dialogues of the training days with what identifies somebody still in them. memory: what the avatar
    remembers when it runs, if it does; whoever loaded the data closes it. released: what others may see of how the
    person writes. gap: what ends a dialogue. personality: the inventory, of which HELD_OUT was not trained on. groups:
    in which something was decided, to be gone through again.
    """

    persona: Persona
    people: People
    splits: Splits
    dialogues: Mapping[Split, tuple[Dialogue, ...]]
    bursts: tuple[Burst, ...]
    points: tuple[Point, ...]
    questionnaire: tuple[Answer, ...]
    unredacted: tuple[Dialogue, ...] = ()
    memory: Recall | None = None
    released: Released = field(default_factory=dict)
    gap: timedelta = timedelta(hours=1)
    personality: Personality = field(default_factory=Personality)
    groups: tuple[Group, ...] = ()

    @property
    def language(self) -> str:
        return self.persona.language

    def remembered(self, partner: str | None, text: str) -> tuple[str, ...]:
        """What it remembers, once all is said, where a contact writes this in private; partner: their key or name."""
        contact = next((one for one in self.people.contacts if partner in (one.slug, one.name) and one.accounts), None)
        if self.memory is None or contact is None:
            return ()
        account = contact.accounts[0]
        chat, until = Chat(account.platform, account.id, ChatKind.PRIVATE), datetime.max.replace(tzinfo=UTC)
        found = self.memory.quotations(chat, account, text, self.people, until, most=LINES)
        return tuple(redact(self.memory.line(one, self.people)) for one in found)

    def examples(self, relationship: str, before: datetime) -> tuple[Turn, ...]:
        """Returns what a chat without a past begins with, when its first message comes at that time."""
        found = examples_for(relationship, self.released, self.questionnaire)
        return example_turns(found, before, self.gap, self.language)

    def own(self, split: Split) -> list[Burst]:
        return [burst for burst in self.bursts if burst.sender == ME and burst.split is split]

    def others(self, split: Split) -> list[Burst]:
        return [burst for burst in self.bursts if burst.sender != ME and burst.split is split]


def load_evaluation_data(
    workspace: Workspace,
    config: Config,
    codec: Codec,
    length: int,
    borders: Borders | None = None,
    *,
    remember: bool = True,
) -> EvaluationData:
    """Loads the data. length: tokens of a dialogue. borders: those of the LoRA's training; None: 60/20/20 of the days.

    remember: whether what is remembered is shown, as far as config.yaml wants it.
    Raises UsageError, ConfigError or DataError where something is missing, and says what to do.
    """
    data = load_dataset(workspace, config, codec, length, borders, remember=remember)
    gap = dialogue_settings(config, length).gap
    with Corpus.open(workspace.corpus, data.people.left_out) as corpus:
        loader = Loader(data.people, data.persona.language, codec.photo_size, Counter())
        found = [
            burst
            for chat in corpus.chats()
            for burst in _bursts(chat, loader.load(corpus.messages(chat)), data.people, data.splits, gap)
        ]
    return EvaluationData(
        data.persona,
        data.people,
        data.splits,
        data.dialogues,
        tuple(found),
        data.points,
        load_questionnaire(workspace.questionnaire),
        data.unredacted,
        corpus_memory(workspace, config, data.persona) if remember and config.conversation.remember else None,
        load_released(workspace.released),
        gap,
        load_personality(workspace.personality),
        data.groups,
    )


def _bursts(chat: CorpusChat, sent: Sequence[Sent], people: People, splits: Splits, gap: timedelta) -> Iterator[Burst]:
    """The texts of a chat, speaker by speaker; a burst ends with another speaker, a gap, or the split."""
    partner = chat.chat.key
    if chat.kind is ChatKind.PRIVATE:
        others = (one.said.speaker for one in reversed(sent) if not one.own and not one.message.from_bot)
        other = next(others, None)
        name = (other.name if other else None) or partner
        partner = {contact.name: contact.slug for contact in people.contacts}.get(name, name)
    runs: list[list[Sent]] = []
    for one in sent:
        if one.message.from_bot or one.said.bubble is None or not spoken(one.message).strip():
            continue
        before = runs[-1][-1] if runs else None
        if (
            before is None
            or before.said.speaker != one.said.speaker
            or one.at - before.at > gap
            or splits.at(before.at) is not splits.at(one.at)
        ):
            runs.append([])
        runs[-1].append(one)
    for said in runs:
        first = said[0]
        sender = ME if first.said.speaker is None else first.said.speaker.name or "somebody"
        bubbles = tuple(redact(spoken(one.message)) for one in said)
        yield Burst(sender, bubbles, chat.chat.key, chat.kind, partner, splits.day_of(first.at), splits.at(first.at))
