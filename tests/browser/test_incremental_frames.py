"""All frames of a page, closed shadow roots among them, changed at random: what is kept of them is what a first look sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Error, Frame, Page

from autoglm.browser.frames import SILENT
from autoglm.browser.playwright_pipe import PageCdp, PlaywrightPipe
from autoglm.browser.tab import Tab
from autoglm.types import Element, Observation, Text
from tests.browser.conftest import PATIENT
from tests.site.server import Site

MUTATIONS = Path(__file__).with_name("mutations.js").read_text(encoding="utf-8").rstrip().rstrip(";")
PAGES = 4
"""Pages of the test, each with BATCHES × up to 12 mutations in each of its five frames."""
BATCHES = 10


@asynccontextmanager
async def a_tab(page: Page, world: str) -> AsyncGenerator[Tab]:
    """What knows nothing yet of the page, nor of what another one sees."""
    session = await page.context.new_cdp_session(page)
    tab = Tab(PageCdp(page, session), **PATIENT, world=world)
    await tab.listen()
    try:
        yield tab
    finally:
        await session.detach()


async def looked(tab: Tab) -> list[Any]:
    """What is seen, with the boxes and without the numbers, which each gives as it meets things."""
    seen: Observation = await tab.look()
    while any(isinstance(item, Text) and SILENT in item.text for item in seen.items):
        seen = await tab.look()  # a frame was late, on a machine with much else to do
    refs = [item.ref for item in seen.elements]
    assert len(set(refs)) == len(refs)
    return [seen.scroll, seen.title, *map(_plain, seen.items)]


def _plain(item: Element | Text) -> tuple[Any, ...]:
    return (replace(item, ref=0) if isinstance(item, Element) else item, item.box)


def _shown(body: str) -> str:
    return f"/show?html={quote('<!doctype html><title>Random</title><body>' + body)}"


def _frames(site: Site) -> str:
    """A frame of the same site with one of another in it, and the other way round."""
    other = site.url.replace("127.0.0.1", "localhost")
    frame = '<iframe title="{0}" src="{1}" width=900 height={2}></iframe>'.format
    inner = frame("inner", f"{site.url}{_shown('')}", 200), frame("inner", f"{other}{_shown('')}", 200)
    return frame("same", f"{site.url}{_shown(inner[1])}", 300) + frame("other", f"{other}{_shown(inner[0])}", 300)


async def _mutate(frame: Frame, count: int) -> list[str]:
    """What was done in a frame; nothing when it went with what was done in another one."""
    try:
        return await frame.evaluate(f"globalThis.mutate ? mutate({count}) : []")
    except Error:
        return []


@pytest.mark.parametrize("seed", range(PAGES))
async def test_what_changed_in_any_frame_is_told_as_a_first_look_tells_it(
    pipe: PlaywrightPipe, site: Site, seed: int
) -> None:
    random, tabs = Random(seed), await pipe.tabs()
    page = (await tabs.open()).page
    await page.goto(site.url + _shown(_frames(site)))
    assert len(page.frames) == 5
    for i, frame in enumerate(page.frames):
        await frame.evaluate(f"({MUTATIONS})({100 * seed + i}, ['open', 'closed']); build()")
    said: list[list[str]] = []
    async with a_tab(page, "kept") as kept:
        for batch in range(BATCHES):
            mine = await looked(kept)
            async with a_tab(page, f"fresh {batch}") as fresh:
                assert mine == await looked(fresh), f"seed {seed}, batch {batch}: {said[-5:]}"
            said += [await _mutate(frame, random.randint(0, 12)) for frame in page.frames]
            await asyncio.sleep(0.04)  # longer than any animation
    await tabs.close()
    assert sum(map(len, said)) > 100
