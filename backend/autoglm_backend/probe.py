"""What this machine is. Reads the system's own files, asks NVML and times two reads; imports no torch.

A container's limits count, not the host's: affinity, cgroup quotas (v1 and v2) and CUDA_VISIBLE_DEVICES.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from autoglm_backend.cards import Cards, apple, look
from autoglm_backend.engines.environment import find_environment
from autoglm_backend.engines.fatbin import arches
from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Cpu, Disk, Gpu, Machine, Software
from autoglm_backend.measure import cached_share, memory_gbps, read_gbps

FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16", "amx_tile", "i8mm")
NVIDIA, AMD = "0x10de", "0x1002"
ROOT = Path("/")


def probe(
    files: Sequence[Path] = (),
    *,
    nvml: Any = None,
    environment: Mapping[str, str] = os.environ,
    root: Path = ROOT,
    timed: bool = True,
) -> Machine:
    """The machine. `files`: a model's weights, whose disk is timed (0.3 s). `root` and `nvml` are for tests."""
    problems: list[str] = []
    cards = see_cards(nvml or find_nvml(), environment, root)
    problems += cards.problems
    if AMD in display_vendors(root):
        problems.append("there is an AMD card, which neither engine uses: it is planned without")
    ram, free = memory(root)
    gpus = cards.gpus or mac_gpu(ram)
    cores = usable_cores(root)
    return Machine(
        cpu=Cpu(
            name=cpu_name(root),
            cores=cores,
            flags=cpu_flags(root),
            memory_gbps=memory_gbps(cores, free) if timed else None,
            architecture=platform.machine(),
        ),
        ram_bytes=ram,
        ram_free_bytes=free,
        disk=disk(files, environment, timed=timed),
        gpus=gpus,
        peer_access=cards.peer_access,
        software=software(cards, problems),
        system=platform.system(),
        problems=tuple(problems),
    )


def see_cards(nvml: Any, environment: Mapping[str, str], root: Path) -> Cards:
    return look(nvml, environment, NVIDIA in display_vendors(root))


def find_nvml() -> Any:
    import pynvml

    return pynvml


def display_vendors(root: Path) -> set[str]:
    """PCI vendors of display controllers, which are there whether or not a driver is."""
    found: set[str] = set()
    for device in root.glob("sys/bus/pci/devices/*"):
        if read(device / "class").startswith("0x03"):
            found.add(read(device / "vendor").strip())
    return found


