"""Sampling is fitted to the person, in talks in which the avatar's own replies are the past."""

import math
import random
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec, Prompt
from bot.config import SamplingConfig
from bot.engine.base import BatchEngine
from bot.engine.blocking import Blocking, blocking
from bot.errors import PermanentError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import FILE, Sampling
from tests.support import byte_codec
from training.calibration import told_sampling
from training.calibration.sampling import (
    FIRST,
    PENALTY,
    REPEATS,
    STRICTER,
    TEMPERATURES,
    Manner,
    Tried,
    coolest,
    fit_sampling,
    manner,
)
from training.data.dialogues import Dialogue
from training.talks import private_talks, talk_through

MEI = Speaker("Mei", "friend")
WORDS = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("ab", "od", "un")]
START = datetime(2026, 3, 2, 18, tzinfo=UTC)


def say(temperature: float, rng: random.Random) -> str:
    """Somebody with so many words, of which the first are the likeliest."""
    weights = [(1 / (place + 2)) ** (1 / temperature) for place in range(len(WORDS))]
    return " ".join(rng.choices(WORDS, weights, k=4))


class Chatty:
    """An engine that talks so, and keeps what it was asked."""

    precision = "made up"

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.asked: list[tuple[str, Sampling, int]] = []
        self.stock: Callable[[Sampling], bool] = lambda sampling: False

    async def write_replies(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling
    ) -> AsyncGenerator[dict[int, str], None]:
        for number, (prompt, seed) in enumerate(zip(prompts, seeds, strict=True)):
            text = self.codec.decode(list(prompt.ids))
            self.asked.append((text, sampling, seed))
            said = say(sampling.temperature, random.Random(f"{seed}/{len(text)}"))
            often = self.stock(sampling) and number % 5 == 0
            yield {number: "see you at the usual place" if often else said}

    async def aclose(self) -> None:
        pass


@pytest.fixture
def engine(tmp_path: Path) -> Chatty:
    return Chatty(byte_codec(MediaStore(tmp_path)))


@pytest.fixture
def served(engine: Chatty) -> Iterator[Blocking[BatchEngine]]:
    async def made() -> BatchEngine:
        return cast(BatchEngine, engine)

    with blocking(made()) as opened:
        yield opened


def dialogue(day: int, answers: Sequence[str], **changes: Any) -> Dialogue:
    at = START + timedelta(days=day)
    turns = []
    for number, answer in enumerate(answers):
        turns += [
            Turn(MEI, (Bubble(f"question {number}"),), at),
            Turn(None, tuple(map(Bubble, answer.split("\n"))), at),
        ]
    scene = Scene(Persona("Nora"), changes.get("kind", ChatKind.PRIVATE), MEI)
    return Dialogue("chat", scene, tuple(turns), changes.get("context", 0), at.date(), (False,) * len(turns), (0,) * 99)


def days_of(temperature: float, number: int = 24) -> list[Dialogue]:
    rng = random.Random(7)
    return [dialogue(day, [say(temperature, rng) for _ in range(4)]) for day in range(number)]


@pytest.mark.parametrize("temperature", [0.4, 0.8, 1.6])
def test_the_coolest_that_is_as_varied_as_the_person_is_taken(
    served: Blocking[BatchEngine], temperature: float
) -> None:
    found = fit_sampling(served, days_of(temperature), Sampling(), None)
    at = {one.temperature: tried for one, tried in found.tried.items() if one.presence_penalty == PENALTY}
    chosen = found.sampling.temperature
    assert FIRST in at and at[chosen].varied
    assert all(not tried.varied for warmth, tried in at.items() if warmth < chosen)
    assert chosen == TEMPERATURES[0] or TEMPERATURES[TEMPERATURES.index(chosen) - 1] in at, "a cooler one was looked at"
    assert found.sampling.presence_penalty == PENALTY and len(found.tried) == len(at), "it does not repeat itself"
    assert found.answers == 96
    told = told_sampling(found)
    assert told["sampling"].startswith(f"temperature {chosen:g}")
    assert "words a reply" in told["the person"]
    assert "as varied" in told[f"temperature {FIRST:g}, min_p 0.05, presence penalty 0.2"]


def test_a_more_varied_person_is_met_at_a_higher_temperature(served: Blocking[BatchEngine]) -> None:
    chosen = [
        fit_sampling(served, days_of(temperature), Sampling(), None).sampling.temperature
        for temperature in (0.4, 0.8, 9.0)
    ]
    assert chosen == sorted(chosen) and chosen[0] < FIRST < chosen[-1]


@pytest.mark.parametrize(("helps", "taken"), [(True, STRICTER), (False, PENALTY)])
def test_one_that_repeats_itself_has_a_higher_penalty_where_that_helps(
    served: Blocking[BatchEngine], engine: Chatty, helps: bool, taken: float
) -> None:
    engine.stock = lambda sampling: not (helps and sampling.presence_penalty > PENALTY)
    found = fit_sampling(served, days_of(0.8), Sampling(), None)
    assert found.sampling.presence_penalty == taken
    at = {
        one.presence_penalty: tried
        for one, tried in found.tried.items()
        if one.temperature == found.sampling.temperature
    }
    assert at[PENALTY].again > REPEATS and set(at) == {PENALTY, STRICTER}


