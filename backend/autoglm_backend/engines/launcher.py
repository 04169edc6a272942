"""An engine's start: until a real completion came back, or two repairs did not help. Knows HTTP and logs, not plans.

Whatever speaks OpenAI's form can be launched: vLLM on a socket file of its own, DeepSpeed and ms-swift on a port.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from autoglm_backend.engines.process import EngineProcess
from autoglm_backend.engines.vllm_log import Allocated, Failure, allocated, classify, repair
from autoglm_backend.errors import BackendError

REPAIRS = 2
POLL_S = 0.25
SILENCE_S = 900.0  # compiling and capturing graphs of a large model are silent for minutes
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Launch:
    """What is started and where it then listens."""

    program: tuple[str, ...]
    arguments: tuple[str, ...]  # those that a repair may change
    environment: Mapping[str, str]
    model: str  # its name in the API
    url: str
    socket_file: Path | None = None  # of the file that it listens on in place of a port
    least_ctx: int = 0  # a repair does not go below

    @property
    def command(self) -> list[str]:
        return [*self.program, *self.arguments]

    def client(self, timeout_s: float | None) -> httpx.Client:
        return httpx.Client(
            base_url=self.url,
            transport=httpx.HTTPTransport(uds=None if self.socket_file is None else str(self.socket_file)),
            timeout=timeout_s,
            trust_env=False,
        )

    def async_client(self, timeout_s: float | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            transport=httpx.AsyncHTTPTransport(uds=None if self.socket_file is None else str(self.socket_file)),
            timeout=timeout_s,
            trust_env=False,
        )


class EngineFailed(BackendError):
    """It did not get ready, and what could be tried was."""

    def __init__(self, failure: Failure, tried: Sequence[str]) -> None:
        after = f" (after {' and then '.join(tried)})" if tried else ""
        super().__init__(f"the engine did not start: {failure.said}{after}; {failure.next}")
        self.failure = failure
        self.tried = tuple(tried)


@dataclass
class Booted:
    """An engine that answered, and how it was started."""

    launch: Launch
    process: EngineProcess
    seconds: float
    allocated: Allocated = field(default_factory=Allocated)
    repairs: tuple[str, ...] = ()


def boot(
    launch: Launch,
    tell: Tell,
    heard: Callable[[str], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Booted:
    """The engine, ready. Each repair is told. Raises EngineFailed; nothing of the engine is left then."""
    began = time.perf_counter()
    tried: list[str] = []
    while True:
        try:
            process = start(launch, heard)
        except OSError as error:
            raise BackendError(f"cannot start {launch.program[0]}: {error.strerror}; is it installed?") from error
        try:
            failure = wait_until_ready(launch, process)
        except BaseException:
            process.stop()
            raise
        if failure is None:
            seconds = time.perf_counter() - began
            return Booted(launch, process, seconds, allocated(process.lines), tuple(tried))
        process.stop()
        change = repair(failure, launch.arguments, launch.least_ctx) if len(tried) < REPAIRS else None
        if change is None:
            raise EngineFailed(failure, tried)
        tried.append(change.words)
        tell(f"the engine did not start: {failure.said}\ntrying again ({len(tried)} of {REPAIRS}): {change.words}")
        sleep(change.wait_s)
        launch = replace(launch, arguments=change.arguments)


def start(launch: Launch, heard: Callable[[str], None] | None) -> EngineProcess:
    if launch.socket_file is not None:
        launch.socket_file.unlink(missing_ok=True)  # a killed engine leaves its own
    return EngineProcess(launch.command, launch.environment, heard)


def wait_until_ready(launch: Launch, process: EngineProcess) -> Failure | None:
    """None once it completed a text, why it ended if it did. One that listens and computes nothing is not ready."""
    heard, heard_at = 0, time.monotonic()
    with launch.client(timeout_s=5.0) as client:
        while (code := process.exit_code()) is None:
            if listens(launch, client):
                return None if completes(client, launch.model, process) else ended(process)
            if process.written != heard:
                heard, heard_at = process.written, time.monotonic()
            if time.monotonic() - heard_at > SILENCE_S:
                return Failure(
                    "unknown", f"it was silent for {SILENCE_S:g} s without getting ready", {}, "look at its log above"
                )
            time.sleep(POLL_S)
    return classify(list(process.lines), code)


def listens(launch: Launch, client: httpx.Client) -> bool:
    try:
        if (
            launch.socket_file is not None
        ):  # vLLM makes its socket minutes before it answers; httpx leaks each refused one
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(launch.socket_file))
        return client.get("/health").status_code == 200
    except (httpx.HTTPError, OSError):
        return False


def completes(client: httpx.Client, model: str, process: EngineProcess) -> bool:
    """Whether a token was really generated. The first one may compile kernels, hence no limit but its life."""
    body = {"model": model, "messages": [{"role": "user", "content": "1"}], "max_tokens": 1, "temperature": 0}
    while process.exit_code() is None:
        try:
            answer = client.post("/v1/chat/completions", json=body, timeout=SILENCE_S)
        except httpx.HTTPError:
            time.sleep(POLL_S)
            continue
        return answer.status_code == 200 and bool(answer.json().get("choices"))
    return False


def ended(process: EngineProcess) -> Failure:
    """Why no completion came."""
    code = process.exit_code()
    if code is None:
        said = "it listens, but a one-token completion failed"
        return Failure("unknown", said, {}, "its log above says why; `autoglm-backend doctor` may know more")
    return classify(list(process.lines), code)


def free_port() -> int:
    """A port that was free a moment ago, for an engine without socket files. Should another be faster, it says so."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return opened.getsockname()[1]
