"""One document as the script in it tells it, brought up to date by each answer. Sends nothing.

An answer names the parts of the page that changed, and their order only when that changed: an unchanged page of ten
thousand items costs nothing here, and its items are the same objects as before.
"""

from __future__ import annotations

from dataclasses import dataclass

from autoglm.seams import Json
from autoglm.types import Box, Element, ScrollPosition, Text, Viewport


@dataclass(frozen=True, slots=True)
class FrameItem:
    """A frame's place in the reading order of the document around it."""

    id: int
    """Stable for the life of its element; what the script's frame(), lift() and sink() take."""
    name: str
    title: str
    """What to call it when nobody can look into it; often empty."""
    box: tuple[float, float, float, float]
    """Where its viewport lies as drawn: x, y, width, height in px of the document around it."""
    scale: float
    """A px in it is so many px of the document around it."""
    in_view: bool
    view: Json
    """Handed on to the look at what is in it, unchanged."""


Seeable = Element | Text | FrameItem


class Seen:
    def __init__(self) -> None:
        self.known = 0
        """Version of the document that is held here; 0 for none. Goes into each look."""
        self.url = ""
        self.title = ""
        self.scroll = ScrollPosition()
        self.viewport = Viewport()
        self.scale = 1.0
        self.truncated = False
        self.items: tuple[Seeable, ...] = ()
        """In reading order."""
        self.highest = 0
        """The highest number that an element has had."""
        self._order: list[int] = []
        self._parts: dict[int, tuple[Seeable, ...]] = {}

    def apply(self, answer: Json) -> None:
        """Takes in what look() answered. A page that is told whole comes with all its parts."""
        parts, order = answer.get("parts"), answer.get("order")
        if parts:
            told = (item["ref"] for _, items in parts for item in items if "ref" in item)
            self.highest = max(self.highest, *told, 0)
            self._parts.update((number, tuple(map(_item, items))) for number, items in parts)
        if order is not None:
            self._order = order
            self._parts = {number: self._parts[number] for number in order}
        if parts or order is not None:
            self.items = tuple(item for number in self._order for item in self._parts[number])
        self.known = answer["version"]
        self.url, self.title, self.truncated = answer["url"], answer["title"], answer["truncated"]
        self.scroll, self.viewport = ScrollPosition(*answer["scroll"]), Viewport(*answer["viewport"])
        self.scale = answer["scale"]


def _item(item: Json) -> Seeable:
    if "ref" in item:
        return _element(item)
    return _frame(item) if "frame" in item else Text(item["role"], item["text"], not item.get("away", False))


def _element(item: Json) -> Element:
    get = item.get
    box = get("box")
    return Element(
        item["ref"],
        item["role"],
        item["name"],
        get("value"),
        tuple(get("states", ())),
        tuple(get("options", ())),
        tuple(get("takes", ())),
        get("multiple", False),
        get("type", ""),
        get("hint", ""),
        Box(*box) if box else None,
        not get("away", False),
    )


def _frame(item: Json) -> FrameItem:
    return FrameItem(
        id=item["frame"],
        name=item["name"],
        title=item.get("title", ""),
        box=tuple(item["box"]),
        scale=item["scale"],
        in_view=not item.get("away", False),
        view=item["view"],
    )
