"""Logits to a token. Knows no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autoglm_backend.decoder import Logits


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
        self.random = np.random.default_rng(sampling.seed)

    def choose(self, logits: Logits) -> int:
        """A token id, from logits (vocabulary,)."""
        how = self.sampling
        if how.temperature == 0:
            return int(logits.argmax())
        ids = np.argsort(-logits, kind="stable")
        heat = (logits[ids].astype(np.float64) - logits[ids[0]]) / how.temperature
        chances = np.exp(heat)
        chances /= chances.sum()
        if how.top_k > 0:
            chances[how.top_k :] = 0
        if how.min_p > 0:
            chances[chances < how.min_p * chances[0]] = 0
        if how.top_p < 1:
            before = chances.cumsum() - chances
            chances[(before >= how.top_p) & (before > 0)] = 0
        drawn = self.random.random() * chances.sum()
        return int(ids[np.searchsorted(chances.cumsum(), drawn, side="right")])
