"""Which card holds which layers of a model in INT8, and how many conversations fit beside them. Pure; no torch.

Nothing is left to the processor's memory or the disk: what does not fit is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autoglm_backend.machine import Gpu
from autoglm_backend.models import Model
from autoglm_backend.tensors import Tensor

GIB = 2**30
CHUNK = 2048  # tokens of a prompt that one pass reads
BESIDE = 512  # of them while others reply: some 25 ms on an H200
CONVERSATIONS = 16  # that run at once and are remembered, where they fit
FEWEST = 4  # conversations for which another card is taken
FAST = 64  # rows up to which a pass is few enough to be captured, and each row attends by itself
OUTSIDE = round(0.75 * GIB)  # CUDA's context, the kernels' code, the captured graphs: on an H200 with PyTorch 2.11
LEAST = (8, 0)  # compute capability: bf16


@dataclass(frozen=True)
class Needs:
    """Bytes of a model in INT8 with conversations of a given length."""

    layer: int
    layers: int
    first: int  # the embedding
    last: int  # the last norm and the output matrix
    conversation: int  # of one layer
    space: int  # what a pass writes to, on each card

    @classmethod
    def of(cls, model: Model, ctx: int) -> Needs:
        network = model.network
        layer = network.layers[0]
        return cls(
            layer=sum(map(held, layer.tensors)) + joined(model),
            layers=len(network.layers),
            first=2 * network.embedding.size,
            last=held(network.norm) + network.head.size + 4 * network.head.rows,
            conversation=4 * layer.kv.heads * layer.kv.head_dim * ctx,
            space=space(model, CHUNK + FAST) + space(model, FAST) + 4 * FAST * model.vocabulary,
        )


@dataclass(frozen=True)
class Placement:
    layers: tuple[int, ...]  # of each card, in order
    conversations: int

    def weights(self, needs: Needs, card: int) -> int:
        ends = needs.first * (card == 0) + needs.last * (card == len(self.layers) - 1)
        return self.layers[card] * needs.layer + ends

    def kept(self, needs: Needs, card: int) -> int:
        """Keys and values, with the conversation that health checks use."""
        return self.layers[card] * needs.conversation * (self.conversations + 1)


def usable(gpus: Sequence[Gpu]) -> list[Gpu]:
    """Those that the kernels run on, the roomiest first."""
    able = [gpu for gpu in gpus if gpu.vendor == "nvidia" and gpu.capability >= LEAST]
    return sorted(able, key=lambda gpu: (-gpu.available_bytes, gpu.index))


def place(needs: Needs, room: Sequence[int], most: int = CONVERSATIONS) -> Placement | None:
    """On the fewest cards that hold FEWEST conversations; `room`: bytes free on each card. None: it does not fit."""
    best = None
    for cards in range(1, min(len(room), needs.layers) + 1):
        for conversations in range(most, 0, -1):
            if dealt := deal(needs, room[:cards], conversations):
                best = Placement(dealt, conversations)
                break
        if best is not None and best.conversations >= min(FEWEST, most):
            return best
    return best


def deal(needs: Needs, room: Sequence[int], conversations: int) -> tuple[int, ...] | None:
    """Layers for each card, as much of each card's room as of any other's; None: too little room, or a card idle."""
    each = needs.layer + needs.conversation * (conversations + 1)
    last = len(room) - 1
    able = [
        (free - OUTSIDE - needs.space - needs.first * (at == 0) - needs.last * (at == last)) // each
        for at, free in enumerate(room)
    ]
    if min(able) < 1 or sum(able) < needs.layers:
        return None
    counts = [max(1, needs.layers * count // sum(able)) for count in able]
    for at in sorted(range(len(room)), key=lambda at: counts[at] / able[at]):
        counts[at] += max(0, min(able[at] - counts[at], needs.layers - sum(counts)))
    return tuple(counts) if sum(counts) == needs.layers else None


def joined(model: Model) -> int:
    """Bytes of a layer's query, key and value weights, once more.

    Transformers loads all weights into one block, in which these leave holes when they are joined.
    """
    return model.hidden * (model.heads + 2 * model.kv_heads) * model.head_dim


def held(tensor: Tensor) -> int:
    """Bytes of a layer's tensor on a card: INT8 with a float32 scale a row, or bf16."""
    return tensor.size + 4 * tensor.rows if tensor.linear else 2 * tensor.size


def space(model: Model, rows: int) -> int:
    """What a pass of so many rows writes to: residual, input, a product in parts, the MLP's inside, queries, result."""
    heads = model.heads * model.head_dim
    joined = heads + 2 * model.kv_heads * model.head_dim
    parts = 8 if rows <= FAST else 1
    return rows * (4 * model.hidden + 2 * model.hidden + 4 * parts * joined + 2 * model.inner + 4 * heads)
