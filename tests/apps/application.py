"""An application from a registry, in its own environment under .cache/apps (`make apps`) and a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START_S = 60


def python_of(name: str) -> Path:
    """The application's Python. Skips the test where the application is not installed."""
    environment = ROOT / ".cache" / "apps" / name
    if not (environment / ".installed").exists():
        pytest.skip(f"{name} is not installed; run: make apps")
    return environment / "bin" / "python"


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, address: Callable[[str], str | None], **environment: str | Path
) -> Generator[str]:
    """Where it is served, once `address` finds that in what it says; ended with the block, and all that it started."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **{name: str(value) for name, value in environment.items()}},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _started(process, log, address)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _started(process: subprocess.Popen[bytes], log: Path, address: Callable[[str], str | None]) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        if found := address(log.read_text(errors="replace")):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{process.args} did not start within {START_S} s:\n{log.read_text(errors='replace')[-2000:]}")
