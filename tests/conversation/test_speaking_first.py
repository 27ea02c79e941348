"""The avatar begins by itself, says that it does, and one word ends it."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import disclosure
from bot.clock import Clock
from bot.config import SpeakFirstConfig
from bot.conversation.initiative.initiative import Initiative
from bot.conversation.initiative.plan import Opening
from bot.errors import PassingError, UndeliverableError
from bot.message import Account, Chat, ChatKind
from bot.people import People
from bot.persona import Day
from bot.store.journal import State
from tests.conversation.lifetime import BEGAN, Hands, known, lived, pass_time
from tests.conversation.stage import MEI, NORA, OMA, PEOPLE, QUICK, Stage, quick

CHAT = Chat("stage", "1", ChatKind.PRIVATE)
NOTICE = disclosure.began(NORA, "en", "")
QUIET = disclosure.left_alone(NORA, "en")
WEEK = timedelta(weeks=1)


@dataclass
class Scene:
    stage: Stage
    hands: Hands

    def initiative(self, seed: int = 1) -> Initiative:
        stage = self.stage
        avatar, clock = stage.conversations.avatar, stage.clock
        return Initiative(avatar, stage.conversations, stage.journal, SpeakFirstConfig(), clock, random.Random(seed))

    async def begins(self, occasion: str = "") -> None:
        """The moment has come to write to Mei."""
        self.hands.at += timedelta(days=1)
        until = self.hands.at + timedelta(minutes=15)
        self.stage.conversations.begin(CHAT, Opening(MEI, until, occasion))
        await self.stage.settled()

    async def says(self, who: Account, *words: str) -> None:
        for text in words:
            await self.stage.says(who, text)
            await self.stage.settled()

    async def openings_within(self, span: timedelta, initiative: Initiative | None = None) -> int:
        before = len(self.openings())
        await pass_time(self.stage, initiative or self.initiative(), self.hands, span)
        return len(self.openings()) - before

    def openings(self) -> list[str]:
        return [chat for chat, text in self.stage.platform.sent if "write first" in text and "any more" not in text]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Mei, to whom Nora wrote first on two evenings of each week, has talked with the avatar."""
    evenings = [BEGAN - n * timedelta(days=3.5) + timedelta(hours=8) for n in range(1, 60)]
    lived(tmp_path, {MEI: evenings[::-1], OMA: evenings[::-1]})
    hands = Hands()
    stage = Stage(tmp_path, QUICK, known(PEOPLE, "mei"), clock=Clock(hands))
    scene = Scene(stage, hands)
    await scene.says(MEI, "hello?")
    stage.engine.say = lambda prompt: "hey\nguess what"
    yield scene
    await stage.conversations.drain(0)
    stage.journal.close()


async def test_it_says_what_it_is_and_then_what_the_person_would(scene: Scene) -> None:
    await scene.begins()
    assert scene.stage.heard("1") == ["ok", NOTICE, "hey", "guess what"]
    prompt = scene.stage.engine.prompts[-1]
    assert prompt.endswith("assistant\nok<|im_end|>\n<|im_start|>assistant\n"), "its own turn, after its last one"
    assert "hey you<|im_end|>" in prompt and "the AI that" not in prompt


async def test_what_it_began_stands_before_the_answer(scene: Scene) -> None:
    await scene.begins()
    await scene.says(MEI, "what?")
    prompt = scene.stage.engine.prompts[-1]
    assert "assistant\nhey\nguess what<|im_end|>\n<|im_start|>user\nwhat?<|im_end|>" in prompt
    assert prompt.startswith(scene.stage.engine.prompts[-2]), "what was read is read on from"


async def test_in_the_contacts_language_and_with_the_occasion(scene: Scene) -> None:
    await scene.begins("birthday")
    assert "write first today: birthday." in scene.stage.heard("1")[1]
    await scene.says(MEI, *["在吗，今天天气真好，我们出去走走吧，好久没见你了"] * 9)
    await scene.begins("生日")
    assert "今天主动找你，因为：生日。回复“别发了”" in scene.stage.heard("1")[-3]


