"""A tokenizer as a GGUF file tells it, written and read.

How text is cut before merging is told by a name alone; the names that are known here are Qwen's and SmolLM2's.
"""

import json
from collections.abc import Container, Mapping
from typing import Any

import gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

QWEN = "qwen2"

_END, _PAD = "<|im_end|>", "<|endoftext|>"
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)  # Qwen2's own expression, which every tokenizer of its kind must share to the letter
_CUTS: Mapping[str, pre_tokenizers.PreTokenizer] = {
    QWEN: pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    ),
    "smollm": pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    ),
}


def write_vocabulary(writer: gguf.GGUFWriter, tokenizer: Tokenizer, rows: int) -> None:
    """rows: of the embedding, which may have some to spare."""
    ids, added = tokenizer.get_vocab(with_added_tokens=True), tokenizer.get_added_tokens_decoder()
    names = {number: name for name, number in ids.items()}
    merges = json.loads(tokenizer.to_str())["model"].get("merges") or []
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_cut_of(tokenizer))
    writer.add_token_list([names.get(number, f"[PAD{number}]") for number in range(rows)])
    writer.add_token_types([_kind(number, added, names) for number in range(rows)])
    whole = [one if isinstance(one, str) else " ".join(one) for one in merges]
    writer.add_token_merges(whole or ["a b"])  # llama.cpp takes no vocabulary without any
    end = ids[_END]
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(ids.get(_PAD, end))
    writer.add_add_bos_token(False)


def read_vocabulary(told: Mapping[str, Any]) -> Tokenizer:
    """The tokenizer that a head tells of. Raises KeyError where it does not, ValueError with the reason."""
    kind, cut = told[gguf.Keys.Tokenizer.MODEL], told.get(gguf.Keys.Tokenizer.PRE, QWEN)
    if kind != "gpt2" or cut not in _CUTS:
        raise ValueError(f"its tokenizer is a {kind!r} that cuts text as {cut!r} does, and a Qwen-VL's is not")
    names, kinds = told[gguf.Keys.Tokenizer.LIST], told[gguf.Keys.Tokenizer.TOKEN_TYPE]
    ids = {
        name: number
        for number, (name, one) in enumerate(zip(names, kinds, strict=True))
        if one != gguf.TokenType.UNUSED  # rows to spare
    }
    pairs = [tuple(one.split(" ")) for one in told[gguf.Keys.Tokenizer.MERGES]]
    merges = [(left, right) for left, right in pairs if left + right in ids]  # a file that needs none has a filler
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    if cut == QWEN:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _CUTS[cut]
    tokenizer.decoder = decoders.ByteLevel()
    added = {gguf.TokenType.CONTROL: True, gguf.TokenType.USER_DEFINED: False}  # and whether they are special
    tokenizer.add_tokens(
        [
            AddedToken(name, special=added[one], normalized=False)
            for name, one in zip(names, kinds, strict=True)
            if one in added
        ]
    )
    return tokenizer


def _cut_of(tokenizer: Tokenizer) -> str:
    """The name for how it cuts text. What has no name is called Qwen's: prompts travel as ids."""
    mine = _described(tokenizer.pre_tokenizer)
    return next((name for name, cut in _CUTS.items() if _described(cut) == mine), QWEN)


def _described(cut: pre_tokenizers.PreTokenizer | None) -> str:
    probe = Tokenizer(models.BPE())
    if cut is not None:
        probe.pre_tokenizer = cut
    return json.dumps(json.loads(probe.to_str())["pre_tokenizer"])


def _kind(number: int, added: Container[int], known: Container[int]) -> gguf.TokenType:
    if number in added:
        return gguf.TokenType.CONTROL
    return gguf.TokenType.NORMAL if number in known else gguf.TokenType.UNUSED
