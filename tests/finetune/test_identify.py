"""Whose style an untrained avatar has: a leak that is planted shows, and a writer who is only themselves is told so."""

import gzip
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.chat.prompt import Codec
from bot.media import MediaStore
from tests.support import byte_codec
from training.evaluation.respondent import Bubbles, Question
from training.recipes.talk import identify
from training.recipes.talk.conversations import read_talks
from training.recipes.talk.courses import COURSES
from training.recipes.talk.identify import Taught, acquainted, planted, report
from training.recipes.talk.saying import Writer, answers, partner_turns, said, subject
from training.recipes.talk.work import Talk, split

WORDS = ("we", "took", "the", "old", "bus", "to", "a", "lake", "and", "swam", "until", "dark", "then", "ate", "plums")
STYLES: dict[int, Callable[[str], str]] = {
    1: lambda text: text.upper() + "!!",
    2: lambda text: "well, " + text.capitalize() + ".",
    3: lambda text: text.replace("e", "3") + " lol",
    4: lambda text: text + " :)",
    5: lambda text: "hmm... " + text + "...",
    6: lambda text: text.capitalize() + "?",
}


def written(person: int, draw: random.Random) -> str:
    return STYLES[person](" ".join(draw.choices(WORDS, k=7)))


@pytest.fixture
def codec(tmp_path: Path) -> Codec:
    return byte_codec(MediaStore(tmp_path / "media"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A hundred and eighty talks of six people, each in their own way."""
    draw, path = random.Random(5), tmp_path / "talks.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for number in range(180):
            pair = draw.sample(sorted(STYLES), 2)
            turns = [
                [pair[turn % 2], [[f"2018-05-05T{number % 24:02}:{turn:02}:00Z", written(pair[turn % 2], draw)]]]
                for turn in range(20)
            ]
            file.write(json.dumps({"start": "", "turns": turns}) + "\n")
    return path


@pytest.fixture
def talks(path: Path, codec: Codec) -> list[Talk]:
    return list(read_talks(path, codec, 1200, 0))


class Somebody:
    """Writes as that person would, or each time as another one."""

    name = "somebody"

    def __init__(self, *people: int) -> None:
        self.people, self.draw = people, random.Random(6)
        self.seen: list[Question] = []

    def write(self, questions: Sequence[Question], seed: int = 0) -> list[Bubbles]:
        self.seen += questions
        return [(written(self.draw.choice(self.people), self.draw),) for _ in questions]


def test_a_talk_says_who_is_learnt_from_and_what_they_answered(talks: list[Talk]) -> None:
    for talk in talks[:20]:
        style = STYLES[int(subject(talk))]
        own = [text for [text] in said(talk)]
        assert len(own) == 10 and all(text[-1] == style("x")[-1] for text in own)
        heard = partner_turns(talk)
        assert 9 <= len(heard) <= 10 and all(turn.speaker for turns in heard for turn in turns)


def test_of_whom_how_much_was_learnt(path: Path, codec: Codec) -> None:
    course = COURSES["embedded-en"]
    held_out, learnt = split(course, [path], codec, 0)
    some, all_of_them = (Taught.of(held_out, learnt, codec, course.preset, tokens) for tokens in (20_000, 10**9))
    assert len(held_out) == 60 and len(all_of_them.unread) == 60 < len(some.unread) < 180
    assert 0 < sum(some.amounts.values()) < 20_000 < sum(all_of_them.amounts.values())
    assert list(all_of_them.amounts.values()) == sorted(all_of_them.amounts.values(), reverse=True)
    assert set(all_of_them.amounts) == set("123456")


def test_the_speaker_sees_its_own_words_and_never_those_of_the_person(talks: list[Talk]) -> None:
    [talk] = [one for one in talks if subject(one) == "1"][:1]
    speaker = Somebody(4)
    [spoken] = answers(speaker, [talk])  # type: ignore[arg-type]
    assert len(spoken) == 8 == len(speaker.seen) and all(text.endswith(" :)") for [text] in spoken)
    for question in speaker.seen:
        assert question.turns[-1].speaker is not None and len(question.turns) <= 12
        own = [bubble.text for turn in question.turns if turn.speaker is None for bubble in turn.bubbles]
        assert not any(text.endswith("!!") for text in own)
    assert speaker.seen[3].turns[:-1][-1].bubbles[0].text == spoken[2][0]


def test_a_leak_shows_and_its_absence_too(talks: list[Talk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identify, "TALKS", 8)
    monkeypatch.setattr(identify, "MOST", 1)
    judge, themselves, others = acquainted(talks, ["1", "2", "3"])
    assert judge.people == ("1", "2", "3") and set(themselves) == {"1", "2", "3"} and len(others) == 3
    for place, writer in enumerate(themselves.values()):
        assert (judge.read(writer).taken == place).mean() > 0.9, "it knows them by talks that it did not learn from"
    asked = [talk for talk in talks if subject(talk) == "4"][:8]
    copied = judge.read(answers(Somebody(2), asked))  # type: ignore[arg-type]
    mixed = judge.read(answers(Somebody(1, 2, 3, 4, 5, 6), asked))  # type: ignore[arg-type]
    assert copied.agreement() == 1 and set(copied.taken) == {1}
    assert copied.sure.mean() > mixed.sure.mean() + 0.2
    stranger = answers(Somebody(5), asked)  # type: ignore[arg-type]
    lines = report(judge, [30, 20, 10], themselves, others, {"the avatar": stranger, "the base": stranger})
    assert lines[0].startswith("Of ") and "by guessing 33%" in lines[0]
    assert sum(line.startswith("| the ") for line in lines) == 3 and "taken for number" in lines[-1]
    assert "to that one for 3 of 3; where a quarter are" in lines[-3], "half of the words of one show"


def test_agreement_is_among_different_talks() -> None:
    found = identify.Judged(np.log([[0.6, 0.2, 0.1], [0.6, 0.2, 0.1], [0.2, 0.4, 0.2], [0.1, 0.2, 0.8]]))
    assert found.agreement() == pytest.approx(1 / 6)
    assert found.sure == pytest.approx([2 / 3, 2 / 3, 0.5, 0.8 / 1.1])
    assert found.drawn_to([3, 2, 1]) == pytest.approx(1.0), "by the mean of the logarithms"
    assert found.agreement(np.array([0, 0, 2, 2])) == 0, "a talk that is drawn twice does not agree with itself"
    assert found.agreement(np.array([0, 0, 1, 1])) == 1
    assert np.isnan(found.agreement(np.array([3, 3])))


def test_every_other_reply_can_be_exchanged() -> None:
    avatar: Writer = [[(letter,) for letter in "abcd"]] * 3
    theirs: Writer = [[("x",), ("y",), ("z",)], [("w",)]]
    assert [["".join(*reply) for reply in talk] for talk in planted(theirs, avatar, 2)] == [
        ["x", "b", "z", "d"],
        ["w", "b", "w", "d"],
        ["x", "b", "z", "d"],
    ]
