"""NVIDIA's cards by NVML, and Apple's GPU. Every question may go unanswered: then the value is None, never a guess.

NVML is passed in (`pynvml`, or a double that behaves like it), so whatever a driver can answer is tested without one.
https://docs.nvidia.com/deploy/nvml-api/ has the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from autoglm_backend.machine import Gpu, GpuProcess

# Bits of nvmlDeviceGetCurrentClocksEventReasons; an idle card (bit 0) is not slowed down.
REASONS = {
    0x2: "applications_clocks_setting",
    0x4: "sw_power_cap",
    0x8: "hw_slowdown",
    0x10: "sync_boost",
    0x20: "sw_thermal_slowdown",
    0x40: "hw_thermal_slowdown",
    0x80: "hw_power_brake_slowdown",
    0x100: "display_clock_setting",
}
# CUDA cores of one multiprocessor: CUDA C++ programming guide, "Arithmetic instructions". NVML counts cores only.
CORES_PER_SM = {(6, 0): 64, (6, 1): 128, (7, 0): 64, (7, 5): 64, (8, 0): 64}
P2P_READ = 0  # NVML_P2P_CAPS_INDEX_READ, which pynvml writes as a tuple, by a comma too many
NVLINK_SPEED = 90  # NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON: one link, one direction; an H200 does not tell it
NVLINK_GBPS = 25.0  # of NVLink 2 to 4
NVLINK_LINKS = 18  # the most that a card has


@dataclass(frozen=True)
class Cards:
    """What the driver says of itself and its cards."""

    gpus: tuple[Gpu, ...] = ()
    peer_access: frozenset[tuple[int, int]] | None = None
    driver: str | None = None
    cuda: tuple[int, int] | None = None
    problems: tuple[str, ...] = ()


def look(nvml: Any, environment: Mapping[str, str], present: bool) -> Cards:
    """The cards that this process may use. `present`: the PCI bus has an NVIDIA card, so silence is a problem."""
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return Cards(problems=tuple(no_driver(str(error), present)))
    try:
        return talk(nvml, environment)
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()


def no_driver(said: str, present: bool) -> list[str]:
    """Why NVML did not start, in a person's words; nothing when there is no card to drive."""
    if "mismatch" in said.lower():
        return [f"NVML: {said}: the NVIDIA driver was updated and the old one still runs; restart the machine"]
    if not present:
        return []
    if "not found" in said.lower():
        return [f"there is an NVIDIA card and no driver (NVML: {said}): install NVIDIA's driver, 580 or newer"]
    return [f"there is an NVIDIA card and its driver does not answer (NVML: {said}): see `nvidia-smi` and `dmesg`"]


