"""The same weights in torch, for what llama.cpp does not do: photos, and how likely given words are.

llama.cpp's own way with photos tokenizes the text around them so that control tokens which somebody typed become
control tokens. So a prompt with photos is read here. Torch is loaded when the first asks for it, and the weights are
let go after a while in which none did.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.engine.llama.names import llama_name
from bot.engine.ready.reading import read_head
from bot.machine import give_back
from bot.media import MediaStore

if TYPE_CHECKING:
    from bot.engine.local import LocalEngine
    from bot.engine.models import LoadedModel

log = logging.getLogger(__name__)

IDLE_SECONDS = 600.0


class TorchTwin:
    """An engine in torch with the decoder of a GGUF file, while somebody uses it and for a while after."""

    def __init__(
        self, base: str, model: Path, media: MediaStore, max_context: int, cache_bytes: int, idle: float
    ) -> None:
        """base: as configured. model: the file. idle: seconds after which it is let go."""
        self._base, self._model, self._idle = base, model, idle
        self._make: Callable[[LoadedModel], LocalEngine] = lambda loaded: _engine(
            loaded, media, max_context, cache_bytes
        )
        self._engine: LocalEngine | None = None
        self._users = 0
        self._loading = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._letting_go: set[asyncio.Task[None]] = set()

    @property
    def loaded(self) -> bool:
        return self._engine is not None

    @asynccontextmanager
    async def use(self) -> "AsyncGenerator[LocalEngine, None]":
        """Loads it where it is not there. Raises as `bot.engine.models.load` does."""
        self._users += 1
        try:
            if self._timer is not None:
                self._timer.cancel()
            async with self._loading:
                if self._engine is None:
                    log.info("Loading torch, for a photo or to weigh words.")
                    self._engine = self._make(await asyncio.to_thread(load_decoder, self._base, self._model))
            yield self._engine
        finally:
            self._users -= 1
            if not self._users:
                self._timer = asyncio.get_running_loop().call_later(self._idle, self._unused)

    async def exchange(self, model: Path) -> None:
        """Goes on with another file. Nobody may be using it."""
        if model != self._model:
            self._model = model
            await self._let_go()

    async def forget(self) -> None:
        """Lets go of what was read of chats, and with it of the weights. Nobody may be using it."""
        await self._let_go()

    async def make_room(self) -> None:
        """Lets go of the weights, unless somebody is using them."""
        if not self._users:
            await self._let_go()

    async def aclose(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._let_go()

    def _unused(self) -> None:
        if not self._users and self._engine is not None:
            log.info("Letting go of torch's weights, which nothing has asked for in a while.")
            task = asyncio.create_task(self._let_go())
            self._letting_go.add(task)
            task.add_done_callback(self._letting_go.discard)

    async def _let_go(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.aclose()
            del engine
            give_back()


def load_decoder(base: str, model: Path) -> "LoadedModel":
    """The base model in float32, with the decoder of a GGUF file as that file has it. Torch is loaded here."""
    import torch

    from bot.engine.device import use_physical_cores
    from bot.engine.models import load

    use_physical_cores()
    loaded = load(base, "cpu", "float32")
    tensors = read_head(model).tensors
    with torch.no_grad():
        for name, value in loaded.model.state_dict().items():
            there = tensors.get(llama_name(name) or "")
            if there is not None:
                filled = 0
                for piece in there.pieces():
                    value.view(-1)[filled : filled + piece.size].copy_(torch.from_numpy(piece.reshape(-1)))
                    filled += piece.size
    return loaded


def _engine(loaded: "LoadedModel", media: MediaStore, max_context: int, cache_bytes: int) -> "LocalEngine":
    from bot.engine.local import LocalEngine

    return LocalEngine(loaded, media, max_context=max_context, cache_bytes=cache_bytes)
