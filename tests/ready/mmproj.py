"""A vision tower as an mmproj file, written as llama.cpp's converter writes it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

from bot.engine.llama.tensors import Array, FolderWeights

_PLAIN = {
    r"patch_embed\.proj\.bias": "v.patch_embd.bias",
    r"pos_embed\.weight": "v.position_embd.weight",
    r"blocks\.(\d+)\.norm(\d)\.(\w+)": r"v.blk.\1.ln\2.\3",
    r"blocks\.(\d+)\.attn\.qkv\.(\w+)": r"v.blk.\1.attn_qkv.\2",
    r"blocks\.(\d+)\.attn\.proj\.(\w+)": r"v.blk.\1.attn_out.\2",
    r"blocks\.(\d+)\.mlp\.(gate|up|down)_proj\.(\w+)": r"v.blk.\1.ffn_\2.\3",
    r"blocks\.(\d+)\.mlp\.linear_fc1\.(\w+)": r"v.blk.\1.ffn_up.\2",
    r"blocks\.(\d+)\.mlp\.linear_fc2\.(\w+)": r"v.blk.\1.ffn_down.\2",
    r"merger\.(?:ln_q|norm)\.(\w+)": r"v.post_ln.\1",
    r"merger\.mlp\.(\d)\.(\w+)": r"mm.\1.\2",
    r"merger\.linear_fc1\.(\w+)": r"mm.0.\1",
    r"merger\.linear_fc2\.(\w+)": r"mm.2.\1",
}


def write_mmproj(folder: Path, path: Path, kind: Type = Type.F16, *, split: bool | None = None) -> Path:
    """The tower of a model's folder. kind: of its matrices.

    split: whether query, key and value are matrices of their own, as they are in a Qwen2.5-VL's.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    photos = json.loads((folder / "preprocessor_config.json").read_text("utf-8"))
    vision, newer = config["vision_config"], config["model_type"] == "qwen3_vl"
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type(gguf.GGUFType.MMPROJ)
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("qwen3vl_merger" if newer else "qwen2.5vl_merger")
    writer.add_vision_projection_dim(vision["out_hidden_size"])
    writer.add_vision_patch_size(vision["patch_size"])
    writer.add_vision_embedding_length(vision["hidden_size"])
    writer.add_vision_feed_forward_length(vision["intermediate_size"])
    writer.add_vision_block_count(vision["depth"])
    writer.add_vision_head_count(vision["num_heads"])
    writer.add_vision_image_mean(photos["image_mean"])
    writer.add_vision_image_std(photos["image_std"])
    writer.add_vision_min_pixels(photos["size"]["shortest_edge"])
    writer.add_vision_max_pixels(photos["size"]["longest_edge"])
    writer.add_vision_attention_layernorm_eps(1e-6)
    deep: list[int] = list(vision.get("deepstack_visual_indexes", ()))
    if newer:
        writer.add_vision_image_size(int(vision["num_position_embeddings"] ** 0.5) * vision["patch_size"])
        writer.add_vision_use_gelu(True)
        writer.add_vision_spatial_merge_size(vision["spatial_merge_size"])
        writer.add_vision_is_deepstack_layers([number in deep for number in range(vision["depth"])])
    else:
        writer.add_vision_image_size(560)
        writer.add_vision_use_silu(True)
        writer.add_vision_n_wa_pattern(vision["fullatt_block_indexes"][0] + 1)
        writer.add_vision_window_size(vision["window_size"])  # of which llama.cpp takes no note: it is always 112 there
    for name, values in _tensors(FolderWeights(folder), deep, split=not newer if split is None else split):
        matrix = values.ndim > 1 and not name.startswith("v.position_embd")
        writer.add_tensor(
            name,
            gguf.quantize(np.ascontiguousarray(values), kind) if matrix else values,
            raw_dtype=kind if matrix else None,
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tensors(weights: FolderWeights, deep: list[int], *, split: bool) -> Iterator[tuple[str, Array]]:
    for name, values in weights.items():
        _, ours, short = name.rpartition("visual.")  # a folder's names begin with it, or with one word more
        if not ours:
            continue
        if short == "patch_embed.proj.weight":
            yield "v.patch_embd.weight", values[:, :, 0]
            yield "v.patch_embd.weight.1", values[:, :, 1]
        elif match := re.fullmatch(r"deepstack_merger_list\.(\d+)\.(?:linear_)?(\w+)\.(\w+)", short):
            yield f"v.deepstack.{deep[int(match[1])]}.{match[2]}.{match[3]}", values
        else:
            there = next(re.sub(one, other, short) for one, other in _PLAIN.items() if re.fullmatch(one, short))
            if split and "attn_qkv" in there:
                for letter, part in zip("qkv", np.split(values, 3), strict=True):
                    yield there.replace("qkv", letter), part
            else:
                yield there, values
