"""All frames of a tab as one page: in one reading order, with one numbering, in one system of coordinates.

The page script of a frame knows its own document only. Where it meets a frame element it leaves a hole, which is filled
here with what the inner frame shows. A frame of another site lives in a process and session of its own.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from autoglm.browser.frame import WORLD, Frame, Send
from autoglm.browser.hands import LEAVING_S, QUIET_MS, WorldLost
from autoglm.browser.news import KNOWN_S, News
from autoglm.browser.seen import FrameItem
from autoglm.codec import from_json
from autoglm.errors import CdpError, PageHung
from autoglm.seams import Json
from autoglm.types import Box, Element, Target, Text

Item = Element | Text
CONTEXT_TRIES = 20
FRAME_S = 1.5
"""How long one look waits for a frame to settle or to answer."""
RESTLESS_S = 0.2
"""How long for one that did not do so at the look before."""
MOST_ITEMS = 10_000
"""Of all frames together; the page script has the same bound for one."""
INTO_VIEW = "{block: 'center', inline: 'center', behavior: 'instant'}"
FIRST_AIM_S = 0.3
"""How long the first try to press something in a frame takes; then it is scrolled to."""
RETRY_S = 0.05
SILENT = "does not answer: its script does not end, or its server is slow"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a frame's own viewport lies in the tab's, how large one of its px is drawn there, and the frame's name."""

    x: float = 0
    y: float = 0
    scale: float = 1
    name: str = ""

    def within(self, hole: FrameItem) -> Origin:
        """That of the frame in a hole of this one."""
        x, y, _, _ = hole.box
        return Origin(self.x + self.scale * x, self.y + self.scale * y, self.scale * hole.scale, hole.name)

    def placed(self, element: Element, ref: int) -> Element:
        if self == TOP:
            return element if element.ref == ref else replace(element, ref=ref)
        return replace(element, ref=ref, frame=self.name, box=element.box and self._box(element.box))

    def _box(self, box: Box) -> Box:
        scale = self.scale
        return Box(self.x + scale * box.x, self.y + scale * box.y, scale * box.width, scale * box.height)


TOP = Origin()


@dataclass(eq=False, slots=True)
class Inner:
    """A frame in a hole of another one."""

    frame: Frame
    outer: Frame
    hole: int
    """The number that the outer one's page script has for the frame element."""
    trouble: str = ""
    """Why it could not be looked at."""


