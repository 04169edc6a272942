"""What a machine is, as values. Says nothing of how it is found out (probe.py) or of what runs on it (plan).

Sizes are bytes, rates 1e9 bytes a second in one direction, 1e12 operations a second. `None` means that nobody could
say; the plan then uses the hardware profile, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Vendor = Literal["nvidia", "amd", "intel", "apple"]


@dataclass(frozen=True)
class GpuProcess:
    """Somebody on the card."""

    pid: int
    name: str
    used_bytes: int | None = None  # None in containers, where the driver hides it


@dataclass(frozen=True)
class Gpu:
    """One card, or Apple's GPU, whose memory is the machine's."""

    index: int  # the driver's, in PCI bus order
    name: str  # as the driver says it: "NVIDIA GeForce RTX 3060"
    memory_bytes: int  # what CUDA sees, as NVML's memory total
    vendor: Vendor = "nvidia"
    uuid: str = ""  # empty: only the index names it
    compute_capability: tuple[int, int] | None = None  # (8, 6); None for cards that are not NVIDIA's
    free_bytes: int | None = None  # None: nobody else is on it
    processes: tuple[GpuProcess, ...] = ()
    multiprocessors: int | None = None
    sm_clock_mhz: int | None = None  # the highest
    memory_clock_mhz: int | None = None  # the highest, as NVML tells it: half the data rate
    memory_bus_bits: int | None = None
    pcie_generation: int | None = None  # what the slot and the card can do together, not the idle state
    pcie_width: int | None = None
    nvlink_gbps: float = 0.0  # all links together, one direction; 0: none
    temperature_c: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    throttled_by: tuple[str, ...] = ()  # NVML's clocks event reasons: "sw_thermal_slowdown", "sw_power_cap"

    @property
    def capability(self) -> tuple[int, int]:
        """(0, 0) for cards without one, which compares as older than all."""
        return self.compute_capability or (0, 0)

    @property
    def available_bytes(self) -> int:
        return self.memory_bytes if self.free_bytes is None else self.free_bytes

    @property
    def used_by_others_bytes(self) -> int:
        return self.memory_bytes - self.available_bytes

    @property
    def pcie_gbps(self) -> float | None:
        """One direction, before protocol overhead: 16 lanes of generation 3 carry 16 GB/s, each generation doubles."""
        if self.pcie_generation is None or self.pcie_width is None:
            return None
        return 2.0 ** (self.pcie_generation - 3) * self.pcie_width


@dataclass(frozen=True)
class Cpu:
    name: str
    cores: int  # physical ones that this process may use: affinity and the cgroup's quota are taken off
    flags: frozenset[str] = frozenset()  # of: avx2 avx512f avx512_vnni avx512_bf16 amx_int8 amx_bf16 neon i8mm
    memory_gbps: float | None = None  # measured read bandwidth with all cores
    architecture: str = "x86_64"


@dataclass(frozen=True)
class Disk:
    """Where models lie."""

    path: str
    free_bytes: int
    read_gbps: float | None = None  # a timed read of real files past the page cache
    cached_share: float | None = None  # of the model's files, how much the page cache already holds; 0 to 1


@dataclass(frozen=True)
class Software:
    """What is installed. Versions as their package says them; None: not there."""

    python: str = ""
    driver: str | None = None  # NVIDIA's: "580.95.05"
    cuda_driver: tuple[int, int] | None = None  # the newest CUDA runtime that the driver serves
    torch: str | None = None
    torch_arches: tuple[str, ...] = ()  # ("sm_75", "sm_80", …) of the build; empty: CPU build, or no torch
    vllm: str | None = None  # of the environment that `serve` would start
    vllm_arches: tuple[str, ...] = ()
    vllm_device: Literal["cuda", "cpu"] | None = None


@dataclass(frozen=True)
class Machine:
    """Everything that a plan depends on."""

    cpu: Cpu
    ram_bytes: int  # the cgroup's limit where that is less
    ram_free_bytes: int
    disk: Disk
    gpus: tuple[Gpu, ...] = ()  # those this process may use: CUDA_VISIBLE_DEVICES is honoured
    peer_access: frozenset[tuple[int, int]] | None = None  # pairs of Gpu.index, lower first; None: unknown
    software: Software = field(default_factory=Software)
    system: str = "Linux"  # platform.system()
    problems: tuple[str, ...] = ()  # what was wrong while looking, a sentence each: "NVML: driver/library mismatch"
    hypothetical: bool = False  # from --what-if
