"""The ways to multiply by INT8 weights on a processor, and which is fastest on this one. Knows no model.

What a processor is good at differs too much for one way. Milliseconds for 256, 32 and one row by 512x2816, one thread
of an EPYC Zen 3 (AVX2, no VNNI, torch 2.13, 2026-11-21, `python -m tests.bench.linears`):

    INT8 dot, `Int8Linear`    492    34     1.01     with VNNI: 0.7, 0.1, 0.04 (Zen 5, facts/cpu_serving.md)
    halves, `HalfLinear`        7.9   0.98  0.09
    compact, `CompactLinear`    9.5   1.5   0.14
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autoglm_backend.int8 import Int8Linear

FEW = 16  # rows up to which the compact way computes in bf16: 1.1 against 1.4 ms at 16 rows, 4.3 against 3.0 at 64
AT_ONCE = 1024  # output channels in float32 at a time, so that a large layer's copy stays in the cache
HALVES_BYTES = 1 << 30  # of INT8 weights, up to which they may take twice their memory

Form = Callable[[Int8Linear], nn.Module]

pack_mm: Callable[[Tensor, Tensor, Tensor], Tensor] = torch._weight_int8pack_mm  # pyright: ignore[reportPrivateImportUsage, reportPrivateUsage]


class HalfLinear(nn.Module):
    """The same weights as halves, two bytes each, laid out for FBGEMM; activations and sums stay float32.

    Halves keep an INT8 weight with its scale to 2^-11, a tenth of what quantizing lost.
    """

    def __init__(self, linear: Int8Linear) -> None:
        super().__init__()
        ops: Any = torch.ops.quantized
        self.packed: Any = ops.linear_prepack_fp16(linear.weight * linear.weight_scale, linear.bias)
        self.multiply: Any = ops.linear_dynamic_fp16

    def forward(self, hidden: Tensor) -> Tensor:
        return self.multiply(hidden, self.packed)


class CompactLinear(nn.Module):
    """The INT8 weights as they are, turned into float32 on the way: for large models, and where there is no FBGEMM."""

    def __init__(self, linear: Int8Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias
        self.scale = nn.Buffer(linear.weight_scale.view(-1))
        self.ones = nn.Buffer(torch.ones_like(self.scale, dtype=torch.bfloat16))

    def forward(self, hidden: Tensor) -> Tensor:
        rows = hidden.reshape(-1, hidden.shape[-1])
        if len(rows) < FEW:
            out = pack_mm(rows.bfloat16(), self.weight, self.ones).float()
        else:
            out = torch.cat([rows @ part.float().t() for part in self.weight.split(AT_ONCE)], dim=-1)
        out *= self.scale
        if self.bias is not None:
            out += self.bias
        return out.view(*hidden.shape[:-1], -1)


@dataclass(frozen=True)
class Kernels:
    """What computes a model's layers."""

    linear: Form
    blocks: torch.dtype  # of the attention of many queries

    @classmethod
    def fastest(cls, weight_bytes: int) -> Kernels:
        """Those that take the least time here for an agent's step: many rows once, one row often.

        Only INT8 dot products are timed: they are five times faster than the rest or twenty times slower. What else to
        take is by size.
        """
        halves = weight_bytes <= HALVES_BYTES and "fbgemm" in torch.backends.quantized.supported_engines
        floating = HalfLinear if halves else CompactLinear
        linear = Int8Linear.holding(torch.ones(512, 512, dtype=torch.int8), torch.ones(512, 1), None)
        dots = step_seconds(linear) < step_seconds(floating(linear))
        return cls(int8_dots if dots else floating, torch.bfloat16 if bf16_is_fast() else torch.float32)


def int8_dots(linear: Int8Linear) -> nn.Module:
    """The layer as it is."""
    return linear


def step_seconds(layer: nn.Module) -> float:
    """The fastest of a few steps, a tenth as long as an agent's."""
    many, one = torch.ones(32, 512), torch.ones(1, 512)

    def step() -> None:
        layer(many)
        layer(one)
        layer(one)

    return least(step)


def bf16_is_fast() -> bool:
    """Whether products of bf16 matrices take clearly less time than those of float32; emulated, 20 times more."""
    whole = torch.ones(256, 512)
    half = whole.bfloat16()
    return least(lambda: half @ half.t()) < 0.7 * least(lambda: whole @ whole.t())


def least(work: Callable[[], object], times: int = 5) -> float:
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


def put(model: nn.Module, form: Form) -> None:
    """Gives every INT8 layer of the model this form."""
    for name, module in list(model.named_modules()):
        if isinstance(module, Int8Linear):
            model.set_submodule(name, form(module))
