"""What is chosen, opened and unfolded: lists in portals, trees, tabs, menus by keyboard, switches, shadow widgets."""

from __future__ import annotations

import pytest

from autoglm.errors import Mistake
from autoglm.types import Check, Click, Press, RightClick, Select, Type
from tests.browser.conftest import Visit, element, names, texts


async def said(visit: Visit) -> str:
    return await visit.js("document.getElementById('said').textContent")


async def test_a_combobox_whose_list_hangs_at_the_end_of_the_page_is_chosen_from(visit: Visit) -> None:
    seen = await visit.open("widgets/pick.html")
    await visit.act(Click(element(seen, "Fruit").ref))
    seen = await visit.observe()
    assert element(seen, "Fruit").options == ("Apple", "Banana", "Cherry")
    await visit.act(Click(element(seen, "Banana").ref))
    seen = await visit.observe()
    assert element(seen, "Fruit").value == "Banana" and "Cherry" not in names(seen)


async def test_a_combobox_is_filtered_by_typing_and_chosen_from_by_keys(visit: Visit) -> None:
    seen = await visit.open("widgets/pick.html")
    ref = element(seen, "Country").ref
    await visit.act(Type(ref, "a"))
    assert element(await visit.observe(), "Country").options == ("Austria", "Algeria")
    await visit.act(Press("ArrowDown", ref))
    await visit.act(Press("ArrowDown", ref))
    await visit.act(Press("Enter", ref))
    assert element(await visit.observe(), "Country").value == "Algeria"


async def test_a_tree_is_unfolded_and_walked_by_keys_and_clicks(visit: Visit) -> None:
    seen = await visit.open("widgets/pick.html")
    assert "collapsed" in element(seen, "Animals").states and "Cats" not in names(seen)
    await visit.act(Press("ArrowRight", element(seen, "Animals").ref))
    await visit.act(Press("ArrowDown"))
    await visit.act(Press("Enter"))
    assert await said(visit) == "tree Cats"
    await visit.act(Click(await visit.ref("Dogs")))
    assert await said(visit) == "tree Dogs"


async def test_tabs_are_switched_by_arrow_keys(visit: Visit) -> None:
    seen = await visit.open("widgets/pick.html")
    await visit.act(Press("ArrowRight", element(seen, "Details").ref))
    seen = await visit.observe()
    assert "selected" in element(seen, "Reviews").states and "Nice." in " ".join(texts(seen))


async def test_a_menu_is_opened_and_chosen_from_by_keyboard(visit: Visit) -> None:
    seen = await visit.open("widgets/pick.html")
    await visit.act(Press("ArrowDown", element(seen, "Actions").ref))
    assert "Archive" in names(await visit.observe())
    await visit.act(Press("ArrowDown"))
    await visit.act(Press("Enter"))
    assert await said(visit) == "menu Archive"
    await visit.act(Press("ArrowDown", element(seen, "Actions").ref))
    await visit.act(Press("Escape"))
    seen = await visit.observe()
    assert "Archive" not in names(seen) and "focused" in element(seen, "Actions").states


async def test_details_open_and_close(visit: Visit) -> None:
    seen = await visit.open("widgets/pick.html")
    assert "collapsed" in element(seen, "Shipping").states
    await visit.act(Click(element(seen, "Shipping").ref))
    seen = await visit.observe()
    await visit.act(Click(element(seen, "Track it").ref))
    assert await said(visit) == "tracked"
    await visit.act(Click(element(seen, "Shipping").ref))
    assert "Track it" not in names(await visit.observe())


@pytest.mark.parametrize("name", ["Express", "Dark mode", "Wifi"], ids=["radio card", "switch", "ARIA switch"])
async def test_what_is_styled_away_is_turned_on(visit: Visit, name: str) -> None:
    seen = await visit.open("widgets/pick.html")
    assert element(seen, name).states[0] == "off"
    assert await visit.act(Check(element(seen, name).ref)) == "turned on"
    assert element(await visit.observe(), name).states[0] == "on"


async def test_an_open_shadow_roots_widgets_work_like_any(visit: Visit) -> None:
    seen = await visit.open("widgets/shadow.html")
    await visit.act(Type(element(seen, "Amount").ref, "5"))
    await visit.act(Select(element(seen, "Unit").ref, ("kilo",)))
    await visit.act(Check(element(seen, "Gift").ref))
    await visit.act(Press("ArrowRight", element(seen, "Ripeness").ref))
    await visit.act(Type(element(seen, "Ripeness").ref, "4"))
    await visit.act(Click(element(seen, "Order").ref))
    assert await said(visit) == "5 kilo, gift, ripeness 4"


async def test_a_row_drawn_anew_each_second_is_a_mistake_and_never_another_row(visit: Visit) -> None:
    seen = await visit.open("widgets/lists.html")
    ref = element(seen, "Remove Two").ref
    await visit.js("redraw(['Zero', 'One', 'Two', 'Three'])")
    with pytest.raises(Mistake, match="is gone"):
        await visit.act(Click(ref))
    await visit.act(Click(await visit.ref("Remove Two")))
    assert await visit.js("rows") == ["Zero", "One", "Three"]


async def test_what_moves_to_another_place_is_clicked_there(visit: Visit) -> None:
    seen = await visit.open("widgets/lists.html")
    await visit.js("document.getElementById('roamer').style.marginTop = '1200px'")
    await visit.act(Click(element(seen, "Roamer").ref))
    assert await said(visit) == "caught"
    await visit.js("document.getElementById('roamer').animate([{ marginLeft: 0 }, { marginLeft: '300px' }], 600)")
    await visit.act(Click(element(seen, "Roamer").ref))
    assert await said(visit) == "caught caught"


