"""Where the time of an observation goes: Chrome's own profile of page.js, each command's wait, and Python's share.

    python -m tests.bench.observe_profile [--pages b c] [--rounds 5] [--most 25]

Per page, once for a first observation of a page that stands still, once after a change of three elements, once after
three new rows. Self time is a function's own, total what it called too; `(program)` is Chrome's layout, style and DOM.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import io
import json
import pstats
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import PageCdp, PlaywrightPipe, launch
from autoglm.seams import Json
from autoglm.types import Goto
from tests.bench.harness import evaluate
from tests.bench.observe_pages import BenchPage, served

SAMPLE_US = 100
STILL_S = 1.0

Change = str | None
CHANGES: dict[str, Change] = {"first": None, "three elements changed": "change(1)", "three rows added": "grow(1)"}


@dataclass
class Spent:
    """Seconds by function, of one observation."""

    self_s: Counter[str] = field(default_factory=Counter[str])
    total_s: Counter[str] = field(default_factory=Counter[str])
    commands: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds waited for each command, by its name."""
    bytes: int = 0
    wall_s: float = 0
    python: str = ""


class Metered:
    """A `Cdp` that notes what each command took and how much came back."""

    def __init__(self, cdp: PageCdp) -> None:
        self._cdp = cdp
        self.log: list[tuple[str, float, Json]] = []

    async def send(self, method: str, /, session: str = "", **params: Any) -> Json:
        began = time.perf_counter()
        result = await self._cdp.send(method, session, **params)
        self.log.append((_command(method, params), time.perf_counter() - began, result))
        return result

    def events(self) -> AsyncIterator[tuple[str, Json, str]]:
        return self._cdp.events()

    async def close(self) -> None:
        await self._cdp.close()


def _command(method: str, params: Json) -> str:
    """`Runtime.evaluate autoglm.look(` where page.js is called, else the method."""
    called = re.match(r"\w+\.\w+\(", str(params.get("expression", "")))
    return f"{method} {called[0]}…)" if called else method


async def profiled(pipe: PlaywrightPipe, page: BenchPage, change: Change) -> Spent:
    """One observation under Chrome's profiler and Python's."""
    tabs = await pipe.tabs()
    tab = await tabs.open()
    metered = Metered(tab)
    browser = CdpBrowser(tabs, metered)
    await browser.act(Goto(page.url))
    await asyncio.sleep(STILL_S)
    if change:
        await browser.observe()
        await evaluate(tab, change)
        await asyncio.sleep(STILL_S)
    spent = Spent()
    metered.log.clear()
    await tab.send("Profiler.enable")
    await tab.send("Profiler.setSamplingInterval", interval=SAMPLE_US)
    await tab.send("Profiler.start")
    profile = cProfile.Profile()
    began = time.perf_counter()
    profile.enable()
    await browser.observe()
    profile.disable()
    spent.wall_s = time.perf_counter() - began
    _read(await tab.send("Profiler.stop"), spent)
    for name, seconds, result in metered.log:
        spent.commands[name].append(seconds)
        spent.bytes += len(json.dumps(result))
    said = io.StringIO()
    pstats.Stats(profile, stream=said).sort_stats("tottime").print_stats(8)
    spent.python = said.getvalue()
    await browser.close()
    return spent


def _read(profile: Json, spent: Spent) -> None:
    """Adds up the samples. https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile"""
    nodes = {node["id"]: node for node in profile["profile"]["nodes"]}
    above = {child: node["id"] for node in nodes.values() for child in node.get("children", ())}
    for leaf, micros in zip(profile["profile"]["samples"], profile["profile"]["timeDeltas"], strict=True):
        seconds = max(micros, 0) / 1e6
        spent.self_s[_name(nodes[leaf])] += seconds
        stack: set[str] = set()
        at: int | None = leaf
        while at is not None:
            stack.add(_name(nodes[at]))
            at = above.get(at)
        for name in stack:
            spent.total_s[name] += seconds


def _name(node: Json) -> str:
    frame = node["callFrame"]
    name = frame["functionName"] or "(anonymous)"
    return name if name.startswith("(") and frame["lineNumber"] < 0 else f"{name}:{frame['lineNumber'] + 1}"


# ---------------------------------------------------------------- told


def told(page: BenchPage, what: str, rounds: list[Spent], most: int) -> str:
    """Medians over the rounds, as markdown."""

    def middle(seconds: Callable[[Spent], float]) -> float:
        return 1000 * median(seconds(each) for each in rounds)

    names = {name for each in rounds for name in each.self_s} - {"(idle)", "(root)"}
    rows = [(middle(lambda s, n=n: s.self_s[n]), middle(lambda s, n=n: s.total_s[n]), n) for n in names]
    last = rounds[-1]
    lines = [
        f"\n## {page.name} ({page.elements} elements), {what}: {middle(lambda s: s.wall_s):.1f} ms under the profilers",
        f"\n{last.bytes} bytes came back over the pipe. Commands of the last round, ms each:\n",
        *(f"- {name}: {', '.join(f'{1000 * s:.1f}' for s in seconds)}" for name, seconds in last.commands.items()),
        f"\nChrome was idle for {middle(lambda s: s.self_s['(idle)']):.1f} ms.\n",
        "| self ms | total ms | function:line of page.js |",
        "|---:|---:|---|",
        *(
            f"| {self_ms:.2f} | {total_ms:.2f} | {name} |"
            for self_ms, total_ms, name in sorted(rows, reverse=True)[:most]
        ),
        "\nThe same, by total:\n",
        *(f"- {total:.2f} {name}" for _, total, name in sorted(rows, key=lambda r: -r[1])[:most]),
        f"\nPython's own:\n\n```\n{_python(last.python)}\n```",
    ]
    return "\n".join(lines)


def _python(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return "\n".join(re.sub(r"(\S*/)(?=[\w.-]+/[\w.-]+:\d)", "", line).rstrip() for line in lines[3:])


async def measure(pages: dict[str, BenchPage], rounds: int, most: int) -> None:
    async with launch(find_browser(), headless=True) as pipe:
        for page in pages.values():
            for what, change in CHANGES.items():
                done = [await profiled(pipe, page, change) for _ in range(rounds)]
                print(told(page, what, done, most), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", nargs="+", default=["b", "c"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=int, default=25, help="functions shown")
    arguments = parser.parse_args()
    with served() as pages:
        chosen = {name: pages[name] for name in arguments.pages}
        asyncio.run(measure(chosen, arguments.rounds, arguments.most))


if __name__ == "__main__":
    main()
