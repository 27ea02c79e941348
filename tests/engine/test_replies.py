"""Replies: chosen as transformers would choose them, never empty, never half a character, stopped when not wanted."""

import asyncio
import unicodedata
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import torch

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Prompt, render
from bot.engine.base import Engine
from bot.engine.choice import Chooser
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, photo_tensors
from bot.engine.text import TextStream
from bot.errors import EchoesError, PassingError
from bot.letters import visible
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling
from tests.support import byte_codec, picture

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
PRIVATE = Scene(Persona("Mei"), ChatKind.PRIVATE, partner=Speaker("Tom", "friend"))
GREEDY = Sampling(temperature=0, presence_penalty=0, max_tokens=24)


def conversation(engine: LocalEngine, *lines: str, photos: tuple[str, ...] = ()) -> Prompt:
    """Tom and Mei in turns, Tom first and last."""
    turns = [
        Turn(
            PRIVATE.partner if n % 2 == 0 else None, (Bubble(line, photos if n == 0 else ()),), START + timedelta(0, n)
        )
        for n, line in enumerate(lines)
    ]
    return render(PRIVATE, turns, engine.codec, open_turn=True)


async def whole(pieces: AsyncGenerator[str, None]) -> str:
    return "".join([piece async for piece in pieces])


def generated(loaded: LoadedModel, engine: LocalEngine, media: MediaStore, prompt: Prompt, tokens: int) -> str:
    """What `generate` of transformers writes, with the same tokens forbidden."""
    codec = engine.codec
    kinds = torch.zeros(1, len(prompt.ids), dtype=torch.int)
    for photo in prompt.photos:
        kinds[0, photo.start : photo.end] = 1
    inputs: dict[str, Any] = {"input_ids": torch.tensor([prompt.ids]), "mm_token_type_ids": kinds}
    if prompt.photos:
        pixels, grids = photo_tensors(loaded, [media.open(photo.digest) for photo in prompt.photos])
        inputs |= {"pixel_values": pixels, "image_grid_thw": grids}
    known = codec.tokenizer.get_vocab_size()
    never = sorted({*codec.banned, *range(known, loaded.model.config.get_text_config().vocab_size)})
    blank = [token for token in range(known) if not visible(codec.tokenizer.decode([token], skip_special_tokens=False))]
    model: Any = loaded.model
    ids = model.generate(
        **inputs,
        attention_mask=torch.ones_like(inputs["input_ids"]),
        do_sample=False,
        max_new_tokens=tokens,
        suppress_tokens=never,
        begin_suppress_tokens=[*blank, codec.end_of_turn],
        eos_token_id=codec.end_of_turn,
        pad_token_id=codec.end_of_turn,
    )
    return codec.decode(ids[0, len(prompt.ids) :].tolist()).replace("\ufffd", "")


async def test_a_greedy_reply_is_the_one_transformers_generates(
    engine: LocalEngine, loaded: LoadedModel, media: MediaStore
) -> None:
    red = media.put(picture("red", (100, 60)))
    for prompt in (
        conversation(engine, "what did you do on the weekend?"),
        conversation(engine, "look", "nice", "where is that, do you think?", photos=(red,)),
    ):
        expected = generated(loaded, engine, media, prompt, GREEDY.max_tokens)
        assert await whole(engine.reply("cold", prompt, GREEDY)) == expected
        await engine.p_answer("warm", prompt)
        assert await whole(engine.reply("warm", prompt, GREEDY)) == expected
        assert await whole(engine.reply("warm", prompt, GREEDY)) == expected
        assert len(expected) > 3


async def test_after_a_reply_the_cache_goes_on(engine: LocalEngine) -> None:
    first = conversation(engine, "hi")
    answer = await whole(engine.reply("kept", first, GREEDY))
    then = conversation(engine, "hi", answer, "and then?")
    assert await engine.p_answer("kept", then) == pytest.approx(await engine.p_answer("new", then), abs=1e-6)


async def test_the_same_seed_writes_the_same_reply_and_others_differ(engine: LocalEngine) -> None:
    prompt = conversation(engine, "tell me something")
    seeded = [await whole(engine.reply("a", prompt, Sampling(seed=seed, max_tokens=24))) for seed in (1, 1, 2, 3)]
    assert seeded[0] == seeded[1]
    assert len(set(seeded)) == 3
    free = {await whole(engine.reply("a", prompt, Sampling(max_tokens=24))) for _ in range(3)}
    assert len(free) == 3


async def test_replies_at_once_are_those_written_alone(engine: LocalEngine) -> None:
    prompts = {f"chat {n}": conversation(engine, f"question number {n}?") for n in range(4)}
    alone = {chat: await whole(engine.reply(f"alone {chat}", prompt, GREEDY)) for chat, prompt in prompts.items()}
    together = await asyncio.gather(*(whole(engine.reply(chat, prompt, GREEDY)) for chat, prompt in prompts.items()))
    assert together == list(alone.values())


