"""Causal attention within each of the sequences that lie one behind another in a row: none sees another.

On a CPU PyTorch's own kernel is the slowest part of a step: in bfloat16 it took a third of the time. Plain products of
matrices, a block of queries at a time, take a third of that, and keep nothing but queries, keys and values.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AttentionInterface

from bot.engine.models import QwenVL

_NAME = "echoes_packed"
_BLOCK = 192  # queries at a time: what comes after a block is not even computed


def pack_attention(model: QwenVL) -> None:
    """Lets the language model's layers take `lengths`, with which every call of the model on more than one is made."""
    AttentionInterface.register(_NAME, attend_within)
    model.set_attn_implementation({"text_config": _NAME})


@contextmanager
def usual_attention(model: QwenVL) -> Iterator[None]:
    """PyTorch's own meanwhile, for what reads on after kept keys and values, which packed rows know nothing of."""
    before = model.config.get_text_config()._attn_implementation
    model.set_attn_implementation({"text_config": "sdpa"})
    try:
        yield
    finally:
        model.set_attn_implementation({"text_config": before})


def attend_within(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    lengths: Sequence[int] | None = None,
    scaling: float,
    **_: Any,
) -> tuple[Tensor, None]:
    """query: 1 × heads × row × size; key and value: of as many heads or fewer. Returns 1 × row × heads × size.

    Without `lengths` the row is one sequence.
    """
    lengths = lengths or [query.shape[2]]
    if query.device.type == "cpu":
        attended: Tensor = _Causal.apply(query, key, value, lengths, scaling)  # type: ignore[no-untyped-call]
        return attended, None
    parts = zip(*(torch.split(one, list(lengths), 2) for one in (query, key, value)), strict=True)
    each = [
        functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=True)
        for q, k, v in parts
    ]
    return torch.cat(each, 2).transpose(1, 2), None


class _Causal(torch.autograd.Function):
    """softmax(q kᵀ) v and its gradient by products of matrices; the weights are computed again for the gradient."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int], scaling: float) -> Tensor:
        out = query.new_empty(1, query.shape[2], query.shape[1], query.shape[3])
        ctx.save_for_backward(query, key, value, out)
        ctx.lengths, ctx.scaling = lengths, scaling
        key, value = key[0], value[0]
        for begin, start, end in _blocks(lengths):
            weights = _weights(_grouped(query, start, end, key) * scaling, key[:, begin:end], end - start)
            mixed = weights @ value[:, begin:end]
            out[0, start:end] = mixed.view(-1, end - start, out.shape[3]).transpose(0, 1)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        query, key, value, out = ctx.saved_tensors
        of_query, of_key, of_value = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        key, value = key[0], value[0]
        for begin, start, end in _blocks(ctx.lengths):
            seen = slice(begin, end)
            asked = _grouped(query, start, end, key) * ctx.scaling
            wanted, given = (_grouped(one.transpose(1, 2), start, end, key) for one in (grad, out))
            weights = _weights(asked, key[:, seen], end - start)
            of_value[0, :, seen] += weights.mT @ wanted
            # Each weight's part in the loss, less their mean: the gradient of a softmax.
            of_scores = wanted @ value[:, seen].mT
            of_scores.sub_((wanted * given).sum(-1, keepdim=True)).mul_(weights)
            of_key[0, :, seen] += of_scores.mT @ asked
            of_query[0, :, start:end] = (of_scores @ key[:, seen]).view(-1, end - start, query.shape[3]) * ctx.scaling
        return of_query, of_key, of_value, None, None


def _blocks(lengths: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where a block's sequence begins, and where the block itself begins and ends."""
    begin = 0
    for length in lengths:
        for start in range(begin, begin + length, _BLOCK):
            yield begin, start, min(start + _BLOCK, begin + length)
        begin += length


def _grouped(query: Tensor, start: int, end: int, key: Tensor) -> Tensor:
    """A block of queries, those that share a head of keys one below the other: key heads × (sharing × block) × size."""
    return query[0, :, start:end].reshape(len(key), -1, query.shape[3])


def _weights(query: Tensor, key: Tensor, block: int) -> Tensor:
    """The weights of a block: key heads × (sharing × block) × keys so far, the last `block` of these its own places."""
    scores = query @ key.mT
    later = torch.full((block, block), -torch.inf, dtype=scores.dtype).triu_(1)
    scores.view(len(key), -1, block, key.shape[1])[..., -block:].add_(later)
    return scores.softmax(-1)
