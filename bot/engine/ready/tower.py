"""What an mmproj file tells of the vision tower: its part of config.json, how photos are prepared, and its tensors.

What the file leaves unsaid is as the family was published.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gguf import Keys

from bot.engine.describe import Family
from bot.engine.ready.reading import Head, Part, Tensor
from bot.errors import ConfigError

_TOLD = Keys.ClipVision
_PROJECTORS: Mapping[Family, str] = {"qwen2_5_vl": "qwen2.5vl_merger", "qwen3_vl": "qwen3vl_merger"}
_OUTPUT = "mm.2.weight"
_POSITIONS = "v.position_embd.weight"
_PIXELS: Mapping[Family, tuple[int, int]] = {"qwen2_5_vl": (3136, 12845056), "qwen3_vl": (65536, 16777216)}
_FULL_EVERY = 8  # layers, of which the last sees the whole photo; the others see windows
_WINDOW = 112

_WHOLE: Mapping[Family, Mapping[str, str]] = {
    "qwen2_5_vl": {
        "v.patch_embd": "patch_embed.proj",
        "v.post_ln": "merger.ln_q",
        "mm.0": "merger.mlp.0",
        "mm.2": "merger.mlp.2",
    },
    "qwen3_vl": {
        "v.patch_embd": "patch_embed.proj",
        "v.position_embd": "pos_embed",
        "v.post_ln": "merger.norm",
        "mm.0": "merger.linear_fc1",
        "mm.2": "merger.linear_fc2",
    },
}
_IN_LAYER: Mapping[Family, Mapping[str, str]] = {
    "qwen2_5_vl": {"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"},
    "qwen3_vl": {"ffn_up": "mlp.linear_fc1", "ffn_down": "mlp.linear_fc2"},
}
_IN_EACH = {
    "ln1": "norm1",
    "ln2": "norm2",
    "attn_qkv": "attn.qkv",
    "attn_q": "attn.qkv",  # in one matrix in transformers, one below the other
    "attn_k": "attn.qkv",
    "attn_v": "attn.qkv",
    "attn_out": "attn.proj",
}
_IN_DEEP = {"norm": "norm", "fc1": "linear_fc1", "fc2": "linear_fc2"}
_PLACE = re.compile(r"v\.(blk|deepstack)\.(\d+)\.(\w+)")


class Tower(Protocol):
    """A vision tower, from wherever: its part of config.json, preprocessor_config.json, and its tensors.

    tensors: by the names in transformers, what each is made of, in its order.
    """

    @property
    def path(self) -> Path: ...

    def config(self) -> Mapping[str, Any]: ...
    def photos(self) -> Mapping[str, Any]: ...
    def tensors(self) -> Mapping[str, Sequence[Part]]: ...


@dataclass(frozen=True, slots=True)
class FileTower:
    """The tower that an mmproj file holds."""

    head: Head
    family: Family

    @property
    def path(self) -> Path:
        return self.head.path

    def config(self) -> Mapping[str, Any]:
        return vision_config(self.head, self.family)

    def photos(self) -> Mapping[str, Any]:
        return photo_settings(self.head, self.family)

    def tensors(self) -> Mapping[str, Sequence[Part]]:
        return tower_tensors(self.head, self.family)


def check_tower(head: Head, family: Family, width: int) -> None:
    """width: of the decoder. Raises ConfigError where the tower is another model's."""
    kind = head.told.get(Keys.Clip.PROJECTOR_TYPE) or head.told.get(_TOLD.PROJECTOR_TYPE)
    if kind != _PROJECTORS[family]:
        raise ConfigError(
            f"model.base: {head.path} belongs to another model ({kind or head.told.get(Keys.General.ARCHITECTURE)}; "
            f"needed is {_PROJECTORS[family]}): put the mmproj there that comes with the model."
        )
    output = head.tensors.get(_OUTPUT)
    if output is None or output.shape[0] != width:
        found = f"{output.shape[0]:,}" if output else "no"
        raise ConfigError(
            f"model.base: {head.path} gives {found} numbers a position, and the model takes {width:,}: put the mmproj "
            "there that comes with the model."
        )


