"""The Python environment that vLLM has to itself: where it is and what is in it.

vLLM pins torch and transformers to versions other than ours (facts/serving.md, section 3), so it is never installed
beside us and never imported: it is a program. `AUTOGLM_VLLM` names an environment that somebody else made.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Literal

import platformdirs

from autoglm_backend.errors import BackendError

Device = Literal["cpu", "cuda"]

OLDEST_DRIVER = 580  # the first that serves CUDA 13
OLDEST_CARD = (7, 5)  # of which vLLM 0.33 holds machine code

NAME = "AUTOGLM_VLLM"
MARK = "autoglm.json"  # written last: a folder without it is an installation that did not finish


@dataclass(frozen=True)
class Environment:
    """An environment in which vLLM can be started."""

    folder: Path
    version: str  # of vLLM
    device: Device
    torch: str | None = None
    torch_arches: tuple[str, ...] = ()
    vllm_arches: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        return python_of(self.folder)

    def command(self, *arguments: str) -> list[str]:
        """`vllm serve …` as this environment's interpreter runs it."""
        return [str(self.python), "-m", "vllm.entrypoints.cli.main", *arguments]

    def variables(self) -> dict[str, str]:
        """Environment variables for any start of it."""
        # vLLM asks nobody about us, and looks for models only where we found them.
        always = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"}
        if self.device == "cuda":
            return {**always, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
        # Left to itself the CPU build keeps a core free and takes one of two (facts/cpu_serving.md, section 1).
        preloaded = ":".join(str(library) for library in self.libraries())
        return {
            **always,
            "VLLM_CPU_OMP_THREADS_BIND": allowed_cores(),
            **({"LD_PRELOAD": preloaded} if preloaded else {}),
        }

    def libraries(self) -> list[Path]:
        """The allocator and the OpenMP that make the CPU build faster: 216 ms in place of 237 for 1,500 tokens."""
        places = [*Path("/usr/lib").glob("*/libtcmalloc_minimal.so.4"), *self.folder.glob("lib/libiomp5.so")]
        return [place for place in places if place.is_file()]


def find_environment() -> Environment | None:
    """The one that AUTOGLM_VLLM names, else the one that `install` made, else None. Imports nothing of it.

    Raises BackendError when AUTOGLM_VLLM names something that is none.
    """
    named = os.environ.get(NAME)
    if named:
        found = look_at(Path(named).expanduser())
        if found is None:
            raise BackendError(
                f"{NAME}={named}: there is no Python environment with vLLM; correct it, or unset it and run "
                "`autoglm-backend install vllm`"
            )
        return found
    ours = default_folder()
    return look_at(ours) if (ours / MARK).is_file() else None


def default_folder() -> Path:
    return platformdirs.user_data_path("autoglm") / "environments" / "vllm"


def look_at(folder: Path) -> Environment | None:
    """What this environment holds, by the metadata of its packages; None when vLLM or the interpreter is missing."""
    if not python_of(folder).exists():
        return None
    packages: dict[str, Distribution] = {}
    for site in site_packages(folder):
        for distribution in distributions(path=[str(site)]):
            packages[distribution.name.lower().replace("_", "-")] = distribution
    vllm = packages.get("vllm-cpu") or packages.get("vllm")
    if vllm is None:
        return None
    cpu = vllm.name != "vllm" or "+cpu" in vllm.version
    marked: dict[str, Any] = {}
    with suppress(OSError, json.JSONDecodeError):
        marked = json.loads((folder / MARK).read_text(encoding="utf-8"))
    return Environment(
        folder=folder,
        version=vllm.version.partition("+")[0],
        device="cpu" if cpu else "cuda",
        torch=packages["torch"].version if "torch" in packages else None,
        torch_arches=tuple(marked.get("torch_arches", ())),
        vllm_arches=tuple(marked.get("vllm_arches", ())),
    )


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(folder: Path) -> list[Path]:
    return [*folder.glob("lib/python3.*/site-packages"), *folder.glob("Lib/site-packages")]


def allowed_cores() -> str:
    """The CPU cores that this process may use, as "0-3,8": a container's limit and `taskset` hold for the engine."""
    if not hasattr(os, "sched_getaffinity"):
        return f"0-{(os.cpu_count() or 1) - 1}"
    runs: list[list[int]] = []
    for core in sorted(os.sched_getaffinity(0)):
        if runs and runs[-1][-1] == core - 1:
            runs[-1].append(core)
        else:
            runs.append([core])
    return ",".join(str(cores[0]) if len(cores) == 1 else f"{cores[0]}-{cores[-1]}" for cores in runs)
