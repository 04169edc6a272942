"""Starts a Chromium with Playwright and gives a run its `Tabs`. Its two neighbours import Playwright, too."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Dialog, Error, Page, Playwright, async_playwright
from playwright.async_api import Download as PlaywrightDownload

from autoglm.browser.find import FoundBrowser, find_browser
from autoglm.browser.names import reserve
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
    """`seams.Cdp` over a Playwright CDP session.

    That session knows no sessions within it, so those of other sites' frames are attached in Chromium's older, nested
    form, in which the outer session carries each message of the inner one as text, and are shown as flat ones.
    """

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session: Any = session  # its own types are bare dicts
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._listeners: set[asyncio.Queue[tuple[str, Json, str] | None]] = set()
        self._outer: dict[str, str] = {}
        """By session the one that it is attached through; "" is the page's own."""
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[str, asyncio.Future[Json]]] = {}
        """By the id of what was sent to an inner session: that session, and its answer to come."""
        self._session.on("event", self._heard_own)
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
        await _closed(self.page.close())

    async def _send(self, method: str, session: str, params: Json) -> Json:
        if method == "Target.setAutoAttach":
            params = {**params, "flatten": False}
        if not session:
            return await self._session.send(method, params)
        if session not in self._outer:
            raise CdpError(method, f"no session {session}: its frame is gone")
        number = next(self._ids)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number] = session, answer
        try:
            message = json.dumps({"id": number, "method": method, "params": params})
            await self._send(
                "Target.sendMessageToTarget", self._outer[session], {"sessionId": session, "message": message}
            )
            answered = await answer
        finally:
            del self._waiting[number]
        if "error" in answered:
            raise CdpError(method, answered["error"]["message"])
        return answered["result"]

    def _crashed(self, _: object) -> None:
        if not self._gone.done():
            self._heard("Inspector.targetCrashed", {}, "")

    def _closed(self, _: object) -> None:
        self._end("the tab was closed")

    def _heard_own(self, event: Json) -> None:
        self._heard(event["method"], event["params"] or {}, "")

    def _heard(self, method: str, params: Json, session: str) -> None:
        match method:
            case "Target.receivedMessageFromTarget":
                self._unwrap(json.loads(params["message"]), params["sessionId"])
                return
            case "Target.attachedToTarget":
                self._outer[params["sessionId"]] = session
            case "Target.detachedFromTarget":
                self._detach(params["sessionId"])
            case _:
                pass
        for queue in self._listeners:
            queue.put_nowait((method, params, session))
        if method == "Inspector.targetCrashed" and not session:
            self._end("the page's process crashed")

    def _unwrap(self, message: Json, session: str) -> None:
        if "method" in message:
            self._heard(message["method"], message.get("params", {}), session)
        elif message["id"] in self._waiting:
            answer = self._waiting[message["id"]][1]
            if not answer.done():
                answer.set_result(message)

    def _detach(self, session: str) -> None:
        self._outer.pop(session, None)
        for of, answer in self._waiting.values():
            if of == session and not answer.done():
                answer.set_result({"error": {"message": "its frame is gone"}})
        for inner in [inner for inner, outer in self._outer.items() if outer == session]:
            self._detach(inner)

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
