"""Long lists: virtual, endless, in boxes of their own, under sticky bars."""

from __future__ import annotations

from autoglm.types import Click, Scroll
from tests.browser.conftest import Visit, element, names, texts


async def test_a_virtual_list_is_scrolled_until_the_wanted_row_is_there(visit: Visit) -> None:
    seen = await visit.open("widgets/lists.html")
    assert "Row 500" not in names(seen)
    for _ in range(100):
        if "Row 500" in names(seen):
            break
        # By any of its rows: they come and go.
        row = next(e for e in seen.elements if e.name.startswith("Row ") and e.in_view)
        await visit.act(Scroll("down", row.ref))
        seen = await visit.observe()
    await visit.act(Click(element(seen, "Row 500").ref))
    assert await visit.js("document.getElementById('said').textContent") == "picked 500"
    assert await visit.js("document.querySelectorAll('#virtual button').length") < 30


async def test_the_end_of_a_list_is_told(visit: Visit) -> None:
    seen = await visit.open("widgets/lists.html")
    row = element(seen, "Row 0")
    assert await visit.act(Scroll("up", row.ref)) == "nothing moved: it does not scroll further up"
    await visit.js("document.getElementById('virtual').scrollTop = 1e6")
    seen = await visit.observe()
    last = element(seen, "Row 999")
    assert await visit.act(Scroll("down", last.ref)) == "nothing moved: it does not scroll further down"


async def test_a_list_without_an_end_grows_while_one_scrolls(visit: Visit) -> None:
    seen = await visit.open("widgets/endless.html")
    assert "Story 25" not in names(seen)
    for _ in range(25):
        if "Story 45" in names(seen):
            break
        await visit.act(Scroll("down"))
        seen = await visit.observe()
    await visit.act(Click(element(seen, "Story 45").ref))
    assert texts(await visit.observe(), "status") == ["read Story 45"]


async def test_what_lies_under_a_bar_at_the_top_or_the_bottom_is_scrolled_out_from_under_it(visit: Visit) -> None:
    seen = await visit.open("widgets/endless.html")
    await visit.js("scrollTo(0, document.getElementById('s3').offsetTop - 5)")
    await visit.act(Click(element(seen, "Story 3").ref))
    assert texts(await visit.observe(), "status") == ["read Story 3"]
    await visit.js("scrollTo(0, document.getElementById('s9').offsetTop - innerHeight + 30)")
    await visit.act(Click(element(seen, "Story 9").ref))
    assert texts(await visit.observe(), "status") == ["read Story 9"]
    assert await visit.js("bars") == 0
