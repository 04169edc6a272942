"""What is measured is written where `plan` looks first, in the form that it reads."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from autoglm_backend import profiles
from autoglm_backend.calibrate import Measured, boot_s, calibrate, measure, profile_text
from autoglm_backend.machine import Cpu, Disk, Gpu, Machine

GIB = 1 << 30
CARD = Gpu(0, "NVIDIA GeForce RTX 3090", 24 * GIB, compute_capability=(8, 6))
MACHINE = Machine(Cpu("AMD EPYC (test)", 2), 16 * GIB, 8 * GIB, Disk("/", GIB))


@pytest.mark.slow
def test_this_processor_is_measured_with_one_real_start(tmp_path: Path) -> None:
    said: list[str] = []
    (file,) = calibrate(MACHINE, said.append, folder=tmp_path)
    found = {entry.what: entry.value for entry in profiles.parse(file).measured}
    assert found["bandwidth_gbps"] > 0.5 and found["matrix_tflops"] > 0.001 and 0.01 < found["launch_us"] < 1000
    assert 0.1 < found["boot_s"] < 120
    assert said[0] == "measuring AMD EPYC (test)"


def test_a_measured_card_is_found_before_the_table_and_keeps_what_was_known(tmp_path: Path) -> None:
    measured = Measured({"bandwidth_gbps": 880.0, "matrix_tflops": 65.5, "launch_us": 5.0}, "PyTorch 2.14.0, CUDA 13.2")
    file = tmp_path / "measured.toml"
    file.write_text(profile_text(MACHINE, CARD, measured))
    profile = profiles.of(CARD, [profiles.parse(file), *profiles.load()])
    assert (profile.origin, profile.bandwidth_gbps, profile.bf16_tflops) == ("measured", 880.0, 65.5)
    assert (profile.int8_tops, profile.compute_capability) == (profiles.of(CARD).int8_tops, (8, 6))
    other = replace(CARD, name="NVIDIA GeForce RTX 3090 Ti")
    assert profiles.find(other.name, other.memory_bytes, [profiles.parse(file)]) is None


def test_a_start_that_takes_too_long_is_no_figure() -> None:
    assert boot_s(0.2) is None


def test_a_card_that_torch_does_not_see_is_said() -> None:
    code = "import sys, torch; sys.exit(torch.cuda.is_available())"
    if subprocess.run([sys.executable, "-c", code], check=False).returncode:
        pytest.skip("there is a card")
    with pytest.raises(Exception, match=r"measuring failed: .*a card needs a PyTorch with CUDA"):
        measure(CARD, 60)
