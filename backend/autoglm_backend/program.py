"""`serve` with an engine that is a program: started while the weights are read, watched, and behind our own port."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from autoglm_backend.checkpoint import GlmConfig, find, find_shards, read_config, read_header
from autoglm_backend.engines import vllm
from autoglm_backend.engines.environment import Environment, find_environment
from autoglm_backend.engines.front import create_front
from autoglm_backend.engines.launcher import Booted, Launch
from autoglm_backend.errors import BackendError, CheckpointError
from autoglm_backend.prefetch import Prefetch
from autoglm_backend.probe import ROOT, memory
from autoglm_backend.serve import DEFAULT_CTX, Leaving, ServeOptions, is_local, say_ready
from autoglm_backend.supervise import Supervisor

if TYPE_CHECKING:
    from autoglm_backend.machine import Gpu

AT_ONCE = 8  # requests: a person's agent needs one, a fleet asks for more


@dataclass(frozen=True)
class Program:
    """What to run and what to expect of it."""

    title: str  # "vLLM 0.32.0, cpu build"
    launch: Launch
    at_once: int
    shards: tuple[Path, ...]
    gpus: tuple[Gpu, ...] = ()
    dropped: frozenset[str] = frozenset()


def serve_program(options: ServeOptions, opened: socket.socket, leaving: Leaving, since: float) -> None:
    """Serves until a signal ends the process, or the engine ends too often (BackendError)."""
    program = vllm_program(options)
    supervisor = Supervisor(
        program.launch, tell, program.at_once, gpus=program.gpus, nvml=nvml_for(program.gpus), free_ram=free_ram
    )
    leaving.before = lambda: clean_up(supervisor, program.launch)
    try:
        asyncio.run(run(options, program, supervisor, opened, since))
    finally:
        clean_up(supervisor, program.launch)


async def run(
    options: ServeOptions, program: Program, supervisor: Supervisor, opened: socket.socket, since: float
) -> None:
    """The engine, then the port, then both until one ends."""
    tell(f"starting {program.launch.model} in {program.title}")
    prefetch = Prefetch(program.shards, memory(ROOT)[1]).start()
    try:
        booted = await supervisor.start()
    finally:
        await asyncio.to_thread(prefetch.stop)
    app = create_front(supervisor, dropped=program.dropped, local=is_local(options.host))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say_ready(options, opened, program.launch.model, told(booted), since)

        def capture_signals(self) -> Any:
            return nullcontext()  # Leaving has them

    server = Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve([opened]))
    watching = asyncio.create_task(supervisor.watch())
    await asyncio.wait((serving, watching), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    await watching


def vllm_program(options: ServeOptions) -> Program:
    """vLLM for this model, as plainly as it can be started. Raises BackendError: no environment, broken weights."""
    environment = find_environment()
    if environment is None:
        raise BackendError("vLLM is not installed: run `autoglm-backend install vllm`, or use --engine int8")
    model = find(options.model)
    config = read_config(model / "config.json")
    shards = find_shards(model)
    for shard in shards:
        read_header(shard)
    limit = config.max_position_embeddings
    if options.ctx is not None and options.ctx > limit:
        raise CheckpointError(f"--ctx {options.ctx}: this model was made for at most {limit} tokens; ask for fewer")
    ctx = options.ctx or min(limit, DEFAULT_CTX)
    name = options.served_name or model.resolve().name
    arguments = plain_arguments(environment, config, ctx)
    launch = vllm.launch(environment, model.resolve(), name, arguments, {}, least_ctx=options.ctx or 0)
    # A request's own seed kills the CPU build: "CPU Generator does not use offset" (facts/cpu_serving.md, section 1).
    dropped = frozenset({"seed"}) if environment.device == "cpu" else frozenset[str]()
    title = f"vLLM {environment.version}, {environment.device} build"
    return Program(title, launch, AT_ONCE, shards, dropped=dropped)


def plain_arguments(environment: Environment, config: GlmConfig, ctx: int) -> Sequence[str]:
    """Room for AT_ONCE requests; on a CPU just that much, since vLLM would take 92 % of all memory."""
    common = ("--max-model-len", str(ctx), "--max-num-seqs", str(AT_ONCE))
    if environment.device == "cuda":
        return common
    per_token = 4 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim  # bytes, bf16
    room = per_token * (ctx * AT_ONCE + 32 * AT_ONCE)
    return (*common, "--kv-cache-memory-bytes", str(max(room, 128 << 20)), "--block-size", "32", "--enforce-eager")


def clean_up(supervisor: Supervisor, launch: Launch) -> None:
    supervisor.stop()
    if launch.socket_file is not None:
        shutil.rmtree(launch.socket_file.parent, ignore_errors=True)


def told(booted: Booted) -> str:
    """What it allocated, in a few words."""
    found = booted.allocated
    words = ["vllm"]
    if found.cache_tokens:
        words.append(f"{found.cache_tokens:,} tokens of cache")
    if booted.repairs:
        words.append(f"with {' and '.join(booted.repairs)}")
    return "  ".join(words)


def tell(text: str) -> None:
    for line in text.splitlines():
        sys.stderr.write(f"  {line}\n")


def free_ram() -> float:
    """The share of RAM that is free for us."""
    total, free = memory(ROOT)
    return free / total if total else 1.0


def nvml_for(gpus: Sequence[Gpu]) -> Any:
    if not gpus:
        return None
    from autoglm_backend.probe import find_nvml

    return find_nvml()
