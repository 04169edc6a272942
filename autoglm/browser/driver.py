"""One tab observed and acted upon, in Chrome's DevTools protocol. Knows nothing of who holds the other end of the pipe.

`page/` does what can be done inside the page; here is what needs the browser: input, navigation, dialogs, waiting.
"""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64decode
from typing import Any, assert_never

from autoglm.browser import page
from autoglm.browser.keys import MODIFIERS, SHIFT, Chord, Key, chord, named_key, needs_shift
from autoglm.browser.news import News
from autoglm.errors import BrowserError, CdpError, Mistake, PageHung
from autoglm.seams import Cdp, Json
from autoglm.types import (
    Back,
    Box,
    Check,
    Click,
    CloseTab,
    Dialog,
    Direction,
    DoubleClick,
    Drag,
    Element,
    Goto,
    Hover,
    JsDialog,
    NewTab,
    Observation,
    OnBrowser,
    OnElement,
    Press,
    RightClick,
    Scroll,
    ScrollPosition,
    Select,
    SwitchTab,
    Tab,
    Text,
    Type,
    Upload,
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
ACTIONABLE_S = 3.0
"""How long an element may take to become visible, enabled, still and uncovered."""
QUIET_MS = 60
"""A page that has not changed for so long has settled."""
SUGGEST_MS = 500
"""How long a field that offers suggestions is given to do so; jQuery UI's begin after 300 ms."""
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
        self._actionable_s = actionable_s
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
                seen = json.loads(await self._call("look", self._look_options(patient, listeners)))
                listeners = None
                if self._news.busy() and patient:
                    continue
                if "ask" in seen:
                    listeners = await self._listeners()
                    continue
                if "busy" not in seen:
                    return patient, seen
                left_ms = max(1000 * (deadline - time.monotonic()), 0)
                await self._call("quiet", QUIET_MS, left_ms, wait_s=left_ms / 1000)
            except _WorldLost as lost:
                # It navigated under us: then there is a new page to look at.
                self._world = None
                if time.monotonic() > deadline + self._answer_s:
                    raise PageHung("the page goes on from one address to the next without end; go elsewhere") from lost

    def _look_options(self, patient: bool, listeners: list[int] | None) -> Json:
        return {"patient": patient, "quietMs": QUIET_MS, "listeners": listeners}

    async def _listeners(self) -> list[int]:
        """How many elements the page has, then the positions of those that listen to clicks."""
        try:
            done = await self._send(
                "Runtime.evaluate", expression=LISTENERS_JS, includeCommandLineAPI=True, returnByValue=True
            )
        except CdpError as error:
            raise _WorldLost from error
        return done["result"].get("value") or [0]

    async def _screenshot(self) -> bytes:
        shot = await self._send("Page.captureScreenshot", format="jpeg", quality=70)
        return b64decode(shot["data"])

    # ------------------------------------------------------------ acting

    async def act(self, action: OnElement | OnBrowser) -> str:
        await self._listen()
        try:
            done = await self._act(action)
        except _WorldLost:
            self._world = None
            raise Mistake("the page was left or loaded anew while acting; look again before going on") from None
        opened = self._news.take_opened()
        return f"{done}; it opened {opened} in a new tab: Goto it to go on there" if opened else done

    async def _act(self, action: OnElement | OnBrowser) -> str:
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
            case Goto(url):
                return await self._goto(url)
            case Back():
                return await self._back()
            case Wait(seconds):
                return await self._wait(min(max(seconds, 0), LONGEST_WAIT_S))
            case DoubleClick() | RightClick() | Drag() | Upload() | NewTab() | SwitchTab() | CloseTab() | Dialog():
                raise Mistake(f"this browser cannot {type(action).__name__}; try another way")
            case _:
                assert_never(action)

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
            if not enabled or await self._call("hits", ref, at["x"], at["y"]):
                return at["x"], at["y"]
            if time.monotonic() > deadline:
                raise Mistake(f"element [{ref}] moves away or is covered when the mouse comes near; try another way")

    async def _mouse(self, kind: str, x: float, y: float, *, button: str = "left", buttons: int = 0) -> None:
        count = 0 if kind == "mouseMoved" else 1
        await self._send(
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
            return await self._call("held", ref, SUGGEST_MS, wait_s=SUGGEST_MS / 1000)
        except _WorldLost:
            self._world = None
            return None

    async def _insert(self, text: str) -> None:
        """Replace what is selected. The last character is a key press, for pages that only listen to keys."""
        last = named_key(text[-1:]) if text[-1:].isprintable() else None
        if not text:
            await self._stroke(chord("Delete"))
        elif last is None:
            await self._send("Input.insertText", text=text)
        else:
            if text[:-1]:
                await self._send("Input.insertText", text=text[:-1])
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
                    await self._call("quiet", QUIET_MS, 1000, wait_s=1)
                now = await self._call("checked", ref)
            except _WorldLost:
                self._world = None
                return None
            if now.get("state") == wanted:
                return wanted
        return now.get("state")

    async def _press(self, keys: Chord, ref: int | None) -> str:
        if ref is not None:
            await self._element(ref, "focus")
        else:
            await self._call("touch")
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
        await self._send("Input.dispatchKeyEvent", type=kind, **key.params(modifiers), **more)

    async def _scroll(self, direction: Direction, ref: int | None) -> str:
        dx, dy = {"up": (0, -0.85), "down": (0, 0.85), "left": (-0.85, 0), "right": (0.85, 0)}[direction]
        done = await self._element(ref, "scroll", dx, dy)
        if not done["moved"]:
            return f"nothing moved: it does not scroll further {direction}"
        return f"scrolled {done['moved']} px {direction}" + ("" if done["beyond"] else "; this is the end")

    async def _goto(self, url: str) -> str:
        if not url.lower().startswith(("http://", "https://", "file://", "about:")):
            raise Mistake(f"{url!r} is no address to go to; give it in full, like https://example.org/")
        self._news.leave()
        try:
            done = await self._within(NAVIGATE_S, "Page.navigate", url=url)
        except TimeoutError:
            await self._send("Page.stopLoading")
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
        history = await self._send("Page.getNavigationHistory")
        entries, current = history["entries"], history["currentIndex"]
        if current == 0 or (current == 1 and entries[0]["url"] == "about:blank"):
            raise Mistake("there is no page to go back to: this is the first one of this tab")
        self._news.leave()
        await self._send("Page.navigateToHistoryEntry", entryId=entries[current - 1]["id"])
        return "went back"

    async def _wait(self, seconds: float) -> str:
        await self._news.ended(seconds)
        return f"waited {seconds:g} s"

    # ------------------------------------------------------------ talking to the page

    async def _element(self, ref: int | None, function: str, *args: Any, wait_s: float = 0) -> Json:
        """What the page script answers about an element. Raises Mistake when it is gone or does not allow it."""
        done: Json = await self._call(function, ref, *args, wait_s=wait_s)
        if "gone" in done:
            raise Mistake(f"element [{ref}] is gone; there are {done['gone']} on this page now")
        if "why" in done:
            raise Mistake(f"element [{ref}] {done['why']}")
        return done

    async def _call(self, function: str, *args: Any, wait_s: float = 0) -> Any:
        """One of the page script, which may itself wait for `wait_s`. Raises _WorldLost, PageHung, BrowserGone."""
        if self._world is None:
            await self._enter()
        given = ", ".join(json.dumps(arg) for arg in args)
        return await self._evaluate(f"autoglm.{function}({given})", wait_s)

    async def _enter(self) -> None:
        tree = await self._send("Page.getFrameTree")
        frame = tree["frameTree"]["frame"]["id"]
        self._news.main = frame
        try:
            world = await self._send("Page.createIsolatedWorld", frameId=frame, worldName=WORLD)
        except CdpError as error:
            raise _WorldLost from error
        self._world = world["executionContextId"]
        await self._evaluate(page.script())

    async def _evaluate(self, expression: str, wait_s: float = 0) -> Any:
        try:
            done = await self._send(
                "Runtime.evaluate",
                wait_s,
                expression=expression,
                contextId=self._world,
                returnByValue=True,
                awaitPromise=True,
            )
        except CdpError as error:
            # The world went with its document: https://source.chromium.org/search?q=kContextNotFound
            raise _WorldLost from error
        if "exceptionDetails" in done:
            thrown = done["exceptionDetails"].get("exception", {}).get("description", "")
            raise CdpError("Runtime.evaluate", thrown or done["exceptionDetails"].get("text", ""))
        return done["result"].get("value")

    async def _send(self, method: str, wait_s: float = 0, /, **params: Any) -> Json:
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
        await self._send("Page.enable")
        # A tab in the background gets its focus events too.
        await self._send("Emulation.setFocusEmulationEnabled", enabled=True)
        await self._send("Network.enable", maxTotalBufferSize=100_000, maxResourceBufferSize=10_000)

    async def _hear(self) -> None:
        async for method, params, _ in self._cdp.events():
            if method == "Page.javascriptDialogOpening":
                self._news.dialog = JsDialog(params["type"], params["message"])
                await self._dismiss()
            else:
                self._news.hear(method, params)
        self._news.gone.set()
        self._news.changed.set()

    async def _dismiss(self) -> None:
        try:
            await self._send("Page.handleJavaScriptDialog", accept=False)
        except BrowserError:
            # Somebody else answered it first, which is as good; or the next command meets the same trouble and tells.
            return

    async def close(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._cdp.close()


class _WorldLost(Exception):
    """The document that was spoken to is no longer there."""


def _typed(ref: int, text: str, before: str, held: Json) -> str:
    value = held["value"]
    if value.replace("\r\n", "\n").rstrip("\n") == text.replace("\r\n", "\n").rstrip("\n"):
        return "typed"
    if held["secret"]:
        return f"typed; the field holds {len(value)} of {len(text)} characters"
    if value == before:
        raise Mistake(f"element [{ref}] did not take the text: it still holds {value!r}")
    return f"typed; the field now holds {value!r}"


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
