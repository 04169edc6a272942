"""One tab observed and acted upon, in Chrome's DevTools protocol. Knows nothing of who holds the other end of the pipe.

`page/` does what can be done inside the page; here is what needs the browser: input, navigation, dialogs, waiting.
"""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64decode
from typing import Any

from autoglm.browser import page
from autoglm.browser.hands import ACTIONABLE_S, QUIET_MS, Hands, WorldLost
from autoglm.browser.news import News
from autoglm.errors import BrowserError, CdpError, Mistake, PageHung
from autoglm.seams import Cdp, Json
from autoglm.types import (
    Back,
    Box,
    CloseTab,
    Dialog,
    Element,
    Goto,
    JsDialog,
    NewTab,
    Observation,
    OnBrowser,
    OnElement,
    ScrollPosition,
    SwitchTab,
    Tab,
    Text,
    Viewport,
    Wait,
)

WORLD = "autoglm"
ANSWER_S = 5.0
"""A page that takes longer to answer a command is hung."""
SETTLE_S = 5.0
"""A page that has not settled by then is shown as it is."""
NAVIGATE_S = 30.0
"""A server that takes longer for the first byte does not answer."""
LONGEST_WAIT_S = 10.0
LISTENERS_JS = """(() => {
  const all = document.querySelectorAll('*');
  const found = [all.length];
  const most = Math.min(all.length, 6000);
  for (let i = 0; i < most; i++) {
    const on = getEventListeners(all[i]);
    if (on.click || on.mousedown || on.mouseup || on.pointerdown || on.pointerup) found.push(i);
  }
  return found;
})()"""
"""Runs in the page's own world, the only one where DevTools' getEventListeners tells them (1.8 µs each, 2026-11-20).
A page that lies to it can only make something look clickable, or not."""


