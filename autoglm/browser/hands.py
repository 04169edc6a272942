"""What is done with mouse and keyboard on one element. Knows nothing of tabs, frames, navigation and looking.

The page script says where to press and what a field holds; here is the input that only the browser can give.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

from autoglm.browser.keys import MODIFIERS, SHIFT, Chord, Key, chord, named_key, needs_shift
from autoglm.errors import Mistake
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
QUIET_MS = 60
"""A page that has not changed for so long has settled."""
SUGGEST_MS = 500
"""How long a field that offers suggestions is given to do so; jQuery UI's begin after 300 ms."""
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


class Hands:
    def __init__(self, reach: Reach, actionable_s: float = ACTIONABLE_S) -> None:
        self._reach = reach
        self._actionable_s = actionable_s

    async def act(self, action: OnElement) -> str:
        """What it led to. Raises Mistake when the page does not allow it, WorldLost, PageHung, BrowserGone."""
        match action:
            case Click(ref):
                return await self._click(ref)
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
            case Scroll(direction, ref):
                return await self._scroll(direction, ref)
            case DoubleClick() | RightClick() | Drag() | Upload():
                raise Mistake(f"this browser cannot {type(action).__name__}; try another way")

    async def _click(self, ref: int) -> str:
        x, y = await self._move_to(ref)
        await self._mouse("mousePressed", x, y, buttons=1)
        await self._mouse("mouseReleased", x, y, buttons=0)
        return "clicked"

    async def _move_to(self, ref: int, *, enabled: bool = True) -> tuple[float, float]:
        """Where the mouse now is: over the element, and nothing else. Raises Mistake."""
        deadline = time.monotonic() + self._actionable_s
        while True:
            most_ms = max(1000 * (deadline - time.monotonic()), 0)
            options = {"mostMs": most_ms, "enabled": enabled}
            at = await self._element(ref, "aim", options, wait_s=most_ms / 1000)
            await self._mouse("mouseMoved", at["x"], at["y"], button="none")
            # Hovering may have opened something over it, or moved it.
            if not enabled or await self._reach.on(ref, "hits", at["x"], at["y"]):
                return at["x"], at["y"]
            if time.monotonic() > deadline:
                raise Mistake(f"element [{ref}] moves away or is covered when the mouse comes near; try another way")

    async def _mouse(self, kind: str, x: float, y: float, *, button: str = "left", buttons: int = 0) -> None:
        count = 0 if kind == "mouseMoved" else 1
        await self._reach.send(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons, clickCount=count
        )

    async def _type(self, ref: int, text: str) -> str:
        field = await self._element(ref, "edit", 1000 * self._actionable_s, wait_s=self._actionable_s)
        if field["how"] == "whole":
            return await self._put(ref, text)
        await self._insert(text)
        held = await self._held(ref)
        return _typed(ref, text, field["held"], held) if held else "typed"

    async def _held(self, ref: int) -> Json | None:
        """What a field holds now; None when what was done to it led away from it."""
        try:
            return await self._reach.on(ref, "held", SUGGEST_MS, wait_s=SUGGEST_MS / 1000)
        except WorldLost:
            return None

    async def _insert(self, text: str) -> None:
        """Replace what is selected. The last character is a key press, for pages that only listen to keys."""
        last = named_key(text[-1:]) if text[-1:].isprintable() else None
        if not text:
            await self._stroke(chord("Delete"))
        elif last is None:
            await self._reach.send("Input.insertText", text=text)
        else:
            if text[:-1]:
                await self._reach.send("Input.insertText", text=text[:-1])
            await self._stroke(Chord(last, (), SHIFT if needs_shift(last) else 0))

    async def _put(self, ref: int, text: str) -> str:
        done = await self._element(ref, "put", text)
        if "malformed" in done:
            raise Mistake(f"element [{ref}] does not take {text!r}: {FORMATS[done['malformed']]}")
        held = await self._held(ref)
        outcome = "set" if done["value"] == text else f"the field now holds {done['value']!r}"
        return f"{outcome}; the field says: {held['complaint']}" if held and held["complaint"] else outcome

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
                now = await self._reach.on(ref, "checked")
            except WorldLost:
                return None
            if now.get("state") == wanted:
                return wanted
        return now.get("state")

    async def _press(self, keys: Chord, ref: int | None) -> str:
        if ref is not None:
            await self._element(ref, "focus")
        else:
            await self._reach.call("touch")
        await self._stroke(keys)
        return "pressed"

    async def _stroke(self, keys: Chord) -> None:
        bits = 0
        for key in keys.held:
            bits |= keys.modifiers & MODIFIERS[key.key][1]
            await self._key("rawKeyDown", key, bits)
        typed = {"text": keys.text, "unmodifiedText": keys.text} if keys.text else {}
        await self._key("keyDown" if typed else "rawKeyDown", keys.key, keys.modifiers, **typed)
        await self._key("keyUp", keys.key, keys.modifiers)
        for key in reversed(keys.held):
            bits &= ~MODIFIERS[key.key][1]
            await self._key("keyUp", key, bits)

    async def _key(self, kind: str, key: Key, modifiers: int, **more: str) -> None:
        await self._reach.send("Input.dispatchKeyEvent", type=kind, **key.params(modifiers), **more)

    async def _scroll(self, direction: Direction, ref: int | None) -> str:
        dx, dy = {"up": (0, -0.85), "down": (0, 0.85), "left": (-0.85, 0), "right": (0.85, 0)}[direction]
        done = await self._element(ref, "scroll", dx, dy)
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
    if value.replace("\r\n", "\n").rstrip("\n") == text.replace("\r\n", "\n").rstrip("\n"):
        return "typed"
    if held["secret"]:
        return f"typed; the field holds {len(value)} of {len(text)} characters"
    if value == before:
        raise Mistake(f"element [{ref}] did not take the text: it still holds {value!r}")
    return f"typed; the field now holds {value!r}"
