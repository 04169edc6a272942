"""`serve` with an engine that is a program: started while the weights are read, watched, and behind our own port."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from autoglm_backend.checkpoint import find, find_shards, inspect, on_this_machine, read_header
from autoglm_backend.engines import deepspeed, swift, vllm
from autoglm_backend.engines.environment import Environment, find_environment
from autoglm_backend.engines.front import create_front
from autoglm_backend.engines.launcher import Booted, Launch
from autoglm_backend.engines.vllm_log import option
from autoglm_backend.errors import BackendError, CheckpointError
from autoglm_backend.in_process import serve_int8
from autoglm_backend.listening import Leaving, Ready, ServeOptions, choose_ctx, is_local, say_ready, tell
from autoglm_backend.prefetch import Prefetch
from autoglm_backend.probe import ROOT, free_ram, memory
from autoglm_backend.supervise import Supervisor

if TYPE_CHECKING:
    from autoglm_backend.machine import Gpu, Machine
    from autoglm_backend.plan import Candidate, Plan

LEAST_CTX = 8192  # tokens under which no agent's page and history fit: a repair does not go below


@dataclass(frozen=True)
class Program:
    """What to run and what to expect of it."""

    title: str  # "vLLM 0.32.0, cpu build"
    launch: Launch
    at_once: int
    shards: tuple[Path, ...]
    gpus: tuple[Gpu, ...] = ()
    dropped: frozenset[str] = frozenset()
    precision: str = ""
    why: str = ""  # the plan's reason


def carry_out(options: ServeOptions, opened: socket.socket, leaving: Leaving, since: float) -> None:
    """Serves what was asked for, or what the plan says, until a signal ends the process. Raises BackendError."""
    match options.engine:
        case "swift":
            program = swift_program(options)
        case "deepspeed":
            program = deepspeed_program(options)
        case "vllm":
            program = vllm_program(options)
        case _:
            program = planned(options)
    if program is None:
        why = "the plan for this machine chose it: see `autoglm-backend plan`"
        serve_int8(replace(options, model=options.model or "embedded"), opened, since, why)
        return
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
            what = f"{program.title}{told(booted)}"
            say_ready(options, opened, Ready(program.launch.model, what, program.precision, program.why), since)

        def capture_signals(self) -> Any:
            return nullcontext()  # Leaving has them

    server = Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none"))
    serving = asyncio.create_task(server.serve([opened]))
    watching = asyncio.create_task(supervisor.watch())
    await asyncio.wait((serving, watching), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    await watching


def planned(options: ServeOptions) -> Program | None:
    """What the plan chose; None: the int8 engine. Raises BackendError when the named model does not run here."""
    return chosen_program(options, *make_plan(options))


def chosen_program(options: ServeOptions, machine: Machine, found: Plan) -> Program | None:
    """Of this plan for this machine."""
    chosen = found.chosen
    if chosen.rung == "embedded" and options.model not in (None, "embedded"):
        best = found.candidates[0]
        ways = "".join(f"{way.what}; or " for way in best.ways_out)
        raise BackendError(
            f"{options.model} does not run on this machine: {best.binding}; {ways}"
            f"see every way that was looked at with `autoglm-backend plan {options.model}`"
        )
    if options.model is None and chosen.engine == "vllm" and not on_this_machine(chosen.command[2]):
        chosen = the_best_that_is_here(found)
    tell(f"plan  {chosen.model}: {chosen.title}; limited by {chosen.binding}")
    return of_candidate(options, machine, chosen) if chosen.engine == "vllm" else None


def the_best_that_is_here(found: Plan) -> Candidate:
    """Gigabytes are downloaded for a model that was named, never for one that the plan thought of."""
    best = found.chosen
    tell(
        f"plan  {best.model} would run here ({best.title}) and is not on this machine: "
        f"`autoglm-backend serve --model {best.command[2]}` downloads it and serves it"
    )
    able = (way for way in found.candidates if way.chosen_at(found.wanted.slowest))
    return next(
        way for way in able if way.rung == "embedded" or (way.engine == "vllm" and on_this_machine(way.command[2]))
    )


def vllm_program(options: ServeOptions) -> Program:
    """vLLM, asked for by name: the first of the plan's ways to run it that fits. Raises BackendError."""
    need_environment()
    machine, found = make_plan(options)
    ways = [candidate for candidate in found.candidates if candidate.engine == "vllm"]
    able = [way for way in ways if way.legal and way.fits and way.needs is None]
    if not able:
        why = ways[0].binding if ways else "there is no card that it runs on"
        raise BackendError(f"vLLM cannot run {found.model.name} here: {why}; `autoglm-backend plan` has what can")
    return of_candidate(options, machine, able[0])


