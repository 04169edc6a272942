from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from autoglm.errors import ModelUnavailable
from autoglm.local_server import local_server

# What autoglm-backend does at its ends, without a model between them.
WELL = """
import json, os, sys
print("loading 100 %", file=sys.stderr, flush=True)
print(json.dumps({"url": "http://127.0.0.1:1", "model": sys.argv[3], "pid": os.getpid()}), flush=True)
sys.stdin.read()
print("bye", file=sys.stderr)
"""


def command(tmp_path: Path, program: str) -> tuple[str, ...]:
    script = tmp_path / "server.py"
    script.write_text(program)
    return (sys.executable, str(script))


async def test_it_is_started_with_what_it_needs_and_stopped_with_the_block(tmp_path: Path) -> None:
    said: list[str] = []
    async with local_server("embedded", progress=said.append, command=command(tmp_path, WELL)) as server:
        ready = await server.ready()
        assert (ready.url, ready.model) == ("http://127.0.0.1:1", "embedded")
    assert "".join(said).splitlines() == ["loading 100 %", "bye"]


async def test_one_that_gives_up_is_quoted(tmp_path: Path) -> None:
    program = "import sys; print('no such model: /nowhere', file=sys.stderr); sys.exit(2)"
    with pytest.raises(ModelUnavailable, match=r"ended \(exit 2\) before it was ready: no such model: /nowhere"):
        async with local_server(command=command(tmp_path, program)) as server:
            await server.ready()


async def test_what_was_shown_already_is_not_quoted_again(tmp_path: Path) -> None:
    program = "import sys; print('no such model', file=sys.stderr); sys.exit(2)"
    with pytest.raises(ModelUnavailable, match="before it was ready: its own message is above"):
        async with local_server(progress=len, command=command(tmp_path, program)) as server:
            await server.ready()


async def test_one_that_never_gets_ready_is_given_up_and_stopped(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"not ready after 0\.1 s"):
        async with local_server(command=command(tmp_path, "import sys; sys.stdin.read()")) as server:
            await server.ready(within_s=0.1)


async def test_one_that_speaks_another_language_is_recognized(tmp_path: Path) -> None:
    program = "import sys; print('Uvicorn running', flush=True); sys.stdin.read()"
    with pytest.raises(ModelUnavailable, match=r"said b'Uvicorn running\\n' in place of its address"):
        async with local_server(command=command(tmp_path, program)) as server:
            await server.ready()


async def test_one_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    program = WELL.replace("sys.stdin.read()", "import time; time.sleep(600)").replace(
        "import json", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); import json"
    )
    began = time.monotonic()
    async with local_server(command=command(tmp_path, program)) as server:
        await server.ready()
    assert time.monotonic() - began < 30


async def test_it_is_stopped_when_the_run_is_cancelled(tmp_path: Path) -> None:
    file, ready = tmp_path / "pid", asyncio.Event()
    program = f"import os; open({str(file)!r}, 'w').write(str(os.getpid()))\n{WELL}"

    async def run() -> None:
        async with local_server(command=command(tmp_path, program)) as server:
            await server.ready()
            ready.set()
            await asyncio.sleep(600)

    running = asyncio.create_task(run())
    await ready.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)
