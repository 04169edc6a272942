"""How many requests run, under simulated load and heat; and an engine that dies, behind a port that stays."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import autoglm_backend
import httpx
import pytest
import torch
from autoglm_backend.cards import look
from autoglm_backend.checkpoint import on_this_machine
from autoglm_backend.engine import Engine
from autoglm_backend.engines import vllm
from autoglm_backend.engines.environment import Environment
from autoglm_backend.engines.front import create_front
from autoglm_backend.errors import BackendError
from autoglm_backend.generation import Finished
from autoglm_backend.listening import ServeOptions
from autoglm_backend.metrics import Metrics
from autoglm_backend.planning import make
from autoglm_backend.prefetch import Prefetch
from autoglm_backend.program import chosen_program
from autoglm_backend.supervise import (
    Admission,
    Backoff,
    Gate,
    Signals,
    Supervisor,
    keep_in_memory,
    pressure,
    read_metrics,
)
from autoglm_backend.worker import Job, Probed, Report, Worker
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from tests.backend.fake_nvml import GIB, Card, FakeNvml
from tests.backend.fake_vllm import METRICS

Ask = Callable[..., tuple[str, Finished]]
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
    assert read_metrics(METRICS, Signals()) == Signals(0.25, 3, 2, 4)
    assert read_metrics(METRICS + second, Signals()) == Signals(0.75, 6, 4, 8)


def test_an_engine_too_busy_to_answer_has_not_preempted_anew() -> None:
    seen = read_metrics(METRICS, Signals())
    silent = read_metrics("", seen)
    assert pressure(read_metrics(METRICS, silent), silent) != "high"


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
    supervisor = Supervisor(launch, said.append, 4, tick_s=0.1)
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
    slow = asyncio.create_task(client.post("/v1/chat/completions", json=chat("for ever")))
    async with asyncio.timeout(60):
        while not (supervisor.launch.socket_file.parent / "begun").exists():
            await asyncio.sleep(0.02)
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


async def test_heat_and_preemptions_let_fewer_through_and_are_said(
    fake_environment: Environment, tmp_path: Path
) -> None:
    said: list[str] = []
    card = Card("NVIDIA GeForce RTX 3090", 24 * GIB, (8, 6), uuid="GPU-1")
    nvml = FakeNvml(card)
    launch = vllm.launch(fake_environment, tmp_path, "glm", [], {})
    supervisor = Supervisor(launch, said.append, 8, gpus=look(nvml, {}, True).gpus, nvml=nvml, tick_s=0.05)
    await supervisor.start()
    said.clear()
    watching = asyncio.create_task(supervisor.watch())
    gate = supervisor.gate
    try:
        async with asyncio.timeout(60), gate.changed:
            await gate.changed.wait_for(lambda: gate.limit == 5)  # the fake's four preemptions
            card.reasons = 0x40
            await gate.changed.wait_for(lambda: gate.limit == 3)
    finally:
        watching.cancel()
        supervisor.stop()
    assert said[0] == "requests at once: 5 in place of 8 (cache 25%, 4 preemptions)"
    assert said[1].endswith("3 in place of 5 (cache 25%, 4 preemptions, hw_thermal_slowdown)")


async def test_an_engine_that_does_not_come_back_at_once_is_tried_again(serving: Serving, tmp_path: Path) -> None:
    supervisor, client = serving
    (tmp_path / "state").touch()
    faulty = {"FAKE_VLLM": "strange", "FAKE_VLLM_STATE": str(tmp_path / "state")}
    supervisor.launch = replace(supervisor.launch, environment={**supervisor.launch.environment, **faulty})
    assert supervisor.booted is not None
    supervisor.booted.process.stop()
    watching = asyncio.create_task(supervisor.watch())
    async with asyncio.timeout(60):
        while (await client.get("/health")).status_code != 200:
            pass
    assert (tmp_path / "state").read_text() == "x"
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
    while prefetch.read < prefetch.total:
        time.sleep(0.01)
    prefetch.stop()
    assert "10.0M/10.0M" in capsys.readouterr().err
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


def test_how_many_run_at_once_on_the_int8_engine_follows_memory(
    make_engine: Callable[..., Engine], int8_dir: Path
) -> None:
    worker = Worker(make_engine(int8_dir, slots=16), Metrics(), 16)
    free = iter([0.5] * 3 + [0.02] * 80 + [0.5] * 400)
    ended = threading.Event()
    allowed: list[int] = []

    def look() -> float:
        allowed.append(worker.at_once)
        share = next(free, None)
        if share is None:
            ended.set()
        return 0.5 if share is None else share

    keep_in_memory(worker.allow, look, 16, lambda _: None, tick_s=0.0, stopped=ended)
    assert allowed[:4] == [16, 16, 16, 16] and min(allowed) == 1
    assert allowed[-1] == 16, "more run again when memory is free again"
    assert sum(a != b for a, b in pairwise(allowed)) < 40


def test_conversations_are_dropped_when_memory_is_short(engine: Engine, ask: Ask) -> None:
    for content in ("one", "another and longer", "a third that shares nothing"):
        ask(engine, content, max_tokens=2)
    assert len(engine.pool.slots) > 1
    worker = Worker(engine, Metrics(), 16)
    worker.allow(1)
    reports: queue.Queue[Report] = queue.Queue()
    worker.submit(Job(None, reports.put))
    assert isinstance(reports.get(timeout=30), Probed) and len(engine.pool.slots) == 1


def run_serve(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a start that must fail says."""
    path = {"PYTHONPATH": str(Path(autoglm_backend.__file__).parents[1])}
    command = [sys.executable, "-m", "autoglm_backend", "serve", "--port", "0", *arguments]
    env = {**os.environ, **path, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)


