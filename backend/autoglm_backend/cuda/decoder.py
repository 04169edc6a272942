"""A GLM in INT8 on one card or several: a `Decoder` whose steps are replayed CUDA graphs. Knows no requests, no text.

A pass of few rows (`placement.FAST`) is a graph, captured at the start for each size of `SIZES`: tokens, conversations
and positions are copied and read by the card itself, so one graph serves any of them at any length. A pass of more rows
is launched kernel by kernel, by the same code.
"""

# PyTorch's CUDA interface is typed in part only
# pyright: basic
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.attention.bias import causal_lower_right
from torch.nn.functional import scaled_dot_product_attention

from autoglm_backend.cuda import ops
from autoglm_backend.cuda.placement import FAST
from autoglm_backend.cuda.weights import Layer, Matrix, Sizes, Weights

SIZES = (1, 2, 4, 8, 16, 32, FAST)
LONG = 32  # rows of one conversation from which they attend together
ATTEND_PARTS = {1: 32, 2: 32, 4: 16, 8: 16, 16: 8, 32: 4, 64: 2}  # so that some 128 blocks read the keys and values


class Conversation:
    """Keys and values of one conversation: a place in the cards' memory, from its first token until `keep(0)`."""

    def __init__(self, decoder: CardDecoder) -> None:
        self.decoder = decoder
        self.slot: int | None = None
        self.length = 0

    def keep(self, length: int) -> None:
        """Forget all but the first `length` tokens."""
        self.length = min(self.length, length)
        if not self.length and self.slot is not None:
            self.decoder.free.append(self.slot)
            self.slot = None

    def copy_from(self, other: Conversation, length: int) -> None:
        """Hold the first `length` tokens that `other` holds, and nothing else."""
        self.keep(0)
        if length:
            mine, theirs = self.place(), other.place()
            for cache in self.decoder.caches:
                cache[mine, :, :, :length] = cache[theirs, :, :, :length]
            self.length = length

    def place(self) -> int:
        """Where it lies. Raises RuntimeError when all places are taken."""
        if self.slot is None:
            if not self.decoder.free:
                raise RuntimeError(
                    f"all {self.decoder.slots} conversations that fit on the cards are in use: "
                    "end one with keep(0), or start the server with a smaller --ctx"
                )
            self.slot = self.decoder.free.pop()
        return self.slot


@dataclass(frozen=True)
class Space:
    """What a pass writes to on one card, for so many rows."""

    hidden: Tensor  # (rows, hidden) float32, the residual
    x: Tensor  # (rows, hidden), a layer's input
    y: Tensor  # parts of products, float32
    act: Tensor  # (rows, inner)
    query: Tensor  # (rows, heads, head)
    out: Tensor  # (rows, heads, head)

    @classmethod
    def of(cls, sizes: Sizes, rows: int, device: torch.device) -> Space:
        def empty(*shape: int, dtype: torch.dtype | None = None) -> Tensor:
            return torch.empty(shape, dtype=dtype or half(device), device=device)

        heads, joined = sizes.heads * sizes.head, (sizes.heads + 2 * sizes.kv_heads) * sizes.head
        products = ((joined, sizes.hidden), (sizes.hidden, heads), (sizes.hidden, sizes.inner))
        steps = SIZES if rows == FAST else (rows,)
        largest = max(
            step * outs * ops.tiles_for(step, outs, ins, gated=False).parts for step in steps for outs, ins in products
        )
        return cls(
            empty(rows, sizes.hidden, dtype=torch.float32),
            empty(rows, sizes.hidden),
            empty(largest, dtype=torch.float32),
            empty(rows, sizes.inner),
            empty(rows, sizes.heads, sizes.head),
            empty(rows, sizes.heads, sizes.head),
        )


@dataclass(frozen=True)
class Where:
    """For each row of a pass, on one card: its token, its conversation's place, its position there. int32."""

    tokens: Tensor
    slots: Tensor
    positions: Tensor

    def rows(self, rows: slice) -> Where:
        return Where(self.tokens[rows], self.slots[rows], self.positions[rows])


Attend = Callable[[Space, Tensor], None]


