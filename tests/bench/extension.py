"""What the way through the extension costs: an observation beside Playwright's pipe, and four runs at once.

    python -m tests.bench.extension [--rounds 7]

Pages of some 2,000 and 20,000 elements (tests/bench/observe_pages.py). `first`: a new CdpBrowser looks at a page that
stands still; `again`: the same one, nothing changed; `changed`: after a script has changed one text. Then four tabs are
looked at once each and then five times a second for ten seconds, each with a screenshot, and the time of every command
is measured at the server, from sending to its acknowledged result.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from playwright.async_api import Page

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.extension_pipe import ExtensionTabs
from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import launch
from autoglm.dialects.page import page_text
from autoglm.seams import Cdp, Tabs
from autoglm.types import Observation, Viewport
from tests.bench.observe import WHOLE
from tests.bench.observe_pages import TOKEN, BenchPage, served
from tests.extension.conftest import Served, chrome_with_extension, pair, serving

KINDS = ("first", "again", "changed", "round trip")
STILL_S = 0.6
RUNS = 4
LOOKS_A_SECOND = 5
SECONDS = 10
CHANGE = "document.querySelector('button').textContent += '.'"


@dataclass(frozen=True)
class Pipe:
    """One of the two, and what was measured through it, in seconds by kind of look."""

    open: Callable[[], Awaitable[tuple[Tabs, Cdp, Page]]]
    """The tab for a run."""
    took: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


async def look(pipe: Pipe, shown: BenchPage) -> None:
    """One round: a run that looks at a page. Raises AssertionError when not all of it was seen."""
    tabs, cdp, page = await pipe.open()
    await page.goto(shown.url)
    await asyncio.sleep(STILL_S)
    browser = CdpBrowser(tabs, cdp, answer_s=30)
    for kind in ("first", "again", "changed"):
        if kind == "changed":
            await page.evaluate(CHANGE)
            await asyncio.sleep(STILL_S)
        began = time.perf_counter()
        seen = await browser.observe()
        pipe.took[kind].append(time.perf_counter() - began)
        whole(seen, shown)
    began = time.perf_counter()
    await cdp.send("Runtime.evaluate", expression="0")
    pipe.took["round trip"].append(time.perf_counter() - began)
    await browser.close()


def whole(seen: Observation, shown: BenchPage) -> None:
    lost = shown.controls.keys() - set(TOKEN.findall(page_text(seen, WHOLE)))
    assert seen.url == shown.url and not lost, f"{len(lost)} of {len(shown.controls)} controls of {seen.url} not seen"


@asynccontextmanager
async def own_chrome(url: str) -> AsyncGenerator[tuple[Served, Page, Page]]:
    """The server, the panel and the tab beside it."""
    with tempfile.TemporaryDirectory() as folder:
        own = chrome_with_extension(Path(folder) / "profile", url, viewport=Viewport())
        async with serving(Path(folder)) as server, own as chrome:
            await pair(chrome, server)
            yield server, chrome.panel, chrome.work


async def tab_of(server: Served, panel: Page) -> ExtensionTabs:
    """The tab in front, for a run."""
    found = await panel.evaluate("chrome.tabs.query({active: true, currentWindow: true}).then(([tab]) => tab.id)")
    return ExtensionTabs(server.session().extension, f"run {found}", found)


async def compare(pages: Sequence[BenchPage], rounds: int) -> None:
    """The two by turns, so that both have the same noise."""
    say("| page | look | Playwright ms [best] | extension ms [best] | ratio [of the best] |\n|---|---|---|---|---|")
    async with launch(find_browser()) as pipe, own_chrome(pages[0].url) as (server, panel, work):

        async def in_playwright() -> tuple[Tabs, Cdp, Page]:
            tabs = await pipe.tabs()
            cdp = await tabs.open()
            return tabs, cdp, cdp.page

        async def in_own_chrome() -> tuple[Tabs, Cdp, Page]:
            tabs = await tab_of(server, panel)
            return tabs, await tabs.open(), work

        for page in pages:
            ours, theirs = Pipe(in_playwright), Pipe(in_own_chrome)
            for _ in range(rounds):
                await look(ours, page)
                await look(theirs, page)
            for kind in KINDS:
                plain, through = ours.took[kind], theirs.took[kind]
                ratio = f"{median(through) / median(plain):.2f} [{min(through) / min(plain):.2f}]"
                say(f"| {page.elements:,} | {kind} | {_ms(plain)} | {_ms(through)} | {ratio} |")


async def at_once(page: BenchPage) -> str:
    took: list[float] = []
    async with own_chrome(page.url) as (server, panel, work):
        browsers: list[CdpBrowser] = []
        for i in range(RUNS):
            tab = work if i == 0 else await work.context.new_page()
            await tab.goto(page.url)
            await tab.bring_to_front()
            tabs = await tab_of(server, panel)
            browsers.append(CdpBrowser(tabs, _Timed(await tabs.open(), took), screenshots=True, answer_s=30))
        for seen in await asyncio.gather(*(browser.observe() for browser in browsers)):
            whole(seen, page)
            assert seen.screenshot
        first, took[:] = [*took], []
        counted = await asyncio.gather(*(watch(browser) for browser in browsers))
        for browser in browsers:
            await browser.close()
    p95, begun = quantiles(took, n=20)[-1], quantiles(first, n=20)[-1]
    return (
        f"{RUNS} runs at once for {SECONDS} s, {LOOKS_A_SECOND} looks a second each wanted, {sum(counted)} made; "
        f"{len(took)} commands: median {1000 * median(took):.1f} ms, p95 {1000 * p95:.1f} ms; "
        f"their four first looks before it, all at once: {len(first)} commands, p95 {1000 * begun:.1f} ms"
    )


async def watch(browser: CdpBrowser) -> int:
    """How many looks were made."""
    end, made = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        began = time.monotonic()
        await browser.observe()
        made += 1
        await asyncio.sleep(max(0, 1 / LOOKS_A_SECOND - (time.monotonic() - began)))
    return made


class _Timed:
    """A pipe that notes how long each command took."""

    def __init__(self, cdp: Cdp, took: list[float]) -> None:
        self._cdp = cdp
        self._took = took
        self.events = cdp.events
        self.close = cdp.close

    async def send(self, method: str, /, session: str = "", **params: object) -> dict[str, object]:
        began = time.perf_counter()
        try:
            return await self._cdp.send(method, session, **params)
        finally:
            self._took.append(time.perf_counter() - began)


def say(line: str) -> None:
    print(line, flush=True)


def _ms(seconds: Sequence[float]) -> str:
    return f"{1000 * median(seconds):.1f} [{1000 * min(seconds):.1f}]"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with served() as pages:
        await compare([pages["b"], pages["c"]], rounds)
        say(await at_once(pages["b"]))


if __name__ == "__main__":
    asyncio.run(main())
