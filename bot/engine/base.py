"""What every engine offers. No torch here, so that the daemon starts without it where the model is remote."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from bot.chat.prompt import Codec, Fingerprint, Prompt
from bot.sampling import Sampling

T = TypeVar("T")


class Engine(Protocol):
    """`chat` names the kept key-value cache; prompts end where the avatar's turn begins (`open_turn`)."""

    codec: Codec
    max_context: int  # tokens of prompt and reply together

    @property
    def precision(self) -> str:
        """Where and in which precision the model computes, as a reader sees it, such as `float32, cpu`."""

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        """Returns the probability of answering, 1 − p(end of turn first), before calibration."""

    def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        """Yields the text of a reply in pieces, none empty. Closing the generator cancels it between two tokens."""

    async def load_lora(self, lora: Path | None) -> None:
        """Changes the LoRA between two requests. Raises PermanentError if it does not fit; the old one stays.

        Raises PassingError while it cannot be read or its server does not answer. None asks for no LoRA of ours.
        """

    def forget(self) -> None:
        """Lets go, soon, of all that was read of the chats: somebody's words in it are to be forgotten."""

    def step_seconds(self) -> float:
        """How long the inference thread has been in its present step (one prefill, one token of a batch).

        0 while it waits for work, and for a remote engine. The watchdog restarts a daemon whose thread is stuck.
        """

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ScoredDialogue:
    """A rendered dialogue, and what of it is to be scored.

    decisions: places in the ids, each of the first id of a turn of the avatar.
    replies: start and end of turns of the avatar, end of turn included.
    group: whether the avatar may be silent; the replies are then scored given that it is not.
    """

    prompt: Prompt
    decisions: tuple[int, ...]
    replies: tuple[tuple[int, int], ...]
    group: bool


@dataclass(frozen=True, slots=True)
class DialogueScores:
    """What a dialogue scored. log_odds: log p(answer) − log p(silence) by decision. nats: −log p by reply."""

    log_odds: tuple[float, ...]
    nats: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Continuation:
    """A turn of the avatar, given as ids with its end, after the prompt of that index, which ends where it begins.

    group: whether the avatar may be silent. A turn of words is then scored given that it is not.
    """

    after: int
    ids: tuple[int, ...]
    group: bool


Batches = AsyncGenerator[dict[int, T], None]
"""Answers by the index of what was asked, as they are found. Closing the generator ends the work between two steps."""


class BatchEngine(Engine, Protocol):
    """An engine that also answers many prompts at once.

    A batch gives way to every chat between two of its steps, and uses no kept cache. Changing the LoRA ends batches
    that are not finished, with PassingError. Batches raise EchoesError where memory does not suffice.
    """

    fingerprint: Fingerprint

    def score_dialogues(self, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        """Scores dialogues in a random order, so that the first answers are a fair sample of all."""

    def score_continuations(self, prompts: Sequence[Prompt], turns: Sequence[Continuation]) -> Batches[float]:
        """Yields −log p of each turn, in nats, by its index. Each prompt is read once, however many turns follow it."""

    def write_replies(self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling) -> Batches[str]:
        """Writes one reply to each prompt. Its seed alone decides on it, whatever the batch; `sampling.seed` is unused.

        A reply in which nothing can be seen is tried again with other seeds, and is empty at last.
        """
