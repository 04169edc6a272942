"""All frames of a tab as one page: in one reading order, with one numbering, in one system of coordinates.

The page script of a frame knows its own document only. Where it meets a frame element it leaves a hole, which is filled
here with what the inner frame shows. A frame of another site lives in a process and session of its own.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autoglm.browser.frame import Frame, Send
from autoglm.browser.hands import QUIET_MS, WorldLost
from autoglm.browser.news import KNOWN_S, News
from autoglm.errors import CdpError, PageHung
from autoglm.seams import Json
from autoglm.types import Box, Element, Text

Item = Element | Text
FRAME_S = 1.5
"""How long one look waits for a frame to settle or to answer."""
RESTLESS_S = 0.2
"""How long for one that did not do so at the look before."""
MOST_ITEMS = 5000
"""Of all frames together; the page script has the same bound for one."""
LIFT_S = 0.05
"""Between two tries to bring a point of an inner frame into view."""
SILENT = "does not answer: its script does not end, or its server is slow"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a frame's own viewport lies in the tab's, and how large one of its px is drawn there."""

    x: float = 0
    y: float = 0
    scale: float = 1

    def box(self, box: list[float]) -> Box:
        x, y, width, height = box
        return Box(self.x + self.scale * x, self.y + self.scale * y, self.scale * width, self.scale * height)

    def within(self, hole: Json, inner: Frame) -> Origin:
        """That of the frame in a hole of this one."""
        x, y, width, _ = hole["box"]
        own_width = inner.head["viewport"][0] if inner.head else width
        return Origin(self.x + self.scale * x, self.y + self.scale * y, self.scale * (width / own_width or 1))


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
    def __init__(self, send: Send, news: News) -> None:
        self._send = send
        self._news = news
        self.main = Frame(send, "", "")
        self._inner: dict[tuple[Frame, int, int], Inner] = {}
        """By outer frame, its document, and hole."""
        self._sessions: dict[str, str] = {}
        """By id of a frame of another site, the session through which it is reached."""
        self._refs = Refs()
        self._never_rests = 0
        """Which document of the main frame did not come to rest when it was last looked at."""

    # ------------------------------------------------------------ looking

    async def look(self, deadline: float) -> tuple[bool, list[Item]]:
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
                looked = await self.main.look(patient=patient)
                if not looked:
                    await self._rest(self.main, left_s)
                if patient and (self._news.busy() or not looked):
                    continue
                quiet = await self._look_within(self.main, patient)
                self._never_rests = self.main.documents if idle and not patient else 0
                return patient and quiet, self._merged()
            except WorldLost as lost:
                # It navigated under us: then there is a new page to look at.
                rest_until = deadline
                if time.monotonic() > deadline + FRAME_S:
                    raise PageHung("the page goes on from one address to the next without end; go elsewhere") from lost

    def _restless(self) -> bool:
        """Whether this very document did not come to rest when it was last looked at."""
        return self.main.world is not None and self._never_rests == self.main.documents

    async def _rest(self, frame: Frame, seconds: float) -> None:
        await frame.call("quiet", QUIET_MS, max(1000 * seconds, 0), wait_s=max(seconds, 0))

    async def _look_within(self, outer: Frame, patient: bool) -> bool:
        """Looks at the frames in a frame's holes, all at once. Whether all that can be seen have settled."""
        holes = [hole for hole in outer.items if "hole" in hole]
        if not holes:
            return True
        return all(await asyncio.gather(*(self._look_into(outer, hole, patient) for hole in holes)))

    async def _look_into(self, outer: Frame, hole: Json, patient: bool) -> bool:
        inner = await self._inner_of(outer, hole["hole"])
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

    async def _look_at(self, inner: Inner, hole: Json, patient: bool) -> bool:
        until = time.monotonic() + FRAME_S / 2
        while True:
            patient = patient and time.monotonic() < until
            try:
                if await inner.frame.look(patient=patient, view=_view(hole, inner.frame)):
                    return await self._look_within(inner.frame, patient) and patient
                await self._rest(inner.frame, until - time.monotonic())
            except WorldLost:
                await asyncio.sleep(LIFT_S)

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
            self._inner[key] = Inner(Frame(self._send, node["frameId"], session), outer, hole)
        return self._inner[key]

    # ------------------------------------------------------------ one page of many frames

    def _merged(self) -> list[Item]:
        if self._refs.document != self.main.documents:
            self._refs = Refs(self.main.documents)
        merged: list[Item] = []
        self._fill(merged, self.main, Origin(), "")
        self._news.unseen = frozenset(self._out_of_view())
        return merged[:MOST_ITEMS]

    def _fill(self, merged: list[Item], frame: Frame, origin: Origin, name: str) -> None:
        for item in frame.items:
            if "hole" in item:
                self._fill_hole(merged, frame, item, origin)
            elif "ref" in item:
                merged.append(_element(item, self._refs.number(frame, item["ref"]), origin, name))
            else:
                merged.append(_text(item))

    def _fill_hole(self, merged: list[Item], outer: Frame, hole: Json, origin: Origin) -> None:
        inner, before = self._inner.get((outer, outer.documents, hole["hole"])), len(merged)
        if inner and not inner.trouble:
            self._fill(merged, inner.frame, origin.within(hole, inner.frame), hole["name"])
        if len(merged) == before:
            why = f" {inner.trouble}" if inner and inner.trouble else ""
            merged.append(Text("iframe", f"{hole['name']}{why}", not hole.get("away", False)))

    def _out_of_view(self) -> Iterator[str]:
        """Sessions of their own whose frame cannot be seen."""
        for inner in self._inner.values():
            hole = next((item for item in inner.outer.items if item.get("hole") == inner.hole), None)
            if inner.frame.session != inner.outer.session and (hole is None or hole.get("away")):
                yield inner.frame.session

    # ------------------------------------------------------------ acting

    async def on(self, ref: int | None, function: str, *args: Any, wait_s: float = 0) -> Any:
        """What a function of the page script returns about an element, in px of the tab's viewport."""
        if ref is None:
            return await self.main.call(function, None, *args, wait_s=wait_s)
        found = self._refs.find(ref)
        if found is None:
            return {"gone": self._refs.count()}
        frame, local = found
        if frame is self.main:
            return await frame.call(function, local, *args, wait_s=wait_s)
        match function, args:
            case "aim", (options,):
                return await self._aim(frame, local, options)
            case "hits", (x, y):
                return await frame.call("hits", local, *await self._sink(frame, x, y))
            case _:
                return await frame.call(function, local, *args, wait_s=wait_s)

    async def _aim(self, frame: Frame, ref: int, options: Json) -> Json:
        """Like the page script's own: where to press, once no frame around hides it; else why not."""
        end, bring = time.monotonic() + options["mostMs"] / 1000, False
        while True:
            left_s = max(end - time.monotonic(), 0)
            asked = {**options, "mostMs": 1000 * left_s, "bring": bring}
            at = await frame.call("aim", ref, asked, wait_s=left_s)
            if "x" not in at:
                return at
            lifted = await self._lift(frame, at["x"], at["y"])
            if "x" in lifted or left_s == 0:
                return {**at, **lifted} if "x" in lifted else lifted
            bring = True
            await asyncio.sleep(LIFT_S)

    async def _lift(self, frame: Frame, x: float, y: float) -> Json:
        """A point of a frame in px of the tab's viewport as `{x, y}`, or `{why}` something hides it."""
        while inner := self._around(frame):
            at = await inner.outer.call("lift", inner.hole, x, y)
            if at is None:
                return {"gone": self._refs.count()}
            if "why" in at:
                return {"why": at["why"]}
            frame, x, y = inner.outer, at["x"], at["y"]
        return {"x": x, "y": y}

    async def _sink(self, frame: Frame, x: float, y: float) -> tuple[float, float]:
        """A point of the tab's viewport in px of a frame's."""
        inner = self._around(frame)
        if inner is None:
            return x, y
        x, y = await self._sink(inner.outer, x, y)
        at = await inner.outer.call("sink", inner.hole, x, y)
        if at is None:
            raise WorldLost
        return at["x"], at["y"]

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

    def detach(self, session: str) -> None:
        for frame in [frame for frame, held in self._sessions.items() if held == session]:
            self.attach(frame, "")


