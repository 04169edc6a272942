"""What a tab's events say: whether it is loading, which dialog came up, what it opened. Sends nothing."""

from __future__ import annotations

import asyncio
import math
import time

from autoglm.errors import BrowserGone
from autoglm.seams import Json
from autoglm.types import JsDialog

REQUEST_S = 2.0
"""A request older than this is a long poll: nothing waits for it."""
UNREAD_S = 0.3
"""The body of a fetch that no script reads never ends: so long after its headers it is over for us."""
REQUESTED_S = 1.0
"""A navigation that was asked for begins within this time, or not at all."""
AWAITED = frozenset({"Document", "Stylesheet", "Script", "XHR", "Fetch"})
"""Types of requests whose answers change what the page says. No pictures, fonts, pings, event streams or sockets."""
SAME_DOCUMENT = frozenset({"sameDocument", "historySameDocument"})


class News:
    def __init__(self) -> None:
        self.main = ""
        """Id of the main frame."""
        self.dialog: JsDialog | None = None
        self.changed = asyncio.Event()
        self.gone = asyncio.Event()
        self._leaving_until = 0.0
        """When the main frame is no longer taken to be on its way to another document."""
        self._requests: dict[str, float] = {}
        """When each request in flight is no longer waited for, by id."""
        self._opened: str | None = None

    def hear(self, method: str, params: Json) -> None:
        match method:
            case "Network.requestWillBeSent" if params.get("type") in AWAITED:
                self._requests[params["requestId"]] = time.monotonic() + REQUEST_S
            case "Network.responseReceived" if params.get("type") == "Fetch" and params["requestId"] in self._requests:
                self._requests[params["requestId"]] = time.monotonic() + UNREAD_S
            case "Network.loadingFinished" | "Network.loadingFailed":
                self._requests.pop(params["requestId"], None)
            case "Page.frameRequestedNavigation" if self._is_main(params) and params["disposition"] == "currentTab":
                # What comes of it may be no navigation at all, of a mailto: link for instance.
                self._leaving_until = max(self._leaving_until, time.monotonic() + REQUESTED_S)
            case "Page.frameStartedNavigating" if (
                self._is_main(params) and params["navigationType"] not in SAME_DOCUMENT
            ):
                self.leave()
            case "Page.frameNavigated" if "parentId" not in params["frame"]:
                self.main = params["frame"]["id"]
                self._requests = {}
                self.arrive()
            case "Page.frameStoppedLoading" | "Page.navigatedWithinDocument" if self._is_main(params):
                self.arrive()
            case "Page.windowOpen":
                self._opened = params["url"]
            case _:
                return
        self.changed.set()

    def leave(self) -> None:
        self._leaving_until = math.inf

    def arrive(self) -> None:
        self._leaving_until = 0.0

    def busy(self) -> bool:
        """Whether a navigation or a young request is in flight."""
        now = time.monotonic()
        return any(end > now for end in self._ends())

    async def idle(self, deadline: float) -> None:
        """Returns when nothing is in flight, at the deadline, or when the tab is gone."""
        while self.busy() and not self.gone.is_set():
            now = time.monotonic()
            if now >= deadline:
                return
            # The clock alone ends the wait for what never answers.
            until = min(deadline, *(end for end in self._ends() if end > now))
            self.changed.clear()
            await _wait_for(self.changed, until - now + 0.001)

    async def ended(self, seconds: float) -> None:
        """Returns after that time. Raises BrowserGone when the tab closes before."""
        await _wait_for(self.gone, seconds)
        if self.gone.is_set():
            raise BrowserGone("the tab closed while waiting; open a new tab or start the browser again")

    def take_dialog(self) -> JsDialog | None:
        dialog, self.dialog = self.dialog, None
        return dialog

    def take_opened(self) -> str | None:
        opened, self._opened = self._opened, None
        return opened

    def _ends(self) -> list[float]:
        """When each thing in flight is no longer waited for."""
        return [self._leaving_until, *self._requests.values()]

    def _is_main(self, params: Json) -> bool:
        return params.get("frameId") == self.main


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
