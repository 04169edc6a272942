"""Milliseconds of each way to multiply by INT8 weights, for the table in backend/autoglm_backend/linears.py.

python -m tests.bench.linears
"""

from __future__ import annotations

import torch
from autoglm_backend.int8 import Int8Linear
from autoglm_backend.linears import CompactLinear, HalfLinear, bf16_is_fast, least


def main() -> None:
    torch.set_num_threads(1)
    weight = torch.randint(-127, 127, (2816, 512), dtype=torch.int8)
    linear = Int8Linear.holding(weight, torch.rand(2816, 1), None)
    print(f"{torch.backends.cpu.get_cpu_capability()}, bf16 is {'fast' if bf16_is_fast() else 'slow'}")
    for layer in (linear, HalfLinear(linear), CompactLinear(linear)):
        times = [f"{rows}: {1000 * seconds(layer, rows):.3f}" for rows in (1, 4, 16, 32, 64, 256)]
        print(f"{type(layer).__name__:14} {'  '.join(times)}")


def seconds(layer: torch.nn.Module, rows: int) -> float:
    hidden = torch.randn(rows, 512)
    return least(lambda: layer(hidden), 20)


if __name__ == "__main__":
    main()