async def test_a_decision_does_not_wait_for_a_reply_to_end(engine: LocalEngine) -> None:
    events: list[str] = []
    begun = asyncio.Event()
    story = Sampling(max_tokens=400, seed=5)

    async def write() -> None:
        async for _ in engine.reply("a", conversation(engine, "tell me a long story"), story):
            begun.set()
            events.append("piece")
        events.append("end")

    writing = asyncio.create_task(write())
    await begun.wait()
    for number in range(3):
        await engine.p_answer(f"b{number}", conversation(engine, f"are you there? {number}"))
        events.append("decision")
    await engine.p_answer("a", conversation(engine, "tell me a long story", "once", "go on"))  # in the same chat too
    events.append("decision")
    await writing
    assert events.count("decision") == 4
    assert events[-1] == "end"
    assert events[-2] == "piece"


async def test_closing_a_reply_stops_it_and_keeps_what_was_read(engine: LocalEngine) -> None:
    prompt = conversation(engine, "tell me a long story")
    before = await engine.p_answer("a", prompt)
    async with aclosing(engine.reply("a", prompt, Sampling(max_tokens=3000, seed=1))) as pieces:
        async for _ in pieces:
            break
    assert await asyncio.wait_for(engine.p_answer("a", prompt), 5) == pytest.approx(before, abs=1e-6)
    grown = conversation(engine, "tell me a long story", "no", "please")
    assert await engine.p_answer("a", grown) == pytest.approx(await engine.p_answer("b", grown), abs=1e-6)


async def test_a_closed_reply_is_not_written_on(engine: LocalEngine) -> None:
    async with aclosing(
        engine.reply("a", conversation(engine, "a story"), Sampling(max_tokens=3000, seed=1))
    ) as pieces:
        await anext(pieces)
    await engine.p_answer("b", conversation(engine, "hi"))
    held = engine.cache_bytes  # grows with each token that is read
    await asyncio.sleep(0.1)
    assert engine.cache_bytes == held


