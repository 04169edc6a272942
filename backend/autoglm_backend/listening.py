"""The port, the line that says it is ready, and the signals that end it: what all ways to serve share."""

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
from typing import Literal

from autoglm_backend.checkpoint import Checkpoint
from autoglm_backend.errors import BackendError

Engine = Literal["int8", "vllm", "swift", "deepspeed"]
DEFAULT_CTX = 8192


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
    sys.stdout.write(json.dumps({"url": url, **asdict(ready), "pid": os.getpid()}) + "\n")
    sys.stdout.flush()


def tell(text: str) -> None:
    """A word to whoever watches stderr."""
    for line in text.splitlines():
        sys.stderr.write(f"  {line}\n")


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


def choose_ctx(asked: int | None, checkpoint: Checkpoint) -> int:
    """Tokens a conversation may hold."""
    limit = checkpoint.config.max_position_embeddings
    if asked is not None and asked > limit:
        raise BackendError(f"--ctx {asked}: this model was made for at most {limit} tokens; ask for {limit} or fewer")
    return asked or min(limit, DEFAULT_CTX)


def is_local(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")
