"""How much memory is taken: how large a thing is made at once, and which of two models is there."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from bot.engine.batch import head
from bot.engine.batch.head import OutputHead
from bot.engine.describe import describe
from bot.engine.llama import export
from bot.engine.llama.quantizing import quantized
from bot.engine.models import load
from bot.engine.ready.reading import read_head
from bot.media import MediaStore
from bot.sampling import Sampling
from tests.engine.test_lora import trained
from tests.llama.conftest import Start, asked
from tests.llama.test_batches import dialogue, gathered

SHORT = Sampling(temperature=0, presence_penalty=0, max_tokens=4)


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the bytes of the largest tensor that is made."""

    nbytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.nbytes = max(self.nbytes, made.nbytes)
        return made


def test_logits_of_many_places_are_never_made_at_once(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(str(base), "cpu", "float32")
    vocabulary, width = loaded.model.lm_head.weight.shape
    hidden, ids = torch.randn(500, width), list(range(250)) * 2
    whole = OutputHead(loaded, 7)
    assert head.LOGITS_BYTES < 100_000_000, "three times that is held"
    odds, nats = whole.log_odds(hidden), whole.nats(hidden, ids, group=True)

    bound = 60 * vocabulary * 4
    monkeypatch.setattr(head, "LOGITS_BYTES", bound)
    bounded = OutputHead(loaded, 7)
    with Largest() as largest:  # type: ignore[no-untyped-call]
        assert bounded.log_odds(hidden) == pytest.approx(odds, abs=1e-4)
        assert bounded.nats(hidden, ids, group=True) == pytest.approx(nats, rel=1e-5)
    assert 0 < largest.nbytes <= max(bound, hidden.nbytes)


def test_a_file_for_llama_is_written_in_pieces_and_comes_out_the_same(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described, lora = describe(str(base)), trained(tmp_path / "lora", base, MediaStore(tmp_path / "media"), 1)
    export.export(described, base, lora, "f16", tmp_path / "whole.gguf")
    largest = max(int(np.prod(one.shape)) for one in read_head(tmp_path / "whole.gguf").tensors.values())

    sizes = []

    def noting(values: Any, kind: Any) -> Any:
        sizes.append(values.size)
        return quantized(values, kind)

    monkeypatch.setattr("bot.engine.llama.export.quantized", noting)
    monkeypatch.setattr(export, "_PIECE", largest // 5)
    export.export(described, base, lora, "f16", tmp_path / "pieces.gguf")
    assert max(sizes) <= largest // 2, "but for what a LoRA is added to, which is no embedding"
    assert (tmp_path / "pieces.gguf").read_bytes() == (tmp_path / "whole.gguf").read_bytes()


async def test_of_llama_and_torch_one_is_in_memory_at_a_time(start: Start, base: Path) -> None:
    engine = await start(base)
    prompt = asked(engine.codec, "hi")
    before = await gathered(engine.write_replies([prompt], [1], SHORT))

    async for _ in engine.score_dialogues([dialogue(engine, "who comes?")]):
        assert engine.sees and engine.pid is None
    assert await gathered(engine.write_replies([prompt], [1], SHORT)) == before
    assert engine.pid is not None and not engine.sees


async def test_who_writes_to_it_meanwhile_is_answered(start: Start, base: Path) -> None:
    engine = await start(base)
    prompt = asked(engine.codec, "hi")
    before = await engine.p_answer("chat", prompt)
    async for _ in engine.score_dialogues([dialogue(engine, "who comes?")]):
        both = await asyncio.gather(engine.p_answer("chat", prompt), engine.p_answer("other", prompt))
        assert both == pytest.approx([before, before], abs=1e-4)