async def test_a_reply_of_which_nothing_could_be_seen_fails_instead(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = engine.codec.encode("你")[0]
    monkeypatch.setattr(Chooser, "choose", lambda *_: half)
    with pytest.raises(EchoesError, match="nothing that can be read") as caught:
        await whole(engine.reply("a", conversation(engine, "hi"), GREEDY))
    assert not isinstance(caught.value, PassingError), "it is not asked for again for ever"
    monkeypatch.undo()
    assert await whole(engine.reply("a", conversation(engine, "hi"), GREEDY))


async def test_a_cancelled_decision_leaves_the_engine_working(engine: LocalEngine) -> None:
    prompt = conversation(engine, "x" * 900)
    deciding = asyncio.create_task(engine.p_answer("a", prompt))
    await asyncio.sleep(0)
    deciding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deciding
    assert await engine.p_answer("a", prompt) == pytest.approx(await engine.p_answer("b", prompt), abs=1e-6)


async def test_a_prompt_too_long_is_refused_in_a_sentence(loaded: LoadedModel, media: MediaStore) -> None:
    engine = LocalEngine(loaded, media, max_context=200)
    prompt = conversation(engine, "x" * 200)
    with pytest.raises(EchoesError, match=rf"prompt of {len(prompt.ids)} tokens .* context of 200"):
        await engine.p_answer("a", prompt)
    with pytest.raises(EchoesError, match="leaves no room"):
        await whole(engine.reply("a", prompt, GREEDY))
    short = conversation(engine, "x")
    room = engine.max_context - len(short.ids)
    text = await whole(engine.reply("a", short, Sampling(temperature=0, max_tokens=10_000)))
    assert 0 < len(text) <= room
    await engine.aclose()


async def test_the_context_is_never_longer_than_the_model_was_made_for(loaded: LoadedModel, media: MediaStore) -> None:
    engine = LocalEngine(loaded, media, max_context=1_000_000)
    assert engine.max_context == 4096
    await engine.aclose()


async def test_a_closed_engine_says_so(loaded: LoadedModel, media: MediaStore) -> None:
    engine: Engine = LocalEngine(loaded, media)
    local = LocalEngine(loaded, media)
    await local.aclose()
    assert engine.step_seconds() == 0.0
    prompt = conversation(local, "hi " * 1000)
    story = asyncio.create_task(whole(engine.reply("a", prompt, Sampling(max_tokens=900, seed=1))))
    await asyncio.sleep(0.005)  # it reads the prompt, for long
    await engine.aclose()
    with pytest.raises(PassingError, match="shut down"):
        await story
    with pytest.raises(PassingError, match="shut down"):
        await engine.p_answer("a", prompt)
    await engine.aclose()


async def test_a_missing_photo_is_a_sentence_and_the_engine_goes_on(engine: LocalEngine, media: MediaStore) -> None:
    digest = media.put(picture("red"))
    prompt = conversation(engine, "look", photos=(digest,))
    media.path(digest).unlink()
    with pytest.raises(EchoesError, match="is missing"):
        await engine.p_answer("a", prompt)
    media.put(picture("red"))
    assert 0 < await engine.p_answer("a", prompt) < 1


# -- choosing ------------------------------------------------------------------------------------------------------


def scores(rows: int, **wanted: float) -> torch.Tensor:
    logits = torch.zeros(rows)
    for name, value in wanted.items():
        logits[int(name.removeprefix("t"))] = value
    return logits


def test_no_control_token_and_no_row_without_a_token_is_ever_chosen(media: MediaStore) -> None:
    codec = byte_codec(media)
    rows = codec.tokenizer.get_vocab_size() + 5
    chooser = Chooser(codec, rows)
    logits = torch.zeros(rows)
    logits[list(codec.banned)] = 50
    logits[-5:] = 60
    generator = torch.Generator().manual_seed(0)
    chosen = {chooser.choose(logits, Sampling(temperature=2, top_p=1), [1], True, generator) for _ in range(3000)}
    assert not chosen & codec.banned
    assert max(chosen) < codec.tokenizer.get_vocab_size()
    assert codec.end_of_turn in chosen  # once something was said
    first = {chooser.choose(logits, Sampling(temperature=2, top_p=1), [], False, generator) for _ in range(3000)}
    assert codec.end_of_turn not in first
    assert not {token for token in first if codec.decode([token]).isspace()}


def test_presence_penalty_and_top_p(media: MediaStore) -> None:
    codec = byte_codec(media)
    rows = codec.tokenizer.get_vocab_size()
    chooser = Chooser(codec, rows)
    generator = torch.Generator().manual_seed(0)
    a, b, c = (codec.encode(letter)[0] for letter in "abc")
    logits = torch.full((rows,), -20.0)
    logits[[a, b, c]] = torch.tensor([2.0, 1.9, 0.0])
    greedy = Sampling(temperature=0, presence_penalty=0.2)
    assert chooser.choose(logits, greedy, [c], True, generator) == a
    assert chooser.choose(logits, greedy, [a, a], True, generator) == b
    nucleus = Sampling(temperature=1, top_p=0.6, presence_penalty=0)
    assert {chooser.choose(logits, nucleus, [c], True, generator) for _ in range(300)} == {a, b}
    narrow = Sampling(temperature=1, top_p=0.01, presence_penalty=0)
    assert {chooser.choose(logits, narrow, [c], True, generator) for _ in range(50)} == {a}


def test_what_is_far_less_likely_than_the_likeliest_is_never_chosen_however_freely(media: MediaStore) -> None:
    codec = byte_codec(media)
    rows = 3000  # more than are looked at first
    chooser = Chooser(codec, rows)
    generator = torch.Generator().manual_seed(0)
    a, b, c = (codec.encode(letter)[0] for letter in "abc")
    known = codec.tokenizer.get_vocab_size()

    def chosen(logits: torch.Tensor, sampling: Sampling, rounds: int = 400) -> set[int]:
        return {chooser.choose(logits, sampling, [c], True, generator) for _ in range(rounds)}

    logits = torch.full((rows,), -9.0)
    logits[[a, b, c]] = torch.tensor([2.0, 1.0, -0.5])  # beside a, e^-1 is 0.37 and e^-2.5 is 0.08
    free = Sampling(temperature=1, top_p=1, presence_penalty=0, min_p=0.1)
    assert chosen(logits, free) == {a, b}
    assert chosen(logits, replace(free, temperature=1.2)) == {a, b, c}, (
        "by the chances that it chooses by: e^-2.1 is 0.12"
    )
    assert chosen(logits, replace(free, top_p=0.7)) == {a}, "the share is of what is left: a alone is 0.73 of it"
    assert chosen(logits, replace(free, min_p=1.0)) == {a}
    alike = chosen(torch.zeros(rows), replace(free, min_p=0.9), 2000)
    assert len(alike) > 0.9 * (known - len(codec.banned)), "all that are alike, however many"


@pytest.mark.parametrize("text", ["plain", "你好，吃饭了吗？", "👩‍👩‍👧‍👦 ok 🏳️‍🌈", "ünï\ncödé \u2028 x", "字" * 50])
def test_text_comes_in_whole_characters(media: MediaStore, text: str) -> None:
    codec = byte_codec(media)
    stream = TextStream(codec)
    pieces = [stream.add(token) for token in codec.encode(text)]
    assert "".join(pieces) == text
    assert all(len(piece) <= 1 for piece in pieces)  # one byte a token


def test_broken_characters_vanish_and_what_follows_is_kept(media: MediaStore) -> None:
    codec = byte_codec(media)
    half = codec.encode("你")[:2]
    stream = TextStream(codec)
    tokens = [*half, *codec.encode("ab"), *half, *half, *codec.encode("好c"), *half]
    assert "".join(stream.add(token) for token in tokens) == "ab好c"


def test_what_is_visible() -> None:
    assert all(visible(text) for text in ("a", " 好 ", "👍", ".", "\n\n?"))
    assert not any(visible(text) for text in ("", " ", "\n", "\u2028", "\u3000", "\u200b", "\ufeff\t"))
    assert unicodedata.category("\u200d") == "Cf"