@pytest.mark.parametrize("word", ["stop", "Stop!", " QUIET ", "别发了", "别发了。", "please stop"])
async def test_one_word_in_answer_ends_it(scene: Scene, word: str) -> None:
    await scene.begins()
    asked = len(scene.stage.engine.prompts)
    await scene.says(MEI, word)
    assert scene.stage.heard("1")[-1] == QUIET
    assert len(scene.stage.engine.prompts) == asked, "no word of the model's"
    await scene.stage.restart()
    assert scene.stage.journal.is_left_alone(MEI)
    assert await scene.openings_within(3 * WEEK) == 0
    await scene.says(MEI, "but tell me")
    assert scene.stage.heard("1")[-1] == "guess what", "it still answers"


async def test_the_same_word_in_a_talk_is_a_word(scene: Scene) -> None:
    await scene.says(MEI, "stop")
    assert scene.stage.heard("1")[-2:] == ["hey", "guess what"] and not scene.stage.journal.is_left_alone(MEI)


async def test_what_is_left_of_an_opening_is_not_sent_after_the_word(scene: Scene) -> None:
    scene.stage.config = quick(characters_per_second=10, max_pause_seconds=0.5)
    scene.stage.engine.say = lambda prompt: "hey\nguess what\nand also"
    await scene.stage.restart()
    scene.stage.conversations.begin(CHAT, Opening(MEI, scene.hands.at + timedelta(minutes=9)))
    await scene.stage.until(lambda: "hey" in scene.stage.heard("1"))
    await scene.says(MEI, "stop")
    assert scene.stage.heard("1")[1:] == [NOTICE, "hey", QUIET]


async def test_a_command_says_the_same_at_any_time_and_start_takes_it_back(scene: Scene) -> None:
    await scene.says(MEI, "/quiet")
    assert scene.stage.heard("1")[-1] == QUIET and await scene.openings_within(3 * WEEK) == 0
    await scene.says(MEI, "/start")
    assert await scene.openings_within(4 * WEEK) > 0


async def test_who_writes_meanwhile_is_answered_instead(scene: Scene) -> None:
    scene.stage.engine.delay = 0.03
    scene.stage.conversations.begin(CHAT, Opening(MEI, scene.hands.at + timedelta(minutes=9)))
    await scene.stage.until(lambda: len(scene.stage.engine.prompts) == 2)
    scene.stage.engine.say = lambda prompt: "you first"
    await scene.says(MEI, "are you there?")
    assert scene.stage.heard("1") == ["ok", "you first"] and scene.openings() == []


async def test_where_something_is_in_hand_nothing_is_begun(scene: Scene) -> None:
    scene.stage.engine.delay = 0.02
    await scene.stage.says(MEI, "well?")
    scene.stage.conversations.begin(CHAT, Opening(MEI, scene.hands.at + timedelta(minutes=15)))
    await scene.stage.settled()
    assert scene.stage.heard("1") == ["ok", "hey", "guess what"]


async def test_where_the_model_fails_nothing_is_said(scene: Scene) -> None:
    scene.stage.engine.failures = [PassingError("The server is away.")]
    await scene.begins()
    await asyncio.sleep(1.1)  # the worker pauses, and then has nothing to do
    assert scene.stage.heard("1") == ["ok"] and scene.stage.conversations.idle()


# -- killed -----------------------------------------------------------------------------------------------------------


async def opened(scene: Scene, late: timedelta) -> None:
    """Killed right after an opening was kept; started again some time later."""
    scene.hands.at += timedelta(days=1)
    until = scene.hands.at + timedelta(minutes=15)
    assert scene.stage.journal.open_dialogue(CHAT, [NOTICE], ["hey", "guess what"], until)
    scene.hands.at += late
    await scene.stage.die()
    await scene.stage.settled()


async def test_killed_before_it_was_sent_it_is_sent_after_the_start(scene: Scene) -> None:
    await opened(scene, timedelta(minutes=2))
    assert scene.stage.heard("1") == ["ok", NOTICE, "hey", "guess what"]


async def test_but_not_hours_later(scene: Scene) -> None:
    await opened(scene, timedelta(hours=7))
    assert scene.stage.heard("1") == ["ok"] and scene.stage.journal.queue_length() == 0
    assert await scene.openings_within(timedelta(days=4)) == 0, "it counts as one without an answer"


