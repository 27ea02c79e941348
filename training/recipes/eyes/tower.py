"""The vision tower's arithmetic for a batch of pictures of one size, fast on a CPU; equal to transformers' own.

Transformers runs the patches of all pictures as one sequence and attends picture by picture. Here pictures are a batch,
both frames of a still picture are one multiplication, and every picture fits one attention window (the embedded model's
window is larger than its pictures).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VisionTransformerPretrainedModel

MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)

Tower = Qwen2_5_VisionTransformerPretrainedModel

PATCH, MERGE = 14, 2
"""Pixels a side of a patch, patches merged a side: the same in every Qwen2.5-VL."""


def fresh_tower(vision: dict[str, Any], seed: int) -> Tower:
    """An untrained tower: the residual branches begin at nothing, so that depth does not hinder the first steps."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tower = Tower(Qwen2_5_VLVisionConfig(**vision))
        for module in tower.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        blocks: Any = tower.blocks
        for block in blocks:
            nn.init.zeros_(block.attn.proj.weight)
            nn.init.zeros_(block.mlp.down_proj.weight)
    return tower


def start_from_patches(tower: Tower, patches: Tensor) -> None:
    """Sets the patch embedding to the main directions of real patches (patches × values), damped: PCA's whitening
    would make as much of the last direction, which is noise, as of the first."""
    weight = tower.patch_embed.proj.weight
    width, frames = weight.shape[0], weight.shape[2]
    centred = patches - patches.mean(0)
    variances, directions = torch.linalg.eigh(centred.T @ centred / len(centred))
    variances, directions = variances.flip(0)[:width], directions.flip(1)[:, :width]
    scales = (variances + 0.1 * variances.mean()).rsqrt()
    rows = (directions * scales).T.reshape(width, weight.shape[1], *weight.shape[3:])
    with torch.no_grad():
        weight.copy_(rows[:, :, None].expand_as(weight) / frames)


def normalized(pixels: Tensor) -> Tensor:
    """pictures × 3 × height × width in 0…1, as the image processor hands them over."""
    mean, deviation = (torch.tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
    return (pixels - mean) / deviation


def to_patches(pixels: Tensor, patch: int = PATCH) -> Tensor:
    """pictures × patches × values of one frame, merged patches beside each other."""
    count, channels, height, width = pixels.shape
    rows, columns = height // patch // MERGE, width // patch // MERGE
    cut = pixels.view(count, channels, rows, MERGE, patch, columns, MERGE, patch)
    return cut.permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(count, -1, channels * patch * patch)


def turns(tower: Tower, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the rotary positions of a picture this large: patches × width of a head."""
    rows, columns = torch.meshgrid(torch.arange(height // PATCH), torch.arange(width // PATCH), indexing="ij")
    order = to_patches(torch.stack([rows, columns])[None].float(), 1)[0]  # patches × (row, column)
    frequencies = tower.rotary_pos_emb.inv_freq
    angles = (order[:, :, None] * frequencies).flatten(1).repeat(1, 2)
    return angles.cos(), angles.sin()


def see(tower: Tower, pixels: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """What the language model is told: pictures × places × its width. pixels: normalized; turns: for their size."""
    said: Tensor = _linear(tower.merger.mlp[2], functional.gelu(detect(tower, pixels, cosine, sine)))
    return said


def detect(tower: Tower, pixels: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """What goes into the merger's hidden units: pictures × places × units."""
    weight = tower.patch_embed.proj.weight.sum(2).flatten(1)
    hidden = functional.linear(to_patches(pixels), weight).float()
    blocks: Any = tower.blocks
    for block in blocks:
        hidden = hidden + _attend(block.attn, _norm(hidden, block.norm1.weight), cosine, sine)
        entry = _norm(hidden, block.norm2.weight)
        gate, up = _linear(block.mlp.gate_proj, entry), _linear(block.mlp.up_proj, entry)
        hidden = hidden + _linear(block.mlp.down_proj, functional.silu(gate) * up)
    merger = tower.merger
    merged = _norm(hidden, merger.ln_q.weight).reshape(len(pixels), -1, merger.hidden_size)
    found: Tensor = _linear(merger.mlp[0], merged)
    return found


def _attend(attention: Any, entry: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    count, patches, width = entry.shape
    heads = attention.num_heads
    query, key, value = _linear(attention.qkv, entry).view(count, patches, 3, heads, -1).permute(2, 0, 3, 1, 4)
    query, key = _turn(query, cosine, sine), _turn(key, cosine, sine)
    scores = query @ key.transpose(2, 3) * attention.scaling
    mixed = torch.softmax(scores.float(), dim=-1).to(value.dtype) @ value
    return _linear(attention.proj, mixed.transpose(1, 2).reshape(count, patches, width))


def _turn(values: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = values.float().chunk(2, dim=-1)
    return (values.float() * cosine + torch.cat([-second, first], dim=-1) * sine).to(values.dtype)


def _norm(values: Tensor, weight: Tensor) -> Tensor:
    return weight * (values.float() * torch.rsqrt(values.float().square().mean(-1, keepdim=True) + 1e-6))


def _linear(layer: Any, values: Tensor) -> Tensor:
    return functional.linear(values, layer.weight, layer.bias)
