"""What `echoes bench` asks of an engine: the made-up messages of a group, a decision, a reply."""

import time
from datetime import UTC, datetime, timedelta

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec, Prompt, render
from bot.engine.base import Engine
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling

_TOKENS = 32  # of a reply
_SPEAKERS = (Speaker("Tom", "friend"), Speaker("An", "classmate"), Speaker("Grandpa", "elder"))
_LINES = (
    "who is coming on sunday?",
    "I can take two more in the car",
    "is it far from the station, do you think?",
    "we said nine at the old bridge, and then up along the river",
    "rain again",
    "bring something warm, last time it was freezing up there",
)


async def milliseconds(engine: Engine, chat: str, prompt: Prompt) -> float:
    """How long a decision takes."""
    began = time.perf_counter()
    await engine.p_answer(chat, prompt)
    return 1000 * (time.perf_counter() - began)


async def reply(engine: Engine, chat: str, prompt: Prompt, seed: int) -> int:
    """Writes one reply; how many tokens it has, its end among them."""
    sampling = Sampling(temperature=1.0, presence_penalty=0.0, max_tokens=_TOKENS, seed=seed)
    text = "".join([piece async for piece in engine.reply(chat, prompt, sampling)])
    return min(_TOKENS, len(engine.codec.encode(text)) + 1)


def group_prompt(codec: Codec, messages: int, title: str = "hiking") -> Prompt:
    """A group in which so many messages were written, another one with each title."""
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    turns = [
        Turn(
            _SPEAKERS[number % len(_SPEAKERS)],
            (Bubble(_LINES[number % len(_LINES)]),),
            start + timedelta(seconds=40 * number),
        )
        for number in range(messages)
    ]
    return render(Scene(Persona(f"Mei {title}"), ChatKind.GROUP, title=title), turns, codec, open_turn=True)
