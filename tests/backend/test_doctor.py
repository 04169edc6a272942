"""Sick machines, and that each complaint comes with what mends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from autoglm_backend.doctor import doctor, examine, runs
from autoglm_backend.machine import Cpu, Disk, Gpu, GpuProcess, Machine, Software

GB = 1_000_000_000
CPU = Cpu("EPYC", 8, frozenset({"avx2", "avx512f"}))
WELL = Software(driver="580.95.05", torch="2.13.0", vllm="0.33.0", vllm_device="cuda", vllm_arches=("sm_80", "sm_90"))
CARD = Gpu(0, "NVIDIA A100", 80 * GB, compute_capability=(8, 0), free_bytes=79 * GB, pcie_width=16, power_limit_w=400)
MACHINE = Machine(CPU, 64 * GB, 60 * GB, Disk("/models", 500 * GB), gpus=(CARD,), software=WELL)


def test_a_healthy_machine_has_no_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert examine(MACHINE) == [] and doctor(MACHINE) == 0
    assert capsys.readouterr().out == "nothing is wrong\n"


def gpu(**more: Any) -> Machine:
    return replace(MACHINE, gpus=(replace(CARD, **more),))


def software(**more: Any) -> Machine:
    return replace(MACHINE, software=replace(WELL, **more))


OTHER = replace(CARD, index=1)
BLENDER = (GpuProcess(7, "blender"),)


@pytest.mark.parametrize(
    ("machine", "what", "mend"),
    [
        (software(driver="550.54.14"), "serves no CUDA 13", "nvidia-driver-580"),
        (software(vllm=None, vllm_device=None), "1 card could run vLLM", "`autoglm-backend install vllm`"),
        (software(vllm_device="cpu"), "is the CPU build", "--build cuda"),
        (software(torch=None), "PyTorch is missing", "pip install torch"),
        (gpu(compute_capability=(12, 0)), "holds no code for card 0", "--engine int8"),
        (gpu(compute_capability=(6, 1)), "compute capability 6.1", "--engine int8"),
        (gpu(free_bytes=20 * GB, processes=BLENDER), "60.0 of 80.0 GB are taken by blender (pid 7)", "kill 7"),
        (gpu(throttled_by=("hw_thermal_slowdown",), temperature_c=91), "by heat at 91 °C", "nvidia-smi -i 0 -pl 320"),
        (gpu(throttled_by=("hw_power_brake_slowdown",)), "power supply", "power cables"),
        (gpu(pcie_width=4), "4 PCIe lanes", "a slot with 8 or 16 lanes"),
        (
            replace(MACHINE, gpus=(CARD, replace(CARD, index=1)), peer_access=frozenset()),
            "through the host",
            "pipeline",
        ),
        (replace(MACHINE, disk=Disk("/models", 3 * GB)), "3.0 GB free", "HF_HOME"),
        (replace(MACHINE, ram_free_bytes=GB), "1.0 GB of memory are free", "--memory 4g"),
        (replace(MACHINE, gpus=(), cpu=Cpu("Atom", 2)), "no AVX2", "--base-url"),
        (
            replace(MACHINE, problems=("NVML: mismatch: the driver was updated; restart the machine",)),
            "NVML",
            "restart",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_mends_it(machine: Machine, what: str, mend: str) -> None:
    (finding,) = examine(machine)
    assert what in finding.what and mend in finding.mend
    assert doctor(machine) == (finding.weight == "wrong")


def test_the_worst_comes_first() -> None:
    sick = replace(gpu(pcie_width=1, throttled_by=("sw_thermal_slowdown",)), ram_free_bytes=GB)
    assert [finding.weight for finding in examine(sick)] == ["wrong", "wrong", "could be better"]


@pytest.mark.parametrize(
    ("capability", "known", "able"),
    [
        ((8, 6), ("sm_80",), True),
        ((8, 0), ("sm_86",), False),
        ((9, 0), ("sm_80",), False),
        ((12, 0), ("compute_90",), True),
    ],
)
def test_code_runs_on_its_own_generation_and_ptx_on_later_ones(
    capability: tuple[int, int], known: tuple[str, ...], able: bool
) -> None:
    assert runs(capability, known) is able
