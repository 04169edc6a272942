"""What a tab's events say: whether it is loading, what it opened and what it is downloading. Sends nothing."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from urllib.parse import urlsplit, urlunsplit

from autoglm.seams import Json
from autoglm.types import MOST_RESPONSES, Response

REQUEST_S = 2.0
"""A request older than this is a long poll: nothing waits for it."""
UNREAD_S = 0.3
"""The body of a fetch that no script reads never ends: so long after its headers it is over for us."""
REQUESTED_S = 1.0
"""A navigation that was asked for begins within this time, or not at all."""
INSTEAD_S = 0.15
"""A download may begin so long after its navigation has ended."""
FILE_S = 2.0
"""It does within this time when there was an answer that was no page."""
KNOWN_S = 1.0
"""How long is waited once more for what was already waited for in vain."""
AWAITED = frozenset({"Document", "Stylesheet", "Script", "XHR", "Fetch"})
"""Types of requests whose answers change what the page says. No pictures, fonts, pings, event streams or sockets."""
ASKED = frozenset({"Document", "XHR", "Fetch"})
"""Those that a page, frame or script made, and that a person would say were sent."""
EMPTY = frozenset({204, 205})
"""Statuses of answers that leave the page as it is: https://html.spec.whatwg.org/#navigate-fetch"""
SAME_DOCUMENT = frozenset({"sameDocument", "historySameDocument"})
NEW_TAB = frozenset({"newTab", "newWindow"})

Request = tuple[str, str]
"""The session that told of it, and its id there."""
LEAVING: Request = ("", "")
"""The main frame's way to another document, as one of the things in flight."""


