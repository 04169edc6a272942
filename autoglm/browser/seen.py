"""One document as the script in it tells it, brought up to date by each answer. Sends nothing.

An answer holds the parts of the page that changed: what did not change costs nothing here, and stays the same objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

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
            if isinstance(item, int):
                self._outer[item] = number
            elif isinstance(item, FrameItem):
                self._framed.add(number)
            elif _is_edge(item):
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
    return isinstance(item, Text) and item.role == "modal"


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
    """An item as look.js `wired` it; the number of an inner part."""
    match item:
        case [str(role), text, [*box]]:
            return Text(role, text, True, Box(*box))
        case [str(role), text, *seen]:
            return Text(role, text, bool(seen))
        case [ref, role, name, takes]:
            return Element(ref, role, name, None, (), (), _takes(takes), in_view=False)
        case [ref, role, name, takes, box]:
            return Element(ref, role, name, None, (), (), _takes(takes), box=Box(*box))
        case [ref, role, name, takes, box, more]:
            return _element(ref, role, name, _takes(takes), Box(*box) if box else None, more)
        case int():
            return item
        case _:
            return _frame(item)


def _element(ref: int, role: str, name: str, takes: tuple[Verb, ...], box: Box | None, more: Json) -> Element:
    get = more.get
    return Element(
        ref,
        role,
        name,
        get("value"),
        tuple(get("states", ())),
        tuple(get("options", ())),
        takes,
        get("multiple", False),
        get("type", ""),
        get("hint", ""),
        box,
        box is not None,
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
