"""Pictures of a tab that agree with what is told of it: taken between two looks that saw the same."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from autoglm.browser.tab import Tab
from autoglm.errors import Mistake
from autoglm.marks import Picture
from autoglm.seams import Json
from autoglm.types import Box, Element, Observation

Format = Literal["jpeg", "png"]
TRIES = 3
"""A page that moves all the time is shown a moment off."""
LARGEST = 16_384
"""Device px each way: the most that Chromium's compositor draws at once."""
DRAWN_S = 30.0
"""How much longer a picture beyond the viewport may take, for which the page is drawn anew: 3,000 rows took 11 s on two
busy cores (2026-11-22)."""


@dataclass(frozen=True, slots=True)
class Shot:
    picture: Picture
    elements: Sequence[Element]
    """Where they are drawn, in px of the viewport."""
    seen: Observation
    """The page as it stood when the picture was taken."""


async def viewport(tab: Tab, seen: Observation, form: Format) -> Shot:
    """What can be seen. `seen` is a look just taken."""
    for _ in range(TRIES):
        image = await _capture(tab, form)
        after = await tab.glance()
        if _drawn(after) == _drawn(seen):
            return Shot(Picture(image, after.scale), after.elements, after)
        seen = after
    return Shot(Picture(await _capture(tab, form), seen.scale), seen.elements, seen)


async def whole(tab: Tab, seen: Observation, form: Format) -> Shot:
    """The page from its top to its end, as far as can be drawn at once."""
    most = LARGEST / seen.scale
    size = Box(0, 0, min(seen.scroll.width, most), min(seen.scroll.height, most))
    return await _part(tab, size, seen, form, await tab.frames.drawn())


async def element(tab: Tab, ref: int, form: Format) -> Shot:
    """One element, brought into view. Raises Mistake when it is gone or nothing is drawn of it."""
    # A list is where it is; a dict says that it is gone, as for every function of the page script.
    if not isinstance(await tab.on(ref, "box", True), list):
        raise Mistake(f"element [{ref}] is gone; look again")
    seen = await tab.look()
    found = seen.find(ref)
    if found is None or found.box is None or not found.box.width or not found.box.height:
        raise Mistake(f"nothing can be seen of element [{ref}]; take the whole page")
    box, at = found.box, seen.scroll
    return await _part(tab, Box(box.x + at.x, box.y + at.y, box.width, box.height), seen, form, seen.elements)


async def _part(tab: Tab, part: Box, seen: Observation, form: Format, elements: Sequence[Element]) -> Shot:
    """A part of the page, in px from its upper left corner."""
    clip = {"x": part.x, "y": part.y, "width": part.width, "height": part.height, "scale": 1}
    image = await _capture(tab, form, DRAWN_S, clip=clip, captureBeyondViewport=True)
    return Shot(Picture(image, seen.scale, part.x - seen.scroll.x, part.y - seen.scroll.y), elements, seen)


async def _capture(tab: Tab, form: Format, wait_s: float = 0, **more: Any) -> bytes:
    quality: Json = {"quality": 70} if form == "jpeg" else {}
    shot = await tab.send("Page.captureScreenshot", wait_s, format=form, **quality, **more)
    return b64decode(shot["data"])


def _drawn(seen: Observation) -> object:
    """What must be the same for marks to fit."""
    boxes = [(element.ref, element.box) for element in seen.elements if element.box]
    return seen.scroll, seen.viewport, seen.scale, boxes
