"""What was put on messages is kept where an export says by whom: with its time, or else right behind its message.

It is no message: whatever counts what was said counts as if there were no reactions.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.chat.attachments import spoken
from bot.message import Account
from bot.people import LeftOut
from bot.store.corpus import Corpus
from tests.importing import test_google_chat, test_matrix, test_messenger, test_slack
from tests.importing.conftest import ANN, BEN, NOON, Desk, Write, telegram_chat, telegram_message
from tests.importing.test_discord import ANN as ANNIE
from tests.importing.test_discord import BEN as BENNY
from tests.importing.test_discord import direct
from tests.importing.test_discord import message as posted
from tests.importing.test_imessage_db import Database, apple, database  # noqa: F401  a fixture
from training.data.importers.base import NO_EMOJI, NO_MESSAGE, NOBODY_TOLD, TAKEN_BACK
from training.data.importers.reactions import ALREADY


def shown(corpus: Corpus) -> list[str]:
    """The chat, line by line: `Ann: hi`, and `Ben ❤ hi` for what Ben put on it."""
    (chat,) = corpus.chats()
    every = list(corpus.messages(chat, reactions=True))
    words = {one.id: spoken(one) for one in every}
    return [
        f"{_who(one.sender_name, one.sender)} {one.reaction} {words[one.reply_to or '']}"
        if one.reaction
        else f"{_who(one.sender_name, one.sender)}: {one.text}"
        for one in every
    ]


def _who(name: str, account: Account | None) -> str:
    return name or (account.id if account else "")


def put(emoji: str, *who: tuple[int, str, float], count: int | None = None) -> dict[str, Any]:
    """What Telegram Desktop writes: the last who reacted, and when, by the clock of the machine: here two hours on."""
    recent = [
        {
            "from": name,
            "from_id": f"user{number}",
            "date": datetime.fromtimestamp(NOON + 7200 + after, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        }
        for number, name, after in who
    ]
    return {"type": "emoji", "count": len(who) if count is None else count, "emoji": emoji, "recent": recent}


def dated(number: int, text: str, who: int = ANN, **more: Any) -> dict[str, Any]:
    local = datetime.fromtimestamp(NOON + 7200 + number, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return telegram_message(number, text, who, date=local, **more)


TALK = (
    dated(1, "I got the job", reactions=[put("❤", (BEN, "Ben", 3600)), put("🎉", (BEN, "Ben", 2))]),
    dated(2, "and a cat"),
    dated(3, "no way", BEN, reactions=[{"type": "custom_emoji", "count": 1, "document_id": "9"}, put("👍", count=2)]),
)


def test_telegram_tells_when_and_by_whom(desk: Desk, write: Write) -> None:
    report = desk.take(write(telegram_chat(*TALK)))
    assert shown(desk.corpus) == [
        "Ann: I got the job",
        "Ann: and a cat",
        "Ben 🎉 I got the job",
        "Ben: no way",
        "Ben ❤ I got the job",
    ]
    *_, late = desk.corpus.messages(desk.chat, reactions=True)
    assert late.sent_at == datetime.fromtimestamp(NOON + 3600, UTC) and late.sender == Account("telegram", str(BEN))
    assert (report.read, report.kept, dict(report.skipped)) == (3, 3, {}), "they are no messages"
    assert (report.reactions.kept, dict(report.reactions.left_out)) == (2, {NOBODY_TOLD: 3})
    assert report.as_json()["reactions"] == {"kept": 2, "left_out": {NOBODY_TOLD: 3}}


def test_importing_again_adds_nothing_and_an_older_corpus_gets_them(desk: Desk, write: Write) -> None:
    plain = [{key: value for key, value in one.items() if key != "reactions"} for one in TALK]
    desk.take(write(telegram_chat(*plain), name="before/result.json"))
    path = write(telegram_chat(*TALK))
    assert desk.take(path).reactions.kept == 2
    again = desk.take(path)
    assert (again.kept, again.reactions.kept, again.reactions.left_out[ALREADY]) == (0, 0, 2)
    assert len(shown(desk.corpus)) == 5


def test_what_counts_messages_counts_no_reaction(desk: Desk, write: Write) -> None:
    desk.take(write(telegram_chat(*TALK)))
    assert [one.text for one in desk.messages] == ["I got the job", "and a cat", "no way"]
    assert (desk.corpus.count(), desk.chat.messages) == (3, 3)
    assert desk.chat.last == datetime.fromtimestamp(NOON + 3, UTC)
    assert [(one.name, one.messages) for one in desk.corpus.senders()] == [("Ann", 2), ("Ben", 1)]
    last = desk.corpus.latest(desk.chat, 2)
    assert [one.text for one in last] == ["and a cat", "no way"]
    last = desk.corpus.latest(desk.chat, 2, reactions=True)
    assert [one.reaction or one.text for one in last] == ["and a cat", "🎉", "no way", "❤"], "two messages, and these"


def test_of_who_is_left_out_there_is_no_reaction_either(desk: Desk, write: Write) -> None:
    group = telegram_chat(
        dated(1, "hi", reactions=[put("❤", (BEN, "Ben", 2), (9, "Cem", 3))]), type="private_supergroup", id=12
    )
    desk.take(write(group))
    assert shown(desk.corpus) == ["Ann: hi", "Ben ❤ hi", "Cem ❤ hi"]
    with Corpus.open(desk.corpus.path, LeftOut(frozenset({Account("telegram", "9")}))) as corpus:
        assert shown(corpus) == ["Ann: hi", "Ben ❤ hi"]


def test_discord_tells_no_time_so_it_stands_right_behind_its_message(desk: Desk, write: Write) -> None:
    heart = {"id": "", "name": "❤️", "code": "heart", "isAnimated": False}
    own = {"id": "123456789012345678", "name": "blob", "code": "blob", "isAnimated": False}
    annie, benny = {"id": ANNIE, "name": "ann.lee", "nickname": "Annie"}, {"id": BENNY, "name": "ben"}
    report = desk.take(
        write(
            direct(
                posted(1, "look", reactions=[{"emoji": heart, "count": 2, "users": [benny, annie]}]),
                posted(2, "a cat", reactions=[{"emoji": own, "count": 1, "users": [benny]}]),
                posted(3, "two cats", reactions=[{"emoji": heart, "count": 3}]),  # as older exporters write
            )
        )
    )
    assert shown(desk.corpus) == ["Annie: look", "ben ❤️ look", "Annie ❤️ look", "Annie: a cat", "Annie: two cats"]
    assert dict(report.reactions.left_out) == {NOBODY_TOLD: 3, NO_EMOJI: 1}


def test_messenger_and_instagram(desk: Desk, write: Write) -> None:
    told = test_messenger.thread(
        {"content": "schön", "reactions": [{"reaction": "❤", "actor": "Ben Ko"}]},
        {"content": "oder?", "reactions": [{"reaction": "😂", "actor": "Ben Ko", "timestamp": 1682942500}]},
        test_messenger.ben("ja"),
    )
    desk.take(write(told, f"{test_messenger.MESSENGER}/zoe_17/message_1.json"))
    assert shown(desk.corpus) == [
        "Zoë Grün: schön",
        "Ben Ko ❤ schön",
        "Zoë Grün: oder?",
        "Ben Ko: ja",
        "Ben Ko 😂 oder?",
    ]


export = test_slack.export


def test_slack_tells_names(desk: Desk, export: test_slack.Export) -> None:
    reactions = [
        {"name": "+1::skin-tone-3", "users": ["UBEN", "UCEM"], "count": 2},
        {"name": "our-logo", "users": ["UBEN"], "count": 1},
    ]
    report = desk.take(export({"text": "who is in?", "reactions": reactions}))
    assert shown(desk.corpus) == ["Annie: who is in?", "Ben Ko 👍🏼 who is in?", "cem 👍🏼 who is in?"]
    assert dict(report.reactions.left_out) == {NO_EMOJI: 1}


def test_google_tells_addresses(desk: Desk, write: Write) -> None:
    reaction = {"emoji": {"unicode": "👍"}, "reactor_emails": ["Ben@example.org"]}
    place = "Takeout/Google Chat"
    people = [test_google_chat.ANN, test_google_chat.BEN]
    write({"members": people}, f"{place}/Groups/DM x1/group_info.json")
    said = test_google_chat.said
    write({"messages": [said(1, "home?", reactions=[reaction]), said(2, "yes", test_google_chat.BEN)]},
          f"{place}/Groups/DM x1/messages.json")  # fmt: skip
    desk.take(Path(desk.corpus.path.parent.parent, "Takeout"))
    assert shown(desk.corpus) == ["Ann Lee: home?", "Ben Ko 👍 home?", "Ben Ko: yes"]


def test_signal_below_the_message(desk: Desk, write: Write) -> None:
    first = "[2024-01-20 21:05:01] Ann Lee: are you home?\n(- Me: 👍, Ann Lee: ❤️ -)  \n"
    chat = first + "[2024-01-20 21:05:09] Me: on my way\n"
    desk.take(write(chat, "export/AnnLee/chat.md"), me="+491715551234")
    assert shown(desk.corpus) == [
        "Ann Lee: are you home?",
        "Me 👍 are you home?",
        "Ann Lee ❤️ are you home?",
        "Me: on my way",
    ]
    (mine,) = (one for one in desk.corpus.messages(desk.chat, reactions=True) if one.reaction == "👍")
    assert mine.sender == Account("signal", "+491715551234")


def test_matrix_where_reactions_are_events_of_their_own(desk: Desk, write: Write) -> None:
    def reacted(number: int, to: str, key: str) -> dict[str, Any]:
        content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": to, "key": key}}
        return test_matrix.event(number, "m.reaction", test_matrix.BEN, content)

    room = test_matrix.room(
        *test_matrix.PEOPLE,
        test_matrix.said(3, "home?"),
        test_matrix.said(4, "hello?"),
        reacted(5, "$3", "👍"),
        reacted(6, "$3", "❤️"),
        test_matrix.event(7, "m.room.redaction", test_matrix.BEN, {}, redacts="$6"),
        reacted(8, "$99", "👍"),
        test_matrix.said(9, "coming", test_matrix.BEN),
    )
    report = desk.take(write(room))
    assert shown(desk.corpus) == ["Ann: home?", "Ann: hello?", "Ben 👍 home?", "Ben: coming"]
    assert dict(report.reactions.left_out) == {TAKEN_BACK: 1, NO_MESSAGE: 1}


def tapback(number: int, to: str, at: float, **more: Any) -> dict[str, Any]:
    return {
        "text": "Loved “hi”", "associated_message_type": number, "associated_message_guid": to, "date": apple(at),
        **more,
    }  # fmt: skip


def test_imessages_database(desk: Desk, database: Database) -> None:  # noqa: F811
    report = desk.take(
        database(
            "hi",
            {"text": "there", "is_from_me": 1, "handle_id": 0},
            tapback(2000, "p:0/G1", 10, is_from_me=1, handle_id=0),
            tapback(2003, "bp:G2", 11),
            tapback(2001, "p:0/G1", 12, is_from_me=1, handle_id=0),
            tapback(3001, "p:0/G1", 13, is_from_me=1, handle_id=0),
            {"text": "bye", "date": apple(20)},
        )
    )
    ann, ben = "+491701234567", "+491707654321"
    assert shown(desk.corpus) == [f"{ann}: hi", f"{ben}: there", f"{ben} ❤️ hi", f"{ann} 😂 there", f"{ann}: bye"]
    assert (report.read, dict(report.reactions.left_out)) == (3, {TAKEN_BACK: 1})


def test_imessage_as_text(desk: Desk, write: Write) -> None:
    talk = (
        "May 17, 2022  5:29:42 PM\nAnn\nare you there?\nTapbacks:\nLoved by Me\n🎉 by Ann\nSticker from Me\n\n"
        "May 17, 2022  5:30:00 PM\nMe\nyes\n"
    )
    desk.take(write(talk, "messages/Ann.txt"))
    assert shown(desk.corpus) == ["Ann: are you there?", "Me ❤️ are you there?", "Ann 🎉 are you there?", "Me: yes"]


@pytest.mark.parametrize(
    "reactions", [None, "❤", [None, "x", {"emoji": 5, "recent": "all"}], [{"emoji": "❤", "recent": [{}, {"from": ""}]}]]
)
def test_what_makes_no_sense_harms_nothing(desk: Desk, write: Write, reactions: object) -> None:
    report = desk.take(write(json.loads(json.dumps(telegram_chat(dated(1, "hi", reactions=reactions))))))
    assert (report.kept, report.problems, report.reactions.kept) == (1, [], 0)