class Refs:
    """The numbers of a page's elements, over all its frames in the order in which they were first seen, from 1."""

    def __init__(self, document: int = 0) -> None:
        self.document = document
        """Which of the main frame's documents they are for."""
        self._numbers: dict[tuple[Frame, int, int], int] = {}
        """By frame, its document, and the number in that."""
        self._places: list[tuple[Frame, int, int]] = []

    def number(self, frame: Frame, local: int) -> int:
        place = frame, frame.documents, local
        if place not in self._numbers:
            self._places.append(place)
            self._numbers[place] = len(self._places)
        return self._numbers[place]

    def find(self, ref: int) -> tuple[Frame, int] | None:
        """The frame and the number in it; None when its document is gone."""
        if not 1 <= ref <= len(self._places):
            return None
        frame, document, local = self._places[ref - 1]
        return (frame, local) if frame.world is not None and frame.documents == document else None

    def count(self) -> int:
        """How many are numbered in documents that are still there."""
        return sum(frame.world is not None and frame.documents == document for frame, document, _ in self._places)


def _view(hole: Json, frame: Frame) -> Json:
    """What can be seen of the frame in a hole, in px of its own viewport."""
    x, y, width, _ = hole["box"]
    scale = width / frame.head["viewport"][0] if frame.head and width else 1
    left, top, right, bottom = hole["clip"]
    clip = [(left - x) / scale, (top - y) / scale, (right - x) / scale, (bottom - y) / scale]
    return {"clip": clip, "covered": hole.get("covered", False)}


# ---------------------------------------------------------------- from the page script


def _element(item: Json, ref: int, origin: Origin, frame: str) -> Element:
    return Element(
        ref=ref,
        role=item["role"],
        name=item["name"],
        value=item.get("value"),
        states=tuple(item.get("states", ())),
        options=tuple(item.get("options", ())),
        takes=tuple(item["takes"]),
        multiple=item.get("multiple", False),
        type=item.get("type", ""),
        hint=item.get("hint", ""),
        box=origin.box(item["box"]),
        in_view=not item.get("away", False),
        frame=item.get("frame", frame),
    )


def _text(item: Json) -> Text:
    return Text(role=item["role"], text=item["text"], in_view=not item.get("away", False))
