"""Double and right clicks, hovering, dragging: on the page, in frames, with HTML's drag events and with pointer events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autoglm.errors import Mistake
from autoglm.types import Click, DoubleClick, Drag, Hover, RightClick, Upload
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


STROKES = """<div style="height:1500px"></div><canvas id=c width=300 height=100 aria-label=Pad></canvas>
<script>const heard = []; for (const kind of ['mousedown', 'mouseup'])
  c.addEventListener(kind, (event) => heard.push(Math.round(event.offsetX), Math.round(event.offsetY)))</script>"""


async def test_a_drag_begins_at_a_place_in_a_canvas(visit: Visit) -> None:
    seen = await visit.show(STROKES)
    await visit.act(Drag(element(seen, "Pad").ref, dx=50, dy=-10, from_dx=-100, from_dy=20))
    assert await visit.js("heard") == [50, 70, 100, 60]
    with pytest.raises(Mistake, match="dx goes from -150 to 150"):
        await visit.act(Drag(element(seen, "Pad").ref, dx=50, from_dx=-151))


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


@pytest.mark.parametrize("mode", ["open", "closed"])
async def test_what_takes_the_place_of_a_thing_that_is_pressed_is_not_dragged(visit: Visit, mode: str) -> None:
    await visit.show(
        f"""<div id=host></div><script>const root = host.attachShadow({{mode: '{mode}'}}), heard = [];
        root.innerHTML = '<p><button style="width:90px">Take</button></p>';
        root.ondragstart = () => heard.push('dragged');
        root.querySelector('button').onmousedown = () => {{
          root.innerHTML = '<p><a href="#other" draggable=true style="display:inline-block;width:90px">Other</a></p>' }};
        </script>"""
    )
    with pytest.raises(Mistake, match=r"is gone|moved or covered as it was taken up"):
        await visit.act(Drag(await visit.ref("Take"), dx=30))
    assert await visit.js("heard") == []


PICTURE = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><rect width='300' height='100' fill='gray'/></svg>"
)
MAP = f"""<div style="height:1500px"></div><img src="{PICTURE}" usemap="#m" alt=Plan width=300 height=100 style="border:5px solid;padding:3px">
<map name=m><area shape=rect coords="0,0,100,100" href="#left" alt=Left><area shape=circle coords="150,50,40" href="#middle" alt=Middle>
<area shape=poly coords="200,0,300,0,300,100,290,10" onclick="location.hash = 'corner'" alt=Corner><area shape=default href="#rest" alt=Rest>
<area coords="0,0,9,9" alt=Silent></map><table><tr><td>Cell<td><img src="{PICTURE}" usemap="#t" alt="" width=20></table>
<map name=t><area coords="0,0,10,10" href="#cell" alt=Tiny></map><map name=unused><area coords="0,0,10,10" href="#x" alt=Decoy></map>"""


async def test_the_areas_of_a_picture_are_listed_and_clicked(visit: Visit) -> None:
    seen = await visit.show(MAP)
    assert names(seen) == ["Left", "Middle", "Corner", "Rest", "Tiny"]
    for name, reached in (
        ("Left", "left"),
        ("Middle", "middle"),
        ("Corner", "corner"),
        ("Rest", "rest"),
        ("Tiny", "cell"),
    ):
        await visit.act(Click(element(seen, name).ref))
        assert await visit.js("location.hash") == f"#{reached}"
    box = element(await visit.observe(), "Middle").box
    assert box and (box.width, box.height) == (80, 80)
    await visit.js("document.querySelector('area').alt = 'West'; document.querySelectorAll('area')[1].remove()")
    assert names(await visit.observe()) == ["West", "Corner", "Rest", "Tiny"]
    await visit.js("document.querySelector('map').remove()")
    assert names(await visit.observe()) == ["Tiny"]


SORTED = """<style>.grip { cursor: grab }</style><ul id=native><li>A<li>B</ul><ul id=own><li><b class=grip>::</b> C<li>D</ul><ul id=plain><li>Text<li>More</ul>
<script>for (const kind of ['pointerdown', 'dragover', 'dragenter']) native.addEventListener(kind, () => {});
own.addEventListener('pointerdown', () => {}); plain.addEventListener('dragover', () => {});
native.onpointerdown = (event) => { event.target.draggable = true };
native.addEventListener('dragover', (event) => event.preventDefault());
native.addEventListener('drop', (event) => event.target.after(native.firstElementChild))</script>"""


async def test_the_things_in_a_list_that_is_sorted_by_dragging_can_be_dragged(visit: Visit) -> None:
    seen = await visit.show(SORTED)
    assert names(seen) == ["A", "B", ":: C", "::", "D"]
    await visit.act(Drag(element(seen, "A").ref, element(seen, "B").ref))
    assert await visit.js("native.textContent") == "BA"


async def test_the_title_by_which_a_dialog_is_moved_is_none_of_its_buttons(visit: Visit) -> None:
    seen = await visit.show(
        "<style>b { display: block; cursor: move }</style><dialog open aria-label='Delete the file?'><b>Delete</b>"
        "<ul><li><b>First</b></ul><button>Delete</button></dialog>"
    )
    assert [(each.role, each.name) for each in seen.elements] == [("generic", "First"), ("button", "Delete")]
    await visit.js("document.querySelector('dialog').ariaLabel = 'Files'")
    assert names(await visit.observe()) == ["Delete", "First", "Delete"]


async def test_what_listens_to_all_there_is_listens_for_what_is_in_it(visit: Visit) -> None:
    seen = await visit.show(
        "<div id=root>Delete</div><div id=own>Press</div><script>"
        "const kinds = Object.keys(HTMLElement.prototype).filter((key) => key.startsWith('on')).map((key) => key.slice(2));"
        "for (const kind of kinds) root.addEventListener(kind, () => {}); own.addEventListener('click', () => {})</script>"
    )
    assert names(seen) == ["Press"]


async def test_what_is_dragged_over_a_frame_is_dropped_into_it(visit: Visit) -> None:
    inner = "<body style='height:90px'><script>ondragover = (event) => event.preventDefault(); ondrop = () => { document.body.textContent = 'Got it' }</script>"
    seen = await visit.show(
        f"""<button draggable=true>Block</button><div tabindex=0 aria-label=Page><iframe height=100 style=width:100% srcdoc="{inner}"></iframe></div>"""
    )
    await visit.act(Drag(element(seen, "Block").ref, element(seen, "Page").ref))
    assert "Got it" in texts(await visit.observe())


async def test_a_stale_drag_leaves_the_next_one_alone(visit: Visit) -> None:
    seen = await visit.show(
        "<button>Plain</button><button draggable=true id=it>Own</button><p id=to style='height:40px' tabindex=0 aria-label=To></p>"
        "<script>to.ondragover = (event) => event.preventDefault(); to.ondrop = () => { document.title = 'dropped' }</script>"
    )
    await visit.act(Drag(element(seen, "Plain").ref, dx=30))
    await visit.act(Drag(element(seen, "Own").ref, element(seen, "To").ref))
    assert await visit.js("document.title") == "dropped"


TWICE = """<div id=twice>Rename me</div><div id=menu>Options here</div>
<div id=zone style="padding: 20px">Drag your files here</div><p role=status id=said></p><script>
twice.addEventListener('dblclick', () => { said.textContent = 'twice'; });
menu.addEventListener('contextmenu', (event) => { event.preventDefault(); said.textContent = 'menu'; });
zone.addEventListener('dragover', (event) => event.preventDefault());
zone.addEventListener('drop', (event) => {
  event.preventDefault();
  said.textContent = event.dataTransfer.files[0].name;
});
</script>"""


@pytest.mark.parametrize("within", ["open", "closed", ""])
async def test_what_listens_to_nothing_but_double_clicks_right_clicks_or_drops_is_used(
    visit: Visit, tmp_path: Path, within: str
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    html = TWICE
    if within:
        shown, script = TWICE.split("<p role", 1)
        script = script.split("<script>")[1].split("</script>")[0]
        html = f"""<div id=host></div><p role=status id=said></p><script>
            const root = host.attachShadow({{mode: '{within}'}});
            root.innerHTML = `{shown}`;
            const [twice, menu, zone] = root.children;
            {script}</script>"""
    await visit.show(html)
    does = {
        "Rename me": (DoubleClick(0), "twice"),
        "Options here": (RightClick(0), "menu"),
        "Drag your files here": (Upload(0, (str(file),)), "a.txt"),
    }
    for name, (action, said) in does.items():
        await visit.act(replace(action, ref=await visit.ref(name)))
        assert texts(await visit.observe(), "status") == [said]
