"""What is learnt of reactions: the person's own in private, and never that one is speech, an answer or an end."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.dialogue import Bubble, Quote, Reaction, Scene, Speaker, Turn
from bot.chat.prompt import render
from bot.chat.prompt.reactions import Written, without_reactions, written_reaction
from bot.message import ChatKind
from bot.persona import Persona
from bot.store.corpus import as_avatar
from tests.dialogues.log import ALL_TRAIN, PEOPLE, Log, shown
from training.data.account import LEARNT_REACTIONS, OWN_REACTIONS, REACTIONS, account_of
from training.data.dialogues import with_dropout
from training.data.groups import groups
from training.data.points import points
from training.data.redaction import redacted
from training.evaluation.respondent import occasions
from training.finetune.samples import joined

NORA = Persona("Nora")
HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_own_one_is_said_in_private_and_may_be_all_that_is(log: Log) -> None:
    log.private(
        "Mei",
        "18:00 Mei: I got the job",
        "18:01 Nora: <reacts> ❤️ 1",
        "18:02 Mei: tea?",
        "18:03 Nora: <reacts> 👍 3",
        "18:04 Nora: at four",
        "18:05 Mei: <reacts> 🎉 5",
        "18:06 Mei: ok",
        "18:07 Nora: bye",
    )
    [dialogue] = log.dialogues()
    assert shown(dialogue.turns) == [
        "Mei: I got the job", "me: (I ❤️)", "Mei: tea?", "me: (I 👍) / at four", "Mei: (Mei 🎉) ok", "me: bye"
    ]  # fmt: skip
    prompt = render(dialogue.scene, dialogue.turns, log.codec)
    learnt = [log.codec.decode(list(prompt.ids[turn.start : turn.end])) for turn in prompt.avatar_turns]
    assert learnt == ["[❤️]", "[👍]\nat four", "bye"]
    assert [one.real for one in occasions([dialogue])] == [("at four",), ("bye",)], "measured is what is written"
    counted = [log.counts[key] for key in (OWN_REACTIONS, LEARNT_REACTIONS, REACTIONS, "messages read")]
    assert counted == [2, 2, 1, 5]
    account = account_of("", "", ChatKind.PRIVATE, log.counts, [dialogue], ALL_TRAIN.split_of)
    assert (account.messages, account.own, sum(account.kept.values()), dict(account.lost)) == (5, 2, 2, {})


def test_in_a_group_none_is_an_answer_and_all_else_is_as_without_them(log: Log, tmp_path: Path) -> None:
    lines = [
        "18:00 Nora: hi", "18:01 Mei: who is in?", "18:02 Gran: me", "18:03 Mei: good", "18:04 Nora: me too",
        "18:05 Mei: Nora?", "18:06 Nora: yes",
    ]  # fmt: skip
    put = ["18:02:30 Nora: <reacts> 👍 2", "18:02:40 Gran: <reacts> ❤️ 2", "18:05:30 Nora: <reacts> 👍 8"]
    log.group(*lines[:3], *put[:2], *lines[3:6], put[2], *lines[6:])
    (tmp_path / "plain").mkdir()
    plain = Log(tmp_path / "plain")
    plain.group(*lines)
    [with_them], [without] = log.dialogues(), plain.dialogues()
    assert shown(with_them.turns)[3] == "Mei: (I 👍) (Grandma ❤️) good"
    assert [turn.at for turn in with_them.turns] == [turn.at for turn in without.turns]
    assert (with_them.counted, len(with_them.turns)) == (without.counted, len(without.turns))

    def decided(one: Log) -> list[object]:
        found = points(one.corpus(), PEOPLE, NORA, HOUR, ALL_TRAIN)
        return [(point.spoke, point.spoke_soon, point.late, point.seen) for point in found]

    assert decided(log) == decided(plain) != []
    assert list(groups(log.corpus(), PEOPLE, NORA, ALL_TRAIN, ())) == []
    text = log.codec.decode(list(render(with_them.scene, with_them.turns, log.codec).ids))
    assert "user\n[you 👍 to Mei: who is in?]\n[Grandma ❤️]\nMei (friend): good" in text
    plain.close()


@pytest.mark.parametrize("who", ["Mei", "Nora"])
def test_it_neither_ends_a_dialogue_nor_keeps_one_going(log: Log, who: str) -> None:
    log.private(
        "Mei", "18:00 Mei: tea?", "18:10 Nora: ok", f"18:50 {who}: <reacts> ❤️ {1 if who == 'Nora' else 2}",
        "19:20 Mei: where are you?", "19:21 Nora: here", f"23:50 {who}: <reacts> 👍 {4 if who == 'Nora' else 5}",
    )  # fmt: skip
    first, second = log.dialogues(carried=0)
    assert [first.turns[0].bubbles[0].text, second.turns[0].bubbles[0].text] == ["tea?", "where are you?"]


def test_what_is_told_nobody_and_what_identifies_somebody(log: Log) -> None:
    """A name that is left out is left out there, too; a number that is quoted is replaced."""
    log.private(
        "Mei", "18:00 Mei: call 07700 900123", "18:01 Mei: ok?", "18:02 Nora: <reacts> 👍 1", "18:03 Nora: done"
    )  # fmt: skip
    [dialogue] = log.dialogues()
    [put, _] = dialogue.turns[1].bubbles
    assert put.reactions == (Reaction("👍", None, Quote(Speaker("Mei", "friend"), "call 07700 900123")),)
    hidden = redacted(dialogue, Counter()).turns[1].bubbles[0].reactions[0].to
    assert hidden is not None and hidden.text == "call 00000 000000"
    dropped = with_dropout(dialogue, random.Random(0), names=1.0, relationships=1.0).turns[1].bubbles[0].reactions[0]
    assert dropped.to is not None and dropped.to.speaker == Speaker(None)
    assert "[👍 to somebody: call 07700 900123]\ndone" in log.codec.decode(
        list(render(dialogue.scene, with_dropout(dialogue, random.Random(0), names=1.0).turns, log.codec).ids)
    )
    assert joined(dialogue).turns[1].bubbles == (put, Bubble("done"))


def test_of_whoever_they_are_a_message_has_four_at_most(log: Log) -> None:
    log.group("18:00 Nora: look", "18:01 Mei: ok", *(f"18:02:{n:02} Tom: <reacts> {one} 1" for n, one in
              enumerate("👍🎉🔥👏😂")), "18:03 Mei: nice", "18:04 Nora: thanks")  # fmt: skip
    [dialogue] = log.dialogues()
    assert [one.emoji for one in dialogue.turns[2].bubbles[0].reactions] == list("🎉🔥👏😂")


def test_in_chinese_and_with_nothing_to_quote(log: Log) -> None:
    mei = Speaker("小美", "friend")
    turns = (
        Turn(mei, (Bubble("在吗", reactions=(Reaction("❤️", mei, Quote(None, "我[找到]工作了")),)),), NOON),
        Turn(None, (Bubble(reactions=(Reaction("👍", None, Quote(mei, "")),)), Bubble("在")), NOON),
    )
    scene = Scene(Persona("诺拉", language="zh"), ChatKind.PRIVATE, mei, times=False)
    text = log.codec.decode(list(render(scene, turns, log.codec).ids))
    assert "user\n[❤️ 回应你：我(找到)工作了]\n在吗" in text and "assistant\n[👍 回应小美]\n在" in text


@pytest.mark.parametrize(
    ("bubble", "written"),
    [
        ("[❤️]", Written("❤️")),
        (" [👍 to Mei: are you…] ", Written("👍", "are you")),
        ("[👍 回应小美：在吗]", Written("👍", "在吗")),
        ("[👍 to you]", Written("👍")),
        ("[ok]", None),
        ("[❤️] yes", None),
        ("❤️", None),
        ("[]", None),
        ("[voice 0:12]", None),
    ],
)
def test_a_line_is_read_as_it_is_written(bubble: str, written: Written | None) -> None:
    assert written_reaction(bubble) == written


def test_where_none_can_be_put_the_words_are_said_or_else_the_emoji() -> None:
    assert without_reactions(["[❤️]", "yes"]) == ["yes"]
    assert without_reactions(["[❤️]"]) == ["❤️"]


def test_as_the_avatar_sees_it_an_own_one_is_its_own(log: Log) -> None:
    log.private("Mei", "18:00 Mei: hi", "18:01 Nora: <reacts> ❤️ 1", "18:02 Nora: hey")
    corpus = log.corpus()
    [chat] = corpus.chats()
    every = [as_avatar(one, frozenset(PEOPLE.subject)) for one in corpus.messages(chat, reactions=True)]
    assert [(one.sender is None, one.reaction) for one in every] == [(False, ""), (True, "❤️"), (True, "")]
