"""Any conversation is the same prompt and the same decision, whether it was imported or is being lived through.

Made by chance: every kind of message, bursts, gaps on both sides of the threshold, contacts with several accounts,
strangers, bots, replies, reactions, edits, deletions and the topics of a forum. It is put into a corpus as an import
would, and told to a journal as a platform would; then turns, what a decision sees, scene and ids must be equal,
wherever the subject answers and after every message of somebody else in a group. In half of them an encoder finds
memories, too.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.dialogue import Scene, Turn
from bot.chat.features import seen
from bot.chat.prompt import Codec, render
from bot.chat.scene import scene_at
from bot.config import ConversationConfig
from bot.conversation.context import Context
from bot.conversation.context import messages as said
from bot.media import MediaStore
from bot.memory.corpus import CorpusSource
from bot.memory.journal import JournalSource
from bot.memory.meaning import Meaning
from bot.memory.recall import Recall
from bot.message import PHOTO, REACTION, STICKER, Account, Attachment, Chat, ChatKind, Message
from bot.people import Contact, People
from bot.persona import Persona
from bot.store.corpus import Corpus
from bot.store.journal import Entry, Journal, Put, State
from tests.dialogues.log import ALL_TRAIN
from tests.standins.encoder import Concepts
from tests.support import byte_codec, picture, put
from training.data.cutting import build
from training.data.dialogues import Dialogue, DialogueSettings
from training.data.points import points

NORA = Persona("Nora", ("nor",), timezone="Europe/London", era="2026")
ME = Account("telegram", "1")
MEI, MEI_TOO, TOM = Account("telegram", "2"), Account("telegram", "20"), Account("telegram", "4")
STRANGER, ROBOT = Account("telegram", "77"), Account("telegram", "5")
PEOPLE = People.of((Contact("mei", "Mei", "friend", (MEI, MEI_TOO)), Contact("tom", "Tom", "classmate", (TOM,))), (ME,))
NAMES = {MEI: "Mei Lin", MEI_TOO: "mei 🌸", TOM: "Tom", STRANGER: "Somebody Else", ROBOT: "HelpBot", ME: "Nora"}
GAP = timedelta(hours=1)
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SETTINGS = DialogueSettings(GAP, 8, 100_000)
CONFIG = ConversationConfig(gap_minutes=60, carried_turns=8)

words = st.sampled_from(
    [
        "ok",
        "are you coming?",
        "Nora?",
        "@nor look",
        "在吗",
        "😂",
        "",
        " ",
        "call 07700 900123",
        "<|im_end|>",
        "a\nb",
        "Tom: no",
        "the lighthouse in Hull",
        "Nora, that lighthouse?",
        "我们去西湖划船",
        "西湖的船呢",
    ]
)
gaps = st.sampled_from([0, 0, 1, 1, 1, 2, 2, 5, 5, 20, 45, 59, 60, 61, 75, 300, 60 * 24 * 9])  # minutes


def attachments(readable: str) -> st.SearchStrategy[tuple[Attachment, ...]]:
    """readable: the digest of a photo that can be opened; another is not there, and one was too large."""
    one = st.sampled_from(
        [
            Attachment(PHOTO, "a", readable),
            Attachment(PHOTO, "b", "d" * 64),
            Attachment(PHOTO, digest=""),
            Attachment(STICKER, words="😂"),
            Attachment(STICKER),
            Attachment("voice", seconds=12),
            Attachment("voice", seconds=75, words="see you"),
            Attachment("voice", "c", "", "see you", 9, heard="whisper a"),
            Attachment("video"),
            Attachment("video", "e", "", "look", 5, (readable, "d" * 64), "whisper a"),
            Attachment(STICKER, "f", "", frames=(readable,)),
            Attachment("file"),
            Attachment("location", words="Café Rose"),
            Attachment("poll", words="pizza or pasta?"),
            Attachment("unknown"),
        ]
    )
    return st.one_of(st.just(()), st.just(()), st.tuples(one), st.tuples(one, one))


@dataclass(frozen=True)
class Said:
    """What somebody does: says something, or changes or deletes the message so many places before.

    puts: instead, they put this on the message that they would reply to.
    """

    who: Account
    wait: int
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    reply: int | None = None
    edits: int | None = None
    deletes: int | None = None
    topic: int = 0
    puts: str = ""


def conversations(readable: str, people: list[Account], topics: int) -> st.SearchStrategy[list[Said]]:
    said = st.builds(
        Said,
        st.sampled_from([ME, ME, *people]),
        gaps,
        words,
        attachments(readable),
        st.one_of(st.none(), st.none(), st.integers(1, 5)),
        st.one_of(*[st.none()] * 6, st.integers(1, 3)),
        st.one_of(*[st.none()] * 8, st.integers(1, 3)),
        st.integers(0, topics),
        st.sampled_from(["", "", "", "❤️", "👍"]),
    )
    return st.lists(said, min_size=12, max_size=40)


def as_written(log: list[Said], kind: ChatKind) -> dict[str, list[Message]]:
    """The messages as they are in the end, by chat: edited ones changed, deleted ones gone."""
    now, messages, topics = START, list[Message](), list[str]()
    for number, one in enumerate(log):
        now += timedelta(minutes=one.wait, seconds=7)
        key = f"-1009/{one.topic}" if one.topic else "-1009" if kind is ChatKind.GROUP else "2"
        own = one.who == ME
        back = [other for other in messages if topics[messages.index(other)] == key and not other.reaction]
        answered = back[-one.reply] if one.reply and one.reply <= len(back) else None
        puts = one.puts if answered and not (own and kind is ChatKind.GROUP) else ""  # there the avatar puts none
        messages.append(
            Message(
                Chat("telegram", key, kind, "Lamps" if kind is ChatKind.GROUP else ""),
                str(number + 1),
                one.who,
                NAMES[one.who],
                now,
                "" if puts else (one.text.strip() or "mine") if own else one.text,
                (Attachment(REACTION, words=puts),) if puts else () if own else one.attachments,
                answered.id if answered and (puts or not own) else None,
                answered.sender if answered and (puts or not own) else None,
                from_bot=one.who == ROBOT,
            )
        )
        topics.append(key)
    for number, one in enumerate(log):
        edited = messages[number - (one.edits or 0)]
        if one.edits and one.edits <= number and edited.sender != ME and not edited.reaction:
            messages[number - one.edits] = replace(messages[number - one.edits], text=f"edited {number}")
    gone = {
        messages[number - one.deletes].id
        for number, one in enumerate(log)
        if one.deletes
        and one.deletes <= number
        and messages[number - one.deletes].sender != ME
        and not messages[number - one.deletes].reaction
    }
    messages = _once_each(messages)
    found: dict[str, list[Message]] = {}
    for message, key in zip(messages, topics, strict=True):
        if message.id not in gone and not (message.reaction and message.reply_to in gone):
            answers = message.reply_to not in gone
            kept = message if answers else replace(message, reply_to=None, replied=None)
            found.setdefault(key, []).append(kept)
    return found


def _once_each(messages: list[Message]) -> list[Message]:
    """Who puts the same on a message again changes nothing: that is a message without anything in it here."""
    seen: set[tuple[Account | None, str, str | None]] = set()
    found = []
    for one in messages:
        which = one.sender, one.reaction, one.reply_to
        again = bool(one.reaction) and which in seen
        seen.add(which)
        found.append(replace(one, text="again", attachments=(), reply_to=None, replied=None) if again else one)
    return found


def live(journal: Journal, now: list[datetime], written: dict[str, list[Message]]) -> dict[str, list[Entry]]:
    """Told to a journal as it happens, with edits and deletions coming later; what it then shows of each chat."""
    every = sorted((one for some in written.values() for one in some), key=lambda one: int(one.id))
    for message in every:
        now[0] = message.sent_at
        if message.reaction and message.sender != ME:
            assert journal.put(replace(message, id=""))
            continue
        if message.reaction:
            put = {"it": Put(message.reaction, message.reply_to or "")}
            journal.sent(journal.reply(message.chat, [], ["it"], reactions=put), None)
            continue
        if message.sender == ME:
            reply = journal.reply(message.chat, [], [message.text])
            journal.sent(reply, message.id)
            continue
        replied = message.replied
        told = replace(
            message,
            text="as it was first" if message.text.startswith("edited") else message.text,
            attachments=tuple(replace(one, digest=None) if one.ref else one for one in message.attachments),
            replied=None,
            addressed=replied == ME,
            addressed_other=replied is not None and replied != ME,
        )
        seq = journal.take(told) or 0
        journal.fetched(seq, message.attachments)
        journal.settle([seq], State.ANSWERED)
        if message.text.startswith("edited"):
            journal.edit(replace(told, text=message.text))
    for chat in {one.chat for one in every}:
        gone = replace(every[0], chat=chat, id=f"gone-{chat.id}", sender=TOM, text="deleted", sent_at=now[0])
        journal.erase([journal.take(gone) or 0])
    return {chat.id: journal.recent(chat, 1000) for chat in {one.chat for one in every}}


class Road:
    """What the daemon makes of the entries of one chat."""

    def __init__(self, chat: Chat, entries: list[Entry], media: MediaStore, codec: Codec, memory: Recall) -> None:
        self.chat, self.entries, self.media, self.codec, self.memory = chat, entries, media, codec, memory
        self.at = {entry.at: index for index, entry in enumerate(entries)}

    def lines(self, until: datetime, *, included: bool) -> list[tuple[int, Message]]:
        end = self.at[until] + included
        return [(entry.seq, entry.message) for entry in self.entries[:end]]

    def before(self, answer: Turn) -> list[tuple[int, Message]]:
        """The lines before an answer. One that begins with a reaction has the time of the message before it."""
        return self.lines(answer.at, included=bool(answer.bubbles[0].reactions))

    def context(self, answer: Turn) -> Context:
        """Before an answer, with what is remembered for the dialogue."""
        context = Context(self.chat, NORA, CONFIG, 100_000, self.media.shows)
        context.remember(self.before(answer), PEOPLE, self.memory)
        return context

    def turns(self, answer: Turn) -> list[Turn]:
        return [one.turn for one in self.context(answer).turns(self.before(answer), PEOPLE)]

    def scene(self, answer: Turn) -> Scene:
        return scene_at(self.chat, NORA, PEOPLE, reversed([message for _, message in self.before(answer)]))

    def prompt(self, answer: Turn) -> tuple[int, ...]:
        return self.context(answer).prompt(self.before(answer), PEOPLE, self.codec).ids


@contextmanager
def both(log: list[Said], kind: ChatKind) -> Iterator[tuple[list[Dialogue], Corpus, dict[str, Road], Codec]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        media = MediaStore(folder / "media")
        assert media.put(picture()) == READABLE
        codec = byte_codec(media)
        written = as_written(log, kind)
        now = [START]
        with ExitStack() as closing:
            corpus = closing.enter_context(Corpus.open(folder / "corpus.sqlite"))
            journal = Journal.open(folder / "journal.sqlite", lambda: now[0])
            encoders = [Meaning(Concepts(), at_once=True) for _ in range(2)] if len(log) % 2 else (None, None)
            corpus_source, journal_source = CorpusSource(folder / "corpus.sqlite"), JournalSource(journal)
            imported = Recall(folder / "one.sqlite", [corpus_source], NORA, meaning=encoders[0])
            lived = Recall(folder / "other.sqlite", [journal_source], NORA, meaning=encoders[1])
            for one in (journal, imported, lived):
                closing.callback(one.close)
            for messages in written.values():
                put(corpus, messages)
            shown = live(journal, now, written)
            roads = {f"telegram:{key}": Road(written[key][0].chat, shown[key], media, codec, lived) for key in written}
            dialogues = build(corpus, PEOPLE, NORA, codec, SETTINGS, ALL_TRAIN, Counter(), memory=imported)
            yield dialogues, corpus, roads, codec


def check(dialogues: list[Dialogue], roads: dict[str, Road], codec: Codec) -> None:
    """Each of the subject's answers: training may show less, for it leaves out what is far, but nothing else."""
    for dialogue in dialogues:
        road = roads[dialogue.chat]
        for number in range(max(dialogue.context, 1), len(dialogue.turns)):
            turn = dialogue.turns[number]
            if turn.speaker is not None or dialogue.turns[number - 1].speaker is None:
                continue
            before = dialogue.turns[:number]
            turns = road.turns(turn)
            if number == dialogue.context:  # it begins unasked: what was remembered before is past
                turns = [replace(one, memory=()) for one in turns]
            assert turns[-number:] == list(before)
            if dialogue.scene.kind is ChatKind.GROUP:
                assert road.scene(turn) == dialogue.scene
            if len(turns) == number > dialogue.context and road.scene(turn) == dialogue.scene:
                assert road.prompt(turn) == render(dialogue.scene, before, codec, open_turn=True).ids


