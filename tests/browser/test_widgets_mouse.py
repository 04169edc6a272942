"""Double and right clicks, hovering, dragging: on the page, in frames, with HTML's drag events and with pointer events."""

from __future__ import annotations

import pytest

from autoglm.errors import Mistake
from autoglm.types import Click, DoubleClick, Drag, Hover, RightClick
from tests.browser.conftest import Visit, element, names, texts


async def test_a_double_click_is_one_double_click(visit: Visit) -> None:
    await visit.open("widgets/context.html")
    assert await visit.act(DoubleClick(await visit.ref("report.txt"))) == "double-clicked"
    assert texts(await visit.observe(), "status") == ["opened report.txt"]
    assert await visit.js("events") == ["click 1", "click 2", "dblclick 2"]


async def test_a_right_click_opens_the_pages_own_menu_and_its_items_are_clicked(visit: Visit) -> None:
    await visit.open("widgets/context.html")
    assert await visit.act(RightClick(await visit.ref("photo.png"))) == "right-clicked"
    seen = await visit.observe()
    assert "Delete" in names(seen) and await visit.js("events") == ["contextmenu 2"]
    await visit.act(Click(element(seen, "Delete").ref))
    seen = await visit.observe()
    assert "photo.png" not in names(seen) and texts(seen, "status") == ["deleted photo.png"]


async def test_the_browsers_own_menu_is_prevented_only_after_the_page_had_its_say(visit: Visit) -> None:
    await visit.show(
        "<button>Plain</button><script>addEventListener('contextmenu', e => { window.early = e.defaultPrevented;"
        " setTimeout(() => window.late = e.defaultPrevented) }, true)</script>"
    )
    await visit.act(RightClick(await visit.ref("Plain")))
    await visit.observe()
    assert await visit.js("[window.early, window.late]") == [False, True]


async def test_a_nested_menu_opens_by_hovering_along_it(visit: Visit) -> None:
    seen = await visit.open("widgets/hover.html")
    assert "Gaming" not in names(seen)
    await visit.act(Hover(element(seen, "Products").ref))
    seen = await visit.observe()
    await visit.act(Hover(element(seen, "Laptops").ref))
    seen = await visit.observe()
    await visit.act(Click(element(seen, "Gaming").ref))
    seen = await visit.observe()
    assert texts(seen, "status") == ["chose Gaming"] and "Gaming" not in names(seen)


async def test_a_card_is_dragged_to_another_column_by_drag_events(visit: Visit) -> None:
    seen = await visit.open("widgets/board.html")
    assert await visit.act(Drag(element(seen, "Write the tests").ref, element(seen, "Done").ref)) == "dragged"
    assert await visit.js("board()") == {"To do": ["Read the issue", "Land it"], "Done": ["Write the tests"]}
    assert await visit.js("kinds()") == ["dragstart", "dragenter", "dragover", "drop", "dragend"]
    await visit.act(Drag(await visit.ref("Land it"), await visit.ref("Done")))
    assert (await visit.js("board()"))["Done"] == ["Write the tests", "Land it"]


async def test_after_a_drop_a_click_is_a_click(visit: Visit) -> None:
    seen = await visit.open("widgets/board.html")
    await visit.act(Drag(element(seen, "Land it").ref, element(seen, "Done").ref))
    await visit.js("log.splice(0)")
    await visit.act(Click(await visit.ref("Clear")))
    assert texts(await visit.observe(), "status") == ["cleared"]


async def test_what_may_not_be_dropped_is_a_mistake_and_the_page_sees_the_drag_end(visit: Visit) -> None:
    seen = await visit.open("widgets/board.html")
    with pytest.raises(Mistake, match="does not let this be dropped there"):
        await visit.act(Drag(element(seen, "Land it").ref, element(seen, "Clear").ref))
    assert (await visit.js("kinds()"))[-1] == "dragend" and (await visit.js("board()"))["Done"] == []
    assert await visit.act(Drag(element(seen, "Land it").ref, element(seen, "Done").ref)) == "dragged"


async def test_a_list_is_sorted_with_pointer_events(visit: Visit) -> None:
    seen = await visit.open("widgets/sortable.html")
    await visit.act(Drag(element(seen, "Move Milk").ref, element(seen, "Move Tea").ref))
    assert await visit.js("order()") == ["Bread", "Eggs", "Tea", "Milk"]
    await visit.act(Drag(await visit.ref("Move Tea"), await visit.ref("Move Bread")))
    assert await visit.js("order()") == ["Tea", "Bread", "Eggs", "Milk"]


