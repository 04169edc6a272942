"""BrowserGym looking at pages for observe.py, which runs this with an interpreter that has it.

    python observe_browsergym.py BROWSER

Reads {"open": URL}, {"look": true} or {"script": JS} a line and answers each with a JSON object. A look is what
BrowserEnv's own `_get_obs` asks for, without the screenshot.
"""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import json
import sys
import time
from typing import Any

from browsergym.core.constants import BROWSERGYM_ID_ATTRIBUTE
from browsergym.core.observation import (
    _post_extract,
    _pre_extract,
    extract_dom_extra_properties,
    extract_dom_snapshot,
    extract_focused_element_bid,
    extract_merged_axtree,
)
from browsergym.utils.obs import flatten_axtree_to_str
from playwright.sync_api import sync_playwright


def look(page: Any) -> dict[str, Any]:
    began = time.perf_counter()
    _pre_extract(page, tags_to_mark="standard_html", lenient=True)
    dom = extract_dom_snapshot(page)
    tree = extract_merged_axtree(page)
    extract_focused_element_bid(page)
    properties = extract_dom_extra_properties(dom, scale_factor=1.0)
    _post_extract(page)
    seen = time.perf_counter()
    text = flatten_axtree_to_str(tree, extra_properties=properties)
    return {"seconds": seen - began, "text_s": time.perf_counter() - seen, "text": text}


with sync_playwright() as playwright:
    playwright.selectors.set_test_id_attribute(BROWSERGYM_ID_ATTRIBUTE)
    browser = playwright.chromium.launch(executable_path=sys.argv[1], headless=False, args=["--headless=new"])
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    while line := sys.stdin.readline():
        match json.loads(line):
            case {"open": url}:
                page.goto(url)
                answer: dict[str, Any] = {}
            case {"script": script}:
                answer = {"value": page.evaluate(f"() => String({script})")}
            case _:
                answer = look(page)
        print(json.dumps(answer), flush=True)
    browser.close()
