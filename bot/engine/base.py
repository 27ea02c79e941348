"""What every engine offers. No torch here, so that the daemon starts without it where the model is remote."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.chat.prompt import Codec, Prompt


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature 0 is greedy. max_tokens bounds one reply."""

    temperature: float = 0.8
    top_p: float = 0.95
    presence_penalty: float = 0.2  # taken from the logit of every token the reply already holds
    max_tokens: int = 200
    seed: int | None = None


class Engine(Protocol):
    """`chat` names the kept key-value cache; prompts end where the avatar's turn begins (`open_turn`)."""

    codec: Codec
    max_context: int  # tokens of prompt and reply together

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        """1 − p(end of turn first), before calibration."""

    def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        """The text of a reply, in pieces, never empty. Closing the generator cancels it between two tokens."""

    async def load_lora(self, lora: Path | None) -> None:
        """Changes the LoRA between two requests. Raises PermanentError if it does not fit; the old one stays.

        Raises PassingError while it cannot be read or its server does not answer. None asks for no LoRA of ours.
        """

    def step_seconds(self) -> float:
        """How long the inference thread has been in its present step (one prefill, one token of a batch).

        0 while it waits for work, and for a remote engine. The watchdog restarts a daemon whose thread is stuck.
        """

    async def aclose(self) -> None: ...
