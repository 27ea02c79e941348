"""An edit or a deletion reaches what is not answered yet; what was answered stays so."""

from dataclasses import replace

from bot.message import Chat, ChatKind
from tests.conversation.stage import MEI, OMA, Stage, quick
from tests.support import picture

CHAT = Chat("stage", "1", ChatKind.PRIVATE)


async def test_an_edit_in_the_burst_is_what_is_answered(stage: Stage) -> None:
    stage.conversations.avatar.config = quick(gather_seconds=0.2)
    message = await stage.says(MEI, "come at 7")
    await stage.conversations.edited(replace(message, text="come at 8"))
    await stage.settled()
    assert "come at 8" in stage.engine.prompts[0] and "come at 7" not in stage.engine.prompts[0]


async def test_an_edit_while_it_writes_begins_anew(stage: Stage) -> None:
    stage.engine.delay = 0.05
    stage.engine.say = lambda prompt: "at 8 then" if "at 8" in prompt else "at 7 then"
    message = await stage.says(MEI, "come at 7")
    await stage.until(lambda: bool(stage.engine.prompts))
    await stage.conversations.edited(replace(message, text="come at 8"))
    await stage.settled()
    assert stage.heard("1") == ["at 8 then"]


async def test_an_edit_of_what_was_answered_is_not_answered_but_remembered(stage: Stage) -> None:
    message = await stage.says(MEI, "come at 7")
    await stage.settled()
    await stage.conversations.edited(replace(message, text="come at 8"))
    await stage.settled()
    assert stage.heard("1") == ["ok"]
    await stage.says(MEI, "when?")
    await stage.settled()
    assert "come at 8" in stage.engine.prompts[-1] and "come at 7" not in stage.engine.prompts[-1]


async def test_an_edit_to_a_command_is_obeyed(stage: Stage) -> None:
    message = await stage.says(MEI, "/stpo")
    await stage.settled()
    await stage.conversations.edited(replace(message, text="/stop"))
    await stage.says(MEI, "hello?")
    await stage.settled()
    assert len(stage.heard("1")) == 2 and "I will not answer" in stage.heard("1")[1]


async def test_an_edit_of_what_was_forgotten_brings_nothing_back(stage: Stage) -> None:
    message = await stage.says(MEI, "my password is rose-12")
    await stage.settled()
    await stage.says(MEI, "/forget")
    await stage.settled()
    await stage.conversations.edited(replace(message, text="my password is tulip-77"))
    await stage.settled()
    assert b"tulip-77" not in stage.on_disk()


async def test_an_edit_of_what_was_never_received_is_nothing(stage: Stage) -> None:
    message = await stage.says(OMA, "hi")
    await stage.settled()
    await stage.conversations.edited(replace(message, id="before my time", text="hello"))
    await stage.settled()
    assert stage.heard("2") == ["ok"]


async def test_a_message_deleted_in_time_is_not_answered(stage: Stage) -> None:
    stage.conversations.avatar.config = quick(gather_seconds=0.2)
    message = await stage.says(MEI, "I love you", photos={"a": picture("red")})
    await stage.conversations.deleted(CHAT, [message.id])
    await stage.settled()
    assert stage.heard("1") == [] and not stage.engine.prompts
    assert b"I love you" not in stage.on_disk()


async def test_one_deleted_while_it_writes_is_not_answered_either(stage: Stage) -> None:
    stage.engine.delay = 0.05
    stage.engine.say = lambda prompt: "love you too"
    message = await stage.says(MEI, "I love you")
    await stage.until(lambda: bool(stage.engine.prompts))
    await stage.conversations.deleted(CHAT, [message.id])
    await stage.settled()
    assert stage.heard("1") == []


async def test_what_was_deleted_later_is_not_in_the_next_prompt(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "mine is rose-12"
    message = await stage.says(MEI, "my password is tulip-77")
    await stage.settled()
    own = stage.journal.recent(CHAT, 1)[0].native_id
    assert own is not None
    await stage.conversations.deleted(CHAT, [message.id, own, "unknown"])
    await stage.says(MEI, "what did we say?")
    await stage.settled()
    assert "tulip-77" not in stage.engine.prompts[-1] and "rose-12" not in stage.engine.prompts[-1]


async def test_what_comes_while_it_writes_does_not_hide_what_it_wrote(stage: Stage) -> None:
    """Else the earlier message would look unanswered, and be answered again."""
    stage.conversations.avatar.config = quick(gather_max_seconds=0.0)
    stage.engine.delay = 0.02
    stage.engine.say = lambda prompt: "to the second" if "second" in prompt else "to the first"
    await stage.says(MEI, "first")
    await stage.until(lambda: bool(stage.engine.prompts))
    await stage.says(MEI, "second")
    await stage.settled()
    assert stage.heard("1") == ["to the first", "to the second"]
    assert "to the first<|im_end|>\n<|im_start|>user\nsecond<|im_end|>" in stage.engine.prompts[-1]
