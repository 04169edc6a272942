"""`autoglm observe` and `autoglm browser`: what the model would see, and which browser it would see it in."""

from __future__ import annotations

import sys
from dataclasses import replace

from autoglm.browser.find import find_browser, install
from autoglm.cli import Arguments
from autoglm.codec import to_json
from autoglm.dialects.page import page_text
from autoglm.errors import BrowserMissing
from autoglm.session import open_browser
from autoglm.story import dump
from autoglm.types import Goto


async def observe(args: Arguments) -> int:
    assert args.url
    async with open_browser() as browser:
        await browser.act(Goto(args.url))
        page = await browser.observe()
        if args.screenshot:
            form = "jpeg" if args.screenshot.suffix.lower() in (".jpg", ".jpeg") else "png"
            image = await browser.screenshot(form=form, full_page=args.full_page, ref=args.element, marks=args.marks)
            args.screenshot.write_bytes(image)
    print(dump(to_json(replace(page, screenshot=None))) if args.json else page_text(page))
    return 0


def browser(args: Arguments) -> int:
    try:
        found = find_browser()
    except BrowserMissing:
        if not args.install:
            raise
        print("no browser on this machine; downloading one", file=sys.stderr)
        install()
        found = find_browser()
    print(f"{found.path}  {found.version}  ({found.origin})")
    return 0
