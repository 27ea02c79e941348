"""The tower's own arithmetic is transformers', and its optimizer does what it says."""

import pytest
import torch

from bot.chat.prompt import PhotoGeometry
from bot.engine.embedded import PIXELS, VISION
from training.recipes.eyes.optimizer import Muon, optimizers, orthogonal
from training.recipes.eyes.tower import Tower, fresh_tower, normalized, see, start_from_patches, to_patches, turns

GEOMETRY = PhotoGeometry(14, 2, *PIXELS)


def sharp_tower() -> Tower:
    """A tower in which everything matters: a fresh one's branches are silent."""
    tower = fresh_tower(VISION, 1)
    torch.manual_seed(2)
    with torch.no_grad():
        for value in tower.parameters():
            value.add_(0.03 * torch.randn_like(value))
    return tower


@pytest.mark.parametrize("photo", [(512, 512), (168, 126), (126, 168), (1000, 300), (90, 700), (30, 30), (3000, 20)])
def test_it_says_what_transformers_says(photo: tuple[int, int]) -> None:
    tower = sharp_tower()
    _, rows, columns = GEOMETRY.grid(*photo)
    pixels = torch.randn(3, 3, rows * 14, columns * 14)
    patches = to_patches(pixels).view(-1, 3, 1, 14 * 14).expand(-1, -1, 2, -1).flatten(1)  # both frames alike
    with torch.no_grad():
        theirs = tower(patches, torch.tensor([[1, rows, columns]] * 3)).pooler_output
        ours = see(tower, pixels, *turns(tower, rows * 14, columns * 14))
    assert ours.shape == (3, rows * columns // 4, VISION["out_hidden_size"])
    assert torch.allclose(ours.flatten(0, 1), theirs, atol=2e-4)


def test_where_something_is_matters() -> None:
    tower = sharp_tower()
    pixels = torch.zeros(2, 3, 56, 56)
    pixels[0, :, :14, :14] = pixels[1, :, 14:28, 42:] = 3.0
    with torch.no_grad():
        said = see(tower, pixels, *turns(tower, 56, 56))
    assert not torch.allclose(said[0].mean(0), said[1].mean(0), atol=1e-3)


def test_patches_lie_as_the_processor_lays_them() -> None:
    from PIL import Image
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    pixels = torch.randint(0, 256, (84, 56, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    processor = Qwen2VLImageProcessorPil(patch_size=14, merge_size=2)
    theirs = processor(images=[Image.fromarray(pixels.numpy())], do_resize=False, return_tensors="pt")["pixel_values"]
    ours = to_patches(normalized(pixels.permute(2, 0, 1)[None].float() / 255))[0]
    first_frame = theirs.view(-1, 3, 2, 14 * 14)[:, :, 0].flatten(1)
    assert torch.allclose(ours, first_frame, atol=1e-3)


def test_patches_begin_as_their_main_directions() -> None:
    tower = fresh_tower(VISION, 1)
    torch.manual_seed(1)
    patches = torch.randn(2000, 3 * 14 * 14) @ torch.diag(torch.linspace(3, 0, 588))
    start_from_patches(tower, patches)
    weight = tower.patch_embed.proj.weight.detach()
    assert torch.equal(weight[:, :, 0], weight[:, :, 1]), "a still picture's frames are alike"
    spread = ((patches - patches.mean(0)) @ weight.sum(2).flatten(1).T).std(0)
    assert float(spread.max()) < 1.1, "whitened"
    assert float(spread[-1]) < float(spread[0]), "but the least directions are damped"


def test_orthogonal_keeps_directions_and_evens_out_lengths() -> None:
    torch.manual_seed(1)
    for shape in ((20, 50), (50, 20)):
        left, _, right = torch.linalg.svd(torch.randn(shape), full_matrices=False)
        skewed = left @ torch.diag(torch.logspace(0, -1.5, 20)) @ right
        values = torch.linalg.svdvals(orthogonal(skewed))
        assert float(values.min()) > 0.5 and float(values.max()) < 1.4


def test_muon_goes_downhill_and_each_weight_has_one_optimizer() -> None:
    torch.manual_seed(1)
    matrix, target = torch.nn.Parameter(torch.zeros(8, 16)), torch.randn(8, 16)
    muon = Muon([matrix], 0.05)
    for _ in range(200):
        muon.zero_grad()
        (matrix - target).square().sum().backward()  # type: ignore[no-untyped-call]
        muon.step()
    assert float((matrix.detach() - target).square().mean()) < 0.05
    tower = fresh_tower(VISION, 1)
    taken = [id(value) for tool in optimizers(tower, 1e-3) for group in tool.param_groups for value in group["params"]]
    assert sorted(taken) == sorted(map(id, tower.parameters()))
