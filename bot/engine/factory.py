"""The engine that the configuration asks for: in this process, or a server's."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.config import Config, ServerConfig
from bot.engine.base import Engine
from bot.engine.describe import codec_for, describe
from bot.lora import find_lora
from bot.media import MediaStore
from bot.prompt import Fingerprint
from bot.workspace import Workspace


async def build_engine(
    config: Config, workspace: Workspace, media: MediaStore, progress: Callable[[str], None] | None = None
) -> Engine:
    """Loads the base model and the LoRA, or connects to the server. Raises in a sentence what a person must mend.

    media: the photos that prompts will name. `progress` is told what takes long.
    """
    lora = find_lora(workspace.loras, config.model.lora)
    if config.model.server is not None:
        return await _remote(config, config.model.server, media, lora, progress)
    return await _local(config, media, lora, progress)


async def _remote(
    config: Config,
    server: ServerConfig,
    media: MediaStore,
    lora: Path | None,
    progress: Callable[[str], None] | None,
) -> Engine:
    """The LoRA here must fit the prompts, though the server holds the weights: its calibration is used."""
    from bot.engine.remote import RemoteEngine

    base = await asyncio.to_thread(describe, config.model.base, progress)
    codec = codec_for(base, media)
    fingerprint = Fingerprint.of(base.id, codec)
    if lora is not None:
        fingerprint.check(lora)
    limit = min(config.model.context_tokens, base.max_positions)
    return await RemoteEngine.connect(server.url, server.model, codec, fingerprint, media, limit)
