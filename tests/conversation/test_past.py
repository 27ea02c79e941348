"""A chat goes on where the real one ended: with its end before the avatar's eyes, and nobody else's."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import PassingError
from bot.message import Account
from bot.people import Contact, People
from bot.store.past import Past
from tests.conversation.stage import MEI, NOBODY, NORA, OMA, QUICK, Stage
from tests.dialogues.log import IDS, Log

PEOPLE = People.of(
    (
        Contact("mei", "Mei", "friend", (MEI, Account("telegram", IDS["Mei"]))),
        Contact("oma", "Oma", "elder", (OMA, Account("telegram", IDS["Gran"]))),
    ),
    (Account("telegram", IDS["Nora"]), Account("stage", "7")),
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    log = Log(tmp_path)
    log.private(
        "Mei",
        "3/1 10:00 Mei: first of all",
        *(f"3/{day} 18:00 Mei: day {day}?" for day in range(2, 14)),
        *(line for day in range(14, 18) for line in (f"3/{day} 18:00 Mei: and {day}?", f"18:01 Nora: sure, {day}")),
        "3/20 9:00 Mei: <photo> my cat",
        "3/20 9:05 Nora: aw",
    )
    log.private("Gran", "3/19 9:00 Gran: my secret is tulip", "9:30 Nora: dear Gran, thank you. Hugs, Nora")
    log.group("3/21 9:00 Tom: group talk", "9:01 Nora: in the group")
    log.corpus()
    log.close()
    stage = Stage(tmp_path, QUICK, PEOPLE)
    yield stage
    await stage.close()


def told(stage: Stage) -> str:
    return stage.engine.prompts[-1]


async def test_the_first_reply_is_given_with_the_end_of_the_real_chat(stage: Stage) -> None:
    await stage.says(MEI, "are you there?")
    await stage.settled()
    prompt = told(stage)
    assert "[Fri 20 Mar, 09:00] <|vision_start|>" in prompt
    assert "my cat<|im_end|>" in prompt and "assistant\naw<|im_end|>" in prompt
    assert prompt.index("assistant\naw") < prompt.index("are you there?")
    assert "first of all" not in prompt, "only its end"
    assert "tulip" not in prompt and "group talk" not in prompt, "nobody else's"


async def test_the_time_between_is_shown_as_any_other(stage: Stage) -> None:
    message = await stage.says(MEI, "long time no see")
    await stage.settled()
    at = message.sent_at
    year = "" if at.year == 2026 else f" {at.year}"
    assert f"[{at:%a} {at.day} {at:%b}{year}, {at:%H:%M}] long time no see" in told(stage)


async def test_a_second_message_finds_both(stage: Stage) -> None:
    await stage.says(MEI, "bread?")
    await stage.settled()
    await stage.says(MEI, "rye")
    await stage.settled()
    prompt = told(stage)
    assert prompt.index("assistant\naw") < prompt.index("bread?") < prompt.index("assistant\nok") < prompt.index("rye")
    assert prompt.startswith(stage.engine.prompts[0]), "what was read is read on from"


async def test_a_photo_of_the_past_is_seen(stage: Stage) -> None:
    """As in training, where it was carried over."""
    await stage.says(MEI, "hi")
    await stage.settled()
    assert "<|vision_start|><|image_pad|>" in told(stage) and "[photo]" not in told(stage)


async def test_a_stranger_has_no_past(stage: Stage) -> None:
    await stage.says(NOBODY, "hello")
    await stage.settled()
    assert "aw<|im_end|>" not in told(stage) and "tulip" not in told(stage)


async def test_each_contact_has_their_own(stage: Stage) -> None:
    await stage.says(OMA, "good morning")
    await stage.settled()
    assert "my secret is tulip" in told(stage) and "my cat" not in told(stage)


async def test_a_group_is_never_told_what_was_said_in_private(stage: Stage) -> None:
    await stage.says(OMA, "Nora?", group="9", addressed=True)
    await stage.settled()
    assert "tulip" not in told(stage)


async def test_who_asks_to_be_forgotten_has_no_past_any_more(stage: Stage) -> None:
    await stage.says(MEI, "hi")
    await stage.settled()
    await stage.says(MEI, "/forget")
    await stage.settled()
    await stage.says(MEI, "who am I?")
    await stage.settled()
    assert "my cat" not in told(stage) and "and 17?" not in told(stage)
    await stage.restart()
    await stage.says(MEI, "and now?")
    await stage.settled()
    assert "my cat" not in told(stage)
    await stage.says(OMA, "hello")
    await stage.settled()
    assert "tulip" in told(stage), "the others are remembered"


async def test_the_past_ends_with_the_era(tmp_path: Path, stage: Stage) -> None:
    stage.persona = replace(NORA, era="2026-02")
    await stage.restart()
    await stage.says(MEI, "hi")
    await stage.settled()
    assert "It is February 2026." in told(stage) and "my cat" not in told(stage)


async def test_the_clock_goes_back_into_the_era(stage: Stage) -> None:
    """Whoever speaks from 2026 is not shown a date of another year; weekday and hour are those of whoever writes."""
    stage.persona = replace(NORA, era="2026-03", timezone="Europe/London")
    await stage.restart()
    message = await stage.says(MEI, "which day is it?")
    await stage.settled()
    at, shown = message.sent_at.astimezone(stage.persona.zone), re.findall(r"\[(\w+ \d+ \w+, .*)\] which", told(stage))
    assert "my cat" in told(stage)
    assert len(shown) == 1 and re.fullmatch(f"{at:%a} \\d+ Mar, {at:%H:%M}", shown[0])


async def test_what_was_said_to_it_in_another_era_is_not_before_its_eyes_in_this_one(stage: Stage) -> None:
    await stage.says(MEI, "i moved to Leeds")
    await stage.settled()
    stage.persona = replace(NORA, era="2026-03")
    await stage.restart()
    await stage.says(MEI, "what is new?")
    await stage.settled()
    assert "Leeds" not in told(stage) and "my cat" in told(stage)
    stage.persona = NORA
    await stage.restart()
    await stage.says(MEI, "and today?")
    await stage.settled()
    assert "Leeds" in told(stage) and "what is new?" not in told(stage), "each goes on where it was"


async def test_what_waited_while_the_era_was_changed_is_answered_and_stays_with_its_answer(stage: Stage) -> None:
    stage.engine.failures = [PassingError("Not now.")]
    message = await stage.says(MEI, "anybody there?")
    await stage.conversations.drain(0)
    stage.persona = replace(NORA, era="2026-03")
    await stage.restart()
    await stage.settled()
    assert "anybody there?" in told(stage) and stage.heard(message.chat.id)[-1] == "ok"
    await stage.says(MEI, "good")
    await stage.settled()
    assert told(stage).index("anybody there?") < told(stage).index("assistant\nok") < told(stage).index("good")


async def test_where_the_corpus_cannot_be_read_there_is_an_answer_all_the_same(tmp_path: Path, stage: Stage) -> None:
    (tmp_path / "corpus.sqlite").write_bytes(b"no database" * 100)
    for more in ("-wal", "-shm"):
        (tmp_path / f"corpus.sqlite{more}").unlink(missing_ok=True)
    await stage.says(MEI, "hi")
    await stage.settled()
    assert stage.heard("1")[-1] == "ok"


async def test_it_is_what_was_said_before_the_avatar_only(stage: Stage) -> None:
    """Messages imported later than the journal's first are in the journal already."""
    await stage.says(MEI, "a year before the export", ago=timedelta(days=400))
    await stage.settled()
    assert "my cat" not in told(stage)


