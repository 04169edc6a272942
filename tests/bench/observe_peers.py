"""Who looks at the pages of observe.py besides us: Playwright, Playwright MCP, browser-use, BrowserGym.

Each runs the same Chromium in this same run. Those that are no part of our environment have one of their own in a
folder that `build` fills; BrowserGym pins a Playwright of 2024.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from autoglm.browser.playwright_pipe import PageCdp, PlaywrightPipe

PACKAGES = {"browser-use": "browser-use==0.13.14", "BrowserGym": "browsergym-core==0.14.3"}
MCP = "@playwright/mcp@0.0.83"
SCRIPTS = {"browser-use": "observe_browser_use.py", "BrowserGym": "observe_browsergym.py"}
MOST_LINE = 256 * 2**20
"""Bytes of one answer over a pipe."""
ANSWER_S = 180.0


@dataclass(frozen=True, slots=True)
class Look:
    text: str
    seconds: float
    text_s: float
    """For the text form, where that is a step of its own."""
    bytes: int
    """Of what was answered: the observation where there is one, else the text."""


class Watcher(Protocol):
    name: str
    ref: re.Pattern[str]
    """What an actionable line has."""
    nested: bool
    """Whether the lines below an actionable one, further in, are its text."""

    async def open(self, url: str) -> None: ...
    async def look(self) -> Look: ...
    async def script(self, expression: str) -> str: ...
    async def close(self) -> None: ...


# ---------------------------------------------------------------- Playwright


class Snapshots:
    """`page.aria_snapshot(mode="ai")` in a tab beside ours."""

    name = "Playwright aria_snapshot(ai)"
    ref = re.compile(r"\[ref=\w+\]")
    nested = False

    def __init__(self, tab: PageCdp) -> None:
        self._tab = tab

    async def open(self, url: str) -> None:
        await self._tab.page.goto(url)

    async def look(self) -> Look:
        began = time.perf_counter()
        text = await self._tab.page.aria_snapshot(mode="ai", timeout=1000 * ANSWER_S)
        return Look(text, time.perf_counter() - began, 0, len(text.encode()))

    async def script(self, expression: str) -> str:
        return str(await self._tab.page.evaluate(expression))

    async def close(self) -> None:
        await self._tab.close()


# ---------------------------------------------------------------- in processes of their own


async def _start(*command: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=subprocess.DEVNULL, limit=MOST_LINE
    )


async def _ask(process: Process, line: object) -> None:
    assert process.stdin
    process.stdin.write(json.dumps(line).encode() + b"\n")
    await process.stdin.drain()


async def _answer(process: Process, who: str) -> dict[str, Any]:
    assert process.stdout
    async with asyncio.timeout(ANSWER_S):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError(f"{who} ended with {await process.wait()}; build its environment anew with --build")
    return json.loads(line)


async def _end(process: Process) -> None:
    assert process.stdin
    process.stdin.close()
    try:
        async with asyncio.timeout(20):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Child:
    """A peer in an interpreter of its own, asked by lines of JSON."""

    def __init__(self, name: str, process: Process) -> None:
        self.name = name
        self.nested = name == "browser-use"
        self.ref = re.compile(r"\[\w*\d+\]")
        self._process = process

    async def open(self, url: str) -> None:
        await self._do(open=url)

    async def look(self) -> Look:
        done = await self._do(look=True)
        return Look(done["text"], done["seconds"], done["text_s"], len(done["text"].encode()))

    async def script(self, expression: str) -> str:
        return str((await self._do(script=expression))["value"])

    async def close(self) -> None:
        await _end(self._process)

    async def _do(self, **command: object) -> dict[str, Any]:
        await _ask(self._process, command)
        return await _answer(self._process, self.name)


class Mcp:
    """Playwright MCP over stdio. https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#stdio"""

    name = "Playwright MCP browser_snapshot"
    ref = re.compile(r"\[ref=\w+\]")
    nested = False

    def __init__(self, process: Process) -> None:
        self._process = process
        self._id = 0

    async def greet(self) -> None:
        client = {"name": "bench", "version": "0"}
        await self._request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
        await _ask(self._process, {"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def open(self, url: str) -> None:
        await self._tool("browser_navigate", url=url)

    async def look(self) -> Look:
        began = time.perf_counter()
        text = await self._tool("browser_snapshot")
        return Look(text, time.perf_counter() - began, 0, len(text.encode()))

    async def script(self, expression: str) -> str:
        return await self._tool("browser_evaluate", function=f"() => String({expression})")

    async def close(self) -> None:
        await _end(self._process)

    async def _tool(self, tool: str, **arguments: object) -> str:
        done = await self._request("tools/call", name=tool, arguments=arguments)
        text = "".join(part.get("text", "") for part in done["content"])
        if done.get("isError"):
            raise RuntimeError(f"{tool}: {text[:500]}")
        return text

    async def _request(self, method: str, **params: object) -> dict[str, Any]:
        self._id += 1
        await _ask(self._process, {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        while (answer := await _answer(self._process, self.name)).get("id") != self._id:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]


# ---------------------------------------------------------------- which there are


@asynccontextmanager
async def peers(pipe: PlaywrightPipe, folder: Path, browser: Path) -> AsyncGenerator[list[Watcher]]:
    """Those that are installed."""
    found: list[Watcher] = [Snapshots(await (await pipe.tabs()).open())]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as output:
        try:
            if (mcp := _mcp_at(folder)).exists():
                options = ("--headless", "--isolated", "--no-sandbox", "--viewport-size", "1280x720")
                command = (str(mcp), *options, "--executable-path", str(browser), "--output-dir", output)
                peer = Mcp(await _start(*command))
                found.append(peer)
                await peer.greet()
            for name, script in SCRIPTS.items():
                if (python := _python_at(folder, name)).exists():
                    path = Path(__file__).with_name(script)
                    found.append(Child(name, await _start(str(python), str(path), str(browser))))
            yield found
        finally:
            for each in found:
                await each.close()


def missing(folder: Path) -> list[str]:
    """The names of those that are not installed."""
    return [
        *([] if _mcp_at(folder).exists() else [Mcp.name]),
        *(name for name in SCRIPTS if not _python_at(folder, name).exists()),
    ]


def _python_at(folder: Path, name: str) -> Path:
    return folder / name / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _mcp_at(folder: Path) -> Path:
    return folder / "playwright-mcp" / "node_modules" / ".bin" / "playwright-mcp"


def build(folder: Path) -> None:
    """Makes the environments that are missing: two of Python and one of npm, about 700 MB."""
    for name, package in PACKAGES.items():
        python = _python_at(folder, name)
        if not python.exists():
            _command(sys.executable, "-m", "venv", str(folder / name))
            _command(str(python), "-m", "pip", "install", "-q", package)
    if not _mcp_at(folder).exists():
        root = folder / "playwright-mcp"
        root.mkdir(parents=True, exist_ok=True)
        _command("npm", "install", "--no-audit", "--no-fund", "--prefix", str(root), MCP)


def _command(*command: str) -> None:
    print("  " + " ".join(command), file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=sys.stderr, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