@dataclass
class Stage:
    """The layers of one card, with what stands before the first and after the last of them."""

    sizes: Sizes
    device: torch.device
    layers: tuple[Layer, ...]
    following: tuple[Tensor, ...]  # the norm after each layer
    caches: tuple[Tensor, ...]  # of each layer: (slots, 2, kv_heads, capacity, head)
    turns: tuple[Tensor, Tensor]
    embedding: Tensor | None  # on the first card
    output: Matrix | None  # on the last one
    space: Space
    mixed: tuple[Tensor, Tensor, Tensor]
    asked: Tensor  # (3, FAST) int32, the processor's: what `where` is to hold in the next pass of few rows
    where: Where
    logits: Tensor
    graphs: dict[int, Any] = field(default_factory=dict[int, Any])

    def on(self) -> AbstractContextManager[Any]:
        return torch.cuda.device(self.device) if self.device.type == "cuda" else nullcontext()

    def compute(self, space: Space, where: Where, rows: int, attend: Attend) -> None:
        """`space` holds the last layer's output, and what the next one, or the output matrix, takes in."""
        sizes, eps = self.sizes, self.sizes.eps
        if self.embedding is not None:
            ops.begin(where.tokens, self.embedding, self.layers[0].norm, eps, space.hidden, space.x, rows)

        def project(x: Tensor, matrix: Matrix, out: Tensor, *, gated: bool = False) -> int:
            tiles = ops.tiles_for(rows, matrix.outs // 2 if gated else matrix.outs, matrix.ins, gated)
            ops.project(x, matrix, out, rows, tiles, gated=gated)
            return tiles.parts

        for layer, following, cache in zip(self.layers, self.following, self.caches, strict=True):
            parts = project(space.x, layer.qkv, space.y)
            ops.rotate_and_keep(
                space.y, parts, where.slots, where.positions, self.turns, space.query, cache, sizes, rows
            )
            attend(space, cache)
            parts = project(space.out, layer.out, space.y)
            ops.add_norm(space.y, parts, layer.after_attention, layer.middle_norm, eps, space.hidden, space.x, rows)
            project(space.x, layer.gate_up, space.act, gated=True)
            parts = project(space.act, layer.down, space.y)
            ops.add_norm(space.y, parts, layer.after_mlp, following, eps, space.hidden, space.x, rows)

    def step(self, rows: int) -> None:
        """A pass of few rows over this card's own space."""

        def attend(space: Space, cache: Tensor) -> None:
            ops.attend(
                space.query, cache, self.where.slots, self.where.positions, self.mixed, space.out, self.sizes, rows,
                ATTEND_PARTS[rows],
            )  # fmt: skip

        for mine, asked in zip((self.where.tokens, self.where.slots, self.where.positions), self.asked, strict=True):
            mine.copy_(asked, non_blocking=True)
        self.compute(self.space, self.where, rows, attend)
        if self.output is not None:
            tiles = ops.tiles_for(rows, self.output.outs, self.output.ins, gated=False)
            ops.project(self.space.x, self.output, self.logits, rows, tiles)

    def capture(self) -> None:
        """Compiles what passes of few rows need, and records them."""
        with self.on():
            own = torch.cuda.Stream(self.device)  # PyTorch would take one of the first card
            for rows in SIZES:
                self.step(rows)
                torch.cuda.synchronize()
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph, stream=own):
                    self.step(rows)
                self.graphs[rows] = graph

    def run(self, rows: int) -> None:
        with self.on():
            if rows in self.graphs:
                self.graphs[rows].replay()
            else:
                self.step(rows)


