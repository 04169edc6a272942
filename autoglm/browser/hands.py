"""What is done with mouse, keyboard and files on one element. Knows nothing of tabs, frames, navigation and looking.

The page script says where to press and what a field holds; here is the input that only the browser can give.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from autoglm.browser.keys import COMMANDS, MODIFIERS, SHIFT, Chord, Key, chord, modifiers, named_key, needs_shift
from autoglm.errors import CdpError, Mistake
from autoglm.seams import Json
from autoglm.types import (
    Check,
    Click,
    Direction,
    DoubleClick,
    Drag,
    Hover,
    OnElement,
    Press,
    RightClick,
    Scroll,
    Select,
    Type,
    Upload,
)

ACTIONABLE_S = 3.0
"""How long an element may take to become visible, enabled, still and uncovered."""
LEAVING_S = 0.3
"""How long a document on its way to another one is given to answer."""
QUIET_MS = 60
"""A page that has not changed for so long has settled."""
SUGGEST_MS = 700
"""How long a field that offers suggestions is given to show or ask for them: most pause for 150 to 500 ms first."""
FORMATS = {
    "date": "date takes 2026-11-30",
    "time": "time takes 09:30",
    "month": "month takes 2026-11",
    "week": "week takes 2026-W48",
    "datetime-local": "datetime-local takes 2026-11-30T09:30",
    "color": "color takes #1e90ff",
    "number": "number takes 12 or 3.5",
    "range": "range takes a number",
}


DRAG = "Input.dragIntercepted"
CHOOSER = "Page.fileChooserOpened"
DRAG_S = 2.0
"""How long the browser may take to hand over a drag that the page has begun."""
CHOOSER_S = 0.7
"""How long after a click a file chooser may open."""
CHOOSER_LATE_S = 0.1
"""How much later the browser may tell of it."""
FOLDER_S = 15.0
"""How long the browser may take to list a folder, 0.5 ms a file; after that the page is looked at without it."""
HEAR_TAKEN = """function () {
  return {
    taken: new Promise((done) => {
      this.addEventListener('change', () => done(), { once: true, capture: true });
      setTimeout(done, %d);
    }),
  };
}"""
GRIP = 6
"""Px that a thing is moved before the browser takes it for a drag; its threshold is 4."""
STEPS = 6
"""Moves of a drag from its begin to its end; what sorts while one drags looks at each."""
STILL, STILL_S = 4, 0.05
"""A person holds still before letting go, in which time the browser goes on telling the page every 50 ms; what sorts
while one drags pays no heed to the mouse while things glide into place, SortableJS for 150 ms."""
CLOSED = frozenset("([{<'\"`")
"""Typed by a key, an editor adds the other half to it."""
Point = tuple[float, float]


class WorldLost(Exception):
    """The document that was spoken to is no longer there."""


class Reach(Protocol):
    """What the hands are at the end of: one tab and the page script of its frames. Both raise PageHung, BrowserGone."""

    async def send(self, method: str, wait_s: float = 0, /, **params: Any) -> Json:
        """A command to the tab, which may itself wait for `wait_s`. Input takes px of the tab's viewport."""
        ...

    async def call(self, function: str, *args: Any, wait_s: float = 0) -> Any:
        """A function of the page script in the page itself. Raises WorldLost."""
        ...

    async def on(self, ref: int | None, function: str, *args: Any, wait_s: float = 0) -> Any:
        """A function of the page script whose first argument is the element, in the frame that this is in.

        Points that it answers with are px of the tab's viewport. Raises WorldLost.
        """
        ...

    async def node(self, ref: int, function: str) -> Json:
        """The DOM node that such a function returns, as `DOM.describeNode` has it. Raises WorldLost."""
        ...

    async def leaves(self, ref: int) -> None:
        """Returns when the element's document, or the page, is on its way to another one."""
        ...

    async def send_to(self, ref: int, method: str, wait_s: float = 0, /, **params: Any) -> Json:
        """A command to the target that holds the element's frame."""
        ...


