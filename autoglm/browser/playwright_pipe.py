"""Starts a Chromium with Playwright and gives a `Cdp` for each tab. The only module that imports playwright."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Dialog, Error, Page, Playwright, async_playwright

from autoglm.browser.find import FoundBrowser, find_browser
from autoglm.errors import BrowserGone, CdpError
from autoglm.seams import Json
from autoglm.types import Viewport

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@asynccontextmanager
async def launch(
    browser: FoundBrowser | None = None,
    *,
    headless: bool = True,
    profile_dir: Path | None = None,
    viewport: Viewport | None = None,
) -> AsyncGenerator[PlaywrightPipe]:
    """A running browser. Without `profile_dir` each tab has a fresh profile of its own that is forgotten."""
    browser = browser or find_browser()
    async with async_playwright() as playwright:
        pipe = await _start(playwright, browser, headless, profile_dir, viewport or Viewport())
        try:
            yield pipe
        finally:
            await pipe.close()


class PlaywrightPipe:
    """One browser process."""

    def __init__(self, owner: Browser | BrowserContext, viewport: Viewport) -> None:
        self._owner = owner
        self._viewport = viewport

    async def tab(self) -> PageCdp:
        """A new tab; in a context of its own unless the browser runs on a profile folder. Raises BrowserGone."""
        try:
            match self._owner:
                case Browser():
                    context = await self._owner.new_context(
                        viewport={"width": self._viewport.width, "height": self._viewport.height}
                    )
                    page, closes = await context.new_page(), context
                case BrowserContext():
                    context = self._owner
                    page = closes = await context.new_page()
            session = await context.new_cdp_session(page)
        except Error as error:
            raise BrowserGone(f"no new tab: {_first_line(error)}; start the browser again") from error
        return PageCdp(page, session, closes)

    async def close(self) -> None:
        await _closed(self._owner.close())


class PageCdp:
    """`seams.Cdp` over a Playwright CDP session."""

    def __init__(self, page: Page, session: CDPSession, closes: Page | BrowserContext) -> None:
        self.page = page
        self._session: Any = session  # its own types are bare dicts
        self._closes = closes
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._listeners: set[asyncio.Queue[tuple[str, Json, str] | None]] = set()
        session.on("event", self._heard)
        session.on("close", lambda _: self._end("the tab was closed"))
        page.on("crash", lambda _: self._end("the page's process crashed"))
        page.on("close", lambda _: self._end("the tab was closed"))
        # Playwright answers dialogs itself unless somebody listens, and lets beforeunload pass; whoever holds the
        # pipe decides instead. https://playwright.dev/python/docs/dialogs
        page.on("dialog", _leave_to_cdp)

    async def send(self, method: str, /, session: str = "", **params: Any) -> Json:
        assert not session, "a tab of one target"
        if self._gone.done():
            raise self._lost(method)
        sending: asyncio.Task[Json] = asyncio.create_task(self._session.send(method, params))
        try:
            # A crashed page never answers.
            await asyncio.wait((sending, self._gone), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise self._lost(method)
            return sending.result()
        except Error as error:
            if error.name == "TargetClosedError" or self._gone.done() or self.page.is_closed():
                self._end("the tab or the browser was closed")
                raise self._lost(method) from error
            raise CdpError(method, _first_line(error)) from error
        finally:
            if not sending.done():
                sending.add_done_callback(_read)
                sending.cancel()

    def events(self) -> AsyncIterator[tuple[str, Json, str]]:
        """Listens from the call on, not from the first `async for`."""
        queue: asyncio.Queue[tuple[str, Json, str] | None] = asyncio.Queue()
        if self._gone.done():
            queue.put_nowait(None)
        self._listeners.add(queue)
        return self._drain(queue)

    async def close(self) -> None:
        self._end("it was closed")
        await _closed(self._closes.close())

    async def _drain(self, queue: asyncio.Queue[tuple[str, Json, str] | None]) -> AsyncIterator[tuple[str, Json, str]]:
        try:
            while event := await queue.get():
                yield event
        finally:
            self._listeners.discard(queue)

    def _heard(self, event: Json) -> None:
        if event["method"] == "Inspector.targetCrashed":
            self._end("the page's process crashed")
        for queue in self._listeners:
            queue.put_nowait((event["method"], event["params"] or {}, ""))

    def _end(self, why: str) -> None:
        if self._gone.done():
            return
        self._gone.set_result(why)
        for queue in self._listeners:
            queue.put_nowait(None)

    def _lost(self, method: str) -> BrowserGone:
        return BrowserGone(
            f"{method} was not answered: {self._gone.result()}; open a new tab or start the browser again"
        )


async def _start(
    playwright: Playwright, browser: FoundBrowser, headless: bool, profile_dir: Path | None, viewport: Viewport
) -> PlaywrightPipe:
    async def start(sandbox: bool) -> PlaywrightPipe:
        options: Any = {
            "executable_path": str(browser.path),
            "headless": headless,
            "args": [*FLAGS],
            "chromium_sandbox": sandbox,
        }
        if profile_dir is None:
            return PlaywrightPipe(await playwright.chromium.launch(**options), viewport)
        size: Any = {"width": viewport.width, "height": viewport.height}
        context = await playwright.chromium.launch_persistent_context(str(profile_dir), viewport=size, **options)
        return PlaywrightPipe(context, viewport)

    try:
        try:
            return await start(sandbox=not _is_root())
        except Error as error:
            # A container without user namespaces, or Ubuntu's AppArmor rule: there Chromium has no sandbox to use.
            if not re.search(r"no usable sandbox|no-sandbox", str(error), re.IGNORECASE):
                raise
            return await start(sandbox=False)
    except Error as error:
        raise BrowserGone(f"{browser.path} did not start: {error.message.strip()[:2000]}") from error


def _is_root() -> bool:
    """Chromium refuses its sandbox to root. https://crbug.com/638180"""
    return sys.platform == "linux" and os.geteuid() == 0


def _leave_to_cdp(_: Dialog) -> None:
    pass


def _read(sending: asyncio.Future[Any]) -> None:
    if not sending.cancelled():
        sending.exception()


async def _closed(closing: Awaitable[None]) -> None:
    try:
        await closing
    except Error as error:
        if error.name != "TargetClosedError" and "closed" not in error.message:
            raise


def _first_line(error: Error) -> str:
    """The browser's own words: `Protocol error (Page.navigate): Cannot navigate to invalid URL` without the prefix."""
    return re.sub(r"^.*Protocol error \([\w.]+\): ", "", error.message.strip().splitlines()[0])
