"""What a training takes is said beforehand: memory before the weights are loaded, time after a few steps."""

import json
import re
from dataclasses import replace

import pytest
import torch

from bot.config import load_config
from bot.engine.describe import describe
from bot.engine.embedded import ensure_embedded
from bot.engine.matrices import Decoder, decoder_of
from bot.engine.models import load
from bot.errors import EchoesError
from bot.workspace import Workspace
from tests.finetune.test_train import QUICK, Listener
from training.finetune import TrainSettings, run, train
from training.finetune.memory import memory
from training.finetune.presets import TUNED
from training.finetune.samples import Place, Sample

GB = 1_000_000_000
SAMPLES = (Sample(tuple(range(400)), tuple(Place(at, 1) for at in range(40)), ()),)


def test_the_time_is_said_after_a_few_steps_and_kept(workspace: Workspace) -> None:
    listener = Listener()
    folder = train(workspace, TrainSettings(replace(QUICK.preset, batch_tokens=256), tokens=60_000), listener)
    (said,) = [note for note in listener.notes if "in all" in note]
    assert re.search(r"about \d+ minutes? in all: 60,000 tokens, at \d+ a second here just now, and \d\.\d GB", said)
    place = json.loads((folder / "training.json").read_text("utf-8"))["position"]
    assert 0 < place["foretold"] < 10 * place["seconds"], "how near it comes is measured where nothing else runs"


def test_where_the_memory_cannot_do_it_says_so_before_loading(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the weights are loaded")

    with monkeypatch.context() as patch:
        patch.setattr(run, "free_memory", lambda device: 10_000_000)
        patch.setattr(run, "load", never)
        with pytest.raises(EchoesError, match=r"takes about 0\.\d GB of memory, and 0\.0 GB are free here"):
            train(workspace, QUICK)
    need = memory(decoder_of(describe(load_config(workspace.config).model.base)), TUNED, SAMPLES, 4, 4, four_bit=False)
    assert need.checkpointed < need.plain
    listener = Listener()
    monkeypatch.setattr(run, "free_memory", lambda device: need.checkpointed + 300_000_000)
    monkeypatch.setattr(run, "memory", lambda *_, **__: replace(need, token=GB))
    train(workspace, QUICK, listener)
    assert any("computed twice" in note for note in listener.notes)


def test_the_weights_are_counted_from_the_configuration() -> None:
    ensure_embedded()
    decoder, loaded = decoder_of(describe("embedded")), load("embedded", "cpu", "bfloat16")
    counted = decoder.others + decoder.layers * sum(into * out for into, out in decoder.sizes.values())
    assert counted == pytest.approx(sum(value.numel() for value in loaded.model.parameters()), rel=0.02)


def test_a_model_of_three_billion_fits_into_sixteen_gigabytes() -> None:
    sizes = {"q_proj": (2048, 2048), "k_proj": (2048, 256), "v_proj": (2048, 256), "o_proj": (2048, 2048)}
    sizes |= dict.fromkeys(("gate_proj", "up_proj"), (2048, 11008)) | {"down_proj": (11008, 2048)}
    three = Decoder(36, sizes, 151_936, 151_936 * 2048 + 670_000_000)
    need = memory(three, TUNED, SAMPLES, torch.bfloat16.itemsize, torch.bfloat16.itemsize, four_bit=False)
    assert 8 * GB < need.checkpointed < 10 * GB < need.plain < 16 * GB
    exact = memory(three, TUNED, SAMPLES, torch.bfloat16.itemsize, torch.float32.itemsize, four_bit=False)
    assert exact.serving > 15 * GB
    divided = memory(three, TUNED, SAMPLES, torch.bfloat16.itemsize, torch.bfloat16.itemsize, four_bit=False, shards=4)
    assert 3.5 * GB < need.held - divided.held < 4.2 * GB, "three quarters of 5.5 GB, less what is whole at once"
    assert divided.serving == need.serving, "what serves it holds all of it"
