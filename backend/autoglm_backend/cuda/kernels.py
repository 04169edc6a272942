"""What a GLM's forward pass on a card is made of, in Triton: INT8 weights times bf16 rows, attention, norms.

Sums and the residual are float32. What a product has in several parts (first axis) is added up by whoever reads it.
"""

# Triton's language is untyped, and the processor's PyTorch comes without Triton
# pyright: basic, reportMissingImports=false
from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def floats(w, like):
    """INT8 as float32, four at a time. The conversion that Triton has is a sixteenth as fast as a multiplication: a
    byte above -128 is the last of float32's 2^23, from which what was too much is taken off, exactly."""
    if like.dtype.element_ty == tl.bfloat16:
        return tl.inline_asm_elementwise(
            """{
            .reg .b32 u;
            xor.b32 u, $4, 0x80808080;
            prmt.b32 $0, u, 0x4B000000, 0x7650;
            prmt.b32 $1, u, 0x4B000000, 0x7651;
            prmt.b32 $2, u, 0x4B000000, 0x7652;
            prmt.b32 $3, u, 0x4B000000, 0x7653;
            sub.f32 $0, $0, 0f4B000080;
            sub.f32 $1, $1, 0f4B000080;
            sub.f32 $2, $2, 0f4B000080;
            sub.f32 $3, $3, 0f4B000080;
            }""",
            "=r,=r,=r,=r,r",
            [w],
            dtype=tl.float32,
            is_pure=True,
            pack=4,
        )
    else:  # noqa: RET505  (Triton compiles either branch, and returns from one)
        return w.to(tl.float32)


@triton.jit
def project_row(
    x, weight, scale, bias, out, n_size, K: tl.constexpr, SPAN: tl.constexpr, BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr, BIAS: tl.constexpr, GATED: tl.constexpr,
):  # fmt: skip
    """One row `x` (K) bf16 by `weight` (N, K) int8: out (parts, N) float32; GATED: silu(x W) * (x V), out (N) bf16."""
    n = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    part = tl.program_id(1)
    here = n < n_size
    k = part * SPAN + tl.arange(0, BLOCK_K)
    rows = weight + n.to(tl.int64)[:, None] * K
    others = rows + n_size.to(tl.int64) * K
    inside = here[:, None] & (k < K)[None, :]
    w = tl.load(rows + k[None, :], mask=inside, other=0, eviction_policy="evict_first")
    v = w
    if GATED:
        v = tl.load(others + k[None, :], mask=inside, other=0, eviction_policy="evict_first")
    scales = tl.load(scale + n, mask=here, other=0.0)
    added = scales
    if GATED:
        added = tl.load(scale + n_size + n, mask=here, other=0.0)
    elif BIAS:
        added = tl.load(bias + n, mask=here, other=0.0)
    row = tl.load(x + k, mask=k < K, other=0.0, eviction_policy="evict_last").to(tl.float32)
    total = floats(w, x) * row[None, :]
    other = floats(v, x) * row[None, :]
    for _ in range(1, SPAN // BLOCK_K):
        k += BLOCK_K
        inside = here[:, None] & (k < K)[None, :]
        w = tl.load(rows + k[None, :], mask=inside, other=0, eviction_policy="evict_first")
        row = tl.load(x + k, mask=k < K, other=0.0, eviction_policy="evict_last").to(tl.float32)
        total += floats(w, x) * row[None, :]
        if GATED:
            v = tl.load(others + k[None, :], mask=inside, other=0, eviction_policy="evict_first")
            other += floats(v, x) * row[None, :]
    y = tl.sum(total, axis=1) * scales
    if GATED:
        z = tl.sum(other, axis=1) * added
        tl.store(out + n, (y / (1.0 + tl.exp(-y)) * z).to(out.dtype.element_ty), mask=here)
    else:
        if BIAS:
            y += tl.where(part == 0, added, 0.0)
        tl.store(out + part * n_size + n, y, mask=here)


@triton.jit(do_not_specialize=["rows"])
def project_rows(
    x, weight, scale, bias, out, rows, n_size, K: tl.constexpr, SPAN: tl.constexpr, BLOCK_R: tl.constexpr,
    BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr, STAGES: tl.constexpr, BIAS: tl.constexpr, GATED: tl.constexpr,
):  # fmt: skip
    """As `project_row` for `x` (rows, K): out (parts, rows, N) float32; GATED: out (rows, N) bf16."""
    r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)  # first, so that blocks of weights are read once
    n = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    part = tl.program_id(2)
    here = n < n_size
    wanted = r < rows
    w_at = weight + n.to(tl.int64)[:, None] * K
    v_at = w_at + n_size.to(tl.int64) * K
    x_at = x + r[None, :] * K
    total = tl.zeros([BLOCK_N, BLOCK_R], tl.float32)
    other = tl.zeros([BLOCK_N, BLOCK_R], tl.float32)
    for start in tl.range(part * SPAN, min(part * SPAN + SPAN, K), BLOCK_K, num_stages=STAGES):
        k = start + tl.arange(0, BLOCK_K)
        inside = here[:, None]
        asked = wanted[None, :]
        if K % BLOCK_K != 0:
            inside &= (k < K)[None, :]
            asked &= (k < K)[:, None]
        row = tl.load(x_at + k[:, None], mask=asked, other=0.0)
        w = tl.load(w_at + k[None, :], mask=inside, other=0)
        total = tl.dot(w.to(x.dtype.element_ty), row, total)
        if GATED:
            v = tl.load(v_at + k[None, :], mask=inside, other=0)
            other = tl.dot(v.to(x.dtype.element_ty), row, other)
    y = total * tl.load(scale + n, mask=here, other=0.0)[:, None]
    if GATED:
        z = other * tl.load(scale + n_size + n, mask=here, other=0.0)[:, None]
        y = y / (1.0 + tl.exp(-y)) * z
    elif BIAS:
        y += tl.where(part == 0, tl.load(bias + n, mask=here, other=0.0), 0.0)[:, None]
    place = (part * rows + r).to(tl.int64)[None, :] * n_size + n[:, None]
    tl.store(out + place, y.to(out.dtype.element_ty), mask=here[:, None] & wanted[None, :])


