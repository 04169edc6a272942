"""One document as the script in it tells it, brought up to date by each answer. Sends nothing.

An answer holds the parts of the page that changed: what did not change costs nothing here, and stays the same objects.
"""

from __future__ import annotations

from collections.abc import Iterator
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
        self._parts: dict[int, list[Seeable | int]] = {}
        """What each part says, in reading order; a number is another part. Part 0 is the page."""

    def apply(self, answer: Json) -> None:
        """Takes in what look() answered."""
        if answer["whole"]:
            self._parts = {}
        for number in answer["gone"]:
            self._parts.pop(number, None)
        for number, items in answer["parts"]:
            self._parts[number] = list(map(_item, items))
        if answer["whole"] or answer["parts"]:
            self.items = tuple(self._read())
        self.known, self.highest = answer["version"], answer["highest"]
        self.url, self.title, self.truncated = answer["url"], answer["title"], answer["truncated"]
        self.scroll, self.viewport = ScrollPosition(*answer["scroll"]), Viewport(*answer["viewport"])
        self.scale = answer["scale"]

    def _read(self) -> Iterator[Seeable]:
        reading = [iter(self._parts[0])]
        while reading:
            for item in reading[-1]:
                if isinstance(item, int):
                    reading.append(iter(self._parts[item]))
                    break
                yield item
            else:
                reading.pop()


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
