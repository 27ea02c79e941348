"""A bubble that is only an emoji goes out as a sticker, as often as the person sent one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.stickers import Shown, chosen, shown, sticker_files, sticker_for
from bot.letters import bare
from bot.message import Account, ChatKind
from bot.people import People
from bot.store.corpus import Corpus
from bot.store.journal import Kind, State
from tests.conversation.stage import MEI, PEOPLE, Stage, quick
from tests.dialogues.log import IDS, Log

SUBJECT = People.of(PEOPLE.contacts, (Account("telegram", IDS["Nora"]),))


def test_a_folder_of_pictures_named_by_their_emoji(tmp_path: Path) -> None:
    for name in ("😂.webp", "❤️.PNG", "hello.webp", "5.png", "😭.txt", ".part.webp"):
        (tmp_path / name).write_bytes(b"")
    assert set(sticker_files(tmp_path)) == {"😂", "❤"}
    assert sticker_files(tmp_path / "missing") == {}


def test_only_a_bubble_of_that_emoji_alone_has_a_sticker() -> None:
    offered = ("😂", "❤️")
    assert sticker_for(" 😂", offered) == "😂" and sticker_for("❤", offered) == "❤️"
    assert [sticker_for(one, offered) for one in ("😂😂", "ha 😂", "😭", "")] == [None] * 4


def test_the_share_is_the_persons() -> None:
    habit = shown([("😂", True)] * 30 + [("😂", False)] * 10 + [("❤️", False)] * 40)
    assert habit == {"😂": Shown(30, 10), "❤": Shown(0, 40)}

    def often(emoji: str) -> float:
        """The share of chances at which it is a sticker."""
        offered = ("😂", "❤", "🙈")
        chances = iter(range(100))
        return sum(bool(chosen([emoji], offered, habit, lambda: next(chances) / 100)) for _ in range(100)) / 100

    assert often("😂") == pytest.approx(0.72, abs=0.02)
    assert often("❤") == pytest.approx(0.04, abs=0.01)
    assert often("🙈") == pytest.approx(0.38, abs=0.01), "hardly used: as with the others"
    assert often("😭") == 0, "there is none"
    assert chosen(["😂"], ("😂",), {}, lambda: 0.0) == set(), "somebody who never sent any"


# -- in a chat --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    log = Log(tmp_path)
    log.private("Mei", *(f"3/{day} 12:00:05 Nora: <sticker> 😂" for day in range(1, 29)))
    log.private("Gran", *(f"3/{day} 12:00:05 Nora: 🙈" for day in range(1, 29)), "3/29 12:00:00 Gran: <sticker> 🙈")
    log.corpus()
    log.close()
    stage = Stage(tmp_path, quick(), SUBJECT)
    stage.engine.say = lambda prompt: "haha\n😂"
    yield stage
    await stage.conversations.drain(0)
    stage.journal.close()


def test_what_the_person_did_is_read_from_the_corpus(stage: Stage) -> None:
    with Corpus.open(stage.root / "corpus.sqlite") as corpus:
        assert shown(corpus.brief(SUBJECT.subject)) == {"😂": Shown(28, 0), "🙈": Shown(0, 28)}


async def test_an_emoji_is_sent_as_its_sticker_and_read_as_said(stage: Stage) -> None:
    stage.platform.offered = {"😂", "🙈"}
    for _ in range(6):  # 0.94 each
        await stage.says(MEI, "look!")
        await stage.settled()
    assert stage.heard("1").count("haha") == 6 and "[sticker 😂]" in stage.heard("1")
    assert "assistant\nhaha\n😂<|im_end|>" in stage.engine.prompts[-1]


async def test_without_a_set_nothing_changes(stage: Stage) -> None:
    await stage.says(MEI, "look!")
    await stage.settled()
    assert stage.heard("1") == ["haha", "😂"]


async def test_a_sticker_whose_sending_was_cut_off_is_asked_for_and_may_have_been_taken_away(stage: Stage) -> None:
    message = await stage.says(MEI, "look!")
    await stage.settled()
    stage.journal.reply(message.chat, [], ["😂"], stickers={"😂"})
    [sticker] = [one for one in stage.journal.outbox(message.chat) if one.kind is Kind.BUBBLE]
    assert sticker.text == "" and sticker.message.chat.kind is ChatKind.PRIVATE
    assert stage.journal.sending(sticker.seq, "out2")
    await stage.restart()
    await stage.settled()
    assert stage.platform.asked == ["out2"] and stage.heard("1")[-1] == "😂"
    assert (entry := stage.journal.still(sticker.seq)) and entry.state is State.SENT
    assert bare(entry.attachments[0].words) == "😂"
