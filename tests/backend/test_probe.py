"""Several machines' drivers, cgroups and disks, and this machine's own."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from pathlib import Path

import pytest
from autoglm_backend.cards import Cards, apple, look, now
from autoglm_backend.engines.environment import allowed_cores
from autoglm_backend.engines.fatbin import arches
from autoglm_backend.measure import cached_share, read_gbps
from autoglm_backend.probe import cpu_flags, cpu_quota, display_vendors, memory, probe

from tests.backend.fake_nvml import GIB, Card, FakeNvml


def rtx3090(number: int = 0, **more: object) -> Card:
    return Card("NVIDIA GeForce RTX 3090", 24 * GIB, (8, 6), uuid=f"GPU-{number:04}", **more)  # pyright: ignore[reportArgumentType]


def see(nvml: FakeNvml, environment: Mapping[str, str] | None = None, *, present: bool = True) -> Cards:
    return look(nvml, environment or {}, present)


def test_a_card_is_known_by_what_its_driver_says() -> None:
    cards = see(FakeNvml(rtx3090(used=3 * GIB, reserved=GIB // 4, pids=[7], reasons=0x24, links=4)))
    (gpu,) = cards.gpus
    assert (gpu.name, gpu.compute_capability, gpu.multiprocessors) == ("NVIDIA GeForce RTX 3090", (8, 6), 82)
    assert (gpu.memory_bytes, gpu.used_by_others_bytes) == (24 * GIB - GIB // 4, 3 * GIB)
    assert [(process.pid, process.name) for process in gpu.processes] == [(7, "/usr/bin/blender")]
    assert (gpu.pcie_gbps, round(gpu.nvlink_gbps, 1)) == (32.0, 56.2)
    assert (gpu.temperature_c, gpu.power_w, gpu.power_limit_w) == (41, 91.25, 350.0)
    assert gpu.throttled_by == ("sw_power_cap", "sw_thermal_slowdown")
    assert (cards.driver, cards.cuda, cards.problems) == ("580.95.05", (13, 0), ())


def test_links_that_are_up_and_do_not_tell_their_speed_have_nvlinks_own() -> None:
    (gpu,) = see(FakeNvml(Card("NVIDIA H200", 140 * GIB, (9, 0), links=18, link_mbps=None))).gpus  # as one did
    assert gpu.nvlink_gbps == 450


def test_what_an_old_driver_does_not_know_stays_open() -> None:
    p40 = Card("Tesla P40", 24 * GIB, (6, 1), cores=None, pcie=None, temperature=None, reasons=None, pids=[3])
    cards = see(FakeNvml(p40, old=True))
    (gpu,) = cards.gpus
    assert (gpu.multiprocessors, gpu.pcie_gbps, gpu.temperature_c, gpu.throttled_by) == (None, None, None, ())
    assert (gpu.memory_bytes, gpu.processes[0].name, cards.cuda) == (24 * GIB, "/usr/bin/blender", (11, 4))


def test_cards_that_read_each_other_are_paired() -> None:
    assert see(FakeNvml(rtx3090(1), rtx3090(2), rtx3090(3))).peer_access == {(0, 1), (0, 2), (1, 2)}
    assert see(FakeNvml(rtx3090(1), rtx3090(2), peers=False)).peer_access == frozenset()


@pytest.mark.parametrize(
    ("said", "present", "words"),
    [
        ("NVML Shared Library Not Found", False, []),
        ("NVML Shared Library Not Found", True, ["install NVIDIA's driver"]),
        ("Driver Not Loaded", True, ["its driver does not answer (NVML: Driver Not Loaded)"]),
        ("Driver/library version mismatch", False, ["restart the machine"]),
    ],
)
def test_a_driver_that_does_not_start_is_said_plainly(said: str, present: bool, words: list[str]) -> None:
    cards = see(FakeNvml(broken=said), present=present)
    assert cards.gpus == () and len(cards.problems) == len(words)
    assert all(word in problem for word, problem in zip(words, cards.problems, strict=True))


def test_a_card_that_fell_off_the_bus_is_left_out_and_the_others_stay() -> None:
    cards = see(FakeNvml(rtx3090(1, lost=True), rtx3090(2), rtx3090(3, mig=True)))
    assert [gpu.index for gpu in cards.gpus] == [1]
    assert "card 0 does not answer (NVML: GPU is lost)" in cards.problems[0]
    assert "card 2" in cards.problems[1] and "MIG" in cards.problems[1]


@pytest.mark.parametrize(
    ("visible", "indices", "problem"),
    [
        ("2,0", [2, 0], ""),
        ("GPU-0002", [1], ""),
        ("", [], "hides all 3 cards"),
        ("-1", [], "hides all 3 cards"),
        ("1,9,0", [1], "'9' names no card"),
        ("1,1", [1], "'1' names no card"),
    ],
)
def test_cuda_visible_devices_is_honoured_as_cuda_does(visible: str, indices: list[int], problem: str) -> None:
    nvml = FakeNvml(rtx3090(1), rtx3090(2), rtx3090(3))
    cards = see(nvml, {"CUDA_VISIBLE_DEVICES": visible})
    assert [gpu.index for gpu in cards.gpus] == indices
    assert problem in " ".join(cards.problems) and bool(cards.problems) == bool(problem)


def test_indices_among_unequal_cards_are_doubtful() -> None:
    nvml = FakeNvml(rtx3090(1), Card("NVIDIA GeForce RTX 3060", 12 * GIB, (8, 6), uuid="GPU-0002"))
    assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in see(nvml, {"CUDA_VISIBLE_DEVICES": "0"}).problems[0]
    ordered = {"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert see(nvml, ordered).problems == ()


def test_a_card_is_looked_at_again_by_its_uuid() -> None:
    card = rtx3090(5)
    nvml = FakeNvml(card)
    (before,) = see(nvml).gpus
    card.used, card.reasons = 20 * GIB, 0x40
    after = now(before, nvml)
    assert (after.available_bytes, after.throttled_by) == (4 * GIB, ("hw_thermal_slowdown",))
    assert now(before, FakeNvml(broken="Driver Not Loaded")) == before


@pytest.mark.parametrize(
    ("ram", "wired", "lent"),
    [(16 * GIB, None, 16 * GIB * 2 // 3), (64 * GIB, "0", 48 * GIB), (64 * GIB, "57344", 56 * GIB)],
)
def test_apples_gpu_has_the_share_of_memory_that_macos_lends(ram: int, wired: str | None, lent: int) -> None:
    said = {"machdep.cpu.brand_string": "Apple M2 Max", "iogpu.wired_limit_mb": wired}
    gpu = apple(said.get, ram)
    assert gpu is not None and (gpu.name, gpu.vendor, gpu.memory_bytes) == ("Apple M2 Max", "apple", lent)
    assert apple({"machdep.cpu.brand_string": "Intel(R) Core(TM) i7"}.get, ram) is None


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


MEMINFO = "MemTotal:       65536000 kB\nMemFree:  100 kB\nMemAvailable:   60000000 kB\n"


def test_a_containers_limits_count_in_both_versions_of_cgroups(tmp_path: Path) -> None:
    second = write(
        tmp_path / "v2",
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "0::/kube/pod7\n",
            "sys/fs/cgroup/kube/pod7/memory.max": "max\n",
            "sys/fs/cgroup/kube/memory.max": "8000000000\n",
            "sys/fs/cgroup/kube/memory.current": "3000000000\n",
            "sys/fs/cgroup/kube/memory.stat": "anon 1\ninactive_file 1000000000\n",
            "sys/fs/cgroup/kube/pod7/cpu.max": "250000 100000\n",
        },
    )
    assert memory(second) == (8_000_000_000, 6_000_000_000)
    assert cpu_quota(second) == 2.5
    first = write(
        tmp_path / "v1",
        {
            "proc/meminfo": MEMINFO,
            "proc/self/cgroup": "4:memory:/docker/a\n3:cpu,cpuacct:/docker/a\n",
            "sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes": "4000000000\n",
            "sys/fs/cgroup/memory/docker/a/memory.usage_in_bytes": "1000000000\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/a/cpu.cfs_quota_us": "100000\n",
            "sys/fs/cgroup/cpu,cpuacct/docker/a/cpu.cfs_period_us": "100000\n",
        },
    )
    assert (memory(first), cpu_quota(first)) == ((4_000_000_000, 3_000_000_000), 1.0)


def test_without_limits_the_system_counts(tmp_path: Path) -> None:
    root = write(tmp_path, {"proc/meminfo": MEMINFO, "proc/self/cgroup": "0::/\n"})
    assert (memory(root), cpu_quota(root)) == ((65_536_000 * 1024, 60_000_000 * 1024), None)


def test_instruction_sets_and_display_cards_are_read_from_the_system(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/cpuinfo": "model name : Xeon\nflags : fpu avx2 avx512f avx512_vnni amx_int8 amx_bf16 amx_tile\n",
            "sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
            "sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
            "sys/bus/pci/devices/0000:02:00.0/class": "0x020000\n",
            "sys/bus/pci/devices/0000:02:00.0/vendor": "0x1002\n",
        },
    )
    assert cpu_flags(root) >= {"avx2", "avx512_vnni", "amx_int8"} and "fpu" not in cpu_flags(root)
    assert display_vendors(root) == {"0x10de"}


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(os.urandom(8 << 20))
    machine = probe([weights], nvml=FakeNvml(rtx3090(1)))
    assert machine.cpu.cores >= 1 and machine.cpu.name and 0 < machine.ram_free_bytes <= machine.ram_bytes
    assert machine.cpu.memory_gbps is None or machine.cpu.memory_gbps > 0.5
    assert machine.disk.path == str(tmp_path) and machine.disk.free_bytes > 0
    assert machine.software.torch and len(machine.gpus) == 1


def test_the_page_cache_is_seen_and_the_disk_is_read_past_it(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(os.urandom(8 << 20))
    assert file.read_bytes() and cached_share([file]) == 1.0
    rate = read_gbps(file)
    assert rate is None or rate > 0.001
    (tmp_path / "empty").touch()
    assert cached_share([tmp_path / "empty"]) is None and read_gbps(tmp_path / "empty") is None


def test_the_architectures_of_a_library_are_read_from_its_bytes(tmp_path: Path) -> None:
    def entry(kind: int, arch: int) -> bytes:
        return struct.pack("<HHIQ", kind, 0, 64, 8) + bytes(12) + struct.pack("<I", arch) + bytes(32) + bytes(8)

    entries = entry(2, 80) + entry(2, 90) + entry(1, 90)
    container = struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(entries)) + entries
    library = tmp_path / "kernels.so"
    library.write_bytes(b"\x7fELF" + bytes(100) + container + bytes(40) + struct.pack("<I", 0xBA55ED50) + b"chance")
    assert arches(library) == {"sm_80", "sm_90", "compute_90"}


def test_cores_are_named_as_vllm_wants_them() -> None:
    spans = [span.split("-") for span in allowed_cores().split(",")]
    named = {core for span in spans for core in range(int(span[0]), int(span[-1]) + 1)}
    assert named == os.sched_getaffinity(0)
