"""Logits to a token. Knows no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        sums = chances(logits, how).cumsum()
        return int(np.searchsorted(sums, self.random.random() * sums[-1], side="right"))


def chances(logits: Logits, how: Sampling) -> NDArray[np.float64]:
    """(vocabulary,): the likeliest token's is 1, those that are not to be drawn have none.

    Sorts no more than it must: sorting 150,000 tokens took 10 ms.
    """
    each = np.exp((logits.astype(np.float64) - logits.max()) / how.temperature)
    whole = each.sum()
    if 0 < how.top_k < len(each):
        each[np.argpartition(logits, -how.top_k)[: -how.top_k]] = 0
    if how.min_p > 0:
        each[each < how.min_p] = 0
    if how.top_p < 1:
        # Those below this have together less than what top_p leaves out.
        few = np.flatnonzero(each > (1 - how.top_p) * whole / len(each))
        few = few[np.argsort(-each[few], kind="stable")]
        before = each[few].cumsum() - each[few]
        kept = few[(before < how.top_p * whole) | (before == 0)]
        nucleus = np.zeros_like(each)
        nucleus[kept] = each[kept]
        return nucleus
    return each
