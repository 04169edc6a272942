"""The command as a parent process sees it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import autoglm_backend
import httpx
import pytest
from autoglm_backend.cli import main

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts `autoglm-backend` with these arguments; whatever still runs is killed at the end."""
    started: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "PYTHONPATH": str(Path(autoglm_backend.__file__).parents[1]), "HF_HUB_OFFLINE": "1"}

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "autoglm_backend", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_serve_says_where_it_is_answers_and_leaves_with_its_parent(start: Start, int8_dir: Path) -> None:
    process = start("serve", "--model", str(int8_dir), "--port", "0", "--ctx", "256", "--exit-with-parent")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())

    assert (ready["model"], ready["pid"]) == (int8_dir.name, process.pid)
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}
    assert (
        httpx.post(ready["url"] + "/chat/completions", json=body, timeout=30).json()["usage"]["completion_tokens"] <= 2
    )

    out, err = process.communicate(timeout=60)  # closes stdin first
    assert (process.returncode, out) == (0, "")
    assert f"ready  {ready['url']}  model {int8_dir.name}  int8  0.1M parameters" in err


@pytest.mark.parametrize(("asked", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_server_also_while_it_generates(
    start: Start, glm4_dir: Path, asked: signal.Signals, code: int
) -> None:
    process = start("serve", "--model", str(glm4_dir), "--port", "0", "--served-name", "mine")
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    body = {"messages": [{"role": "user", "content": "hi"}], "stream": True, "structured_outputs": {"regex": "a*b*c*"}}
    with httpx.Client(timeout=30) as client, client.stream("POST", url + "/chat/completions", json=body) as response:
        next(response.iter_lines())
        process.send_signal(asked)
        assert process.wait(timeout=60) == code


def test_what_the_model_that_ships_does_not_need_is_not_imported_for_it() -> None:
    code = """
import sys
from autoglm_backend.cli import parser
from autoglm_backend.in_process import read_ahead, refuse_what_does_not_fit
from autoglm_backend.listening import ServeOptions
from autoglm_backend.serve import nothing_to_plan
from autoglm_backend.checkpoint import find, inspect
assert nothing_to_plan("embedded") and read_ahead(inspect(find("embedded"))) is None
refuse_what_does_not_fit(inspect(find("embedded")))
heavy = {"torch", "transformers", "httpx", "pynvml", "uvicorn", "autoglm_backend.probe", "autoglm_backend.planning"}
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(autoglm_backend.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_a_signal_ends_the_server_also_while_it_loads(start: Start, int8_dir: Path) -> None:
    process = start("serve", "--model", str(int8_dir), "--port", "0")
    assert process.stderr is not None
    process.stderr.readline()  # the first stage is told before torch is imported
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def test_what_cannot_be_served_is_said_in_one_line_with_exit_2(start: Start, tmp_path: Path, int8_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        cases = {
            ("serve", "--model", "/no/such", "--port", "0"): "there is no model folder /no/such",
            ("serve", "--model", str(tmp_path), "--port", "0"): "has no config.json",
            ("serve", "--model", "nobody/nothing", "--port", "0"): "cannot download nobody/nothing",
            (
                "serve",
                "--model",
                str(int8_dir),
                "--port",
                port,
            ): f"cannot listen on 127.0.0.1:{port}: Address already in use",
            ("serve", "--model", str(int8_dir), "--port", "0", "--ctx", "5000"): "made for at most 1024 tokens",
            ("plan", str(int8_dir), "--what-if", ""): "names no card",
            ("quantize", str(int8_dir), str(tmp_path / "out")): "is INT8 already",
        }
        for arguments, words in cases.items():
            process = start(*arguments)
            out, err = process.communicate(timeout=60)
            assert (process.returncode, out) == (2, ""), err
            assert err.startswith("autoglm-backend: ") and words in err, err
            assert len(err.splitlines()) == 1


def test_a_port_that_does_not_exist_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--port", "99999"])
    assert "99999 is not a port: 0 to 65535" in capsys.readouterr().err


def test_quantize_writes_a_folder_that_can_be_served(start: Start, glm_dir: Path, tmp_path: Path) -> None:
    process = start("quantize", str(glm_dir), str(tmp_path / "out"))
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out.strip()) == (0, str(tmp_path / "out"))
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        file.name for file in (tmp_path / "out").iterdir()
    }
