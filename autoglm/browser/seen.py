"""One document as the script in it tells it, brought up to date by each answer. Sends nothing.

An answer holds the parts of the page that changed: what did not change costs nothing here, and stays the same objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from autoglm.seams import Json
from autoglm.types import Box, Element, ScrollPosition, Text, Verb, Viewport


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
MODAL = "modal"
"""Role of the lines at which a modal dialog begins and ends; nobody else sees them."""


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
        self.holes: tuple[FrameItem, ...] = ()
        """The frames among the items."""
        self._parts: dict[int, list[Seeable | int]] = {}
        """What each part says, in reading order; a number is another part. Part 0 is the page."""
        self._outer: dict[int, int] = {}
        """The part that each part is in."""
        self._read: dict[int, list[Seeable]] = {}
        """What each part says with all that is in it, of those in which nothing changed."""
        self._framed: set[int] = set()
        """Parts that have a frame of their own."""
        self._edged: set[int] = set()
        """Parts in which a modal dialog begins or ends."""

    def apply(self, answer: Json) -> None:
        """Takes in what look() answered."""
        if answer["whole"]:
            self._parts, self._outer, self._read, self._framed, self._edged = {}, {}, {}, set(), set()
        for number in answer["gone"]:
            for kept in (self._parts, self._outer, self._read):
                kept.pop(number, None)
            self._framed.discard(number)
            self._edged.discard(number)
        for number, items in answer["parts"]:
            self._take(number, list(map(_item, items)))
        if answer["whole"] or answer["parts"]:
            for number, _ in answer["parts"]:
                self._forget(number)
            self.items = tuple(_modal_first(self._flat(0)) if self._edged else self._flat(0))
            self.holes = tuple(item for item in self.items if isinstance(item, FrameItem)) if self._framed else ()
        self.known, self.highest = answer["version"], answer["highest"]
        self.url, self.title, self.truncated = answer["url"], answer["title"], answer["truncated"]
        self.scroll, self.viewport = ScrollPosition(*answer["scroll"]), Viewport(*answer["viewport"])
        self.scale = answer["scale"]

    def _take(self, number: int, items: list[Seeable | int]) -> None:
        self._parts[number] = items
        self._framed.discard(number)
        self._edged.discard(number)
        for item in items:
            if isinstance(item, Element):
                continue
            if isinstance(item, int):
                self._outer[item] = number
            elif isinstance(item, FrameItem):
                self._framed.add(number)
            elif item.role == MODAL:
                self._edged.add(number)

    def _forget(self, number: int | None) -> None:
        """What was read of a part that changed, and of those around it."""
        while number is not None:
            self._read.pop(number, None)
            number = self._outer.get(number)

    def _flat(self, number: int) -> list[Seeable]:
        read = self._read.get(number)
        if read is None:
            read = self._read[number] = []
            for item in self._parts[number]:
                if isinstance(item, int):
                    read += self._flat(item)
                else:
                    read.append(item)
        return read


def _is_edge(item: Seeable | int) -> bool:
    return isinstance(item, Text) and item.role == MODAL


def _modal_first(items: list[Seeable]) -> list[Seeable]:
    """What is in a modal dialog, which must be answered first, then the rest."""
    edges = [i for i, item in enumerate(items) if _is_edge(item)]
    begin, end = (edges[0], edges[-1]) if len(edges) > 1 else (0, 0)
    order = [*items[begin:end], *items[:begin], *items[end:]]
    return [item for item in order if not _is_edge(item)]


VERBS: dict[str, Verb] = {"C": "Click", "T": "Type", "S": "Select", "K": "Check", "U": "Upload", "R": "Scroll"}
"""The letters of look.js."""


@cache
def _takes(letters: str) -> tuple[Verb, ...]:
    return tuple(VERBS[letter] for letter in letters)


def _item(item: Any) -> Seeable | int:
    """An item as look.js `wired` it; the number of an inner part. Without `match`, which takes as long again."""
    if isinstance(item, int):
        return item
    if isinstance(item, dict):
        return _frame(cast("Json", item))
    if isinstance(item[0], int):
        return _Draft(*item).done()
    role, text, *seen = cast("list[Any]", item)
    return Text(role, text, bool(seen), Box(*seen[0]) if seen and seen[0] != 1 else None)


class _Draft:
    """An `Element` while it is filled, which takes a frozen one four times as long: 2.0 us, of 6,800 at once."""

    __slots__ = Element.__slots__

    def __init__(
        self, ref: int, role: str, name: str, takes: str, box: list[float] | int = 0, more: Json | None = None
    ) -> None:
        self.ref = ref
        self.role = role
        self.name = name
        self.takes = _takes(takes)
        self.box = Box(*box) if isinstance(box, list) else None
        self.in_view = self.box is not None
        self.frame = ""
        if more:
            get = more.get
            self.value = get("value")
            self.states = tuple(get("states", ()))
            self.options = tuple(get("options", ()))
            self.multiple = get("multiple", False)
            self.type = get("type", "")
            self.hint = get("hint", "")
        else:
            self.value = None
            self.states = self.options = ()
            self.multiple = False
            self.type = self.hint = ""

    def done(self) -> Element:
        self.__class__ = Element  # pyright: ignore[reportAttributeAccessIssue]: it has the same slots
        return cast("Element", self)


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
