"""A Qwen2.5-VL's or Qwen3-VL's decoder, with a LoRA added into it where one is given, as one GGUF file.

The names and keys are llama.cpp's for its architectures `qwen2vl` and `qwen3vl`. The vision tower stays behind:
prompts with photos go to torch.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import gguf
import numpy as np
from numpy.typing import NDArray

from bot.engine.describe import BaseModel
from bot.engine.llama.names import ARCHITECTURES, llama_name
from bot.engine.llama.quantizing import Quantize, quantized, type_of
from bot.engine.llama.tensors import Array, FileWeights, FolderWeights
from bot.engine.llama.vocabulary import write_vocabulary
from bot.errors import ConfigError, PassingError, PermanentError
from bot.files import read_text, refusal
from bot.lora import SHAPE, WEIGHTS

RECIPE = 2
"""Raised whenever the same weights would give another file."""

_PIECE = 16_000_000  # numbers of a tensor that are in memory at once: an embedding may hold hundreds of millions
_MATRIX = re.compile(r"\.language_model\.(layers\.\d+\.\w+\.\w+)\.lora_A\.weight$")


def export(
    base: BaseModel,
    folder: Path,
    lora: Path | None,
    quantize: Quantize,
    path: Path,
    progress: Callable[[str], None] | None = None,
) -> None:
    """Writes the decoder of the model in `folder` to `path`.

    Raises ConfigError where the folder's files are not such a model's, PermanentError where the LoRA is not for it,
    PassingError while one cannot be read or written.
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
        write_vocabulary(writer, base.tokenizer, weights.shape(names["token_embd.weight"])[0])
        layers = int(config["num_hidden_layers"])
        types = {there: type_of(there, weights.shape(name), quantize, layers) for there, name in names.items()}
        tensor_bytes = {}
        for there, name in names.items():
            shape = weights.shape(name)
            block, size = gguf.GGML_QUANT_SIZES[types[there]]
            tensor_bytes[there] = int(np.prod(shape)) // block * size
            writer.add_tensor_info(there, shape, np.dtype(np.float32), tensor_bytes[there], raw_dtype=types[there])
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for there, name in names.items():
            pieces = (quantized(values, types[there]) for values in _pieces(weights, name, there, product))
            tensor: Any = _Streamed(tensor_bytes[there], pieces)
            writer.write_tensor_data(tensor)
    except OSError as error:
        raise PassingError(refusal(error, path) or f"{path} cannot be written ({error}): free room there.") from error
    finally:
        writer.close()


@dataclass(frozen=True, slots=True)
class _Streamed:
    """What a writer takes for a tensor: it knows its size, and comes piece by piece."""

    nbytes: int
    pieces: Iterable[NDArray[Any]]

    def tofile(self, file: BinaryIO) -> None:
        for piece in self.pieces:
            piece.tofile(file)


def _pieces(weights: FolderWeights, name: str, there: str, product: "_Product | None") -> Iterator[Array]:
    """A tensor, with what a LoRA adds to it. Where one does it comes whole: parts would differ in the last digits."""
    if product is not None and there in product:
        yield product.added(there, weights[name])
    else:
        yield from weights.pieces(name, _PIECE)


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

    def __contains__(self, there: str) -> bool:
        """Whether it adds to that matrix."""
        return there in self._halves

    def added(self, there: str, values: Array) -> Array:
        """The matrix of that name with its part of the LoRA, in float32."""
        name = self._halves[there]
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
