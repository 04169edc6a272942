"""Measures this machine, at most two minutes long, and writes what it found to the user's own hardware profiles.

What was measured here counts more than any table: `plan` reads these files first.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import platformdirs

from autoglm_backend import profiles
from autoglm_backend.engines.environment import find_environment
from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Gpu, Machine

LIMIT_S = 120.0
COMMAND = "autoglm-backend calibrate"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """One device's figures, by the names of `profiles.Measurement`."""

    figures: dict[str, float]
    software: str


def calibrate(machine: Machine, tell: Tell, *, folder: Path | None = None, limit_s: float = LIMIT_S) -> list[Path]:
    """The files written, one for each kind of card, or one for the processor. Raises BackendError."""
    until = time.monotonic() + limit_s
    place = folder or Path(platformdirs.user_config_dir("autoglm")) / "hardware_profiles"
    kinds: dict[tuple[str, int], Gpu] = {}
    for gpu in machine.gpus:
        if gpu.vendor == "nvidia":
            kinds.setdefault((gpu.name, gpu.memory_bytes), gpu)
    found: dict[Gpu | None, Measured] = {}
    for gpu in kinds.values() or [None]:
        tell(f"measuring {gpu.name if gpu else machine.cpu.name}")
        found[gpu] = measure(gpu, until - time.monotonic())
    tell("starting the engine that `serve` would start")
    boot = boot_s(until - time.monotonic())
    if boot is None:
        tell(f"it was not ready within {limit_s:g} s of the whole: its start stays an estimate")
    written: list[Path] = []
    place.mkdir(parents=True, exist_ok=True)
    for gpu, measured in found.items():
        figures = {**measured.figures, **({"boot_s": boot} if boot is not None else {})}
        text = profile_text(machine, gpu, Measured(figures, measured.software))
        file = place / f"measured_{slug(gpu, machine)}.toml"
        file.write_text(text, encoding="utf-8")
        profiles.parse(file)  # what `plan` could not read must not be left for it
        written.append(file)
    return written


def measure(gpu: Gpu | None, within_s: float) -> Measured:
    """By the torch that sees the device: vLLM's for a card where it is installed, else ours."""
    environment = find_environment() if gpu else None
    python = str(environment.python) if environment and environment.device == "cuda" else sys.executable
    script = Path(__file__).with_name("calibrate_device.py")
    command = [python, "-I", str(script), "cuda:0" if gpu else "cpu"]
    only = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": gpu.uuid or str(gpu.index)} if gpu else {}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=max(within_s, 1.0), env={**os.environ, **only}
        )
    except subprocess.TimeoutExpired as error:
        raise BackendError(
            f"measuring took longer than {within_s:.0f} s: the machine is busy; try again later"
        ) from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BackendError(
            f"measuring failed: {said}; `autoglm-backend doctor` may know why, "
            "and a card needs a PyTorch with CUDA (`autoglm-backend install vllm`)"
        )
    said = json.loads(done.stdout.splitlines()[-1])
    return Measured(said["figures"], said["software"])


def boot_s(within_s: float) -> float | None:
    """Seconds from the command to a served model, the one that ships; None when it took too long."""
    command = [sys.executable, "-m", "autoglm_backend", "serve", "--port", "0", "--exit-with-parent"]
    since = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            out = first_line(process, within_s)
            return time.perf_counter() - since if out else None
        finally:
            process.terminate()


def first_line(process: subprocess.Popen[bytes], within_s: float) -> bytes:
    """What it says on stdout first; empty when it ends, or says nothing in time."""
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline() if selector.select(max(within_s, 0.1)) else b""


def slug(gpu: Gpu | None, machine: Machine) -> str:
    name = f"{gpu.name} {round(gpu.memory_bytes / profiles.GIB)}GB" if gpu else f"cpu {machine.cpu.name}"
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def profile_text(machine: Machine, gpu: Gpu | None, measured: Measured) -> str:
    """The TOML of one profile: what was known of the device, and what was measured now."""
    known = profiles.of(gpu) if gpu else None
    facts: dict[str, Any] = {"bandwidth_gbps": round(measured.figures["bandwidth_gbps"], 1)}
    if gpu and known:
        capability = known.compute_capability
        facts = {
            "compute_capability": capability and f"{capability[0]}.{capability[1]}",
            "memory_gib": round(gpu.memory_bytes / profiles.GIB, 1),
            "bandwidth_gbps": known.bandwidth_gbps,
            "bf16_tflops": known.bf16_tflops,
            "fp16_tflops": known.fp16_tflops,
            "fp32_tflops": known.fp32_tflops,
            "int8_tops": known.int8_tops,
            "pcie_gbps": known.pcie_gbps,
            "nvlink_gbps": known.nvlink_gbps,
            "peer_access": known.peer_access,
        }
    name = gpu.name if gpu else machine.cpu.name
    lines = [
        f"name = {json.dumps(f'{name}, measured')}",
        f"match = {json.dumps(f'^{re.escape(name)}$')}",
        f"source = {json.dumps(COMMAND)}",
        'confidence = "high"',
        "",
        "[facts]",
        *(f"{key} = {json.dumps(value)}" for key, value in facts.items() if value is not None),
    ]
    for what, value in measured.figures.items():
        lines += [
            "",
            "[[measured]]",
            f'what = "{what}"',
            f"value = {value:.4g}",
            f'date = "{date.today().isoformat()}"',  # noqa: DTZ011  (the user's own calendar)
            f"command = {json.dumps(COMMAND)}",
            f"software = {json.dumps(measured.software)}",
        ]
    return "\n".join(lines) + "\n"