class News:
    def __init__(self) -> None:
        self.main = ""
        """Id of the main frame."""
        self.unseen: frozenset[str] = frozenset()
        """Sessions of frames that are out of view: nothing waits for their requests."""
        self.changed = asyncio.Event()
        self.gone = asyncio.Event()
        self.opened: list[str] = []
        """Addresses of the tabs and windows that it asked for and that are not here yet."""
        self.files = 0
        """How many files have begun to come since this was last set to 0."""
        self.downloading: set[str] = set()
        self._leads_to_file = False
        """Whether the main frame's way was answered with something: a file when no page comes of it."""
        self._methods: dict[Request, str] = {}
        """Of the requests of documents and scripts that were not answered yet."""
        self._answered: deque[Response] = deque(maxlen=MOST_RESPONSES)
        self._sent: dict[Request, Response] = {}
        """What is to change something, was not answered yet and not told."""
        self._ends: dict[Request, float] = {}
        """When each thing in flight is no longer waited for."""
        self._known: set[Request] = set()
        """What was waited for in vain."""
        self._documents: dict[str, Request] = {}
        """By frame, the request for its document."""
        self._under_way: set[str] = set()
        """Frames on their way to another document."""

    def hear(self, method: str, params: Json, session: str) -> None:
        if params.get("type") in ASKED:
            self._note(method, params, (session, params["requestId"]))
        self._travel(method, params)
        match method:
            case "Network.requestWillBeSent" if params.get("type") in AWAITED:
                self._ends[session, params["requestId"]] = time.monotonic() + REQUEST_S
                if params["type"] == "Document" and "frameId" in params:
                    self._documents[params["frameId"]] = session, params["requestId"]
            case "Network.responseReceived" if params.get("type") == "Document" and self._is_main(params):
                self._leads_to_file = params["response"]["status"] not in EMPTY
            case "Network.responseReceived" if (
                params.get("type") == "Fetch" and (session, params["requestId"]) in self._ends
            ):
                self._ends[session, params["requestId"]] = time.monotonic() + UNREAD_S
            case "Network.loadingFinished" | "Network.loadingFailed":
                self._over((session, params["requestId"]))
            case "Page.frameRequestedNavigation" if params["disposition"] in NEW_TAB:
                self.opened.append(params["url"])
            case "Page.frameRequestedNavigation" if self._is_main(params) and params["disposition"] == "currentTab":
                # What comes of it may be no navigation at all, of a mailto: link for instance.
                self.may_leave()
            case "Page.frameStartedNavigating" if (
                self._is_main(params) and params["navigationType"] not in SAME_DOCUMENT
            ):
                self.leave()
            case "Page.frameNavigated" if not session and "parentId" not in params["frame"]:
                self.main = params["frame"]["id"]
                self._ends, self._known, self._documents = {}, set(), {}
            case "Page.frameStoppedLoading" if self._is_main(params) and self.leaving():
                # It stayed on its page; what came instead may be a file, which is told of next.
                self._ends[LEAVING] = time.monotonic() + (FILE_S if self._leads_to_file else INSTEAD_S)
            case "Page.navigatedWithinDocument" if self._is_main(params):
                self.arrive()
            case "Page.windowOpen":
                self.opened.append(params["url"])
            case "Page.downloadWillBegin":
                self.files += 1
                self.downloading.add(params["guid"])
                if self._leads_to_file and self._is_main(params):
                    self.arrive()
            case "Page.downloadProgress" if params["state"] != "inProgress":
                self.downloading.discard(params["guid"])
            case "Target.attachedToTarget" if (frame := params["targetInfo"]["targetId"]) in self._documents:
                # A frame of another site moved to a session of its own: its request never ends in the one it began in.
                self._over(self._documents.pop(frame))
            case "Target.detachedFromTarget":
                for request in [request for request in self._ends if request[0] == params["sessionId"]]:
                    self._over(request)
            case _:
                return
        self.changed.set()

    def _travel(self, method: str, params: Json) -> None:
        match method:
            case "Page.frameStartedNavigating" if params["navigationType"] not in SAME_DOCUMENT:
                self._under_way.add(params["frameId"])
            case "Page.frameNavigated":
                self._under_way.discard(params["frame"]["id"])
            case "Page.frameStoppedLoading":
                self._under_way.discard(params["frameId"])
            case _:
                return
        self.changed.set()

    def answered(self) -> list[Response]:
        """What was answered since this was last asked, or sent and not answered."""
        answered = [*self._answered, *self._sent.values()]
        self._answered.clear()
        self._sent.clear()
        return answered

    def _note(self, method: str, params: Json, request: Request) -> None:
        if method == "Network.requestWillBeSent":
            if redirected := params.get("redirectResponse"):
                self._answer(request, redirected, params)
            asked = params["request"]
            self._methods[request] = asked["method"]
            sent = Response(asked["method"], _without_query(asked["url"]), 0, params["type"] == "Document")
            if not sent.reads and sent.url.startswith("http"):
                self._sent[request] = sent
        elif method == "Network.responseReceived":
            self._answer(request, params["response"], params)
        elif method == "Network.loadingFailed":
            # It may have been heard all the same: pages go elsewhere without waiting for the answer.
            self._methods.pop(request, None)
            if sent := self._sent.pop(request, None):
                self._answered.append(sent)

    def _answer(self, request: Request, response: Json, params: Json) -> None:
        method, url = self._methods.pop(request, ""), _without_query(response["url"])
        self._sent.pop(request, None)
        if method and url.startswith("http"):
            self._answered.append(Response(method, url, int(response["status"]), params["type"] == "Document"))

    async def leaves(self, frames: set[str]) -> None:
        """Returns when one of these is on its way to another document, or the tab is gone."""
        while not (frames & self._under_way) and not self.gone.is_set():
            self.changed.clear()
            await self.changed.wait()

    def leave(self) -> None:
        self._leads_to_file = False
        self._known.discard(LEAVING)
        self._ends[LEAVING] = math.inf

    def may_leave(self) -> None:
        self._ends[LEAVING] = max(self._ends.get(LEAVING, 0), time.monotonic() + REQUESTED_S)

    def arrive(self) -> None:
        self._over(LEAVING)

    def leaving(self) -> bool:
        return self._ends.get(LEAVING, 0) > time.monotonic()

    def busy(self) -> bool:
        """Whether a navigation or a young request is in flight."""
        return bool(self._in_flight())

    async def idle(self, deadline: float) -> bool:
        """Whether nothing is in flight, by the deadline; sooner when it is only what was waited for in vain before.

        Returns when the tab is gone.
        """
        known_until = min(deadline, time.monotonic() + KNOWN_S)
        while (flying := self._in_flight()) and not self.gone.is_set():
            now = time.monotonic()
            end = known_until if flying <= self._known else deadline
            if now >= end:
                self._known |= flying
                return False
            # The clock alone ends the wait for what never answers.
            until = min(end, *(self._ends[request] for request in flying))
            self.changed.clear()
            await wait_for(self.changed, until - now + 0.001)
        return True

    def _in_flight(self) -> set[Request]:
        now = time.monotonic()
        return {request for request, end in self._ends.items() if end > now and request[0] not in self.unseen}

    def _over(self, request: Request) -> None:
        self._ends.pop(request, None)
        self._known.discard(request)

    def _is_main(self, params: Json) -> bool:
        return params.get("frameId") == self.main


def _without_query(url: str) -> str:
    """Nor user, password and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Returns when it is set, or after that time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
