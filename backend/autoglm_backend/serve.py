"""One model on one port until told to stop. Knows processes, sockets and signals; nothing of tokens.

The int8 engine runs in this very process; the others are programs (`program.py`).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from autoglm_backend.checkpoint import Checkpoint, Stages, find, inspect
from autoglm_backend.errors import BackendError

if TYPE_CHECKING:
    from autoglm_backend.prefetch import Prefetch
    from autoglm_backend.worker import Worker

Engine = Literal["int8", "vllm", "swift", "deepspeed"]
DEFAULT_CTX = 8192
WAITING = 64  # requests in line behind those that run
SLOTS = 16  # conversations that are remembered, and requests that run at once, where memory allows
CACHE_SHARE = 8  # of the free memory one in so many parts is for conversations
BIG = 1 << 30  # bytes of weights from which it is worth asking whether they fit


@dataclass(frozen=True)
class ServeOptions:
    model: str | None = None  # None: the best for this machine, the one that ships at the least
    host: str = "127.0.0.1"
    port: int = 8000
    served_name: str | None = None
    ctx: int | None = None
    threads: int | None = None
    exit_with_parent: bool = False
    engine: Engine | None = None  # None: what the plan says


def serve(options: ServeOptions, since: float) -> None:
    """Serves until a signal ends the process. `since` is when the command began, by time.perf_counter."""
    leaving = Leaving(options.exit_with_parent)
    opened = open_port(options.host, options.port)  # first: a busy port is known before minutes of loading
    if options.engine == "int8" or (options.engine is None and nothing_to_plan(options.model)):
        serve_int8(options, opened, since, why_int8(options))
    else:
        from autoglm_backend.program import carry_out

        carry_out(options, opened, leaving, since)


def nothing_to_plan(model: str | None) -> bool:
    """The model that ships runs as it is, and without a card there is one engine. Takes a few milliseconds."""
    if model == "embedded":
        return True
    from autoglm_backend.probe import ROOT, find_nvml, see_cards

    return not see_cards(find_nvml(), os.environ, ROOT).gpus


def why_int8(options: ServeOptions) -> str:
    if options.engine == "int8":
        return "--engine int8 was asked for"
    if options.model == "embedded":
        return "the model that ships is made for any processor; it needs no graphics card"
    return "there is no graphics card here, and on the processor this engine needs the least memory"


def serve_int8(options: ServeOptions, opened: socket.socket, since: float, why: str) -> None:
    """Transformers in this process. Imports no more than it must: `autoglm` waits for it."""
    stages = Stages(sys.stderr.write)
    checkpoint = inspect(find(options.model or "embedded"))
    refuse_what_does_not_fit(checkpoint)
    name = options.served_name or checkpoint.path.resolve().name
    if not checkpoint.int8 and checkpoint.linear_bytes >= BIG:
        from autoglm_backend.quantized import quantized

        checkpoint = quantized(checkpoint, lambda text: sys.stderr.write(f"  {text}\n"))
    prefetch = read_ahead(checkpoint)
    ctx = choose_ctx(options.ctx, checkpoint)
    stages.done("checkpoint", f"{checkpoint.path}  {'int8' if checkpoint.int8 else 'to be quantized'}")

    # OpenMP reads this once, when torch is imported. Without it an idle thread spins and takes the browser's core:
    # 300 prompt + 40 reply tokens beside a busy core took 342-387 ms, and 281-287 so (facts/cpu_serving.md, section 4).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import uvicorn

    from autoglm_backend.app import Served, create_app
    from autoglm_backend.engine import Engine as Int8Engine
    from autoglm_backend.engine import Threads
    from autoglm_backend.loading import load
    from autoglm_backend.metrics import Metrics
    from autoglm_backend.worker import Worker

    stages.done("imports", "torch, transformers")
    threads = Threads.choose(options.threads, checkpoint.linear_bytes)
    model = load(checkpoint, ctx)
    engine = Int8Engine(model, threads, slots=choose_slots(model.cache_shape.bytes))
    if prefetch is not None:
        prefetch.stop()
    stages.done("weights", f"int8  {threads.prefill} threads prefill, {threads.decode} decode")
    engine.probe()
    stages.done("first token", "")

    metrics = Metrics()
    worker = Worker(engine, metrics, WAITING)
    watching = threading.Timer(5.0, watch_memory, (worker,))  # so that the first reply does not wait for its imports
    watching.daemon = True
    watching.start()
    app = create_app(worker, metrics, Served(name, ctx, int(time.time())), local=is_local(options.host))

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            what = f"int8  {checkpoint.config.parameters / 1e6:.1f}M parameters"
            say_ready(options, opened, Ready(name, what, "INT8", why), since)

        def capture_signals(self) -> Any:
            from contextlib import nullcontext

            return nullcontext()  # Leaving has them

    Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")).run([opened])


def choose_slots(each: int) -> int:
    """How many conversations of so many bytes, full, may lie in memory."""
    from autoglm_backend.probe import ROOT, memory

    _, free = memory(ROOT)
    return max(1, min(SLOTS, free // CACHE_SHARE // each))


def read_ahead(checkpoint: Checkpoint) -> Prefetch | None:
    """Large weights on their way into memory while torch is imported; small ones are there before anyone could look."""
    if checkpoint.linear_bytes < BIG:
        return None
    from autoglm_backend.prefetch import Prefetch
    from autoglm_backend.probe import ROOT, memory

    return Prefetch(checkpoint.shards, memory(ROOT)[1]).start()


def refuse_what_does_not_fit(checkpoint: Checkpoint) -> None:
    """Raises BackendError when the weights alone would fill the memory: the system would kill somebody, likely us."""
    if checkpoint.linear_bytes < BIG:
        return
    from autoglm_backend.probe import ROOT, memory

    _, free = memory(ROOT)
    if checkpoint.linear_bytes > free:
        raise BackendError(
            f"{checkpoint.path} needs {checkpoint.linear_bytes / 1e9:.1f} GB for its INT8 weights and "
            f"{free / 1e9:.1f} GB of memory are free: close other programs, or take a smaller model"
        )


def watch_memory(worker: Worker) -> None:
    """Lets fewer requests run at once while memory is short."""
    from autoglm_backend.probe import free_ram
    from autoglm_backend.supervise import keep_in_memory

    keep_in_memory(worker.allow, free_ram, worker.most, lambda text: print(text, file=sys.stderr))


def is_local(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Ready:
    """What serves, for whoever started us."""

    model: str
    runs: str  # what runs it, in words
    precision: str = ""
    why: str = ""  # why so: the plan's reason


def say_ready(options: ServeOptions, opened: socket.socket, ready: Ready, since: float) -> None:
    """The line on stderr for people and the one on stdout for whoever started us."""
    url = f"http://{options.host}:{opened.getsockname()[1]}/v1"
    sys.stderr.write(f"ready  {url}  model {ready.model}  {ready.runs}  {time.perf_counter() - since:.1f} s\n")
    print(json.dumps({"url": url, **asdict(ready), "pid": os.getpid()}), flush=True)


def choose_ctx(asked: int | None, checkpoint: Checkpoint) -> int:
    """Tokens a conversation may hold."""
    limit = checkpoint.config.max_position_embeddings
    if asked is not None and asked > limit:
        raise BackendError(f"--ctx {asked}: this model was made for at most {limit} tokens; ask for {limit} or fewer")
    return asked or min(limit, DEFAULT_CTX)


def open_port(host: str, port: int) -> socket.socket:
    """A socket bound to the port; 0 takes a free one. Raises BackendError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise BackendError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "stop what holds the port, choose another with --port, or let --port 0 find a free one"
        ) from error
    return opened


class Leaving:
    """Ends the process on SIGTERM (0), SIGINT (130), and, if wanted, when stdin ends, as it does with its parent.

    At once, with os._exit: an ordinary exit would wait for a forward pass to end. `before` is what must be done first.
    """

    def __init__(self, exit_with_parent: bool) -> None:
        self.before: Callable[[], None] | None = None
        self._once = threading.Lock()
        signal.signal(signal.SIGTERM, lambda *_: self.leave(0))
        signal.signal(signal.SIGINT, lambda *_: self.leave(130))
        if exit_with_parent:
            threading.Thread(target=self._watch_parent, name="parent", daemon=True).start()

    def leave(self, code: int) -> None:
        if self._once.acquire(blocking=False):
            if self.before is not None:
                self.before()
            sys.stderr.flush()
            os._exit(code)

    def _watch_parent(self) -> None:
        while os.read(0, 4096):
            pass
        self.leave(0)
