"""Pictures on credit, in the extension itself: an old one gives way to a newer one, a command never does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import cycle
from typing import Any

import pytest_asyncio
from playwright.async_api import Page

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.extension_pipe import Extension, ExtensionTabs
from autoglm.listen import EXTENSION_ID
from autoglm.protocol import Choices
from autoglm.types import Action, Click, Finish, Goto, Message, Type
from tests.browser.conftest import element
from tests.extension.conftest import Chrome, Served
from tests.extension.test_panel import on
from tests.site.server import Site

PICTURES = """async ({credit, changes, room}) => {
  const sent = [];
  let state = 0, taken = 0;
  const pictures = new Pictures(
    async () => { taken += 1; const seen = state; await new Promise(r => setTimeout(r, 30)); return Uint8Array.of(seen) },
    (_, picture) => { const fits = room.length ? room.shift() : true; if (fits) sent.push(picture[0]); return fits });
  const rest = () => new Promise(r => setTimeout(r, 1500));
  pictures.credit(7, credit);
  for (let i = 0; i < changes; i++) { state = i + 1; pictures.changed(7); await new Promise(r => setTimeout(r, 20)) }
  await rest();
  const before = [...sent];
  pictures.credit(7, 1);
  await rest();
  return {before, after: sent, taken};
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def still(paired: Chrome) -> AsyncIterator[Page]:
    """A page of the extension's in which no time goes by but what the test gives it."""
    page = await paired.context.new_page()
    await page.clock.install(time=0)
    await page.goto(f"chrome-extension://{EXTENSION_ID}/manifest.json")
    await page.clock.pause_at(3600)
    await page.evaluate("import('/pictures.js').then(({Pictures}) => { globalThis.Pictures = Pictures })")
    yield page
    await page.close()


async def pictures(page: Page, **asked: Any) -> dict[str, Any]:
    await page.evaluate(f"asked => {{ globalThis.done = ({PICTURES})(asked) }}", asked)
    await page.clock.run_for(10_000)
    return await page.evaluate("done")


async def test_without_credit_there_is_no_picture_and_what_comes_with_it_is_the_newest(still: Page) -> None:
    done = await pictures(still, credit=0, changes=50, room=[])
    assert done == {"before": [], "after": [50], "taken": 1}


async def test_many_changes_are_few_pictures_and_the_last_shows_the_last(still: Page) -> None:
    done = await pictures(still, credit=20, changes=50, room=[])
    assert 1 < len(done["before"]) < 6
    assert done["before"][-1] == 50
    assert done["after"] == done["before"]  # nothing has changed since


async def test_a_picture_that_the_socket_has_no_room_for_is_dropped_for_a_newer_one(still: Page) -> None:
    done = await pictures(still, credit=1, changes=1, room=[False, True])
    assert (done["before"], done["taken"]) == ([1], 2)


async def tab_in_front(chrome: Chrome) -> int:
    return await chrome.panel.evaluate("chrome.tabs.query({active: true, currentWindow: true}).then(([tab]) => tab.id)")


async def pictured(extension: Extension, tab: int, otherwise: bytes = b"") -> bytes:
    async with asyncio.timeout(60):
        while extension.pictures[tab] == otherwise:
            await asyncio.sleep(0.02)
    return extension.pictures[tab]


async def test_a_watched_tab_is_pictured_anew_after_each_change(chrome: Chrome, served: Served) -> None:
    extension, tab = served.session().extension, await tab_in_front(chrome)
    tabs = ExtensionTabs(extension, "watched", tab, watched=True)
    browser = CdpBrowser(tabs, await tabs.open())
    seen = await browser.observe()
    first = await pictured(extension, tab)
    assert first.startswith(b"\xff\xd8")
    await browser.act(Type(element(seen, "First name").ref, "Ada"))
    assert await pictured(extension, tab, otherwise=first) != first
    await browser.close()
    assert tab not in extension.pictures


async def test_a_run_keeps_how_it_left_the_page_and_the_panel_shows_each_picture(
    chrome: Chrome, served: Served
) -> None:
    served.script[:] = [on("First name", lambda ref: Type(ref, "Ada")), Finish("Typed.")]
    await chrome.start("Type it")
    assert await chrome.ended() == "finished"
    step = chrome.panel.locator(".run").last.locator(".step").first
    await step.locator("summary").click()
    await step.locator(".shot[src^='data:image/jpeg']").wait_for()
    run = served.store.runs()[-1].run.id
    left = served.store.screenshot(run, 2)
    assert left and left.read_bytes().startswith(b"\xff\xd8")
    await chrome.panel.click("#show-past")
    await chrome.panel.locator("#recordings button").first.click()
    await chrome.panel.locator("#recording > .shot[src^='data:image/jpeg']").wait_for()
    await chrome.panel.click("#show-talk")


async def test_while_the_person_looks_elsewhere_the_panel_shows_the_agents_tab(
    chrome: Chrome, served: Served, site: Site
) -> None:
    pages = cycle((f"{site.url}/index.html", f"{site.url}/orders.html"))

    def go(messages: Sequence[Message]) -> Action:
        return Goto(next(pages))

    served.script[:] = [go] * 1000  # until it is stopped
    served.panel.choices = Choices(steps=1000)
    view = chrome.panel.locator("#view")
    await chrome.start("Go about")
    await chrome.panel.locator(".step:not(.now)").first.wait_for()
    assert await view.is_hidden()
    other = await chrome.context.new_page()
    await other.goto(f"{site.url}/nothing.html")
    await other.bring_to_front()
    await view.locator("img[src^='data:image/jpeg']").wait_for()
    await chrome.panel.click("#go-there")
    await view.wait_for(state="hidden")
    await chrome.panel.click("#stop")
    assert await chrome.ended() == "stopped"
    served.panel.choices = Choices()
    await other.close()


async def test_pictures_that_nobody_takes_hold_up_no_command(chrome: Chrome, served: Served) -> None:
    extension, tab = served.session().extension, await tab_in_front(chrome)
    tabs = ExtensionTabs(extension, "unwatched", tab)
    browser = CdpBrowser(tabs, await tabs.open(), screenshots=True)
    seen = await browser.observe()
    for name in ("First name", "Last name"):
        await browser.act(Type(element(seen, name).ref, "Ada"))
    await browser.act(Click(element(seen, "Send message").ref))
    assert not extension.pictures
    assert (await browser.observe()).screenshot
    await browser.close()


async def test_a_file_is_told_of_in_the_persons_own_chrome_too(chrome: Chrome, served: Served, site: Site) -> None:
    await chrome.work.set_content("<a href='/file?name=report.csv'>Get</a>")
    tabs = ExtensionTabs(served.session().extension, "files", await tab_in_front(chrome))
    browser = CdpBrowser(tabs, await tabs.open())
    seen = await browser.observe()
    said = await browser.act(Click(element(seen, "Get").ref))
    assert said.said == "clicked; it downloaded report.csv (11 bytes), to where this browser puts its downloads"
    (file,) = (await browser.observe()).downloads
    assert (file.name, file.path, file.bytes, file.error) == ("report.csv", "", 11, "")
    await browser.close()
