"""A browser in which a recording is played: what is done goes through Playwright, what is seen through our own eyes."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, cast

from playwright.async_api import Error, Locator, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from autoglm import types
from autoglm.browser.driver import CdpBrowser
from autoglm.browser.keys import MODIFIERS, chord
from autoglm.browser.playwright_find import Scope, find, said
from autoglm.browser.playwright_pipe import PageCdp
from autoglm.errors import Mistake
from autoglm.types import (
    Acted,
    Check,
    Click,
    DoubleClick,
    Drag,
    Hover,
    Observation,
    OnBrowser,
    OnElement,
    Press,
    RightClick,
    Scroll,
    Select,
    Target,
    Type,
    Upload,
)

FIND_S = 5.0
"""How long an element is waited for."""
WEAK_S = 0.5
"""How long what finds it by its place alone waits for what finds it by what it is."""
CHOOSER_S = 1.5
"""How long something that asks for a file when it is clicked may take to ask."""
POLL_S = 0.01
SET_WHOLE = frozenset({"date", "time", "month", "week", "datetime-local", "color", "number", "range"})
SCROLL = {"up": (0, -0.85), "down": (0, 0.85), "left": (-0.85, 0), "right": (0.85, 0)}
SCROLL_TO = """(el, [percent, sideways]) => {
  const [size, seen] = sideways ? ['scrollWidth', 'clientWidth'] : ['scrollHeight', 'clientHeight'];
  const scrolls = (each) => each[size] > each[seen] + 1 && getComputedStyle(each).overflow !== 'visible';
  let at = [el, ...[...el.querySelectorAll('*')].slice(0, 50)].find(scrolls) ?? el;
  while (at && !scrolls(at)) at = at.parentElement;
  at = at && el.localName !== 'html' ? at : document.scrollingElement;
  at[sideways ? 'scrollLeft' : 'scrollTop'] = (percent / 100) * (at[size] - at[seen]);
}"""
"""Of the nearest box that scrolls."""


@dataclass(frozen=True, slots=True)
class Found:
    """An element of the recording, on the page as it is now."""

    element: Locator
    way: types.Locator
    name: str
    """As it was recorded."""
    seen: Mapping[str, Any]
    """What is said() of it."""


class Stage:
    """Must be used from one task. Raises Mistake where the page does not allow what is asked of it; BrowserGone."""

    def __init__(self, browser: CdpBrowser, *, find_s: float = FIND_S) -> None:
        self._browser = browser
        self._browser.looks_ahead = False
        self._find_s = find_s
        self._held_up: asyncio.Task[None] | None = None
        """An action that a dialog holds up."""

    # ------------------------------------------------------------ finding

    async def find(self, target: Target, more_s: float = 0.0) -> Found | None:
        """By the best way that matches one element now; None when no way does in time, and `more_s` besides."""
        await self._read()
        begun = time.monotonic()
        scope = self._scope(target)
        strong = [way for way in target.locators if not _is_weak(way)]
        weak = [way for way in target.locators if _is_weak(way)]
        while True:
            waited = time.monotonic() - begun
            for way in [*strong, *(weak if waited > WEAK_S or not strong else [])]:
                if found := await self._by(scope, way, target):
                    return found
            if waited > self._find_s + more_s:
                return None
            await asyncio.sleep(POLL_S)

    async def _read(self) -> None:
        """Returns when the page's HTML is read, or takes long: its scripts are about to change half a page."""
        with suppress(Error):
            await self._page.wait_for_load_state("domcontentloaded", timeout=self._find_s * 1000)

    async def _by(self, scope: Scope, way: types.Locator, target: Target) -> Found | None:
        matched = find(scope, way)
        try:
            if await matched.count() != way.matches:
                return None
            one = matched if way.matches == 1 else matched.nth(way.nth)
            seen = await said(one)
            if target.role and not _is_own(way):
                # Where it stands, leads to or how it looks is not who it is: what is found so must be called the same.
                role: Any = target.role
                named = scope.get_by_role(role, name=target.name, exact=True)
                if not await one.and_(named).count():
                    return None
        except Error:
            return None  # the page is on its way to another one
        return Found(one, way, target.name, seen)

    def _scope(self, target: Target) -> Scope:
        scope: Scope = self._page
        for outer in target.frames:
            way = outer.locators[0]
            scope = find(scope, way).nth(way.nth).content_frame
        return scope

    @property
    def _page(self) -> Page:
        return cast("PageCdp", self._browser.front).page

    async def held(self, found: Found) -> str | None:
        """What a field holds; None when it is gone."""
        try:
            return (await said(found.element))["holds"]
        except Error:
            return None

    # ------------------------------------------------------------ acting

    async def act(self, action: OnElement, found: Sequence[Found]) -> None:
        """Returns when it is done, or when a dialog opens. Raises Mistake."""
        await self._settle_up()
        task = asyncio.create_task(self._act(action, found))
        try:
            while not task.done() and not self._browser.asks:
                await asyncio.wait((task,), timeout=POLL_S)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.done():
            await self._explained(task)
        else:
            self._held_up = task

    async def drive(self, action: OnBrowser | OnElement) -> Acted:
        """What concerns the browser rather than an element; or any action, by our own hands. Raises Mistake."""
        done = await self._browser.act(action)
        await self._settle_up()
        return done

    async def _settle_up(self) -> None:
        if self._held_up and not self._browser.asks:
            task, self._held_up = self._held_up, None
            await self._explained(task)

    async def _explained(self, acting: Awaitable[None]) -> None:
        try:
            await acting
        except PlaywrightTimeout as error:
            raise Mistake(f"it could not be done in time: {_why(error)}") from error
        except Error as error:
            raise Mistake(f"it could not be done: {_why(error)}") from error

    async def _act(self, action: OnElement, found: Sequence[Found]) -> None:
        element = found[0].element if found else None
        ms = 1000 * self._find_s
        match action, element:
            case Press(key), None:
                await self._page.keyboard.press(_keys(key))
            case Scroll(direction, _, to), _ if to is not None:
                around = element or self._page.locator("html")
                await around.evaluate(SCROLL_TO, [to, direction in ("left", "right")])
            case Scroll(direction), _:
                await self._scroll(direction, element)
            case _, None:
                raise Mistake("nothing was recorded of what it was done on")
            case Click(), _:
                await self._click(action, found[0])
            case DoubleClick(), _:
                await element.dblclick(timeout=ms)
            case RightClick(), _:
                await element.click(button="right", timeout=ms)
            case Hover(), _:
                await element.hover(timeout=ms)
            case Press(key), _:
                await element.press(_keys(key), timeout=ms)
            case Type(_, text), _:
                await self._type(found[0], text)
            case Select(_, options), _:
                await self._select(found[0], options)
            case Check(_, on), _:
                await self._check(found[0], on)
            case Upload(_, files), _:
                await self._upload(found[0], files)
            case Drag(), _:
                await self._drag(action, element, found[1].element if len(found) > 1 else None)

    async def _click(self, action: Click, found: Found) -> None:
        element, ms = found.element, 1000 * self._find_s
        held: Any = [name for name in action.held.split("+") if name]
        if found.seen["tag"] == "area":
            # Drawn nowhere, to Playwright; but it can be focused.
            await element.press("Enter", timeout=ms)
            return
        if not found.name:
            # What only shows a picture may show another one under the mouse, and nothing until that has come.
            await (await self._drawn(found)).hover(timeout=ms)
        if action.dx or action.dy:
            await element.scroll_into_view_if_needed(timeout=ms)
            box = await element.bounding_box()
            if box is None:
                raise Mistake("it is not visible")
            at: Any = {"x": box["width"] / 2 + action.dx, "y": box["height"] / 2 + action.dy}
            await element.click(modifiers=held, position=at, timeout=ms, no_wait_after=True)
        else:
            # What it leads to is waited for afterwards: a server may take longer than the click.
            await (await self._drawn(found)).click(modifiers=held, timeout=ms, no_wait_after=True)

    async def _drawn(self, found: Found) -> Locator:
        """Itself, or the label in its place when it is drawn nowhere."""
        element = found.element
        if found.seen["drawn"] or await element.is_visible():
            return element
        around = element.locator("xpath=ancestor::label[1]")
        if await around.count():
            return around
        name = await element.get_attribute("id")
        label = self._page.locator(f'label[for="{name}"]') if name else None
        return label if label and await label.count() == 1 else element

    async def _type(self, found: Found, text: str) -> None:
        """Fills it, and strikes a key that types nothing: pages that listen to keys alone are many."""
        element, kind, ms = found.element, found.seen, 1000 * self._find_s
        if kind["role"] in ("slider", "spinbutton") and kind["tag"] != "input":
            await self._steer(element, text)
        elif kind["type"] in SET_WHOLE or not text:
            await element.fill(text, timeout=ms)
        elif 0 < kind["most"] < len(text):
            await element.fill("", timeout=ms)
            await element.press_sequentially(text, timeout=ms)
        else:
            await element.fill(text, timeout=ms)
            await self._page.keyboard.press("Shift")  # it has the focus now
            if re.search(r"\d", text) and await self._lost(element, text):
                await element.fill("", timeout=ms)
                await element.press_sequentially(text, timeout=ms)

    async def _lost(self, element: Locator, text: str) -> bool:
        """Whether a mask that wants to see every key took some of them only."""
        try:
            value = (await said(element))["holds"]
        except Error:
            return False  # what was typed led away from it
        return 0 < sum(map(str.isalnum, value)) < sum(map(str.isalnum, text))

    async def _steer(self, element: Locator, text: str) -> None:
        """A slider of the page's own making, by its keys."""

        async def now() -> float:
            return float(await element.get_attribute("aria-valuenow") or "nan")

        wanted = float(text)
        await element.focus(timeout=1000 * self._find_s)
        for _ in range(500):
            before = await now()
            if before == wanted:
                return
            await element.press("ArrowRight" if before < wanted else "ArrowLeft")
            after = await now()
            if after == before or (after - wanted) * (before - wanted) < 0:
                break
        raise Mistake(f"the slider does not stop at {text} with its keys")

    async def _select(self, found: Found, options: Sequence[str]) -> None:
        until, there = time.monotonic() + self._find_s, found.seen["options"]
        while lacking := [option for option in options if _place(option, there) is None]:
            if time.monotonic() > until:
                raise Mistake(f"it has no option {lacking[0]!r}")
            await asyncio.sleep(POLL_S)
            there = (await said(found.element))["options"]
        places = [place for option in options if (place := _place(option, there)) is not None]
        await found.element.select_option(index=places, timeout=1000 * self._find_s)

    async def _check(self, found: Found, on: bool) -> None:
        if found.seen["holds"] != ("on" if on else "off"):
            await (await self._drawn(found)).click(timeout=1000 * self._find_s, no_wait_after=True)

    async def _upload(self, found: Found, files: Sequence[str]) -> None:
        element, ms = found.element, 1000 * self._find_s
        if found.seen["type"] == "file":
            await element.set_input_files(list(files), timeout=ms)
            return
        try:
            async with self._page.expect_file_chooser(timeout=1000 * CHOOSER_S) as chooser:
                await element.click(timeout=ms)
        except PlaywrightTimeout:
            # It asks for none: files are dropped on it, as they were when it was recorded.
            await element.drop({"files": list(files)}, timeout=ms)
        else:
            await (await chooser.value).set_files(list(files))

    async def _drag(self, action: Drag, element: Locator, onto: Locator | None) -> None:
        ms, dx, dy = 1000 * self._find_s, action.dx, action.dy
        await element.scroll_into_view_if_needed(timeout=ms)
        x, y = await _middle(element)
        x, y = x + action.from_dx, y + action.from_dy
        ends = await _middle(onto) if onto else (x, y)
        mouse = self._page.mouse
        await element.hover(timeout=ms)
        if action.from_dx or action.from_dy:
            await mouse.move(x, y)
        await mouse.down()
        grip = 6
        await mouse.move(x + grip * _sign(ends[0] + dx - x), y + grip * _sign(ends[1] + dy - y), steps=2)
        # What is at the end may have moved when the thing was taken up.
        end_x, end_y = await _middle(onto) if onto else (x, y)
        await mouse.move(end_x + dx, end_y + dy, steps=6)
        await mouse.move(end_x + dx, end_y + dy)
        await mouse.up()

    async def _scroll(self, direction: str, element: Locator | None) -> None:
        size = self._page.viewport_size or {"width": 1280, "height": 720}
        if element:
            await element.hover(timeout=1000 * self._find_s)
        else:
            await self._page.mouse.move(size["width"] / 2, size["height"] / 2)
        dx, dy = SCROLL[direction]
        await self._page.mouse.wheel(dx * size["width"], dy * size["height"])

    # ------------------------------------------------------------ looking

    async def glance(self) -> Observation:
        """The page as it stands at this moment; with what came by itself since the last look. Raises BrowserGone."""
        return await self._browser.glance()

    async def observe(self) -> Observation:
        return await self._browser.observe()

    async def close(self) -> None:
        if self._held_up:
            self._held_up.cancel()
            await asyncio.gather(self._held_up, return_exceptions=True)


