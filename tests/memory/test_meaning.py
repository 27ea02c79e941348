"""With an encoder what is asked in other words is found, as of its moment and for whom it was said, and no more."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.memory import meaning as meaning_module
from bot.memory.index import Index, Place, Words
from bot.memory.trained import doubt, note_memory, remembers
from bot.memory.vectors import Vectors
from bot.store.journal import State
from tests.conversation.stage import MEI, NOBODY, OMA, QUICK, Stage
from tests.conversation.test_past import PEOPLE
from tests.dialogues.log import Log
from tests.memory.test_remembering import ask, chatter
from tests.standins.encoder import Concepts

LONG_AGO = timedelta(minutes=50)
IN_OTHER_WORDS = "how terrible was the pastry test?"
FOUND = "[remembered] Sun 1 Mar 2026, they: my bakery exam went badly / you: you will bake again"
HERE = Place("corpus/1", "a")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """As when the avatar runs: nothing is read while somebody waits."""
    log = Log(tmp_path)
    log.private(
        "Mei",
        "3/1 10:00 Mei: my bakery exam went badly",
        "10:01 Nora: you will bake again",
        *(f"3/{day} 18:0{n} {who}: {word}" for day in range(2, 28) for n, (who, word) in enumerate(chatter(day))),
    )
    log.private("Gran", "3/19 9:00 Gran: the walnut recipe is our secret", "9:30 Nora: dear Gran, nobody hears of it")
    log.corpus()
    log.close()
    stage = Stage(tmp_path, QUICK, PEOPLE, encoder=Concepts(), reads_at_once=False)
    yield stage
    await stage.close()


def encoder_of(stage: Stage) -> Concepts:
    assert isinstance(stage.encoder, Concepts)
    return stage.encoder


def kept(stage: Stage) -> int:
    with sqlite3.connect(stage.root / "memory.sqlite") as db:
        (number,) = db.execute("SELECT count(*) FROM vectors").fetchone()
    db.close()
    return int(number)


async def test_what_is_asked_in_other_words_is_found_once_it_was_read(stage: Stage) -> None:
    assert await ask(stage, MEI, IN_OTHER_WORDS) == [], "not a word in common, and nothing was read yet"
    await stage.memory.catch_up(PEOPLE)
    await stage.restart()
    assert await ask(stage, MEI, "and " + IN_OTHER_WORDS) == [FOUND]
    assert encoder_of(stage).threads == {"encoder_0"}, "never on the event loop"


async def test_what_was_said_since_is_read_too(stage: Stage) -> None:
    await stage.memory.catch_up(PEOPLE)
    await ask(stage, MEI, "the pastry in Hull was terrible", ago=LONG_AGO)
    for number in range(12):
        await ask(stage, MEI, f"word{number} today", ago=timedelta(minutes=49))
    stage.config = QUICK.model_copy(update={"gap_minutes": 5.0, "carried_turns": 0})
    await stage.restart()
    await stage.memory.catch_up(PEOPLE)
    lines = await ask(stage, MEI, "bakery: badly?")
    assert any("the pastry in Hull was terrible" in line for line in lines)


async def test_where_nothing_stands_out_nothing_is_told(stage: Stage) -> None:
    await stage.memory.catch_up(PEOPLE)
    assert await ask(stage, MEI, "is the aquarium open on holidays?") == []


async def test_what_has_much_in_common_in_words_comes_first(stage: Stage) -> None:
    await stage.memory.catch_up(PEOPLE)
    assert (await ask(stage, MEI, "do you remember: my bakery exam, badly?"))[0] == FOUND


async def test_nobody_else_is_told(stage: Stage) -> None:
    await stage.memory.catch_up(PEOPLE)
    for who, group in ((OMA, None), (NOBODY, None), (MEI, "9")):
        assert await ask(stage, who, f"Nora, {IN_OTHER_WORDS}", group=group, addressed=group is not None) == []
        assert "went badly" not in stage.engine.prompts[-1]


async def test_forgetting_reaches_the_vectors(stage: Stage) -> None:
    await stage.memory.catch_up(PEOPLE)
    before = kept(stage)
    await stage.says(MEI, "/forget")
    await stage.settled()
    assert kept(stage) == 0, "of the chats, in any of which she may have written"
    await stage.memory.catch_up(PEOPLE)
    assert 0 < kept(stage) < before
    assert not any("bakery" in text for text in encoder_of(stage).asked[before:]), "hers are not read again"
    await stage.says(MEI, IN_OTHER_WORDS)
    await stage.settled()
    assert "went badly" not in stage.engine.prompts[-1]


async def test_what_is_taken_away_while_it_is_read_is_not_kept(stage: Stage) -> None:
    encoder = encoder_of(stage)
    message = await stage.says(OMA, "zanzibar locker number plates", ago=LONG_AGO)
    await stage.settled()
    encoder.held.clear()
    reading = asyncio.create_task(stage.memory.catch_up(PEOPLE))
    await stage.until(lambda: encoder.threads)
    await stage.conversations.deleted(message.chat, [message.id])
    encoder.held.set()
    await reading
    with Index.open(stage.root / "memory.sqlite") as index:
        assert kept(stage) == index.count(index.places()) > 0, "of each message that is there, and of no other"
        assert index.find(index.places(), "zanzibar locker number plates", 1e12) == []


async def test_another_encoder_reads_all_of_it_anew(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await stage.memory.catch_up(PEOPLE)
    read = kept(stage)
    stage.encoder = Concepts("another", {"voyage": "exam"})
    await stage.restart()
    await stage.memory.catch_up(PEOPLE)
    assert "all that was said is read anew by another" in caplog.text
    assert kept(stage) == read == len(encoder_of(stage).asked)
    caplog.clear()
    await stage.restart()
    await stage.memory.catch_up(PEOPLE)
    assert not caplog.text and kept(stage) == read == len(encoder_of(stage).asked), "once"


async def test_where_the_encoder_fails_words_alone_count_and_it_is_said_once(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.memory.catch_up(PEOPLE)
    encoder = encoder_of(stage)
    encoder.fails = RuntimeError("bakery exam: what was said must not be in a log")
    assert await ask(stage, MEI, IN_OTHER_WORDS) == []
    assert await ask(stage, MEI, "my bakery exam, badly?") == [FOUND]
    assert caplog.text.count("looked up by words alone") == 1 and "bakery" not in caplog.text
    encoder.fails = None
    await stage.restart()
    assert await ask(stage, MEI, "again: " + IN_OTHER_WORDS) == [FOUND]


async def test_while_one_message_is_read_others_are_answered(stage: Stage) -> None:
    await stage.memory.catch_up(PEOPLE)
    encoder = encoder_of(stage)
    encoder.held.clear()
    await stage.says(MEI, IN_OTHER_WORDS)
    await stage.says(OMA, "ok?")
    await stage.until(lambda: stage.heard("2"))
    assert stage.heard("1") == []
    encoder.held.set()
    await stage.settled()
    assert stage.heard("1") == ["ok"] and FOUND in stage.engine.prompts[-1]


async def test_nobody_waits_long_for_an_encoder(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_module, "_SECONDS", 0.05)
    encoder_of(stage).held.clear()
    await stage.says(MEI, "my bakery exam, badly?")
    await stage.settled()
    encoder_of(stage).held.set()
    assert stage.heard("1") == ["ok"] and FOUND in stage.engine.prompts[-1]
    assert State.ANSWERED in {entry.state for entry in stage.journal.said("stage:1", 0)}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.open(tmp_path / "memory.sqlite") as index:
        yield index


def read(index: Index, encoder: Concepts, *said: str) -> Vectors:
    index.take(HERE, [Words(n, n, text) for n, text in enumerate(said, 1)])
    vectors = Vectors(index, encoder.fingerprint)
    vectors.adopt()
    vectors.keep(HERE.key, list(vectors.missing(HERE.key).items()), encoder.vectors(said))
    return vectors


def test_what_is_found_follows_from_what_was_said_by_then(index: Index) -> None:
    encoder = Concepts()
    before = ("the exam was awful", "cake", "rain on sunday", "lamp broken")
    vectors = read(index, encoder, *before, "a test", "the exams again", "test exam test")
    asked = encoder.vectors(["any test?"])[0]
    assert [one.ref for one in vectors.near([([HERE.key], 5)], asked) or ()] == [1]
    assert {one.ref for one in vectors.near([([HERE.key], 9)], asked) or ()} >= {5, 6, 7}


def test_nothing_is_said_of_a_place_that_is_not_all_read(index: Index) -> None:
    encoder = Concepts()
    vectors = read(index, encoder, "the exam was awful", "cake", "rain on sunday")
    index.take(HERE, [Words(9, 9, "lamp broken")])
    asked = encoder.vectors(["any test?"])[0]
    assert vectors.near([([HERE.key], 100)], asked) is None
    assert vectors.near([([HERE.key], 9)], asked), "what came later does not matter"
    assert list(vectors.missing(HERE.key)) == [9]
    assert vectors.near([], asked) == []


def test_what_another_process_has_read_anew_is_not_compared(index: Index) -> None:
    encoder, said = Concepts(), ("the exam was awful", "cake", "rain on sunday")
    vectors = read(index, encoder, *said)
    asked = encoder.vectors(["any test?"])[0]
    assert vectors.near([([HERE.key], 100)], asked)
    other = Vectors(index, "of other length")
    assert other.adopt() == 3 and list(other.missing(HERE.key)) == [1, 2, 3]
    rows = list(vectors.missing(HERE.key).items())
    vectors.keep(HERE.key, rows, encoder.vectors(said))
    assert vectors.near([([HERE.key], 100)], asked) is None
    assert list(other.missing(HERE.key)) == [1, 2, 3]


def test_an_index_of_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    with Index.open(path) as index:
        index.take(HERE, [Words(1, 1, "red bicycle"), *(Words(n, n, f"lamp{n} {n}x") for n in range(2, 9))])
        index.db.executescript("DROP TABLE vectors; DROP TABLE encoder; PRAGMA user_version = 1;")
    with Index.open(path) as index:
        assert [one.ref for one in index.find([HERE.key], "red bicycle", 100)] == [1]
        assert list(Vectors(index, "any").missing(HERE.key)) == list(range(1, 9))


def test_a_lora_knows_how_its_memories_were_found(tmp_path: Path) -> None:
    lora, encoder, other = tmp_path / "wren", Concepts("minilm"), Concepts("other")
    lora.mkdir()
    assert doubt(lora, encoder) == "" and not remembers(lora), "it was trained without memories"
    note_memory(lora, None)
    assert doubt(lora, None) == "" and remembers(lora)
    assert "wren was trained with memories found by words alone, and here they are found by meaning, with minilm" in (
        doubt(lora, encoder)
    )
    note_memory(lora, encoder)
    assert doubt(lora, Concepts("minilm")) == "" and doubt(None, other) == ""
    assert "found by meaning, with minilm, and here they are found by words alone" in doubt(lora, None)
    assert "here they are found by meaning, with other: set memory.encoder" in doubt(lora, other)
