"""A Qwen2.5-VL's or Qwen3-VL's decoder, with a LoRA added into it where one is given, as one GGUF file.

The names and keys are llama.cpp's for its architectures `qwen2vl` and `qwen3vl`. The vision tower stays behind:
prompts with photos go to torch.
"""

import json
import re
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

from bot.engine.describe import BaseModel, Family
from bot.engine.llama.tensors import Array, FileWeights, FolderWeights
from bot.errors import ConfigError, PassingError, PermanentError
from bot.files import read_text, refusal
from bot.lora import SHAPE, WEIGHTS

Quantize = Literal["f16", "q8_0", "q4_k_m"]

RECIPE = 1
"""Raised whenever the same weights would give another file."""

ARCHITECTURES: Mapping[Family, str] = {"qwen2_5_vl": "qwen2vl", "qwen3_vl": "qwen3vl"}

_PREFIXES = ("model.language_model.", "model.", "")  # as transformers 5 saves them, and as the hub's older files do
_WHOLE = {"embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output"}
_IN_LAYER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_LAYER = re.compile(r"layers\.(\d+)\.(.+)")
_MATRIX = re.compile(r"\.language_model\.(layers\.\d+\.\w+\.\w+)\.lora_A\.weight$")


def export(
    base: BaseModel,
    folder: Path,
    lora: Path | None,
    quantize: Quantize,
    path: Path,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Writes the decoder of the model in `folder` to `path`: matrices in 8 or 16 bits, the rest in float32.

    q4_k_m is written in 16 bits: llama.cpp makes the other file from that one. Raises ConfigError where the folder's
    files are not such a model's, PermanentError where the LoRA is not for it, PassingError while one cannot be read.
    """
    if progress:
        progress(f"writing the model for llama.cpp in {quantize}")
    config = _config(folder)
    weights = FolderWeights(folder)
    names = _decoder_names(weights, tied=bool(config["tie_word_embeddings"]))
    product = _Product(lora, set(names)) if lora is not None else None
    writer = gguf.GGUFWriter(None, ARCHITECTURES[base.family])
    try:
        _describe(writer, base, config)
        _vocabulary(writer, base, weights.shape(names["token_embd.weight"])[0])
        types = {there: _type(weights.shape(name), quantize) for there, name in names.items()}
        for there, name in names.items():
            shape = weights.shape(name)
            block, size = gguf.GGML_QUANT_SIZES[types[there]]
            writer.add_tensor_info(
                there, shape, np.dtype(np.float32), int(np.prod(shape)) // block * size, raw_dtype=types[there]
            )
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for there, name in names.items():
            values = weights[name]
            if product is not None:
                values = product.added(there, values)
            writer.write_tensor_data(gguf.quants.quantize(values, types[there]))
    except OSError as error:
        raise PassingError(refusal(error, path) or f"{path} cannot be written ({error}): free room there.") from error
    finally:
        writer.close()


def _config(folder: Path) -> dict[str, Any]:
    """The decoder's part of config.json, and whether its embedding is its output too."""
    whole = json.loads(read_text(folder / "config.json"))
    text: dict[str, Any] = dict(whole.get("text_config") or whole)
    text["tie_word_embeddings"] = whole.get("tie_word_embeddings", text.get("tie_word_embeddings", False))
    deep = (whole.get("vision_config") or {}).get("deepstack_visual_indexes") or ()
    return text | {"deepstack": len(deep)}


def _decoder_names(weights: FolderWeights, *, tied: bool) -> dict[str, str]:
    """Names in the folder by llama.cpp's, for everything of the decoder."""
    found = {}
    for name in weights:
        there = llama_name(name)
        if there is not None and not (tied and there == "output.weight"):
            found[there] = name
    if "token_embd.weight" not in found:
        raise ConfigError("model.base: the folder's weights hold no decoder of a Qwen-VL: copy the model again.")
    return dict(sorted(found.items()))


def llama_name(name: str) -> str | None:
    """llama.cpp's name of a tensor; None for what does not belong to the decoder."""
    short = next(name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix))
    place, _, part = short.rpartition(".")
    layer = _LAYER.fullmatch(place)
    known = _IN_LAYER.get(layer[2]) if layer else _WHOLE.get(place)
    if known is None:
        return None
    return f"blk.{layer[1]}.{known}.{part}" if layer else f"{known}.{part}"