def read(file: Path) -> str:
    """The file's text, empty when it is not there or not ours to read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def cpu_name(root: Path) -> str:
    for line in read(root / "proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return sysctl("machdep.cpu.brand_string") or platform.processor() or platform.machine()


def cpu_flags(root: Path) -> frozenset[str]:
    """Of FLAGS, those that the processor has. ARM calls them features, and NEON asimd."""
    for line in read(root / "proc/cpuinfo").splitlines():
        name, _, values = line.partition(":")
        if name.strip() in ("flags", "Features"):
            words = set(values.split())
            return frozenset(words & set(FLAGS)) | (frozenset({"neon"}) if "asimd" in words else frozenset())
    return frozenset({"neon"}) if platform.machine() == "arm64" else frozenset()


def usable_cores(root: Path) -> int:
    """Physical cores that this process may keep busy, one at least: affinity first, then the cgroup's quota."""
    if hasattr(os, "sched_getaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        siblings = {
            read(root / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").strip() or str(cpu)
            for cpu in allowed
        }
        cores = len(siblings)
    else:
        cores = int(sysctl("hw.physicalcpu") or os.cpu_count() or 1)
    quota = cpu_quota(root)
    return max(1, min(cores, int(quota)) if quota else cores)


def cpu_quota(root: Path) -> float | None:
    """CPUs that the cgroup grants, the tightest of all levels; None without a limit."""
    found: list[float] = []
    for folder in cgroup_folders(root, "cpu"):
        quota, _, period = read(folder / "cpu.max").strip().partition(" ")  # version 2: "150000 100000", or "max"
        if not quota:
            quota, period = read(folder / "cpu.cfs_quota_us").strip(), read(folder / "cpu.cfs_period_us").strip()
        if quota.isdigit() and period.isdigit() and int(period):
            found.append(int(quota) / int(period))
    return min(found, default=None)


def memory(root: Path) -> tuple[int, int]:
    """(all, free for us) bytes of RAM: the system's, or the cgroup's where that is less."""
    table = {
        name: int(value.split()[0]) * 1024
        for name, _, value in (line.partition(":") for line in read(root / "proc/meminfo").splitlines())
        if value.split()[:1] and value.split()[0].isdigit()
    }
    total = table.get("MemTotal") or int(sysctl("hw.memsize") or 0)
    free = table.get("MemAvailable", total // 2)  # macOS says no such thing in a file
    for folder in cgroup_folders(root, "memory"):
        limit = read(folder / "memory.max").strip() or read(folder / "memory.limit_in_bytes").strip()
        if not limit.isdigit() or int(limit) >= total:
            continue
        used = read(folder / "memory.current").strip() or read(folder / "memory.usage_in_bytes").strip()
        cache = [line.split()[1] for line in read(folder / "memory.stat").splitlines() if "inactive_file" in line]
        taken = int(used or 0) - int(cache[0] if cache else 0)  # what the kernel gives back when asked
        total, free = int(limit), min(free, int(limit) - taken)
    return total, max(free, 0)


def free_ram() -> float:
    """The share of RAM that is free for us."""
    total, free = memory(ROOT)
    return free / total if total else 1.0


def cgroup_folders(root: Path, controller: str) -> list[Path]:
    """This process's folder for the controller and all above it: each may set a limit."""
    base = root / "sys/fs/cgroup"
    found: list[Path] = []
    for line in read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = base / controllers if controllers else base
        if not top.is_dir():
            top = base / controller
        parts = Path(path.lstrip("/")).parts
        found += [top.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1)]
    return found or [base]


def disk(files: Sequence[Path], environment: Mapping[str, str], *, timed: bool) -> Disk:
    """The disk with the model, or the one to which it would be downloaded."""
    place = files[0].parent if files else hub_folder(environment)
    existing = next((path for path in (place, *place.parents) if path.exists()), ROOT)
    largest = max(files, key=lambda file: file.stat().st_size, default=None)
    return Disk(
        path=str(place),
        free_bytes=shutil.disk_usage(existing).free,
        read_gbps=read_gbps(largest) if largest is not None and timed else None,
        cached_share=cached_share(files) if files else None,
    )


def hub_folder(environment: Mapping[str, str]) -> Path:
    """Where Hugging Face keeps what it downloads: huggingface_hub's own rule."""
    if named := environment.get("HF_HUB_CACHE"):
        return Path(named)
    home = environment.get("HF_HOME")
    return (Path(home) if home else Path("~/.cache/huggingface").expanduser()) / "hub"


def software(cards: Cards, problems: list[str]) -> Software:
    """Versions by the packages' metadata: importing torch would take seconds."""
    try:
        vllm = find_environment()
    except BackendError as error:
        problems.append(str(error))
        vllm = None
    torch = installed("torch")
    return Software(
        python=platform.python_version(),
        driver=cards.driver,
        cuda_driver=cards.cuda,
        torch=torch,
        torch_arches=torch_arches(torch),
        vllm=vllm and vllm.version,
        vllm_arches=vllm.vllm_arches if vllm else (),
        vllm_device=vllm and vllm.device,
    )


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def torch_arches(torch: str | None) -> tuple[str, ...]:
    """("sm_75", …) of our torch; empty for a CPU build, known by its lack of CUDA's library."""
    if torch is None or "+cpu" in torch:
        return ()
    for folder in map(Path, sys.path):
        library = folder / "torch/lib/libtorch_cuda.so"
        if library.is_file():
            return tuple(sorted(arches(library), key=lambda arch: (arch[0], int(arch.partition("_")[2]))))
    return ()


def mac_gpu(ram_bytes: int) -> tuple[Gpu, ...]:
    found = apple(sysctl, ram_bytes) if platform.system() == "Darwin" else None
    return (found,) if found else ()


def sysctl(name: str) -> str | None:
    """What macOS says; None elsewhere."""
    if platform.system() != "Darwin":
        return None
    done = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
