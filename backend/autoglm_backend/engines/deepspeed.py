"""DeepSpeed's ZeRO-Inference as an engine, for those who have it: weights in main memory, fetched for every token.

It has no server of its own; `zero.py` is one, started here with a process a card. For an agent it is the wrong choice
wherever anything else runs, and `price` says by how much.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from autoglm_backend import profiles
from autoglm_backend.engines.launcher import Launch, free_port
from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Gpu

NEEDED = ("deepspeed", "accelerate")
TO_CARDS = 0.8  # of PCIe's rate, as in the plan's price of offloading


def launch(model: Path, name: str, ctx: int, gpus: Sequence[Gpu]) -> Launch:
    """One process a card, one without cards. Raises BackendError when DeepSpeed is not installed beside us."""
    missing = [package for package in NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        raise BackendError(
            f"--engine deepspeed: no {' and no '.join(missing)} beside autoglm; "
            f"run `{sys.executable} -m pip install {' '.join(NEEDED)}`"
        )
    port = free_port()
    return Launch(
        program=(
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", str(max(1, len(gpus))), "-m", "autoglm_backend.engines.zero"),
            *("--model", str(model), "--port", str(port)),
        ),
        arguments=("--served-name", name, "--ctx", str(ctx)),
        environment={
            "HF_HUB_OFFLINE": "1",
            "PYTHONUNBUFFERED": "1",
            "TOKENIZERS_PARALLELISM": "false",
            **({} if gpus else {"DS_ACCELERATOR": "cpu"}),
        },
        model=name,
        url=f"http://127.0.0.1:{port}",
    )


def price(weights: int, gpus: Sequence[Gpu]) -> str:
    """What a token costs, for all `weights` (bytes) go to the cards for it; each card fetches its share."""
    if not gpus:
        return "ZeRO-Inference without a card saves nothing, the weights are in main memory anyhow: --engine int8"
    rate = sum(profiles.of(gpu).pcie_gbps for gpu in gpus) * TO_CARDS * 1e9
    return (
        f"ZeRO-Inference brings all {weights / 1e9:.1f} GB of weights to the cards for every token, about "
        f"{weights / rate:.1f} s: made for large batches, not for an agent; `autoglm-backend plan` has what is faster"
    )
