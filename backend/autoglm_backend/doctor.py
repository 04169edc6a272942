"""Everything that is wrong on this machine, and the command that mends each. Judges a `Machine`, looks at nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from autoglm_backend.engines.environment import OLDEST_CARD, OLDEST_DRIVER
from autoglm_backend.machine import Gpu, Machine

Weight = Literal["wrong", "could be better"]
GB = 1_000_000_000
MODEL_BYTES = 20 * GB  # a 9B model in bf16 with its tokenizer, the size that most people download
HOT_C = 85  # consumer cards slow down from 83 to 90 °C on


@dataclass(frozen=True)
class Finding:
    """One thing, and what mends it."""

    weight: Weight
    what: str
    mend: str  # a command, or what to do

    def __str__(self) -> str:
        mark = "!" if self.weight == "wrong" else "·"
        return f"  {mark} {self.what}\n      {self.mend}"


def examine(machine: Machine) -> list[Finding]:
    """What is wrong, the worst first."""
    found = [
        *driver(machine),
        *(finding for gpu in machine.gpus for finding in card(gpu)),
        *links(machine),
        *engine(machine),
        *room(machine),
        *(Finding("wrong", *split(problem)) for problem in machine.problems),
    ]
    return sorted(found, key=lambda finding: finding.weight != "wrong")


def driver(machine: Machine) -> Iterable[Finding]:
    version = machine.software.driver
    if machine.gpus and version and int(version.partition(".")[0]) < OLDEST_DRIVER:
        yield Finding(
            "wrong",
            f"NVIDIA driver {version} serves no CUDA 13, which vLLM 0.33 is built for",
            f"install driver {OLDEST_DRIVER} or newer (Ubuntu: `sudo apt-get install nvidia-driver-{OLDEST_DRIVER}`)",
        )


def card(gpu: Gpu) -> Iterable[Finding]:
    """One card: who else is on it, heat, its slot, its age."""
    title = f"card {gpu.index} ({gpu.name})"
    if gpu.compute_capability is not None and gpu.compute_capability < OLDEST_CARD:
        major, minor = gpu.compute_capability
        yield Finding(
            "could be better",
            f"{title} has compute capability {major}.{minor}; vLLM 0.33 holds code from 7.5 on",
            "`autoglm-backend serve --engine int8` runs without it, on the CPU",
        )
    if gpu.used_by_others_bytes > gpu.memory_bytes * 0.1 and gpu.processes:
        names = ", ".join(f"{process.name} (pid {process.pid})" for process in gpu.processes)
        pids = " ".join(str(process.pid) for process in gpu.processes)
        yield Finding(
            "could be better",
            f"{title}: {gpu.used_by_others_bytes / GB:.1f} of {gpu.memory_bytes / GB:.1f} GB are taken by {names}",
            f"close what you do not need: `kill {pids}`",
        )
    heat = [reason for reason in gpu.throttled_by if "thermal" in reason]
    if heat or (gpu.temperature_c or 0) >= HOT_C:
        watts = round((gpu.power_limit_w or 300) * 0.8)
        degrees = "" if gpu.temperature_c is None else f" at {gpu.temperature_c} °C"
        yield Finding(
            "wrong",
            f"{title} is slowed down by heat{degrees} ({', '.join(heat) or 'near its limit'})",
            f"clear its air; `sudo nvidia-smi -i {gpu.index} -pl {watts}` costs decoding little",
        )
    if "hw_power_brake_slowdown" in gpu.throttled_by:
        yield Finding("wrong", f"{title} is slowed down by its power supply", "look at the power cables and the supply")
    if gpu.pcie_width is not None and gpu.pcie_width < 8:
        yield Finding(
            "could be better",
            f"{title} has {gpu.pcie_width} PCIe lanes: models load slowly, several cards work together slowly",
            "move it to a slot with 8 or 16 lanes",
        )


def links(machine: Machine) -> Iterable[Finding]:
    if len(machine.gpus) > 1 and machine.peer_access is not None and not machine.peer_access:
        yield Finding(
            "could be better",
            "no card can read another's memory: they talk through the host",
            "`serve` takes pipeline parallelism or one model a card; consumer cards allow nothing else",
        )


def engine(machine: Machine) -> Iterable[Finding]:
    """What is installed, against what is there."""
    software = machine.software
    if software.torch is None:
        yield Finding("wrong", "PyTorch is missing, so the int8 engine cannot run", "`pip install torch==2.13.0`")
    fast = [gpu for gpu in machine.gpus if gpu.compute_capability and gpu.compute_capability >= OLDEST_CARD]
    if fast and software.vllm is None:
        yield Finding(
            "could be better",
            f"{len(fast)} card{'s' * (len(fast) > 1)} could run vLLM, which is not installed",
            "`autoglm-backend install vllm`",
        )
    if fast and software.vllm and software.vllm_device == "cpu":
        yield Finding(
            "wrong",
            f"vLLM {software.vllm} is the CPU build, and there are cards",
            "`autoglm-backend install vllm --build cuda`",
        )
    known = software.vllm_arches
    for gpu in fast:
        assert gpu.compute_capability is not None
        if known and not runs(gpu.compute_capability, known):
            yield Finding(
                "wrong",
                f"vLLM {software.vllm} holds no code for card {gpu.index} ({gpu.name}), only {', '.join(known)}",
                "`autoglm-backend install vllm` for a newer one, or --engine int8",
            )
    if machine.system == "Linux" and not machine.gpus and "avx512f" not in machine.cpu.flags:
        wanting = machine.cpu.architecture in ("x86_64", "AMD64") and "avx2" not in machine.cpu.flags
        if wanting:
            yield Finding(
                "wrong",
                f"{machine.cpu.name} has no AVX2: PyTorch's int8 kernels need it",
                "use a model server on another machine: `autoglm run --base-url URL`",
            )


def runs(capability: tuple[int, int], known: Iterable[str]) -> bool:
    """Whether code for these architectures runs on the card: same major number and no higher minor, or older PTX."""
    major, minor = capability
    for arch in known:
        kind, _, number = arch.partition("_")
        has = divmod(int(number), 10)
        if (kind == "sm" and has[0] == major and has[1] <= minor) or (kind == "compute" and has <= capability):
            return True
    return False


def room(machine: Machine) -> Iterable[Finding]:
    if machine.disk.free_bytes < MODEL_BYTES:
        yield Finding(
            "could be better",
            f"{machine.disk.path} has {machine.disk.free_bytes / GB:.1f} GB free; a 9B model takes {MODEL_BYTES // GB}",
            "free some, or keep models on another disk: `export HF_HOME=/path/with/room`",
        )
    if machine.ram_free_bytes < 2 * GB:
        yield Finding(
            "wrong",
            f"{machine.ram_free_bytes / GB:.1f} GB of memory are free; the model that ships and a browser take 2",
            "close other programs, or raise the container's limit (docker: `--memory 4g`)",
        )


def split(problem: str) -> tuple[str, str]:
    """ "What; what to do" or "what: what to do", as the probe says it."""
    for mark in ("; ", ": "):
        what, found, mend = problem.rpartition(mark)
        if found:
            return what, mend
    return problem, "see the README"


def doctor(machine: Machine) -> int:
    """The exit code: 1 when something is wrong. Findings go to stdout, what was looked at to stderr."""
    cards = ", ".join(gpu.name for gpu in machine.gpus) or "no GPU"
    cpu = machine.cpu
    sys.stderr.write(
        f"{cards}; {cpu.name}, {cpu.cores} cores; {machine.ram_free_bytes / GB:.0f} of {machine.ram_bytes / GB:.0f} GB "
        f"of memory free; vLLM {machine.software.vllm or 'missing'}; torch {machine.software.torch or 'missing'}\n"
    )
    findings = examine(machine)
    print("\n".join(map(str, findings)) if findings else "nothing is wrong")
    return 1 if any(finding.weight == "wrong" for finding in findings) else 0
