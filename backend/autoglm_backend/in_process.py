"""The int8 engine in this very process. Imports no more than it must: `autoglm` waits for it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from autoglm_backend.checkpoint import Checkpoint, Stages, find, inspect
from autoglm_backend.errors import BackendError
from autoglm_backend.listening import Ready, ServeOptions, choose_ctx, is_local, say_ready, tell

if TYPE_CHECKING:
    from autoglm_backend.cuda.placement import Placement
    from autoglm_backend.decoder import Decoder
    from autoglm_backend.prefetch import Prefetch
    from autoglm_backend.worker import Worker

WAITING = 64  # requests in line behind those that run
BIG = 1 << 30  # bytes of weights from which it is worth asking whether they fit


def serve_int8(options: ServeOptions, opened: socket.socket, since: float, why: str) -> None:
    """Until a signal ends the process. `why` is told to whoever started us. Raises BackendError."""
    stages = Stages(sys.stderr.write)
    checkpoint = inspect(find(options.model or "embedded"))
    ctx = choose_ctx(options.ctx, checkpoint)
    placed = on_cards(checkpoint, ctx)
    if placed is None:
        refuse_what_does_not_fit(checkpoint)
    name = options.served_name or checkpoint.path.resolve().name
    if not checkpoint.int8 and checkpoint.linear_bytes >= BIG:
        from autoglm_backend.quantized import quantized

        checkpoint = quantized(checkpoint, tell)
    prefetch = read_ahead(checkpoint)
    stages.done("checkpoint", f"{checkpoint.path}  {'int8' if checkpoint.int8 else 'to be quantized'}")

    import uvicorn

    from autoglm_backend.app import Served, create_app
    from autoglm_backend.engine import Engine as Int8Engine
    from autoglm_backend.language import read_language
    from autoglm_backend.metrics import Metrics
    from autoglm_backend.worker import Worker

    stages.done("imports")
    language = read_language(checkpoint.path)
    if placed is None:
        decoder, slots = fastest(checkpoint, ctx, options.threads)
        engine = Int8Engine(decoder, language, slots=slots)
    else:
        from autoglm_backend.cuda.load import load
        from autoglm_backend.cuda.placement import BESIDE, CHUNK

        decoder = load(checkpoint, ctx, placed)
        engine = Int8Engine(decoder, language, slots=placed.conversations, chunk=CHUNK, beside=BESIDE)
        why = f"{why}; the cards have room for it"
    if prefetch is not None:
        prefetch.stop()
    stages.done("weights", f"int8  {decoder.name}")
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


def fastest(checkpoint: Checkpoint, ctx: int, threads: int | None) -> tuple[Decoder, int]:
    """What computes this model in the least time here, and how many conversations there is memory for."""
    from autoglm_backend import decoder_openvino
    from autoglm_backend.pool import room_for
    from autoglm_backend.probe import ROOT, memory, usable_cores

    _, free = memory(ROOT)
    slots = room_for(free, decoder_openvino.conversation_bytes(checkpoint.config, ctx))
    try:
        return decoder_openvino.load(checkpoint, ctx, threads or usable_cores(ROOT), slots), slots
    except decoder_openvino.Unfit as error:
        tell(f"torch computes, which is slower: {error}")
    # OpenMP reads this once, when torch is imported. Without it an idle thread spins and takes the browser's core:
    # 300 prompt + 40 reply tokens beside a busy core took 342-387 ms, and 281-287 so (facts/cpu_serving.md, section 4).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from autoglm_backend.decoder_torch import Threads, load

    decoder = load(checkpoint, ctx, Threads.choose(threads, checkpoint.linear_bytes))
    _, free = memory(ROOT)
    return decoder, room_for(free, decoder.conversation_bytes)


def on_cards(checkpoint: Checkpoint, ctx: int) -> Placement | None:
    """Where the model goes on this machine's cards, which are then all that CUDA sees; None: it stays on the processor.

    A small model stays: it is as fast there, and the cards are left to others.
    """
    if checkpoint.linear_bytes < BIG:
        return None
    from autoglm_backend import models
    from autoglm_backend.cuda.placement import Needs, place, usable
    from autoglm_backend.probe import ROOT, find_nvml, installed, see_cards, torch_arches

    cards = usable(see_cards(find_nvml(), os.environ, ROOT).gpus)
    if not cards or not torch_arches(installed("torch")):
        return None
    if not installed("accelerate"):
        tell("the cards are left idle: Transformers loads onto cards with accelerate (pip install accelerate)")
        return None
    placed = place(Needs.of(models.read(str(checkpoint.path)), ctx), [gpu.available_bytes for gpu in cards])
    if placed is None:
        tell("the cards have no room for this model in INT8: it runs on the processor")
        return None
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(gpu.uuid or str(gpu.index) for gpu in cards[: len(placed.layers)])
    return placed


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

    keep_in_memory(worker.allow, free_ram, worker.most, tell)
