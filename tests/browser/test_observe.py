"""What is listed and what is not, in which order, with which values and states."""

from __future__ import annotations

import json
import re

import pytest

from autoglm.codec import to_json
from autoglm.dialects.page import page_text
from autoglm.errors import Mistake
from autoglm.types import Check, Click, Hover, Observation, Scroll, Text, Type
from tests.browser.conftest import Visit, element, names, texts

CONTACT = """\
link Northlight
link Product
link Orders
link News
link Sign up
link selected Contact
# Talk to our sales team
"""


async def test_a_page_reads_from_top_to_bottom(visit: Visit) -> None:
    seen = await visit.open("contact.html")
    assert CONTACT in re.sub(r"(?m)^\[\d+\] ", "", page_text(seen))
    assert names(seen)[6:17] == [
        *("First name", "Last name", "Work email", "Phone", "Company", "Country", "What is it about?", "Message"),
        *("I agree to the privacy policy", "privacy policy", "Send message"),
    ]
    assert seen.settled and not seen.truncated and seen.title == "Contact us · Northlight"


async def test_what_names_a_control_is_not_said_again(visit: Visit) -> None:
    seen = await visit.open("contact.html")
    assert not set(texts(seen)) & set(names(seen))


async def test_refs_stay_with_their_nodes(visit: Visit) -> None:
    first = await visit.open("orders.html")
    delete = [e.ref for e in first.elements if e.name == "Delete"]
    await visit.act(Click(delete[0]))
    second = await visit.observe()
    assert [e.ref for e in second.elements if e.name == "Delete"] == delete[1:]


async def test_a_ref_of_the_page_before_acts_on_nothing_in_the_next_one(visit: Visit) -> None:
    seen = await visit.open("orders.html")
    await visit.page.goto(f"{visit.site.url}/contact.html")
    with pytest.raises(Mistake):
        await visit.act(Click(seen.elements[0].ref))
    assert (await visit.observe()).url.endswith("contact.html")


async def test_two_looks_at_a_still_page_are_the_same(visit: Visit) -> None:
    first = await visit.open("signup.html")
    assert first.same_page(await visit.observe())


@pytest.mark.parametrize(
    "hiding",
    [
        "display:none",
        "visibility:hidden",
        "opacity:0",
        "position:absolute;left:-9999px",
        "position:absolute;top:-500px",
        "position:fixed;left:100%",
        "position:fixed;transform:translateX(-400px)",
        "width:0;height:0;overflow:hidden;padding:0;border:0",
        "position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)",
        "clip-path:inset(50%)",
    ],
)
@pytest.mark.parametrize("inner", [False, True])
async def test_what_nobody_can_see_is_not_listed(visit: Visit, hiding: str, inner: bool) -> None:
    if inner:
        hidden = f'<div style="{hiding}"><button>Decoy</button><a href="#">Decoy link</a><p>Decoy text</p></div>'
    else:
        hidden = f'<button style="{hiding}">Decoy</button>'
    seen = await visit.show(f"<button>Real</button>{hidden}<p>Read me</p>")
    assert (names(seen), texts(seen)) == (["Real"], ["Read me"])


async def test_what_is_clipped_away_or_in_closed_details_is_not_listed(visit: Visit) -> None:
    seen = await visit.show(
        """<div style="height:30px;overflow:hidden"><button>Real</button><div style="height:50px"></div><button>Clipped</button></div>
        <details><summary>More</summary><button>Inside</button><p>inside</p></details>
        <div style="width:200px;overflow:hidden;white-space:nowrap"><button style="margin-left:300px">Next slide</button></div>
        <div hidden><button>Hidden</button></div><div hidden="until-found"><button>Until found</button></div>
        <div style="content-visibility:hidden"><button>Skipped</button></div>"""
    )
    assert names(seen) == ["Real", "More"]
    assert texts(seen) == []


async def test_what_can_be_scrolled_to_is_listed_as_out_of_view(visit: Visit) -> None:
    seen = await visit.show(
        """<div style="height:60px;overflow:auto"><button>Here</button><div style="height:300px"></div><button>There</button></div>
        <div style="height:2000px"></div><button>Below</button><p>end</p>"""
    )
    assert [(e.name, e.in_view) for e in seen.elements] == [("Here", True), ("There", False), ("Below", False)]
    assert [item.in_view for item in seen.items if isinstance(item, Text)] == [False]


