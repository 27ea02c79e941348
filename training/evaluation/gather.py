"""From the workspace to what the panels know: everything cut by the days that the LoRA had not seen."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby

from bot.chat.attachments import spoken
from bot.chat.prompt import Codec
from bot.config import Config
from bot.message import ChatKind
from bot.people import STRANGER, People
from bot.store.corpus import Corpus, CorpusChat
from bot.workspace import Workspace
from training.data.dataset import dialogue_settings, load_dataset
from training.data.questionnaire import load_questionnaire
from training.data.redaction import redact
from training.data.splits import Borders, Splits
from training.data.turns import Loader, Sent
from training.evaluation.held import ME, Burst, Held


def gather(workspace: Workspace, config: Config, codec: Codec, length: int, borders: Borders | None = None) -> Held:
    """length: tokens of a dialogue. borders: those that the LoRA was trained with; None: 60/20/20 of today's days.

    Raises UsageError, ConfigError or DataError where something is missing, and says what to do.
    """
    data = load_dataset(workspace, config, codec, length, borders)
    gap = dialogue_settings(config, length).gap
    with Corpus.open(workspace.corpus) as corpus:
        loader = Loader(data.people, data.persona.language, codec.photo_size, Counter())
        found = [
            burst
            for chat in corpus.chats()
            for burst in bursts(chat, loader.load(corpus.messages(chat)), data.people, data.splits, gap)
        ]
    return Held(
        data.persona,
        data.people,
        data.splits,
        data.dialogues,
        tuple(found),
        data.points,
        load_questionnaire(workspace.questionnaire),
        data.unredacted,
    )


def bursts(chat: CorpusChat, sent: Sequence[Sent], people: People, splits: Splits, gap: timedelta) -> Iterator[Burst]:
    """The texts of a chat, speaker by speaker; a burst ends with another speaker, a gap, or the split."""
    partner, relationship = chat.chat.key, "group"
    if chat.kind is ChatKind.PRIVATE:
        other = next((one.said.speaker for one in reversed(sent) if not one.own and not one.message.from_bot), None)
        names = {contact.name: contact.slug for contact in people.contacts}
        name = other.name if other else None
        partner = names.get(name or "", name or chat.chat.key)
        relationship = other.relationship if other else STRANGER
    counted = [
        one for one in sent if not one.message.from_bot and one.said.bubble is not None and spoken(one.message).strip()
    ]
    number, runs = 0, []
    for before, one in zip([None, *counted], counted, strict=False):
        if before and (
            before.said.speaker != one.said.speaker
            or one.at - before.at > gap
            or splits.at(before.at) is not splits.at(one.at)
        ):
            number += 1
        runs.append((number, one))
    last: Sent | None = None
    for _, run in groupby(runs, key=lambda item: item[0]):
        said = [one for _, one in run]
        first = said[0]
        speaker = first.said.speaker
        sender = ME if speaker is None else speaker.name or "somebody"
        answers = last is not None and last.said.speaker != speaker and first.at - last.at <= gap
        yield Burst(
            sender,
            tuple(redact(spoken(one.message)) for one in said),
            chat.chat.key,
            chat.kind,
            partner,
            relationship,
            first.at,
            splits.day_of(first.at),
            splits.at(first.at),
            (first.at - last.at).total_seconds() if answers and last else None,
        )
        last = said[-1]