def test_where_none_is_varied_enough_the_most_varied_one_is_taken() -> None:
    def tried(variety: float) -> Tried:
        return Tried(Manner(1.0, variety, 0.0), variety / 5, 1.0)

    assert coolest({Sampling(1.0): tried(2.0), Sampling(1.4): tried(4.0), Sampling(1.8): tried(3.0)}) == Sampling(1.4)
    assert coolest({Sampling(1.0): tried(4.7), Sampling(0.8): tried(4.6), Sampling(0.7): tried(4.4)}) == Sampling(0.8)


def test_what_it_said_is_what_it_reads_next(served: Blocking[BatchEngine], engine: Chatty) -> None:
    fit_sampling(served, days_of(1.2), Sampling(), 0.0)
    talks: dict[int, list[str]] = {}
    for text, _, seed in engine.asked:
        talks.setdefault(seed, []).append(text)
    assert len(talks) == 10, "fewer and shorter ones where the minutes are counted"
    for seed, texts in talks.items():
        first, second, *_ = texts
        own = say(FIRST, random.Random(f"{seed}/{len(first)}"))
        assert own in second and first.count("assistant") == 1
        assert [text.count("question") for text in texts] == [1, 2, 3]


def test_of_little_time_one_is_tried_and_of_little_said_nothing_is_fitted(served: Blocking[BatchEngine]) -> None:
    assert set(fit_sampling(served, days_of(0.7), Sampling(), 0.0).tried) == {
        Sampling(FIRST, presence_penalty=PENALTY, max_tokens=fit_longest(served))
    }
    given = Sampling(max_tokens=50)
    nothing = fit_sampling(served, days_of(0.7, 4), given, None)
    assert nothing.sampling == given and not nothing.tried
    assert told_sampling(nothing) == {"sampling": "not fitted: 16 answers in private talks, and 20 are needed"}


def fit_longest(served: Blocking[BatchEngine]) -> int:
    codec = served.engine.codec
    return 2 * max(len(codec.encode(t.bubbles[0].text)) for d in days_of(0.7) for t in d.turns if not t.speaker)


def test_a_talk_has_what_is_answered_and_keeps_what_is_not() -> None:
    at = START
    opening = Turn(None, (Bubble("morning!"),), at)
    long = dialogue(0, ["one", "two", "three", "four", "five"])
    own = Dialogue("chat", long.scene, (opening, *long.turns), 0, date(2026, 3, 2), (False,) * 11, (0,) * 11)
    carried = dialogue(1, ["before", "one", "two"], context=2)
    group = dialogue(2, ["one", "two"], kind=ChatKind.GROUP)
    short = dialogue(3, ["one"])
    talks = private_talks([own, carried, group, short], 3)
    assert [talk.real for talk in talks] == [(("one",), ("two",), ("three",)), (("one",), ("two",))]
    had = talk_through(talks, lambda asked: {number: (f"reply {len(turns)}",) for number, (_, turns) in asked.items()})
    assert [talk.own for talk in had] == [(("reply 2",), ("reply 4",), ("reply 6",)), (("reply 3",), ("reply 5",))]
    said = [turn.bubbles[0].text for turn in talks[0].past]
    assert said == ["morning!", "question 0"], "nothing is answered yet"


def test_how_somebody_talks() -> None:
    found = manner([[("see you at six then ok",), ("Fine!",)], [("fine",), ("well, see you at six then",)]], 99)
    assert found.again == pytest.approx(0.5), "one word for word, one by five words on end"
    assert found.length == pytest.approx((math.log(6) + 0 + 0 + math.log(6)) / 4)
    assert manner([[("明天见啊好的",), ("那就明天见啊好",)]], 99).again == pytest.approx(0.5)
    assert manner([[("a b a b",)]], 99).variety == pytest.approx(math.log(2))


def test_it_lies_beside_the_lora_and_what_is_set_goes_before_it(tmp_path: Path) -> None:
    assert Sampling.fitted(None) == Sampling.fitted(tmp_path) == Sampling()
    Sampling(0.9, presence_penalty=0.6, max_tokens=12, seed=3).save(tmp_path)
    fitted = Sampling.fitted(tmp_path)
    assert fitted == Sampling(0.9, presence_penalty=0.6)
    assert SamplingConfig().over(fitted) == fitted
    assert SamplingConfig(temperature=0, max_tokens=9).over(fitted) == Sampling(0, presence_penalty=0.6, max_tokens=9)
    assert SamplingConfig(min_p=0).over(fitted) == Sampling(0.9, presence_penalty=0.6, min_p=0.0)
    (tmp_path / FILE).write_text('{"version": 1, "temperature": 0.9, "presence_penalty": 0.6}', "utf-8")
    assert Sampling.fitted(tmp_path) == Sampling(0.9, presence_penalty=0.6, min_p=0.0), "it was fitted without"
    (tmp_path / FILE).write_text('{"version": 3}', "utf-8")
    with pytest.raises(PermanentError, match="newer Echoes"):
        Sampling.fitted(tmp_path)
    (tmp_path / FILE).write_text('{"version": 1}', "utf-8")
    with pytest.raises(PermanentError, match="damaged: run `echoes calibrate`"):
        Sampling.fitted(tmp_path)