class Frames:
    def __init__(self, send: Send, news: News, world: str = WORLD) -> None:
        """`world` names the page scripts' own: who looks at the same page under another name has others."""
        self._send = send
        self._world = world
        self._news = news
        self.main = Frame(send, self._own_world, "", "", world)
        self._inner: dict[tuple[Frame, int, int], Inner] = {}
        """By outer frame, its document, and hole."""
        self._sessions: dict[str, str] = {}
        """By id of a frame of another site, the session through which it is reached."""
        self._contexts: dict[tuple[str, str], int] = {}
        """By session and frame, the one of the page's own scripts; as told when it was last asked for."""
        self._refs = Refs(self.main)
        self._shown: Sequence[Item] = ()
        """The last look."""
        self.targets: dict[int, Target] = {}
        """What was acted on since this was last emptied."""
        self._never_rests = 0
        """Which document of the main frame did not come to rest when it was last looked at."""

    # ------------------------------------------------------------ looking

    async def look(self, deadline: float) -> tuple[bool, Sequence[Item]]:
        """What all frames show, once nothing is loading or changing; or (False, …) as it is at the deadline, or sooner
        when it was waited for in vain before.

        Raises PageHung when the main frame does not answer or goes on from page to page; BrowserGone.
        """
        rest_until = min(deadline, time.monotonic() + (KNOWN_S if self._restless() else math.inf))
        while True:
            idle = await self._news.idle(deadline)
            left_s = max(min(rest_until, deadline) - time.monotonic(), 0)
            patient = idle and left_s > 0
            try:
                if not idle and self._news.leaving():
                    return False, await self._last_look()
                looked = await self.main.look(patient=patient)
                if not looked:
                    await self._rest(self.main, left_s)
                if patient and (self._news.busy() or not looked):
                    continue
                quiet = await self._look_within(self.main, patient)
                self._never_rests = self.main.documents if idle and not patient else 0
                self._shown = self._merged()
                return patient and quiet, self._shown
            except WorldLost as lost:
                # It navigated under us: then there is a new page to look at.
                rest_until = deadline
                if time.monotonic() > deadline + FRAME_S:
                    raise PageHung("the page goes on from one address to the next without end; go elsewhere") from lost

    async def ahead(self) -> None:
        """Has the page itself do beforehand what the next look needs. Raises WorldLost, PageHung, BrowserGone."""
        try:
            await self.main.ahead()
        except WorldLost:
            await self.main.ahead()

    async def _last_look(self) -> Sequence[Item]:
        """Of a page on its way to another one, which may answer nothing more: Chromium holds back what it is asked."""
        try:
            async with asyncio.timeout(LEAVING_S):
                return await self.glance()
        except TimeoutError:
            return self._shown

    def _restless(self) -> bool:
        """Whether this very document did not come to rest when it was last looked at."""
        return self.main.world is not None and self._never_rests == self.main.documents

    async def _rest(self, frame: Frame, seconds: float) -> None:
        await frame.call("quiet", QUIET_MS, max(1000 * seconds, 0), wait_s=max(seconds, 0))

    async def _look_within(self, outer: Frame, patient: bool) -> bool:
        """Looks at the frames in a frame's holes, all at once. Whether all that can be seen have settled."""
        holes = outer.seen.holes
        return not holes or all(await asyncio.gather(*(self._look_into(outer, hole, patient) for hole in holes)))

    async def _look_into(self, outer: Frame, hole: FrameItem, patient: bool) -> bool:
        inner = await self._inner_of(outer, hole.id)
        if inner is None:
            return True
        try:
            async with asyncio.timeout(RESTLESS_S if inner.trouble else FRAME_S):
                settled = await self._look_at(inner, hole, patient)
        except (TimeoutError, PageHung, CdpError):
            # It is on its way to another document, or its script does not end: the rest of the page can be seen.
            inner.trouble = inner.trouble or SILENT
            return True
        inner.trouble = ""
        return settled

    async def _look_at(self, inner: Inner, hole: FrameItem, patient: bool) -> bool:
        until = time.monotonic() + FRAME_S / 2
        while True:
            patient = patient and time.monotonic() < until
            try:
                if await inner.frame.look(patient=patient, view=hole.view):
                    return await self._look_within(inner.frame, patient) and patient
                await self._rest(inner.frame, until - time.monotonic())
            except WorldLost:
                await asyncio.sleep(RETRY_S)

    async def _inner_of(self, outer: Frame, hole: int) -> Inner | None:
        """The frame in a hole; None when there is none yet, or no more."""
        key = outer, outer.documents, hole
        if key not in self._inner:
            try:
                node = await outer.node(f"autoglm.frame({hole})")
            except WorldLost:
                return None
            if "frameId" not in node:
                return None
            session = self._sessions.get(node["frameId"], outer.session)
            self._inner = {key: inner for key, inner in self._inner.items() if key[0].documents == key[1]}
            self._inner[key] = Inner(self._framed(node["frameId"], session), outer, hole)
        return self._inner[key]

    def _framed(self, frame: str, session: str) -> Frame:
        return Frame(self._send, self._own_world, frame, session, self._world)

    # ------------------------------------------------------------ one page of many frames

    async def drawn(self) -> list[Element]:
        """The elements of the last look where they are drawn now, in view or not."""
        found: list[Element] = []
        await self._draw(found, self.main, TOP)
        return found

    async def _draw(self, found: list[Element], frame: Frame, origin: Origin) -> None:
        listed = [item for item in frame.seen.items if isinstance(item, Element)]
        boxes = await frame.evaluate(f"{[item.ref for item in listed]}.map((ref) => autoglm.box(ref))")
        for item, box in zip(listed, boxes["value"], strict=True):
            if box:
                found.append(origin.placed(replace(item, box=Box(*box)), self._refs.number(frame, item.ref)))
        for hole in frame.seen.holes:
            inner = self._inner.get((frame, frame.documents, hole.id))
            if inner and not inner.trouble:
                await self._draw(found, inner.frame, origin.within(hole))

    def _merged(self) -> Sequence[Item]:
        if self._refs.document != self.main.documents:
            self._refs = Refs(self.main)
        self._news.unseen = frozenset(self._out_of_view())
        if not self.main.seen.holes and self._refs.keep():
            return cast("Sequence[Item]", self.main.seen.items)
        merged: list[Item] = []
        self._fill(merged, self.main, TOP)
        return merged[:MOST_ITEMS]

    def _fill(self, merged: list[Item], frame: Frame, origin: Origin) -> None:
        for item in frame.seen.items:
            match item:
                case Element():
                    merged.append(origin.placed(item, self._refs.number(frame, item.ref)))
                case Text():
                    merged.append(item)
                case FrameItem():
                    self._fill_hole(merged, frame, item, origin)

    def _fill_hole(self, merged: list[Item], outer: Frame, hole: FrameItem, origin: Origin) -> None:
        inner, before = self._inner.get((outer, outer.documents, hole.id)), len(merged)
        if inner and not inner.trouble:
            self._fill(merged, inner.frame, origin.within(hole))
        title = hole.title or hole.name
        if inner and inner.trouble:
            merged.append(Text("iframe", f"{title} ({inner.trouble})", hole.in_view))
        elif len(merged) == before and hole.title:
            merged.append(Text("iframe", hole.title, hole.in_view))

    def _out_of_view(self) -> Iterator[str]:
        """Sessions of their own whose frame cannot be seen."""
        for inner in self._inner.values():
            in_view = any(hole.in_view for hole in inner.outer.seen.holes if hole.id == inner.hole)
            if inner.frame.session != inner.outer.session and not in_view:
                yield inner.frame.session

    # ------------------------------------------------------------ acting

    async def on(self, ref: int | None, function: str, *args: Any, wait_s: float = 0) -> Any:
        """What a function of the page script returns about an element, in px of the tab's viewport."""
        if ref is None:
            return await self._in_the_middle(self.main, function, *args, wait_s=wait_s)
        found = self._refs.find(ref)
        if found is None:
            return {"gone": sum(isinstance(item, Element) for item in self._shown)}
        frame, local = found
        match function, args:
            case "aim", (options,) if frame is not self.main:
                return await self._aim(frame, local, ref, options)
            case "missed", () if frame is not self.main:
                around = [inner.outer.call(function) for inner in self._outwards(frame)]
                return any(await asyncio.gather(self._call_on(frame, local, ref, function), *around))
            case _:
                at: Any = await self._call_on(frame, local, ref, function, *args, wait_s=wait_s)
                if not isinstance(at, dict) or "x" not in at:
                    return cast("Any", at)
                at = cast("Json", at)
                return {**at, **await self._lift(frame, at["x"], at["y"], pressed=function == "hits")}

    async def _call_on(self, frame: Frame, local: int, ref: int, function: str, *args: Any, wait_s: float = 0) -> Any:
        """What a function of the page script returns; the first time in an action it also tells the target."""
        if ref in self.targets:
            return await frame.call(function, local, *args, wait_s=wait_s)
        around = await self._frame_elements(frame)
        done, told = await frame.call_on(local, function, *args, wait_s=wait_s)
        if told:
            self.targets[ref] = replace(from_json(Target, told), frames=around)
        return done

    async def _frame_elements(self, frame: Frame) -> tuple[Target, ...]:
        """Those around a frame, the outermost first."""
        inner = self._around(frame)
        if inner is None:
            return ()
        told = await inner.outer.call("frameTarget", inner.hole)
        return (*await self._frame_elements(inner.outer), *([from_json(Target, told)] if told else []))

    async def node(self, ref: int, function: str) -> Json:
        frame, local = self._refs.find(ref) or (None, 0)
        if frame is None:
            raise WorldLost
        return await frame.node(f"autoglm.{function}({local})")

    def session_of(self, ref: int) -> str:
        found = self._refs.find(ref)
        return found[0].session if found else ""

    def id_of(self, ref: int) -> str:
        """Of the frame that it is in."""
        found = self._refs.find(ref)
        return found[0].id if found else ""

    async def _in_the_middle(self, frame: Frame, function: str, *args: Any, wait_s: float) -> Any:
        """Of the page itself, or of the frame that lies in its middle when it says so."""
        done = await frame.call(function, None, *args, wait_s=wait_s)
        inner = self._inner.get((frame, frame.documents, done["frame"])) if "frame" in done else None
        return await self._in_the_middle(inner.frame, function, *args, wait_s=wait_s) if inner else done

    async def _aim(self, frame: Frame, local: int, ref: int, options: Json) -> Json:
        """Like the page script's own: where to press, once no frame around hides it; else why not."""
        end = time.monotonic() + options["mostMs"] / 1000
        await self._uncover(frame)
        first_s = FIRST_AIM_S
        while True:
            left_s = max(end - time.monotonic(), 0)
            try_s, first_s = min(left_s, first_s), math.inf
            at = await self._call_on(frame, local, ref, "aim", {**options, "mostMs": 1000 * try_s}, wait_s=try_s)
            if "x" in at:
                at |= await self._lift(frame, at["x"], at["y"])
            if "why" not in at or left_s == 0:
                return {"why": at["why"]} if "why" in at else at
            # Another part of the frame is in view: the browser scrolls those around it, too.
            await frame.call("box", local, True)
            await self.glance()
            await asyncio.sleep(RETRY_S)

    async def _uncover(self, frame: Frame) -> None:
        """Scrolls the frames around, the outermost first, to where this one can be seen."""
        inner = self._around(frame)
        if inner is None:
            return
        await self._uncover(inner.outer)
        if not any(hole.in_view for hole in inner.outer.seen.holes if hole.id == inner.hole):
            await inner.outer.evaluate(f"autoglm.frame({inner.hole})?.scrollIntoView({INTO_VIEW})")
            await self.glance()

    async def glance(self) -> Sequence[Item]:
        """What all frames show at this moment. The scripts of inner ones learn from it what can be seen of them."""
        await self.main.look(patient=False)
        await self._look_within(self.main, patient=False)
        self._shown = self._merged()
        return self._shown

    async def _lift(self, frame: Frame, x: float, y: float, *, pressed: bool = False) -> Json:
        """A point of a frame in px of the tab's viewport, as `{x, y}`; with `why` a press there does not reach it.
        `pressed`: the next one is meant for it, and kept from the frames around it."""
        lifted: Json = {"x": x, "y": y}
        for inner in self._outwards(frame):
            at = await inner.outer.call("lift", inner.hole, lifted["x"], lifted["y"], pressed)
            if at is None:
                raise WorldLost
            lifted |= at
        return lifted

    def _outwards(self, frame: Frame) -> Iterator[Inner]:
        """The frame in its hole, the one around it in its own, and so on."""
        while inner := self._around(frame):
            yield inner
            frame = inner.outer

    def _around(self, frame: Frame) -> Inner | None:
        return next((inner for inner in self._inner.values() if inner.frame is frame), None)

    # ------------------------------------------------------------ frames of other sites

    def attach(self, frame: str, session: str) -> None:
        """From now on this frame is reached through this session; "" when through that of the frame around it."""
        if session:
            self._sessions[frame] = session
        else:
            self._sessions.pop(frame, None)
        for inner in self._inner.values():
            if inner.frame.id == frame:
                inner.frame.session = session or inner.outer.session
                inner.frame.lose()

    def context(self, session: str, context: Json) -> None:
        """A JavaScript context that the browser told of."""
        about = context.get("auxData", {})
        if about.get("isDefault"):
            self._contexts[session, about["frameId"]] = context["id"]

    async def _own_world(self, frame: Frame) -> int | None:
        """Context of the page's own world in a frame that shares its session with the one around it; else None, for
        the session's."""
        if frame is self.main or self._sessions.get(frame.id) == frame.session:
            return None
        # Told on being asked, of those that are there; nobody is kept waiting for what scripts log meanwhile.
        self._contexts.pop((frame.session, frame.id), None)
        await self._send("Runtime.enable", session=frame.session)
        await self._send("Runtime.disable", session=frame.session)
        for _ in range(CONTEXT_TRIES):
            if (frame.session, frame.id) in self._contexts:
                return self._contexts[frame.session, frame.id]
            await asyncio.sleep(0.01)  # chrome.debugger tells events after what was asked for
        raise WorldLost

    def detach(self, session: str) -> None:
        for frame in [frame for frame, held in self._sessions.items() if held == session]:
            self.attach(frame, "")


