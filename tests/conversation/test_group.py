"""In a group each message is decided."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.chat.decision import Calibration
from bot.message import Chat
from bot.platform import ShownDecision
from tests.conversation.stage import MEI, NOBODY, OMA, Stage, quick


def last_line(prompt: str) -> str:
    return prompt.split("<|im_start|>user\n")[-1]


async def test_it_speaks_when_it_would_and_is_silent_otherwise(stage: Stage) -> None:
    stage.engine.probability = lambda prompt: 0.9 if "Nora" in last_line(prompt) else 0.1
    await stage.says(OMA, "football tonight", group="g")
    await stage.settled()
    await stage.says(MEI, "Nora are you in?", group="g")
    await stage.settled()
    assert stage.heard("g") == ["ok"]
    assert "Oma (elder): football tonight<|im_end|>\n<|im_start|>assistant\n<|im_end|>" in stage.engine.prompts[0]
    assert "Mei (friend): Nora are you in?<|im_end|>\n<|im_start|>assistant\n" in stage.engine.prompts[0]


async def test_what_follows_a_decision_to_answer_joins(stage: Stage) -> None:
    stage.engine.probability = lambda prompt: 0.9 if "Nora" in last_line(prompt) else 0.1
    await stage.says(MEI, "Nora?", group="g")
    await stage.says(MEI, "bring the rope", group="g")
    await stage.settled()
    assert stage.heard("g") == ["ok"]
    assert last_line(stage.engine.prompts[0]).startswith("Mei (friend): bring the rope")


async def test_the_features_can_carry_the_decision(tmp_path: Path) -> None:
    stage = Stage(tmp_path, quick(), calibration=Calibration(bias=-3.0, model=0.0, weights={"addressed": 6.0}))
    await stage.says(MEI, "anyone for pizza", group="g")
    await stage.settled()
    await stage.says(MEI, "you too?", group="g", addressed=True)
    await stage.settled()
    assert stage.heard("g") == ["ok"]
    stage.journal.close()


async def test_whom_it_was_talking_with_counts(tmp_path: Path) -> None:
    """The avatar's own words and the sender's name reach the features."""
    stage = Stage(tmp_path, quick(), calibration=Calibration(bias=-3.0, model=0.0, weights={"spoke_to_them": 6.0}))
    said = Calibration(bias=3.0, model=0.0)
    stage.conversations.avatar.calibration, later = said, stage.conversations.avatar.calibration
    stage.engine.say = lambda prompt: "Mei: bring the rope"
    await stage.says(MEI, "what shall I bring?", group="g")
    await stage.settled()
    stage.conversations.avatar.calibration = later
    await stage.says(OMA, "and me?", group="g")
    await stage.settled()
    assert len(stage.heard("g")) == 1
    await stage.says(MEI, "which one?", group="g")
    await stage.settled()
    assert len(stage.heard("g")) == 2
    stage.journal.close()


async def test_bots_are_heard_but_not_answered(stage: Stage) -> None:
    await stage.says(NOBODY, "beep", group="g", from_bot=True)
    await stage.settled()
    await stage.says(MEI, "hi", group="g")
    await stage.settled()
    assert stage.heard("g") == ["ok"]
    assert "beep" in stage.engine.prompts[0]


@pytest.mark.parametrize(
    ("groups", "heard"), [("all", ["ok"]), ("none", []), (("stage:g",), ["ok"]), (("stage:h",), [])]
)
async def test_only_groups_the_owner_allows(tmp_path: Path, groups: str | tuple[str, ...], heard: list[str]) -> None:
    stage = Stage(tmp_path, quick(groups=groups))
    await stage.says(MEI, "hi", group="g")
    await stage.settled()
    assert stage.heard("g") == heard
    stage.journal.close()


async def test_hours_old_messages_are_not_answered_as_if_fresh(stage: Stage) -> None:
    await stage.says(MEI, "who has a rope?", group="g", ago=timedelta(hours=2))
    await stage.settled()
    assert stage.platform.sent == []


async def test_stop_in_a_group_is_for_the_one_who_asked(stage: Stage) -> None:
    await stage.says(OMA, "/stop", group="g")
    await stage.settled()
    await stage.says(OMA, "secret plans", group="g")
    await stage.settled()
    await stage.says(MEI, "hi", group="g")
    await stage.settled()
    assert "I will not answer you any more" in stage.heard("g")[0]
    assert stage.heard("g")[1:] == ["ok"]
    assert "secret plans" not in stage.engine.prompts[0]


async def test_a_long_chat_slides_in_big_steps(stage: Stage) -> None:
    stage.engine.max_context = 1500
    stage.engine.probability = lambda prompt: 0.1
    prompts: list[str] = []

    def seen(prompt: str) -> float:
        prompts.append(prompt)
        return 0.1

    stage.engine.probability = seen
    for number in range(60):
        await stage.says(MEI, f"message number {number}", group="g")
        await stage.settled()
    assert len(prompts) == 60
    grows = sum(later.startswith(earlier[: -len("<|im_start|>assistant\n")]) for earlier, later in pairwise(prompts))
    assert grows >= 50, "the window must slide rarely"
    assert all(f"message number {number}<" in prompt for number, prompt in enumerate(prompts))


async def test_decisions_are_shown_where_a_platform_has_a_place_for_them(stage: Stage) -> None:
    seen: list[tuple[str, str, ShownDecision]] = []

    async def show(chat: Chat, message_id: str, shown: ShownDecision) -> None:
        seen.append((chat.id, message_id, shown))

    stage.platform.show_decision = show  # type: ignore[method-assign]
    stage.engine.probability = lambda prompt: 0.2
    message = await stage.says(MEI, "football tonight", group="g")
    await stage.settled()
    [(chat, message_id, decision)] = seen
    assert (chat, message_id, decision.answered) == ("g", message.id, False)
    assert decision.often is None, "left to nothing"
    assert decision.why["en"][0] == "The probability of an answer was 0.20, and this time it answers only from 0.50 on."
    assert decision.why["zh"][0] == "回复的概率是 0.20，这一次要达到 0.50 才回复。"
