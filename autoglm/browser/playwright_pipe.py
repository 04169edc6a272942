"""Starts a Chromium with Playwright and gives a run its `Tabs`. Its two neighbours import Playwright, too."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Dialog,
    Error,
    Frame,
    Page,
    Playwright,
    async_playwright,
)
from playwright.async_api import Download as PlaywrightDownload

from autoglm.browser.find import FoundBrowser, find_browser
from autoglm.browser.names import reserve
from autoglm.browser.playwright_find import ENGINE, SAYS
from autoglm.errors import BrowserGone, CdpError
from autoglm.seams import Json
from autoglm.types import Download, Viewport

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # The address bar's pop-up is a page in a process of its own in each new profile, and nobody types there:
    # a profile with one page costs 0.43 s of CPU without it and 1.05 s with it (Chromium 156, 2026-11-21).
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)


@asynccontextmanager
async def launch(
    browser: FoundBrowser | None = None,
    *,
    headless: bool = True,
    profile_dir: Path | None = None,
    viewport: Viewport | None = None,
) -> AsyncGenerator[PlaywrightPipe]:
    """A running browser. Without `profile_dir` each run has a fresh profile of its own that is forgotten."""
    browser = browser or find_browser()
    async with async_playwright() as playwright:
        await playwright.selectors.register(SAYS, ENGINE, content_script=True)
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

    async def tabs(self, *, downloads: Path | None = None) -> PlaywrightTabs:
        """The tabs of a new run, which has a profile of its own unless the browser runs on a profile folder; then
        there is one run at a time. Files go to the folder `downloads`, or are refused. Raises BrowserGone."""
        match self._owner:
            case Browser():
                try:
                    context = await self._owner.new_context(
                        viewport={"width": self._viewport.width, "height": self._viewport.height}
                    )
                except Error as error:
                    raise _no_tab(error) from error
                return PlaywrightTabs(context, downloads, closes=context)
            case BrowserContext():
                return PlaywrightTabs(self._owner, downloads, closes=None)

    async def close(self) -> None:
        await _closed(self._owner.close())


class PlaywrightTabs:
    """`seams.Tabs` over a Playwright context."""

    def __init__(self, context: BrowserContext, folder: Path | None, *, closes: BrowserContext | None) -> None:
        self._context = context
        self._folder = folder
        self._closes = closes
        self._ours: list[Page] = []
        self._opening = asyncio.Lock()
        """Held while a page of our own opens, which is announced before it can be told from a pop-up."""
        self._popups: asyncio.Queue[Page | None] = asyncio.Queue()
        self._files: asyncio.Queue[tuple[str, Download | None] | None] = asyncio.Queue()
        self._saving: set[asyncio.Task[None]] = set()
        context.on("page", self._appeared)
        # Playwright answers dialogs itself unless somebody listens, and lets beforeunload pass; whoever holds the
        # pipe decides instead. https://playwright.dev/python/docs/dialogs
        context.on("dialog", self._dialog)
        context.on("close", lambda _: self._end())

    async def open(self) -> PageCdp:
        async with self._opening:
            try:
                page = await self._context.new_page()
                self._ours.append(page)
                return PageCdp(page, await self._context.new_cdp_session(page))
            except Error as error:
                raise _no_tab(error) from error

    async def popups(self) -> AsyncIterator[PageCdp]:
        while page := await self._popups.get():
            async with self._opening:
                if page in self._ours:
                    continue
                self._ours.append(page)
            try:
                yield PageCdp(page, await self._context.new_cdp_session(page))
            except Error:
                # It is closed again already, as one is that only led to a download.
                continue

    async def downloads(self) -> AsyncIterator[tuple[str, Download | None]]:
        while news := await self._files.get():
            yield news

    async def close(self) -> None:
        self._end()
        for saving in self._saving:
            saving.cancel()
        await asyncio.gather(*self._saving, return_exceptions=True)
        if self._closes:
            await _closed(self._closes.close())
        else:
            await asyncio.gather(*(_closed(page.close()) for page in self._ours))

    async def begin_trace(self) -> None:
        """Of what Playwright does from now on."""
        await self._context.tracing.start(screenshots=True, snapshots=True)

    async def end_trace(self, into: Path) -> None:
        """Raises BrowserGone."""
        try:
            await self._context.tracing.stop(path=into)
        except Error as error:
            raise BrowserGone(f"the trace was lost: {_first_line(error)}") from error

    def _appeared(self, page: Page) -> None:
        page.on("download", self._download)
        self._popups.put_nowait(page)

    async def _dialog(self, dialog: Dialog) -> None:
        # Nobody holds a pipe yet to a page that asks while it comes up, and it would wait for ever.
        if dialog.page not in self._ours:
            await dialog.dismiss()

    def _download(self, download: PlaywrightDownload) -> None:
        saving = asyncio.create_task(self._save(download))
        self._saving.add(saving)
        saving.add_done_callback(self._saving.discard)

    async def _save(self, download: PlaywrightDownload) -> None:
        name = download.suggested_filename
        self._files.put_nowait((name, None))
        self._files.put_nowait((name, await _saved(download, self._folder)))

    def _end(self) -> None:
        self._popups.put_nowait(None)
        self._files.put_nowait(None)


async def _saved(download: PlaywrightDownload, folder: Path | None) -> Download:
    name = download.suggested_filename
    try:
        if folder is None:
            await download.cancel()
            return Download(name, "", 0, "this run has no folder for downloads")
        if failed := await download.failure():
            return Download(name, "", 0, failed)
        path = reserve(folder, name)
        await download.save_as(path)
        return Download(name, str(path), path.stat().st_size)
    except (Error, OSError) as error:
        return Download(name, "", 0, str(error).splitlines()[0])


class PageCdp:
    """`seams.Cdp` over Playwright's CDP sessions: the page's, and one for each frame of another site, shown as flat.

    Playwright says which frames there are. Were the browser asked to attach them by itself, it would look for them
    anew while Playwright holds one at its start, take that from Playwright and leave it held forever (Chromium 156).
    """

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session: Any = session  # its own types are bare dicts
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._listeners: set[asyncio.Queue[tuple[str, Json, str] | None]] = set()
        self._inner: dict[str, Any] = {}
        """The sessions of other sites' frames, by the name they have here."""
        self._followed: set[Frame] = set()
        """Frames that have a session, or are asked whether they can have one."""
        self._names = itertools.count(1)
        self._aside: set[asyncio.Task[None]] = set()
        self._session.on("event", partial(self._heard, ""))
        self._session.on("close", self._closed)
        page.on("crash", self._crashed)
        page.on("close", self._closed)

    async def send(self, method: str, /, session: str = "", **params: Any) -> Json:
        if self._gone.done():
            raise self._lost(method)
        sending = asyncio.create_task(self._send(method, session, params))
        try:
            # A crashed page never answers.
            await asyncio.wait((sending, self._gone), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise self._lost(method)
            return sending.result()
        except Error as error:
            if self._gone.done() or self.page.is_closed() or (not session and error.name == "TargetClosedError"):
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
        await _closed(self.page.close())

    async def _send(self, method: str, session: str, params: Json) -> Json:
        if method == "Target.setAutoAttach":
            if not session:  # Playwright tells of frames of all depths
                self._follow_all()
            return {}
        if session and session not in self._inner:
            raise CdpError(method, f"no session {session}: its frame is gone")
        return await (self._inner[session] if session else self._session).send(method, params)

    # ------------------------------------------------------------ frames of other sites

    def _follow_all(self) -> None:
        """From now on every frame that gets a process of its own is attached."""
        self.page.on("framenavigated", self._follow)
        for frame in self.page.frames:
            self._follow(frame)

    def _follow(self, frame: Frame) -> None:
        if frame.parent_frame and frame not in self._followed and not self._gone.done():
            self._followed.add(frame)
            task = asyncio.create_task(self._attach(frame))
            self._aside.add(task)
            task.add_done_callback(self._aside.discard)

    async def _attach(self, frame: Frame) -> None:
        name = f"frame {next(self._names)}"
        try:
            session: Any = await self.page.context.new_cdp_session(frame)
            target = (await session.send("Target.getTargetInfo"))["targetInfo"]
        except Error:
            # It shares the process of the frame around it, or is gone.
            self._followed.discard(frame)
            return
        self._inner[name] = session
        session.on("event", partial(self._heard, name))
        session.on("close", partial(self._detach, name, frame))
        self._tell("Target.attachedToTarget", {"sessionId": name, "targetInfo": target}, "")

    def _detach(self, name: str, frame: Frame, _: object) -> None:
        del self._inner[name]
        self._followed.discard(frame)
        self._tell("Target.detachedFromTarget", {"sessionId": name}, "")
        if not frame.is_detached():
            self._follow(frame)

    # ------------------------------------------------------------ events

    def _heard(self, session: str, event: Json) -> None:
        self._tell(event["method"], event["params"] or {}, session)

    def _tell(self, method: str, params: Json, session: str) -> None:
        for queue in self._listeners:
            queue.put_nowait((method, params, session))
        if method == "Inspector.targetCrashed" and not session:
            self._end("the page's process crashed")

    def _crashed(self, _: object) -> None:
        if not self._gone.done():
            self._tell("Inspector.targetCrashed", {}, "")

    def _closed(self, _: object) -> None:
        self._end("the tab was closed")

    async def _drain(self, queue: asyncio.Queue[tuple[str, Json, str] | None]) -> AsyncIterator[tuple[str, Json, str]]:
        try:
            while event := await queue.get():
                yield event
        finally:
            self._listeners.discard(queue)

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


def _no_tab(error: Error) -> BrowserGone:
    return BrowserGone(f"no new tab: {_first_line(error)}; start the browser again")


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
