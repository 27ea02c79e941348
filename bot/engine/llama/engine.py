"""The engine over llama.cpp: prompts travel as token ids, so that what a contact typed stays text."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Self

from bot.chat.prompt import Fingerprint, Prompt
from bot.engine.cores import free_cores
from bot.engine.describe import BaseModel, codec_for
from bot.engine.llama.files import model_file
from bot.engine.llama.gate import Gate
from bot.engine.llama.process import LlamaProcess, Settings
from bot.engine.llama.quantizing import Quantize
from bot.engine.llama.reading import Reading
from bot.engine.llama.slots import Slot, Slots
from bot.engine.llama.twin import IDLE_SECONDS, TorchTwin
from bot.engine.llama.writing import Ask, Writer, drawing
from bot.engine.matrices import state_bytes
from bot.engine.server import Json, ModelServer
from bot.engine.text import blank_tokens
from bot.errors import EchoesError, PassingError
from bot.media import MediaStore
from bot.sampling import Sampling

log = logging.getLogger(__name__)

_PATH = "/completion"
_BATCH = 128  # positions read in one step: more than a piece of a prompt and a token of each reply
_SURE = 1000.0  # a bias that leaves no other choice
_MOST_SLOTS = 9  # eight replies at once, and a decision
_SLOTS_SHARE = 2  # of the memory for caches, one part in so many is for slots; the rest keeps the other chats
_TWIN_SHARE = 4  # of it, again, for the chats with photos
_NOTICED_SECONDS = 0.3
_FORGETS_SECONDS = 600.0  # between two times, for its process is started anew and every chat is read again
_SPARE = 8  # positions of a slot past the context, which the server sets aside


class LlamaEngine:
    """See `bot.engine.base.Engine`. Use `start`."""

    def __init__(
        self,
        base: BaseModel,
        media: MediaStore,
        process: LlamaProcess,
        twin: TorchTwin,
        quantize: Quantize,
        max_context: int,
        blank: frozenset[int],
        room: int,
    ) -> None:
        """max_context: positions of one chat. room: those that are kept of all chats together."""
        self.codec = codec_for(base, media)
        self.max_context = max_context
        self.fingerprint = Fingerprint.of(base.id, self.codec)
        self._base, self._quantize = base, quantize
        self._process, self._twin = process, twin
        self._slots = Slots(process.settings.slots)
        self._reading = Reading(room, busy=lambda: self._asked > 0)
        self._blank = blank
        self._gate = Gate()
        self._starts = process.starts
        self._changes = 0  # of the LoRA
        self.positions_read = 0  # of prompts, in all, those left out that were kept
        self._asked = 0  # requests that the server has not answered to the end
        self._forgetting: asyncio.Task[None] | None = None
        self._forgot = -math.inf  # when it did last
        self._heard = 0.0  # when it last said something, or was asked with nothing else in hand

    @classmethod
    async def start(
        cls,
        base: BaseModel,
        media: MediaStore,
        *,
        lora: Path | None = None,
        quantize: Quantize = "f16",
        max_context: int | None = None,
        cache_bytes: int = 1 << 30,
        progress: Callable[[str], None] | None = None,
    ) -> Self:
        """Makes the model's file where it is not there yet, and starts llama.cpp with it. Raises in a sentence."""
        codec = codec_for(base, media)
        if lora is not None:
            Fingerprint.of(base.id, codec).check(lora)
        limit = min(max_context or base.max_positions, base.max_positions)
        model = await model_file(base, lora, quantize, progress)
        short_keys = quantize != "f16"  # which is for exactness
        position = state_bytes(base, short_keys=short_keys)
        slot = (limit + _SPARE) * position
        slots = max(1, min(_MOST_SLOTS, cache_bytes // _SLOTS_SHARE // slot))
        kept = max(0, cache_bytes - slots * slot) >> 20
        process = LlamaProcess(Settings(model, slots, limit + _SPARE, free_cores(), _BATCH, kept, short_keys))
        try:
            await process.start()
            blank = await asyncio.to_thread(blank_tokens, codec)  # takes a moment for a large vocabulary
            twin = TorchTwin(base.source, model, media, limit, cache_bytes // _TWIN_SHARE, IDLE_SECONDS)
            return cls(base, media, process, twin, quantize, limit, blank, cache_bytes // position)
        except BaseException:
            await process.aclose()
            raise

    @property
    def model(self) -> Path:
        """The file that it serves."""
        return self._process.settings.model

    async def server(self) -> ModelServer:
        """The way to llama.cpp's server itself. Raises PassingError where it is not up."""
        return await self._process.server()

    @property
    def sees(self) -> bool:
        """Whether torch's weights are here, which a photo had loaded."""
        return self._twin.loaded

    @property
    def precision(self) -> str:
        return f"{self._quantize}, llama.cpp"

    @property
    def pid(self) -> int | None:
        """Of llama.cpp's process."""
        return self._process.pid

    async def p_answer(self, chat: str, prompt: Prompt) -> float:
        if prompt.photos:
            async with self._gate.open(), self._twin.use() as torch:
                return await torch.p_answer(chat, prompt)
        return -math.expm1(min(await self._silence(chat, prompt), 0.0))

    async def reply(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        self._check_length(prompt)
        write = self._write_in_torch if prompt.photos else self._write
        async with self._gate.open(), aclosing(write(chat, prompt, sampling)) as pieces:
            async for piece in pieces:
                yield piece

    async def load_lora(self, lora: Path | None) -> None:
        if lora is not None:
            self.fingerprint.check(lora)
        model = await model_file(self._base, lora, self._quantize)
        async with self._gate.shut():
            self._changes += 1
            if model != self._process.settings.model:
                await self._process.exchange(model)
                await self._twin.exchange(model)

    def forget(self) -> None:
        if self._forgetting is None or self._forgetting.done():
            self._forgetting = asyncio.create_task(self._forget())

    def step_seconds(self) -> float:
        """How long the server has said nothing while something is asked of it."""
        return time.monotonic() - self._heard if self._asked else 0.0

    async def aclose(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
            await asyncio.gather(self._forgetting, return_exceptions=True)
        await self._process.aclose()
        await self._twin.aclose()

    async def _forget(self) -> None:
        """llama.cpp cannot be told to drop one chat: its process holds them all, and goes."""
        await asyncio.sleep(max(0.0, self._forgot + _FORGETS_SECONDS - time.monotonic()))
        try:
            async with self._gate.shut():
                self._forgot = time.monotonic()
                self._reading.forget()
                await self._process.exchange(self._process.settings.model)
                await self._twin.forget()
        except EchoesError as error:
            log.warning("What llama.cpp has read of the chats could not be let go: %s", error)

    async def _write(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        room = self.max_context - len(prompt.ids)
        async with self._slots.for_reply(chat) as slot:
            if not (slot.held and self._reading.known(chat, prompt.ids) == len(prompt.ids)):
                read = partial(self._read, chat, slot)
                async with self._reading.last_piece(chat, prompt.ids, read, reply=True):
                    await read(prompt.ids)
            writer = Writer(self.codec, self._blank, sampling, prompt.ids, room, held=slot.held)
            async with aclosing(writer.write(self._asking(chat, slot))) as pieces:
                async for piece in pieces:
                    yield piece

    async def _write_in_torch(self, chat: str, prompt: Prompt, sampling: Sampling) -> AsyncGenerator[str, None]:
        async with self._twin.use() as torch, aclosing(torch.reply(chat, prompt, sampling)) as pieces:
            async for piece in pieces:
                yield piece

    async def _silence(self, chat: str, prompt: Prompt) -> float:
        """log p of the end of turn as the next token, over all tokens."""
        self._check_length(prompt)
        # The server tells the log-probability of what it draws, from before any bias: so it is made to draw the end.
        body = {
            "prompt": list(prompt.ids),
            "n_predict": 1,
            "n_probs": 1,
            "logit_bias": [[self.codec.end_of_turn, _SURE]],
            **drawing(Sampling(0.0, 1.0)),
        }
        found: float | None = None
        async with (
            self._gate.open(),
            self._slots.for_decision(chat) as slot,
            self._reading.last_piece(chat, prompt.ids, partial(self._read, chat, slot)),
            aclosing(self._asking(chat, slot)(body)) as events,
        ):
            async for event in events:
                for told in event.get("completion_probabilities", ()):
                    found = float(told["logprob"])
        if found is None:
            raise PassingError("llama.cpp gave no answer to a decision.")
        return found

    async def _read(self, chat: str, slot: Slot, ids: Sequence[int]) -> None:
        """Has a prompt read, after which its chat has a slot."""
        async with aclosing(self._asking(chat, slot)({"prompt": list(ids), "n_predict": 0})) as events:
            async for _ in events:
                pass

    def _asking(self, chat: str, slot: Slot) -> Ask:
        async def ask(body: Json) -> AsyncGenerator[Json, None]:
            heard = False
            try:
                async with aclosing(self._events(chat, slot, body)) as events:
                    async for event in events:
                        heard = True
                        yield event
            except PassingError:
                if heard:
                    raise
                await asyncio.sleep(_NOTICED_SECONDS)  # its process may have ended, which is not known at once
                async with aclosing(self._events(chat, slot, body)) as events:
                    async for event in events:
                        yield event

        return ask

    async def _events(self, chat: str, slot: Slot, body: Json) -> AsyncGenerator[Json, None]:
        server = await self._process.server()
        if self._starts != self._process.starts:  # it holds nothing that we know of
            self._starts = self._process.starts
            self._slots.clear()
            self._reading.forget()
            slot.held = False
        if not self._asked:
            self._heard = time.monotonic()
        self._asked += 1
        try:
            wanted = body | {"id_slot": slot.wanted, "cache_prompt": True, "return_progress": True}
            async with aclosing(server.events(_PATH, wanted)) as events:
                async for event in events:
                    self._heard = time.monotonic()
                    if event.get("stop"):
                        self.positions_read += int(event["timings"]["prompt_n"])
                        self._slots.settle(slot, int(event["id_slot"]), chat)
                    if "prompt_progress" not in event:
                        yield event
                    if event.get("stop"):
                        return  # llama.cpp sends no other mark of the end
        finally:
            self._asked -= 1

    def _check_length(self, prompt: Prompt) -> None:
        if len(prompt.ids) >= self.max_context:
            raise EchoesError(
                f"A prompt of {len(prompt.ids)} tokens leaves no room for a reply in a context of {self.max_context}: "
                "shorten what is rendered."
            )
