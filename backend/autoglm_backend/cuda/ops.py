"""The kernels with the grids and block sizes that were fastest, by number of rows. Knows no model."""

# Triton's launches are untyped, and the processor's PyTorch comes without Triton
# pyright: basic, reportMissingImports=false, reportIndexIssue=false
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import triton
from torch import Tensor

from autoglm_backend.cuda import kernels
from autoglm_backend.cuda.placement import FAST
from autoglm_backend.cuda.weights import Matrix, Sizes


@dataclass(frozen=True)
class Tiles:
    """How a product is cut: outputs, inputs and rows of a block, parts of the sum, warps, loads under way."""

    outs: int
    ins: int
    rows: int = 1
    parts: int = 1
    warps: int = 4
    stages: int = 3


def tiles_for(rows: int, outs: int, ins: int, gated: bool) -> Tiles:
    """The fastest seen on an H200 for GLM-4-9B's layers (docs/log.md, 2026-11-21); `outs` of each half where gated."""
    large = gated or outs > 16_384  # enough blocks without cutting the sums
    if rows == 1:
        if ins > 8192 and not gated:
            return Tiles(4, 2048, parts=triton.cdiv(ins, 2048), warps=1)
        most = min(triton.next_power_of_2(ins), 4096)
        return Tiles(2, most) if gated else Tiles(4 if large else 2, most, warps=2)
    if rows <= 16:
        return Tiles(64, 128, 16) if large else Tiles(128, 128, 16, parts=8, warps=8)
    if rows <= FAST:
        wide = 32 if rows <= 32 else 64
        return Tiles(64, 128, wide) if large else Tiles(64, 128, wide, parts=4, stages=4)
    if rows <= 512:
        return Tiles(64, 64, 128) if large else Tiles(64, 64, 128, parts=3)
    return Tiles(64 if gated else 128, 64, 256, warps=8)


def stages_for(tiles: Tiles, gated: bool, device: torch.device) -> int:
    """As many loads under way as the card's shared memory holds; an H200 has 227 KB of it, an RTX 4090 99."""
    if device.type != "cuda":
        return tiles.stages
    each = tiles.ins * (tiles.outs * (2 if gated else 1) + 2 * tiles.rows)
    room = torch.cuda.get_device_properties(device).shared_memory_per_block_optin - 4096
    return max(1, min(tiles.stages, room // each))


def project(x: Tensor, matrix: Matrix, out: Tensor, rows: int, tiles: Tiles, *, gated: bool = False) -> None:
    """`x` (rows, in) bf16 by the matrix: `out` (parts, rows, out) float32; gated: (rows, out / 2) bf16."""
    outs = matrix.outs // 2 if gated else matrix.outs
    blocks = triton.cdiv(outs, tiles.outs)
    span = triton.cdiv(triton.cdiv(matrix.ins, tiles.parts), tiles.ins) * tiles.ins
    bias = matrix.scale if matrix.bias is None else matrix.bias
    common: Any = {
        "K": matrix.ins, "SPAN": span, "BLOCK_N": tiles.outs, "BLOCK_K": tiles.ins, "BIAS": matrix.bias is not None,
        "GATED": gated, "num_warps": tiles.warps,
    }  # fmt: skip
    if tiles.rows == 1:
        kernels.project_row[(blocks, tiles.parts)](x, matrix.weight, matrix.scale, bias, out, outs, **common)
    else:
        kernels.project_rows[(triton.cdiv(rows, tiles.rows), blocks, tiles.parts)](
            x,
            matrix.weight,
            matrix.scale,
            bias,
            out,
            rows,
            outs,
            BLOCK_R=tiles.rows,
            STAGES=stages_for(tiles, gated, x.device),
            **common,
        )


def begin(tokens: Tensor, embedding: Tensor, norm: Tensor, eps: float, hidden: Tensor, x: Tensor, rows: int) -> None:
    size = embedding.shape[1]
    kernels.begin[(rows,)](tokens, embedding, norm, eps, hidden, x, SIZE=size, BLOCK=triton.next_power_of_2(size))


def add_norm(
    y: Tensor, parts: int, after: Tensor | None, norm: Tensor, eps: float, hidden: Tensor, x: Tensor, rows: int
) -> None:  # fmt: skip
    size = hidden.shape[1]
    kernels.add_norm[(rows,)](
        y, rows, norm if after is None else after, norm, eps, hidden, x, PARTS=parts, SANDWICH=after is not None,
        SIZE=size, BLOCK=triton.next_power_of_2(size), num_warps=32 if rows == 1 else 8,
    )  # fmt: skip


def rotate_and_keep(
    qkv: Tensor, parts: int, slots: Tensor, positions: Tensor, turns: tuple[Tensor, Tensor], query: Tensor,
    cache: Tensor, sizes: Sizes, rows: int
) -> None:  # fmt: skip
    kernels.rotate_and_keep[(rows, sizes.heads + 2 * sizes.kv_heads)](
        qkv, rows, slots, positions, *turns, query, cache, cache.shape[3], HEADS=sizes.heads,
        KV_HEADS=sizes.kv_heads, SIZE=sizes.head, HALF=triton.next_power_of_2(sizes.head // 2), TURNED=sizes.turned,
        PARTS=parts, num_warps=2,
    )  # fmt: skip


def attend(
    query: Tensor, cache: Tensor, slots: Tensor, positions: Tensor, room: tuple[Tensor, Tensor, Tensor], out: Tensor,
    sizes: Sizes, rows: int, parts: int
) -> None:  # fmt: skip
    """`out` (rows, heads, size) bf16; `room`: mixed (rows, heads, parts, size), peaks and sums (rows, heads, parts)."""
    mixed, peaks, sums = room
    width = max(16, triton.next_power_of_2(sizes.head))
    group = max(16, triton.next_power_of_2(sizes.heads // sizes.kv_heads))
    kernels.attend[(rows, sizes.kv_heads, parts)](
        query, cache, slots, positions, mixed, peaks, sums, cache.shape[3], sizes.scaling, HEADS=sizes.heads,
        KV_HEADS=sizes.kv_heads, GROUP=group, SIZE=sizes.head, WIDTH=width, PARTS=parts, BLOCK=64,
        num_warps=2,
    )  # fmt: skip
    kernels.combine[(rows * sizes.heads,)](
        mixed, peaks, sums, out, SIZE=sizes.head, WIDTH=width, PARTS=parts, num_warps=1
    )
