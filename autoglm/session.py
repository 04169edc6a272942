"""A task, carried out: opens what a run needs, records it, closes everything. The command line and Python start here.

result = await autoglm.run("Read the invoice", url="https://example.org/7", schema=Invoice)
result.data                     # an Invoice
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autoglm import agent
from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import launch
from autoglm.dialects import EMBEDDED, dialect_of
from autoglm.human import Nobody
from autoglm.local_server import LocalServer, local_server
from autoglm.models.openai import OpenAIModel
from autoglm.policy import BasicPolicy
from autoglm.schema import Schema
from autoglm.seams import Browser, Human, Model, Policy
from autoglm.store import SqliteStore, new_id
from autoglm.types import Goto, Limits, Run, RunOutcome, Step


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    id: str
    """`autoglm show ID` tells it again."""
    outcome: RunOutcome
    answer: str | None
    data: Any
    """Of the type that was asked for; None when there are none."""
    steps: tuple[Step, ...]


async def run(
    task: str,
    *,
    url: str | None = None,
    schema: Mapping[str, Any] | type[Any] | None = None,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    headed: bool = False,
    limits: Limits | None = None,
) -> Result:
    """How the task went, once it is over; recorded like any run.

    `schema` is what pydantic can describe (a model, `list[Invoice]`) or a JSON schema: the run then returns data of it.
    Nobody is there to be asked: a question ends the run as `needs_human`. Raises AutoGLMError when the browser or the
    model server fails, SchemaInvalid before anything starts.
    """
    wanted = Wanted(task, url, Schema(schema) if schema else None, model, base_url, api_key, headed, limits or Limits())
    with SqliteStore() as store:
        async with start(wanted, store) as going, aclosing(going.steps()) as steps:
            taken = [step async for step in steps]
    ended = going.run
    data = wanted.schema.load(ended.data) if wanted.schema and ended.data else None
    return Result(ended.id, ended.outcome or "stopped", ended.answer, data, tuple(taken))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done, and with what; `model` and `base_url` None: the model that ships."""

    task: str
    url: str | None = None
    schema: Schema | None = None
    model: str | None = None
    base_url: str | None = None
    api_key: str | None = None
    headed: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(slots=True)
class Going:
    """A run for which all is open. `run` is as its last step left it."""

    run: Run
    browser: Browser
    model: Model
    store: SqliteStore
    human: Human = field(default_factory=Nobody)
    policy: Policy = field(default_factory=BasicPolicy)
    schema: Schema | None = None
    limits: Limits = field(default_factory=Limits)

    async def steps(self) -> AsyncGenerator[Step]:
        """One after another, recorded; what ends them is on disk, also when they are stopped. Raises AutoGLMError."""
        self.store.start(self.run)
        steps = agent.run(
            self.run,
            self.browser,
            self.model,
            dialect=dialect_of(self.run.model, self.schema),
            policy=self.policy,
            human=self.human,
            store=self.store,
            limits=self.limits,
        )
        self.run = replace(self.run, outcome="failed")
        try:
            async with aclosing(steps):
                async for step in steps:
                    self.run = agent.conclude(self.run, step)
                    yield step
        except (asyncio.CancelledError, GeneratorExit):
            self.run = replace(self.run, outcome="stopped")
            raise
        finally:
            self.store.end(self.run)


@asynccontextmanager
async def start(
    wanted: Wanted,
    store: SqliteStore,
    *,
    human: Human | None = None,
    screenshots: bool = False,
    progress: Callable[[str], object] | None = None,
) -> AsyncGenerator[Going]:
    """Browser and model for one run, closed with the block. What a starting server says goes to `progress`."""
    async with AsyncExitStack() as opened:
        # The server loads its model while the browser starts and the first page loads.
        server = None if wanted.base_url else await opened.enter_async_context(start_server(wanted.model, progress))
        run_id = new_id()
        files = store.downloads(run_id)
        browser = await opened.enter_async_context(
            open_browser(headed=wanted.headed, screenshots=screenshots, downloads=files)
        )
        if wanted.url:
            await browser.act(Goto(wanted.url))
        reached = await connect(server, wanted.base_url, wanted.model, wanted.api_key)
        model = await opened.enter_async_context(reached)
        schema = wanted.schema.text if wanted.schema else None
        begun = Run(run_id, wanted.task, await model.find_name(), started=time.time(), schema=schema)
        yield Going(begun, browser, model, store, human=human or Nobody(), schema=wanted.schema, limits=wanted.limits)


def start_server(
    model: str | None, progress: Callable[[str], object] | None
) -> AbstractAsyncContextManager[LocalServer]:
    """Of our own, for this model or the one that ships."""
    return local_server(model or EMBEDDED, progress=progress)


async def connect(
    server: LocalServer | None, base_url: str | None, model: str | None, api_key: str | None
) -> OpenAIModel:
    """The model of our own server once it is ready, or of the one at the address."""
    if server:
        ready = await server.ready()
        return OpenAIModel(ready.url, ready.model)
    assert base_url
    return OpenAIModel(base_url, model, api_key)


@asynccontextmanager
async def open_browser(
    *, headed: bool = False, screenshots: bool = False, downloads: Path | None = None
) -> AsyncGenerator[CdpBrowser]:
    """A fresh browser, which is closed with the block; without a folder for `downloads` it takes no files."""
    async with launch(headless=not headed) as pipe:
        tabs = await pipe.tabs(downloads=downloads)
        browser = CdpBrowser(tabs, await tabs.open(), screenshots=screenshots)
        try:
            yield browser
        finally:
            await browser.close()
