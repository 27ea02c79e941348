"""A model without eyes is told in a word what a picture shows, where the shipped tower is sure of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from bot.chat.dialogue import Bubble, Scene, Speaker
from bot.chat.prompt import Codec, Fingerprint, render
from bot.engine.embedded import VISION, tower_path
from bot.engine.eyes.namer import SURE, Namer, name_of, names
from bot.engine.eyes.tower import Tower
from bot.errors import PermanentError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from tests.prompt.scenes import turn
from tests.support import byte_codec
from training.recipes.eyes.tower import detect, fresh_tower, normalized, turns

SAMPLE = Path(__file__).parents[2] / "training/sample"
PICTURES = dict(line.split("\t") for line in (SAMPLE / "pictures.tsv").read_text("utf-8").splitlines())
TOM = Speaker("Tom", "friend")


def drawing(what: str) -> bytes:
    return (SAMPLE / next(path for path, shows in PICTURES.items() if shows == what)).read_bytes()


@pytest.mark.parametrize("size", [(112, 112), (84, 140), (56, 56), (196, 56)])
def test_numpy_detects_what_torch_does(size: tuple[int, int]) -> None:
    theirs = fresh_tower(VISION, 1)
    theirs.load_state_dict({name: value.float() for name, value in load_file(tower_path()).items()})
    colours = np.random.default_rng(1).integers(0, 256, (*size[::-1], 3), np.uint8)
    pixels = normalized(torch.from_numpy(colours).permute(2, 0, 1)[None].float() / 255)
    with torch.no_grad():
        wanted = detect(theirs, pixels, *turns(theirs, size[1], size[0]))[0]
    found = Tower.load(tower_path()).detect(Image.fromarray(colours))
    assert found.shape == wanted.shape
    assert np.abs(found - wanted.numpy()).max() < 1e-3


def test_every_detector_has_a_name_of_its_own_in_both_languages() -> None:
    english, chinese = zip(*names(), strict=True)
    assert len(set(english)) == len(set(chinese)) == len(names()) == 1018
    assert list(english) == sorted(english), "in the order in which the recipe numbers them"


@pytest.mark.parametrize(("what", "chinese"), [("strawberry", "草莓"), ("carrot", "胡萝卜"), ("snowman", "雪人")])
def test_a_drawing_is_called_what_it_is(what: str, chinese: str, tmp_path: Path) -> None:
    media = MediaStore(tmp_path)
    namer, digest = Namer(media), media.put(drawing(what))
    assert namer.words(digest, "en") == what
    assert namer.words(digest, "zh") == chinese


def test_of_what_it_is_not_sure_it_says_nothing(tmp_path: Path) -> None:
    media = MediaStore(tmp_path)
    digest = media.put(drawing("mooncake"))
    assert name_of(media.open(digest)).likelihood < SURE
    assert Namer(media).words(digest, "zh") == ""


def test_a_picture_that_comes_later_is_looked_at_then(tmp_path: Path) -> None:
    media = MediaStore(tmp_path / "media")
    namer, digest = Namer(media), MediaStore(tmp_path / "other").put(drawing("carrot"))
    assert namer.words(digest, "en") == ""
    media.put(drawing("carrot"))
    assert namer.words(digest, "en") == "carrot"


def blind(media: MediaStore, names: bool = True) -> Codec:
    codec = byte_codec(media)
    return replace(codec, geometry=replace(codec.geometry, sees=False), names=Namer(media) if names else None)


@pytest.fixture
def prompt(tmp_path: Path) -> Callable[..., str]:
    media = MediaStore(tmp_path / "media")

    def shown(language: str, *whats: str, names: bool = True) -> str:
        codec = blind(media, names)
        scene = Scene(Persona("Mei", language=language), ChatKind.PRIVATE, partner=TOM, times=False)
        question = turn(0, TOM, Bubble("which one?", tuple(media.put(drawing(what)) for what in whats)))
        found = render(scene, [question], codec, open_turn=True)
        assert not found.photos
        return codec.tokenizer.decode(list(found.ids), skip_special_tokens=False)

    return shown


def test_the_prompt_says_what_each_photo_shows(prompt: Callable[..., str]) -> None:
    assert "<|im_start|>user\n[图片 胡萝卜] [图片] which one?<|im_end|>" in prompt("zh", "carrot", "mooncake")
    assert "<|im_start|>user\n[photo strawberry] [photo carrot] which one?" in prompt("en", "strawberry", "carrot")
    assert "<|im_start|>user\n[图片] [图片] which one?" in prompt("zh", "carrot", "mooncake", names=False)


def test_a_lora_that_was_told_nothing_does_not_fit(tmp_path: Path) -> None:
    media = MediaStore(tmp_path / "media")
    codecs = blind(media), blind(media, names=False), byte_codec(media)
    told, untold, seeing = (Fingerprint.of("base", codec) for codec in codecs)
    untold.save(tmp_path)
    with pytest.raises(PermanentError, match="names: trained for None"):
        told.check(tmp_path)
    saved = (tmp_path / "prompt.json").read_text()
    assert '"names": null' in saved
    (tmp_path / "prompt.json").write_text(saved.replace(',\n  "names": null', ""))  # as it was before there were names
    seeing.check(tmp_path)
