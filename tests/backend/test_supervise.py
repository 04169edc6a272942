"""How many requests run, under simulated load and heat; and an engine that dies, behind a port that stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import autoglm_backend
import httpx
import pytest
from autoglm_backend.engines import vllm
from autoglm_backend.engines.environment import Environment
from autoglm_backend.engines.front import create_front
from autoglm_backend.errors import BackendError
from autoglm_backend.prefetch import Prefetch
from autoglm_backend.supervise import Admission, Backoff, Gate, Signals, Supervisor, pressure, read_metrics

from tests.backend.fake_nvml import GIB, Card, FakeNvml
from tests.backend.fake_vllm import METRICS

CALM = Signals(cache_use=0.3)


@pytest.mark.parametrize(
    ("seen", "what"),
    [
        (CALM, "low"),
        (replace(CALM, waiting=3), "steady"),
        (replace(CALM, cache_use=0.85), "steady"),
        (replace(CALM, cache_use=0.96), "high"),
        (replace(CALM, preemptions=1), "high"),
        (replace(CALM, ram_free=0.02), "high"),
        (replace(CALM, hot=("sw_power_cap",)), "low"),
        (replace(CALM, hot=("hw_thermal_slowdown",)), "high"),
    ],
)
def test_pressure_is_what_the_engine_and_the_machine_say(seen: Signals, what: str) -> None:
    assert pressure(seen, CALM) == what


def simulate(per_request: float, demand: int, looks: int, most: int = 64) -> list[int]:
    """The limits over time of a cache in which each running request takes its share; too many are preempted."""
    admission, before, preemptions = Admission(most, most), Signals(), 0
    limits: list[int] = []
    for _ in range(looks):
        running = min(admission.limit, demand)
        preemptions += max(0, running - int(1 / per_request))
        seen = Signals(min(1.0, running * per_request), running, 0, preemptions)
        admission = admission.after(pressure(seen, before), running)
        before = seen
        limits.append(admission.limit)
    return limits


@pytest.mark.parametrize("per_request", [0.01, 0.033, 0.09, 0.13, 0.3, 0.6])
def test_admission_finds_what_the_cache_holds_and_stays_there(per_request: float) -> None:
    limits = simulate(per_request, demand=1000, looks=140)
    fits = min(64, int(0.95 / per_request - 1e-9))
    assert 1 <= limits[-1] <= max(fits, 1)
    assert limits[-1] >= fits * 0.6, "half of the cache is left unused"
    assert len(set(limits[70:])) == 1, f"it swings: {limits}"


def test_an_idle_server_does_not_raise_what_it_never_tried() -> None:
    assert Admission(4, 16).after("low", running=1).limit == 4
    assert Admission(4, 16).after("low", running=4).limit == 5


def test_heat_lowers_and_cooling_raises_again() -> None:
    admission = Admission(8, 8)
    for _ in range(20):
        admission = admission.after("high", admission.limit)
    assert admission.limit <= 3
    for _ in range(400):
        admission = admission.after("low", admission.limit)
    assert admission.limit == 8


def test_an_engine_that_dies_again_and_again_waits_longer_and_is_given_up() -> None:
    backoff, waits = Backoff(), []
    for at in range(5):
        backoff = backoff.after_death(float(at))
        waits.append(backoff.seconds)
    assert waits == [1, 2, 4, 8, 16] and not backoff.spent
    assert backoff.after_death(6.0).spent
    assert backoff.after_death(1000.0).failures == 1


def test_metrics_of_all_engines_are_one() -> None:
    second = METRICS.replace('engine="0"', 'engine="1"').replace("0.25", "0.75")
    assert read_metrics(METRICS) == Signals(0.25, 3, 2, 4)
    assert read_metrics(METRICS + second) == Signals(0.75, 6, 4, 8)
    assert read_metrics("") == Signals()


async def test_a_gate_lets_its_limit_through_and_refuses_when_the_line_is_full() -> None:
    gate = Gate(limit=1, line=1)
    assert await gate.enter()
    waiting = asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    assert not await gate.enter()
    await gate.leave()
    assert await waiting and gate.running == 1
    await gate.set(2)
    assert await gate.enter()


Serving = tuple[Supervisor, httpx.AsyncClient]


@pytest.fixture
async def serving(fake_environment: Environment, tmp_path: Path) -> AsyncIterator[Serving]:
    """A front over a fake vLLM that is watched ten times a second."""
    launch = vllm.launch(fake_environment, tmp_path, "glm", ["--max-model-len", "4096"], {})
    said: list[str] = []
    hot = FakeNvml(Card("NVIDIA GeForce RTX 3090", 24 * GIB, (8, 6), uuid="GPU-1"))
    supervisor = Supervisor(launch, said.append, 4, nvml=hot, tick_s=0.1)
    await supervisor.start()
    transport = httpx.ASGITransport(create_front(supervisor, dropped=frozenset({"seed"})))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=30) as client:
        yield supervisor, client
    supervisor.stop()


def chat(content: str, **more: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": content}], **more}


async def test_the_front_passes_requests_and_answers_on(serving: Serving) -> None:
    _, client = serving
    answer = (await client.post("/v1/chat/completions", json=chat("hi", seed=7, top_p=0.5))).json()
    assert answer["choices"][0]["message"]["content"] == "word"
    assert answer["got"] == chat("hi", top_p=0.5), "a seed would kill the CPU build"
    streamed = await client.post("/v1/chat/completions", json=chat("hi", stream=True))
    assert streamed.text.endswith("data: [DONE]\n\n")
    assert (await client.get("/v1/models")).json()["data"][0]["max_model_len"] == 4096
    assert "kv_cache_usage_perc" in (await client.get("/metrics")).text


async def test_a_context_that_is_too_long_is_refused_in_the_engines_words(serving: Serving) -> None:
    _, client = serving
    answer = await client.post("/v1/chat/completions", json=chat("long"))
    assert answer.status_code == 400 and "maximum context length" in answer.json()["error"]["message"]


async def test_web_pages_are_kept_out(serving: Serving) -> None:
    _, client = serving
    answer = await client.post("/v1/chat/completions", json=chat("hi"), headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


async def test_more_than_the_line_holds_are_told_to_come_back(serving: Serving) -> None:
    supervisor, client = serving
    supervisor.gate = Gate(limit=1, line=1)
    answers = await asyncio.gather(*(client.post("/v1/chat/completions", json=chat("slow")) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503]
    assert supervisor.gate.running == supervisor.gate.waiting == 0


async def test_a_killed_engine_is_started_again_behind_the_same_port(serving: Serving) -> None:
    supervisor, client = serving
    watching = asyncio.create_task(supervisor.watch())
    assert supervisor.launch.socket_file is not None
    slow = asyncio.create_task(client.post("/v1/chat/completions", json=chat("slow")))
    await asyncio.sleep(0.3)
    os.kill(int((supervisor.launch.socket_file.parent / "pid").read_text()), signal.SIGKILL)
    answer = await slow
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "engine_died")

    statuses: list[int] = []
    while supervisor.restarts == 0:
        statuses.append((await client.post("/v1/chat/completions", json=chat("hi"))).status_code)
        await asyncio.sleep(0.05)
    assert set(statuses) <= {200, 502, 503} and 503 in statuses
    assert (await client.post("/v1/chat/completions", json=chat("hi"))).status_code == 200
    watching.cancel()


async def test_an_engine_that_always_dies_ends_the_server(serving: Serving) -> None:
    supervisor, _ = serving
    supervisor._backoff = Backoff(failures=5, since=1e18)  # pyright: ignore[reportPrivateUsage]
    assert supervisor.booted is not None
    supervisor.booted.process.stop()
    with pytest.raises(BackendError, match="ended 6 times in a row"):
        await supervisor.watch()


def test_weights_are_read_ahead_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [tmp_path / "1", tmp_path / "2"]
    for file in files:
        file.write_bytes(os.urandom(5_000_000))
    prefetch = Prefetch(files, 1 << 40, worth=1).start()
    prefetch.wait()
    assert prefetch.read == 10_000_000 and "10.0M/10.0M" in capsys.readouterr().err
    assert not Prefetch(files, 1000, worth=1).wanted, "more than memory holds is not read ahead"
    assert not Prefetch(files, 1 << 40).wanted


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.slow
def test_serve_starts_the_engine_and_leaves_none_behind(fake_environment: Environment, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "AUTOGLM_VLLM": str(fake_environment.folder),
        "PYTHONPATH": str(Path(autoglm_backend.__file__).parents[1]),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "autoglm_backend", "serve", "--engine", "vllm", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        ready = json.loads(process.stdout.readline())
        url, pid = ready["url"], int(next(tmp_path.glob("autoglm-*/pid")).read_text())
        assert httpx.post(f"{url}/chat/completions", json=chat("hi"), timeout=30).status_code == 200
        process.terminate()
        assert process.wait(30) == 0
        assert "64,224 tokens of cache" in process.stderr.read()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not list(tmp_path.glob("autoglm-*"))
