"""Tiny random models of the real classes, chats to score, and a whole workspace to evaluate."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
import torch

from bot.chat.decision import Calibration
from bot.chat.prompt import Fingerprint
from bot.engine.blocking import Blocking, blocking
from bot.engine.describe import Family
from bot.engine.local import LocalEngine
from bot.engine.models import LoadedModel, codec_for, load
from bot.media import MediaStore
from bot.people import save_people
from bot.workspace import Workspace
from tests.dialogues.log import PEOPLE, Log
from tests.engine.conftest import tiny_model
from training.finetune.lora import attach, config_of, save_adapter, weights
from training.finetune.presets import TUNED

FAMILIES: tuple[Family, ...] = ("qwen2_5_vl", "qwen3_vl")


@pytest.fixture(scope="session", autouse=True)
def one_core() -> None:
    """The tests share the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Path]:
    return {family: tiny_model(tmp_path_factory.mktemp(family), family) for family in FAMILIES}


@pytest.fixture(params=FAMILIES)
def loaded(request: pytest.FixtureRequest, models: dict[Family, Path]) -> LoadedModel:
    return load(str(models[request.param]), "cpu", "float32")


class Opened(Protocol):
    """Opens an engine on a loaded model, until the test has ended."""

    def __call__(
        self, loaded: LoadedModel, media: MediaStore, *, batch_rows: int = 32, batch_tokens: int | None = None
    ) -> Blocking[LocalEngine]: ...


@pytest.fixture
def opened() -> Iterator[Opened]:
    with ExitStack() as stack:

        def open_engine(
            loaded: LoadedModel, media: MediaStore, *, batch_rows: int = 32, batch_tokens: int | None = None
        ) -> Blocking[LocalEngine]:
            async def made() -> LocalEngine:
                return LocalEngine(loaded, media, batch_rows=batch_rows, batch_tokens=batch_tokens)

            return stack.enter_context(blocking(made()))

        yield open_engine


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path)
    yield log
    log.close()


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory: pytest.TempPathFactory, models: dict[Family, Path]) -> Workspace:
    """Ten days of Nora in a group and with Mei, and a LoRA of random weights. Add files to it, but change none."""
    root = tmp_path_factory.mktemp("nora")
    log = Log(root)
    group, private = [], []
    for day in range(1, 11):
        group.append(f"3/{day} 17:59 Nora: salutations")
        for minute in range(0, 40, 2):
            group += [f"18:{minute:02} Tom: wellington {minute}?", f"18:{minute + 1:02} Mei: umbrella {minute}"]
            if minute % 8 == 0 or (minute + day) % 14 == 0:
                group.append(f"18:{minute + 1:02}:30 Nora: marmalade {minute}")
        private += [f"3/{day} 20:00 Mei: <photo> telescope", "20:01 Nora: yes please", "20:02 Nora: noodles"]
    log.group(*group)
    log.private("Mei", *private)
    log.corpus()
    log.close()
    (root / "config.yaml").write_text(
        f"model:\n  base: {models['qwen2_5_vl']}\n  device: cpu\n  dtype: float32\n  context_tokens: 1500\n", "utf-8"
    )
    (root / "persona.yaml").write_text("name: Nora\n", "utf-8")
    workspace = Workspace.open(root)
    save_people(workspace.people, PEOPLE)
    make_lora(workspace, models["qwen2_5_vl"], "first")
    return workspace


def make_lora(workspace: Workspace, model: Path, name: str, seed: int = 2) -> Path:
    loaded = load(str(model), "cpu", "float32")
    torch.manual_seed(seed)
    lora = attach(loaded.model, TUNED, loaded.base_id)
    for parameter in lora.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.05)
    folder = workspace.loras / name
    folder.mkdir(parents=True)
    save_adapter(config_of(lora), weights(lora), folder)
    Calibration().save(folder)
    Fingerprint.of(loaded.base_id, codec_for(loaded, MediaStore(workspace.media))).save(folder)
    return folder
