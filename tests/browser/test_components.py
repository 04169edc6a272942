"""What Django's admin, JupyterLab and Home Assistant are made of, each on a page of a few lines."""

from __future__ import annotations

from autoglm.types import Check, Click, Drag, Type
from tests.browser.conftest import Visit, element, names, texts

SHADOW_BUTTON = """<x-b title="New folder" aria-label="New folder" tabindex="0"></x-b>
<script>customElements.define('x-b', class extends HTMLElement { connectedCallback() {
  this.attachShadow({mode: 'open'}).innerHTML = '<button aria-label="New folder">+</button>'; this.addEventListener('click', () => {}) }})</script>"""
MENU = """<ul role="menu"><li role="menuitem" class="lm-menu-item" tabindex="0">Open</li>
<li role="presentation" class="lm-menu-item" tabindex="-1" style="cursor:pointer"><div style="border-top:1px solid;height:8px"></div></li></ul>"""
SWITCH = """<div style="position:relative;width:64px;height:48px">
<div style="width:36px;height:14px;background:#888;border-radius:7px;pointer-events:none"></div>
<div style="position:absolute;top:0;left:0"><div style="width:20px;height:20px;border:10px solid #eee;border-radius:50%;pointer-events:none">
<input type="checkbox" role="switch" aria-label="Guests" style="opacity:0;position:absolute;left:0;top:0;width:64px;height:48px;pointer-events:auto;margin:0">
</div></div></div>"""
SLIDER = """<div style="position:relative;height:40px;width:170px">
<input type="range" aria-label="Glow" min="0" max="255" value="0" style="opacity:0;position:absolute;inset:0;width:170px;height:40px;margin:0;z-index:1">
<div style="position:absolute;top:18px;width:170px;height:4px;background:#bbb;pointer-events:none"></div></div>"""
DECOY = '<div style="position:relative;height:40px"><input type="checkbox" aria-label="Trap" style="opacity:0;position:absolute;left:0;top:0"></div>'
SELECT = """<div role="combobox" aria-haspopup="listbox" aria-expanded="false" tabindex="0" aria-labelledby="l" class="mdc-select__anchor">
<span id="l">House mode</span><span id="s">Home</span></div>"""
LISTBOX = """<div role="listbox" tabindex="0"><a role="option" href="#a"><div role="option" tabindex="-1">Overview</div></a>
<a role="option" href="#b"><div role="option" tabindex="-1">Settings</div></a></div>"""
CLIPPED = """<div style="overflow-x:clip;height:40px"><button>Mode</button><div style="position:relative">
<ul role="listbox" tabindex="0" style="position:absolute;top:40px"><li role="option" tabindex="0">Home<li role="option" tabindex="-1">Away</ul></div></div>"""
ICON = '<div>Guests are here <x-i class="pointer" tabindex="0" style="display:inline-block;width:20px;height:20px;background:red;cursor:pointer"></x-i></div>'
TOOLBAR = """<div role="toolbar" aria-label="Topbar toolbar" id="bar" style="height:20px"></div><button>Run</button>
<script>bar.addEventListener('click', () => {})</script>"""
ROVING = """<ul onmousedown="document.title = event.target.textContent"><li><span class="t" tabindex="0" role="button">a.ipynb</span></li>
<li><span class="t" tabindex="-1">b.ipynb</span></li><li><span class="t" tabindex="-1">c.ipynb</span></li></ul>"""
EDITOR = """<div aria-label="Code cell" tabindex="0"><div>[ ]:</div>
<div contenteditable="true" role="textbox" aria-multiline="true" style="min-height:1em"></div></div>"""
LINE_NUMBERS = """<div aria-label="Template editor" style="display:flex"><div aria-hidden="true"><div>1</div><div>2</div></div>
<div contenteditable="true" role="textbox" aria-multiline="true">a<br>b</div></div>"""


async def test_a_component_and_the_button_in_its_shadow_root_are_one(visit: Visit) -> None:
    assert [(e.role, e.name) for e in (await visit.show(SHADOW_BUTTON)).elements] == [("button", "New folder")]


CROSSES = """<div role="tablist"><div role="tab" aria-selected="true" tabindex="0">One.txt <span class="x">×</span></div>
<div role="tab" tabindex="-1">Two.txt <span id="two">&nbsp;&nbsp;</span></div><div role="tab" tabindex="-1">Three</div></div>
<div class="MuiChip-root" role="button" tabindex="0"><span>Red</span><svg class="MuiChip-deleteIcon" width="16" height="16"><path d="M0 0h9v9"/></svg></div>
<button><i class="icon-delete" style="display:inline-block;width:9px;height:9px"></i> Delete</button><button class="btn-close" aria-label="Close"><span>×</span></button>
<script>two.addEventListener('click', (event) => { event.stopPropagation(); document.title = 'closed two' })</script>"""