async def test_an_end_that_is_out_of_view_is_brought_into_view(visit: Visit) -> None:
    await visit.show(
        "<style>div { height: 1500px }</style><button draggable=true ondragstart=\"event.dataTransfer.setData('text', 'it')\">Take</button>"
        '<div></div><button ondragover=event.preventDefault() ondrop="event.preventDefault(); document.title ='
        " event.dataTransfer.getData('text')\">There</button>"
    )
    assert await visit.act(Drag(await visit.ref("Take"), await visit.ref("There"))) == "dragged"
    assert (await visit.observe()).title == "it"


async def test_a_handle_is_dragged_by_pixels(visit: Visit) -> None:
    await visit.open("widgets/sliders.html")
    await visit.act(Drag(await visit.ref("Split"), dx=80))
    assert await visit.js("document.getElementById('left').offsetWidth") == 280
    await visit.act(Drag(await visit.ref("Split"), dx=-130.0))
    assert await visit.js("document.getElementById('left').offsetWidth") == 150


async def test_a_line_is_drawn_on_a_canvas(visit: Visit) -> None:
    await visit.open("widgets/canvas.html")
    assert await visit.js("ink()") == 0
    await visit.act(Drag(await visit.ref("Signature"), dx=120, dy=30))
    assert 100 < await visit.js("ink()") < 2000
    assert texts(await visit.observe(), "status") == ["1 stroke"]


CHART = """<canvas id=c width=300 height=100 aria-label=Chart style="margin-top:900px"></canvas><canvas id=plan width=2000 height=3000 aria-label=Plan></canvas>
<script>for (const it of [c, plan]) it.onclick = (event) => document.title = `${it.id} ${event.offsetX} ${event.offsetY}`</script>"""


@pytest.mark.parametrize(
    ("name", "dx", "dy", "said"),
    [
        ("Chart", 0, 0, "c 150 50"),
        ("Chart", -100, 20, "c 50 70"),
        ("Plan", -990, 1400, "plan 10 2900"),
        ("Plan", 990, -1400, "plan 1990 100"),
    ],
)
async def test_a_canvas_is_clicked_at_a_place(visit: Visit, name: str, dx: int, dy: int, said: str) -> None:
    await visit.show(CHART)
    await visit.act(Click(await visit.ref(name), dx, dy))
    assert await visit.js("document.title") == said


async def test_a_place_beside_a_canvas_is_a_mistake_that_says_how_large_it_is(visit: Visit) -> None:
    await visit.show(CHART)
    with pytest.raises(Mistake, match=r"300 px wide and 100 high: dx goes from -150 to 150, dy from -50 to 50"):
        await visit.act(Click(await visit.ref("Chart"), 0, 60))
    assert await visit.js("document.title") == "Test"


@pytest.mark.parametrize(
    ("held", "heard"),
    [("Control", "Control true,false"), ("Shift", "Shift false,true"), ("Control+Shift", "Shift true,true")],
)
async def test_a_click_is_given_with_keys_held_down(visit: Visit, held: str, heard: str) -> None:
    await visit.show(
        "<button onclick=\"document.title = key + ' ' + [event.ctrlKey, event.shiftKey]\">Row</button>"
        "<script>let key; onkeydown = (event) => key = event.key; onkeyup = () => key = ''</script>"
    )
    await visit.act(Click(await visit.ref("Row"), held=held))
    assert await visit.js("document.title") == heard and await visit.js("key") == ""


async def test_only_keys_that_change_a_click_are_held_down(visit: Visit) -> None:
    await visit.show("<button>Row</button>")
    with pytest.raises(Mistake, match="there are Control, Shift, Alt and Meta"):
        await visit.act(Click(1, held="Enter"))


async def test_a_drag_without_an_end_is_a_mistake(visit: Visit) -> None:
    await visit.open("widgets/canvas.html")
    with pytest.raises(Mistake, match="a drag needs an end"):
        await visit.act(Drag(await visit.ref("Signature")))


async def test_text_is_dragged_into_a_field(visit: Visit) -> None:
    await visit.show(
        "<button draggable=true ondragstart=\"event.dataTransfer.setData('text/plain', 'AB-1')\">Code</button><input aria-label=Into>"
    )
    await visit.act(Drag(await visit.ref("Code"), await visit.ref("Into")))
    assert element(await visit.observe(), "Into").value == "AB-1"


async def test_a_drag_whose_end_is_lost_on_the_way_is_called_off(hasty: Visit) -> None:
    await hasty.show(
        "<button draggable=true ondragstart=\"there.remove(); event.dataTransfer.setData('text', 'it')\">Take</button>"
        "<button id=there ondragover=event.preventDefault()>There</button>"
        "<p><button onclick=\"document.title = 'next'\">Next</button>"
    )
    with pytest.raises(Mistake, match="is gone"):
        await hasty.act(Drag(await hasty.ref("Take"), await hasty.ref("There")))
    await hasty.act(Click(await hasty.ref("Next")))
    assert (await hasty.observe()).title == "next"