class Hands:
    def __init__(self, reach: Reach, actionable_s: float = ACTIONABLE_S) -> None:
        self._reach = reach
        self._actionable_s = actionable_s
        self._begun: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
        """Drags and file choosers that the browser handed to us instead of carrying them out itself."""
        self._data: Json | None = None
        """What is being dragged."""

    def hear(self, method: str, params: Json) -> None:
        """To be called with every event of the tab."""
        if method in (DRAG, CHOOSER):
            self._begun.put_nowait((method, params))

    async def act(self, action: OnElement) -> str:
        """What it led to. Raises Mistake when the page does not allow it, WorldLost, PageHung, BrowserGone."""
        match action:
            case Click(ref, dx, dy, held):
                return await self._click_with(ref, (dx, dy), held)
            case Type(ref, text):
                return await self._type(ref, text)
            case Select(ref, options):
                return await self._select(ref, options)
            case Check(ref, on):
                return await self._check(ref, on)
            case Press(key, ref):
                return await self._press(chord(key), ref)
            case Hover(ref):
                await self._move_to(ref, enabled=False)
                return "hovered"
            case Scroll(direction, ref, to):
                return await self._scroll(direction, ref, to)
            case DoubleClick(ref):
                x, y = await self._click(ref)
                if not await self._hits(ref, x, y):
                    raise Mistake(f"element [{ref}] was clicked, and then gone or covered before it was clicked again")
                await self._press_mouse(ref, x, y, count=2)
                return "double-clicked"
            case RightClick(ref):
                return await self._right_click(ref)
            case Drag(ref, to, dx, dy, x, y):
                return await self._drag(ref, to, dx, dy, (x, y))
            case Upload(ref, paths):
                return await self._upload(ref, paths)

    # ------------------------------------------------------------ mouse

    async def _click(self, ref: int) -> Point:
        x, y = await self._move_to(ref)
        await self._press_mouse(ref, x, y)
        return x, y

    async def _click_with(self, ref: int, off: Point, held: str) -> str:
        """Somewhere in it, with keys held down."""
        keys = modifiers(held) if held else None
        x, y = await self._move_to(ref, off=off if any(off) else None)
        async with self._held_down(keys.held if keys else ()):
            await self._press_mouse(ref, x, y, modifiers=keys.modifiers if keys else 0)
        return "clicked"

    async def _right_click(self, ref: int) -> str:
        x, y = await self._move_to(ref)
        await self._reach.on(ref, "noMenu")
        await self._press_mouse(ref, x, y, button="right")
        return "right-clicked"

    async def _press_mouse(
        self, ref: int, x: float, y: float, *, button: str = "left", count: int = 1, modifiers: int = 0
    ) -> None:
        held = {"left": 1, "right": 2}[button]
        await self._mouse("mousePressed", x, y, button=button, buttons=held, count=count, modifiers=modifiers)
        released = self._mouse("mouseReleased", x, y, button=button, count=count, modifiers=modifiers)
        await asyncio.gather(released, self._reached(ref))

    async def _reached(self, ref: int) -> None:
        """Raises Mistake when the page script kept a press or key from what would have got it instead."""
        try:
            missed = await self._afterwards(ref, "missed")
        except WorldLost:
            return
        if missed:
            raise Mistake(
                f"element [{ref}] was moved, covered, disabled or left just then; nothing was done, look again"
            )

    async def _afterwards(self, ref: int, function: str, *args: Any, wait_s: float = 0) -> Any:
        """What the page says of it after an input that may have led away from it. Raises WorldLost when it did."""
        asking = asyncio.create_task(self._reach.on(ref, function, *args, wait_s=wait_s))
        leaving = asyncio.create_task(self._reach.leaves(ref))
        try:
            await asyncio.wait((asking, leaving), return_when=asyncio.FIRST_COMPLETED)
            # On its way to another document it may answer nothing more: Chromium holds back what it is asked.
            await asyncio.wait((asking,), timeout=LEAVING_S + wait_s)
            if not asking.done():
                raise WorldLost
            return asking.result()
        finally:
            asking.cancel()
            leaving.cancel()

    async def _move_to(self, ref: int, *, enabled: bool = True, off: Point | None = None) -> Point:
        """Where the mouse now is: over the element, and nothing else; `off` px from its middle. Raises Mistake."""
        deadline = time.monotonic() + self._actionable_s
        while True:
            most_ms = max(1000 * (deadline - time.monotonic()), 0)
            options = {"mostMs": most_ms, "enabled": enabled, "off": off}
            at = await self._element(ref, "aim", options, wait_s=most_ms / 1000)
            await self._mouse("mouseMoved", at["x"], at["y"], button="none")
            # Hovering may have opened something over it, or moved it.
            if not enabled or await self._hits(ref, at["x"], at["y"]):
                return at["x"], at["y"]
            if time.monotonic() > deadline:
                raise Mistake(f"element [{ref}] moves away or is covered when the mouse comes near; try another way")

    async def _hits(self, ref: int, x: float, y: float) -> bool:
        """Whether a press there would reach it; neither it nor a frame around it has moved since."""
        at = await self._reach.on(ref, "hits")
        return at is not None and "why" not in at and abs(at["x"] - x) < 1 and abs(at["y"] - y) < 1

    async def _mouse(
        self,
        kind: str,
        x: float,
        y: float,
        *,
        button: str = "left",
        buttons: int = 0,
        count: int = 0,
        modifiers: int = 0,
    ) -> None:
        given = {"button": button, "buttons": buttons, "clickCount": count, "modifiers": modifiers}
        await self._reach.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **given)

    # ------------------------------------------------------------ drag and drop

    async def _drag(self, ref: int, to: int | None, dx: float, dy: float, off: Point = (0, 0)) -> str:
        if to is None and not dx and not dy:
            raise Mistake("a drag needs an end: another element in `to`, or `dx` or `dy` in px")
        ahead = await self._middle(to) if to is not None else None
        start = await self._move_to(ref, off=off if any(off) else None)
        way = (ahead[0] - start[0], ahead[1] - start[1]) if ahead else (dx, dy)
        self._begun, self._data = asyncio.Queue(), None
        await self._reach.on(ref, "watchDrag")
        # Chromium asks the page's own session, wherever the drag begins; one that is not handed over is the system's.
        await self._reach.send("Input.setInterceptDrags", enabled=True)
        try:
            return await self._pull(ref, to, start, way, dx, dy)
        finally:
            await self._reach.send("Input.setInterceptDrags", enabled=False)

    async def _pull(self, ref: int, to: int | None, start: Point, way: Point, dx: float, dy: float) -> str:
        await self._mouse("mousePressed", *start, buttons=1, count=1)
        at = start
        try:
            await self._reached(ref)
            for at in _line(start, (start[0] + _sign(way[0]) * GRIP, start[1] + _sign(way[1]) * GRIP), 2):
                await self._mouse("mouseMoved", *at, buttons=1)
            # What is at the end may have moved when the thing was taken up.
            x, y = start if to is None else await self._middle(to)
            end = x + dx, y + dy
            for step in (*_line(at, end, STEPS), end):
                await self._mouse("mouseMoved", *step, buttons=1)
                if await self._taken(ref):
                    break
        except Mistake:
            if begun := await self._taken(ref):
                await self._drag_event("dragCancel", at, begun)
            await self._mouse("mouseReleased", *at, count=1)
            raise
        if begun := await self._taken(ref):
            try:
                return await self._carry(to or ref, begun, at, end)
            finally:
                await self._end_drag(ref, begun)
        await self._mouse("mouseReleased", *end, count=1)
        if await self._reach.on(ref, "astray"):
            raise Mistake(f"element [{ref}] was moved or covered as it was taken up; nothing was dragged, look again")
        return "dragged"

    async def _end_drag(self, ref: int, data: Json) -> None:
        """A page does not hear of a drag that ends in a frame of another site: no press would reach it any more."""
        with suppress(WorldLost):
            if await self._afterwards(ref, "carried"):
                await self._reach.send_to(ref, "Input.dispatchDragEvent", type="dragCancel", x=1, y=1, data=data)

    async def _taken(self, ref: int) -> Json | None:
        """What is dragged, when it is a drag of HTML's kind: the system would carry that, and we do in its place."""
        if self._data is None and (not self._begun.empty() or await self._reach.on(ref, "dragging")):
            begun = await self._event(DRAG, DRAG_S)
            self._data = begun and begun["data"]
        return self._data

    async def _carry(self, onto: int, data: Json, start: Point, end: Point) -> str:
        await self._drag_event("dragEnter", start, data)
        for at in _line(start, end, STEPS):
            await self._drag_event("dragOver", at, data)
        for _ in range(STILL):
            await asyncio.sleep(STILL_S)
            await self._drag_event("dragOver", end, data)
        if not await self._accepted(onto, end, data):
            # A frame of another process has not seen it enter.
            await self._drag_event("dragEnter", end, data)
            if await self._accepted(onto, end, data) is False:
                await self._drag_event("dragCancel", end, data)
                raise Mistake(f"element [{onto}] does not let this be dropped there")
        await self._drag_event("drop", end, data)
        return "dragged"

    async def _accepted(self, onto: int, at: Point, data: Json) -> bool | None:
        """None when a frame that is not that of `onto` got it."""
        await self._reach.on(onto, "watchDrop")
        await self._drag_event("dragOver", at, data)
        return await self._reach.on(onto, "accepts")

    async def _drag_event(self, kind: str, at: Point, data: Json) -> None:
        await self._reach.send("Input.dispatchDragEvent", type=kind, x=at[0], y=at[1], data=data)

    async def _middle(self, ref: int) -> Point:
        at = await self._element(ref, "bring")
        return at["x"], at["y"]

    # ------------------------------------------------------------ files

    async def _upload(self, ref: int, paths: tuple[str, ...]) -> str:
        files = _existing(paths)
        if (await self._element(ref, "upload", 1000 * self._actionable_s, wait_s=self._actionable_s))["input"]:
            return await self._give(ref, files, await self._reach.node(ref, "fileInput"))
        await self._reach.send_to(ref, "Page.setInterceptFileChooserDialog", enabled=True)
        self._begun = asyncio.Queue()
        try:
            at = await self._click(ref)
            opened = await self._asked(ref)
        finally:
            await self._reach.send_to(ref, "Page.setInterceptFileChooserDialog", enabled=False)
        if opened is None:
            return await self._drop_files(ref, files, at)
        if "backendNodeId" not in opened:
            raise Mistake(f"element [{ref}] asks for files in a way that only a person can answer; try another way")
        asked = await self._reach.send_to(ref, "DOM.describeNode", backendNodeId=opened["backendNodeId"])
        return await self._give(ref, files, asked["node"])

    async def _asked(self, ref: int) -> Json | None:
        """The file chooser that a click opens within CHOOSER_S, by the clock of its page, which may be slow."""
        hearing = asyncio.create_task(self._event(CHOOSER, None))
        pausing = asyncio.create_task(self._afterwards(ref, "pause", 1000 * CHOOSER_S, wait_s=CHOOSER_S))
        try:
            await asyncio.wait((hearing, pausing), return_when=asyncio.FIRST_COMPLETED)
            # chrome.debugger tells events after what was asked for.
            await asyncio.wait((hearing,), timeout=CHOOSER_LATE_S)
            return hearing.result() if hearing.done() else None
        finally:
            hearing.cancel()
            pausing.cancel()
            await asyncio.gather(pausing, return_exceptions=True)

    async def _give(self, ref: int, files: list[Path], node: Json) -> str:
        """Files for a file input. Raises Mistake for what the system's own file chooser would not let pass."""
        given: list[str] = node.get("attributes", [])
        attributes = dict(zip(given[::2], given[1::2], strict=True))
        if "webkitdirectory" not in attributes and (folders := [file for file in files if file.is_dir()]):
            raise Mistake(f"{folders[0]} is a folder; element [{ref}] takes files, name those that are in it")
        if "webkitdirectory" in attributes and (single := [file for file in files if not file.is_dir()]):
            raise Mistake(f"{single[0]} is a file; element [{ref}] takes a whole folder")
        if empty := [file for file in files if file.is_dir() and not any(each.is_file() for each in file.rglob("*"))]:
            raise Mistake(f"{empty[0]} is a folder without a file; name one that has some")
        if len(files) > 1 and "multiple" not in attributes:
            raise Mistake(f"element [{ref}] takes one file, not {len(files)}")
        accept = attributes.get("accept", "")
        if refused := [file for file in files if not _accepted(file, accept)]:
            raise Mistake(f"element [{ref}] takes {accept}, not {refused[0].name}")
        given_to = {"backendNodeId": node["backendNodeId"]}
        taken = await self._folder_taken(ref, given_to) if "webkitdirectory" in attributes else None
        await self._reach.send_to(ref, "DOM.setFileInputFiles", files=[str(file) for file in files], **given_to)
        if taken:
            with suppress(CdpError):  # The page left with what it was given.
                await self._reach.send_to(ref, "Runtime.callFunctionOn", FOLDER_S, **taken)
        return f"gave it {', '.join(file.name for file in files)}"

    async def _folder_taken(self, ref: int, node: Json) -> Json:
        """What waits for the input to have a folder: the browser lists what is in it while the page goes on."""
        held = (await self._reach.send_to(ref, "DOM.resolveNode", **node))["object"]["objectId"]
        heard = await self._reach.send_to(
            ref, "Runtime.callFunctionOn", objectId=held, functionDeclaration=HEAR_TAKEN % (1000 * FOLDER_S)
        )
        return {
            "objectId": heard["result"]["objectId"],
            "functionDeclaration": "function () { return this.taken }",
            "awaitPromise": True,
            "returnByValue": True,
        }

    async def _drop_files(self, ref: int, files: list[Path], at: Point) -> str:
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        try:
            await self._carry(ref, data, at, at)
        except Mistake:
            raise Mistake(
                f"element [{ref}] asked for no file when it was clicked, and takes none that is dropped on it; "
                "look again, then upload to what asks for files"
            ) from None
        return f"dropped {', '.join(file.name for file in files)} on it"

    async def _event(self, method: str, most_s: float | None) -> Json | None:
        """What the browser handed over; None when nothing came."""
        try:
            async with asyncio.timeout(most_s):
                while True:
                    heard, params = await self._begun.get()
                    if heard == method:
                        return params
        except TimeoutError:
            return None

    # ------------------------------------------------------------ fields

    async def _type(self, ref: int, text: str) -> str:
        field = await self._edit(ref)
        match field["how"]:
            case "whole":
                return await self._put(ref, text)
            case "steps":
                return await self._steer(ref, text, field)
            case "lines":
                await self._write(ref, text)
            case "editor":
                return await self._fill_editor(ref, text)
            case _ if field["most"] and len(text) > field["most"]:
                # One of a row of boxes for a character each, perhaps; the next ones get the rest.
                await self._insert_by_keys(text)
            case _:
                await self._insert(text)
        held = await self._held(ref)
        if held and field["how"] == "keys" and not held["lost"] and _lost(text, held["value"]) and not field["most"]:
            # A mask that wants to see every key.
            await self._edit(ref)
            await self._insert_by_keys(text)
            held = await self._held(ref)
        if held and held["lost"]:
            raise Mistake(f"element [{ref}] lost the focus in that moment; nothing was typed, look again")
        return _typed(ref, text, field["held"], held) if held else "typed"

    async def _edit(self, ref: int) -> Json:
        return await self._element(ref, "edit", 1000 * self._actionable_s, wait_s=self._actionable_s)

    async def _held(self, ref: int) -> Json | None:
        """What a field holds now; None when what was done to it led away from it."""
        try:
            return await self._afterwards(ref, "held", SUGGEST_MS, wait_s=SUGGEST_MS / 1000)
        except WorldLost:
            return None

    async def _insert(self, text: str) -> None:
        """Replace what is selected. The last character is a key press, for pages that only listen to keys."""
        last = _key_of(text[-1:])
        if not text:
            await self._stroke(chord("Delete"))
        elif last is None:
            await self._reach.send("Input.insertText", text=text)
        else:
            if text[:-1]:
                await self._reach.send("Input.insertText", text=text[:-1])
            await self._stroke(last)

    async def _insert_by_keys(self, text: str) -> None:
        for char in text:
            if key := _key_of(char):
                await self._stroke(key)
            else:
                await self._reach.send("Input.insertText", text=char)

    async def _write(self, ref: int, text: str) -> None:
        """Replace what an editor holds. Several lines are pasted where the editor handles that itself, for it may
        indent a line that begins after an Enter; else they are typed with an Enter between."""
        if "\n" in text and await self._reach.on(ref, "paste", text):
            return
        for i, line in enumerate(text.split("\n")):
            if i:
                await self._stroke(chord("Enter"))
            if line[-1:] in CLOSED:
                await self._reach.send("Input.insertText", text=line)
            elif line or not i:
                await self._insert(line)

    async def _fill_editor(self, ref: int, text: str) -> str:
        """Replace what an editor holds that draws its text itself, of which only the lines in view can be read."""
        await self._stroke(chord("Control+a"))
        await self._reached(ref)
        if not text or not await self._reach.on(ref, "paste", text):
            await self._insert(text)
        return "typed"

    async def _steer(self, ref: int, text: str, slider: Json) -> str:
        """Bring a slider of the page's own making to a number, by its keys or else by its handle."""
        if not re.fullmatch(r"-?\d+(\.\d+)?", text.strip()):
            raise Mistake(f"element [{ref}] does not take {text!r}: {FORMATS['range']}")
        wanted = float(text)
        least, most = slider["min"], slider["max"]
        if (least is not None and wanted < least) or (most is not None and wanted > most):
            raise Mistake(f"element [{ref}] goes from {_number(least)} to {_number(most)}, not to {text.strip()}")
        now = await self._step_to(ref, wanted, slider)
        if now != wanted and slider["drags"]:
            now = await self._slide_to(ref, wanted, now, slider)
        if now == slider["now"] != wanted:
            raise Mistake(f"element [{ref}] did not move: it still says {_number(now)}; try Drag")
        return "set" if now == wanted else f"it now says {_number(now)}"

    async def _step_to(self, ref: int, wanted: float, slider: Json) -> float:
        now: float = slider["now"]
        ends = {slider["min"]: "Home", slider["max"]: "End"}
        if wanted in ends and now != wanted:
            now = await self._after(ref, ends[wanted], 1)
        for more, less in (("ArrowUp", "ArrowDown"), ("ArrowRight", "ArrowLeft")):
            if now == wanted:
                return now
            before, now = now, await self._after(ref, more if wanted > now else less, 1)
            other = now == before or (now > before) != (wanted > before)  # it runs the other way
            key, back = (less, more) if other else (more, less)
            if now == before:
                now = await self._after(ref, key if wanted > now else back, 1)
            step = abs(now - before)
            while step and 0.5 * step <= abs(wanted - now) and abs(now - before) >= 0.5 * step:
                times = min(round(abs(wanted - now) / step), 500)
                before, now = now, await self._after(ref, key if wanted > now else back, times)
            if step:
                return now
        return now

    async def _slide_to(self, ref: int, wanted: float, now: float, slider: Json) -> float:
        """Drags the handle; how far it is to go is learned from how far it went."""
        px = slider["track"] / ((slider["max"] - slider["min"]) or 1)
        for _ in range(6):
            far = (wanted - now) * px
            await self._drag(ref, None, *((0, -far) if slider["upright"] else (far, 0)))
            before, now = now, (await self._element(ref, "steps"))["now"]
            if now == wanted:
                break
            if now == before:
                px *= -1.5  # or it runs the other way
            elif abs(far) >= 4:
                px = far / (now - before)
        return now

    async def _after(self, ref: int, key: str, times: int) -> float:
        """The number that a slider says after a key."""
        for _ in range(times):
            await self._stroke(chord(key))
        return (await self._element(ref, "steps"))["now"]

    async def _put(self, ref: int, text: str) -> str:
        done = await self._element(ref, "put", text)
        if "malformed" in done:
            raise Mistake(f"element [{ref}] does not take {text!r}: {FORMATS[done['malformed']]}")
        held = await self._held(ref)
        outcome = "set" if done["value"] == text else f"the field now holds {done['value']!r}"
        return f"{outcome}; the field says: {held['complaint']}" if held and held["complaint"] else outcome

    # ------------------------------------------------------------ lists, boxes, keys, scrolling

    async def _select(self, ref: int, options: tuple[str, ...]) -> str:
        most_ms = 1000 * self._actionable_s
        done = await self._element(ref, "choose", most_ms, list(options), wait_s=self._actionable_s)
        if "missing" in done:
            raise Mistake(f"element [{ref}] has no option {done['missing']!r}; there are {' | '.join(done['options'])}")
        return f"selected {done['value']}" if done["changed"] else f"{done['value']} was selected already"

    async def _check(self, ref: int, on: bool) -> str:
        wanted = "on" if on else "off"
        before = await self._element(ref, "checked")
        if before["state"] == wanted:
            return f"was {wanted} already"
        if before["role"] in ("radio", "menuitemradio") and not on:
            raise Mistake(f"radio button [{ref}] cannot be turned off; turn another one of its group on")
        await self._click(ref)
        after = await self._still(ref, wanted)
        if after not in (wanted, None):
            raise Mistake(f"element [{ref}] was clicked but is still {after}; the page may not allow it")
        return f"turned {wanted}"

    async def _still(self, ref: int, wanted: str) -> str | None:
        """The state after a click; None when the element or the page is no longer there."""
        for settle in (False, True):
            try:
                if settle:
                    await self._reach.call("quiet", QUIET_MS, 1000, wait_s=1)
                now = await self._afterwards(ref, "checked")
            except WorldLost:
                return None
            if now.get("state") == wanted:
                return wanted
        return now.get("state")

    async def _press(self, keys: Chord, ref: int | None) -> str:
        if ref is None:
            await self._reach.call("touch")
            await self._stroke(keys)
        else:
            await self._element(ref, "focus")
            await self._stroke(keys)
            await self._reached(ref)
        return "pressed"

    async def _stroke(self, keys: Chord) -> None:
        more: Json = {"text": keys.text, "unmodifiedText": keys.text} if keys.text else {}
        if command := COMMANDS.get((keys.modifiers, keys.key.key)):
            more = {"commands": [command]}
        async with self._held_down(keys.held):
            await self._key("keyDown" if keys.text else "rawKeyDown", keys.key, keys.modifiers, **more)
            await self._key("keyUp", keys.key, keys.modifiers)

    @asynccontextmanager
    async def _held_down(self, held: tuple[Key, ...]) -> AsyncGenerator[None]:
        """Modifier keys, pressed one after the other and released in the end."""
        bits = 0
        for key in held:
            bits |= MODIFIERS[key.key][1]
            await self._key("rawKeyDown", key, bits)
        try:
            yield
        finally:
            for key in reversed(held):
                bits &= ~MODIFIERS[key.key][1]
                await self._key("keyUp", key, bits)

    async def _key(self, kind: str, key: Key, modifiers: int, **more: Any) -> None:
        await self._reach.send("Input.dispatchKeyEvent", type=kind, **key.params(modifiers), **more)

    async def _scroll(self, direction: Direction, ref: int | None, to: float | None) -> str:
        dx, dy = {"up": (0, -0.85), "down": (0, 0.85), "left": (-0.85, 0), "right": (0.85, 0)}[direction]
        done = await self._element(ref, "scroll", dx, dy, to)
        if to is not None:
            return f"scrolled to {to:g} % of the way"
        if not done["moved"]:
            return f"nothing moved: it does not scroll further {direction}"
        return f"scrolled {done['moved']} px {direction}" + ("" if done["beyond"] else "; this is the end")

    async def _element(self, ref: int | None, function: str, *args: Any, wait_s: float = 0) -> Json:
        """What the page script answers about an element. Raises Mistake when it is gone or does not allow it."""
        done: Json = await self._reach.on(ref, function, *args, wait_s=wait_s)
        if "gone" in done:
            raise Mistake(f"element [{ref}] is gone; there are {done['gone']} on this page now")
        if "why" in done:
            raise Mistake(f"element [{ref}] {done['why']}")
        return done


