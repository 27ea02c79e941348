"""In a group its answer shows which message it is to, where others have written in between."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation.answering import answered, needs_showing
from bot.message import Account, Chat, ChatKind, Message
from bot.store.journal import Entry, Kind, State
from tests.conversation.stage import MEI, OMA, Stage

GROUP = Chat("stage", "g", ChatKind.GROUP)


def entry(seq: int, who: Account, addressed: bool = False) -> Entry:
    message = Message(GROUP, str(seq), who, "", datetime.now(UTC), "hm", addressed=addressed)
    return Entry(seq, Kind.MESSAGE, State.NEW, message)


def test_a_reply_is_to_who_spoke_to_the_avatar_else_to_who_began() -> None:
    assert answered([entry(1, MEI), entry(2, MEI), entry(3, OMA)]).seq == 2
    assert answered([entry(1, MEI), entry(2, OMA, addressed=True), entry(3, OMA)]).seq == 2
    assert answered([entry(1, MEI)]).seq == 1


def test_it_is_shown_where_somebody_else_wrote_since() -> None:
    first = entry(1, MEI)
    assert not needs_showing(first, [])
    assert not needs_showing(first, [entry(2, MEI)])
    assert needs_showing(first, [entry(2, MEI), entry(3, OMA)])


async def test_after_others_the_first_bubble_names_its_message(stage: Stage) -> None:
    stage.engine.say = lambda prompt: "me\nI have one"
    asked = await stage.says(MEI, "who has a rope?", group="g")
    await stage.says(OMA, "good morning", group="g")
    await stage.settled()
    assert stage.heard("g") == ["me", "I have one"]
    assert stage.platform.replied == [("me", asked.id)]


async def test_what_is_plain_is_not_shown(stage: Stage) -> None:
    await stage.says(MEI, "who has a rope?", group="g")
    await stage.settled()
    await stage.says(OMA, "hello")
    await stage.says(OMA, "are you there?")
    await stage.settled()
    assert stage.heard("g") == ["ok"] and stage.heard("2") == ["ok"] and stage.platform.replied == []


async def test_somebody_who_writes_while_it_types_is_noticed(stage: Stage) -> None:
    """Whether it has to be shown is seen when the bubble goes out."""
    asked = await stage.says(MEI, "who has a rope?", group="g")
    message = replace(asked, id="in50", sender=OMA, sender_name="Oma", text="good morning")
    reply = stage.journal.reply

    def and_then(*args: object, **more: object) -> int:
        number = reply(*args, **more)  # type: ignore[arg-type]
        stage.journal.settle([stage.journal.take(message) or 0], State.SILENT)
        return number

    stage.journal.reply = and_then  # type: ignore[method-assign]
    await stage.settled()
    assert stage.platform.replied == [("ok", asked.id)]


async def test_after_a_crash_it_is_asked_first_whether_it_arrived(stage: Stage) -> None:
    asked = await stage.says(MEI, "who has a rope?", group="g")
    await stage.says(OMA, "good morning", group="g")
    await stage.settled()
    [bubble] = [one for one in stage.journal.recent(asked.chat, 9) if one.kind is Kind.BUBBLE]
    stage.journal.settle([bubble.seq], State.SENDING)
    stage.platform.arrived = "out1"
    await stage.restart()
    await stage.settled()
    assert stage.platform.replied == [("ok", asked.id)], "not sent again"
    stage.journal.settle([bubble.seq], State.SENDING)
    stage.platform.arrived = False
    await stage.restart()
    await stage.settled()
    assert stage.platform.replied == [("ok", asked.id)] * 2
