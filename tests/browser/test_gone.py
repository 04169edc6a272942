"""A tab that closes, a renderer that crashes, a browser that is killed."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import PlaywrightPipe, launch
from autoglm.errors import BrowserGone, CdpError
from autoglm.types import Goto, Wait
from tests.browser.conftest import Visit
from tests.site.server import Site


async def test_a_closed_tab_is_gone(pipe: PlaywrightPipe, site: Site) -> None:
    visit = await Visit.begin(pipe, site)
    await visit.open("index.html")
    await visit.page.close()
    with pytest.raises(BrowserGone, match="the tab was closed"):
        await visit.observe()
    with pytest.raises(BrowserGone):
        await visit.act(Wait(5))
    await visit.browser.close()


async def test_a_crashed_page_is_gone(pipe: PlaywrightPipe, site: Site) -> None:
    visit = await Visit.begin(pipe, site)
    await visit.open("index.html")
    with pytest.raises(BrowserGone, match="crashed"):
        await visit.cdp.send("Page.crash")
    with pytest.raises(BrowserGone, match="crashed"):
        await visit.observe()
    await visit.browser.close()


async def test_a_killed_browser_is_gone(site: Site) -> None:
    async with launch() as pipe:
        tabs = await pipe.tabs()
        browser = CdpBrowser(tabs, await tabs.open())
        await browser.act(Goto(f"{site.url}/index.html"))
        await browser.observe()
        os.kill(await _browser_pid(pipe), signal.SIGKILL)
        with pytest.raises(BrowserGone):
            await browser.act(Wait(10))
        with pytest.raises(BrowserGone):
            await browser.observe()
        with pytest.raises(BrowserGone):
            await pipe.tabs()
        await browser.close()


async def test_a_refused_command_names_the_method_and_the_browsers_reason(visit: Visit) -> None:
    with pytest.raises(CdpError, match=r"^Page\.navigate: Cannot navigate to invalid URL$") as error:
        await visit.cdp.send("Page.navigate", url="not an address")
    assert error.value.method == "Page.navigate"
    with pytest.raises(CdpError, match=r"wasn't found|Nothing\.here is not allowed"):
        await visit.cdp.send("Nothing.here")


async def test_events_end_when_the_tab_closes(pipe: PlaywrightPipe) -> None:
    tabs = await pipe.tabs()
    cdp = await tabs.open()
    events = cdp.events()
    await cdp.send("Page.enable")
    await cdp.send("Page.navigate", url="about:blank#1")
    methods: list[str] = []
    async for method, _, _ in events:
        methods.append(method)
        if method == "Page.frameStartedLoading":
            await cdp.close()
    await tabs.close()
    assert "Page.frameStartedLoading" in methods


async def test_a_profile_folder_is_kept_between_runs(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    profile = tmp_path_factory.mktemp("profile")
    for held in (None, "kept"):
        async with launch(profile_dir=profile) as pipe:
            cdp = await (await pipe.tabs()).open()
            await cdp.page.goto(f"{site.url}/index.html")
            assert await cdp.page.evaluate("localStorage.getItem('a')") == held
            await cdp.page.evaluate("localStorage.setItem('a', 'kept')")


async def _browser_pid(pipe: PlaywrightPipe) -> int:
    owner: Any = pipe._owner  # pyright: ignore[reportPrivateUsage]
    session = await owner.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    return next(process["id"] for process in processes if process["type"] == "browser")
