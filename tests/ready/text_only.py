"""A small Qwen2 of the real class, and its file as llama.cpp's converter writes it."""

from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type
from transformers import Qwen2Config, Qwen2ForCausalLM

from bot.engine.llama.names import llama_name
from bot.engine.llama.vocabulary import write_vocabulary
from tests.support import byte_tokenizer

ROWS = 264


def small_qwen2() -> Qwen2ForCausalLM:
    """Of two layers, with weights that 16 bits hold and large enough that everything it reads matters."""
    config = Qwen2Config(
        vocab_size=ROWS,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.15,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        tie_word_embeddings=True,
    )
    torch.manual_seed(3)
    model = Qwen2ForCausalLM(config)
    model.train(False)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("bias"):
                value.normal_(0, 0.3)
            elif value.ndim > 1:
                value.copy_(value.half())
    return model


def write_file(model: Qwen2ForCausalLM, path: Path, *, coarse_table: bool = False) -> Path:
    """coarse_table: its input table in fewer bits, its output beside it in all of them, as that of a tied model is."""
    config = model.config
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(4096)
    writer.add_embedding_length(64)
    writer.add_block_count(2)
    writer.add_feed_forward_length(96)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_chat_template("{{ 'You are a helpful assistant.' }}")
    write_vocabulary(writer, byte_tokenizer(), ROWS)
    for name, value in model.state_dict().items():
        there, values = llama_name(name), value.numpy()
        assert there is not None
        if there == "output.weight" and not coarse_table:
            continue
        kind = Type.F32 if values.ndim == 1 else Type.F16
        if there == "token_embd.weight" and coarse_table:
            kind = Type.Q4_0
        writer.add_tensor(there, gguf.quantize(np.ascontiguousarray(values), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