def vision_config(head: Head, family: Family) -> dict[str, Any]:
    depth = head[_TOLD.BLOCK_COUNT]
    config = {
        "depth": depth,
        "hidden_size": head[_TOLD.EMBEDDING_LENGTH],
        "intermediate_size": head[_TOLD.FEED_FORWARD_LENGTH],
        "num_heads": head[_TOLD.Attention.HEAD_COUNT],
        "patch_size": head[_TOLD.PATCH_SIZE],
        "spatial_merge_size": head.told.get(_TOLD.SPATIAL_MERGE_SIZE, 2),
        "temporal_patch_size": 2,
        "out_hidden_size": head.tensors[_OUTPUT].shape[0],
    }
    if family == "qwen3_vl":
        positions = head.tensors.get(_POSITIONS)
        return config | {
            "num_position_embeddings": positions.shape[0] if positions else 0,
            "deepstack_visual_indexes": _deep(head),
        }
    every = head.told.get(_TOLD.N_WA_PATTERN, _FULL_EVERY) or 1  # 0: there are no windows
    return config | {
        "window_size": head.told.get(_TOLD.WINDOW_SIZE, _WINDOW),
        "fullatt_block_indexes": list(range(every - 1, depth, every)),
    }


def photo_settings(head: Head, family: Family) -> dict[str, Any]:
    """preprocessor_config.json."""
    least, most = _PIXELS[family]
    return {
        "image_processor_type": "Qwen2VLImageProcessor",
        "patch_size": head[_TOLD.PATCH_SIZE],
        "merge_size": head.told.get(_TOLD.SPATIAL_MERGE_SIZE, 2),
        "temporal_patch_size": 2,
        "image_mean": list(head[_TOLD.IMAGE_MEAN]),
        "image_std": list(head[_TOLD.IMAGE_STD]),
        "size": {
            "shortest_edge": head.told.get(_TOLD.IMAGE_MIN_PIXELS, least),
            "longest_edge": head.told.get(_TOLD.IMAGE_MAX_PIXELS, most),
        },
    }


def tower_tensors(head: Head, family: Family) -> dict[str, list[Tensor]]:
    """By the names in transformers, what each tensor is made of, in its order: most of one alone."""
    deep = _deep(head)
    found: dict[str, list[Tensor]] = {}
    for there, tensor in head.tensors.items():
        found.setdefault(_name(there, family, deep), []).append(tensor)
    for parts in found.values():
        parts.sort(key=lambda one: _turn(one.name))
    return found


def _name(there: str, family: Family, deep: list[int]) -> str:
    """The name in transformers of a tensor that llama.cpp calls so, or that one again where there is none."""
    place, _, part = there.removesuffix(".1").rpartition(".")
    known = _WHOLE[family].get(place)
    if match := _PLACE.fullmatch(place):
        kind, number, short = match[1], int(match[2]), match[3]
        if kind == "blk" and (inner := (_IN_EACH | dict(_IN_LAYER[family])).get(short)):
            known = f"blocks.{number}.{inner}"
        elif kind == "deepstack" and number in deep and short in _IN_DEEP:
            known = f"deepstack_merger_list.{deep.index(number)}.{_IN_DEEP[short]}"
    return f"model.visual.{known}.{part}" if known else there


def _turn(there: str) -> int:
    """Which comes first of those that one tensor is made of: of patches the earlier, then query, key and value."""
    return next((n for n, one in enumerate(("attn_q.", "attn_k.", "attn_v."), 1) if one in there), there.endswith(".1"))


def _deep(head: Head) -> list[int]:
    """The layers whose sight goes to the decoder's first layers, too."""
    return [number for number, deep in enumerate(head.told.get(_TOLD.IS_DEEPSTACK_LAYERS, ())) if deep]