async def test_a_cross_in_a_tab_or_chip_is_a_control_of_its_own(visit: Visit) -> None:
    seen = await visit.show(CROSSES)
    assert names(seen) == [
        "One.txt ×",
        "×",
        "Two.txt",
        "two",
        "Three",
        "Red",
        "mui chip delete icon",
        "Delete",
        "Close",
    ]
    await visit.act(Click(element(seen, "two").ref))
    assert await visit.js("document.title") == "closed two"


CHOICE = """<style>#box { cursor: pointer; position: relative; width: 200px } #list { position: absolute; top: 100% } .shut { display: none }</style>
<div id=box><span id=value>Colour</span><div id=list class=shut><div>Red</div><div>Green</div></div></div>
<script>box.onclick = ({target}) => { list.classList.toggle('shut'); if (target.parentElement === list) value.textContent = target.textContent }</script>"""


async def test_the_choices_of_a_list_in_a_clickable_box_are_controls(visit: Visit) -> None:
    assert names(await visit.show(CHOICE)) == ["Colour"]
    await visit.act(Click(1))
    seen = await visit.observe()
    assert names(seen) == ["Colour Red Green", "Red", "Green"]
    await visit.act(Click(element(seen, "Green").ref))
    assert names(await visit.observe()) == ["Green"]


SORTED = """<ul id=list><li draggable=true>First<li draggable=true>Second<li draggable=true>Third</ul><script>let held
list.ondragstart = ({target}) => held = target; list.ondragover = (event) => event.preventDefault()
list.ondrop = ({target}) => target.closest('li').after(held)</script>"""


async def test_what_can_be_dragged_is_a_control(visit: Visit) -> None:
    seen = await visit.show(SORTED)
    assert names(seen) == ["First", "Second", "Third"]
    await visit.act(Drag(element(seen, "First").ref, element(seen, "Third").ref))
    assert names(await visit.observe()) == ["Second", "Third", "First"]


NESTED_SLOTS = """<script>
const define = (name, html) => customElements.define(name, class extends HTMLElement {
  constructor() { super(); this.attachShadow({mode: 'open'}).innerHTML = html } })
define('x-item', '<div><slot name="headline"></slot></div>')
define('x-option', '<li role="option" tabindex="0"><x-item><slot name="headline" slot="headline"></slot></x-item></li>')
</script><x-option><b slot="headline">Pear</b></x-option>"""


async def test_a_name_comes_through_a_slot_in_a_slot(visit: Visit) -> None:
    assert names(await visit.show(NESTED_SLOTS)) == ["Pear"]


async def test_the_heading_of_a_dialog_is_said_as_its_name(visit: Visit) -> None:
    seen = await visit.show("<div role=dialog aria-label=Settings><h2 id=h>Settings</h2><p>Change.</p></div>")
    assert texts(seen) == ["Settings", "Change."]
    await visit.js("h.textContent = 'Options'")
    assert texts(await visit.observe()) == ["Settings", "Options", "Change."]


async def test_a_separator_is_no_control(visit: Visit) -> None:
    assert names(await visit.show(MENU)) == ["Open"]


async def test_a_transparent_switch_over_its_picture_is_seen(visit: Visit) -> None:
    assert element(await visit.show(SWITCH), "Guests").states == ("off",)


async def test_a_transparent_slider_over_its_picture_is_seen(visit: Visit) -> None:
    assert element(await visit.show(SLIDER), "Glow").value == "0"


async def test_a_transparent_checkbox_over_nothing_is_not_seen(visit: Visit) -> None:
    assert names(await visit.show(DECOY)) == []


async def test_the_value_of_a_combobox_is_without_its_label(visit: Visit) -> None:
    box = element(await visit.show(SELECT), "House mode")
    assert (box.role, box.value) == ("combobox", "Home")


async def test_an_option_is_said_once(visit: Visit) -> None:
    seen = await visit.show(LISTBOX)
    assert [e.name for e in seen.elements if e.role == "option"] == ["Overview", "Settings"]
    assert all(e.options in ((), ("Overview", "Settings")) for e in seen.elements)


async def test_what_is_clipped_in_one_direction_is_seen_in_the_other(visit: Visit) -> None:
    assert {"Home", "Away"} <= set(names(await visit.show(CLIPPED)))


async def test_a_word_for_looks_is_no_name(visit: Visit) -> None:
    assert "pointer" not in names(await visit.show(ICON))


async def test_an_empty_toolbar_is_no_control(visit: Visit) -> None:
    assert names(await visit.show(TOOLBAR)) == ["Run"]


async def test_every_item_of_a_roving_group_is_a_control(visit: Visit) -> None:
    assert names(await visit.show(ROVING)) == ["a.ipynb", "b.ipynb", "c.ipynb"]


async def test_an_editor_without_a_name_takes_that_of_the_region_around_it(visit: Visit) -> None:
    seen = await visit.show(EDITOR)
    assert [e.name for e in seen.elements if e.role == "textbox"] == ["Code cell"]