async def test_killed_while_it_was_sent_it_is_looked_for_and_not_sent_late(scene: Scene) -> None:
    journal = scene.stage.journal
    number = journal.open_dialogue(CHAT, [NOTICE], ["hey"], scene.hands.at + timedelta(minutes=15))
    assert journal.sending(number, "out2")
    scene.hands.at += timedelta(hours=7)
    await scene.stage.die()
    await scene.stage.settled()
    assert scene.stage.heard("1") == ["ok"] and scene.stage.platform.asked == ["out2"]


async def test_killed_while_it_was_composed_another_moment_is_drawn(scene: Scene) -> None:
    scene.stage.engine.delay = 5
    scene.stage.conversations.begin(CHAT, Opening(MEI, scene.hands.at + timedelta(minutes=15)))
    await scene.stage.until(lambda: len(scene.stage.engine.prompts) == 2)
    scene.stage.engine.delay = 0
    await scene.stage.die()
    await scene.stage.settled()
    assert scene.stage.heard("1") == ["ok"]


async def test_after_a_long_outage_it_does_not_make_up_for_it(scene: Scene) -> None:
    stage = scene.stage
    stage.conversations.avatar.people = known(PEOPLE, "mei", "oma")
    await scene.says(OMA, "hello?")
    initiative = scene.initiative()
    scene.hands.at += timedelta(hours=2)
    await initiative.look()
    scene.hands.at += 30 * WEEK
    await pass_time(stage, initiative, scene.hands, timedelta(hours=1))
    assert scene.openings() == []


# -- who is written to ------------------------------------------------------------------------------------------------


async def test_it_comes_by_itself_until_two_stay_without_an_answer(scene: Scene) -> None:
    assert await scene.openings_within(6 * WEEK) == 2
    await scene.says(MEI, "sorry, I was away")
    assert await scene.openings_within(6 * WEEK) == 2


def without_leave(people: People) -> People:
    return known(PEOPLE)


def left_out(people: People) -> People:
    return people.having(tuple(replace(one, left_out=True) for one in people.contacts))


def chat_left_out(people: People) -> People:
    return People.of(people.contacts, people.subject, ("stage:1",))


def another_chat_left_out(people: People) -> People:
    return People.of(people.contacts, people.subject, ("telegram:91",))


@pytest.mark.parametrize("change", [without_leave, left_out, chat_left_out, another_chat_left_out])
async def test_nobody_is_written_to_whom_the_owner_does_not_name(
    scene: Scene, change: Callable[[People], People]
) -> None:
    avatar = scene.stage.conversations.avatar
    avatar.people = change(avatar.people)
    assert await scene.openings_within(3 * WEEK) == 0


@pytest.mark.parametrize("word", ["/stop", "/forget"])
async def test_nor_who_said_stop_or_forget(scene: Scene, word: str) -> None:
    await scene.says(MEI, word)
    assert await scene.openings_within(3 * WEEK) == 0


async def test_nor_who_was_never_answered(scene: Scene) -> None:
    scene.stage.conversations.avatar.people = known(PEOPLE, "oma")
    assert await scene.openings_within(3 * WEEK) == 0, "there is no chat with her"
    scene.stage.conversations.avatar.config = quick(answer=("mei",))
    await scene.says(OMA, "hello?")
    assert await scene.openings_within(3 * WEEK) == 0, "she is not answered"


async def test_what_cannot_be_delivered_counts_as_without_an_answer(scene: Scene) -> None:
    initiative = scene.initiative()
    scene.stage.platform.failures = [UndeliverableError("blocked")] * 99
    await pass_time(scene.stage, initiative, scene.hands, 6 * WEEK)
    found = [one.state for one in scene.stage.journal._entries("until IS NOT NULL")]
    assert set(found) == {State.DROPPED} and len(found) == 2 * 3


async def test_on_the_birthday_it_begins(scene: Scene) -> None:
    scene.stage.conversations.avatar.persona = replace(NORA, dates=(Day("mei", (1, 20), "birthday"),))
    initiative = scene.initiative()
    scene.hands.at = BEGAN.replace(day=19)
    await pass_time(scene.stage, initiative, scene.hands, timedelta(days=2))
    assert any("write first today: birthday" in text for text in scene.stage.heard("1"))
