"""What a card reaches: copy and read bandwidth, matrix rate, launches, host copies. Runs where PyTorch sees a GPU.

python3 tests/bench/planner_card.py          # one JSON object; hardware_profiles/h200.toml holds the H200's
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import torch

GIB = 2**30


def seconds(run: Callable[[], Any], times: int = 20) -> float:
    for _ in range(3):
        run()
    torch.cuda.synchronize()
    since = time.perf_counter()
    for _ in range(times):
        run()
    torch.cuda.synchronize()
    return (time.perf_counter() - since) / times


def main() -> None:
    source = torch.empty(4 * GIB, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    copied = 8 * GIB / seconds(lambda: target.copy_(source)) / 1e9
    numbers = torch.randn(GIB, dtype=torch.bfloat16, device="cuda")
    read = 2 * GIB / seconds(numbers.sum) / 1e9
    left, right = (torch.randn(8192, 8192, dtype=torch.bfloat16, device="cuda") for _ in range(2))
    few = torch.empty(16, device="cuda")
    host = torch.empty(GIB, dtype=torch.uint8).pin_memory()
    device = torch.empty(GIB, dtype=torch.uint8, device="cuda")
    found = {
        "name": torch.cuda.get_device_name(),
        "software": f"PyTorch {torch.__version__}",
        "visible_bytes": torch.cuda.mem_get_info()[1],
        "bandwidth_gbps": copied,
        "read_gbps": read,
        "matrix_tflops": 2 * 8192**3 / seconds(lambda: left @ right) / 1e12,
        "launch_us": 1e6 * seconds(lambda: few.add_(1), 2000),
        "host_to_device_gbps": GIB / seconds(lambda: device.copy_(host), 5) / 1e9,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
