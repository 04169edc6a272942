"""Pages whose script does not end: the run goes on."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from autoglm.browser.driver import STOPPED
from autoglm.browser.frames import FRAME_S
from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.errors import Mistake, PageHung
from autoglm.types import Check, Click, CloseTab, Goto, NewTab, Observation, SwitchTab, Text, Type
from tests.browser.conftest import PATIENT, Visit, element, names, texts, until
from tests.browser.test_frames import elsewhere, frame, show
from tests.site.server import Site

HANGS_S = 60
HANG = "<button onclick='for (;;) {}'>Hang</button><button onclick=\"this.textContent = 'Works'\">Go on</button>"


@pytest_asyncio.fixture(loop_scope="session")
async def brisk(pipe: PlaywrightPipe, site: Site) -> AsyncIterator[Visit]:
    """A tab whose page must answer within a few seconds."""
    visit = await Visit.begin(pipe, site, answer_s=3)
    yield visit
    await visit.browser.close()


async def hang(visit: Visit) -> None:
    seen = await show(visit, HANG)
    with pytest.raises(PageHung, match="was not answered within 3 s: a script of the page does not end"):
        await visit.act(Click(element(seen, "Hang").ref))


async def test_a_script_that_does_not_end_is_stopped_and_told(brisk: Visit) -> None:
    await hang(brisk)
    seen = await brisk.observe()
    assert seen.items[0] == Text("note", STOPPED) and not seen.hung
    await brisk.act(Click(element(seen, "Go on").ref))
    assert names(await brisk.observe()) == ["Hang", "Works"]


async def test_a_page_that_hangs_again_and_again_is_shown_as_hung_in_time(brisk: Visit) -> None:
    await show(brisk, "<title>Busy</title><button>x</button>")
    hang = f"for (const end = Date.now() + {1000 * HANGS_S}; Date.now() < end;) {{}}"
    await brisk.js(f"setTimeout(() => {{ setInterval(() => {{ {hang} }}, 0) }}, 100)")
    seen = await brisk.observe()
    while not seen.hung:
        seen = await brisk.observe()
    assert seen.items == () or seen.items[0].role == "note"
    assert seen.tabs[0].active and seen.url == seen.tabs[0].url and "/show" in seen.url
    began = time.monotonic()
    await brisk.observe()
    assert time.monotonic() - began < HANGS_S
    assert await brisk.act(NewTab(f"{brisk.site.url.replace('127.0.0.1', 'localhost')}/index.html"))
    assert names(await brisk.observe())
    await brisk.act(CloseTab(1))
    assert len((await brisk.observe()).tabs) == 1


@pytest.mark.parametrize("there", ["/index.html", "http://localhost"])
async def test_one_can_go_elsewhere_from_a_page_that_hangs(brisk: Visit, there: str) -> None:
    await hang(brisk)
    url = (
        brisk.site.url + there
        if there.startswith("/")
        else brisk.site.url.replace("127.0.0.1", "localhost") + "/index.html"
    )
    assert await brisk.act(Goto(url)) == "opened"
    assert (await brisk.observe()).title == "Northlight"


async def test_the_model_is_told_that_a_page_hangs(brisk: Visit) -> None:
    assert issubclass(PageHung, Mistake)
    await hang(brisk)
    await brisk.act(NewTab(f"{brisk.site.url}/index.html"))
    await brisk.act(SwitchTab(1))
    assert names(await brisk.observe()) == ["Hang", "Go on"]


ASKS_AND_HANGS = """void setTimeout(() => {
  const request = new XMLHttpRequest();
  request.open('POST', '/submit', false);
  request.send('hangs=now');
  for (;;) {}
}, 0)"""
"""A script that waits for the answer to a request, by which one knows that it hangs, and then goes on to do so."""


async def timed(visit: Visit) -> tuple[Observation, float]:
    began = time.monotonic()
    return await visit.browser.observe(), time.monotonic() - began


async def test_a_frame_of_another_site_that_hangs_costs_a_bounded_time(visit: Visit) -> None:
    inner = elsewhere(visit, "<button>In</button>")
    seen = await show(visit, f"<button>A</button>{frame(inner, 'Advert')}<button>B</button>")
    assert names(seen) == ["A", "In", "B"]
    await visit.page.frames[1].evaluate(ASKS_AND_HANGS)
    assert await until(visit.posted, lambda posted: posted == [{"hangs": "now"}])
    seen, first_s = await timed(visit)
    assert (
        names(seen) == ["A", "B"]
        and "Advert" in texts(seen, "iframe")[0]
        and "does not answer" in texts(seen, "iframe")[0]
    )
    assert min([(await timed(visit))[1] for _ in range(3)]) < FRAME_S < first_s < PATIENT["settle_s"]
    await visit.act(Click(element(seen, "A").ref))
    await visit.act(Goto("about:blank"))


@pytest.mark.parametrize("framed", [False, True])
async def test_a_press_that_leads_to_a_slow_page_is_not_a_page_that_hangs(brisk: Visit, framed: bool) -> None:
    away = f"<button onmousedown=\"location = '{brisk.site.url}/index.html?ms=9000'\">Leave</button>"
    seen = await show(brisk, frame(elsewhere(brisk, away), "Inner") if framed else away)
    assert await brisk.act(Click(element(seen, "Leave").ref)) == "clicked"


async def test_a_field_that_leads_to_a_slow_page_was_filled_in(brisk: Visit) -> None:
    seen = await show(brisk, f"<input aria-label=Code oninput=\"location = '{brisk.site.url}/index.html?ms=9000'\">")
    assert await brisk.act(Type(element(seen, "Code").ref, "42")) == "typed"


async def test_a_box_that_leads_to_a_slow_page_was_turned_on(brisk: Visit) -> None:
    away = f"location = '{brisk.site.url}/index.html?ms=9000'"
    seen = await show(brisk, f'<input type=checkbox aria-label=Go onclick="{away}">')
    assert await brisk.act(Check(element(seen, "Go").ref)) == "turned on"