class Refs:
    """The numbers of a page's elements over all its frames, in the order in which they were first seen.

    A page without frames keeps those that its script gave.
    """

    def __init__(self, main: Frame) -> None:
        self._main = main
        self.document = main.documents
        """Which of the main frame's documents they are for."""
        self._alone = True
        self._kept = 0
        """Up to here they are the page script's own."""
        self._numbers: dict[tuple[Frame, int, int], int] = {}
        """By frame, its document, and the number in that."""
        self._places: dict[int, tuple[Frame, int, int]] = {}
        self._next = 1

    def keep(self) -> bool:
        """Whether the page's own numbers can stand, as no frame has had one."""
        if self._alone:
            self._kept = self._main.seen.highest
            self._next = self._kept + 1
        return self._alone

    def number(self, frame: Frame, local: int) -> int:
        if frame is self._main and local <= self._kept:
            return local
        self._alone = False
        place = frame, frame.documents, local
        number = self._numbers.get(place)
        if number is None:
            number = local if frame is self._main and local >= self._next else self._next
            self._numbers[place], self._places[number] = number, place
            self._next = number + 1
        return number

    def find(self, ref: int) -> tuple[Frame, int] | None:
        """The frame and the number in it; None when its document is gone."""
        kept = self._main, self.document, ref
        frame, document, local = kept if 0 < ref <= self._kept else self._places.get(ref, (self._main, -1, 0))
        return (frame, local) if frame.world is not None and frame.documents == document else None