async def test_things_a_person_could_click_are_listed_whatever_they_are_made_of(visit: Visit) -> None:
    seen = await visit.show(
        """<a href="#">Link</a><a>No link</a><div role="button">Aria</div><span tabindex="0">Focusable</span>
        <div style="cursor:pointer"><b>Hand</b> <i>inner</i></div><div onclick="1">Inline</div><div id="heard">Heard</div>
        <div contenteditable="true">Editor</div><div tabindex="-1">Not</div>
        <script>heard.addEventListener('click', () => {})</script>"""
    )
    assert [(e.role, e.name or e.value) for e in seen.elements] == [
        *(("link", "Link"), ("button", "Aria"), ("generic", "Focusable"), ("generic", "Hand inner")),
        *(("generic", "Inline"), ("generic", "Heard"), ("textbox", "Editor")),
    ]
    assert "Not" in texts(seen) and "No link" in texts(seen)


async def test_a_container_that_listens_for_its_buttons_is_not_listed_itself(visit: Visit) -> None:
    seen = await visit.show(
        "<div id=root><ul id=list><li>a</li></ul><button>Add</button></div><script>for (const el of [root, list, document, document.body]) el.onclick = () => {}</script>"
    )
    assert names(seen) == ["Add"]


async def test_text_has_the_role_of_what_it_stands_in(visit: Visit) -> None:
    seen = await visit.show(
        """<h2>Head <em>line</em></h2><p>One <b>two</b> three</p><ul><li>item</li></ul><div role="alert">Wrong!</div>
        <output>42</output><img src="data:," alt="A cat" width="20" height="20"><table><tr><th>A<th>B<tr><td>1<td>2</table>
        <div role="dialog" aria-label="Settings"><p>inside</p></div><fieldset><legend>Size</legend><label><input type="radio">S</label></fieldset>
        <span>left</span><div>below</div>"""
    )
    assert [(item.role, item.text) for item in seen.items if isinstance(item, Text)] == [
        *(("heading", "Head line"), ("text", "One two three"), ("listitem", "item"), ("alert", "Wrong!")),
        *(("status", "42"), ("image", "A cat"), ("row", "A | B"), ("row", "1 | 2"), ("dialog", "Settings")),
        *(("text", "inside"), ("group", "Size"), ("text", "left"), ("text", "below")),
    ]


async def test_values_states_and_hints_of_fields_are_shown(visit: Visit) -> None:
    await visit.open("signup.html")
    await visit.act(Type(await visit.ref("Password"), "secret"))
    seen = await visit.observe()
    shown = {e.name: e for e in seen.elements}
    assert shown["Password"].value == "••••••" and shown["Password"].states == ("required", "focused")
    assert shown["Full name"].hint == "at most 30 characters"
    assert shown["Seats"].hint == "1 to 50" and shown["Seats"].value == "1"
    assert shown["Alert volume"].role == "slider" and shown["Alert volume"].value == "5"
    assert shown["Date of birth"].type == "date" and shown["Date of birth"].hint == "1920-01-01 to 2010-12-31"
    assert shown["Languages"].multiple and shown["Languages"].options == ("English", "German", "Spanish", "Japanese")
    assert shown["Country"].options == ("Austria", "Chile", "Peru") and shown["Country"].value == "Austria"
    assert shown["Note to the team"].value == "Hello"
    assert shown["Customer number"].states == ("readonly",)
    assert shown["Works"].states == ("off", "disabled") and shown["Works"].takes == ()
    assert shown["Two-factor sign-in"].role == "switch" and shown["Two-factor sign-in"].states == ("off",)


async def test_each_control_says_what_it_takes(visit: Visit) -> None:
    seen = await visit.open("signup.html")
    takes = {e.name: e.takes for e in seen.elements}
    assert (
        takes["Full name"] == takes["Date of birth"] == takes["Note to the team"] == takes["Seats"] == ("Click", "Type")
    )
    assert takes["Country"] == takes["Languages"] == ("Select",)
    assert takes["Team"] == takes["By phone"] == takes["Two-factor sign-in"] == ("Check",)
    assert takes["Create account"] == takes["Customer number"] == ("Click",)
    assert takes["Logo"] == ("Upload",)


async def test_a_hidden_control_behind_a_visible_label_is_listed_once_where_the_label_is(visit: Visit) -> None:
    seen = await visit.show(
        """<style>input { display: none }</style><input type="checkbox" id="a"><label for="a">Backed</label>
        <label><input type="radio"> Wrapped</label><input type="checkbox" id="c"><label for="c" hidden>Gone</label>"""
    )
    assert [(e.role, e.name) for e in seen.elements] == [("checkbox", "Backed"), ("radio", "Wrapped")]


async def test_fields_without_a_name_take_the_text_beside_them(visit: Visit) -> None:
    seen = await visit.show(
        """<p>Street: <input></p><table><tr><td>Weight<td><input><tr><td>Height<td><input></table>
        <div><input type="checkbox"> Fragile</div><p>This is a longer sentence, which names nothing at all.</p><input>"""
    )
    assert names(seen) == ["Street", "Weight", "Height", "Fragile", ""]
    assert texts(seen) == ["This is a longer sentence, which names nothing at all."]


