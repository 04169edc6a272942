"""Real vLLM (its CPU build) serves the model that ships: started, asked under a grammar, stopped; and the same agent
does the same over it as over the int8 engine.

Runs where an environment is: `autoglm-backend install vllm`, or AUTOGLM_VLLM=FOLDER; 3.5 GB, so `make test` makes none.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from autoglm_backend.engines.environment import find_environment

from tests.backend.test_launcher import family, gone
from tests.site.demo import TASK
from tests.site.server import Site, serve

pytestmark = [
    pytest.mark.timeout(1200),  # vLLM compiles when it starts
    pytest.mark.slow,
    pytest.mark.skipif(find_environment() is None, reason="no vLLM here: `autoglm-backend install vllm` makes one"),
]
START_S = 600
GRAMMAR = 'root ::= "do(action=\\"Click\\", ref=" [3-5] ")"'


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of `autoglm-backend serve --engine vllm`; nothing of it is left afterwards."""
    command = [sys.executable, "-m", "autoglm_backend", "serve", "--engine", "vllm", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        assert line, process.stderr.read()
        pids = family(process.pid)
        assert len(pids) >= 4, "the command, its guard, vLLM's server and its engine"
        yield json.loads(line)["url"]
        process.terminate()
        assert process.wait(60) == 0
        assert re.search(r"KV cache size: [\d,]+ tokens", process.stderr.read())
    assert gone(pids)


def test_a_grammar_binds_the_reply(url: str) -> None:
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": "Click something."}],
        "structured_outputs": {"grammar": GRAMMAR},
        "temperature": 0,
        "seed": 7,
    }
    answer = httpx.post(f"{url}/chat/completions", json=body, timeout=START_S).json()
    assert re.fullmatch(r'do\(action="Click", ref=[3-5]\)', answer["choices"][0]["message"]["content"])


def test_a_text_that_is_too_long_is_refused_and_the_server_goes_on(url: str) -> None:
    body = {"messages": [{"role": "user", "content": "word " * 20_000}], "max_tokens": 1}
    refused = httpx.post(f"{url}/chat/completions", json=body, timeout=START_S)
    assert refused.status_code == 400 and "context length" in refused.text
    assert httpx.get(f"{url.removesuffix('/v1')}/health", timeout=60).status_code == 200


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


def actions(folder: Path, url: str, *more: str) -> list[Any]:
    command = [sys.executable, "-m", "autoglm", "run", "--task", TASK, "--url", url, "--json", *more]
    environment = {**os.environ, "AUTOGLM_DATA": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_S, env=environment)
    assert done.returncode == 0, done.stderr
    *steps, _ = [json.loads(line) for line in done.stdout.splitlines()]
    return [step["action"] for step in steps]


def test_the_same_agent_does_the_same_over_both_engines(url: str, site: Site, tmp_path: Path) -> None:
    page = f"{site.url}/contact.html"
    over_vllm = actions(tmp_path / "vllm", page, "--base-url", url)
    assert over_vllm == actions(tmp_path / "int8", page)
    assert [action["kind"] for action in over_vllm][-2:] == ["Click", "Finish"]
    assert site.submitted[0] == site.submitted[1]
