"""A group that becomes a supergroup goes on as if nothing had happened, though the platform counts anew."""

from pathlib import Path

import pytest

from bot.message import Chat, ChatKind
from bot.store.journal import State
from tests.conversation.stage import MEI, OMA, Stage, quick

OLD, NEW = Chat("stage", "old", ChatKind.GROUP, "Climbers"), Chat("stage", "new", ChatKind.GROUP, "Climbers")


async def talk(stage: Stage, group: str, count: int) -> None:
    """The ids of each group's messages begin with 1."""
    stage.number = 0
    for number in range(count):
        await stage.says(MEI, f"{group} {number}", group=group)
        await stage.settled()


async def test_what_is_said_there_is_not_taken_for_what_was_said_before(stage: Stage) -> None:
    await talk(stage, "old", 10)
    await stage.conversations.moved(OLD, NEW)
    await talk(stage, "new", 15)
    assert len(stage.heard("old")) == 10 and len(stage.heard("new")) == 15
    assert "old 9" in stage.engine.prompts[-1] and "new 14" in stage.engine.prompts[-1]


async def test_what_is_delivered_again_under_the_old_id_is_known(stage: Stage) -> None:
    message = await stage.says(MEI, "hi", group="old")
    await stage.settled()
    await stage.conversations.moved(OLD, NEW)
    await stage.conversations.receive(message)
    await stage.settled()
    assert stage.heard("old") == ["ok"] and stage.heard("new") == []


async def test_it_may_be_told_again_and_again(stage: Stage) -> None:
    await talk(stage, "old", 2)
    for _ in range(3):
        await stage.conversations.moved(OLD, NEW)
    await talk(stage, "new", 2)
    assert len(stage.heard("new")) == 2


async def test_seen_first_while_sending(stage: Stage) -> None:
    """The platform refuses the old id, the adapter tells of the new one and sends there."""
    send = stage.platform.send

    async def moving(chat: Chat, text: str, key: str) -> str:
        if chat.id == "old":
            await stage.conversations.moved(chat, NEW)
        return await send(NEW, text, key)

    stage.platform.send = moving  # type: ignore[method-assign]
    await stage.says(MEI, "hi", group="old")
    await stage.settled()
    assert stage.heard("new") == ["ok"]
    assert all(one.state in (State.ANSWERED, State.SENT) for one in stage.journal.recent(NEW, 10))


async def test_seen_first_while_typing(stage: Stage) -> None:
    async def moving(chat: Chat) -> None:
        if chat.id == "old":
            await stage.conversations.moved(chat, NEW)

    stage.platform.typing = moving  # type: ignore[method-assign]
    stage.engine.delay = 0.02
    stage.engine.say = lambda prompt: "on my way"
    await stage.says(MEI, "hi", group="old")
    await stage.settled()
    assert stage.heard("new") == ["on my way"]


async def test_while_both_are_talked_in(stage: Stage) -> None:
    stage.engine.delay = 0.05
    stage.engine.say = lambda prompt: "one moment"
    await stage.says(MEI, "in the old one", group="old")
    await stage.says(OMA, "in the new one", group="new")
    await stage.until(lambda: len(stage.engine.prompts) == 2)
    await stage.conversations.moved(OLD, NEW)
    await stage.settled()
    assert stage.journal.queue_length() == 0
    assert stage.heard("old") == [] and 1 <= len(stage.heard("new")) <= 2


async def test_a_list_of_groups_that_names_the_old_id_still_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(tmp_path, quick(groups=("stage:old",)))
    await talk(stage, "old", 1)
    await stage.conversations.moved(OLD, NEW)
    assert "stage:old" in caplog.text and "stage:new" in caplog.text
    await talk(stage, "new", 2)
    assert len(stage.heard("new")) == 2
    await stage.restart()
    assert caplog.text.count("write the new id") == 2, "and it is said again at each start"
    stage.journal.close()
