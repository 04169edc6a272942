"""One Chromium for all tests of this folder; a fresh profile for each recording and each replay of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.browser.playwright_stage import stage
from autoglm.replay import Heal, Played, play
from autoglm.types import Action, Step
from tests.replay.recording import Move, record
from tests.site.server import Site


class Theatre:
    """Records and replays, each in a profile of its own."""

    def __init__(self, pipe: PlaywrightPipe, site: Site, downloads: Path) -> None:
        self.site = site
        self._pipe = pipe
        self._downloads = downloads

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[tuple[CdpBrowser, Page]]:
        tabs = await self._pipe.tabs(downloads=self._downloads)
        first = await tabs.open()
        browser = CdpBrowser(tabs, first)
        try:
            yield browser, first.page
        finally:
            await browser.close()

    async def record(self, page: str, *moves: Move | Action) -> list[Step]:
        async with self.opened() as (browser, _):
            return await record(browser, f"{self.site.url}/{page}", moves)

    async def replay(
        self,
        steps: Sequence[Step],
        *,
        before: str = "",
        given: Mapping[str, str] | None = None,
        heal: Heal | None = None,
        find_s: float = 20,
        hold_s: float = 20,
    ) -> list[Played]:
        """`before`: what is done to each page as it comes up, in JavaScript. A limit that is to be reached is given."""
        async with self.opened() as (browser, page):
            if before:
                await page.add_init_script(f"addEventListener('DOMContentLoaded', () => {{ {before} }})")
            async with (
                stage(browser, find_s=find_s) as on,
                aclosing(play(steps, on, given=given, heal=heal, hold_s=hold_s)) as results,
            ):
                return [result async for result in results]


@pytest.fixture
def theatre(pipe: PlaywrightPipe, site: Site, tmp_path: Path) -> Theatre:
    site.submitted.clear()
    return Theatre(pipe, site, tmp_path)
