"""Causal attention for one conversation on a CPU, and the GLM blocks around it, for several. Knows no requests.

Transformers' own kernels are slow here (facts/cpu_serving.md, section 2). Milliseconds a layer at 1500 tokens:
to decode, bf16 SDPA 1.03 and a grouped float32 bmm 0.065; to prefill, SDPA 36 and blocks of bf16 bmm 13.
Without AVX-512's bf16 those blocks are in float32: bf16 would be emulated (linears.bf16_is_fast).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

from autoglm_backend.cache import Batch
from autoglm_backend.int8 import Int8Linear

NAME = "autoglm-cpu"  # no mask function has this name, so Transformers builds no mask
BLOCK = 128  # queries at a time while prefilling, as measured in the facts
SHORT = 32  # below this many queries float32 in one block is as fast, and it is exact


def causal_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    blocks: torch.dtype = torch.float32,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """(1, queries, heads, head_dim), for the last `queries` positions of `key` (1, kv_heads, length, head_dim)."""
    heads, queries, head_dim = query.shape[1:]
    factor = head_dim**-0.5 if scaling is None else scaling
    query = query[0] if factor == 1 else query[0] * factor
    query = query.view(key.shape[1], -1, queries, head_dim)  # the heads of a group share its keys
    if queries < SHORT:
        out = short_attention(query, key[0], value[0])
    else:
        out = blocked_attention(query, key[0], value[0], blocks)
    return out.view(heads, queries, head_dim).transpose(0, 1).unsqueeze(0), None


def short_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """(groups, heads * queries, head_dim) in float32, from a query (groups, heads, queries, head_dim)."""
    groups, _, queries, head_dim = query.shape
    scores = torch.bmm(query.reshape(groups, -1, head_dim), key.transpose(1, 2))
    if queries > 1:
        scores.view(groups, -1, queries, key.shape[1])[..., -queries:] += future(queries, scores.dtype)
    return torch.bmm(torch.softmax(scores, dim=-1), value)


def blocked_attention(query: Tensor, key: Tensor, value: Tensor, dtype: torch.dtype) -> Tensor:
    """The same in blocks of queries and in `dtype`, each block against the keys it may see."""
    groups, heads, queries, head_dim = query.shape
    keys, values = key.to(dtype).transpose(1, 2), value.to(dtype)
    out = torch.empty(groups, heads, queries, head_dim)
    for start in range(0, queries, BLOCK):
        end = min(start + BLOCK, queries)
        seen = key.shape[1] - queries + end
        asked = query[:, :, start:end].reshape(groups, -1, head_dim).to(dtype)
        scores = torch.bmm(asked, keys[:, :, :seen])  # (groups, heads * block, seen)
        scores.view(groups, -1, end - start, seen)[..., start - end :] += future(end - start, scores.dtype)
        out[:, :, start:end] = torch.bmm(torch.softmax(scores, dim=-1), values[:, :seen]).view(
            groups, heads, -1, head_dim
        )
    return out


def future(width: int, dtype: torch.dtype) -> Tensor:
    """(width, width): 0 where a query may look, -inf at what comes after it."""
    return torch.full((width, width), -math.inf, dtype=dtype).triu_(1)


AttentionInterface.register(NAME, causal_attention)


class GlmInt8Attention(nn.Module):
    """`Glm4Attention` and `GlmAttention` with one matrix for query, key and value, and the rotation done in place."""

    def __init__(self, attention: Any, blocks: torch.dtype) -> None:
        super().__init__()
        self.blocks = blocks
        self.layer_idx: int = attention.layer_idx
        self.head_dim: int = attention.head_dim
        self.heads: int = attention.config.num_attention_heads
        self.kv_heads: int = attention.config.num_key_value_heads
        # The scaling of the scores is in the query's weights already: a power of two for head sizes 64 and 256.
        self.qkv_proj = stack([scaled(attention.q_proj, attention.scaling), attention.k_proj, attention.v_proj])
        self.o_proj: Int8Linear = attention.o_proj

    def forward(
        self, hidden_states: Tensor, position_embeddings: Tensor, past_key_values: Batch, **kwargs: Any
    ) -> tuple[Tensor, None]:
        rows = hidden_states.shape[1]
        states = self.qkv_proj(hidden_states).view(rows, -1, self.head_dim)
        rotated = self.heads + self.kv_heads
        rotate_(states[:, :rotated], position_embeddings)
        states = states.transpose(0, 1).unsqueeze(0)  # (1, heads + 2 kv_heads, rows, head_dim)
        outs: list[Tensor] = []
        start = 0
        for cache, count in past_key_values.parts:
            part = states[:, :, start : start + count]
            keys, values = cache.update(part[:, self.heads : rotated], part[:, rotated:], self.layer_idx)
            outs.append(causal_attention(self, part[:, : self.heads], keys, values, None, 1.0, self.blocks)[0])
            start += count
        out = outs[0] if len(outs) == 1 else torch.cat(outs, dim=1)
        return self.o_proj(out.reshape(1, rows, -1)), None


def rotate_(states: Tensor, turns: Tensor) -> None:
    """Rotates in place the first 2n of each head's values by `turns` (tokens, n) complex; pairs lie side by side."""
    pairs = states[..., : 2 * turns.shape[-1]].unflatten(-1, (-1, 2))
    torch.view_as_complex(pairs).mul_(turns.unsqueeze(1))


class RotaryTable(nn.Module):
    """What a GLM's rotary embedding says for each position, (positions, n) complex, computed once."""

    def __init__(self, rotary: Any, positions: int) -> None:
        super().__init__()
        cos, sin = rotary(torch.empty(1), torch.arange(positions).unsqueeze(0))
        half = cos.shape[-1] // 2  # the second half repeats the first
        self.turns = nn.Buffer(torch.complex(cos[0, :, :half], sin[0, :, :half]), persistent=False)

    def forward(self, hidden: Tensor, position_ids: Tensor) -> Tensor:
        return self.turns[position_ids[0]]


class FusedRmsNorm(nn.Module):
    """`Glm4RMSNorm` in float32 and four kernels: x * w * sqrt(n) / hypot(|x|, sqrt(n * eps)).

    5 us for one token, 10 us as Transformers writes it, 21 us with torch.rms_norm (1 thread, n = 512, 2026-11-20).
    """

    def __init__(self, norm: Any) -> None:
        super().__init__()
        size: int = norm.weight.shape[0]
        self.weight = nn.Buffer(norm.weight.detach().float() * size**0.5)
        self.floor = nn.Buffer(torch.tensor([(size * norm.variance_epsilon) ** 0.5]))

    def forward(self, hidden: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(hidden, dim=-1, keepdim=True)
        return torch.div(hidden, torch.hypot(length, self.floor)).mul_(self.weight)


def scaled(linear: Int8Linear, factor: float) -> Int8Linear:
    """The layer whose output is `factor` times this one's."""
    bias = None if linear.bias is None else linear.bias.float() * factor
    return Int8Linear.holding(linear.weight, linear.weight_scale * factor, bias)


def stack(linears: list[Int8Linear]) -> Int8Linear:
    """One layer whose output is theirs, side by side. Exact: every output channel has its own scale."""
    biases = [linear.bias for linear in linears if linear.bias is not None]
    return Int8Linear.holding(
        torch.cat([linear.weight for linear in linears]),
        torch.cat([linear.weight_scale for linear in linears]),
        torch.cat([bias.float() for bias in biases]) if biases else None,
    )
