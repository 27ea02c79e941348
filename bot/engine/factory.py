"""The engine that the configuration asks for: llama.cpp's, torch's, or a server's."""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.chat.prompt import Fingerprint
from bot.config import Config, ServerConfig
from bot.engine.base import BatchEngine, Engine
from bot.engine.describe import BaseModel, codec_for, describe
from bot.engine.llama.here import llama_runs
from bot.errors import ConfigError
from bot.media import MediaStore

if TYPE_CHECKING:
    from bot.engine.remote import RemoteEngine

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R", bound="RemoteEngine")


async def build_engine(
    config: Config,
    lora: Path | None,
    media: MediaStore,
    progress: Callable[[str], None] | None = None,
    server_token: str | None = None,
) -> Engine:
    """Loads the base model and the LoRA, or connects to the server. Raises in a sentence what a person must mend.

    lora: as `find_lora` found it; whoever asks for it also takes its calibration. media: the photos that prompts will
    name. `progress` is told what takes long. server_token: where one is asked for.
    """
    if config.model.server is not None:
        from bot.engine.remote import RemoteEngine

        return await _remote(RemoteEngine, config, config.model.server, media, lora, progress, server_token)
    return await build_local_engine(config, lora, media, progress)


async def build_batch_engine(
    config: Config,
    media: MediaStore,
    progress: Callable[[str], None] | None = None,
    server_token: str | None = None,
    dtype: str | None = None,
) -> BatchEngine:
    """The engine that serves, for many prompts at once, with no LoRA on. Raises as `build_engine` does.

    dtype: as for `build_local_engine`; a server has its own.
    """
    if config.model.server is None:
        return await build_local_engine(config, None, media, progress, dtype)
    from bot.engine.remote_batch import RemoteBatchEngine

    engine = await _remote(RemoteBatchEngine, config, config.model.server, media, None, progress, server_token)
    await engine.load_lora(None)
    return engine


async def build_local_engine(
    config: Config,
    lora: Path | None,
    media: MediaStore,
    progress: Callable[[str], None] | None = None,
    dtype: str | None = None,
) -> BatchEngine:
    """The engine on this machine, whatever the configuration says of a server. Raises as `build_engine` does.

    dtype: of the weights, instead of what the configuration says; then it is torch's.
    """
    if dtype is None and llama_runs(config.model):
        base = await _apart(lambda: describe(config.model.base, progress))
        try:
            return await _in_llama(config, base, lora, media, progress)
        except ConfigError as error:
            if config.model.engine == "llama":
                raise
            log.warning("The model runs in torch: %s", error)
    engine = await _apart(lambda: _load(config, media, progress, dtype or config.model.dtype))
    try:
        if lora is not None:
            await engine.load_lora(lora)
    except BaseException:
        await engine.aclose()
        raise
    return engine


async def _in_llama(
    config: Config, base: BaseModel, lora: Path | None, media: MediaStore, progress: Callable[[str], None] | None
) -> BatchEngine:
    from bot.engine.llama.batch import LlamaBatchEngine

    model = config.model
    return await LlamaBatchEngine.start(
        base,
        media,
        lora=lora,
        quantize=model.quantize,
        max_context=model.context_tokens,
        cache_bytes=model.cache_mb * 1_000_000,
        progress=progress,
    )


async def _apart(work: Callable[[], T]) -> T:
    """Runs what takes long in a thread that does not keep the process alive: loading cannot be broken off."""
    result: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            outcome = work()
        except BaseException as error:
            if not result.cancelled():
                result.set_exception(error)
        else:
            if not result.cancelled():
                result.set_result(outcome)

    threading.Thread(target=run, name="loading", daemon=True).start()
    return await asyncio.wrap_future(result)


async def _remote(
    kind: "type[R]",
    config: Config,
    server: ServerConfig,
    media: MediaStore,
    lora: Path | None,
    progress: Callable[[str], None] | None,
    token: str | None,
) -> "R":
    """The LoRA here must fit the prompts, though the server holds the weights: its calibration is used.

    The server is asked to serve it, where it serves another.
    """
    base = await _apart(lambda: describe(config.model.base, progress))
    codec = codec_for(base, media)
    fingerprint = Fingerprint.of(base.id, codec)
    if lora is not None:
        fingerprint.check(lora)
    limit = min(config.model.context_tokens, base.max_positions)
    return await kind.connect(server.url, server.model, codec, fingerprint, media, limit, token, lora)


def _load(config: Config, media: MediaStore, progress: Callable[[str], None] | None, dtype: str) -> BatchEngine:
    from bot.engine.local import LocalEngine  # torch is imported here, and nowhere earlier
    from bot.engine.models import load

    model = config.model
    loaded = load(model.base, model.device, dtype, model.four_bit, progress)
    return LocalEngine(loaded, media, max_context=model.context_tokens, cache_bytes=model.cache_mb * 1_000_000)
