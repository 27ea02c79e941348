"""What llama.cpp calls the families and their decoders' tensors, and what transformers calls them."""

import re
from collections.abc import Mapping

from bot.engine.describe import Family

ARCHITECTURES: Mapping[Family, str] = {"qwen2_5_vl": "qwen2vl", "qwen3_vl": "qwen3vl"}

_PREFIX = "model.language_model."
_PREFIXES = (_PREFIX, "model.", "")  # as transformers 5 saves them, and as the hub's older files do
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
_BACK = {there: here for here, there in (_WHOLE | _IN_LAYER).items()}
_BLOCK = re.compile(r"blk\.(\d+)\.(.+)")


def llama_name(name: str) -> str | None:
    """llama.cpp's name of a tensor; None for what does not belong to the decoder."""
    short = next(name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix))
    place, _, part = short.rpartition(".")
    layer = _LAYER.fullmatch(place)
    known = _IN_LAYER.get(layer[2]) if layer else _WHOLE.get(place)
    if known is None:
        return None
    return f"blk.{layer[1]}.{known}.{part}" if layer else f"{known}.{part}"


def transformers_name(there: str) -> str | None:
    """The name in transformers 5 of a tensor that llama.cpp calls so; None for what is none of the decoder's."""
    place, _, part = there.rpartition(".")
    block = _BLOCK.fullmatch(place)
    known = _BACK.get(block[2] if block else place)
    if known is None or (known in _IN_LAYER) != (block is not None):
        return None
    if known == "lm_head":
        return f"{known}.{part}"
    return f"{_PREFIX}layers.{block[1]}.{known}.{part}" if block else f"{_PREFIX}{known}.{part}"
