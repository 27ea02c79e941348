"""llama.cpp takes the very files that are opened here, and sees and says with them what torch does with the folder."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bot.chat.prompt.codec import CONTROL
from bot.engine.describe import Family
from bot.engine.models import LoadedModel, load, photo_tensors
from tests.ready.conftest import Ready
from tests.ready.llama_sees import PROMPT


def by_llama_cpp(one: Ready, photo: Path) -> dict[int, float]:
    """Log-probabilities of the likeliest tokens."""
    command = [sys.executable, "-m", "tests.ready.llama_sees", str(one.model), str(one.mmproj), str(photo)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return {int(token): value for token, value in json.loads(done.stdout).items()}


@torch.inference_mode()
def by_torch(model: LoadedModel, photo: Path) -> torch.Tensor:
    _, _, start, end, pad = (model.tokenizer.get_vocab()[name] for name in CONTROL)
    before, after = (model.tokenizer.encode(text, add_special_tokens=False).ids for text in PROMPT)
    pixels, grid = photo_tensors(model, [Image.open(photo)])
    ids = torch.tensor([[*before, start, *[pad] * (int(grid.prod()) // 4), end, *after]])
    places = torch.eq(ids, pad).int()
    logits = model.model(input_ids=ids, pixel_values=pixels, image_grid_thw=grid, mm_token_type_ids=places).logits
    found: torch.Tensor = logits[0, -1].log_softmax(-1)
    return found


@pytest.mark.parametrize("which", ["embedded", "qwen3_vl"])
def test_it_sees_the_same_photo(which: str, tiny: dict[Family, Ready], embedded: Ready, tmp_path: Path) -> None:
    """Of one window, whose size llama.cpp does not read."""
    one = embedded if which == "embedded" else tiny["qwen3_vl"]
    model = load(str(one.model), "cpu", "float32")
    side = 4 * model.geometry.patch * model.geometry.merge
    noise = np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)
    photo, blank = tmp_path / "photo.png", tmp_path / "blank.png"
    Image.fromarray(noise).save(photo)
    Image.new("RGB", (side, side)).save(blank)
    theirs, mine = by_llama_cpp(one, photo), by_torch(model, photo)
    assert len(theirs) == 10
    assert max(abs(float(mine[token]) - value) for token, value in theirs.items()) < 0.03
    assert (by_torch(model, blank) - mine).abs().max() > 0.5, "without seeing it they would not agree"
