"""Profiles meet the names that drivers really give, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from autoglm_backend import profiles, what_if
from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Gpu

GIB = 2**30
FILES = profiles.load((Path(__file__).parents[2] / "hardware_profiles",))

# nvidia-smi's name, GiB that it shows, the profile's file; None: no profile may claim it.
NAMES = [
    ("Tesla P40", 22.4, "Tesla P40"),
    ("Quadro P4000", 8, None),
    ("Quadro P400", 2, None),
    ("Tesla P4", 7.9, None),
    ("Tesla P100-PCIE-16GB", 16, "Tesla P100 16 GB"),
    ("Tesla P100-PCIE-12GB", 12, "Tesla P100 12 GB"),
    ("Tesla P100-SXM2-16GB", 16, "Tesla P100 16 GB"),
    ("Quadro P1000", 4, None),
    ("Tesla V100-SXM2-16GB", 16, "Tesla V100 16 GB"),
    ("Tesla V100-PCIE-32GB", 32, "Tesla V100 32 GB"),
    ("Tesla T4", 15, "Tesla T4"),
    ("NVIDIA T4G", 15, None),
    ("NVIDIA T400", 2, None),
    ("NVIDIA T400 4GB", 4, None),
    ("NVIDIA GeForce RTX 2080 Ti", 11, "RTX 2080 Ti"),
    ("NVIDIA GeForce RTX 2080 Ti", 22, "RTX 2080 Ti 22 GB"),
    ("NVIDIA GeForce RTX 2080", 8, None),
    ("NVIDIA GeForce RTX 3060", 12, "RTX 3060 12 GB"),
    ("NVIDIA GeForce RTX 3060", 8, "RTX 3060 8 GB"),
    ("NVIDIA GeForce RTX 3060 Ti", 8, None),
    ("NVIDIA GeForce RTX 3060 Laptop GPU", 6, None),
    ("NVIDIA GeForce RTX 3090", 24, "RTX 3090"),
    ("NVIDIA GeForce RTX 3090 Ti", 24, None),
    ("NVIDIA GeForce RTX 4090", 24, "RTX 4090"),
    ("NVIDIA GeForce RTX 4090 D", 24, None),
    ("NVIDIA GeForce RTX 4090 Laptop GPU", 16, None),
    ("NVIDIA GeForce RTX 5090", 31.8, "RTX 5090"),
    ("NVIDIA GeForce RTX 5090 D", 31.8, None),
    ("NVIDIA RTX 6000 Ada Generation", 48, "RTX 6000 Ada"),
    ("NVIDIA RTX A6000", 48, None),
    ("Quadro RTX 6000", 24, None),
    ("Quadro RTX 6000 with Max-Q Design", 24, None),
    ("NVIDIA RTX PRO 6000 Blackwell Server Edition", 95.6, "RTX PRO 6000 Blackwell"),
    ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", 95.6, "RTX PRO 6000 Blackwell"),
    ("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", 95.6, None),
    ("NVIDIA A10", 22.5, "A10"),
    ("NVIDIA A10G", 22.5, "A10G"),
    ("NVIDIA A100-SXM4-40GB", 40, "A100 40 GB"),
    ("NVIDIA A100-PCIE-40GB", 40, "A100 40 GB"),
    ("NVIDIA A100-SXM4-80GB", 80, "A100 80 GB SXM"),
    ("NVIDIA A100 80GB PCIe", 80, "A100 80 GB PCIe"),
    ("NVIDIA A16", 15, None),
    ("NVIDIA L4", 22.5, "L4"),
    ("NVIDIA L40", 45, None),
    ("NVIDIA L40S", 45, "L40S"),
    ("NVIDIA H100 80GB HBM3", 79.6, "H100 SXM"),
    ("NVIDIA H100 PCIe", 79.6, "H100 PCIe"),
    ("NVIDIA H100 NVL", 93.6, None),
    ("NVIDIA H20", 96, None),
    ("NVIDIA H200", 140.4, "H200"),
    ("NVIDIA H200 NVL", 140.4, None),
    ("NVIDIA B200", 179, "B200"),
    ("NVIDIA GB200", 186, None),
    ("NVIDIA B300", 268, "B300"),
    ("NVIDIA GB10", 119.7, "GB10 (DGX Spark)"),
    ("Apple M4 Max", 48, "Apple M Max"),
    ("Apple M2", 16, "Apple M (base)"),
]


@pytest.mark.parametrize(("name", "gib", "expected"), NAMES, ids=[f"{n} {g}" for n, g, _ in NAMES])
def test_a_drivers_name_meets_its_own_profile_only(name: str, gib: float, expected: str | None) -> None:
    hits = [file for file in FILES if profiles.find(name, round(gib * GIB), [file])]
    assert [file.name for file in hits] == ([expected] if expected else [])


def test_every_profile_has_a_source_and_every_measurement_its_date_command_and_software() -> None:
    assert len(FILES) >= 30
    assert all(file.source for file in FILES)
    assert all(m.date and m.command and m.software for file in FILES for m in file.measured)


def test_a_card_without_a_profile_gets_one_from_nvmls_figures_and_is_marked() -> None:
    gpu = Gpu(
        index=0,
        name="NVIDIA GeForce RTX 3090 Ti",
        memory_bytes=24 * GIB,
        compute_capability=(8, 6),
        multiprocessors=84,
        sm_clock_mhz=1860,
        memory_clock_mhz=10501,
        memory_bus_bits=384,
    )
    profile = profiles.of(gpu, FILES)
    assert profile.origin == "derived"
    assert profile.bandwidth_gbps == pytest.approx(1008, rel=0.01)
    assert profile.bf16_tflops == pytest.approx(80, rel=0.01)


# NVML's clock (half the data rate), bus; what the sheet says. facts/serving.md, section 7, last row.
@pytest.mark.parametrize(
    ("clock", "bus", "gbps"), [(9751, 384, 936), (10501, 384, 1008), (3615, 384, 347), (5001, 256, 320)]
)
def test_bandwidth_is_twice_the_clock_times_the_bus(clock: int, bus: int, gbps: float) -> None:
    gpu = Gpu(index=0, name="x", memory_bytes=GIB, memory_clock_mhz=clock, memory_bus_bits=bus)
    assert profiles.derived_bandwidth(gpu) == pytest.approx(gbps, rel=0.01)


def test_measured_beats_derived_beats_table() -> None:
    h200 = Gpu(
        index=0, name="NVIDIA H200", memory_bytes=round(139.8 * GIB), memory_clock_mhz=3201, memory_bus_bits=6144
    )
    assert (profiles.of(h200, FILES).origin, profiles.of(h200, FILES).bandwidth_gbps) == ("measured", 4273)
    rtx = Gpu(index=0, name="NVIDIA GeForce RTX 3090", memory_bytes=24 * GIB)
    assert (profiles.of(rtx, FILES).origin, profiles.of(rtx, FILES).bandwidth_gbps) == ("table", 936)
    slower = Gpu(index=0, name=rtx.name, memory_bytes=24 * GIB, memory_clock_mhz=9251, memory_bus_bits=384)
    assert profiles.of(slower, FILES).origin == "derived"
    assert profiles.of(slower, FILES).bandwidth_gbps < 936


def test_a_misspelt_key_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('name="a"\nmatch="a"\nsource="s"\nconfidence="low"\n[facts]\nbandwith_gbps=1\n')
    with pytest.raises(BackendError, match=r"a\.toml: facts\.bandwi"):
        profiles.parse(file)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2x RTX 3060", ["RTX 3060 12 GB"] * 2),
        ("2 × RTX 3060 12 GB", ["RTX 3060 12 GB"] * 2),
        ("RTX 3060 8GB", ["RTX 3060 8 GB"]),
        ("3 x P40", ["Tesla P40"] * 3),
        ("P100", ["Tesla P100 16 GB"]),
        ("A100 80", ["A100 80 GB PCIe"]),
        ("A100 80GB SXM", ["A100 80 GB SXM"]),
        ("A100 40GB", ["A100 40 GB"]),
        ("RTX 6000 Ada", ["RTX 6000 Ada"]),
        ("T4", ["Tesla T4"]),
        ("h100 sxm", ["H100 SXM"]),
        ("2x3090", ["RTX 3090"] * 2),
        ("RTX 3090 + RTX 5090", ["RTX 3090", "RTX 5090"]),
        ("no GPU", []),
    ],
)
def test_what_if_reads_cards_and_counts(text: str, names: list[str]) -> None:
    assert [gpu.name for gpu in what_if.machine(text, FILES).gpus] == names


def test_what_if_reads_the_main_memory() -> None:
    assert what_if.machine("2x RTX 3090, 64 GB RAM", FILES).ram_bytes == 64 * GIB


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RTX 9999", "RTX 3060 12 GB"),
        ("RTX", "no profile for 'RTX'"),
        ("RTX 3060 99 GB", "name one of: RTX 3060 12 GB, RTX 3060 8 GB; or"),
        ("2x", "no profile for ''"),
        ("", "names no card"),
        (",", "names no card"),
        ("0x RTX 3060", "1 to 64 cards"),
        ("-1x RTX 3060", "1 to 64 cards"),
        ("1.5x RTX 3060", "1 to 64 cards"),
        ("40x T4 + 40x T4", "1 to 64 cards"),
        ("100000x H200", "1 to 64 cards"),
    ],
)
def test_what_if_takes_no_card_for_another_and_no_number_that_no_machine_has(text: str, words: str) -> None:
    with pytest.raises(BackendError, match=words):
        what_if.machine(text, FILES)


def test_a_what_if_card_meets_its_own_profile() -> None:
    for file in FILES:
        if file.facts.memory_gib:
            assert profiles.find(file.name, what_if.gpu(file, 0).memory_bytes, [file]), file.name