async def test_icons_get_the_best_name_there_is(visit: Visit) -> None:
    seen = await visit.open("icons.html")
    assert names(seen)[6:16] == [
        *("trash", "Undo", "Print", "download", "star", "close panel", "profile", "save draft", "Share", "user plus"),
    ]


async def test_open_shadow_roots_and_frames_of_the_same_origin_are_part_of_the_page(visit: Visit) -> None:
    shadow = await visit.open("shadow.html")
    assert {"Nickname", "Follow"} <= set(names(shadow)) and "Member Ada Lovelace" in texts(shadow, "heading")
    framed = await visit.open("frame.html")
    card = element(framed, "Card number")
    assert card.frame == "Card details" and card.box
    rect = await visit.js(
        "() => { const f = document.querySelector('iframe'), r = f.contentDocument.getElementById('card').getBoundingClientRect(),"
        " o = f.getBoundingClientRect(); return [o.left + 8 + 4 + r.left, o.top + 8 + 4 + r.top] }"
    )
    assert [card.box.x, card.box.y] == pytest.approx(rect, abs=0.2)


async def test_per_row_buttons_follow_their_row(visit: Visit) -> None:
    seen = await visit.open("orders.html")
    lines = page_text(seen).splitlines()
    at = lines.index("| Grace Hopper | 99.00 € | paid")
    assert [line.split("] ")[1] for line in lines[at + 1 : at + 4]] == ["link 1002", "Edit", "Delete"]


async def test_what_lies_behind_a_modal_dialog_is_covered(visit: Visit) -> None:
    seen = await visit.open("dialog.html")
    await visit.act(Click(element(seen, "New project").ref))
    seen = await visit.observe()
    assert _free(seen) == {"Project name", "Create", "Cancel"}
    assert "New project" in texts(seen, "dialog")


async def test_what_lies_behind_an_aria_modal_is_covered(visit: Visit) -> None:
    seen = await visit.open("dialog.html")
    await visit.act(Click(element(seen, "Share").ref))
    assert _free(await visit.observe()) == {"Done"}


async def test_a_small_banner_does_not_cover_what_scrolling_frees(visit: Visit) -> None:
    seen = await visit.open("dialog.html")
    assert "covered" not in element(seen, "Archive all").states
    assert (await visit.act(Click(element(seen, "Archive all").ref))) == "clicked"
    assert texts(await visit.observe(), "status") == ["archived"]


async def test_a_page_that_does_not_scroll_cannot_free_what_is_covered(visit: Visit) -> None:
    seen = await visit.show(
        '<button>Under</button><button>Beside</button><div style="position:fixed;left:0;top:0;width:60px;height:60px;background:red"></div>'
    )
    assert [(e.name, e.states, e.takes) for e in seen.elements] == [
        ("Under", ("covered",), ()),
        ("Beside", (), ("Click",)),
    ]


async def test_inert_and_disabled_things_take_nothing(visit: Visit) -> None:
    seen = await visit.show(
        "<div inert><button>A</button></div><fieldset disabled><input aria-label=B></fieldset><div aria-disabled=true><button>C</button></div>"
    )
    assert [(e.name, e.takes, "disabled" in e.states) for e in seen.elements] == [(n, (), True) for n in "ABC"]


async def test_aria_states_are_read(visit: Visit) -> None:
    seen = await visit.show(
        """<div role="checkbox" aria-checked="mixed">m</div><button aria-pressed="true">p</button><button aria-expanded="false">c</button>
        <div role="tab" aria-selected="true">t</div><input aria-label="i" aria-invalid="true" aria-required="true">
        <details open><summary>d</summary></details><div role="menuitemcheckbox" aria-checked="true">k</div>"""
    )
    assert {e.name: e.states for e in seen.elements} == {
        "m": ("mixed",),
        "p": ("on",),
        "c": ("collapsed",),
        "t": ("selected",),
        "i": ("required", "invalid"),
        "d": ("expanded",),
        "k": ("on",),
    }


async def test_a_hover_menu_shows_its_links_while_hovered(visit: Visit) -> None:
    seen = await visit.open("menu.html")
    assert "Sensors" not in names(seen)
    assert await visit.act(Hover(element(seen, "Products").ref)) == "hovered"
    assert {"Sensors", "Gateways"} <= set(names(await visit.observe()))


async def test_a_huge_page_is_cut_to_what_is_in_view_first(visit: Visit) -> None:
    await visit.show(
        "<div id=all></div><script>for (let i = 0; i < 12000; i++) all.append(Object.assign(document.createElement('button'), { textContent: i, style: 'display:block' }))</script>"
    )
    await visit.js("scrollTo(0, document.documentElement.scrollHeight)")
    seen = await visit.observe()
    assert seen.truncated and 8_000 < len(seen.items) <= 10_000 and seen.elements[-1].name == "11999"
    assert len(json.dumps(to_json(seen), ensure_ascii=False).encode()) <= 2_000_000


