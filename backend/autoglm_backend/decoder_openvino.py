"""A GLM's forward pass by OpenVINO on the processor, one for all conversations. Imports neither torch nor Transformers.

Two cores of an EPYC Zen 3, 300 tokens at 1,200 and one token at 1,500: 197 and 3.7 ms, beside 267 and 12.1 ms of torch
in the same run (2026-11-21).
"""

# OpenVINO's bindings are typed in part only
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoglm_backend.checkpoint import Checkpoint, GlmConfig
from autoglm_backend.decoder import Logits
from autoglm_backend.pages import PagedCache, Pages
from autoglm_backend.weights import Array, Weights, floats

PAGE = 32  # tokens; the block of OpenVINO's paged attention on processors
# Passes of more rows have a multiple of it. OpenVINO keeps 0.7 MiB for each number of rows that it has met: 345 MiB
# after 484 lengths, 2 so (two layers of 64; CPU_RUNTIME_CACHE_CAPACITY 16 and 256 did not help; 2026-11-22).
ROWS = 16


@dataclass(frozen=True)
class OpenVinoDecoder:
    """A `Decoder`. Keys and values are halves, which keep them to 2^-11; sums are float32."""

    request: Any  # openvino.InferRequest
    tensor: Any  # openvino.Tensor, the class
    embedding: Array  # (vocabulary, hidden), as the checkpoint has it
    frequencies: NDArray[np.float64]  # (rotated / 2,)
    memory: Pages
    unread: PagedCache  # where the rows that only fill up a pass are written
    name: str
    conversation_bytes: int
    capacity: int
    vocabulary: int
    inputs: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])  # what `request` holds, by name

    def cache(self) -> PagedCache:
        return PagedCache(self.memory)

    def logits(self, parts: Sequence[tuple[PagedCache, Sequence[int]]]) -> Logits:
        asked = len(parts)
        if more := filling(sum(len(tokens) for _, tokens in parts)):
            parts = [*parts, (self.unread, [0] * more)]
        for cache, tokens in parts:
            cache.grow(len(tokens))
        self.put("hidden", floats(self.embedding[[token for _, tokens in parts for token in tokens]]))
        positions = np.concatenate([np.arange(cache.length, cache.length + len(tokens)) for cache, tokens in parts])
        angles = (positions[:, None] * self.frequencies)[:, None]
        self.put("cos", np.cos(angles).astype(np.float32))
        self.put("sin", np.sin(angles).astype(np.float32))
        begins = [0, *accumulate(len(tokens) for _, tokens in parts)]
        self.put_indexes("ends", [end - 1 for end in begins[1 : asked + 1]])
        self.put_indexes("subsequence_begins", begins)
        self.put_indexes("past_lens", [cache.length for cache, _ in parts])
        self.put_indexes("block_indices", [page for cache, _ in parts for page in cache.pages])
        self.put_indexes("block_indices_begins", [0, *accumulate(len(cache.pages) for cache, _ in parts)])
        self.put_indexes("max_context_len", max(cache.length + len(tokens) for cache, tokens in parts))
        self.request.infer()
        for cache, tokens in parts[:asked]:
            cache.length += len(tokens)
        if more:
            self.unread.keep(0)
        return self.request.get_output_tensor(0).data.copy()  # the next pass writes there

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Into the tensor that was set last where it fits: setting one takes 40 us, and a token's pass has nine."""
        held = self.inputs.get(name)
        if held is not None and held.shape == values.shape:
            held[...] = values
            return
        tensor = self.tensor(values)
        self.request.set_tensor(name, tensor)
        self.inputs[name] = tensor.data

    def put_indexes(self, name: str, values: int | Sequence[int]) -> None:
        self.put(name, np.array(values, dtype=np.int32))


def filling(rows: int) -> int:
    """How many rows a pass of so many gets more."""
    return -rows % ROWS if rows > ROWS else 0


class Unfit(Exception):
    """This model, or this processor, is not one for OpenVINO; the message says why."""


def load(checkpoint: Checkpoint, ctx: int, threads: int, conversations: int) -> OpenVinoDecoder:
    """The model in memory with room for so many conversations of `ctx` tokens. Raises Unfit."""
    config = checkpoint.config
    if config.rope.kind != "default" or config.hidden_act != "silu":
        raise Unfit(f"rope_type {config.rope.kind!r} with {config.hidden_act!r} is not one that it has here")
    ov = openvino()
    from autoglm_backend.glm_graph import Glm

    weights = Weights(checkpoint.shards)
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,  # a browser is beside us
        "KV_CACHE_PRECISION": "f16",
    }
    try:
        compiled = ov.Core().compile_model(Glm(config, weights).model(), "CPU", settings)
    except RuntimeError as error:
        raise Unfit(f"OpenVINO refuses the model on this processor: {first_line(error)}") from error
    request = compiled.create_infer_request()
    names = [f"{kind}.{layer}" for layer in range(config.num_hidden_layers) for kind in ("keys", "values")]
    page = (config.num_key_value_heads, PAGE, config.head_dim)
    # One more conversation than are remembered, for a probe has its own; and the page of what is not read.
    memory = Pages((conversations + 1) * -(-ctx // PAGE) + 1, PAGE, [page] * len(names), np.float16)
    for name, values in zip(names, memory.values, strict=True):
        request.set_tensor(name, ov.Tensor(values, shared_memory=True))  # which `memory` keeps alive
    return OpenVinoDecoder(
        request,
        ov.Tensor,
        embedding=weights["model.embed_tokens.weight"],
        frequencies=config.rope.theta ** (-np.arange(0, config.rope.size, 2) / config.rope.size),
        memory=memory,
        unread=PagedCache(memory),
        name=f"OpenVINO {ov.get_version().split('-')[0]}, {threads} threads",
        conversation_bytes=conversation_bytes(config, ctx),
        capacity=ctx,
        vocabulary=config.vocab_size,
    )


def conversation_bytes(config: GlmConfig, ctx: int) -> int:
    """Of a full one, in halves."""
    return config.num_hidden_layers * 2 * config.num_key_value_heads * config.head_dim * -(-ctx // PAGE) * PAGE * 2


def openvino() -> Any:
    """The package without its converter of other frameworks' models, which takes half a second to import and brings
    a module that reports usage. `import openvino` goes on without it. Raises Unfit where there is no package.
    """
    converter: Any = sys.modules
    converter.setdefault("openvino.tools.ovc", None)
    try:
        import openvino as ov
    except ImportError as error:
        raise Unfit(f"OpenVINO cannot be imported here: {error}") from error
    return ov


def first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), repr(error))
