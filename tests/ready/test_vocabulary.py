"""A tokenizer read from a file's keys is the one that transformers makes of the same vocabulary."""

from typing import Any

import gguf
import pytest
from tokenizers import AddedToken
from transformers import Qwen2Tokenizer

from bot.engine.describe import Family
from bot.engine.llama.vocabulary import read_vocabulary
from bot.engine.ready.reading import read_head
from tests.ready.conftest import Ready
from tests.ready.test_opening import TALK

CONTROL, CALL, SPARE = "<|im_end|>", "<tool_call>", "[PAD9]"


def test_a_qwens_is_transformers_own(embedded: Ready) -> None:
    """SmolLM2's words, cut as Qwen cuts them."""
    told = read_head(embedded.model).told
    merges: list[Any] = [tuple(one.split(" ")) for one in told["tokenizer.ggml.merges"]]
    kinds = dict(zip(told["tokenizer.ggml.tokens"], told["tokenizer.ggml.token_type"], strict=True))
    words = [name for name, kind in kinds.items() if kind == gguf.TokenType.NORMAL]
    added = {CONTROL: gguf.TokenType.CONTROL, CALL: gguf.TokenType.USER_DEFINED, SPARE: gguf.TokenType.UNUSED}
    names = [*words, *added]
    ids = {name: number for number, name in enumerate(names)}
    theirs = Qwen2Tokenizer(vocab={name: ids[name] for name in words}, merges=merges)
    theirs.add_tokens([AddedToken(CONTROL, special=True), AddedToken(CALL, special=False, normalized=False)])
    mine = read_vocabulary(
        {
            "tokenizer.ggml.model": "gpt2",
            "tokenizer.ggml.pre": "qwen2",
            "tokenizer.ggml.tokens": names,
            "tokenizer.ggml.token_type": [gguf.TokenType.NORMAL] * len(words) + list(added.values()),
            "tokenizer.ggml.merges": [" ".join(pair) for pair in merges],
        }
    )
    for text in (*TALK, "cafe\u0301 \u212b", f"{CALL}{{}}{CONTROL} {SPARE}", "'S 'LL\r\n\r\n   12345 ,, ...\t"):
        there = theirs.backend_tokenizer.encode(text, add_special_tokens=False)
        here = mine.encode(text, add_special_tokens=False)
        assert here.tokens == there.tokens
    assert mine.token_to_id(SPARE) is None, "a spare row is no word that one could type"
    assert mine.decode([ids[CONTROL], ids[CALL]], skip_special_tokens=True) == CALL


@pytest.mark.parametrize("which", ["embedded", "qwen2_5_vl"])
def test_the_file_tells_how_text_is_cut(which: str, embedded: Ready, tiny: dict[Family, Ready]) -> None:
    one = embedded if which == "embedded" else tiny["qwen2_5_vl"]
    assert read_head(one.model).told["tokenizer.ggml.pre"] == {"embedded": "smollm", "qwen2_5_vl": "qwen2"}[which]