@asynccontextmanager
async def stage(browser: CdpBrowser, *, find_s: float = FIND_S) -> AsyncGenerator[Stage]:
    """To play on in this browser."""
    made = Stage(browser, find_s=find_s)
    try:
        yield made
    finally:
        await made.close()


def _is_weak(way: types.Locator) -> bool:
    """Whether it goes by a place among others."""
    return way.matches != 1 or way.kind == "path"


def _is_own(way: types.Locator) -> bool:
    """Whether it goes by a name, the element's own for people or for programs."""
    return way.kind != "path" and (way.kind != "css" or bool(re.match(r"#|[\w-]+\[name=", way.value)))


def _place(option: str, options: Sequence[str]) -> int | None:
    """Among the options; exactly, else but for spaces and capitals."""
    plain = ["".join(each.lower().split()) for each in (option, *options)]
    exact = [n for n, each in enumerate(options) if each.strip() == option]
    return next(iter([*exact, *(n for n, each in enumerate(plain[1:]) if each == plain[0])]), None)


def _keys(text: str) -> str:
    """As Playwright spells them."""
    keys = chord(text)
    return "+".join([*(name for name, (_, bit) in MODIFIERS.items() if keys.modifiers & bit), keys.key.key])


def _why(error: Error) -> str:
    """What Playwright found in the way last, in a line."""
    lines = [line.strip(" -") for line in error.message.splitlines() if line.strip()]
    telling = [
        line for line in lines if re.search(r"intercepts|not visible|not enabled|not stable|outside|detached", line)
    ]
    return (telling or lines or ["no reason given"])[-1 if telling else 0][:300]


async def _middle(element: Locator) -> tuple[float, float]:
    box = await element.bounding_box()
    if box is None:
        raise Mistake("it is not visible")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _sign(number: float) -> Literal[-1, 0, 1]:
    return 1 if number > 0 else -1 if number < 0 else 0