def _type(shape: tuple[int, ...], quantize: Quantize) -> Type:
    if len(shape) < 2:
        return Type.F32
    return Type.Q8_0 if quantize == "q8_0" and shape[-1] % 32 == 0 else Type.F16


def _describe(writer: gguf.GGUFWriter, base: BaseModel, config: Mapping[str, Any]) -> None:
    try:
        rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
        heads = int(config["num_attention_heads"])
        head = int(config.get("head_dim") or int(config["hidden_size"]) // heads)
        sections = [int(one) for one in rope["mrope_section"]]
        writer.add_name(base.id)
        writer.add_context_length(base.max_positions)
        writer.add_embedding_length(int(config["hidden_size"]))
        writer.add_block_count(int(config["num_hidden_layers"]))
        writer.add_feed_forward_length(int(config["intermediate_size"]))
        writer.add_head_count(heads)
        writer.add_head_count_kv(int(config["num_key_value_heads"]))
        writer.add_key_length(head)
        writer.add_value_length(head)
        writer.add_layer_norm_rms_eps(float(config["rms_norm_eps"]))
        writer.add_rope_freq_base(float(rope.get("rope_theta") or config["rope_theta"]))
        writer.add_rope_dimension_sections((sections + [0] * 4)[:4])
        if base.family == "qwen3_vl":
            writer.add_num_deepstack_layers(config["deepstack"])
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"model.base: {base.folder / 'config.json'} does not tell what llama.cpp needs ({error})."
        ) from error


def _vocabulary(writer: gguf.GGUFWriter, base: BaseModel, rows: int) -> None:
    """The names of the tokens, of which prompts make no use: they travel as ids."""
    tokenizer = base.tokenizer
    ids, added = tokenizer.get_vocab(with_added_tokens=True), tokenizer.get_added_tokens_decoder()
    names = {number: name for name, number in ids.items()}
    merges = json.loads(tokenizer.to_str())["model"].get("merges") or []
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([names.get(number, f"[PAD{number}]") for number in range(rows)])
    writer.add_token_types([_kind(number, added, names) for number in range(rows)])
    whole = [one if isinstance(one, str) else " ".join(one) for one in merges]
    writer.add_token_merges(whole or ["a b"])  # llama.cpp takes no vocabulary without any
    end = ids["<|im_end|>"]
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(ids.get("<|endoftext|>", end))
    writer.add_add_bos_token(False)


def _kind(number: int, added: Container[int], known: Container[int]) -> gguf.TokenType:
    if number in added:
        return gguf.TokenType.CONTROL
    return gguf.TokenType.NORMAL if number in known else gguf.TokenType.UNUSED


class _Product:
    """What a LoRA adds to the matrices it lies on: its scale times B · A (arXiv 2106.09685, 4.1)."""

    def __init__(self, lora: Path, names: set[str]) -> None:
        """names: llama.cpp's, of the base model's tensors."""
        try:
            shape: dict[str, Any] = json.loads(read_text(lora / SHAPE))
            self._weights = FileWeights([lora / WEIGHTS])
            rank, alpha = int(shape["r"]), float(shape["lora_alpha"])
            self._scale = alpha / rank**0.5 if shape.get("use_rslora") else alpha / rank
            if shape.get("rank_pattern") or shape.get("alpha_pattern") or shape.get("use_dora"):
                raise ValueError("it is not of one rank and scale")
            self._halves: dict[str, str] = {}
            for name in self._weights:
                match = _MATRIX.search(name)
                there = llama_name(f"{match[1]}.weight") if match else None
                if there in names:
                    self._halves[there] = name
                elif match or not name.endswith("lora_B.weight"):
                    raise ValueError(f"{name} is none of the model's matrices")
        except (FileNotFoundError, ValueError, KeyError, TypeError, ConfigError) as error:
            raise _unfit(lora, error) from error
        self._lora = lora

    def added(self, there: str, values: Array) -> Array:
        """The matrix of that name with its part of the LoRA, in float32."""
        name = self._halves.get(there)
        if name is None:
            return values
        into, out = self._weights[name], self._weights[name.replace("lora_A", "lora_B")]
        if into.shape[1] != values.shape[1] or out.shape[0] != values.shape[0]:
            raise _unfit(self._lora, ValueError(f"{name} is of another size than the model's"))
        product: Array = values + np.float32(self._scale) * (out @ into)
        return product


def _unfit(lora: Path, error: Exception) -> PermanentError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return PermanentError(
        f"The LoRA in {lora} cannot be loaded ({reason}): run `echoes train` again, or choose another."
    )