class CdpBrowser:
    """`seams.Browser` above `seams.Cdp`."""

    def __init__(
        self,
        cdp: Cdp,
        *,
        screenshots: bool = False,
        settle_s: float = SETTLE_S,
        actionable_s: float = ACTIONABLE_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._cdp = cdp
        self._screenshots = screenshots
        self._settle_s = settle_s
        self._hands = Hands(self, actionable_s)
        self._answer_s = answer_s
        self._world: int | None = None
        """Id of our isolated world in the current document."""
        self._news = News()
        self._listening: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ observing

    async def observe(self) -> Observation:
        await self._listen()
        deadline = time.monotonic() + self._settle_s
        settled, seen = await self._look(deadline)
        screenshot = await self._screenshot() if self._screenshots else None
        return _observation(seen, settled, screenshot, self._news.take_dialog())

    async def _look(self, deadline: float) -> tuple[bool, Json]:
        """What the page script sees, once nothing is loading or changing; or (False, …) as it is at the deadline."""
        listeners: list[int] | None = None
        while True:
            patient = time.monotonic() < deadline
            if patient:
                await self._news.idle(deadline)
            try:
                seen = json.loads(await self.call("look", self._look_options(patient, listeners)))
                listeners = None
                if self._news.busy() and patient:
                    continue
                if "ask" in seen:
                    listeners = await self._listeners()
                    continue
                if "busy" not in seen:
                    return patient, seen
                left_ms = max(1000 * (deadline - time.monotonic()), 0)
                await self.call("quiet", QUIET_MS, left_ms, wait_s=left_ms / 1000)
            except WorldLost as lost:
                # It navigated under us: then there is a new page to look at.
                if time.monotonic() > deadline + self._answer_s:
                    raise PageHung("the page goes on from one address to the next without end; go elsewhere") from lost

    def _look_options(self, patient: bool, listeners: list[int] | None) -> Json:
        return {"patient": patient, "quietMs": QUIET_MS, "listeners": listeners}

    async def _listeners(self) -> list[int]:
        """How many elements the page has, then the positions of those that listen to clicks."""
        try:
            done = await self.send(
                "Runtime.evaluate", expression=LISTENERS_JS, includeCommandLineAPI=True, returnByValue=True
            )
        except CdpError as error:
            self._world = None
            raise WorldLost from error
        return done["result"].get("value") or [0]

    async def _screenshot(self) -> bytes:
        shot = await self.send("Page.captureScreenshot", format="jpeg", quality=70)
        return b64decode(shot["data"])

    # ------------------------------------------------------------ acting

    async def act(self, action: OnElement | OnBrowser) -> str:
        await self._listen()
        try:
            done = await self._act(action)
        except WorldLost:
            raise Mistake("the page was left or loaded anew while acting; look again before going on") from None
        opened = self._news.take_opened()
        return f"{done}; it opened {opened} in a new tab: Goto it to go on there" if opened else done

    async def _act(self, action: OnElement | OnBrowser) -> str:
        match action:
            case Goto(url):
                return await self._goto(url)
            case Back():
                return await self._back()
            case Wait(seconds):
                return await self._wait(min(max(seconds, 0), LONGEST_WAIT_S))
            case NewTab() | SwitchTab() | CloseTab() | Dialog():
                raise Mistake(f"this browser cannot {type(action).__name__}; try another way")
            case _:
                return await self._hands.act(action)

    async def _goto(self, url: str) -> str:
        if not url.lower().startswith(("http://", "https://", "file://", "about:")):
            raise Mistake(f"{url!r} is no address to go to; give it in full, like https://example.org/")
        self._news.leave()
        try:
            done = await self._within(NAVIGATE_S, "Page.navigate", url=url)
        except TimeoutError:
            await self.send("Page.stopLoading")
            raise Mistake(f"{url} did not answer within {NAVIGATE_S:.0f} s") from None
        except CdpError as error:
            self._news.arrive()
            raise Mistake(f"{url!r} cannot be opened: {error.message}") from error
        if "loaderId" not in done or "errorText" in done:
            self._news.arrive()
        if failed := done.get("errorText"):
            raise Mistake(f"{url} did not open: {failed}")
        return "opened"

    async def _back(self) -> str:
        history = await self.send("Page.getNavigationHistory")
        entries, current = history["entries"], history["currentIndex"]
        if current == 0 or (current == 1 and entries[0]["url"] == "about:blank"):
            raise Mistake("there is no page to go back to: this is the first one of this tab")
        self._news.leave()
        await self.send("Page.navigateToHistoryEntry", entryId=entries[current - 1]["id"])
        return "went back"

    async def _wait(self, seconds: float) -> str:
        await self._news.ended(seconds)
        return f"waited {seconds:g} s"

    # ------------------------------------------------------------ talking to the page

    async def call(self, function: str, *args: Any, wait_s: float = 0) -> Any:
        """One of the page script, which may itself wait for `wait_s`. Raises WorldLost, PageHung, BrowserGone."""
        if self._world is None:
            await self._enter()
        given = ", ".join(json.dumps(arg) for arg in args)
        return await self._evaluate(f"autoglm.{function}({given})", wait_s)

    async def on(self, ref: int | None, function: str, *args: Any, wait_s: float = 0) -> Any:
        return await self.call(function, ref, *args, wait_s=wait_s)

    async def node(self, ref: int, function: str) -> Json:
        try:
            found = await self.send(
                "Runtime.evaluate", expression=f"autoglm.{function}({ref})", contextId=self._world, awaitPromise=True
            )
            if "objectId" not in found["result"]:
                raise WorldLost
            described = await self.send("DOM.describeNode", objectId=found["result"]["objectId"])
        except CdpError as error:
            raise WorldLost from error
        return described["node"]

    async def send_to(self, ref: int, method: str, /, **params: Any) -> Json:
        return await self.send(method, 0, **params)

    async def _enter(self) -> None:
        tree = await self.send("Page.getFrameTree")
        frame = tree["frameTree"]["frame"]["id"]
        self._news.main = frame
        try:
            world = await self.send("Page.createIsolatedWorld", frameId=frame, worldName=WORLD)
        except CdpError as error:
            raise WorldLost from error
        self._world = world["executionContextId"]
        await self._evaluate(page.script())

    async def _evaluate(self, expression: str, wait_s: float = 0) -> Any:
        try:
            done = await self.send(
                "Runtime.evaluate",
                wait_s,
                expression=expression,
                contextId=self._world,
                returnByValue=True,
                awaitPromise=True,
            )
        except CdpError as error:
            # The world went with its document: https://source.chromium.org/search?q=kContextNotFound
            self._world = None
            raise WorldLost from error
        if "exceptionDetails" in done:
            thrown = done["exceptionDetails"].get("exception", {}).get("description", "")
            raise CdpError("Runtime.evaluate", thrown or done["exceptionDetails"].get("text", ""))
        return done["result"].get("value")

    async def send(self, method: str, wait_s: float = 0, /, **params: Any) -> Json:
        timeout_s = self._answer_s + wait_s
        try:
            return await self._within(timeout_s, method, **params)
        except TimeoutError:
            raise PageHung(
                f"{method} was not answered within {timeout_s:.0f} s; the page is in an endless script; go elsewhere"
            ) from None

    async def _within(self, timeout_s: float, method: str, /, **params: Any) -> Json:
        async with asyncio.timeout(timeout_s):
            return await self._cdp.send(method, **params)

    # ------------------------------------------------------------ listening

    async def _listen(self) -> None:
        if self._listening:
            return
        self._listening = asyncio.create_task(self._hear())
        await asyncio.sleep(0)
        await self.send("Page.enable")
        # A tab in the background gets its focus events too.
        await self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        await self.send("Network.enable", maxTotalBufferSize=100_000, maxResourceBufferSize=10_000)

    async def _hear(self) -> None:
        async for method, params, _ in self._cdp.events():
            self._hands.hear(method, params)
            if method == "Page.javascriptDialogOpening":
                self._news.dialog = JsDialog(params["type"], params["message"])
                await self._dismiss()
            else:
                self._news.hear(method, params)
        self._news.gone.set()
        self._news.changed.set()

    async def _dismiss(self) -> None:
        try:
            await self.send("Page.handleJavaScriptDialog", accept=False)
        except BrowserError:
            # Somebody else answered it first, which is as good; or the next command meets the same trouble and tells.
            return

    async def close(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._cdp.close()


# ---------------------------------------------------------------- from the page script


def _observation(seen: Json, settled: bool, screenshot: bytes | None, dialog: JsDialog | None) -> Observation:
    width, height = seen["viewport"]
    return Observation(
        url=seen["url"],
        title=seen["title"],
        items=tuple(_element(item) if "ref" in item else _text(item) for item in seen["items"]),
        scroll=ScrollPosition(*seen["scroll"]),
        tabs=(Tab(seen["title"], seen["url"], True),),
        dialog=dialog,
        screenshot=screenshot,
        viewport=Viewport(width, height),
        scale=seen["scale"],
        truncated=seen["truncated"],
        settled=settled,
        at=time.time(),
    )


def _element(item: Json) -> Element:
    return Element(
        ref=item["ref"],
        role=item["role"],
        name=item["name"],
        value=item.get("value"),
        states=tuple(item.get("states", ())),
        options=tuple(item.get("options", ())),
        takes=tuple(item["takes"]),
        multiple=item.get("multiple", False),
        type=item.get("type", ""),
        hint=item.get("hint", ""),
        box=Box(*item["box"]),
        in_view=not item.get("away", False),
        frame=item.get("frame", ""),
    )


def _text(item: Json) -> Text:
    return Text(role=item["role"], text=item["text"], in_view=not item.get("away", False))
