"""One frame of a tab: its document's page script, and what that showed last. Knows nothing of the other frames."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from autoglm.browser import page
from autoglm.browser.hands import QUIET_MS, WorldLost
from autoglm.browser.seen import Seen
from autoglm.errors import CdpError
from autoglm.seams import Json

WORLD = "autoglm"
LISTENERS = "autoglm listeners"
MOST_LISTENERS = 500
"""Elements that are asked for one by one; a page that listens on more of them shows the rest by the hand cursor."""
CLICKED = frozenset({"click", "mousedown", "mouseup", "pointerdown", "pointerup", "dblclick", "contextmenu", "drop"})
AHEAD_S = 10.0
"""How long a page is given to be looked at in its idle time before anybody asks."""
MOST_ASKED = 6
"""A page that changes each time it is asked who listens to clicks is busy."""


class Send(Protocol):
    async def __call__(self, method: str, wait_s: float = 0, /, *, session: str = "", **params: Any) -> Json: ...


@dataclass(eq=False, slots=True)
class Frame:
    send: Send
    own_world: Callable[[Frame], Awaitable[int | None]]
    """Finds the context of the page's own scripts; None when it is the session's."""
    id: str
    """As the browser has it; of the main frame as it was last told."""
    session: str
    """The one through which it is reached; "" is the tab's own."""
    world_name: str = WORLD
    world: int | None = None
    """Id of our isolated world in the current document; None when there is none yet."""
    documents: int = 0
    """How many it has shown: what was said of an earlier one is void."""
    seen: Seen = field(default_factory=Seen)
    """What the current document told so far."""
    _looks: int = 0
    """How many looks there have been."""
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the browser is asked what the page script cannot find out."""
    _entering: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tells_listeners: bool | None = None
    """Whether the pipe has DevTools' command line, whose getEventListeners is asked. None: not known yet."""

    async def call(self, function: str, *args: Any, wait_s: float = 0) -> Any:
        """What a function of the page script returns, which may itself wait for `wait_s`. Raises WorldLost, PageHung,
        BrowserGone."""
        return (await self.evaluate(_calling(function, args), wait_s)).get("value")

    async def call_on(self, ref: int, function: str, *args: Any, wait_s: float = 0) -> tuple[Any, Json | None]:
        """The same for a function on an element, and how that was to be found before, as `types.Target` in JSON."""
        done = await self.call("located", ref, function, *args, wait_s=wait_s)
        return done.get("done"), done["target"]

    async def look(self, *, patient: bool, view: Json | None = None) -> bool:
        """Whether it could be looked at: False when it is still changing and `patient` is set. `view` is what can be
        seen of it, None for the page itself. Raises WorldLost, PageHung, BrowserGone."""
        self._looks += 1
        async with self._asking:
            return await self._look(patient, view)

    async def _look(self, patient: bool, view: Json | None) -> bool:
        listeners: Json | None = None
        for _ in range(MOST_ASKED):
            options = {"patient": patient, "quietMs": QUIET_MS, "listeners": listeners, "known": self.seen.known}
            seen = json.loads(await self.call("look", {**options, "view": view}))
            if "busy" in seen:
                return False
            if "ask" not in seen:
                self.seen.apply(seen)
                if not seen["hosts"] or not await self._adopt_closed_roots():
                    return True
                listeners = None
                continue
            listeners = await self._heard(seen["ask"])
        return False

    async def ahead(self) -> None:
        """Has what the first look needs done while the page idles, until somebody looks; then only what changes until
        then is left. Raises like call()."""
        before = self._looks
        for _ in range(MOST_ASKED):
            done = await self.call("ahead", QUIET_MS, 1000 * AHEAD_S, wait_s=AHEAD_S)
            of = self.seen
            async with self._asking:
                if self._looks != before or self.seen is not of:
                    return
                match done:
                    case {"ask": ask}:
                        await self.call("hear", await self._heard(ask))
                    case {"said": said}:
                        self.seen.apply(json.loads(said))
                        return
                    case {"hosts": _} if await self._adopt_closed_roots():
                        pass
                    case _:
                        return

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

    def lose(self) -> None:
        """Forget the document, which is no longer there."""
        self.world = None

    async def evaluate(self, expression: str, wait_s: float = 0, *, by_value: bool = True) -> Json:
        """The result in our world of the frame, as `Runtime.evaluate` has it. Raises like call()."""
        entered = False
        async with self._entering:
            if self.world is None:
                await self._enter()
                entered = True
        done = await self._evaluate(expression, wait_s, by_value=by_value)
        if entered and _has_no_script(done):
            # This document was there before the tab had every one begin with the script, or none does.
            done = await self._evaluate(f"{page.script()}\n{expression}", wait_s, by_value=by_value)
        if "exceptionDetails" in done:
            if _has_no_script(done):  # a new document took the context's number
                self.lose()
                raise WorldLost
            thrown = done["exceptionDetails"].get("exception", {}).get("description", "")
            raise CdpError("Runtime.evaluate", thrown or done["exceptionDetails"].get("text", ""))
        return done["result"]

    async def _evaluate(self, expression: str, wait_s: float = 0, *, by_value: bool = True) -> Json:
        try:
            return await self.send(
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

    async def _enter(self) -> None:
        """Finds our world in the document, of which there is one for each name."""
        try:
            world = await self.send(
                "Page.createIsolatedWorld", session=self.session, frameId=self.id, worldName=self.world_name
            )
        except CdpError as error:
            raise WorldLost from error
        self.world = world["executionContextId"]
        self.documents += 1
        self.seen = Seen()

    async def _adopt_closed_roots(self) -> bool:
        """Whether the page script was given shadow roots that no script can see: there is more to look at then."""
        suspects = await self.evaluate("autoglm.hosts()", by_value=False)
        try:
            listed = await self._ask("Runtime.getProperties", objectId=suspects["objectId"], ownProperties=True)
            hosts = [each["value"]["objectId"] for each in listed["result"] if each.get("enumerable")]
            found = await asyncio.gather(*map(self._adopt_closed_root, hosts))
            # Only now: a look that is broken off must not lose them.
            asked = "function () { autoglm.clear(this) }"
            await self._ask("Runtime.callFunctionOn", objectId=suspects["objectId"], functionDeclaration=asked)
            await self._ask("Runtime.releaseObject", objectId=suspects["objectId"])
        except CdpError as error:
            self.lose()
            raise WorldLost from error
        return any(found)

    async def _adopt_closed_root(self, host: str) -> bool:
        node = (await self._ask("DOM.describeNode", objectId=host))["node"]
        for root in node.get("shadowRoots", ()):
            if root["shadowRootType"] == "closed":
                within = await self._in_our_world(root["backendNodeId"])
                # In the page's own world: asked in ours, Chromium 156 crashes where an attribute holds a listener.
                resolved = await self._ask("DOM.resolveNode", backendNodeId=root["backendNodeId"])
                theirs = resolved["object"]["objectId"]
                heard = await self._clicked_in(theirs)
                await self._ask("Runtime.releaseObject", objectId=theirs)
                clicked = await asyncio.gather(*map(self._in_our_world, heard))
                await self._ask(
                    "Runtime.callFunctionOn",
                    objectId=host,
                    functionDeclaration="function (root, ...clicked) { autoglm.adopt(this, root, clicked) }",
                    arguments=[{"objectId": each} for each in (within, *clicked)],
                )
                return True
        return False

    async def _in_our_world(self, node: int) -> str:
        """The object that stands for the browser's node of that id."""
        resolved = await self._ask("DOM.resolveNode", backendNodeId=node, executionContextId=self.world)
        return resolved["object"]["objectId"]

    async def _clicked_in(self, within: str) -> dict[int, list[str]]:
        """At most MOST_LISTENERS nodes in that object that listen to clicks, by the browser's ids, and what else."""
        asked = {"objectId": within, "depth": -1, "pierce": True}
        found = (await self._ask("DOMDebugger.getEventListeners", **asked))["listeners"]
        heard: dict[int, list[str]] = {}
        for on in found:
            if "backendNodeId" in on:
                heard.setdefault(on["backendNodeId"], []).append(on["type"])
        nodes = [node for node in sorted(heard) if CLICKED & {*heard[node]}]
        return {node: heard[node] for node in nodes[:MOST_LISTENERS]}

    async def _heard(self, ask: Json) -> Json:
        """What heard.js asked for: who listens to clicks, and how many nodes there are in all."""
        if not ask["count"]:
            return {"on": await self._listeners(ask["ways"]), "nodes": None}
        on, nodes = await asyncio.gather(self._listeners(ask["ways"]), self._nodes())
        return {"on": on, "nodes": nodes}

    async def _nodes(self) -> int | None:
        """How many elements, and texts with a `<`, there are in the tab, closed shadow roots too; None when the browser
        does not count."""
        try:
            _, found, _ = await asyncio.gather(
                self._ask("DOM.enable"), self._ask("DOM.performSearch", query="<"), self._ask("DOM.disable")
            )
        except CdpError:
            return None
        return found["resultCount"]

    async def _listeners(self, ways: list[list[int]]) -> list[list[int]]:
        """For each way how many elements it leads to, then the positions of those that listen to clicks."""
        try:
            if self._tells_listeners is None:
                self._tells_listeners = (
                    await self._with_command_line("typeof getEventListeners", self.world) != "undefined"
                )
            if not self._tells_listeners:
                return await self._listeners_one_by_one(ways)
            own = await self.own_world(self)
            return await self._with_command_line(page.listeners(ways), own) or [[-1]] * len(ways)
        except CdpError as error:
            self.lose()
            raise WorldLost from error

    async def _with_command_line(self, expression: str, world: int | None) -> Any:
        """The value, in this context or the session's own; None when it threw."""
        where = {} if world is None else {"contextId": world}
        asked = {"expression": expression, "includeCommandLineAPI": True, "returnByValue": True}
        done = await self._ask("Runtime.evaluate", **where, **asked)
        return None if "exceptionDetails" in done else done["result"].get("value")

    async def _listeners_one_by_one(self, ways: list[list[int]]) -> list[list[int]]:
        """The same where getEventListeners is not to be had, as in chrome.debugger: asked for by the browser's ids."""
        # A node that is resolved without a context is one of the page's own world, whatever frame it is in.
        whole = await self._ask("DOM.resolveNode", backendNodeId=(await self.node("document"))["backendNodeId"])
        document = whole["object"]["objectId"]
        clicked = await self._clicked_in(document)
        nodes = [self._ask("DOM.resolveNode", backendNodeId=node, objectGroup=LISTENERS) for node in clicked]
        there = zip(await asyncio.gather(*nodes, return_exceptions=True), clicked.values(), strict=True)
        found = {each["object"]["objectId"]: kinds for each, kinds in there if isinstance(each, dict)}
        # Those in inner frames are told of too, and cannot be handed over: an id names the world, then the object.
        heard = [each for each in found if each.rpartition(".")[0] == document.rpartition(".")[0]]
        told = [{kind: [1] for kind in found[each]} for each in heard]
        done = await self._ask(
            "Runtime.callFunctionOn",
            objectId=document,
            functionDeclaration=f"""function (...heard) {{
              const told = {json.dumps(told)};
              const on = new Map(heard.map((node, i) => [node, told[i]]));
              const getEventListeners = (node) => on.get(node) ?? {{}};
              return {page.listeners(ways)};
            }}""",
            arguments=[{"objectId": each} for each in heard],
            returnByValue=True,
        )
        await self._ask("Runtime.releaseObjectGroup", objectGroup=LISTENERS)
        return done["result"].get("value") or [[-1]] * len(ways)

    async def _ask(self, method: str, /, **params: Any) -> Json:
        return await self.send(method, session=self.session, **params)


def _has_no_script(done: Json) -> bool:
    thrown = done.get("exceptionDetails", {}).get("exception", {}).get("description", "")
    return thrown.startswith("ReferenceError: autoglm is not defined")


def _calling(function: str, args: tuple[Any, ...]) -> str:
    return f"autoglm.{function}({', '.join(json.dumps(arg) for arg in args)})"
