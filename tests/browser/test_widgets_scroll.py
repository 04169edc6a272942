"""Long lists: virtual, endless, in boxes of their own, under sticky bars."""

from __future__ import annotations

from autoglm.types import Click, Element, Observation, Scroll
from tests.browser.conftest import Visit, element, names, texts

TOLD = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
"""A page is told in the next frame that something was scrolled."""


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
    await visit.js(f"document.getElementById('virtual').scrollTop = 1e6; {TOLD}")
    seen = await visit.observe()
    last = element(seen, "Row 999")
    assert await visit.act(Scroll("down", last.ref)) == "nothing moved: it does not scroll further down"


COUNTED = """<div role=list aria-label=Inbox><div role=listitem aria-setsize=5000 aria-posinset=12>Twelve</div>
<div role=listitem aria-setsize=5000 aria-posinset=13>Thirteen</div></div>
<ul aria-label=All><li aria-setsize=2 aria-posinset=1>One<li aria-setsize=2 aria-posinset=2>Two</ul>
<div role=grid aria-rowcount=10000 aria-label=Orders><div role=row aria-rowindex=31><div role=gridcell>a</div><div role=gridcell>b</div></div></div>
<div role=listbox tabindex=0 aria-label=Cities><div role=option aria-setsize=300 aria-posinset=1>Rome</div><div role=option>Paris</div></div>
<div role=feed aria-label=News><article aria-posinset=1 aria-setsize=-1>First</article></div>"""


async def test_a_list_says_how_long_it_is_when_not_all_of_it_is_there(visit: Visit) -> None:
    seen = await visit.show(COUNTED)
    told = [(e.role, e.name, e.hint) for e in seen.elements if e.role != "option"]
    assert told == [
        ("list", "Inbox: 12 to 13 of 5000", ""),
        ("grid", "Orders: 31 to 31 of 10000", ""),
        ("listbox", "Cities", "1 to 1 of 300"),
        ("feed", "News: 1 to 1, and more", ""),
    ]


RECYCLED = """<p>Before</p><div id=v style="height:200px;overflow:auto"><div style="position:relative;height:150000px"></div></div>
<div style="height:60px;overflow:auto"><ul><li>a<li>b<li>c<li>d<li>e<li>f<li>g<li>h<li>i</ul></div>
<div style="height:60px;overflow:auto"><p style="height:900px">A long text</p></div>
<script>v.onscroll = () => { const from = Math.floor(v.scrollTop / 30); v.firstElementChild.innerHTML = Array.from({length: 9},
(_, i) => `<div style="position:absolute;top:${(from + i) * 30}px;height:30px">Person ${from + i + 1}</div>`).join('') }; v.onscroll()</script>"""


async def test_a_list_that_draws_only_what_is_in_view_says_so_and_is_scrolled(visit: Visit) -> None:
    seen = await visit.show(RECYCLED)
    (it,) = seen.elements
    assert (it.role, it.name, it.takes) == ("list", "rows 1 to 9 of about 5000", ("Scroll",))
    assert await visit.act(Scroll("down", it.ref)) == "scrolled 170 px down"
    seen = await visit.observe()
    assert element(seen, "rows 6 to 14 of about 5000").ref == it.ref
    assert "Person 14" in texts(seen)
    await visit.js(f"v.scrollTop = 3000; {TOLD}")
    assert names(await visit.observe()) == ["rows 101 to 109 of about 5000"]


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


async def test_a_list_is_scrolled_to_a_part_of_its_way(visit: Visit) -> None:
    await visit.show(
        """<div role=grid id=g aria-label=Rows aria-rowcount=1001 style="height:200px;overflow:auto"><div id=all style="position:relative;height:20000px">
        </div></div><script>const draw = () => { const first = Math.floor(g.scrollTop / 20); all.innerHTML =
          '<div role=row aria-rowindex=1><b role=columnheader>Head</b></div>' + Array.from({length: 10}, (_, i) => first + i).map((n) =>
          `<div role=row aria-rowindex=${n + 2} style="position:absolute;top:${20 * n}px;height:20px"><b role=cell>Row ${n + 1}</b></div>`).join('') };
        draw(); g.onscroll = draw</script>"""
    )
    seen = await visit.observe()
    [grid] = [e for e in seen.elements if "Scroll" in e.takes]
    assert await visit.act(Scroll("down", grid.ref, 50)) == "scrolled to 50 % of the way"
    seen = await visit.observe()
    assert "Row 496" in " ".join(texts(seen)) and "2 to" not in element_of(seen, grid.ref).name
    await visit.act(Scroll("up", grid.ref, 0))
    assert "Row 1" in texts(await visit.observe()) or "Row 1" in " ".join(texts(await visit.observe()))


def element_of(seen: Observation, ref: int) -> Element:
    found = seen.find(ref)
    assert found
    return found