async def test_the_subjects_own_account_is_told_of_nobody(stage: Stage) -> None:
    """It stands in every private chat: whoever holds it now would be shown what all of them wrote."""
    people = People.of(PEOPLE.contacts, (MEI, *PEOPLE.subject))
    stage.conversations.avatar.people = people
    past = stage.conversations.avatar.past
    assert past is not None
    own = Account("telegram", IDS["Nora"])
    assert past.private(own, people, NORA, datetime.now(UTC), ()) == []
    assert past.private(Account("telegram", IDS["Gran"]), people, NORA, datetime.now(UTC), ()) != []


@pytest.mark.parametrize("row", range(1, 12))
async def test_a_row_of_the_corpus_is_never_taken_for_an_id_of_the_platform(stage: Stage, row: int) -> None:
    """Both are small numbers: nobody is quoted for what they did not answer."""
    said = await stage.says(MEI, "bread?")
    await stage.settled()
    await stage.conversations.receive(replace(said, id="in99", text="yes", reply_to=str(row)))
    await stage.settled()
    assert "yes<|im_end|>" in told(stage) and "[reply to" not in told(stage)


def test_what_was_answered_in_the_real_chat_is_still_known(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.private("Mei", "3/1 9:00 Nora: bread or cake?", "9:01 Mei: <reply> cake", "9:03 Nora: ok")
    log.corpus()
    log.close()
    mei = Account("telegram", IDS["Mei"])
    asked, answer, _ = Past(tmp_path / "corpus.sqlite").private(mei, PEOPLE, NORA, datetime.now(UTC), ())
    assert answer.reply_to == asked.id and answer.addressed
