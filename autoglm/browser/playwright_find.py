"""Recorded locators as Playwright's own. Knows how to find an element again, not what is done on it."""

from __future__ import annotations

from typing import Any

from playwright.async_api import FrameLocator, Locator, Page

from autoglm import types

Scope = Page | FrameLocator | Locator


def find(scope: Scope, way: types.Locator) -> Locator:
    """All that this way matches, in its box if it has one; not yet the `nth` of them."""
    if way.within:
        scope = find(scope, way.within)
    # Playwright spells the roles out, and a recording holds a string.
    role: Any = way.value
    match way.kind:
        case "test_id":
            return scope.locator(f"[{way.name}={quoted(way.value)}]")
        case "role" if way.name:
            return scope.get_by_role(role, name=way.name, exact=True)
        case "role":
            return scope.get_by_role(role)
        case "has_text":
            return scope.get_by_role(role).filter(has_text=way.name)
        case "label":
            return scope.get_by_label(way.value, exact=True)
        case "placeholder":
            return scope.get_by_placeholder(way.value, exact=True)
        case "alt":
            return scope.get_by_alt_text(way.value, exact=True)
        case "title":
            return scope.get_by_title(way.value, exact=True)
        case "text":
            return scope.get_by_text(way.value, exact=True)
        case "css" if way.name:
            return scope.locator(f"css={way.value}").filter(has_text=way.name)
        case "css" | "path":
            return scope.locator(f"css={way.value}")


def quoted(text: str) -> str:
    """As a string in CSS."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