def _typed(ref: int, text: str, before: str, held: Json) -> str:
    value = held["value"]
    if _plain(value) == _plain(text):
        return "typed"
    if held["secret"]:
        return f"typed; the field holds {len(value)} of {len(text)} characters"
    if value == before and not held["stirred"]:
        raise Mistake(f"element [{ref}] did not take the text: it still holds {value!r}")
    return f"typed; the field now holds {value!r}"


def _plain(text: str) -> str:
    """Without what an editor shows otherwise: a blank line between paragraphs, a hard space between words."""
    return re.sub(r"[\r\n]+", "\n", text.replace("\xa0", " ")).strip("\n")


def _lost(text: str, value: str) -> bool:
    """Whether letters or digits of a short text were lost, yet not all: then nothing was sent off."""
    return len(text) <= 64 and 0 < sum(map(str.isalnum, value)) < sum(map(str.isalnum, text))


def _key_of(char: str) -> Chord | None:
    key = named_key(char) if char.isprintable() else None
    return Chord(key, (), SHIFT if needs_shift(key) else 0) if key else None


def _line(start: Point, end: Point, steps: int) -> list[Point]:
    """Points on the way, the end among them."""
    (x, y), (to_x, to_y) = start, end
    return [(x + (to_x - x) * i / steps, y + (to_y - y) * i / steps) for i in range(1, steps + 1)]


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def _existing(paths: tuple[str, ...]) -> list[Path]:
    """Absolute paths. Raises Mistake."""
    files = [Path(path).expanduser().absolute() for path in paths]
    if missing := next((path for path, file in zip(paths, files, strict=True) if not file.exists()), None):
        raise Mistake(f"there is no file {missing!r} on this machine; ask for its path")
    return files


def _accepted(file: Path, accept: str) -> bool:
    """https://html.spec.whatwg.org/multipage/input.html#attr-input-accept"""
    kinds = [kind.strip().lower() for kind in accept.split(",") if kind.strip()]
    type_ = mimetypes.guess_type(file.name)[0] or ""
    return not kinds or any(
        file.name.lower().endswith(kind) if kind.startswith(".") else re.fullmatch(kind.replace("*", ".*"), type_)
        for kind in kinds
    )
