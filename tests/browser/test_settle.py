"""When a page is taken to have settled."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from autoglm.browser.news import REQUEST_S
from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.errors import Mistake
from autoglm.types import Click, Goto, Observation, Type
from tests.browser.conftest import PATIENT, Visit, element, names, texts
from tests.site.server import Site

BRIEF_S = 4.0


@pytest_asyncio.fixture(loop_scope="session")
async def brief(pipe: PlaywrightPipe, site: Site) -> AsyncIterator[Visit]:
    """A tab that shows a page as it is when it has not settled by then."""
    brief = await Visit.begin(pipe, site, settle_s=BRIEF_S)
    yield brief
    await brief.browser.close()


async def test_content_that_is_fetched_is_waited_for(visit: Visit) -> None:
    seen = await visit.open("slow.html")
    assert seen.settled and names(seen)[6:10] == ["Story 1", "Story 2", "Story 3", "Load more"]
    await visit.act(Click(element(seen, "Load more").ref))
    seen = await visit.observe()
    assert seen.settled and names(seen).count("Story 1") == 2


async def test_a_navigation_begun_by_a_click_is_waited_for(visit: Visit) -> None:
    await visit.show(f'<a href="{visit.site.url}/orders.html?ms=400">Orders</a>')
    await visit.act(Click(await visit.ref("Orders")))
    seen = await visit.observe()
    assert seen.settled and "Ada Lovelace | 12.50 € | open" in texts(seen, "row")


async def test_a_navigation_begun_by_a_script_is_waited_for(visit: Visit) -> None:
    await visit.show(
        f"<button onclick=\"setTimeout(() => location = '{visit.site.url}/tabs.html?ms=300', 0)\">Go</button>"
    )
    await visit.act(Click(await visit.ref("Go")))
    assert (await visit.observe()).title == "Tabs · Northlight"


async def test_a_form_that_is_posted_is_waited_for(visit: Visit) -> None:
    await visit.show(
        f'<form method=post action="{visit.site.url}/submit"><input name=a value=b aria-label=A><button>Send</button></form>'
    )
    await visit.act(Click(await visit.ref("Send")))
    assert (await visit.observe()).url.endswith("/submit")
    assert visit.site.submitted == [{"a": "b"}]


async def test_a_transition_that_shows_something_is_waited_for(visit: Visit) -> None:
    await visit.show(
        "<style>#m { opacity: 0; transition: opacity .3s } .on#m { opacity: 1 }</style>"
        "<button onclick=\"m.classList.add('on')\">Open</button><div id=m><a href='#'>Fading in</a></div>"
    )
    await visit.act(Click(await visit.ref("Open")))
    assert "Fading in" in names(await visit.observe())


async def test_a_clock_does_not_keep_a_page_from_settling(visit: Visit) -> None:
    seen = await visit.show(
        "<p id=t>0</p><button>Go</button><script>setInterval(() => t.textContent = performance.now(), 20)</script>"
    )
    assert seen.settled


async def test_a_long_poll_does_not_keep_a_page_from_settling(visit: Visit) -> None:
    seen = await visit.show("<p>Chat</p><script>fetch('/news?ms=20000'); new EventSource('/news?ms=20000')</script>")
    assert seen.settled and texts(seen) == ["Chat"]


async def test_an_answer_without_a_page_leaves_the_page_standing(visit: Visit) -> None:
    await visit.show(f'<a href="{visit.site.url}/nothing">Nothing</a>')
    await visit.act(Click(await visit.ref("Nothing")))
    seen = await visit.observe()
    assert seen.settled and names(seen) == ["Nothing"]


async def test_a_link_that_opens_a_mail_program_is_not_waited_for(visit: Visit) -> None:
    await visit.show('<a href="mailto:ada@example.org">Mail</a>')
    await visit.act(Click(await visit.ref("Mail")))
    seen = await visit.observe()
    assert seen.settled and names(seen) == ["Mail"]


async def test_an_address_that_failed_still_shows_a_page(visit: Visit) -> None:
    with pytest.raises(Mistake):
        await visit.act(Goto("http://127.0.0.1:9/"))
    assert (await visit.observe()).url.startswith("chrome-error:")


async def test_an_empty_page_a_picture_and_a_plain_text_can_be_looked_at(visit: Visit) -> None:
    await visit.act(Goto("about:blank"))
    assert (await visit.observe()).items == ()
    svg = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>drawn</text></svg>"
    await visit.page.goto(svg)
    assert texts(await visit.observe()) == ["drawn"]
    await visit.page.goto(f"{visit.site.url}/site.css")
    assert ":root" in texts(await visit.observe())[0]


async def test_a_field_that_leads_elsewhere_was_typed_into_all_the_same(visit: Visit) -> None:
    await visit.show(
        f"<input aria-label=Code oninput=\"if (this.value === '42') location = '{visit.site.url}/tabs.html'\">"
    )
    assert await visit.act(Type(await visit.ref("Code"), "42")) == "typed"
    assert (await visit.observe()).title == "Tabs · Northlight"


async def test_suggestions_that_come_after_a_pause_in_typing_are_waited_for(visit: Visit) -> None:
    await visit.show(
        """<input aria-label=City aria-autocomplete=list oninput="setTimeout(() => found.innerHTML = '<li role=option>Oslo', 300)">
        <ul id=found role=listbox></ul>"""
    )
    await visit.act(Type(await visit.ref("City"), "Os"))
    assert "Oslo" in names(await visit.observe())


async def test_nothing_else_that_is_shown_ends_the_wait_for_suggestions(visit: Visit) -> None:
    await visit.show(
        """<input aria-label=City aria-autocomplete=list><p id=said></p><ul id=found role=listbox></ul>
        <ul id=leaving style="opacity: 1"><li><a href="#">30 November</a></ul>
        <script>
          const city = document.querySelector('input');
          city.onfocus = () => { for (let i = 1; i < 10; i++) setTimeout(() => leaving.style.opacity = 1 - i / 10, 20 * i) };
          city.oninput = () => {
            said.textContent = `${city.value.length} of 40`;
            setTimeout(() => found.innerHTML = '<li role=option>Oslo', 300);
          };
        </script>"""
    )
    await visit.act(Type(await visit.ref("City"), "Os"))
    assert "Oslo" in names(await visit.observe())


async def test_suggestions_that_are_asked_for_after_a_pause_are_waited_for(visit: Visit) -> None:
    await visit.open("nothing.html")
    await visit.js(
        """document.body.innerHTML = '<input aria-label=City role=combobox aria-controls=found><ul id=found role=listbox></ul>';
        document.querySelector('input').oninput = ({ target }) => {
          found.innerHTML = '<li role=option>Loading…';
          setTimeout(async () => {
            const cities = await (await fetch(`/cities?ms=600&q=${target.value}`)).json();
            found.innerHTML = cities.map((name) => `<li role=option>${name}`).join('');
          }, 400);
        };
        0"""
    )
    await visit.act(Type(await visit.ref("City"), "Be"))
    assert "Berlin" in names(await visit.observe())


async def test_a_list_that_is_open_already_is_waited_for_until_it_is_another(visit: Visit) -> None:
    await visit.show(
        """<input aria-label=City role=combobox aria-controls=found aria-expanded=true><ul id=found role=listbox><li role=option>Oslo</ul>
        <script>document.querySelector('input').oninput = () => setTimeout(() => found.innerHTML = '<li role=option>Bergen', 300)</script>"""
    )
    await visit.act(Type(await visit.ref("City"), "Be"))
    seen = names(await visit.observe())
    assert "Bergen" in seen and "Oslo" not in seen


async def test_a_fetch_whose_answer_nobody_reads_is_not_waited_for(pipe: PlaywrightPipe, site: Site) -> None:
    visit = await Visit.begin(pipe, site, settle_s=0.9 * REQUEST_S)  # by then nothing waits for it in any case
    await visit.show(
        "<button onclick=\"fetch('/submit', {method: 'POST', body: '{}'}); said.textContent = 'Sent'\">Send</button><p id=said>"
    )
    await visit.act(Click(await visit.ref("Send")))
    seen = await visit.observe()
    assert "Sent" in texts(seen) and seen.settled
    await visit.browser.close()


async def test_a_server_that_does_not_answer_costs_its_time_once(brief: Visit) -> None:
    seen = await brief.show(f'<a href="{brief.site.url}/orders.html?ms=20000">Orders</a>')
    await brief.act(Click(element(seen, "Orders").ref))
    first, again, other = [await _timed(brief) for _ in range(3)]
    assert not first[0].settled and names(first[0]) == names(other[0]) == ["Orders"] and not first[0].hung
    assert BRIEF_S <= first[1] < PATIENT["settle_s"] and min(again[1], other[1]) < BRIEF_S
    await brief.open("index.html")


async def test_a_page_that_never_rests_is_shown_as_it_is_and_costs_its_time_once(brief: Visit) -> None:
    first = await brief.show(f"<button>Go</button>{NEVER_RESTS}")
    assert not first.settled and names(first) == ["Go"]
    looks = [await _timed(brief) for _ in range(3)]
    assert all(not seen.settled and names(seen) == ["Go"] for seen, _ in looks)
    assert min(took for _, took in looks) < BRIEF_S
    await brief.open("index.html")
    assert (await brief.observe()).settled


NEVER_RESTS = """<script>const change = () => document.body.append(document.createElement('p'));
setInterval(change, 10); (function each() { change(); requestAnimationFrame(each) })()</script>"""


async def _timed(visit: Visit) -> tuple[Observation, float]:
    began = time.monotonic()
    return await visit.observe(), time.monotonic() - began
