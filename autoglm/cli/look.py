"""`autoglm observe` and `autoglm browser`: what the model would see, and which browser it would see it in."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.find import find_browser, install
from autoglm.browser.playwright_pipe import launch
from autoglm.cli import Arguments
from autoglm.cli.story import dump
from autoglm.codec import to_json
from autoglm.dialects.page import page_text
from autoglm.errors import BrowserMissing
from autoglm.seams import Browser
from autoglm.types import Goto


@asynccontextmanager
async def open_browser(
    *, headed: bool = False, screenshots: bool = False, downloads: Path | None = None
) -> AsyncGenerator[Browser]:
    """A fresh browser, which is closed with the block; without a folder for `downloads` it takes no files."""
    async with launch(headless=not headed) as pipe:
        tabs = await pipe.tabs(downloads=downloads)
        browser = CdpBrowser(tabs, await tabs.open(), screenshots=screenshots)
        try:
            yield browser
        finally:
            await browser.close()


async def observe(args: Arguments) -> int:
    assert args.url
    async with open_browser() as browser:
        await browser.act(Goto(args.url))
        page = await browser.observe()
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
