"""A checkpoint onto its cards, through Transformers, ready to decode."""

# Transformers is typed in part only
# pyright: basic
from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from autoglm_backend.checkpoint import Checkpoint
from autoglm_backend.cuda.placement import Placement
from autoglm_backend.cuda.weights import take
from autoglm_backend.decoder_torch import load_model

if TYPE_CHECKING:
    from autoglm_backend.cuda.decoder import CardDecoder


def load(
    checkpoint: Checkpoint, ctx: int, placement: Placement, devices: Sequence[torch.device] | None = None
) -> CardDecoder:
    """A decoder with every pass compiled and captured. `devices`: the first ones, unless given."""
    keep_compiled()
    from autoglm_backend.cuda.decoder import CardDecoder

    devices = devices or [torch.device("cuda", at) for at in range(len(placement.layers))]
    model = load_model(checkpoint, device_map(placement, devices))
    weights = take(model, ctx)
    del model
    gc.collect()  # Transformers' modules refer to each other in circles
    if devices[0].type == "cuda":
        torch.cuda.empty_cache()  # before the conversations lie down where the weights were joined
    decoder = CardDecoder(weights, devices, placement.layers, placement.conversations + 1, ctx)
    del weights
    if devices[0].type == "cuda":
        torch.cuda.empty_cache()
        decoder.warm()
    return decoder


def device_map(placement: Placement, devices: Sequence[torch.device]) -> dict[str, torch.device]:
    """Every module's card, by name, so that nothing is left to be put elsewhere."""
    found = {"model.embed_tokens": devices[0], "model.rotary_emb": devices[0]}
    at = 0
    for device, count in zip(devices, placement.layers, strict=True):
        found |= {f"model.layers.{layer}": device for layer in range(at, at + count)}
        at += count
    return found | {"model.norm": devices[len(placement.layers) - 1], "lm_head": devices[len(placement.layers) - 1]}


def keep_compiled() -> None:
    """What Triton compiles stays in the user's cache, and need not be compiled at the next start."""
    import platformdirs

    os.environ.setdefault("TRITON_CACHE_DIR", str(Path(platformdirs.user_cache_path("autoglm")) / "triton"))
