"""The demo's transcript: one question from two people, a stretch of a group, and two photos."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from bot.chat.decision import Calibration
from bot.chat.features import mentions
from bot.cli.era import as_of
from bot.cli.rehearsal import Line, Rehearsal, first_of, line_of
from bot.config import ConversationConfig, load_config
from bot.conversation.avatar import Avatar
from bot.engine.factory import build_engine
from bot.lora import find_lora
from bot.media import MediaStore
from bot.memory.opened import examples_of
from bot.memory.trained import remembers
from bot.message import ChatKind, Message
from bot.people import RELATIONSHIPS, People, load_people
from bot.persona import Persona, load_persona
from bot.sampling import Sampling
from bot.store.corpus import Corpus, CorpusChat
from bot.store.past import Past
from bot.workspace import Workspace
from training.data.dataset import corpus_memory
from training.data.splits import Split, Splits

_LONGEST = 60  # tokens of a reply
_STRETCH = 12  # messages of the group that are shown
_FRIENDS = ("friend", "classmate", "sibling", "partner")
_ELDERS = ("elder", "parent", "teacher", "relative", "colleague")

_WORDS = {
    "en": {
        "question": "What are you doing this weekend?",
        "dishes": "Which dish would you like, the first or the second?",
        "private": "The same question from {first} ({first_is}) and from {second} ({second_is}):",
        "group": "A stretch of the group “{title}”, from days that were not trained on:",
        "photos": "Two photos:",
    },
    "zh": {
        "question": "这周末你打算做什么？",
        "dishes": "这两道菜你想要哪一道？",
        "private": "{first}（{first_is}）和{second}（{second_is}）问同一个问题：",
        "group": "群聊“{title}”中的一段，来自没有训练过的日子：",
        "photos": "两张照片：",
    },
}


async def show_transcript(workspace: Workspace, era: str | None = None) -> None:
    """Prints it, through the daemon's own conversation; the same each time, for the seed is fixed.

    era: to speak from, instead of persona.yaml's.
    """
    config = load_config(workspace.config)
    persona, people = as_of(load_persona(workspace.persona), era), load_people(workspace.people)
    lora = find_lora(workspace.loras, config.model.lora)
    with tempfile.TemporaryDirectory(prefix="echoes-photos-") as folder:
        media = MediaStore(Path(folder), (workspace.media,))
        engine = await build_engine(config, lora, media)
        memory = corpus_memory(workspace, config, persona)
        avatar = Avatar(
            engine=engine,
            persona=persona,
            people=people,
            calibration=Calibration.load(lora) if lora else Calibration(),
            sampling=replace(config.sampling.over(Sampling.fitted(lora)), max_tokens=_LONGEST, seed=1),
            config=_unhurried(config.conversation),
            media=media,
            past=Past(workspace.corpus),
            examples=examples_of(workspace),
            memory=memory,
            remembers=config.conversation.remember and remembers(lora),
        )
        try:
            async with Rehearsal(avatar) as rehearsal:
                await _private(rehearsal, people, persona)
                with Corpus.open(workspace.corpus, people.left_out) as corpus:
                    await _group(rehearsal, corpus, people, persona)
                    await _photos(rehearsal, corpus, MediaStore(workspace.media), people, persona)
        finally:
            memory.close()
            await engine.aclose()


def _unhurried(config: ConversationConfig) -> ConversationConfig:
    """Nobody types here: no gathering, no pauses; nor is it now, so nothing is stale."""
    return config.model_copy(
        update={
            "gather_seconds": 0.0,
            "gather_max_seconds": 0.0,
            "characters_per_second": 0.0,
            "pace": "typing",
            "quiet_hours": "",
            "stale_hours": 720.0,
            "answer": "everyone",
            "groups": "all",
        }
    )


async def _private(rehearsal: Rehearsal, people: People, persona: Persona) -> None:
    words = _WORDS[persona.language]
    friend, elder = first_of(people.contacts, _FRIENDS), first_of(people.contacts, _ELDERS)
    if not friend or not elder:
        return
    shown = {"first": friend.name, "second": elder.name}
    for key, contact in (("first_is", friend), ("second_is", elder)):
        one = contact.relationship
        shown[key] = RELATIONSHIPS[one] if persona.language == "zh" else one
    _title(words["private"].format(**shown))
    for contact in (friend, elder):
        await rehearsal.private([line_of(contact, words["question"])])
        print()


async def _group(rehearsal: Rehearsal, corpus: Corpus, people: People, persona: Persona) -> None:
    splits = Splits.of_corpus(corpus, people)
    for chat in corpus.chats():
        if chat.kind is ChatKind.GROUP and (stretch := _stretch(corpus, chat, people, persona, splits)):
            _title(_WORDS[persona.language]["group"].format(title=chat.title))
            await rehearsal.group(chat.title, _lines(stretch, people))
            return


def _stretch(corpus: Corpus, chat: CorpusChat, people: People, persona: Persona, splits: Splits) -> list[Message]:
    """The stretch of test days, without the subject's own messages, in which they are named most."""
    others = [
        message
        for message in corpus.messages(chat)
        if splits.at(message.sent_at) is Split.TEST and message.sender not in people.subject and message.text
    ]
    starts = range(max(len(others) - _STRETCH, 0) + 1)

    def named(start: int) -> int:
        return sum(mentions(message.text, persona.names) for message in others[start : start + _STRETCH])

    best = max(starts, key=named)
    return others[best : best + _STRETCH]


async def _photos(rehearsal: Rehearsal, corpus: Corpus, media: MediaStore, people: People, persona: Persona) -> None:
    friend = first_of(people.contacts, _FRIENDS)
    digests = list(dict.fromkeys(_received(corpus, people)))[:2]
    if friend and digests:
        _title(_WORDS[persona.language]["photos"])
        photos = [media.path(digest).read_bytes() for digest in digests]
        await rehearsal.private([line_of(friend, _WORDS[persona.language]["dishes"], photos)])


def _received(corpus: Corpus, people: People) -> Iterator[str]:
    """Photos that somebody sent to the subject, those with a question first."""
    sent = [
        message
        for chat in corpus.chats()
        for message in corpus.messages(chat)
        if message.digests and message.sender not in people.subject
    ]
    for message in sorted(sent, key=lambda one: "?" not in one.text and "？" not in one.text):
        yield from message.digests


def _lines(stretch: Sequence[Message], people: People) -> list[Line]:
    """As they were said, with longer pauses shortened to an hour."""
    lines = []
    for before, message in pairwise([stretch[0], *stretch]):
        if message.sender is not None:
            contact = people.find(message.sender)
            after = min(message.sent_at - before.sent_at, timedelta(hours=1))
            name = contact.name if contact else message.sender_name
            lines.append(Line(name, message.sender, message.text, after=after))
    return lines


def _title(words: str) -> None:
    print(f"\n{words}\n", flush=True)
