"""Programs that serve: started, repaired, given up, stopped. Here a fake vLLM; test_vllm.py has the real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import autoglm_backend
import pytest
from autoglm_backend.engines import vllm
from autoglm_backend.engines.environment import Environment, look_at
from autoglm_backend.engines.launcher import Booted, EngineFailed, Launch, boot
from autoglm_backend.engines.process import EngineProcess
from autoglm_backend.errors import BackendError

Start = Callable[..., Booted]
CACHE = "--kv-cache-memory-bytes"
FREE_UTILIZATION = ("--gpu-memory-utilization", "0.92")


def alive(pid: int) -> bool:
    """Whether it runs; one that ended and was not waited for does not."""
    asked = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()[:1] not in ("", "Z")


def gone(pids: list[int], within_s: float = 60.0) -> bool:
    until = time.monotonic() + within_s
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


def family(pid: int) -> list[int]:
    """The process and all below it."""
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [pid, *(one for child in children for one in family(int(child)))]


def launch_of(environment: Environment, tmp_path: Path, fault: str, *arguments: str, least_ctx: int = 0) -> Launch:
    state = tmp_path / "state"
    state.touch()
    variables = {"FAKE_VLLM": fault, "FAKE_VLLM_STATE": str(state)}
    return vllm.launch(environment, tmp_path, "glm", arguments, variables, least_ctx)


@pytest.fixture
def started(fake_environment: Environment, tmp_path: Path) -> Iterator[Start]:
    running: list[Booted] = []

    def start(fault: str = "", *arguments: str, least_ctx: int = 0) -> Booted:
        launch = launch_of(fake_environment, tmp_path, fault, *arguments, least_ctx=least_ctx)
        running.append(boot(launch, said.append, sleep=lambda _: None))
        return running[-1]

    said: list[str] = []
    yield start
    for booted in running:
        booted.process.stop()


def test_an_engine_is_ready_when_it_completed_something_and_leaves_nobody_behind(started: Start) -> None:
    booted = started()
    assert booted.repairs == () and booted.allocated.cache_tokens == 64_224
    assert booted.launch.socket_file is not None
    pids = family(int((booted.launch.socket_file.parent / "pid").read_text()))
    assert len(pids) == 2

    booted.process.stop()
    assert gone(pids)


@pytest.mark.parametrize(
    ("fault", "arguments", "words"),
    [
        ("taken", FREE_UTILIZATION, ("--gpu-memory-utilization 0.43 in place of 0.92",)),
        (
            "taken",
            (*FREE_UTILIZATION, CACHE, str(20 << 30)),
            (f"--gpu-memory-utilization 0.43 in place of 0.92 and {CACHE} {8638 << 20} in place of {20 << 30}",),
        ),
        (
            "big-cache",
            (CACHE, str(3 << 30)),
            (f"{CACHE} {1628 << 20} in place of {3 << 30}",),
        ),
        ("context", ("--max-model-len", "32768"), ("--max-model-len 23040 in place of 32768",)),
        ("no-cache", ("--max-num-seqs", "4"), ("--enforce-eager",)),
        ("moved", (), ("the same once more, in 10 s",)),
        (
            "taken context",
            (*FREE_UTILIZATION, "--max-model-len", "32768"),
            ("--gpu-memory-utilization 0.43 in place of 0.92", "--max-model-len 23040 in place of 32768"),
        ),
    ],
)
def test_a_start_that_can_be_mended_is_mended(
    started: Start, fault: str, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert started(fault, *arguments).repairs == words


@pytest.mark.parametrize(
    ("fault", "arguments", "kind", "repairs"),
    [
        ("no-cache-at-all", (), "no_room_for_cache", 1),
        ("taken context no-cache", (*FREE_UTILIZATION, "--max-model-len", "32768"), "no_room_for_cache", 2),
        ("truncated", (), "broken_weights", 0),
        ("disk", (), "disk_full", 0),
        ("killed", (), "killed", 0),
        ("mute", (), "unknown", 0),
    ],
)
def test_a_start_that_cannot_be_mended_is_given_up_after_two_repairs_at_most(
    started: Start, fault: str, arguments: tuple[str, ...], kind: str, repairs: int
) -> None:
    with pytest.raises(EngineFailed) as caught:
        started(fault, *arguments)
    assert (caught.value.failure.kind, len(caught.value.tried)) == (kind, repairs)
    assert str(caught.value).startswith("the engine did not start: ")


def test_a_context_that_was_asked_for_is_not_cut(started: Start) -> None:
    with pytest.raises(EngineFailed, match="ask for a shorter context"):
        started("context", "--max-model-len", "32768", least_ctx=32768)


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    process = EngineProcess([str(tmp_path / "nothing")], {})
    while process.exit_code() is None:
        time.sleep(0.02)
    assert "No such file" in process.log() and process.stop() != 0


STUBBORN = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('up', flush=True); time.sleep(600)"
OWNER = f"""
import sys, time
from autoglm_backend.engines.process import EngineProcess
EngineProcess([sys.executable, "-c", {STUBBORN!r}], {{}}, lambda line: print(line, flush=True))
time.sleep(600)
"""


@pytest.mark.parametrize("victim", ["owner", "guard"])
def test_an_engine_ends_when_who_started_it_is_killed(victim: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(autoglm_backend.__file__).parents[1])}
    program = OWNER if victim == "owner" else OWNER.replace("s.SIG_IGN", "s.SIG_DFL")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as owner:
        try:
            assert owner.stdout is not None
            owner.stdout.readline()
            _, guard, engine = family(owner.pid)
            os.kill(owner.pid if victim == "owner" else guard, signal.SIGKILL)
            assert gone([guard, engine], within_s=60)
        finally:
            owner.kill()


def test_an_environment_is_known_by_its_metadata(fake_environment: Environment, tmp_path: Path) -> None:
    assert (fake_environment.version, fake_environment.device) == ("0.32.0", "cpu")
    assert look_at(tmp_path / "nothing") is None


def test_a_named_environment_without_vllm_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autoglm_backend.engines.environment import find_environment

    monkeypatch.setenv("AUTOGLM_VLLM", str(tmp_path))
    with pytest.raises(BackendError, match="there is no Python environment with vLLM"):
        find_environment()


def test_the_launch_hides_the_engine_behind_a_socket_of_its_own(fake_environment: Environment, tmp_path: Path) -> None:
    launch = launch_of(fake_environment, tmp_path, "", "--port", "8000", "--host=0.0.0.0", "--max-model-len", "4096")
    assert "--port" not in launch.command and "--host=0.0.0.0" not in launch.command
    assert launch.socket_file is not None and launch.socket_file.parent.stat().st_mode & 0o077 == 0
    assert json.loads(launch.command[-1])["disable_any_whitespace"]
