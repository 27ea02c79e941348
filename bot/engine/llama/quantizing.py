"""Which precision each tensor of a file has, and putting it into that.

q4_k_m is llama.cpp's own mixture: 4 bits for most matrices, 6 for the embedding and for some of the values and of the
last matrices of a layer, which suffer most. Rows that its blocks of 256 do not fit take the next larger kind.
"""

import ctypes
import re
from importlib.util import find_spec
from typing import Any, Literal

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from bot.engine.llama.tensors import Array
from bot.errors import ConfigError

Quantize = Literal["f16", "q8_0", "q4_k_m"]

_WIDER = {Type.Q4_K: Type.Q5_0, Type.Q6_K: Type.Q8_0, Type.Q8_0: Type.F16, Type.Q5_0: Type.F16}
_LAYER = re.compile(r"blk\.(\d+)\.(attn_v|ffn_down)\.weight")


def type_of(name: str, shape: tuple[int, ...], quantize: Quantize, layers: int) -> Type:
    """name: llama.cpp's. layers: of the decoder."""
    if len(shape) < 2:
        return Type.F32
    kind = {"f16": Type.F16, "q8_0": Type.Q8_0, "q4_k_m": Type.Q4_K}[quantize]
    if quantize == "q4_k_m":
        layer = _LAYER.fullmatch(name)
        if name in ("token_embd.weight", "output.weight") or (layer and _delicate(int(layer[1]), layers)):
            kind = Type.Q6_K
    while shape[-1] % gguf.GGML_QUANT_SIZES[kind][0]:
        kind = _WIDER[kind]
    return kind


def quantized(values: Array, kind: Type) -> NDArray[Any]:
    """Raises ConfigError where llama.cpp's library is needed for it and lacks what does it."""
    if kind not in (Type.Q4_K, Type.Q6_K):
        found: NDArray[Any] = gguf.quants.quantize(values, kind)
        return found
    rows, columns = int(np.prod(values.shape[:-1])), values.shape[-1]
    block, size = gguf.GGML_QUANT_SIZES[kind]
    source = np.ascontiguousarray(values, np.float32)
    whole = np.empty(rows * columns // block * size, np.uint8)
    work = _library().ggml_quantize_chunk
    work.restype = ctypes.c_size_t
    work.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    work(int(kind), source.ctypes.data, whole.ctypes.data, 0, rows, columns, None)
    return whole


def _delicate(layer: int, layers: int) -> bool:
    """llama.cpp's choice of the layers that get more bits: the first and last eighth, and each third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _library() -> ctypes.CDLL:
    spec = find_spec("xllamacpp.xllamacpp")
    try:
        library = ctypes.CDLL(str(spec.origin if spec else None))
        library.ggml_quantize_chunk  # noqa: B018 (whether it is there)
        return library
    except (OSError, AttributeError) as error:
        raise ConfigError(
            "model.quantize: q4_k_m: this build of llama.cpp does not let itself be asked to quantize: choose q8_0."
        ) from error
