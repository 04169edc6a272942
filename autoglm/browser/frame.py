"""One frame of a tab: its document's page script, and what that showed last. Knows nothing of the other frames."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from autoglm.browser import page
from autoglm.browser.hands import QUIET_MS, WorldLost
from autoglm.browser.seen import FrameItem, Seeable, Seen
from autoglm.errors import CdpError
from autoglm.seams import Json

WORLD = "autoglm"
MOST_ASKED = 3
"""A page that changes each time it is asked who listens to clicks is busy."""


class Send(Protocol):
    async def __call__(self, method: str, wait_s: float = 0, /, *, session: str = "", **params: Any) -> Json: ...


@dataclass(eq=False, slots=True)
class Frame:
    send: Send
    own_world: Callable[[Frame], Awaitable[int | None]]
    """Finds the context of the page's own scripts; None when it is the session's."""
    id: str
    """"" for the main frame, whose id is asked for with each document."""
    session: str
    """The one through which it is reached; "" is the tab's own."""
    world: int | None = None
    """Id of our isolated world in the current document; None when there is none yet."""
    documents: int = 0
    """How many it has shown: what was said of an earlier one is void."""
    seen: Seen = field(default_factory=Seen)
    """What the current document told so far."""
    _holes_of: tuple[Seeable, ...] = ()
    _holes: tuple[FrameItem, ...] = ()

    async def call(self, function: str, *args: Any, wait_s: float = 0) -> Any:
        """What a function of the page script returns, which may itself wait for `wait_s`. Raises WorldLost, PageHung,
        BrowserGone."""
        return (await self.evaluate(_calling(function, args), wait_s)).get("value")

    async def look(self, *, patient: bool, view: Json | None = None) -> bool:
        """Whether it could be looked at: False when it is still changing and `patient` is set. `view` is what can be
        seen of it, None for the page itself. Raises WorldLost, PageHung, BrowserGone."""
        listeners: list[list[int]] | None = None
        for _ in range(MOST_ASKED):
            options = {"patient": patient, "quietMs": QUIET_MS, "listeners": listeners, "known": self.seen.known}
            seen = json.loads(await self.call("look", {**options, "view": view}))
            if "busy" in seen:
                return False
            if "ask" not in seen:
                self.seen.apply(seen)
                return True
            listeners = await self._listeners(seen["ask"])
        return False

    async def node(self, expression: str) -> Json:
        """The DOM node that the page script returns, as `DOM.describeNode` has it. Raises WorldLost."""
        result = await self.evaluate(expression, by_value=False)
        if "objectId" not in result:
            raise WorldLost
        try:
            described = await self.send("DOM.describeNode", session=self.session, objectId=result["objectId"])
        except CdpError as error:
            raise WorldLost from error
        return described["node"]

    def holes(self) -> tuple[FrameItem, ...]:
        """The frames that the last look met in it."""
        if self._holes_of is not self.seen.items:
            self._holes_of = self.seen.items
            self._holes = tuple(item for item in self.seen.items if isinstance(item, FrameItem))
        return self._holes

    def lose(self) -> None:
        """Forget the document, which is no longer there."""
        self.world = None

    async def evaluate(self, expression: str, wait_s: float = 0, *, by_value: bool = True) -> Json:
        """The result in our world of the frame, as `Runtime.evaluate` has it. Raises like call()."""
        if self.world is None:
            await self._enter()
        try:
            done = await self.send(
                "Runtime.evaluate",
                wait_s,
                session=self.session,
                expression=expression,
                contextId=self.world,
                returnByValue=by_value,
                awaitPromise=True,
            )
        except CdpError as error:
            # The world went with its document: https://source.chromium.org/search?q=kContextNotFound
            self.lose()
            raise WorldLost from error
        if "exceptionDetails" in done:
            thrown = done["exceptionDetails"].get("exception", {}).get("description", "")
            raise CdpError("Runtime.evaluate", thrown or done["exceptionDetails"].get("text", ""))
        return done["result"]

    async def _enter(self) -> None:
        frame = self.id or (await self.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        try:
            world = await self.send("Page.createIsolatedWorld", session=self.session, frameId=frame, worldName=WORLD)
        except CdpError as error:
            raise WorldLost from error
        self.world = world["executionContextId"]
        self.documents += 1
        self.seen = Seen()
        await self.evaluate(page.script())

    async def _listeners(self, ways: list[list[int]]) -> list[list[int]]:
        """For each way how many elements it leads to, then the positions of those that listen to clicks."""
        try:
            own = await self.own_world(self)
            done = await self.send(
                "Runtime.evaluate",
                session=self.session,
                **({} if own is None else {"contextId": own}),
                expression=page.listeners(ways),
                includeCommandLineAPI=True,
                returnByValue=True,
            )
        except CdpError as error:
            self.lose()
            raise WorldLost from error
        return done["result"].get("value") or [[-1]] * len(ways)


def _calling(function: str, args: tuple[Any, ...]) -> str:
    return f"autoglm.{function}({', '.join(json.dumps(arg) for arg in args)})"
