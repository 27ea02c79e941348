"""The tower that ships: it fits, it loads, it sees, and text is untouched by it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec, Fingerprint
from bot.chat.prompt.render import render
from bot.engine.device import fastest_dtype
from bot.engine.embedded import PIXELS, VISION, ensure_embedded, first_lora_path, tower_path, vision_tower
from bot.engine.models import LoadedModel, load
from bot.lora import NONE
from bot.message import ChatKind
from bot.persona import Persona
from training.finetune.first import begin
from training.finetune.lora import attach, config_of, save_adapter, weights
from training.finetune.presets import PRESETS
from training.recipes.eyes import notice as notice_module
from training.recipes.eyes import work
from training.recipes.eyes.asking import Answers, Names
from training.recipes.eyes.config import load_recipe
from training.recipes.eyes.language import ASKINGS, CHOICES, ORDER, AnswerScorer
from training.recipes.eyes.measure import Share, first_or_second, interval, look
from training.recipes.eyes.notice import notice
from training.recipes.eyes.tower import fresh_tower
from training.recipes.eyes.work import LARGEST

SHOWS = {
    "apple": "apple",
    "banana": "banana",
    "bicycle": "bicycle",
    "book": "open book",
    "bus": "bus",
    "cake": "birthday cake",
    "car": "car",
    "carrot": "carrot",
    "cat": "cat",
    "cheese": "cheese",
    "clock": "alarm clock",
    "coffee": "coffee",
    "cookie": "cookie",
    "dog": "dog",
    "fish": "fish",
    "flower": "blossom",
    "fried_egg": "fried egg",
    "good_bread": "bread",
    "guitar": "guitar",
    "house": "house",
    "key": "key",
    "moon": "crescent moon",
    "mountain": "mountain",
    "mushroom": "mushroom",
    "noodles": "noodles",
    "pear": "pear",
    "pizza": "pizza",
    "plant": "potted plant",
    "snowman": "snowman",
    "soup": "soup",
    "strawberry": "strawberry",
    "teapot": "teapot",
    "tree": "deciduous tree",
    "umbrella": "umbrella",
}
"""What the sample subject's photos show, as the tower calls it."""

THINGS = sorted(SHOWS.values())
_AT = datetime(2025, 5, 4, 12, tzinfo=UTC)
_FRIEND = Speaker("Tom", "friend")
SCENE = Scene(Persona("Mira"), ChatKind.PRIVATE, _FRIEND)
CHATS = [
    [Turn(_FRIEND, (Bubble(asked),), _AT), Turn(None, tuple(map(Bubble, said)), _AT)]
    for asked, said in (
        ("are you coming?", ("okok", "give me ten minutes")),
        ("how was work", ("ugh", "dont ask")),
        ("dinner at mine?", ("yesss", "what do i bring")),
        ("did you see the match", ("nope", "was asleep by nine lol")),
    )
]
SAMPLE = Path(__file__).parents[2] / "training" / "sample"


@pytest.fixture(scope="module")
def shipped() -> LoadedModel:
    return load("embedded", "cpu", fastest_dtype("cpu", "auto"))


@pytest.fixture(scope="module")
def pictures() -> list[tuple[Image.Image, str]]:
    """One of each thing, and its name."""
    found: dict[str, Path] = {}
    for line in (SAMPLE / "pictures.tsv").read_text("utf-8").splitlines():
        path, _, shows = line.partition("\t")
        found.setdefault(shows, SAMPLE / path)
    return [(Image.open(found[shows]).convert("RGB"), name) for shows, name in sorted(SHOWS.items())]


def test_it_fits_and_says_whose_pictures_it_learnt_from() -> None:
    assert tower_path().stat().st_size <= LARGEST and first_lora_path().stat().st_size <= 10_000_000
    beside = tower_path().with_suffix(".NOTICE").read_text("utf-8")
    recipe = load_recipe(Path(notice_module.__file__).with_name("eyes.yaml"))
    assert beside == notice(recipe)
    for style in recipe.styles:
        assert (style.package in beside) != style.test, "each style that was learnt, and no other"
    assert "Grocery Store Dataset" in beside


def test_it_is_in_the_model_that_is_built() -> None:
    tower = vision_tower()
    assert all(value.dtype == torch.float32 for value in tower.values())
    fresh_tower(VISION, 0).load_state_dict(tower)
    built = load_file(ensure_embedded() / "model.safetensors")
    assert all(torch.equal(built[f"model.visual.{name}"], value) for name, value in tower.items())


