"""Keys and values of past tokens as tensors. Knows no model and no text.

Buffers are allocated once and handed out as views: concatenating, as Transformers' DynamicCache does, takes 12 to 44 %
of a decode step (facts/cpu_serving.md, section 2). An untouched page of a buffer costs no memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin


@dataclass(frozen=True)
class CacheShape:
    """What one conversation's cache needs to know of the model."""

    layers: int
    heads: int
    head_dim: int
    capacity: int  # tokens

    @property
    def bytes(self) -> int:
        """Of a full cache; what is not used takes none."""
        return self.layers * 2 * self.heads * self.capacity * self.head_dim * 4


class PreallocatedLayer(CacheLayerMixin):
    """One layer's keys and values, (1, heads, capacity, head_dim) float32, of which the first `length` count."""

    is_sliding = False

    def __init__(self, shape: CacheShape) -> None:
        super().__init__()
        self.buffer = torch.empty(2, 1, shape.heads, shape.capacity, shape.head_dim)
        self.length = 0
        self.is_initialized = True

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Nothing: the buffer is there from the start."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Every key and value so far, as views (1, heads, length, head_dim)."""
        start, self.length = self.length, self.length + key_states.shape[-2]
        self.buffer[0, :, :, start : self.length] = key_states
        self.buffer[1, :, :, start : self.length] = value_states
        return self.buffer[0, :, :, : self.length], self.buffer[1, :, :, : self.length]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        return self.length

    def get_max_length(self) -> int:
        return self.buffer.shape[-2]


class KeyValueCache(Cache):
    """A conversation's keys and values in every layer."""

    def __init__(self, shape: CacheShape) -> None:
        self.preallocated = [PreallocatedLayer(shape) for _ in range(shape.layers)]
        super().__init__(layers=list(self.preallocated))

    @property
    def length(self) -> int:
        return self.preallocated[0].length

    def keep(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        for layer in self.preallocated:
            layer.length = min(layer.length, length)

    def copy_from(self, other: KeyValueCache, length: int) -> None:
        """Hold the first `length` tokens that `other` holds, and nothing else."""
        for mine, theirs in zip(self.preallocated, other.preallocated, strict=True):
            mine.buffer[..., :length, :] = theirs.buffer[..., :length, :]
            mine.length = length


class Batch(Cache):
    """The conversations of one forward pass, each with as many rows as it has new tokens, side by side."""

    def __init__(self, parts: Sequence[tuple[KeyValueCache, int]]) -> None:
        self.parts = parts
        super().__init__(layers=list(parts[0][0].preallocated))

    def positions(self) -> Tensor:
        """(1, rows): where in its own conversation each row stands."""
        spans = (range(cache.length, cache.length + count) for cache, count in self.parts)
        return torch.tensor([[at for span in spans for at in span]])
