"""How a reply's tokens are chosen over llama.cpp, against a server that draws from chances known beforehand."""

import math
import random
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.chat.prompt import Codec
from bot.engine.llama.writing import Writer
from bot.engine.server import Json
from bot.engine.text import blank_tokens
from bot.engine.unseen import UnseenError
from bot.media import MediaStore
from bot.sampling import Sampling
from tests.support import byte_codec

ROUNDS = 4000


class Loaded:
    """A server whose every token has the same logits, whatever came before."""

    def __init__(self, codec: Codec, logits: dict[int, float]) -> None:
        self.codec, self.logits, self.requests = codec, logits, 0

    async def ask(self, body: Json) -> AsyncGenerator[Json, None]:
        self.requests += 1
        chance = random.Random(body["seed"])
        biases = dict(map(tuple, body["logit_bias"]))
        scores = {
            token: logit + biases.get(token, 0.0)
            for token, logit in self.logits.items()
            if biases.get(token) is not False
        }
        for number in range(1, body["n_predict"] + 1):
            if body["temperature"] <= 0:
                token = max(scores, key=scores.__getitem__)
            else:
                shares = [math.exp(score / body["temperature"]) for score in scores.values()]
                token = chance.choices(list(scores), shares)[0]
            if token == self.codec.end_of_turn:
                yield {"stop": True, "stop_type": "eos"}
                return
            yield {"stop": False, "tokens": [token], "content": "", "tokens_predicted": number}
        yield {"stop": True, "stop_type": "limit"}


@pytest.fixture
def codec(tmp_path: Path) -> Codec:
    return byte_codec(MediaStore(tmp_path))


async def written(codec: Codec, server: Loaded, sampling: Sampling) -> str:
    writer = Writer(codec, blank_tokens(codec), sampling, (1, 2), 100)
    return "".join([piece async for piece in writer.write(server.ask)])


class Holding:
    """A server that draws the bytes of these texts alike, and speaks of whole characters only, as llama.cpp does."""

    def __init__(self, codec: Codec, *texts: str) -> None:
        self.texts = [(codec.encode(text), text) for text in texts]
        self.drawn: list[int] = []

    async def ask(self, body: Json) -> AsyncGenerator[Json, None]:
        chance, number = random.Random(body["seed"]), 0
        self.drawn.append(body["n_predict"])
        while number < body["n_predict"]:
            tokens, text = chance.choice(self.texts)
            number += len(tokens)
            if number <= body["n_predict"]:
                yield {"stop": False, "tokens": tokens[-1:], "content": text, "tokens_predicted": number}
        yield {"stop": True, "stop_type": "limit"}


@pytest.mark.parametrize("penalty", [1.0, 0.3, -0.7])
async def test_the_penalty_of_what_was_said_is_that_of_torch(codec: Codec, penalty: float) -> None:
    """Two letters; the second is the first again with chance ½·e^(−penalty/T) against ½."""
    a, b = codec.encode("ab")
    server = Loaded(codec, {a: 0.0, b: 0.0})
    counted = Counter([await written(codec, server, Sampling(0.5, 1.0, penalty, 2, seed)) for seed in range(ROUNDS)])
    again = (counted["aa"] + counted["bb"]) / ROUNDS
    weight = math.exp(-penalty / 0.5)
    assert again == pytest.approx(weight / (weight + 1), abs=4 * math.sqrt(0.25 / ROUNDS))


async def test_greedy_with_a_penalty_takes_the_likeliest_of_what_is_left(codec: Codec) -> None:
    a, b, c = codec.encode("abc")
    server = Loaded(codec, {a: 1.0, b: 0.9, c: 0.0, codec.end_of_turn: 0.5})
    assert await written(codec, server, Sampling(0, 1, 0.6, 9)) == "ab"
    assert await written(codec, server, Sampling(0, 1, 2.0, 9)) == "ab"
    assert await written(codec, server, Sampling(0, 1, 0, 3)) == "aaa"
    assert await written(codec, server, Sampling(0, 1, -5.0, 4)) == "aaaa"


async def test_something_is_seen_before_the_turn_ends_or_a_token_shows_nothing(codec: Codec) -> None:
    newline, hello = codec.encode("\nh")
    server = Loaded(codec, {codec.end_of_turn: 5.0, newline: 4.0, hello: 0.0})
    assert await written(codec, server, Sampling(0, 1, 0, 9)) == "h"
    server = Loaded(codec, {newline: 4.0, hello: 0.0})
    assert await written(codec, server, Sampling(0, 1, 0, 3)) == "h\n\n"


async def test_a_reply_in_which_nothing_is_seen_is_an_error(codec: Codec) -> None:
    half = codec.encode("你")[0]
    with pytest.raises(UnseenError, match="nothing that can be read"):
        await written(codec, Loaded(codec, {half: 0.0}), Sampling(0, 1, 0, 5))


async def test_the_parts_of_a_character_count_as_said(codec: Codec) -> None:
    """The server tells only the last of them."""
    first, second, third = codec.encode("你")

    async def ask(body: Json) -> AsyncGenerator[Json, None]:
        yield {"stop": False, "tokens": [third], "content": "你", "tokens_predicted": 3}
        assert {first, second, third}.isdisjoint(token for token, _ in body["logit_bias"])
        yield {"stop": True, "stop_type": "eos"}

    writer = Writer(codec, blank_tokens(codec), Sampling(0, 1, 0, 9), (1,), 100)
    assert [piece async for piece in writer.write(ask)] == ["你"]
    assert writer.tokens == (first, second, third)


async def test_a_first_character_of_many_bytes_comes_as_often_as_it_is_drawn(codec: Codec) -> None:
    """A first request draws one token, and of a part of a character the server says nothing."""
    counted: Counter[str] = Counter()
    for seed in range(ROUNDS):
        server = Holding(codec, "👋", "a")
        writer = Writer(codec, blank_tokens(codec), Sampling(1, 1, 0, 1, seed), (1,), 100, held=False)
        counted["".join([piece async for piece in writer.write(server.ask)])] += 1
        assert server.drawn in ([1], [1, 4])
    assert counted.keys() == {"👋", "a"}
    assert counted["👋"] / ROUNDS == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / ROUNDS))


async def test_a_reply_ends_where_its_last_character_has_no_room(codec: Codec) -> None:
    server = Holding(codec, "你")
    writer = Writer(codec, blank_tokens(codec), Sampling(0, 1, 0, 7), (1,), 100, held=False)
    assert [piece async for piece in writer.write(server.ask)] == ["你", "你"]
    assert server.drawn == [1, 4, 4, 1]