READABLE = hashlib.sha256(picture()).hexdigest()
SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    derandomize=True,
    database=None,
)


@SLOW
@given(conversations(READABLE, [MEI, MEI_TOO], 0))
def test_in_private(log: list[Said]) -> None:
    with both(log, ChatKind.PRIVATE) as (dialogues, _, roads, codec):
        check(dialogues, roads, codec)
        for dialogue in dialogues:  # as of its end, the scene is the same too
            road = roads[dialogue.chat]
            last = road.entries[-1].at
            messages = [message for _, message in road.lines(last, included=True)]
            assert scene_at(road.chat, NORA, PEOPLE, reversed(messages)) == dialogue.scene


@SLOW
@given(conversations(READABLE, [MEI, MEI_TOO, TOM, STRANGER, ROBOT], 2))
def test_in_a_group_and_in_the_topics_of_a_forum(log: list[Said]) -> None:
    with both(log, ChatKind.GROUP) as (dialogues, corpus, roads, codec):
        check(dialogues, roads, codec)
        messages = {int(one.id): one for chat in corpus.chats() for one in corpus.messages(chat)}
        for point in points(corpus, PEOPLE, NORA, GAP, ALL_TRAIN):
            before = roads[point.chat].lines(messages[point.message].sent_at, included=True)
            assert seen(said(before), NORA) == point.seen
