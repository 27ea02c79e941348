"""What a model server serves under a name: a base model, or a LoRA on it, which it may have forgotten."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

from bot.engine.server import Json, ModelServer
from bot.errors import PermanentError, RefusedError

log = logging.getLogger(__name__)


class ServedModel:
    """`name` is what requests call the model, `base` the model that a LoRA of that name lies on.

    `longest`: how many tokens the server reads, prompt and reply together, where it says so. `salt` goes with each
    request, lest vLLM reuse what another LoRA of that name has read. Use `find`.
    """

    def __init__(self, server: ModelServer, name: str) -> None:
        self.name = self.base = name
        self.longest: int | None = None
        self.salt = secrets.token_hex(16)
        self._server = server
        self._lora: Path | None = None  # loaded again where the server has forgotten it
        self._loading = asyncio.Lock()

    @classmethod
    async def find(
        cls, server: ModelServer, name: str, lora: Path | None = None, *, base_alone: bool = False
    ) -> "ServedModel":
        """Asks the server what it serves. Raises PermanentError where that is not the name.

        lora: what is to be served under the name. Where the server has no such name, or another folder under it, it
        is asked to load this one; if it will not, the log says which of them speaks. base_alone: the one base model
        that the server has is enough, the name need not be there.
        """
        model = cls(server, name)
        there = await model._there()
        if lora is not None:
            await model._ensure(lora, there)
        bases = [one for one, about in there.items() if not about.get("parent")]
        one_base = len({there[one].get("root") for one in bases}) == 1
        if lora is None and name not in there and not (base_alone and one_base):
            raise model._unknown(there)
        entry = there.get(name, {})
        model.base = entry.get("parent") or (name if entry else bases[0] if bases else name)
        limits = [int(about.get("max_model_len") or 0) for about in there.values()]
        model.longest = int(entry.get("max_model_len") or max(limits, default=0)) or None
        return model

    def beside(self, name: str) -> "ServedModel":
        """Returns another name on the same base model, which the server may have or not."""
        other = ServedModel(self._server, name)
        other.base, other.longest = self.base, self.longest
        return other

    async def load(self, lora: Path) -> None:
        """Has the server read a LoRA, under the name. Raises PermanentError where it will not; the old one stays."""
        body = {"lora_name": self.name, "lora_path": str(lora), "load_inplace": True}
        try:
            await self._server.command("/load_lora_adapter", body)
        except PermanentError as error:
            raise PermanentError(
                f"The server did not take the LoRA ({error}) Start vLLM with VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 on a "
                f"machine that sees {lora}, or restart it with --lora-modules {self.name}={lora}."
            ) from error
        self._lora = lora
        self.salt = secrets.token_hex(16)

    def forget(self) -> None:
        """Makes what the server has kept of earlier requests unreachable. It goes when the room is needed."""
        self.salt = secrets.token_hex(16)

    async def unload(self, name: str) -> None:
        await self._server.command("/unload_lora_adapter", {"lora_name": name})

    async def post(self, path: str, body: Json) -> Json:
        try:
            return await self._server.post(path, body)
        except RefusedError as error:
            if not await self._brought_back(error):
                raise
        return await self._server.post(path, body)

    async def events(self, path: str, body: Json) -> AsyncGenerator[Json, None]:
        """Yields the events of a streamed answer. Closing the generator tells the server to stop."""
        begun = False
        try:
            async with aclosing(self._server.events(path, body)) as events:
                async for event in events:
                    begun = True
                    yield event
            return
        except RefusedError as error:
            if begun or not await self._brought_back(error):
                raise
        async with aclosing(self._server.events(path, body)) as events:
            async for event in events:
                yield event

    async def _there(self) -> dict[str, Json]:
        """What the server says of each name."""
        return {entry["id"]: entry for entry in (await self._server.get("/models"))["data"]}

    def _unknown(self, there: Mapping[str, Json]) -> PermanentError:
        shown = ", ".join(sorted(there)) or "none"
        return PermanentError(f"The server at {self._server.url} does not serve {self.name!r} (it serves: {shown}).")

    async def _ensure(self, lora: Path, there: Mapping[str, Json]) -> None:
        """A name without a parent is a model of its own, into which the LoRA may have been merged: it stays."""
        entry = there.get(self.name)
        if entry is None or (entry.get("parent") and entry.get("root") != str(lora)):
            try:
                await self.load(lora)
            except PermanentError as error:
                if entry is None:
                    raise PermanentError(f"{self._unknown(there)} {error}") from error
                about = (self.name, entry.get("root"), lora, error)
                log.warning("The server serves as %s what is in %s, and decisions are calibrated for %s. %s", *about)
        self._lora = lora

    async def _brought_back(self, error: RefusedError) -> bool:
        """Whether the server was asked for what it had forgotten, as after a restart, and has it now."""
        if not error.missing or self._lora is None:
            return False
        async with self._loading:  # lest chats that find out together load it one after another
            if self.name not in await self._there():
                await self.load(self._lora)
                log.info("The model server had forgotten %s, and was given it again.", self.name)
        return True
