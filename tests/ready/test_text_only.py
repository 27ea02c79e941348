"""A model that only reads is put into a Qwen2.5-VL: it reads as before, and nothing pretends that it sees."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bot.chat.dialogue import Bubble, Scene, Speaker
from bot.chat.prompt import render
from bot.config import load_config
from bot.doctor.model import examine_model
from bot.engine.describe import codec_for, describe
from bot.engine.embedded import TEMPLATE
from bot.engine.factory import build_engine
from bot.engine.models import load
from bot.engine.ready.text_only import with_untaught_eyes
from bot.errors import ConfigError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.workspace import Workspace
from tests.engine.conftest import FAMILIES
from tests.finetune.conftest import make_workspace
from tests.finetune.test_train import QUICK
from tests.llama.conftest import asked
from tests.prompt.scenes import turn
from tests.ready.conftest import Ready
from tests.ready.text_only import ROWS, small_qwen2, write_file
from tests.support import picture
from training.finetune import train

IDS = torch.randint(0, ROWS, (1, 60), generator=torch.Generator().manual_seed(1))


def opened(file: Path, folder: Path) -> Path:
    folder.mkdir()
    with_untaught_eyes(file).write(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("qwen2")
    return opened(write_file(small_qwen2(), place / "small.gguf"), place / "folder")


@torch.inference_mode()
def test_it_reads_as_the_original_does(folder: Path) -> None:
    before = small_qwen2()(input_ids=IDS).logits
    after = load(str(folder), "cpu", "float32").model(input_ids=IDS).logits
    assert torch.allclose(before, after, atol=1e-4)
    assert before.std() > 0.5, "there is something to compare"


@torch.inference_mode()
def test_of_two_tables_the_finer_one_is_kept(tmp_path: Path) -> None:
    model = small_qwen2()
    loaded = load(str(opened(write_file(model, tmp_path / "coarse.gguf", coarse_table=True), tmp_path / "folder")))
    name = "embed_tokens.weight"
    assert torch.equal(loaded.model.state_dict()[f"model.language_model.{name}"], model.state_dict()[f"model.{name}"])
    assert torch.allclose(loaded.model(input_ids=IDS).logits, model(input_ids=IDS).logits, atol=1e-4)


def test_it_is_told_of_a_photo_in_a_word(folder: Path, tmp_path: Path) -> None:
    media = MediaStore(tmp_path / "media")
    photos = tuple(media.put(picture(colour)) for colour in ("red", "blue"))
    tom = Speaker("Tom", "friend")
    codec = codec_for(describe(str(folder)), media)
    for language, word in (("en", "[photo]"), ("zh", "[图片]")):  # nobody knows what a plain colour shows
        scene = Scene(Persona("Mei", language=language), ChatKind.PRIVATE, partner=tom, times=False)
        question = turn(0, tom, Bubble("which one?", photos), Bubble("", photos[:1]))
        prompt = render(scene, [question], codec, open_turn=True)
        assert prompt.photos == ()
        said = codec.tokenizer.decode(list(prompt.ids), skip_special_tokens=False)
        wanted = f"{word} {word} which one?\n{word}"
        assert said.endswith(f"<|im_start|>user\n{wanted}<|im_end|>\n<|im_start|>assistant\n")


@pytest.fixture
def workspace(folder: Path, tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "nora", folder)


@pytest.fixture
def lora(workspace: Workspace) -> Path:
    return train(workspace, replace(QUICK, preset=replace(QUICK.preset, epochs=1)))


async def test_an_avatar_trained_on_it_answers_a_photo_without_looking(workspace: Workspace, lora: Path) -> None:
    config, media = load_config(workspace.config), MediaStore(workspace.media)
    checks = {check.name: check.text for check in examine_model(workspace, config, lambda _: None)}
    assert checks["photos"].startswith("this model sees none, and is told what known drawings")
    assert checks["lora"].endswith("is whole and fits the model")
    decided = []
    for name in ("torch", "llama"):
        model = config.model.model_copy(update={"engine": name})
        engine = await build_engine(config.model_copy(update={"model": model}), lora, media)
        try:
            prompt = asked(engine.codec, "look", photos=(media.put(picture("red")),))
            assert prompt.photos == ()
            decided.append(await engine.p_answer("0", prompt))
        finally:
            await engine.aclose()
    assert decided[0] == pytest.approx(decided[1], abs=0.01)


def test_one_that_has_learnt_to_see_does(tiny: dict[str, Ready]) -> None:
    assert all(describe(str(tiny[family].original)).geometry.sees for family in FAMILIES)


def test_its_tower_is_always_the_same(folder: Path, tmp_path: Path) -> None:
    again = opened(write_file(small_qwen2(), tmp_path / "small.gguf"), tmp_path / "folder")
    assert describe(str(again)).id == describe(str(folder)).id
    assert (again / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()


def test_its_chats_are_written_as_ours(folder: Path) -> None:
    told = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    assert told["chat_template"] == TEMPLATE


def test_another_file_is_refused(tiny: dict[str, Ready]) -> None:
    with pytest.raises(ConfigError, match="does not tell its qwen2vl"):
        with_untaught_eyes(tiny["qwen3_vl"].model)
