"""What is learnt and measured, loaded from a workspace in one way: dialogues by split, redacted, and every decision."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.prompt import Codec
from bot.chat.window import served_tokens
from bot.config import Config
from bot.era import end_of
from bot.errors import DataError, UsageError
from bot.memory.corpus import CorpusSource
from bot.memory.meaning import open_meaning
from bot.memory.notes import Notes, load_notes
from bot.memory.recall import Recall
from bot.message import Account
from bot.people import People, load_people
from bot.persona import Persona, load_persona
from bot.store.corpus import Corpus
from bot.workspace import Workspace
from training.data.account import ChatAccount
from training.data.cutting import build
from training.data.dialogues import Dialogue, DialogueSettings
from training.data.groups import Group, groups
from training.data.points import Point, points
from training.data.redaction import redacted
from training.data.splits import Borders, Split, Splits


@dataclass(frozen=True, slots=True)
class Dataset:
    """dialogues: by split, as they are learnt and measured. unredacted: those of the training days with what identifies
    somebody still in them, for measuring what a LoRA gives away.

    persona: of no era, for each dialogue has its own. points: every decision. counts: how the dialogues came about, by
    reason. too_long: for each of the subject's turns that does not fit, the length at which it would. messages and
    chats: of the corpus, and with dialogues in them. accounts: what became of each chat. senders: everybody who wrote
    in a chat that dialogues are from. groups: in which something was decided on days that are not learnt.
    """

    persona: Persona
    people: People
    splits: Splits
    dialogues: Mapping[Split, tuple[Dialogue, ...]]
    unredacted: tuple[Dialogue, ...]
    points: tuple[Point, ...]
    counts: Mapping[str, int]
    too_long: tuple[int, ...]
    messages: int
    chats: int
    accounts: tuple[ChatAccount, ...] = ()
    senders: frozenset[Account] = frozenset()
    groups: tuple[Group, ...] = ()


def dialogue_settings(config: Config, length: int) -> DialogueSettings:
    """Returns how dialogues are cut. length: the most tokens of one."""
    talk = config.conversation
    shown = served_tokens(config.model.context_tokens, config.sampling.max_tokens)
    return DialogueSettings(timedelta(minutes=talk.gap_minutes), talk.carried_turns, length, shown)


def corpus_memory(workspace: Workspace, config: Config, persona: Persona) -> Recall:
    """What may be remembered of the imported chats. What the owner wrote down has no time, and is not among it.

    Raises ConfigError where the encoder that is to find it cannot be opened.
    """
    meaning = open_meaning(config.memory, at_once=True)
    struck = Notes(never=load_notes(workspace.memory).never)
    corpus = CorpusSource(workspace.corpus, until=end_of(persona.era, persona.zone))
    return Recall(workspace.memory_index, [corpus], persona, lambda: struck, meaning=meaning)


def load_dataset(
    workspace: Workspace,
    config: Config,
    codec: Codec,
    length: int,
    borders: Borders | None = None,
    *,
    remember: bool = True,
) -> Dataset:
    """Loads the data. length: tokens of a dialogue. borders: those of a LoRA's training; None: 60/20/20 of the days.

    remember: whether what is remembered is shown, as far as config.yaml wants it.
    Raises UsageError, ConfigError or DataError where something is missing, and says what to do.
    """
    if not workspace.corpus.exists():
        raise DataError(f"{workspace.root} holds no messages yet: run `echoes import PATH` first.")
    persona, people = replace(load_persona(workspace.persona), era=""), load_people(workspace.people)
    if not people.subject:
        raise UsageError(f"{workspace.people} does not say whom to simulate: run `echoes subject WHO` first.")
    settings = dialogue_settings(config, length)
    counts: Counter[str] = Counter()
    too_long: list[int] = []
    accounts: list[ChatAccount] = []
    with ExitStack() as closing:
        corpus = closing.enter_context(Corpus.open(workspace.corpus, people.left_out))
        memory: Recall | None = None
        if remember and config.conversation.remember:
            memory = corpus_memory(workspace, config, persona)
            closing.callback(memory.close)
        messages = corpus.count()
        if not messages:
            raise DataError(f"{workspace.corpus} holds no messages yet: run `echoes import PATH` first.")
        subject = set(people.subject)
        if not any(sender.account in subject for sender in corpus.senders()):
            raise DataError(
                "None of the imported messages is by the subject: import more chats, or choose with `echoes subject` "
                "somebody who wrote."
            )
        splits = Splits.of_corpus(corpus, people, borders)
        built = build(corpus, people, persona, codec, settings, splits, counts, too_long, accounts, memory)
        decisions = points(corpus, people, persona, settings.gap, splits)
        heard = tuple(groups(corpus, people, persona, splits, decisions))
        used = {dialogue.chat for dialogue in built}
        senders = {one.account for chat in corpus.chats() if chat.chat.key in used for one in corpus.senders(chat)}
    raw = {split: [one for one in built if splits.split_of(one.day) is split] for split in Split}
    learnt = {split: counts if split is Split.TRAIN else Counter[str]() for split in Split}
    return Dataset(
        persona,
        people,
        splits,
        {split: tuple(redacted(one, learnt[split]) for one in raw[split]) for split in Split},
        tuple(raw[Split.TRAIN]),
        tuple(decisions),
        counts,
        tuple(too_long),
        messages,
        len({dialogue.chat for dialogue in built}),
        tuple(accounts),
        frozenset(senders),
        heard,
    )
