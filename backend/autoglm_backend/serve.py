"""One model on one port until told to stop. Knows processes, sockets and signals; nothing of tokens."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from autoglm_backend.checkpoint import Checkpoint, Stages, find, inspect
from autoglm_backend.errors import BackendError

DEFAULT_CTX = 8192
WAITING = 16


@dataclass(frozen=True)
class ServeOptions:
    model: str
    host: str = "127.0.0.1"
    port: int = 8000
    served_name: str | None = None
    ctx: int | None = None
    threads: int | None = None
    exit_with_parent: bool = False


def serve(options: ServeOptions, since: float) -> None:
    """Serves until a signal ends the process. `since` is when the command began, by time.perf_counter."""
    leave_when_asked(options.exit_with_parent)
    opened = open_port(options.host, options.port)  # first: a busy port is known before minutes of loading
    stages = Stages(sys.stderr.write)
    checkpoint = inspect(find(options.model))
    ctx = choose_ctx(options.ctx, checkpoint)
    name = options.served_name or checkpoint.path.resolve().name
    stages.done("checkpoint", f"{checkpoint.path}  {'int8' if checkpoint.int8 else 'to be quantized'}")

    # OpenMP reads this once, when torch is imported. Without it an idle thread spins and takes the browser's core:
    # 300 prompt + 40 reply tokens beside a busy core took 342-387 ms, and 281-287 so (facts/cpu_serving.md, section 4).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import uvicorn

    from autoglm_backend.app import Served, create_app
    from autoglm_backend.engine import Engine, Threads
    from autoglm_backend.loading import load
    from autoglm_backend.metrics import Metrics
    from autoglm_backend.worker import Worker

    stages.done("imports", "torch, transformers")
    threads = Threads.choose(options.threads, checkpoint.linear_bytes)
    engine = Engine(load(checkpoint, ctx), threads)
    stages.done("weights", f"int8  {threads.prefill} threads prefill, {threads.decode} decode")
    engine.probe()
    stages.done("first token", "")

    metrics = Metrics()
    worker = Worker(engine, metrics, WAITING)
    local = options.host in ("127.0.0.1", "localhost", "::1")
    app = create_app(worker, metrics, Served(name, ctx, int(time.time())), local=local)
    url = f"http://{options.host}:{opened.getsockname()[1]}/v1"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            parameters = f"{checkpoint.config.parameters / 1e6:.1f}M parameters"
            seconds = time.perf_counter() - since
            sys.stderr.write(f"ready  {url}  model {name}  int8  {parameters}  {seconds:.1f} s\n")
            print(json.dumps({"url": url, "model": name, "pid": os.getpid()}), flush=True)

        def capture_signals(self) -> Any:
            from contextlib import nullcontext

            return nullcontext()  # leave_when_asked has them

    Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")).run([opened])


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


def leave_when_asked(exit_with_parent: bool) -> None:
    """Ends the process on SIGTERM (0), SIGINT (130), and, if wanted, when stdin ends, as it does with its parent.

    At once, with os._exit: there is nothing to save, and an ordinary exit would wait for a forward pass to end.
    """

    def leave(code: int) -> None:
        sys.stderr.flush()
        os._exit(code)

    signal.signal(signal.SIGTERM, lambda *_: leave(0))
    signal.signal(signal.SIGINT, lambda *_: leave(130))
    if exit_with_parent:

        def watch() -> None:
            while os.read(0, 4096):
                pass
            leave(0)

        threading.Thread(target=watch, name="parent", daemon=True).start()
