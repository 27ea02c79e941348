"""What a model's file tells of its decoder: the family, and that part of config.json."""

from typing import Any

from gguf import Keys

from bot.engine.describe import GPU_DEFAULT, Family
from bot.engine.llama.names import ARCHITECTURES
from bot.engine.ready.reading import Head
from bot.errors import ConfigError

_FAMILIES = {there: family for family, there in ARCHITECTURES.items()}
_TEXT_ONLY = ("qwen2", "qwen3")
_TOWER = "clip"


def family_of(head: Head) -> Family:
    """Raises ConfigError, with what the file is instead, where it is no Qwen-VL's."""
    there = head[Keys.General.ARCHITECTURE]
    if there in _FAMILIES:
        return _FAMILIES[there]
    if there == _TOWER:
        raise ConfigError(f"model.base: {head.path} is the eyes alone (mmproj): name the model's file beside it.")
    if there in _TEXT_ONLY:
        raise ConfigError(
            f"model.base: {head.path} is a {there}, which only reads, and an avatar needs eyes: take the file of a "
            f"Qwen-VL such as {GPU_DEFAULT.rpartition('/')[2]}, with its mmproj."
        )
    raise ConfigError(
        f"model.base: {head.path} is a {there!r}: of GGUF files Echoes opens those of Qwen2.5-VL and Qwen3-VL "
        f"({', '.join(_FAMILIES)})."
    )


def width_of(head: Head, family: Family) -> int:
    """How many numbers the decoder takes a position."""
    return int(head[Keys.LLM.EMBEDDING_LENGTH.format(arch=ARCHITECTURES[family])])


def text_config(head: Head, family: Family, *, rows: int, tied: bool) -> dict[str, Any]:
    """rows: of the embedding. tied: whether it is the output too."""
    arch = ARCHITECTURES[family]

    def tell(key: str) -> Any:
        return head[key.format(arch=arch)]

    sections = list(tell(Keys.Rope.DIMENSION_SECTIONS))[:3]  # a fourth is always 0
    rope = {"rope_type": "default", "rope_theta": tell(Keys.Rope.FREQ_BASE), "mrope_section": sections}
    width, heads = width_of(head, family), tell(Keys.Attention.HEAD_COUNT)
    config = {
        "vocab_size": rows,
        "hidden_size": width,
        "intermediate_size": tell(Keys.LLM.FEED_FORWARD_LENGTH),
        "num_hidden_layers": tell(Keys.LLM.BLOCK_COUNT),
        "num_attention_heads": heads,
        "num_key_value_heads": tell(Keys.Attention.HEAD_COUNT_KV),
        "max_position_embeddings": tell(Keys.LLM.CONTEXT_LENGTH),
        "rms_norm_eps": tell(Keys.Attention.LAYERNORM_RMS_EPS),
        "rope_parameters": rope,
        "bos_token_id": None,
        "eos_token_id": head[Keys.Tokenizer.EOS_ID],
        "tie_word_embeddings": tied,
    }
    if family == "qwen3_vl":
        length = head.told.get(Keys.Attention.KEY_LENGTH.format(arch=arch), width // heads)
        return config | {"head_dim": length, "rope_parameters": rope | {"mrope_interleaved": True}}
    return config