def test_text_is_the_same_with_any_tower(shipped: LoadedModel) -> None:
    ids = torch.tensor([shipped.tokenizer.encode("The quick brown fox, 你好, and what then?").ids])
    visual = shipped.model.model.visual
    with torch.no_grad():
        before = shipped.model(input_ids=ids).logits
        trained = {name: value.clone() for name, value in visual.state_dict().items()}
        visual.load_state_dict(fresh_tower(VISION, 3).state_dict())
        after = shipped.model(input_ids=ids).logits
        visual.load_state_dict(trained)
    assert torch.equal(before, after)


def test_one_window_holds_every_photo() -> None:
    assert VISION["window_size"] ** 2 >= PIXELS[1]
    assert VISION["window_size"] >= 28 * (PIXELS[1] // 28**2)


def test_it_sees_what_the_sample_subjects_photos_show(
    shipped: LoadedModel, pictures: list[tuple[Image.Image, str]]
) -> None:
    """Nothing of them was learnt. By chance one in thirty-four would be right."""
    called = likeliest(shipped, pictures)
    right = [found == name for found, (_, name) in zip(called, pictures, strict=True)]
    assert sum(right) >= 0.4 * len(pictures), [(name, found) for found, (_, name) in zip(called, pictures, strict=True)]


def test_an_avatar_trained_on_text_alone_keeps_its_sight(pictures: list[tuple[Image.Image, str]]) -> None:
    loaded = load("embedded", "cpu", fastest_dtype("cpu", "auto"))
    lora = attach(loaded.model, PRESETS["tuned"], loaded.base_id)
    begin(lora, PRESETS["tuned"], loaded.base_id)
    before = likeliest(loaded, pictures[::2])
    codec = Codec(loaded.tokenizer, loaded.geometry, lambda digest: (112, 112))
    trained = [value for value in lora.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(trained, 1e-3)
    losses = []
    for step in range(16):
        prompt = render(SCENE, CHATS[step % len(CHATS)], codec)
        ids, mask = torch.tensor([prompt.ids]), torch.tensor([prompt.loss_mask()])
        logits = loaded.model(input_ids=ids).logits[:, :-1][mask[:, 1:]]
        loss = torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][mask[:, 1:]])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0], "it did learn to talk otherwise"
    after = likeliest(loaded, pictures[::2])
    same = sum(name == earlier for name, earlier in zip(after, before, strict=True))
    assert same >= 0.6 * len(before), list(zip(before, after, strict=True))
    kept = choices(loaded, pictures)
    assert interval(kept.right, kept.of)[0] > 0.5, f"the first or the second: {kept}"


def test_what_is_measured_wears_the_lora_it_is_told(tmp_path: Path) -> None:
    recipe = load_recipe(Path(notice_module.__file__).with_name("eyes.yaml"))

    def nats(scorer: AnswerScorer) -> float:
        places = torch.zeros(8, 576)
        return Answers(scorer, CHOICES[0], (4, 4), places, 2, "dog").nats(ORDER[0])

    first = work._scorer(recipe, None, work.FIRST)
    lora = attach(load("embedded", "cpu", "bfloat16").model, PRESETS["tuned"], first.loaded.base_id)
    begin(lora, PRESETS["tuned"], first.loaded.base_id)
    save_adapter(config_of(lora), weights(lora), tmp_path)
    codec = Codec(first.loaded.tokenizer, first.loaded.geometry, lambda digest: (0, 0))
    Fingerprint.of(first.loaded.base_id, codec).save(tmp_path)
    expected = nats(first)
    assert nats(work._scorer(recipe, None, str(tmp_path))) == pytest.approx(expected, abs=0.05)
    assert nats(work._scorer(recipe, None, NONE)) > expected + 1


def likeliest(loaded: LoadedModel, pictures: list[tuple[Image.Image, str]]) -> list[str]:
    """Of some everyday things, what each picture is most likely called."""
    scorer = AnswerScorer(loaded)
    tree = Names(scorer, THINGS)
    seen = look(loaded, pictures)
    return [THINGS[Answers(scorer, ASKINGS[0], one.grid, one.places).likeliest(tree)[0]] for one in seen]


def choices(loaded: LoadedModel, pictures: list[tuple[Image.Image, str]]) -> Share:
    """How often the first is told from the second: each picture beside another of its shape."""
    seen = sorted(look(loaded, pictures), key=lambda picture: picture.grid)
    pairs = [picture for place, one in enumerate(seen) for picture in (one, seen[(place + 1) % len(seen)])]
    return first_or_second(AnswerScorer(loaded), pairs, CHOICES[0])