@pytest.mark.slow
def test_what_a_program_cannot_serve_is_said_with_exit_2(
    fake_environment: Environment, int8_dir: Path, tmp_path: Path
) -> None:
    vllm_here = {"AUTOGLM_VLLM": str(fake_environment.folder), "TMPDIR": str(tmp_path)}
    cut = tmp_path / "cut"
    shutil.copytree(int8_dir, cut)
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    model = ("--model", str(int8_dir))
    cases: list[tuple[dict[str, str], tuple[str, ...], str]] = [
        (vllm_here, ("--engine", "vllm", "--model", str(cut)), "it was cut short or altered; download it again"),
        (vllm_here, ("--engine", "vllm", *model, "--ctx", "5000"), "made for at most 1024 tokens"),
        ({**vllm_here, "FAKE_VLLM": "disk"}, ("--engine", "vllm", *model), "No space left on device"),
        ({**vllm_here, "FAKE_VLLM": "killed"}, ("--engine", "vllm", *model), "killed from outside (signal 9)"),
        ({"AUTOGLM_SWIFT": "/no/swift"}, ("--engine", "swift", *model), "AUTOGLM_SWIFT=/no/swift is no program"),
        ({"XDG_DATA_HOME": str(tmp_path), "AUTOGLM_VLLM": ""}, ("--engine", "vllm"), "`autoglm-backend install vllm`"),
    ]
    for environment, arguments, words in cases:
        done = run_serve(environment, *arguments)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert words in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("autoglm-*"))


SWIFT = """
import json, sys
from http.server import ThreadingHTTPServer
sys.path.insert(0, {tests!r})
from fake_vllm import Answers
port = int(sys.argv[sys.argv.index("--port") + 1])
assert sys.argv[1] == "deploy" and "--served_model_name" in sys.argv, sys.argv
assert sys.argv[sys.argv.index("--template_backend") + 1] == "jinja", sys.argv
ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()
"""


