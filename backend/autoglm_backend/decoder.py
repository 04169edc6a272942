"""What the engine asks of a model: logits after tokens, and conversations it remembers. Knows no implementation.

`decoder_torch.py` runs anywhere and is the reference; the others are faster where they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


class Cache(Protocol):
    """What a decoder keeps of one conversation, so as not to compute it again. `keep(0)` before it is dropped."""

    @property
    def length(self) -> int:
        """Tokens it holds."""
        ...

    def keep(self, length: int) -> None:
        """Forget all but the first `length` tokens."""

    def copy_from(self, other: Self, length: int) -> None:
        """Hold the first `length` tokens that `other` holds, and nothing else."""


class Decoder(Protocol):
    """A model with its weights in place, on whatever device. Called from one thread only."""

    @property
    def name(self) -> str:
        """What computes, in words."""
        ...

    @property
    def capacity(self) -> int:
        """Tokens a conversation may have."""
        ...

    @property
    def vocabulary(self) -> int:
        """Logits a token, those that stand for no token included."""
        ...

    @property
    def conversation_bytes(self) -> int:
        """Of a full cache; what is not used takes none."""
        ...

    def cache(self) -> Any:
        """An empty `Cache`, for this decoder only."""

    def logits(self, parts: Sequence[tuple[Any, Sequence[int]]]) -> Logits:
        """(parts, vocabulary), each after the last token of a cache and the tokens that now join it. One pass."""
        ...
