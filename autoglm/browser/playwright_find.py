"""Recorded locators as Playwright's own. Knows how to find an element again, not what is done on it."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import FrameLocator, Locator, Page

from autoglm import types

Scope = Page | FrameLocator | Locator
HELD = """(el) => {
  if (el.type === 'file') return [...el.files].map((file) => file.name).join(', ');
  if (el.type === 'checkbox' || el.type === 'radio') return el.indeterminate ? 'mixed' : el.checked ? 'on' : 'off';
  const aria = el.getAttribute('aria-checked') ?? el.getAttribute('aria-pressed');
  if (aria) return { true: 'on', false: 'off' }[aria] ?? aria;
  if (el.localName === 'select') return [...el.selectedOptions].map((o) => (o.label || o.text).trim()).join(', ');
  if ('value' in el && el.localName !== 'button' && el.localName !== 'li') return String(el.value);
  return el.getAttribute('aria-valuenow') ?? (el.innerText ?? '').replace(/\\n$/, '');
}"""
"""What a field holds, as types.Element says it."""
SAYS = "autoglm-says"
ENGINE = f"""{{
  query(el) {{ return this.queryAll(el)[0]; }},
  queryAll(el) {{
    const box = el.getBoundingClientRect();
    const drawn = box.width > 0 && box.height > 0 && getComputedStyle(el).visibility === 'visible';
    const said = document.createElement('i');
    said.setAttribute('title', JSON.stringify({{
      drawn, holds: ({HELD})(el), tag: el.localName, type: String(el.type ?? ''), most: el.maxLength ?? -1,
      role: el.getAttribute('role') ?? '',
      options: el.localName === 'select' ? [...el.options].map((o) => o.label || o.text) : [],
    }}));
    return [said];
  }},
}}"""
"""All that an action must know of an element, as the title of one that is made up for it. Engines for selectors run in
Playwright's own world; in the page's, where functions are evaluated, Playwright must come up once more in each document
(40 to 100 ms of CPU, 2026-11-21)."""
SAID_MS = 500
"""How long an element that is being drawn anew is waited for."""


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


async def said(element: Locator) -> dict[str, Any]:
    """What ENGINE says of the only one there is. Raises Error when there is none or several."""
    told = await element.locator(f"{SAYS}=all").get_attribute("title", timeout=SAID_MS)
    assert told is not None
    return json.loads(told)
