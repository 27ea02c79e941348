"""The commands: pictures, training in its three parts, the shipped file, and what it sees."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from bot.chat.prompt import Codec, Fingerprint
from bot.engine.embedded import VISION, first_lora_path, tower_path
from bot.engine.eyes.namer import names
from bot.engine.lora import LoraSlot
from bot.engine.models import load
from bot.errors import DataError, UsageError
from bot.lora import NONE
from bot.pictures import decode
from bot.workspace import write_private
from training.finetune.first import begin
from training.finetune.lora import attach
from training.finetune.presets import TUNED
from training.recipes.eyes.asking import Answers, Names
from training.recipes.eyes.calling import called
from training.recipes.eyes.codes import Detections, detections, learn_codes, teach
from training.recipes.eyes.concepts import read_words
from training.recipes.eyes.config import Recipe
from training.recipes.eyes.groceries import read_groceries
from training.recipes.eyes.keeping import keep, kept
from training.recipes.eyes.language import ASKINGS, AnswerScorer
from training.recipes.eyes.lessons import learn_lessons
from training.recipes.eyes.look import learn_to_look
from training.recipes.eyes.material import Material, build_material
from training.recipes.eyes.measure import grocery_images, look, report, style_images
from training.recipes.eyes.notice import notice
from training.recipes.eyes.pictures import draw, fetch

LARGEST = 15_000_000
"""Bytes that the shipped weights may take."""

FIRST = "first"
"""Beside `NONE`, the LoRA that every LoRA on the embedded model begins from."""

_TOWER = "tower.pt"


def fetch_pictures(recipe: Recipe) -> Material:
    """Everything that is learnt from, fetched and drawn where it is not there yet."""
    fetch(recipe)
    return build_material(recipe, draw(recipe), read_groceries(recipe.groceries, recipe.held_out_products))


def train(recipe: Recipe, fast: bool = True) -> None:
    """Goes through the parts, each from its checkpoint on."""
    torch.set_num_threads(recipe.threads)
    material = fetch_pictures(recipe)
    tower = learn_to_look(material, recipe.look, recipe.seed, recipe.work / "look.pt", VISION, fast)
    loaded = load("embedded", "cpu", "bfloat16")

    @cache
    def detect() -> Detections:
        return detections(tower, material, recipe.said.views, recipe.seed)

    names, work, seed = material.names, recipe.work, recipe.seed
    codes = learn_codes(AnswerScorer(loaded), names, detect, recipe.codes, recipe.said, seed, work / "codes.pt")
    told = recipe.said, seed, work / "lessons.pt"
    lora = learn_lessons(AnswerScorer(loaded, frozen=False), names, codes, detect, recipe.lessons, *told)
    teach(tower, codes)
    keep(work / _TOWER, {"tower": tower.state_dict(), "lora": lora, "views": recipe.views})


def export(recipe: Recipe, to: Path | None = None) -> Path:
    """Writes tower and first LoRA in bfloat16, and beside them whose pictures they were learnt from."""
    path = recipe.work / _TOWER
    found = kept(path)
    if found is None:
        raise UsageError(f"{path} is missing: run `python -m training.recipes.eyes train` first.")
    tower, lora = _halved(found["tower"], {"views": str(found["views"])}), _halved(found["lora"], {"format": "pt"})
    size = (len(tower) + len(lora)) / 1e6
    if len(tower) + len(lora) > LARGEST:
        raise DataError(f"Tower and first LoRA take {size:.1f} MB, more than {LARGEST / 1e6:.0f}.")
    target = to or tower_path()
    for file, content in ((target, tower), (target.with_name(first_lora_path().name), lora)):
        write_private(file, content)
        file.chmod(0o644)
    beside = target.with_suffix(".NOTICE")
    beside.write_text(notice(recipe), "utf-8")
    print(f"{target} and {first_lora_path().name}: {size:.1f} MB, {found['views']:,} views")
    return target


def _halved(tensors: dict[str, Tensor], told: dict[str, str]) -> bytes:
    """A file of the weights in bfloat16. told: one thing, for several would come in any order, and change the file."""
    small = {name: value.to(torch.bfloat16).contiguous() for name, value in tensors.items()}
    return bytes(save(small, told))


def tower_of(weights: Path | None) -> dict[str, Tensor]:
    """A file of weights, or the shipped one, in float32."""
    path = weights or tower_path()
    if not path.is_file():
        raise UsageError(f"{path} is missing: give a file of weights, or train and export one.")
    return {name: value.float() for name, value in load_file(path).items()}


def measure(recipe: Recipe, weights: Path | None, lora: str, count: int) -> None:
    """Prints what the weights see of what was never learnt. lora: `FIRST`, `NONE`, or the folder of a trained one."""
    scorer, material = _scorer(recipe, weights, lora), fetch_pictures(recipe)
    groceries = read_groceries(recipe.groceries, recipe.held_out_products)
    photos = {"unseen products": groceries.unseen, "unseen photos of known products": groceries.known}
    photos = {told: some for told, some in photos.items() if some}
    synonyms = read_words(Path(__file__).with_name("synonyms.txt"))
    print("\n".join(report(recipe, scorer, material.pictures, material.names, photos, count, synonyms)))


def show(recipe: Recipe, weights: Path | None, lora: str, files: Sequence[Path]) -> None:
    """Prints what the model says to picture files: the likeliest name, and its own words to two questions."""
    scorer, material = _scorer(recipe, weights, lora), fetch_pictures(recipe)
    tree = Names(scorer, material.names)
    for file in files:
        [seen] = look(scorer.loaded, [(decode(file.read_bytes()), file.stem)])
        asked = [Answers(scorer, asking, seen.grid, seen.places) for asking in ASKINGS[:2]]
        likeliest = material.names[asked[0].likeliest(tree)[0]]
        print(f"{file.stem} | {likeliest} | {' | '.join(answer.words() for answer in asked)}", flush=True)


def name(recipe: Recipe, count: int, others: Path | None) -> None:
    """Prints how rightly, and how surely, the shipped tower calls what it never learnt, without a language model.

    others: a folder of photos of other things. Raises DataError where the names that ship are of another recipe.
    """
    material = fetch_pictures(recipe)
    if list(material.names) != [english for english, _ in names()]:
        raise DataError("bot/engine/eyes/names.txt does not list this recipe's names, in their order: write it anew.")
    groceries = read_groceries(recipe.groceries, recipe.held_out_products)
    shown = {style.name: style_images(material.pictures, style.name, count) for style in recipe.styles if style.test}
    shown["groceries, unseen products"] = grocery_images(groceries.unseen, count)
    if others is not None:
        shown["others"] = [(decode(file.read_bytes()), "") for file in sorted(others.iterdir())]
    synonyms = read_words(Path(__file__).with_name("synonyms.txt"))
    print("\n".join(line for told, images in shown.items() for line in called(told, images, synonyms)))


def _scorer(recipe: Recipe, weights: Path | None, lora: str) -> AnswerScorer:
    """The embedded model as it answers, with the given weights as its tower and the given LoRA."""
    torch.set_num_threads(recipe.threads)
    loaded = load("embedded", "cpu", "bfloat16")
    loaded.model.model.visual.load_state_dict(tower_of(weights))
    loaded.model.model.visual.float()
    if lora == FIRST:
        put_on = attach(loaded.model, TUNED, loaded.base_id)
        begin(put_on, TUNED, loaded.base_id)
        put_on.eval()
    elif lora != NONE:
        codec = Codec(loaded.tokenizer, loaded.geometry, lambda digest: (0, 0))
        LoraSlot(loaded, Fingerprint.of(loaded.base_id, codec)).switch(Path(lora))
    return AnswerScorer(loaded)