@pytest.mark.slow
@pytest.mark.skipif("AUTOGLM_SWIFT" not in os.environ, reason="AUTOGLM_SWIFT: no ms-swift")
@pytest.mark.parametrize("family", ["glm_dir", "glm4_dir"])
def test_real_swift_says_what_transformers_would_say(family: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(family)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    prompt = [{"role": "user", "content": "hello"}]
    text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    assert isinstance(text, str)
    ids = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    wanted = model.generate(ids, max_new_tokens=12, do_sample=False)[0, ids.shape[1] :]

    command = [sys.executable, "-m", "autoglm_backend", "serve", "--engine", "swift", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(Path(autoglm_backend.__file__).parents[1])}
    with subprocess.Popen([*command, "--model", str(folder)], env=environment, stdout=subprocess.PIPE) as server:
        assert server.stdout
        ready = json.loads(server.stdout.readline())
        body = {"model": ready["model"], "temperature": 0, "max_tokens": 12}
        answer, refused = [
            httpx.post(f"{ready['url']}/chat/completions", json={**body, "messages": messages}, timeout=60)
            for messages in (prompt, [{"role": "user", "content": "hello " * 5000}])
        ]
        server.terminate()
        assert server.wait(60) == 0
    said = answer.json()["choices"][0]["message"]["content"]
    assert said == tokenizer.decode(wanted, skip_special_tokens=True)
    assert "max_length" in refused.json()["message"]


@pytest.mark.slow
def test_swift_is_launched_behind_the_same_api(int8_dir: Path, tmp_path: Path) -> None:
    script = tmp_path / "swift.py"
    script.write_text(SWIFT.format(tests=str(Path(__file__).parent)))
    program = tmp_path / "swift"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    program.chmod(0o755)
    path = str(Path(autoglm_backend.__file__).parents[1])
    environment = {**os.environ, "AUTOGLM_SWIFT": str(program), "PYTHONPATH": path}
    arguments = ["serve", "--engine", "swift", "--model", str(int8_dir), "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "autoglm_backend", *arguments], env=environment, stdout=pipe
    ) as process:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"]
        body = chat("hi", structured_outputs={"regex": "a"})
        answer = httpx.post(f"{url}/chat/completions", json=body, timeout=30).json()
        assert answer["choices"] and "structured_outputs" not in answer["got"]
        process.terminate()
        assert process.wait(30) == 0


def test_the_plan_is_carried_out(
    fake_environment: Environment, glm4_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGLM_VLLM", str(fake_environment.folder))
    options = ServeOptions(str(glm4_dir))
    found = make(options.model, "1x RTX 3090")
    program = chosen_program(options, *found)
    assert program is not None
    words = " ".join(program.launch.command)
    assert "--max-model-len 1024" in words and "--dtype bfloat16" in words and "--uds" in words
    assert [gpu.name for gpu in program.gpus] and program.at_once >= 1 and program.shards
    assert program.launch.environment["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


def test_a_model_that_is_too_large_is_refused_and_none_is_put_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ServeOptions("zai-org/GLM-4.5-Air")
    with pytest.raises(BackendError, match="does not run on this machine"):
        chosen_program(options, *make(options.model, "1x RTX 3060"))


def test_what_nobody_named_is_not_downloaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    options = ServeOptions()
    assert chosen_program(options, *make(options.model, "1x RTX 3090")) is None
    said = capsys.readouterr().err
    assert "serve --model zai-org/GLM-4-9B-0414` downloads it" in said and "plan  embedded" in said


def test_a_model_in_the_cache_is_here_once_all_its_shards_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / "models--some--glm" / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (tmp_path / "models--some--glm" / "refs").mkdir()
    (tmp_path / "models--some--glm" / "refs" / "main").write_text("0123")
    assert not on_this_machine("some/glm")
    (snapshot / "config.json").write_text("{}")
    assert not on_this_machine("some/glm")
    (snapshot / "model.safetensors").write_bytes(b"")
    assert on_this_machine("some/glm") and on_this_machine("embedded") and on_this_machine(str(tmp_path))


def test_without_a_model_and_a_card_the_one_that_ships_is_served() -> None:
    assert chosen_program(ServeOptions(), *make(None, "no GPU")) is None