@triton.jit(do_not_specialize_on_alignment=["tokens"])
def begin(tokens, embedding, norm, eps, hidden, x, SIZE: tl.constexpr, BLOCK: tl.constexpr):
    """The residual (rows, SIZE) float32 of these tokens, and the first layer's input, normed."""
    r = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < SIZE
    token = tl.load(tokens + r).to(tl.int64)
    h = tl.load(embedding + token * SIZE + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(hidden + r.to(tl.int64) * SIZE + at, h, mask=inside)
    y = h * tl.rsqrt(tl.sum(h * h) / SIZE + eps) * tl.load(norm + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(x + r.to(tl.int64) * SIZE + at, y.to(x.dtype.element_ty), mask=inside)


@triton.jit(do_not_specialize=["rows"])
def add_norm(
    y, rows, after, norm, eps, hidden, x, PARTS: tl.constexpr, SANDWICH: tl.constexpr, SIZE: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """Adds `y` (parts, rows, SIZE), normed by `after` if SANDWICH, to the residual; `x`: that, normed by `norm`."""
    r = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < SIZE
    following = tl.load(norm + at, mask=inside, other=0.0).to(tl.float32)
    place = r.to(tl.int64) * SIZE + at
    h = tl.load(hidden + place, mask=inside, other=0.0)
    total = tl.load(y + place, mask=inside, other=0.0)
    for part in tl.static_range(1, PARTS):
        total += tl.load(y + part * rows.to(tl.int64) * SIZE + place, mask=inside, other=0.0)
    if SANDWICH:
        weight = tl.load(after + at, mask=inside, other=0.0).to(tl.float32)
        total = total * tl.rsqrt(tl.sum(total * total) / SIZE + eps) * weight
    h += total
    tl.store(hidden + place, h, mask=inside)
    normed = h * tl.rsqrt(tl.sum(h * h) / SIZE + eps) * following
    tl.store(x + place, normed.to(x.dtype.element_ty), mask=inside)


@triton.jit(do_not_specialize=["rows"], do_not_specialize_on_alignment=["slots", "positions"])
def rotate_and_keep(
    qkv, rows, slots, positions, cos, sin, query, cache, capacity, HEADS: tl.constexpr, KV_HEADS: tl.constexpr,
    SIZE: tl.constexpr, HALF: tl.constexpr, TURNED: tl.constexpr, PARTS: tl.constexpr,
):  # fmt: skip
    """Turns queries and keys of `qkv` (parts, rows, HEADS + 2 KV_HEADS, SIZE) to their positions.

    Queries go to `query` (rows, HEADS, SIZE), keys and values to their places in `cache` (slots, 2, KV_HEADS, capacity,
    SIZE). TURNED values of a head are turned, half as many pairs side by side; HALF: at least SIZE / 2, a power of two.
    """
    r = tl.program_id(0)
    head = tl.program_id(1)
    pair = tl.arange(0, HALF)
    inside = pair < SIZE // 2
    position = tl.load(positions + r).to(tl.int64)
    slot = tl.load(slots + r).to(tl.int64)
    source = (r.to(tl.int64) * (HEADS + 2 * KV_HEADS) + head) * SIZE + 2 * pair
    even = tl.load(qkv + source, mask=inside, other=0.0)
    odd = tl.load(qkv + source + 1, mask=inside, other=0.0)
    for part in tl.static_range(1, PARTS):
        further = part * rows.to(tl.int64) * (HEADS + 2 * KV_HEADS) * SIZE
        even += tl.load(qkv + further + source, mask=inside, other=0.0)
        odd += tl.load(qkv + further + source + 1, mask=inside, other=0.0)
    turned = (pair < TURNED // 2) & (head < HEADS + KV_HEADS)
    c = tl.load(cos + position * (TURNED // 2) + pair, mask=turned, other=1.0)
    s = tl.load(sin + position * (TURNED // 2) + pair, mask=turned, other=0.0)
    first, second = even * c - odd * s, even * s + odd * c
    if head < HEADS:
        target = query + (r.to(tl.int64) * HEADS + head) * SIZE
    else:
        target = cache + ((slot * 2 * KV_HEADS + head - HEADS) * capacity + position) * SIZE
    tl.store(target + 2 * pair, first.to(cache.dtype.element_ty), mask=inside)
    tl.store(target + 2 * pair + 1, second.to(cache.dtype.element_ty), mask=inside)


@triton.jit(do_not_specialize_on_alignment=["slots", "positions"])
def attend(
    query, cache, slots, positions, out, peaks, sums, capacity, scaling, HEADS: tl.constexpr, KV_HEADS: tl.constexpr,
    GROUP: tl.constexpr, SIZE: tl.constexpr, WIDTH: tl.constexpr, PARTS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Each row's attention over its own conversation, up to itself, in PARTS: the lengths are read on the card.

    `out` (rows, HEADS, PARTS, SIZE) float32 is not yet divided by `sums`, and relative to `peaks` (rows, HEADS, PARTS).
    GROUP: at least HEADS / KV_HEADS and 16; WIDTH: at least SIZE; powers of two.
    """
    r = tl.program_id(0)
    kv = tl.program_id(1)
    part = tl.program_id(2)
    g = tl.arange(0, GROUP)
    d = tl.arange(0, WIDTH)
    own = g < HEADS // KV_HEADS
    wide = d < SIZE
    head = kv * (HEADS // KV_HEADS) + g
    slot = tl.load(slots + r).to(tl.int64)
    length = tl.load(positions + r) + 1
    span = tl.cdiv(tl.cdiv(length, PARTS), BLOCK) * BLOCK
    first = part * span
    last = min(first + span, length)
    keys = cache + (slot * 2 * KV_HEADS + kv) * capacity * SIZE
    values = keys + KV_HEADS * capacity.to(tl.int64) * SIZE
    q_at = query + (r.to(tl.int64) * HEADS + head)[:, None] * SIZE + d[None, :]
    q = tl.load(q_at, mask=own[:, None] & wide[None, :], other=0.0)
    peak = tl.full([GROUP], -1e30, tl.float32)
    total = tl.zeros([GROUP], tl.float32)
    mixed = tl.zeros([GROUP, WIDTH], tl.float32)
    for start in range(first, last, BLOCK):
        at = start + tl.arange(0, BLOCK)
        seen = at < last
        k = tl.load(keys + at[None, :] * SIZE + d[:, None], mask=seen[None, :] & wide[:, None], other=0.0)
        v = tl.load(values + at[:, None] * SIZE + d[None, :], mask=seen[:, None] & wide[None, :], other=0.0)
        scores = tl.where(seen[None, :], tl.dot(q, k) * scaling, -1e30)
        higher = tl.maximum(peak, tl.max(scores, axis=1))
        chances = tl.exp(scores - higher[:, None])
        fade = tl.exp(peak - higher)
        total = total * fade + tl.sum(chances, axis=1)
        mixed = tl.dot(chances.to(v.dtype), v, mixed * fade[:, None])
        peak = higher
    place = (r.to(tl.int64) * HEADS + head) * PARTS + part
    tl.store(peaks + place, peak, mask=own)
    tl.store(sums + place, total, mask=own)
    tl.store(out + place[:, None] * SIZE + d[None, :], mixed, mask=own[:, None] & wide[None, :])


@triton.jit
def combine(
    mixed, peaks, sums, out, SIZE: tl.constexpr, WIDTH: tl.constexpr, PARTS: tl.constexpr
):  # fmt: skip
    """The parts of `attend` as one, (rows, HEADS, SIZE) bf16."""
    at = tl.program_id(0).to(tl.int64)  # row and head
    part = tl.arange(0, PARTS)
    d = tl.arange(0, WIDTH)
    wide = d < SIZE
    peak = tl.load(peaks + at * PARTS + part)
    share = tl.exp(peak - tl.max(peak, axis=0))
    total = tl.sum(share * tl.load(sums + at * PARTS + part), axis=0)
    m = tl.load(mixed + (at * PARTS + part)[:, None] * SIZE + d[None, :], mask=wide[None, :], other=0.0)
    tl.store(out + at * SIZE + d, (tl.sum(m * share[:, None], axis=0) / total).to(out.dtype.element_ty), mask=wide)
