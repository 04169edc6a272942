"""Tabs that the run opens, that pages open, and that close."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from autoglm.errors import BrowserGone, Mistake
from autoglm.types import Click, CloseTab, Goto, NewTab, Press, SwitchTab
from tests.browser.conftest import Visit, element, names, until
from tests.browser.test_frames import page, show

OPENERS = {
    "link": "<a href='{url}' target=_blank>Open</a>",
    "link with an opener": "<a href='{url}' target=_blank rel=opener>Open</a>",
    "script": "<button onclick=\"window.open('{url}')\">Open</button>",
    "script without an opener": "<button onclick=\"window.open('{url}', '', 'noopener')\">Open</button>",
    "window": "<button onclick=\"window.open('{url}', '', 'width=300,height=200')\">Open</button>",
}


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_popup_is_adopted_and_comes_to_the_front(fresh: Visit, opener: str) -> None:
    url = f"{fresh.site.url}/index.html"
    seen = await show(fresh, OPENERS[opener].replace("{url}", url))
    said = await fresh.act(Click(element(seen, "Open").ref))
    assert said == f"clicked; it opened {url} in tab 2, which is in front now"
    seen = await fresh.observe()
    assert [(tab.url, tab.active) for tab in seen.tabs] == [(seen.tabs[0].url, False), (url, True)]
    assert seen.url == url and seen.tabs[1].title == seen.title == "Northlight"
    await fresh.act(Click(element(seen, "Orders").ref))
    assert (await fresh.observe()).url.endswith("/orders.html")


async def test_a_popup_that_closes_itself_gives_way_to_its_opener(fresh: Visit) -> None:
    url = fresh.site.url + page("<button onclick='window.close()'>Done</button>")
    seen = await show(fresh, f"<button onclick=\"window.open('{url}')\">Open</button>")
    await fresh.act(Click(element(seen, "Open").ref))
    await fresh.act(Click(await fresh.ref("Done")))
    seen = await until(fresh.observe, lambda seen: len(seen.tabs) == 1)  # the browser closes it in its own time
    assert names(seen) == ["Open"] and len(seen.tabs) == 1 and seen.tabs[0].active


async def test_tabs_are_opened_switched_to_and_closed(fresh: Visit) -> None:
    await fresh.open("index.html")
    assert await fresh.act(NewTab(f"{fresh.site.url}/orders.html")) == "opened in tab 2, which is in front now"
    await fresh.act(NewTab(f"{fresh.site.url}/contact.html"))
    assert [tab.active for tab in (await fresh.observe()).tabs] == [False, False, True]
    assert await fresh.act(SwitchTab(2)) == "tab 2 is in front now"
    assert (await fresh.observe()).url.endswith("/orders.html")
    assert await fresh.act(CloseTab(1)) == "closed; tab 1 is in front now"
    assert [tab.active for tab in (await fresh.observe()).tabs] == [True, False]
    await fresh.act(CloseTab(1))
    seen = await fresh.observe()
    assert seen.url.endswith("/contact.html") and [tab.active for tab in seen.tabs] == [True]


async def test_each_tab_keeps_its_own_numbers(fresh: Visit) -> None:
    first = await fresh.open("signup.html")
    await fresh.act(NewTab(f"{fresh.site.url}/orders.html"))
    assert (await fresh.observe()).elements[0].ref == 1
    await fresh.act(SwitchTab(1))
    assert [(e.ref, e.name) for e in (await fresh.observe()).elements] == [(e.ref, e.name) for e in first.elements]


async def test_a_page_left_in_the_background_goes_on(fresh: Visit) -> None:
    html = "<button>x</button><p id=n></p><script>let n = 0; setInterval(() => { document.title = `${document.hasFocus()} ${++n}` }, 50)</script>"
    await show(fresh, html)
    await fresh.act(NewTab(f"{fresh.site.url}/index.html"))
    first = (await until(fresh.observe, lambda seen: seen.tabs[0].title.startswith("true "))).tabs[0].title
    later = (await until(fresh.observe, lambda seen: seen.tabs[0].title != first)).tabs[0].title
    assert first.startswith("true ") and later.startswith("true ") and later != first


async def test_there_must_be_such_a_tab_and_the_last_one_stays(fresh: Visit) -> None:
    await fresh.open("index.html")
    with pytest.raises(Mistake, match="there is no tab 2; there are 1"):
        await fresh.act(SwitchTab(2))
    with pytest.raises(Mistake, match="this is the only tab"):
        await fresh.act(CloseTab(1))


async def test_an_address_that_does_not_open_leaves_no_tab_behind(fresh: Visit) -> None:
    await fresh.open("index.html")
    with pytest.raises(Mistake, match="did not open"):
        await fresh.act(NewTab("http://127.0.0.1:9/"))
    seen = await fresh.observe()
    assert len(seen.tabs) == 1 and seen.url.endswith("/index.html")


async def test_a_link_opened_by_a_chord_is_adopted(fresh: Visit) -> None:
    seen = await fresh.open("index.html")
    assert "in tab 2" in await fresh.act(Press("Control+Enter", element(seen, "Orders").ref))
    assert (await fresh.observe()).url.endswith("/orders.html")


async def test_a_tab_that_crashed_is_closed_and_told(fresh: Visit) -> None:
    await fresh.open("index.html")
    other = fresh.site.url.replace("127.0.0.1", "localhost") + "/orders.html"
    await fresh.act(NewTab(other))
    crashed = fresh.page.context.pages[1]
    session: Any = await fresh.page.context.new_cdp_session(crashed)
    async with crashed.expect_event("crash"):
        crashing: asyncio.Future[Any] = asyncio.ensure_future(session.send("Page.crash"))
    crashing.cancel()
    seen = await fresh.observe()
    assert [tab.url for tab in seen.tabs] == [f"{fresh.site.url}/index.html"]
    assert seen.items[0].role == "note" and "Tab 2" in str(seen.items[0]) and "crashed" in str(seen.items[0])


async def test_the_last_tab_closing_ends_the_run(fresh: Visit) -> None:
    await show(fresh, "<button onclick='window.close()'>x</button>")
    await fresh.page.close()
    with pytest.raises(BrowserGone):
        await fresh.act(Goto(f"{fresh.site.url}/index.html"))
