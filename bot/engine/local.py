"""The engine in this process: one inference thread, a kept key-value cache per chat, at most one LoRA."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TypeVar

import torch

from bot.chat.prompt import Fingerprint, Prompt
from bot.engine.base import Batches, Continuation, DialogueScores, ScoredDialogue
from bot.engine.batch.continuations import ContinuationScorer
from bot.engine.batch.dialogues import DialogueScorer
from bot.engine.batch.head import OutputHead
from bot.engine.batch.prefix import BatchDecoder
from bot.engine.batch.replies import ReplyWriter
from bot.engine.cache import CacheStore
from bot.engine.choice import Chooser
from bot.engine.lora import LoraSlot
from bot.engine.models import LoadedModel, codec_for, out_of_memory
from bot.engine.prefill import IncrementalPrefill
from bot.engine.text import PATIENCE, TextStream
from bot.engine.thread import InferenceThread, Manners, Steps
from bot.errors import EchoesError
from bot.letters import visible
from bot.media import MediaStore
from bot.sampling import Sampling

CACHE_BYTES = 1 << 30
BATCH_BYTES = 1_500_000_000
"""Of key-value states that a batch holds at once, about."""

_ROWS = 32  # replies of a batch in the making at a time
CPU_TOKENS, _GPU_TOKENS = 2048, 16384  # of dialogues scored at once

T = TypeVar("T")


class LocalEngine:
    """See `bot.engine.base.BatchEngine`. max_context is bounded by what the model was made for."""

    def __init__(
        self,
        loaded: LoadedModel,
        media: MediaStore,
        *,
        max_context: int | None = None,
        cache_bytes: int = CACHE_BYTES,
        batch_rows: int = _ROWS,
        batch_tokens: int | None = None,
    ) -> None:
        """batch_rows: replies of a batch written at a time. batch_tokens: of dialogues scored at a time."""
        self.codec = codec_for(loaded, media)
        self.max_context = min(max_context or loaded.max_positions, loaded.max_positions)
        self.fingerprint = Fingerprint.of(loaded.base_id, self.codec)
        self.precision = loaded.precision
        self._loaded = loaded
        self._media = media
        self._store = CacheStore(cache_bytes)
        self._lora = LoraSlot(loaded, self.fingerprint)
        self._chooser = Chooser(self.codec, loaded.model.config.get_text_config().vocab_size)
        self._thread = InferenceThread()
        tokens = batch_tokens or (CPU_TOKENS if loaded.device.type == "cpu" else _GPU_TOKENS)
        decoder, head = BatchDecoder(loaded, media), OutputHead(loaded, self.codec.end_of_turn)
        self._dialogues = DialogueScorer(loaded, media, head, self.codec.end_of_turn, tokens)
        self._continuations = ContinuationScorer(decoder, head, BATCH_BYTES)
        self._replies = ReplyWriter(decoder, head, self.codec, self._chooser, batch_rows, BATCH_BYTES)

    @property
    def cache_bytes(self) -> int:
        """Memory held by the kept caches now."""
        return self._store.nbytes

    def kept_chats(self) -> list[str]:
        """The chats whose caches are kept, the longest unused first."""
        return self._store.chats()

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        self._check_length(prompt)
        await self._look_at(prompt)
        return float(await asyncio.wrap_future(self._thread.submit(self._decide(chat, prompt))))

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        self._check_length(prompt)
        await self._look_at(prompt)

        def work(tell: Callable[[str], None]) -> Steps:
            return self._write(chat, prompt, sampling, tell)

        async with aclosing(self._pieces(work, Manners.TURNS)) as pieces:
            async for piece in pieces:
                yield piece

    def score_dialogues(self, dialogues: Sequence[ScoredDialogue]) -> Batches[DialogueScores]:
        return self._batch(lambda: self._dialogues.score(dialogues))

    def score_continuations(self, prompts: Sequence[Prompt], turns: Sequence[Continuation]) -> Batches[float]:
        return self._batch(lambda: self._continuations.score(prompts, turns))

    def write_replies(self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling) -> Batches[str]:
        return self._batch(lambda: self._replies.write(prompts, seeds, sampling))

    async def load_lora(self, lora: Path | None) -> None:
        await asyncio.wrap_future(self._thread.submit(self._switch(lora), Manners.ALONE))

    def forget(self) -> None:
        self._thread.submit(self._forget(), Manners.ALONE)

    def step_seconds(self) -> float:
        return self._thread.step_seconds()

    async def aclose(self) -> None:
        await asyncio.to_thread(self._thread.close)

    # -- between the inference thread and the loop ------------------------------------------------------------------

    async def _pieces(self, work: Callable[[Callable[[T], None]], Steps], manners: Manners) -> AsyncGenerator[T, None]:
        """What a request tells while it is at work in the inference thread."""
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[T | None] = asyncio.Queue()

        def tell(piece: T | None) -> None:
            with suppress(RuntimeError):  # the loop has ended, nobody listens
                loop.call_soon_threadsafe(pieces.put_nowait, piece)

        done = self._thread.submit(work(tell), manners)
        done.add_done_callback(lambda _: tell(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            done.result()
        finally:
            done.cancel()

    def _batch(self, work: Callable[[], Generator[dict[int, T], None, None]]) -> Batches[T]:
        def steps(tell: Callable[[dict[int, T]], None]) -> Steps:
            try:
                for found in work():
                    if found:
                        tell(found)
                    yield
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                self._store.clear()
                raise EchoesError(
                    f"The memory of {self._loaded.device} does not suffice for so many prompts: "
                    "lower model.context_tokens in config.yaml, or take a smaller model."
                ) from error

        return self._pieces(steps, Manners.BATCH)

    # -- in the inference thread ------------------------------------------------------------------------------------

    def _decide(self, chat: str, prompt: Prompt) -> Generator[None, None, float]:
        cache = self._store.take(chat, prompt)
        try:
            prefill = IncrementalPrefill(self._loaded, self._media, self._store, cache)
            yield from prefill.read(prompt)
            silence = prefill.logits.double().log_softmax(-1)[self.codec.end_of_turn]
            return float(-torch.expm1(silence))
        finally:
            self._store.give_back(cache)

    def _write(
        self, chat: str, prompt: Prompt, sampling: Sampling, tell: Callable[[str], None]
    ) -> Generator[None, None, None]:
        cache = self._store.take(chat, prompt)
        try:
            prefill = IncrementalPrefill(self._loaded, self._media, self._store, cache)
            yield from prefill.read(prompt)
            generator = torch.Generator().manual_seed(secrets.randbits(63) if sampling.seed is None else sampling.seed)
            room = self.max_context - len(prompt.ids)
            stream, seen = TextStream(self.codec), False
            reply: list[int] = []
            while len(reply) < min(sampling.max_tokens if seen else sampling.max_tokens + PATIENCE, room):
                if reply:
                    prefill.append(reply[-1])
                token = self._chooser.choose(prefill.logits, sampling, reply, seen, generator)
                if token == self.codec.end_of_turn:
                    break
                reply.append(token)
                if piece := stream.add(token):
                    seen = seen or visible(piece)
                    tell(piece)
                yield
            if not seen:
                raise EchoesError("The model wrote nothing that can be read.")
        finally:
            self._store.give_back(cache)

    def _forget(self) -> Generator[None, None, None]:
        self._store.clear()
        yield

    def _switch(self, lora: Path | None) -> Generator[None, None, None]:
        self._lora.switch(lora)
        self._store.clear()
        yield

    async def _look_at(self, prompt: Prompt) -> None:
        """Decodes photos before the inference thread asks for them, lest every chat wait for one chat's photos."""
        size = self.codec.geometry.size
        for photo in prompt.photos:
            await asyncio.to_thread(self._media.resized, photo.digest, *size(photo.grid))

    def _check_length(self, prompt: Prompt) -> None:
        if len(prompt.ids) >= self.max_context:
            raise EchoesError(
                f"A prompt of {len(prompt.ids)} tokens leaves no room for a reply in a context of {self.max_context}: "
                "shorten what is rendered."
            )
