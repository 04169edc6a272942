"""Logits to a token. Knows no model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. Temperature 0 takes the likeliest."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None


class Sampler:
    """Draws tokens. The same seed draws the same tokens from the same logits."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.generator = torch.Generator()
        if sampling.seed is None:
            self.generator.seed()
        else:
            self.generator.manual_seed(sampling.seed)

    def choose(self, logits: Tensor) -> int:
        """A token id, from logits (vocabulary,)."""
        how = self.sampling
        if how.temperature == 0:
            return int(logits.argmax())
        chances, ids = torch.softmax(logits / how.temperature, dim=-1).sort(descending=True)
        if how.top_k > 0:
            chances[how.top_k :] = 0
        if how.min_p > 0:
            chances[chances < how.min_p * chances[0]] = 0
        if how.top_p < 1:
            before = chances.cumsum(0) - chances
            chances[(before >= how.top_p).logical_and_(before > 0)] = 0
        return int(ids[int(torch.multinomial(chances, 1, generator=self.generator))])