async def test_a_page_that_was_cut_is_told_as_it_is_now(visit: Visit) -> None:
    await visit.show(
        "<p id=one>One</p><div id=all></div><script>all.innerHTML = '<button>Go</button><br>'.repeat(12000)</script>"
    )
    cut = await visit.observe()
    assert cut.truncated and texts(await visit.observe())[0] == "One"
    await visit.js("one.textContent = 'Two'")
    changed = await visit.observe()
    assert texts(changed)[0] == "Two", (changed.hung, changed.settled, changed.truncated, len(changed.items))
    await visit.js("all.innerHTML = '<button>Stop</button>'")
    whole = await visit.observe()
    assert not whole.truncated and texts(whole) == ["Two"] and names(whole) == ["Stop"]


async def test_a_page_of_200_000_nodes_is_told_of_in_2_megabytes(visit: Visit) -> None:
    await visit.show("<div id=all></div><script>all.innerHTML = '<p><button>Go</button>on</p>'.repeat(50_000)</script>")
    seen = await visit.observe()
    assert await visit.js("document.getElementsByTagName('*').length") > 100_000
    assert seen.truncated and not seen.hung and seen.elements[0].in_view
    assert len(json.dumps(to_json(seen), ensure_ascii=False).encode()) <= 2_000_000


async def test_how_far_the_page_is_scrolled_is_told(visit: Visit) -> None:
    await visit.open("sticky.html")
    await visit.act(Scroll("down"))
    seen = await visit.observe()
    assert seen.scroll.y == 612 and seen.scroll.height > 2000


def _free(seen: Observation) -> set[str]:
    return {e.name for e in seen.elements if e.takes}


async def test_a_transparent_checkbox_over_its_picture_is_listed(visit: Visit) -> None:
    seen = await visit.show(
        """<span style="position:relative;display:inline-block"><input type="checkbox" aria-label="Row 1" style="position:absolute;
        inset:0;opacity:0;width:24px;height:24px"><svg width="24" height="24"><rect width="24" height="24"/></svg></span>
        <p><input type="checkbox" aria-label="Decoy" style="opacity:0"></p>"""
    )
    assert [(e.name, e.takes) for e in seen.elements] == [("Row 1", ("Check",))]
    assert await visit.act(Check(seen.elements[0].ref)) == "turned on"


async def test_fields_in_tables_are_called_by_row_and_column(visit: Visit) -> None:
    seen = await visit.show(
        """<table><tr><th>Part<th>Count<th>Price<tr><td>Nut<td><input><td><input>
        <tr><td><input type="checkbox"><td>Bolt<td>3</table>"""
    )
    assert names(seen) == ["Nut Count", "Nut Price", "Bolt 3"]
    assert texts(seen, "row") == ["Part | Count | Price", "Bolt | 3"]


async def test_a_pane_that_scrolls_by_keys_is_no_control(visit: Visit) -> None:
    seen = await visit.show(f"<div tabindex=0 style='height:60px;overflow:auto'><p>{'word ' * 100}</p></div>")
    assert seen.elements == ()


MODALS = {
    "the browser's own": "<dialog id=d><p>Delete it?<button>Yes</button></dialog>",
    "of the page's making": "<div id=d role=dialog aria-modal=true style='display:none;position:fixed;inset:100px;background:#fff'><p>Delete it?<button>Yes</button></div>",
    "in a shadow root": "<x-d id=host><button>Yes</button></x-d><script>const d = host.attachShadow({mode: 'open'}).appendChild(document.createElement('dialog')); d.innerHTML = '<p>Delete it?<slot></slot>'</script>",
}


@pytest.mark.parametrize("html", MODALS.values(), ids=MODALS.keys())
async def test_what_is_in_a_modal_dialog_comes_first(visit: Visit, html: str) -> None:
    seen = await visit.show(f"<h1>Top</h1><button>Before</button>{html}<button>After</button>")
    order = [item.text if isinstance(item, Text) else item.name for item in seen.items]
    assert order == ["Top", "Before", "After"]
    await visit.js("d.showModal ? d.showModal() : d.style.display = 'block'")
    seen = await visit.observe()
    assert [item.text if isinstance(item, Text) else item.name for item in seen.items] == [
        *("Delete it?", "Yes", "Top", "Before", "After"),
    ]
    assert [e.name for e in seen.elements if e.takes][:1] == ["Yes"]
    await visit.js("d.close ? d.close() : d.style.display = 'none'")
    seen = await visit.observe()
    assert [item.text if isinstance(item, Text) else item.name for item in seen.items] == order
