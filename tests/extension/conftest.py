"""Our extension in a real Chromium, its real side panel, and the server behind it with a scripted model."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Playwright, async_playwright

from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import FLAGS
from autoglm.cli.serve import extension_path
from autoglm.listen import EXTENSION_ID, Keys, Listener, Session
from autoglm.models.openai import OpenAIModel
from autoglm.models.scripted import ScriptedModel
from autoglm.panel import Panel
from autoglm.protocol import Choices, Status
from autoglm.store import SqliteStore
from autoglm.types import Viewport
from tests.site.server import Site


@dataclass
class Served:
    """`autoglm serve` in this process; `script` is what its model says in the next run."""

    listener: Listener
    panel: Panel
    keys: Keys
    store: SqliteStore
    port: int
    script: list[Any] = field(default_factory=list[Any])
    joined: list[Session] = field(default_factory=list[Session])
    """Once for each time that an extension connected."""

    def session(self) -> Session:
        return next(iter(self.listener.sessions.values()))


@asynccontextmanager
async def serving(directory: Path, model: OpenAIModel | None = None) -> AsyncGenerator[Served]:
    """With a scripted model, or with a real one."""
    keys = Keys(directory / "keys.json")
    script: list[Any] = []
    with SqliteStore(directory / "data") as store:
        panel = Panel(
            store,
            model.heard_by if model else lambda _: ScriptedModel(list(script)),
            Status(model=model.name if model else "scripted", choices=Choices()),
            directory / "panel.json",
        )
        joined: list[Session] = []

        def join(session: Session) -> None:
            joined.append(session)
            panel.joined(session)

        listener = Listener(keys, panel.wish, join)
        async with listener.serving(0) as port:
            try:
                yield Served(listener, panel, keys, store, port, script, joined)
            finally:
                await panel.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


@dataclass
class Chrome:
    """A person's Chrome: a tab at work and the side panel beside it."""

    context: BrowserContext
    debug_port: int
    playwright: Playwright
    work: Page
    panel: Page

    async def start(self, task: str) -> None:
        await self.panel.fill("#task", task)
        await self.panel.click("#send")

    async def ended(self, timeout_s: float = 60) -> str:
        """The last run's state, once it is over."""
        last = self.panel.locator(".run").last.locator(".result")
        await last.wait_for(timeout=1000 * timeout_s)
        return await last.get_attribute("data-state") or ""

    async def steps(self) -> Sequence[str]:
        return await self.panel.locator(".run").last.locator(".step").all_inner_texts()


@asynccontextmanager
async def chrome_with_extension(
    directory: Path, url: str, *others: Path, viewport: Viewport | None = None, display: str = ""
) -> AsyncGenerator[Chrome]:
    """With ours, and with `others` beside it; its window on an X `display`, or none."""
    folders, port = ",".join(map(str, (extension_path(), *others))), free_port()
    size = viewport or Viewport(1000, 720)
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(directory),
            executable_path=str(find_browser().path),
            headless=not display,
            no_viewport=bool(display),
            viewport={"width": size.width, "height": size.height},
            env={**os.environ, "DISPLAY": display},
            args=[
                *FLAGS,
                "--no-sandbox",
                *(("--test-type",) if display else ()),  # no bar about the sandbox, for bars wait in line
                f"--window-size={size.width},{size.height}",
                f"--disable-extensions-except={folders}",
                f"--load-extension={folders}",
                f"--remote-debugging-port={port}",
            ],
        )
        try:
            with suppress(TimeoutError):  # one that a profile knows already may sleep until our icon is clicked
                async with asyncio.timeout(10):
                    while len(context.service_workers) <= len(others):
                        await asyncio.sleep(0.05)
            work = context.pages[0]
            leave_dialogs(context)
            await work.goto(url)
            panel = await open_panel(playwright, port, url)
            yield Chrome(context, port, playwright, work, panel)
        finally:
            await context.close()


def leave_dialogs(context: BrowserContext) -> None:
    """To whoever drives the tabs: each connection of Playwright's answers those that nobody there listens to."""
    context.on("dialog", lambda _: None)


async def open_panel(playwright: Playwright, port: int, url: str) -> Page:
    """Clicks our icon for the tab at `url`, as a person would, until the panel opens: a worker that has only just
    started has not yet told Chrome what a click means."""
    for _ in range(20):
        browser = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        session: Any = await browser.new_browser_cdp_session()  # its own types are bare dicts
        found = await session.send("Target.getTargets", {"filter": [{"type": "tab"}]})
        tab = next(target for target in found["targetInfos"] if target["url"] == url)
        await session.send("Extensions.triggerAction", {"id": EXTENSION_ID, "targetId": tab["targetId"]})
        await browser.close()
        for _ in range(10):
            # A connection made before the panel opened does not see it.
            browser = await playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            for context in browser.contexts:
                leave_dialogs(context)
                for page in context.pages:
                    if page.url.startswith(f"chrome-extension://{EXTENSION_ID}/panel.html"):
                        return page
            await browser.close()
            await asyncio.sleep(0.1)
    raise AssertionError("the side panel did not open")


async def pair(chrome: Chrome, served: Served) -> None:
    """What a person does once: the port, when it is not the usual one, and the code."""
    panel = chrome.panel
    await panel.click("#show-settings")
    await panel.fill("#port", str(served.port))
    await panel.click("#options button")
    await panel.click("#show-talk")
    await panel.locator("#pairing").wait_for()
    await panel.fill("#code", served.keys.offer())
    await panel.click("#pair button")
    await panel.locator("#connection[data-state=connected]").wait_for()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def paired(served: Served, site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chrome]:
    async with chrome_with_extension(tmp_path_factory.mktemp("profile"), f"{site.url}/contact.html") as chrome:
        await pair(chrome, served)
        yield chrome


@pytest_asyncio.fixture(loop_scope="session")
async def chrome(paired: Chrome, site: Site) -> Chrome:
    """A new conversation, beside the contact form."""
    site.submitted.clear()
    await paired.panel.click("#show-talk")
    if await paired.panel.locator("#stop").is_visible():  # of a test that failed
        await paired.panel.click("#stop")
        await paired.ended()
    await paired.work.goto(f"{site.url}/contact.html")
    if await paired.panel.locator("#new-talk").is_visible():
        await paired.panel.click("#new-talk")
    return paired


def free_port() -> int:
    """One below those that the system gives to who asks for any, so that nobody is given it before it is used."""
    while True:
        port = secrets.choice(range(10_000, 30_000))
        with socket.socket() as taken, suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port