def talk(nvml: Any, environment: Mapping[str, str]) -> Cards:
    ask = asker(nvml)
    gpus: list[Gpu] = []
    handles: dict[int, Any] = {}
    problems: list[str] = []
    for index in range(ask(nvml.nvmlDeviceGetCount) or 0):
        try:
            handles[index] = nvml.nvmlDeviceGetHandleByIndex(index)
            gpu = card(nvml, index, handles[index])
        except nvml.NVMLError as error:
            problems.append(f"card {index} does not answer (NVML: {error}): see `dmesg`; it is planned without")
            continue
        if (ask(nvml.nvmlDeviceGetMigMode, handles[index]) or (0,))[0]:
            problems.append(
                f"card {index} ({gpu.name}) is cut into MIG slices, which are not planned for: "
                "`nvidia-smi -mig 0` makes it whole again"
            )
            continue
        gpus.append(gpu)
    chosen, more = visible(gpus, environment)
    version: int | None = ask(nvml.nvmlSystemGetCudaDriverVersion_v2)
    return Cards(
        gpus=tuple(chosen),
        peer_access=peers(nvml, {gpu.index: handles[gpu.index] for gpu in chosen}),
        driver=text(ask(nvml.nvmlSystemGetDriverVersion)),
        cuda=None if version is None else (version // 1000, version % 1000 // 10),
        problems=(*problems, *more),
    )


def card(nvml: Any, index: int, handle: Any) -> Gpu:
    """One card. Raises NVMLError when it cannot even say its name and memory."""
    ask = asker(nvml)
    memory, reserved = memory_of(nvml, handle)
    capability: tuple[int, int] | None = ask(nvml.nvmlDeviceGetCudaComputeCapability, handle)
    cores: int | None = ask(nvml.nvmlDeviceGetNumGpuCores, handle)
    per_sm = CORES_PER_SM.get(capability, 128) if capability else 128
    milliwatts: int | None = ask(nvml.nvmlDeviceGetPowerUsage, handle)
    limit: int | None = ask(nvml.nvmlDeviceGetEnforcedPowerLimit, handle)
    return Gpu(
        index=index,
        name=text(nvml.nvmlDeviceGetName(handle)) or "",
        memory_bytes=memory.total - reserved,
        uuid=text(ask(nvml.nvmlDeviceGetUUID, handle)) or "",
        compute_capability=capability and (capability[0], capability[1]),
        free_bytes=memory.free,
        processes=tuple(processes(nvml, handle)),
        multiprocessors=cores // per_sm if cores else None,
        sm_clock_mhz=ask(nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_SM),
        memory_clock_mhz=ask(nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_MEM),
        memory_bus_bits=ask(nvml.nvmlDeviceGetMemoryBusWidth, handle),
        pcie_generation=ask(nvml.nvmlDeviceGetMaxPcieLinkGeneration, handle),
        pcie_width=ask(nvml.nvmlDeviceGetMaxPcieLinkWidth, handle),
        nvlink_gbps=nvlink(nvml, handle),
        temperature_c=ask(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
        power_w=None if milliwatts is None else milliwatts / 1000,
        power_limit_w=None if limit is None else limit / 1000,
        throttled_by=reasons(ask(nvml.nvmlDeviceGetCurrentClocksEventReasons, handle) or 0),
    )


def memory_of(nvml: Any, handle: Any) -> tuple[Any, int]:
    """NVML's memory (total, free, used in bytes), and what of the total CUDA never sees."""
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle, nvml.nvmlMemory_v2)
    except (nvml.NVMLError, AttributeError):  # a driver before 510
        return nvml.nvmlDeviceGetMemoryInfo(handle), 0
    return memory, memory.reserved


def asker(nvml: Any) -> Callable[..., Any]:
    """A call whose answer may be "not supported": then None. Old drivers lack whole functions."""

    def ask(function: Callable[..., Any], *given: Any) -> Any:
        try:
            return function(*given)
        except nvml.NVMLError:
            return None

    return ask


def processes(nvml: Any, handle: Any) -> Iterable[GpuProcess]:
    """Who is on the card, once each. Inside a container the driver hides those outside."""
    ask = asker(nvml)
    seen: set[int] = set()
    for list_them in (nvml.nvmlDeviceGetComputeRunningProcesses, nvml.nvmlDeviceGetGraphicsRunningProcesses):
        for process in ask(list_them, handle) or ():
            if process.pid not in seen:
                seen.add(process.pid)
                name = text(ask(nvml.nvmlSystemGetProcessName, process.pid)) or "unknown"
                yield GpuProcess(process.pid, name, process.usedGpuMemory)


def nvlink(nvml: Any, handle: Any) -> float:
    """GB/s in one direction over all links that are up; 0 without any."""
    ask = asker(nvml)
    up = sum(1 for link in range(NVLINK_LINKS) if ask(nvml.nvmlDeviceGetNvLinkState, handle, link))
    if not up:
        return 0.0
    fields = ask(nvml.nvmlDeviceGetFieldValues, handle, [NVLINK_SPEED])
    told = fields and fields[0].nvmlReturn == 0
    return up * (fields[0].value.uiVal / 1000 if told else NVLINK_GBPS)


def peers(nvml: Any, handles: Mapping[int, Any]) -> frozenset[tuple[int, int]] | None:
    """Pairs of cards that read each other's memory; None when the driver does not say."""
    ask = asker(nvml)
    found: set[tuple[int, int]] = set()
    for left, right in combinations(sorted(handles), 2):
        status = ask(nvml.nvmlDeviceGetP2PStatus, handles[left], handles[right], P2P_READ)
        if status is None:
            return None
        if status == nvml.NVML_P2P_STATUS_OK:
            found.add((left, right))
    return frozenset(found)


def visible(gpus: list[Gpu], environment: Mapping[str, str]) -> tuple[list[Gpu], list[str]]:
    """Those that CUDA_VISIBLE_DEVICES leaves, in its order, and what is doubtful about it.

    Indices or beginnings of UUIDs; the first that names nothing ends the list (CUDA programming guide, "Environment
    variables"). CUDA counts by speed unless CUDA_DEVICE_ORDER is PCI_BUS_ID; NVML always counts by bus.
    """
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return gpus, []
    chosen: list[Gpu] = []
    problems: list[str] = []
    for entry in (part.strip() for part in named.split(",")):
        by_uuid = entry.startswith("GPU-")
        found = [gpu for gpu in gpus if (gpu.uuid.startswith(entry) if by_uuid else entry == str(gpu.index))]
        if len(found) != 1 or found[0] in chosen:
            if entry not in ("", "-1"):
                problems.append(
                    f"CUDA_VISIBLE_DEVICES={named}: {entry!r} names no card, so CUDA ignores it and what follows; "
                    "`nvidia-smi -L` lists the cards"
                )
            break
        chosen += found
    unordered = environment.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID" and any(c.isdigit() for c in named.split(","))
    if unordered and len({gpu.name for gpu in gpus}) > 1:
        problems.append(
            f"CUDA_VISIBLE_DEVICES={named} counts cards by speed, `nvidia-smi` by bus, and there are unequal ones: "
            "set CUDA_DEVICE_ORDER=PCI_BUS_ID, as `serve` does for its engines"
        )
    if gpus and not chosen:
        problems.append(f"CUDA_VISIBLE_DEVICES={named} hides all {len(gpus)} cards: unset it to use them")
    return chosen, problems


def reasons(bits: int) -> tuple[str, ...]:
    return tuple(name for bit, name in REASONS.items() if bits & bit)


def text(value: str | bytes | None) -> str | None:
    """NVML's strings were bytes until version 11 of its Python module."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def apple(sysctl: Callable[[str], str | None], ram_bytes: int) -> Gpu | None:
    """Apple's GPU: it shares the machine's memory, of which macOS lends it two thirds to three quarters."""
    name = sysctl("machdep.cpu.brand_string")
    if not name or not name.startswith("Apple"):
        return None
    wired = sysctl("iogpu.wired_limit_mb")
    limit = int(wired) << 20 if wired and wired.isdigit() and int(wired) else 0
    share = ram_bytes * 2 // 3 if ram_bytes <= 36 << 30 else ram_bytes * 3 // 4  # Metal's own defaults
    return Gpu(index=0, name=name, memory_bytes=limit or share, vendor="apple")


def now(gpu: Gpu, nvml: Any) -> Gpu:
    """The same card with what it says at this moment; unchanged when it does not answer."""
    try:
        nvml.nvmlInit()
        handle = nvml.nvmlDeviceGetHandleByUUID(gpu.uuid) if gpu.uuid else nvml.nvmlDeviceGetHandleByIndex(gpu.index)
        return card(nvml, gpu.index, handle)
    except nvml.NVMLError:
        return gpu