class CardDecoder:
    """The model on its cards. `placed`: how many layers each of `devices` holds, in order."""

    def __init__(
        self, weights: Weights, devices: Sequence[torch.device], placed: Sequence[int], slots: int, capacity: int
    ) -> None:
        self.slots, self.capacity = slots, capacity
        self.vocabulary = weights.output.outs
        self.sizes = weights.sizes
        self.free = list(range(slots))
        pinned = devices[0].type == "cuda"
        self.host_rows = torch.zeros(3, FAST, dtype=torch.int32, pin_memory=pinned)
        self.stages = tuple(stages(weights, devices, placed, slots, capacity, self.host_rows))
        self.caches = [cache for stage in self.stages for cache in stage.caches]
        self.host_logits = torch.empty(FAST, self.vocabulary, pin_memory=pinned)

    @property
    def name(self) -> str:
        """What computes, in words."""
        cards = [torch.cuda.get_device_name(stage.device) for stage in self.stages if stage.device.type == "cuda"]
        return f"Triton on {' + '.join(cards) or 'no card'}, {self.slots - 1} conversations"

    @property
    def conversation_bytes(self) -> int:
        """Of a full conversation; all of it is taken at the start."""
        return sum(cache[0].nbytes for cache in self.caches)

    def cache(self) -> Conversation:
        """An empty conversation, for this decoder only."""
        return Conversation(self)

    @torch.inference_mode()
    def warm(self) -> None:
        """Compiles and captures every pass that can be, so that no request waits for it later."""
        for stage in self.stages:
            stage.capture()
        short, long = self.cache(), self.cache()
        for rows in (FAST + 1, 513):  # each of the ways that ops.tiles_for has for more
            self.logits([(short, [0]), (long, [0] * rows)])
            long.keep(0)
        short.keep(0)

    @torch.inference_mode()
    def logits(self, parts: Sequence[tuple[Conversation, Sequence[int]]]) -> NDArray[np.float32]:
        """(parts, vocabulary), each after the last token of a conversation and the tokens that now join it.

        They are overwritten by the next call.
        """
        counts = [len(tokens) for _, tokens in parts]
        rows = sum(counts)
        ends = [end - 1 for end in accumulate(counts)]
        found = np.empty((3, rows), np.int32)  # tokens, places, positions
        for (conversation, tokens), end, count in zip(parts, ends, counts, strict=True):
            own = slice(end + 1 - count, end + 1)
            found[0, own], found[1, own] = tokens, conversation.place()
            found[2, own] = np.arange(conversation.length, conversation.length + count)
        if rows <= FAST:
            logits = self.step(found)
            wanted = logits[: len(parts)] if rows == len(parts) else logits[ends]
        else:
            wanted = self.read(found, [(c, len(tokens)) for c, tokens in parts], ends)
        host = self.host_logits[: len(parts)]
        host.copy_(wanted, non_blocking=True)
        self.wait()
        for conversation, tokens in parts:
            conversation.length += len(tokens)
        return host.numpy()

    def wait(self) -> None:
        last = self.stages[-1].device
        if last.type == "cuda":
            torch.cuda.current_stream(last).synchronize()

    def step(self, found: NDArray[np.int32]) -> Tensor:
        """Logits (at least rows, vocabulary) on the last card, of few rows."""
        rows = next(size for size in SIZES if size >= found.shape[1])
        host = self.host_rows.numpy()
        host[:, : found.shape[1]] = found
        host[:, found.shape[1] : rows] = found[:, -1:]  # what is too much writes what the last one writes
        before: Stage | None = None
        for stage in self.stages:
            if before is not None:
                stage.space.hidden[:rows].copy_(before.space.hidden[:rows], non_blocking=True)
                stage.space.x[:rows].copy_(before.space.x[:rows], non_blocking=True)
            stage.run(rows)
            before = stage
        return self.stages[-1].logits

    def read(self, found: NDArray[np.int32], parts: Sequence[tuple[Conversation, int]], ends: list[int]) -> Tensor:
        """Logits (parts, vocabulary) on the last card, of many rows."""
        rows = found.shape[1]
        given = torch.from_numpy(found)
        segments = list(segmented(parts))
        before: Space | None = None
        space = None
        for stage in self.stages:
            with stage.on():
                where = Where(*given.to(stage.device))
                space = Space.of(self.sizes, rows, stage.device)
                if before is not None:
                    space.hidden.copy_(before.hidden)
                    space.x.copy_(before.x)

                def attend(space: Space, cache: Tensor, where: Where = where) -> None:
                    for part, conversation in segments:
                        if conversation is None:
                            attend_each(space, cache, where, part, self.sizes)
                        else:
                            attend_together(space, cache, part, conversation, self.sizes)

                stage.compute(space, where, rows, attend)
            before = space
        last = self.stages[-1]
        assert space is not None and last.output is not None
        with last.on():
            x = space.x[ends]
            tiles = ops.tiles_for(len(ends), last.output.outs, last.output.ins, gated=False)
            ops.project(x, last.output, last.logits, len(ends), tiles)
        return last.logits[: len(ends)]


