"""What is known of each kind of hardware: hardware_profiles/*.toml and the user's own; what was measured wins.

A profile is chosen by the card's name and memory, never by its name alone: `RTX 3060` has 12 or 8 GB and two widths of
bus. A card without a profile gets one computed from NVML's figures, marked `derived`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, ValidationError

from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Gpu

Origin = Literal["measured", "derived", "table"]
GIB = 2**30
PACKAGED = Path(__file__).parent / "hardware_profiles"
REPOSITORY = Path(__file__).parents[2] / "hardware_profiles"
# Multiply-accumulates a clock and multiprocessor, fp16 with fp32 sums: the lower of a generation's cards. Reproduces
# NVIDIA's figures for 2080 Ti, A100, 3090, 4090, H100 and 5090 (facts/serving.md, section 9).
MACS = {(7, 0): 512, (7, 5): 256, (8, 0): 1024, (8, 6): 256, (8, 9): 256, (9, 0): 2048, (10, 0): 4096, (12, 0): 256}


class Facts(BaseModel):
    model_config = ConfigDict(extra="forbid")

    compute_capability: str | None = None
    memory_gib: float | None = None  # as sold
    visible_gib: float | None = None  # as CUDA shows it
    bandwidth_gbps: float
    bf16_tflops: float | None = None  # dense, fp32 sums
    fp16_tflops: float | None = None
    fp32_tflops: float | None = None
    int8_tops: float | None = None
    pcie_gbps: float | None = None  # one direction
    nvlink_gbps: float = 0.0  # one direction, all links
    peer_access: bool | None = None


class Measurement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    what: Literal["bandwidth_gbps", "read_gbps", "matrix_tflops", "launch_us", "host_to_device_gbps", "boot_s"]
    value: float
    date: str
    command: str
    software: str


class ProfileFile(BaseModel):
    """One TOML file. Unknown keys are errors: a misspelt one would silently do nothing."""

    model_config = ConfigDict(extra="forbid")

    name: str
    match: str
    default: bool = True
    source: str
    confidence: Literal["high", "medium", "low"]
    notes: list[str] = []
    facts: Facts
    measured: list[Measurement] = []


@dataclass(frozen=True)
class Profile:
    """One kind of card, as the plan reads it."""

    name: str
    origin: Origin  # of the bandwidth, the figure that speed hangs on
    bandwidth_gbps: float  # nominal, or measured by a copy
    bf16_tflops: float | None
    fp16_tflops: float | None
    fp32_tflops: float | None
    int8_tops: float | None
    pcie_gbps: float
    nvlink_gbps: float
    peer_access: bool | None
    compute_capability: tuple[int, int] | None
    notes: tuple[str, ...]
    source: str
    matrix_measured: bool = False  # bf16_tflops is what a large product reached, not the sheet's peak


@cache
def load(folders: tuple[Path, ...] = ()) -> tuple[ProfileFile, ...]:
    """Every profile, the user's first. Raises BackendError, with file and key, for one that is wrong."""
    user = Path(platformdirs.user_config_dir("autoglm")) / "hardware_profiles"
    places = folders or (user, PACKAGED if PACKAGED.is_dir() else REPOSITORY)
    return tuple(parse(file) for place in places for file in sorted(place.glob("*.toml")))


def parse(file: Path) -> ProfileFile:
    try:
        profile = ProfileFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        re.compile(profile.match)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, re.error) as error:
        raise BackendError(f"{file}: {error}; correct the file or remove it") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BackendError(f"{file}: {where}: {first['msg']}; correct the file or remove it") from error
    return profile


def find(name: str, memory_bytes: int, files: Iterable[ProfileFile] | None = None) -> ProfileFile | None:
    """The profile whose pattern is in the name and whose memory is the card's, within 12 %."""
    for profile in load() if files is None else files:
        size = profile.facts.memory_gib
        if re.search(profile.match, name) and (size is None or abs(memory_bytes / GIB / size - 1) < 0.12):
            return profile
    return None


def of(gpu: Gpu, files: Iterable[ProfileFile] | None = None) -> Profile:
    """What is known of this card."""
    file = find(gpu.name, gpu.memory_bytes, files)
    profile = from_file(file) if file else derived(gpu)
    if file and profile.origin == "table" and (bandwidth := derived_bandwidth(gpu)):
        profile = replace(profile, bandwidth_gbps=bandwidth, origin="derived")
    return replace(
        profile,
        pcie_gbps=gpu.pcie_gbps or profile.pcie_gbps,
        nvlink_gbps=gpu.nvlink_gbps or (profile.nvlink_gbps if not gpu.uuid else 0.0),
        compute_capability=gpu.compute_capability or profile.compute_capability,
    )


def from_file(file: ProfileFile) -> Profile:
    facts = file.facts
    measured = {entry.what: entry.value for entry in file.measured}
    rate = measured.get("matrix_tflops")
    return Profile(
        name=file.name,
        origin="measured" if "bandwidth_gbps" in measured else "table",
        bandwidth_gbps=measured.get("bandwidth_gbps", facts.bandwidth_gbps),
        bf16_tflops=rate or facts.bf16_tflops,
        fp16_tflops=rate or facts.fp16_tflops,
        fp32_tflops=facts.fp32_tflops,
        int8_tops=facts.int8_tops,
        pcie_gbps=facts.pcie_gbps or 16.0,
        nvlink_gbps=facts.nvlink_gbps,
        peer_access=facts.peer_access,
        compute_capability=capability(facts.compute_capability),
        notes=tuple(file.notes),
        source=file.source,
        matrix_measured=rate is not None,
    )


def capability(text: str | None) -> tuple[int, int] | None:
    if not text:
        return None
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def derived(gpu: Gpu) -> Profile:
    """From NVML's clocks, bus and multiprocessors. Without them: a slow card of its generation."""
    version = gpu.compute_capability
    macs = MACS.get(version, 256) if version else 256
    cores, clock = gpu.multiprocessors or 20, gpu.sm_clock_mhz or 1000
    rate = cores * macs * 2 * clock * 1e6 / 1e12
    return Profile(
        name=gpu.name,
        origin="derived",
        bandwidth_gbps=derived_bandwidth(gpu) or 200.0,
        bf16_tflops=rate if version is None or version >= (8, 0) else None,
        fp16_tflops=rate,
        fp32_tflops=cores * 64 * 2 * clock * 1e6 / 1e12,
        int8_tops=2 * rate,
        pcie_gbps=8.0,
        nvlink_gbps=0.0,
        peer_access=None,
        compute_capability=version,
        notes=("No profile for this card: its figures are computed from NVML's clocks and bus; calibrate.",),
        source="NVML",
    )


def derived_bandwidth(gpu: Gpu) -> float | None:
    """GB/s: twice the memory clock that NVML gives, times the bus. 3090: 2 × 9751 MHz × 384 bits = 936."""
    if gpu.memory_clock_mhz is None or gpu.memory_bus_bits is None:
        return None
    return 2 * gpu.memory_clock_mhz * 1e6 * gpu.memory_bus_bits / 8 / 1e9