async def test_line_numbers_are_neither_text_nor_name(visit: Visit) -> None:
    seen = await visit.show(LINE_NUMBERS)
    assert texts(seen) == [] and names(seen) == ["Template editor"]


VEILED = """<style>.box { position: relative; display: inline-block; width: 200px; height: 40px; border: 1px solid }
.clear { opacity: 0; position: absolute; inset: 0 } :focus-within > .clear { opacity: 1 }
.box > label, .box > span { position: absolute; left: 8px; top: 10px; pointer-events: none }</style>
<div class=box><label for=e>Email</label><div class=clear><input id=e></div></div>
<div class=box><span>City *</span><div class=clear><x-slot><textarea aria-label=City></textarea></x-slot></div></div>
<div style="opacity:0"><label>Trap one<input></label></div>
<div class=box><div class=clear><input aria-label="Trap two"></div></div>
<div class=box><span>Other</span><div class=clear><input aria-label="Trap three"></div></div>
<p><label for=t>Trap four</label><input id=t style="opacity:0">
<script>customElements.define('x-slot', class extends HTMLElement { connectedCallback() {
  this.attachShadow({mode: 'open'}).innerHTML = '<slot></slot>' }})</script>"""


async def test_a_field_that_is_clear_until_it_has_the_focus_is_seen_by_the_label_that_lies_in_it(visit: Visit) -> None:
    seen = await visit.show(VEILED)
    assert [e.name for e in seen.elements if e.role == "textbox"] == ["Email", "City"]
    assert await visit.act(Type(element(seen, "Email").ref, "ada@example.org")) == "typed"
    assert await visit.act(Type(element(seen, "City").ref, "Oslo")) == "typed"
    seen = await visit.observe()
    assert [element(seen, name).value for name in ("Email", "City")] == ["ada@example.org", "Oslo"]
    await visit.js("document.querySelector('.box > span').textContent = 'Town'")
    await visit.js("document.activeElement.blur()")
    assert names(await visit.observe()) == ["Email"]


LABELLED = """<label><x-box></x-box> Agree</label> <label><x-dot tabindex=0></x-dot> Red</label> <x-text label=Street></x-text>
<label><x-none></x-none> Just text</label>
<script>for (const [tag, html] of [['x-box', '<input type=checkbox>'], ['x-dot', '<b style="padding:8px">o</b>'],
  ['x-text', '<input>'], ['x-none', '']]) customElements.define(tag, class extends HTMLElement {
    static formAssociated = true;
    connectedCallback() { this.attachInternals(); this.attachShadow({mode: 'open'}).innerHTML = html } })</script>"""


async def test_a_component_is_called_by_its_label(visit: Visit) -> None:
    seen = await visit.show(LABELLED)
    assert [(e.role, e.name) for e in seen.elements] == [
        ("checkbox", "Agree"),
        ("generic", "Red"),
        ("textbox", "Street"),
    ]
    assert texts(seen) == ["Just text"]
    await visit.act(Check(element(seen, "Agree").ref, True))
    await visit.js("document.querySelector('x-dot').tabIndex = -1")
    assert texts(await visit.observe()) == ["Just text"]


CHOSEN = """<div role=combobox tabindex=0 aria-label=Country aria-expanded=false><span>Country</span><span id=c></span></div>
<div role=tablist><x-tab tabindex=0><div role=presentation class=button>One</div></x-tab></div>
<script>document.querySelector('.button').addEventListener('click', () => {})</script>"""


async def test_a_label_that_floats_in_a_list_is_no_value_of_it(visit: Visit) -> None:
    seen = await visit.show(CHOSEN)
    assert element(seen, "Country").value == ""
    assert element(seen, "One").role == "generic"
    await visit.js("c.textContent = ' Norway'")
    assert element(await visit.observe(), "Country").value == "Norway"


async def test_a_file_input_is_called_by_what_is_drawn_in_its_place(visit: Visit) -> None:
    seen = await visit.show(
        """<div style="position:relative;width:150px;height:40px;border:1px solid">Upload here
        <input type=file style="opacity:0;position:absolute;inset:0"></div><p>Photo: <input type=file>"""
    )
    assert [(e.name, e.takes) for e in seen.elements] == [("Upload here", ("Upload",)), ("Photo", ("Upload",))]


async def test_a_paragraph_that_is_clicked_is_called_by_its_text(visit: Visit) -> None:
    seen = await visit.show("<p id=x7 tabindex=0>Some text</p>")
    assert names(seen) == ["Some text"] and texts(seen) == []


async def test_a_frame_in_a_thing_that_is_clicked_is_seen(visit: Visit) -> None:
    seen = await visit.show("<div tabindex=0 aria-label=Page><iframe srcdoc='<button>Inside</button>'></iframe></div>")
    assert names(seen) == ["Page", "Inside"]