def stages(
    weights: Weights, devices: Sequence[torch.device], placed: Sequence[int], slots: int, capacity: int, asked: Tensor
) -> Iterator[Stage]:
    """The model cut into what each card holds."""
    sizes = weights.sizes
    norms = [*(layer.norm for layer in weights.layers[1:]), weights.norm]
    starts = [sum(placed[:at]) for at in range(len(placed) + 1)]
    assert starts[-1] == len(weights.layers)
    for at, (start, end) in enumerate(pairwise(starts)):
        device, last = devices[at], end == len(weights.layers)
        layers = tuple(moved(layer, device) for layer in weights.layers[start:end])
        parts = max(rows * count for rows, count in ATTEND_PARTS.items())
        kept = (slots, 2, sizes.kv_heads, capacity, sizes.head)
        yield Stage(
            sizes=sizes,
            device=device,
            layers=layers,
            following=tuple(norm.to(device) for norm in norms[start:end]),
            caches=tuple(torch.zeros(kept, dtype=half(device), device=device) for _ in layers),
            turns=(weights.cos.to(device), weights.sin.to(device)),
            embedding=weights.embedding.to(device) if at == 0 else None,
            output=on_device(weights.output, device) if last else None,
            space=Space.of(sizes, FAST, device),
            mixed=(
                torch.empty(parts * sizes.heads * sizes.head, device=device),
                torch.empty(parts * sizes.heads, device=device),
                torch.empty(parts * sizes.heads, device=device),
            ),
            asked=asked,
            where=Where(*torch.zeros(3, FAST, dtype=torch.int32, device=device)),
            logits=torch.empty((FAST if last else 0, weights.output.outs), device=device),
        )


def segmented(parts: Sequence[tuple[Conversation, int]]) -> Iterator[tuple[slice, Conversation | None]]:
    """Rows that attend alike: those of one conversation when they are many, else (None) each by itself."""
    start = 0
    short = 0  # rows before `start` that are not given yet
    for conversation, count in parts:
        if count >= LONG:
            if short:
                yield slice(start - short, start), None
            yield slice(start, start + count), conversation
            short = -count
        start += count
        short += count
    if short:
        yield slice(start - short, start), None


def attend_each(space: Space, cache: Tensor, where: Where, part: slice, sizes: Sizes) -> None:
    """Rows of whichever conversations, each by itself."""
    rows, parts, own = part.stop - part.start, 4, where.rows(part)
    mixed = torch.empty(rows * parts * sizes.heads * sizes.head, device=cache.device)
    peaks, sums = torch.empty(2, rows * parts * sizes.heads, device=cache.device)
    room = (mixed, peaks, sums)
    ops.attend(space.query[part], cache, own.slots, own.positions, room, space.out[part], sizes, rows, parts)


def attend_together(space: Space, cache: Tensor, part: slice, conversation: Conversation, sizes: Sizes) -> None:
    """Many rows of one conversation, by PyTorch's flash attention."""
    rows = part.stop - part.start
    length = conversation.length + rows
    kept = cache[conversation.place(), :, :, :length]
    query = space.query[part].transpose(0, 1).unsqueeze(0)
    keys, values = kept[0].unsqueeze(0), kept[1].unsqueeze(0)
    mask: Any = causal_lower_right(rows, length)  # a tensor to PyTorch, by subclass
    found = scaled_dot_product_attention(query, keys, values, mask, scale=sizes.scaling, enable_gqa=True)
    space.out[part] = found[0].transpose(0, 1)


def moved(layer: Layer, device: torch.device) -> Layer:
    there: dict[str, Any] = {
        name: value if value is None else on_device(value, device) if isinstance(value, Matrix) else value.to(device)
        for name, value in vars(layer).items()
    }
    return Layer(**there)


def on_device(matrix: Matrix, device: torch.device) -> Matrix:
    bias = None if matrix.bias is None else matrix.bias.to(device)
    return replace(matrix, weight=matrix.weight.to(device), scale=matrix.scale.to(device), bias=bias)


def half(device: torch.device) -> torch.dtype:
    """What activations, keys and values are in; never float16, which overflows with GLM-4."""
    return torch.bfloat16 if device.type == "cuda" else torch.float32  # Triton's interpreter knows no bf16