@pytest.mark.parametrize("action", [Click, RightClick, "Space", "Alt+ArrowDown", "F4"])
@pytest.mark.parametrize(
    "kind", ["<select aria-label=Pop><option>a<option>b</select>", "<input type=color aria-label=Pop>"]
)
async def test_no_list_of_the_browsers_own_stays_open_and_takes_the_next_click(
    visit: Visit, action: type[Click | RightClick] | str, kind: str
) -> None:
    seen = await visit.show(f"{kind}<p><button onclick=\"document.title = 'next'\">Next</button>")
    ref = element(seen, "Pop").ref
    await visit.act(Press(action, ref) if isinstance(action, str) else action(ref))
    await visit.act(Click(element(seen, "Next").ref))
    assert (await visit.observe()).title == "next"


REPLACED = """<style>.gone { position: absolute; width: 1px; height: 1px; clip: rect(0 0 0 0); overflow: hidden }
.over { position: absolute; opacity: 0; inset: 0 } .box { position: relative; width: 200px }</style>
<label for=s>State</label><select id=s class=gone><option>Texas<option>Utah</select>
<span><span role=combobox tabindex=0 aria-labelledby=v aria-expanded=false><span id=v>Texas</span></span></span>
<label for=c>Colour</label><div class=box role=combobox tabindex=0 aria-expanded=false><div><select id=c class=over><option>Red</select>
<div>Red</div></div><div hidden><input></div></div>"""


async def test_a_list_in_the_place_of_a_native_one_has_its_label_and_what_is_chosen(visit: Visit) -> None:
    seen = await visit.show(REPLACED)
    assert [(e.name, e.value) for e in seen.elements if e.role == "combobox"] == [("State", "Texas"), ("Colour", "Red")]
    await visit.js("v.textContent = 'Utah'")
    assert element(await visit.observe(), "State").value == "Utah"


HOSTED = """<x-check role=checkbox aria-checked=false tabindex=0>Agree</x-check>
<x-tabs role=tablist><x-tab><span>One</span></x-tab><x-tab><span>Two</span></x-tab></x-tabs><x-select></x-select>
<script>const define = (tag, html, then) => customElements.define(tag, class extends HTMLElement { connectedCallback() {
  this.attachShadow({mode: 'open'}).innerHTML = html; then?.(this) } });
define('x-check', '<label><input type=checkbox style="display:none"><slot></slot></label>');
define('x-tab', '<button role=tab style="pointer-events:none"><slot></slot></button>');
define('x-tabs', '<slot></slot>', (el) => el.addEventListener('click', (event) => { document.title = event.target.textContent }));
define('x-select', `<label style="display:block">Fruit <button aria-label=Fruit style="position:absolute;opacity:0;clip:rect(0 0 0 0)"></button></label>`,
  (el) => el.shadowRoot.querySelector('button').addEventListener('click', () => { document.title = 'opened' }))</script>"""


async def test_a_control_inside_a_component_is_used_through_it(visit: Visit) -> None:
    seen = await visit.show(HOSTED)
    listed = [(e.role, e.name, e.takes) for e in seen.elements]
    assert listed == [
        ("checkbox", "Agree", ("Check",)),
        ("tab", "One", ("Click",)),
        ("tab", "Two", ("Click",)),
        ("button", "Fruit", ("Click",)),
    ]
    await visit.act(Click(element(seen, "Two").ref))
    assert await visit.js("document.title") == "Two"
    await visit.act(Click(element(seen, "Fruit").ref))
    assert await visit.js("document.title") == "opened"


MONTH = """<div id=cal><div role=grid><div role=rowgroup><div role=row style="display:flex">
<div role=gridcell style="width:60px;height:40px" aria-label="May 1">1</div><div role=gridcell style="width:60px;height:40px" aria-label="May 2">2</div></div></div></div></div>
<table><tr><th><span>Age</span><span role=button tabindex=0></span><th>Name</table><div role=grid><div role=row><div role=gridcell>Dead</div></div></div>
<script>cal.addEventListener('pointerdown', (event) => { document.title = event.target.textContent });
document.querySelector('th').addEventListener('click', () => { document.title = 'sorted' })</script>"""


async def test_the_cells_of_a_grid_that_listens_for_all_of_them_are_clicked(visit: Visit) -> None:
    seen = await visit.show(MONTH)
    assert names(seen) == ["May 1", "May 2", "Age"]
    await visit.act(Click(element(seen, "May 2").ref))
    assert await visit.js("document.title") == "2"
    await visit.act(Click(element(seen, "Age").ref))
    assert await visit.js("document.title") == "sorted"
    assert "Dead" in " ".join(texts(seen))


async def test_what_resizes_columns_is_listed_with_the_heads_and_not_in_every_row(visit: Visit) -> None:
    handle = "<span class=resizer style='display:inline-block;width:6px;height:16px'></span>"
    seen = await visit.show(
        f"""<div role=table><div role=row><b role=columnheader>Age</b>{handle}</div><div role=row><b role=cell>7</b>{handle}</div></div>
        <script>for (const it of document.querySelectorAll('.resizer')) it.addEventListener('mousedown', () => {{}})</script>"""
    )
    assert names(seen) == ["resizer"]
