"""One Chromium for all tests of this folder, a fresh tab for each; the local site behind them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio
from playwright.async_api import Page

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.extension_pipe import ExtensionCdp, ExtensionTabs
from autoglm.browser.frames import SILENT
from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.seams import Cdp, Tabs
from autoglm.types import Element, Goto, Observation, OnBrowser, OnElement, Text, Viewport
from tests.extension.conftest import chrome_with_extension, pair, serving
from tests.site.server import Site

T = TypeVar("T")
IN_TIME_S = 10.0
"""How long what the browser, the page or the server does by itself may take on a machine with much else to do."""
PATIENT = {"settle_s": 20.0, "actionable_s": 10.0, "answer_s": 20.0}
"""For tests that are about something else than time."""


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], object]) -> T:
    """What there is once that holds; else what there is after IN_TIME_S."""
    deadline = time.monotonic() + IN_TIME_S
    while True:
        seen = await look()
        if holds(seen) or time.monotonic() > deadline:
            return seen
        await asyncio.sleep(0.02)


class Visit:
    """A tab, and what a test asks of it."""

    def __init__(self, tabs: Tabs, first: Cdp, page: Page, site: Site, **options: float) -> None:
        self.cdp = first
        self.page = page
        """The first tab as Playwright sees it, whichever pipe the browser is driven through."""
        self.browser = CdpBrowser(tabs, first, **options)  # type: ignore[arg-type]
        self.site = site

    @classmethod
    async def begin(cls, pipe: PlaywrightPipe, site: Site, *, downloads: Path | None = None, **options: float) -> Visit:
        tabs = await pipe.tabs(downloads=downloads)
        first = await tabs.open()
        return cls(tabs, first, first.page, site, **{**PATIENT, **options})

    async def open(self, page: str) -> Observation:
        await self.browser.act(Goto(f"{self.site.url}/{page}"))
        return await self.observe()

    async def show(self, html: str) -> Observation:
        """A page made of `html`."""
        await self.page.goto(f"{self.site.url}/nothing.html")
        await self.page.set_content(f"<!doctype html><title>Test</title><body>{html}")
        return await self.observe()

    async def act(self, action: OnElement | OnBrowser) -> str:
        return (await self.browser.act(action)).said

    async def observe(self) -> Observation:
        """Once no frame is late; one that does not answer is looked at through the browser itself."""
        return await until(self.browser.observe, lambda seen: not any(SILENT in text for text in texts(seen, "iframe")))

    async def js(self, expression: str) -> Any:
        """What the page itself sees."""
        return await self.page.evaluate(expression)

    @contextmanager
    def just_before_a_press(self, expression: str) -> Generator[None]:
        """What the page does between the question where to press and each press."""
        send = self.cdp.send

        async def late(method: str, /, session: str = "", **params: Any) -> Any:
            if params.get("type") == "mousePressed":
                await self.js(expression)
            return await send(method, session, **params)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.cdp, "send", late)
            yield

    async def posted(self) -> list[dict[str, Any]]:
        """What came to the site so far."""
        return self.site.submitted

    async def ref(self, name: str) -> int:
        return element(await self.observe(), name).ref


def element(seen: Observation, name: str) -> Element:
    found = [e for e in seen.elements if e.name == name]
    assert found, f"no {name!r} among {[e.name for e in seen.elements]}"
    return found[0]


def names(seen: Observation) -> list[str]:
    return [e.name for e in seen.elements]


def texts(seen: Observation, role: str | None = None) -> list[str]:
    return [item.text for item in seen.items if isinstance(item, Text) and role in (None, item.role)]


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=["playwright", "extension"])
async def tab(
    request: pytest.FixtureRequest, pipe: PlaywrightPipe, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Visit]:
    """Through Playwright's pipe, and through our extension in a Chrome of its own."""
    async with AsyncExitStack() as opened:
        if request.param == "playwright":
            tab = await Visit.begin(pipe, site)
        else:
            tab = await begin_in_own_chrome(opened, site, tmp_path_factory.mktemp("own"))
        opened.push_async_callback(tab.browser.close)
        yield tab


async def begin_in_own_chrome(opened: AsyncExitStack, site: Site, directory: Path) -> Visit:
    served = await opened.enter_async_context(serving(directory))
    url = f"{site.url}/nothing.html"
    chrome = await opened.enter_async_context(chrome_with_extension(directory / "profile", url, viewport=Viewport()))
    await pair(chrome, served)
    work = await chrome.panel.evaluate("chrome.tabs.query({active: true, currentWindow: true}).then(([tab]) => tab.id)")
    tabs = ExtensionTabs(served.session().extension, "test", work)
    return Visit(tabs, await tabs.open(), chrome.work, site, **PATIENT)


NOT_IN_OWN_CHROME = {
    "test_a_link_that_opens_a_mail_program_is_not_waited_for": "there Chrome asks the person",
    "test_the_whole_page_is_one_picture": "Chrome's own picture of it undoes the size that Playwright emulates",
    "test_frames_are_nested_as_deep_as_the_page_has_them": "Playwright and chrome.debugger wait for one another",
}


@pytest.fixture
def visit(tab: Visit, request: pytest.FixtureRequest) -> Visit:
    """The tab that most tests share, each with a page of its own in it."""
    why = NOT_IN_OWN_CHROME.get(request.function.__name__)
    if why and isinstance(tab.cdp, ExtensionCdp):
        pytest.skip(f"not in a person's own Chrome: {why}")
    tab.site.submitted.clear()
    return tab


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(pipe: PlaywrightPipe, site: Site) -> AsyncIterator[Visit]:
    """A tab that was nowhere yet."""
    fresh = await Visit.begin(pipe, site)
    yield fresh
    await fresh.browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def hasty(pipe: PlaywrightPipe, site: Site) -> AsyncIterator[Visit]:
    """A tab with little patience for what is in the way of an action."""
    hasty = await Visit.begin(pipe, site, actionable_s=0.2)
    yield hasty
    await hasty.browser.close()
