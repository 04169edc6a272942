"""A model server of our own, for as long as a run needs it. Knows how to start and stop it, not what it serves."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from autoglm.dialects import EMBEDDED
from autoglm.errors import ModelUnavailable


class Ready(BaseModel):
    """The line on its stdout that says it may be asked."""

    url: str
    model: str
    runs: str = ""
    """What runs it, in words: `int8  35.9M parameters`."""
    precision: str = ""
    why: str = ""
    """Why so, in words, as the plan has it."""


@dataclass(slots=True)
class LocalServer:
    """A server that is starting; there is time to open a browser before `ready`."""

    _process: Process
    _listening: asyncio.Task[None]
    _tail: bytearray
    _was_shown: bool

    async def ready(self, within_s: float = 600.0) -> Ready:
        """Where it is and what it serves. Raises ModelUnavailable with its last words."""
        assert self._process.stdout
        try:
            async with asyncio.timeout(within_s):
                line = await self._process.stdout.readline()
                if not line:
                    code = await self._process.wait()
                    await self._listening
                    raise ModelUnavailable(f"the model server ended (exit {code}) before it was ready: {self._words()}")
        except TimeoutError:
            raise ModelUnavailable(
                f"the model server was not ready after {within_s:g} s; start it yourself with `autoglm-backend serve`, "
                "watch it, and pass --base-url"
            ) from None
        try:
            return Ready.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            raise ModelUnavailable(
                f"the model server said {line[:120]!r} in place of its address; "
                "is this autoglm-backend of another version?"
            ) from None

    def _words(self) -> str:
        if self._was_shown:
            return "its own message is above"
        lines = [part for part in self._tail.decode(errors="replace").replace("\r", "\n").splitlines() if part.strip()]
        return "\n".join(lines[-5:]) or "it said nothing"


@asynccontextmanager
async def local_server(
    model: str = EMBEDDED,
    *,
    progress: Callable[[str], object] | None = None,
    command: tuple[str, ...] = (sys.executable, "-m", "autoglm_backend"),
) -> AsyncGenerator[LocalServer]:
    """Started at once, gone when the block is left, and gone when this process dies: its stdin closes then.

    What it says while it loads goes to `progress`; without one it is quoted when the server fails.
    """
    process = await asyncio.create_subprocess_exec(
        *(*command, "serve", "--model", model, "--port", "0", "--exit-with-parent"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,  # Ctrl-C in the terminal is for us; we stop it when we are done
    )
    tail = bytearray()
    listening = asyncio.create_task(_listen(process, tail, progress))
    try:
        yield LocalServer(process, listening, tail, progress is not None)
    finally:
        await _stop(process)
        await listening


async def _listen(process: Process, tail: bytearray, progress: Callable[[str], object] | None) -> None:
    """Its progress bars draw themselves over, so what comes is passed on as it comes, not line by line."""
    assert process.stderr
    while chunk := await process.stderr.read(4096):
        tail += chunk
        del tail[:-4096]
        if progress:
            progress(chunk.decode(errors="replace"))


async def _stop(process: Process) -> None:
    """Ask by closing its stdin; then insist."""
    assert process.stdin
    process.stdin.close()
    for insist in (process.terminate, process.kill):
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 3)
            return
        with suppress(ProcessLookupError):
            insist()
    await process.wait()
