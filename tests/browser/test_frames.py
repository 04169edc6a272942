"""Frames of the same site and of others, nested, coming and going: one page to look at and to act on."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from autoglm.errors import Mistake
from autoglm.types import Check, Click, Hover, Observation, Press, Scroll, Select, Type
from tests.browser.conftest import Visit, element, names, texts

FORM = """<body style="margin:0"><label>Card <input id=card></label> <button onclick="said.textContent = 'paid ' + card.value">Pay</button>
<label><input type=checkbox id=keep>Keep</label><select aria-label=Kind><option>Visa<option>Amex</select><p role=status id=said></p>"""


def page(html: str) -> str:
    """An address of the site that shows `html`, without its origin."""
    return f"/show?html={quote(html)}"


def elsewhere(visit: Visit, html: str) -> str:
    """The same of another site: a process of its own."""
    return visit.site.url.replace("127.0.0.1", "localhost") + page(html)


def frame(url: str, name: str = "", style: str = "") -> str:
    return f'<iframe title="{name}" src="{url}" style="width:500px;height:150px;border:3px solid;padding:5px;{style}"></iframe>'


LOADED = "new Promise((done) => frame.addEventListener('load', () => done(), { once: true }))"


async def show(visit: Visit, html: str) -> Observation:
    await visit.page.goto(visit.site.url + page(html))
    return await visit.observe()


@pytest.mark.parametrize("other", [False, True])
async def test_a_frame_is_read_and_filled_in_like_the_page(visit: Visit, other: bool) -> None:
    url = elsewhere(visit, FORM) if other else page(FORM)
    seen = await show(visit, f"<h1>Shop</h1><button>Before</button>{frame(url, 'Payment')}<button>After</button>")
    assert names(seen) == ["Before", "Card", "Pay", "Keep", "Kind", "After"]
    assert [e.ref for e in seen.elements] == [1, 2, 3, 4, 5, 6]
    assert [e.frame for e in seen.elements] == ["", *["Payment"] * 4, ""]
    assert await visit.act(Type(2, "4242")) == "typed"
    assert await visit.act(Check(4)) == "turned on"
    assert await visit.act(Select(5, ("Amex",))) == "selected Amex"
    assert await visit.act(Click(3)) == "clicked"
    seen = await visit.observe()
    assert texts(seen, "status") == ["paid 4242"] and element(seen, "Keep").states == ("on",)
    await visit.act(Type(2, "5"))
    await visit.act(Press("Tab"))
    await visit.act(Press("Enter"))
    assert texts(await visit.observe(), "status") == ["paid 5"]


async def test_boxes_in_frames_are_those_of_the_viewport(visit: Visit) -> None:
    inner = page(f"<body style='margin:0;padding:20px'>{frame(elsewhere(visit, FORM), 'Inner')}")
    seen = await show(visit, f"<body style='margin:0;padding:10px'>{frame(inner, 'Outer', 'height:300px')}")
    card = element(seen, "Card").box
    x, y = await visit.page.frames[2].evaluate("[card.getBoundingClientRect().x, card.getBoundingClientRect().y]")
    around = 10 + 3 + 5 + 20 + 3 + 5
    assert card and (card.x, card.y) == (pytest.approx(around + x, abs=0.1), pytest.approx(around + y, abs=0.1))


async def test_frames_are_nested_as_deep_as_the_page_has_them(visit: Visit) -> None:
    third = elsewhere(visit, "<button onclick='this.textContent = \"Done\"'>Deep</button>")
    second = page(f"<button>Second</button>{frame(third, 'C')}")
    first = elsewhere(visit, f"<button>First</button>{frame(visit.site.url + second, 'B', 'height:250px')}")
    seen = await show(visit, f"<button>Top</button>{frame(first, 'A', 'height:400px')}")
    assert names(seen) == ["Top", "First", "Second", "Deep"] and element(seen, "Deep").frame == "C"
    assert await visit.act(Click(element(seen, "Deep").ref)) == "clicked"
    seen = await visit.observe()
    assert names(seen)[-1] == "Done" and seen.elements[-1].ref == 4


async def test_a_frame_below_the_fold_is_brought_into_view_to_be_acted_on(visit: Visit) -> None:
    inner = elsewhere(
        visit, "<div style='height:2000px'></div><button onclick='this.textContent = \"Done\"'>Low</button>"
    )
    seen = await show(
        visit, f"<div style='height:1500px'></div>{frame(inner, 'Low frame')}<div style='height:1500px'></div>"
    )
    low = element(seen, "Low")
    assert not low.in_view
    assert await visit.act(Click(low.ref)) == "clicked"
    seen = await visit.observe()
    assert element(seen, "Done").in_view and element(seen, "Done").ref == low.ref


async def test_the_low_end_of_a_tall_frame_is_brought_into_view_to_be_acted_on(visit: Visit) -> None:
    inner = elsewhere(
        visit, "<div style='height:2000px'>High</div><button onclick='this.textContent = \"Done\"'>Low</button>"
    )
    seen = await show(visit, frame(inner, "Tall", "height:2200px"))
    assert not element(seen, "Low").in_view
    assert await visit.act(Click(element(seen, "Low").ref)) == "clicked"
    assert element(await visit.observe(), "Done").in_view


async def test_what_lies_over_a_frame_keeps_a_click_from_it(hasty: Visit) -> None:
    cover = "<div style='position:absolute;left:0;top:0;width:600px;height:300px;background:#fff'>We use cookies</div>"
    await show(hasty, f"{frame(elsewhere(hasty, FORM), 'Payment')}<div id=over></div>")
    seen = await hasty.observe()
    pay = element(seen, "Pay").ref
    await hasty.js(f'document.getElementById("over").innerHTML = "{cover}"')
    with pytest.raises(Mistake, match=r'is covered by .*"We use cookies"'):
        await hasty.act(Click(pay))
    seen = await hasty.observe()
    assert "covered" in element(seen, "Pay").states and element(seen, "Pay").takes == ()
    await hasty.js('document.getElementById("over").textContent = ""')
    assert await hasty.act(Click(pay)) == "clicked"


async def test_a_press_for_a_frame_that_moved_just_then_reaches_nothing_else(visit: Visit) -> None:
    seen = await visit.show(
        "<iframe srcdoc='<button>Send</button>' style='position: absolute; left: 0; top: 0'></iframe>"
        "<button style='position: absolute; left: 0; top: 0; width: 300px; height: 150px; z-index: -1'>Under</button>"
        "<script>document.onmousedown = document.onclick = (event) => { document.title = event.type }</script>"
    )
    away = "document.querySelector('iframe').style.top = '400px'"
    with visit.just_before_a_press(away), pytest.raises(Mistake, match="moved"):
        await visit.act(Click(element(seen, "Send").ref))
    assert (await visit.observe()).title == "Test"
    assert await visit.act(Click(await visit.ref("Under"))) == "clicked"
    assert (await visit.observe()).title == "click"


async def test_a_modal_of_the_page_covers_what_is_in_frames(visit: Visit) -> None:
    seen = await show(
        visit,
        f"{frame(elsewhere(visit, FORM), 'Payment')}<dialog id=d>Sure? <button>Yes</button></dialog><script>d.showModal()</script>",
    )
    assert element(seen, "Yes").takes == ("Click",)
    assert "covered" in element(seen, "Card").states and element(seen, "Card").takes == ()


async def test_numbers_stay_with_their_nodes_and_are_never_given_twice(visit: Visit) -> None:
    seen = await show(
        visit, f"<button>A</button>{frame(elsewhere(visit, '<button>In</button>'), 'F')}<button>B</button>"
    )
    first = {e.name: e.ref for e in seen.elements}
    await visit.js("document.body.insertAdjacentHTML('afterbegin', '<button>New</button>')")
    await visit.page.frames[1].evaluate("document.body.insertAdjacentHTML('beforeend', '<button>New in</button>')")
    seen = await visit.observe()
    second = {e.name: e.ref for e in seen.elements}
    assert second == {**first, "New": 4, "New in": 5}


async def test_a_number_from_a_frame_that_went_elsewhere_acts_on_nothing(visit: Visit) -> None:
    seen = await show(visit, frame(elsewhere(visit, "<button>Old</button>"), "F"))
    old = element(seen, "Old").ref
    for url, name in ((page("<button>Near</button>"), "Near"), (elsewhere(visit, "<button>Far</button>"), "Far")):
        await visit.js(f"frame = document.querySelector('iframe'); frame.src = {url!r}; {LOADED}")
        with pytest.raises(Mistake):
            await visit.act(Click(old))
        seen = await visit.observe()
        assert names(seen) == [name] and seen.elements[0].ref > old
        assert await visit.act(Click(seen.elements[0].ref)) == "clicked"
        old = seen.elements[0].ref


async def test_a_frame_that_is_taken_away_is_gone_and_the_rest_stays(visit: Visit) -> None:
    seen = await show(visit, f"<button>A</button>{frame(elsewhere(visit, FORM), 'F')}")
    await visit.js("document.querySelector('iframe').remove()")
    with pytest.raises(Mistake):
        await visit.act(Click(element(seen, "Pay").ref))
    assert names(await visit.observe()) == ["A"]


async def test_a_frame_that_is_put_in_later_is_seen(visit: Visit) -> None:
    await show(visit, "<button onclick=\"document.body.insertAdjacentHTML('beforeend', html)\">More</button>")
    await visit.js(f"window.html = {frame(elsewhere(visit, FORM), 'F')!r}")
    await visit.act(Click(1))
    assert names(await visit.observe()) == ["More", "Card", "Pay", "Keep", "Kind"]


async def test_a_slow_frame_is_waited_for(visit: Visit) -> None:
    url = elsewhere(visit, "<button>Late</button>") + "&ms=700"
    assert "Late" in names(await show(visit, frame(url, "F")))


async def test_a_listener_in_a_frame_makes_a_thing_clickable(visit: Visit) -> None:
    html = "<div id=d>Press me</div><script>d.addEventListener('click', () => { d.textContent = 'Pressed' })</script>"
    for url in (page(html), elsewhere(visit, html)):
        seen = await show(visit, frame(url, "F"))
        assert await visit.act(Click(element(seen, "Press me").ref)) == "clicked"
        assert "Pressed" in names(await visit.observe())


async def test_a_frame_in_the_middle_is_scrolled_when_the_page_does_not(visit: Visit) -> None:
    inner = elsewhere(visit, "<div style='height:3000px'>Long</div><button>End</button>")
    seen = await show(
        visit,
        f"<body style='margin:0;overflow:hidden'><iframe src='{inner}' style='display:block;width:100vw;height:100vh;border:0'></iframe>",
    )
    assert not element(seen, "End").in_view
    assert (await visit.act(Scroll("down"))).startswith("scrolled 6")
    await visit.act(Hover(element(seen, "End").ref))
    assert element(await visit.observe(), "End").in_view


async def test_a_scaled_frame_is_pressed_where_it_is_drawn(visit: Visit) -> None:
    seen = await show(visit, frame(elsewhere(visit, FORM), "F", "transform:scale(0.5);transform-origin:0 0"))
    at = await visit.page.frames[1].evaluate("[card.getBoundingClientRect().x, card.getBoundingClientRect().width]")
    outer = await visit.js("document.querySelector('iframe').getBoundingClientRect().x")
    card = element(seen, "Card").box
    assert card and card.width == pytest.approx(at[1] / 2) and card.x == pytest.approx(outer + (8 + at[0]) / 2, abs=0.1)
    await visit.act(Type(element(seen, "Card").ref, "1"))
    await visit.act(Click(element(seen, "Pay").ref))
    assert texts(await visit.observe(), "status") == ["paid 1"]


async def test_a_frame_without_a_title_that_shows_nothing_is_not_told(visit: Visit) -> None:
    seen = await show(visit, f"<button>A</button><iframe src='about:blank'></iframe>{frame('about:blank', 'Advert')}")
    assert names(seen) == ["A"] and texts(seen) == ["Advert"]


async def test_a_page_without_frames_keeps_the_numbers_of_its_script(visit: Visit) -> None:
    seen = await visit.open("signup.html")
    assert [e.ref for e in seen.elements] == list(range(1, len(seen.elements) + 1))