def make_plan(options: ServeOptions) -> tuple[Machine, Plan]:
    """The machine and its plan. Raises CheckpointError for a context that no machine could give this model."""
    from autoglm_backend.planning import make

    machine, found = make("embedded" if options.engine and not options.model else options.model, None, options.ctx)
    limit = found.model.max_ctx
    if options.ctx is not None and options.ctx > limit:
        raise CheckpointError(f"--ctx {options.ctx}: this model was made for at most {limit} tokens; ask for fewer")
    return machine, found


def of_candidate(options: ServeOptions, machine: Machine, chosen: Candidate) -> Program:
    """vLLM as the plan says."""
    environment = need_environment()
    model = find(chosen.command[2])  # of `vllm serve MODEL …`: a folder, or an id that is downloaded now
    shards = whole_shards(model)
    ctx = int(option(chosen.arguments, "--max-model-len") or LEAST_CTX)
    name = options.served_name or model.resolve().name
    least_ctx = options.ctx or min(ctx, LEAST_CTX)
    launch = vllm.launch(environment, model.resolve(), name, chosen.arguments, chosen.environment, least_ctx)
    # A request's own seed kills the CPU build: "CPU Generator does not use offset" (facts/cpu_serving.md, section 1).
    dropped = frozenset({"seed"}) if environment.device == "cpu" else frozenset[str]()
    return Program(
        title=f"{chosen.title} ({environment.version})",
        launch=launch,
        at_once=int(option(chosen.arguments, "--max-num-seqs") or 1),
        shards=shards,
        gpus=tuple(gpu for gpu in machine.gpus if gpu.index in chosen.gpus),
        dropped=dropped,
        precision=chosen.setting.precision if chosen.setting else "",
        why=f"the plan's first way that fits here; limited by {chosen.binding}",
    )


def swift_program(options: ServeOptions) -> Program:
    """ms-swift, for those who have it. It works on one request at a time, and knows no `structured_outputs`."""
    model = find(options.model or "embedded")
    found = inspect(model)
    name = options.served_name or model.resolve().name
    launch = swift.launch(model.resolve(), found.config.architectures[0], name, choose_ctx(options.ctx, found))
    return Program(
        "ms-swift",
        launch,
        1,
        whole_shards(model),
        dropped=frozenset({"structured_outputs"}),
        why="--engine swift was asked for",
    )


def deepspeed_program(options: ServeOptions) -> Program:
    """DeepSpeed's ZeRO-Inference over all cards, for those who have it."""
    from autoglm_backend.probe import find_nvml, see_cards

    model = find(options.model or "embedded")
    checkpoint = inspect(model)
    if checkpoint.int8:
        raise BackendError(f"--engine deepspeed: {model} holds INT8 weights; name the model that they were made from")
    cards = see_cards(find_nvml(), os.environ, ROOT).gpus
    launch = deepspeed.launch(
        model.resolve(), options.served_name or model.resolve().name, choose_ctx(options.ctx, checkpoint), cards
    )
    tell(deepspeed.price(sum(shard.stat().st_size for shard in checkpoint.shards), cards))
    return Program("DeepSpeed ZeRO-Inference", launch, 1, whole_shards(model), cards)


def need_environment() -> Environment:
    environment = find_environment()
    if environment is None:
        raise BackendError("vLLM is not installed: run `autoglm-backend install vllm`, or use --engine int8")
    return environment


def whole_shards(model: Path) -> tuple[Path, ...]:
    """The weight files. Raises CheckpointError when one is cut short, before anything is started for it."""
    shards = find_shards(model)
    for shard in shards:
        read_header(shard)
    return shards


def clean_up(supervisor: Supervisor, launch: Launch) -> None:
    supervisor.stop()
    if launch.socket_file is not None:
        shutil.rmtree(launch.socket_file.parent, ignore_errors=True)


def told(booted: Booted) -> str:
    """What it allocated, in a few words."""
    found = booted.allocated
    cache = f"  {found.cache_tokens:,} tokens of cache" if found.cache_tokens else ""
    return cache + (f"  with {' and '.join(booted.repairs)}" if booted.repairs else "")


def nvml_for(gpus: Sequence[Gpu]) -> Any:
    if not gpus:
        return None
    from autoglm_backend.probe import find_nvml

    return find_nvml()
