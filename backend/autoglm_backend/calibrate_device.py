"""Times one device with torch and prints the figures as JSON. Runs by itself, in whichever environment has the torch
that sees the device: `python -I calibrate_device.py cuda:0|cpu`. Imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

ROUNDS = 5


def main(name: str) -> int:
    device = torch.device(name)
    on_card = device.type == "cuda"
    if not on_card:
        torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    wait: Callable[[], Any] = (lambda: torch.cuda.synchronize(device)) if on_card else (lambda: None)
    free = torch.cuda.mem_get_info(device)[0] if on_card else 4 << 30
    size = min(1 << 30 if on_card else 256 << 20, free // 8) // 4  # numbers of four bytes
    if on_card:
        dtype = torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    else:
        dtype = min((torch.bfloat16, torch.float32), key=lambda dtype: best(square(256, device, dtype), wait))

    source = torch.ones(size, device=device)
    target = torch.empty_like(source)
    seconds = best(partial(target.copy_, source), wait)
    found = {"bandwidth_gbps": 2 * source.nbytes / seconds / 1e9}
    found["read_gbps"] = source.nbytes / best(source.sum, wait) / 1e9
    del target

    rows = 8192 if on_card else 1536
    found["matrix_tflops"] = 2 * rows**3 / best(square(rows, device, dtype), wait) / 1e12

    few = torch.ones(16, device=device)

    def launch() -> None:
        for _ in range(500):
            few.mul_(1)

    found["launch_us"] = best(launch, wait) / 500 * 1e6
    if on_card:
        host = torch.ones(min(size, 64 << 20), pin_memory=True)
        found["host_to_device_gbps"] = host.nbytes / best(lambda: host.to(device, non_blocking=True), wait) / 1e9
    driver = f", CUDA {torch.version.cuda}" if on_card else ""
    sys.stdout.write(json.dumps({"figures": found, "software": f"PyTorch {torch.__version__}{driver}"}) + "\n")
    return 0


def square(rows: int, device: torch.device, dtype: torch.dtype) -> Callable[[], torch.Tensor]:
    """Multiplies two matrices of this size."""
    left = torch.ones(rows, rows, device=device, dtype=dtype)
    return partial(torch.matmul, left, left)


def best(work: Callable[[], object], wait: Callable[[], Any]) -> float:
    """Seconds of the fastest of ROUNDS, after one that is not counted."""
    work()
    wait()
    times: list[float] = []
    for _ in range(ROUNDS):
        since = time.perf_counter()
        work()
        wait()
        times.append(time.perf_counter() - since)
    return min(times)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
