"""What the benchmarks share: a site, a browser, a model server, a store that forgets, and a run of the real loop."""

from __future__ import annotations

import functools
import http.server
import math
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from autoglm.agent import run
from autoglm.browser.driver import CdpBrowser
from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import launch
from autoglm.dialects import dialect_of
from autoglm.human import Nobody
from autoglm.local_server import local_server
from autoglm.models.openai import OpenAIModel
from autoglm.policy import BasicPolicy
from autoglm.seams import Cdp, Model
from autoglm.types import Action, Limits, Run, Step


class Forget:
    """A store that keeps nothing."""

    def start(self, run: Run) -> None: ...
    def intend(self, run: Run, index: int, action: Action) -> None: ...
    def append(self, run: Run, step: Step) -> None: ...
    def end(self, run: Run) -> None: ...


@contextmanager
def site(folder: Path) -> Generator[str]:
    """The folder at an address of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@asynccontextmanager
async def model_at(base_url: str | None, model: str = "embedded") -> AsyncGenerator[Model]:
    """The model server at the address, or one of our own for as long as it is needed."""
    if base_url:
        async with OpenAIModel(base_url) as found:
            yield found
        return
    async with local_server(model) as server:
        ready = await server.ready()
        async with OpenAIModel(ready.url, model=ready.model) as started:
            yield started


@asynccontextmanager
async def browser_tab() -> AsyncGenerator[tuple[CdpBrowser, Cdp]]:
    async with launch(find_browser(), headless=True) as pipe:
        tabs = await pipe.tabs()
        tab = await tabs.open()
        browser = CdpBrowser(tabs, tab)
        yield browser, tab
        await browser.close()


async def evaluate(tab: Cdp, expression: str) -> Any:
    """The value of a JavaScript expression in the page's own world."""
    result = await tab.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
    if "exceptionDetails" in result:
        raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "the page threw"))
    return result["result"].get("value")


async def steps_of(task: str, browser: CdpBrowser, model: Model, limits: Limits) -> AsyncIterator[Step]:
    """The real loop, with nobody to ask."""
    stream = run(
        Run("bench", task, model.name),
        browser,
        model,
        dialect=dialect_of(model.name),
        policy=BasicPolicy(),
        human=Nobody(),
        store=Forget(),
        limits=limits,
    )
    async with aclosing(stream) as steps:
        async for step in steps:
            yield step


def wilson(right: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    z, p = 1.96, right / count
    middle = p + z * z / (2 * count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)


def seeds(text: str) -> range:
    """`A:B` as the seeds from A to B - 1."""
    first, _, last = text.partition(":")
    return range(int(first), int(last))
