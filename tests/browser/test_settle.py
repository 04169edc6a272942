"""When a page is taken to have settled."""

from __future__ import annotations

from autoglm.types import Click
from tests.browser.conftest import Visit, element, names, texts


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


async def test_a_page_that_never_rests_is_shown_as_it_is(hasty: Visit) -> None:
    await hasty.open("index.html")
    grow = "{ const p = document.createElement('p'); document.body.append(p); setTimeout(() => p.append('x'), 5) }"
    await hasty.js(f"void setInterval(() => {grow}, 10)")
    seen = await hasty.observe()
    assert not seen.settled and "Contact form" in names(seen)


async def test_an_answer_without_a_page_leaves_the_page_standing(visit: Visit) -> None:
    await visit.show(f'<a href="{visit.site.url}/nothing">Nothing</a>')
    await visit.act(Click(await visit.ref("Nothing")))
    seen = await visit.observe()
    assert seen.settled and names(seen) == ["Nothing"]
