"""An element that was acted on as Playwright source: the ways a person would write, the best first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from autoglm.export.words import Words, literal
from autoglm.types import Locator, Target

MOST = 7
"""Ways that are tried before an element counts as not to be found."""
LONG = 60
"""A longer name is cut to its first words where those are enough."""
FIELDS = {"textbox", "combobox", "spinbutton", "searchbox", "slider", "listbox"}
# What a page's users would name comes first: https://playwright.dev/python/docs/locators#quick-guide
FOR_FIELDS = ("test_id", "label", "role", "placeholder", "title", "alt", "text", "css", "path")
FOR_OTHERS = ("test_id", "role", "label", "text", "alt", "title", "placeholder", "css", "path")


def located(target: Target, page: str, words: Words) -> list[str]:
    """At least one, unless it or a frame around it lies in a closed shadow root."""
    if not all(frame.locators for frame in target.frames):
        return []
    scope = scope_of(target, page)
    # A file input has the role of a button; what is labelled is asked for by its label.
    is_field = target.role in FIELDS or (target.tag == "input" and target.role == "button")
    order = FOR_FIELDS if is_field else FOR_OTHERS
    named = Locator("role", target.role, target.name)
    known = target.locators
    # A recording made in a hurry may lack it; whether it is the only one of its name, the rehearsal shows.
    if target.locators and target.role and target.name and not any(_is_role(way, named) for way in known):
        known = (*known, named)
    ways = sorted(known, key=lambda way: _rank(way, order))
    return list(islice(dict.fromkeys(source for way in ways for source in _sources(way, scope, words)), MOST))


def scope_of(target: Target, page: str) -> str:
    """The page, or the frame in it that the element is in."""
    scope = page
    for frame in target.frames:
        scope = _frame(frame, scope)
    return scope


def _is_role(way: Locator, named: Locator) -> bool:
    return (way.kind, way.value, way.name) == (named.kind, named.value, named.name)


def _rank(way: Locator, order: tuple[str, ...]) -> tuple[bool, bool, bool, int]:
    kind = order.index(way.kind) if way.kind in order else len(order)
    return way.kind == "path", way.matches > 1, way.within is not None, kind


def _sources(way: Locator, scope: str, words: Words) -> Iterator[str]:
    if way.within:
        scope = next(_sources(way.within, scope, words))
    nth = "" if way.matches == 1 else ".first" if way.nth == 0 else f".nth({way.nth})"
    for source in _plain(way, scope, words, several=way.matches > 1):
        yield source + nth


def _plain(way: Locator, scope: str, words: Words, *, several: bool) -> Iterator[str]:
    """Without the place among several; a text matches as a part first, and exactly where that is needed."""
    match way.kind:
        case "test_id" if way.name == "data-testid":
            yield f"{scope}.get_by_test_id({words.source(way.value)})"
        case "test_id":
            yield _css(f'[{way.name}="{_quoted(way.value)}"]', scope)
        case "role" if way.name:
            head = f"{scope}.get_by_role({literal(way.value)}, name="
            if not several:
                for name in _as_part(way.name, words):
                    yield f"{head}{name})"
            yield f"{head}{words.source(way.name)}, exact=True)"
        case "role":
            yield f"{scope}.get_by_role({literal(way.value)})"
        case "has_text":
            yield f"{scope}.get_by_role({literal(way.value)}).filter(has_text={words.source(way.name)})"
        case "label" | "placeholder" | "title" | "text" | "alt":
            head = f"{scope}.get_by_{'alt_text' if way.kind == 'alt' else way.kind}("
            if not several:
                for text in _as_part(way.value, words):
                    yield f"{head}{text})"
            yield f"{head}{words.source(way.value)}, exact=True)"
        case "css" if way.name:
            yield f"{_css(way.value, scope)}.filter(has_text={words.source(way.name)})"
        case "css" | "path":
            yield _css(way.value, scope)


def _as_part(text: str, words: Words) -> Iterator[str]:
    if len(text) > LONG:
        yield words.source(shortened(text))
    yield words.source(text)


def shortened(text: str, longest: int = LONG) -> str:
    """Its first sentence, or its first whole words."""
    if len(text) <= longest:
        return text
    if sentence := re.match(r".{20,}?[.!?](?= )", text[: longest + 1]):
        return sentence[0]
    return text[: longest + 1].rpartition(" ")[0] or text[:longest]


def _frame(frame: Target, scope: str) -> str:
    nothing = Words({})
    for way in sorted(frame.locators, key=lambda way: (way.matches > 1, way.kind == "path", way.kind != "title")):
        if way.kind in ("css", "path") and way.matches == 1:
            return f"{scope}.frame_locator({literal(way.value)})"
        if way.kind in ("test_id", "title") and way.matches == 1:
            return f"{next(_plain(way, scope, nothing, several=False))}.content_frame"
    return f'{scope}.frame_locator("iframe").first'


def _css(selector: str, scope: str) -> str:
    return f"{scope}.locator({literal(selector)})"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
