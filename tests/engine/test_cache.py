"""The kept caches stay within their bound, and are shared without being mixed up."""

from datetime import UTC, datetime
from itertools import count

import numpy as np
import pytest

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import PhotoSpan, Prompt, render
from bot.engine.cache import CacheStore, KeptCache, reading_of
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona

BYTES_A_POSITION = 3 * 2 * 2 * 16 * 4  # layers, keys and values, heads, head size, float32


def prompt_of(engine: LocalEngine, text: str) -> Prompt:
    turn = Turn(Speaker("Tom"), (Bubble(text),), datetime(2026, 3, 1, tzinfo=UTC))
    return render(Scene(Persona("Mei"), ChatKind.GROUP, title="g"), [turn], engine.codec, open_turn=True)


async def test_the_longest_unused_chat_goes_first(loaded: LoadedModel, media: MediaStore) -> None:
    probe = LocalEngine(loaded, media)
    prompts = {chat: prompt_of(probe, f"hello from {chat}") for chat in "abc"}
    size = len(prompts["a"].ids) * BYTES_A_POSITION
    await probe.p_answer("a", prompts["a"])
    assert probe.cache_bytes == size
    await probe.aclose()

    engine = LocalEngine(loaded, media, cache_bytes=2 * size)
    for chat in "abac":
        await engine.p_answer(chat, prompts[chat])
        assert engine.cache_bytes <= 2 * size
    assert engine.kept_chats() == ["a", "c"]
    await engine.aclose()


async def test_a_chat_larger_than_the_bound_is_served_and_not_kept(loaded: LoadedModel, media: MediaStore) -> None:
    engine = LocalEngine(loaded, media, cache_bytes=0)
    first = await engine.p_answer("a", prompt_of(engine, "hello"))
    assert engine.cache_bytes == 0
    assert await engine.p_answer("a", prompt_of(engine, "hello")) == first
    await engine.aclose()


async def test_what_was_read_is_forgotten(loaded: LoadedModel, media: MediaStore) -> None:
    engine = LocalEngine(loaded, media)
    await engine.p_answer("a", prompt_of(engine, "hello"))
    engine.forget()
    await engine.p_answer("b", prompt_of(engine, "hello"))
    assert engine.kept_chats() == ["b"]
    await engine.aclose()


def prompt_with_photo(digest: str, tail: tuple[int, ...] = (7, 8)) -> Prompt:
    return Prompt((1, 2, 3, 9, 9, 9, 9, *tail), (), (PhotoSpan(3, 7, digest, (1, 4, 4)),))


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (prompt_with_photo("red"), 9),
        (prompt_with_photo("blue"), 3),
        (prompt_with_photo("red", (7,)), 8),
        (prompt_with_photo("red", (8, 8)), 7),
        (Prompt((1, 2, 3, 9, 9, 9, 9, 7, 8), (), ()), 3),
        (Prompt((), (), ()), 0),
        (Prompt((5,), (), ()), 0),
    ],
)
def test_what_two_prompts_share(read: Prompt, expected: int) -> None:
    kept = KeptCache(read=reading_of(read))
    new = prompt_with_photo("red")
    assert kept.common(reading_of(new), new) == expected


def test_what_is_shared_never_ends_inside_a_photo() -> None:
    new = prompt_with_photo("red")
    for length, expected in zip(count(), (0, 1, 2, 3, 3, 3, 3, 7, 8, 9), strict=False):
        assert KeptCache(read=reading_of(new)[:length]).common(reading_of(new), new) == expected


def test_a_cache_in_use_is_not_handed_out_twice() -> None:
    store = CacheStore(limit=-1)  # keeps nothing that is not used
    prompt = Prompt((1, 2, 3), (), ())
    first = store.take("a", prompt)
    first.read = np.array([1, 2, 3], np.int64)
    second = store.take("a", prompt)
    assert second is not first
    assert second.read.tolist() == [1, 2, 3]
    store.give_back(first)
    assert store.chats() == ["a"]  # the second is still used
    store.give_back(second)
    assert not store.chats()
