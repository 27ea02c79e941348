"""How long it waits for more before it answers."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.gathering import follow_ups, quiet_seconds, with_question
from bot.message import PHOTO, STICKER, Account, Attachment, Chat, ChatKind, Message
from tests.conversation.stage import MEI, Stage, quick
from tests.support import picture

CHAT = Chat("stage", "1", ChatKind.PRIVATE)
NOON = datetime(2026, 3, 3, 12, 0, 7, tzinfo=UTC)


def said(who: Account | None, seconds: float, text: str = "hm", *attachments: Attachment) -> Message:
    return Message(CHAT, "", who, "", NOON + timedelta(seconds=seconds), text, attachments)


# -- how somebody writes ----------------------------------------------------------------------------------------------


def test_what_follows_within_the_longest_wait_is_a_burst() -> None:
    chat = [said(MEI, 0), said(MEI, 4), said(MEI, 12), said(None, 20), said(MEI, 300), said(None, 310), said(MEI, 900)]
    assert follow_ups(chat, 15) == [4, 8, 0, 0]


def test_who_writes_on_while_the_answer_arrives_was_writing_already() -> None:
    assert follow_ups([said(MEI, 0), said(None, 6), said(MEI, 7)], 15) == [7]
    assert follow_ups([said(MEI, 0), said(None, 3), said(MEI, 9)], 15) == [0], "they read it first"


def test_times_without_seconds_tell_nothing() -> None:
    chat = [replace(said(MEI, 0), sent_at=NOON.replace(second=0) + timedelta(minutes=n)) for n in (0, 0, 1, 1, 5)]
    assert follow_ups(chat, 15) == []


@pytest.mark.parametrize(
    ("habit", "wait"),
    [
        ([], 3.0),  # nothing is known
        ([9.0, 9.0], 4.0),  # two do not tell much
        ([8.0, 0.0] * 20, 7.0),  # every other time there is more
        ([0.0] * 200, 1.0),  # never: a third
        ([12.0] + [0.0] * 50, 1.0),  # hardly ever
        ([40.0] * 50, 15.0),  # not longer than the owner allows
        ([12.0] * 60 + [0.0] * 60, 1.0),  # in former times
    ],
)
def test_the_wait_is_as_long_as_their_bursts_ask_for(habit: list[float], wait: float) -> None:
    assert quiet_seconds(habit, 3.0, 15.0) == wait


def test_an_owner_who_wants_no_wait_has_none() -> None:
    assert quiet_seconds([8.0] * 50, 0.0, 15.0) == 0


def test_a_picture_without_words_waits_for_its_question() -> None:
    photo, sticker = Attachment(PHOTO, "a"), Attachment(STICKER, words="😂")
    assert with_question(3, said(MEI, 0, "", photo), 15) == 6
    assert with_question(3, said(MEI, 0, "", sticker), 5) == 5
    assert with_question(3, said(MEI, 0, "which one?", photo), 15) == 3
    assert with_question(3, said(MEI, 0, "", Attachment("voice", seconds=9)), 15) == 3


# -- in a chat --------------------------------------------------------------------------------------------------------


async def test_it_waits_while_they_type(stage: Stage) -> None:
    await stage.says(MEI, "do you remember")
    stage.conversations.typing(CHAT)
    await asyncio.sleep(0.3)
    assert not stage.engine.prompts
    await stage.says(MEI, "the boat?")
    await stage.settled()
    assert len(stage.engine.prompts) == 1 and "do you remember\nthe boat?<|im_end|>" in stage.engine.prompts[0]


async def test_who_types_for_ever_is_answered_all_the_same(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(gather_max_seconds=0.4))
    await stage.says(MEI, "well")
    stage.conversations.typing(CHAT)
    await stage.settled(3)
    assert stage.heard("1") == ["ok"]
    stage.journal.close()


async def test_typing_before_the_first_word_is_nothing_yet(stage: Stage) -> None:
    stage.conversations.typing(CHAT)
    assert stage.conversations.idle()


async def test_a_photo_and_the_question_after_it_get_one_answer(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(gather_seconds=0.3))
    await stage.says(MEI, photos={"a": picture("red")})
    await asyncio.sleep(0.4)
    await stage.says(MEI, "which one?")
    await stage.settled()
    assert len(stage.engine.prompts) == 1
    stage.journal.close()


async def test_who_writes_in_bursts_is_waited_for_longer(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(gather_seconds=0.1, gather_max_seconds=5.0))
    for number in range(40):  # yesterday's, half a second apart
        ago = timedelta(days=1, seconds=-0.5 * number)
        stage.journal.take(replace(said(MEI, 0), id=f"y{number}", sent_at=datetime.now(UTC) - ago))
    stage.journal.reply(CHAT, [one.seq for one in stage.journal.pending(CHAT)], ["I see"])
    await stage.says(MEI, "and then")
    await asyncio.sleep(0.35)
    assert not stage.engine.prompts
    await stage.says(MEI, "he left")
    await stage.settled()
    assert len(stage.engine.prompts) == 1
    stage.journal.close()
