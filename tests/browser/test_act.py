"""What acting does to the page, as the page itself sees it."""

from __future__ import annotations

import pytest

from autoglm.errors import Mistake
from autoglm.types import Back, Check, Click, Goto, Hover, Press, Scroll, Select, Type, Wait
from tests.browser.conftest import Visit, element, names, texts, until


async def test_a_form_is_filled_in_and_sent(visit: Visit) -> None:
    seen = await visit.open("contact.html")
    refs = {e.name: e.ref for e in seen.elements}
    for name, text in {
        "First name": "Ada",
        "Last name": "Lovelace",
        "Work email": "ada@example.org",
        "Phone": "+44 20 7946 0000",
        "Company": "Analytical Engines",
        "Message": "Hello,\nplease call me (today)!",
    }.items():
        assert await visit.act(Type(refs[name], text)) == "typed"
    assert await visit.act(Select(refs["Country"], ("United Kingdom",))) == "selected United Kingdom"
    assert await visit.act(Select(refs["What is it about?"], ("a  DEMO",))) == "selected A demo"
    assert await visit.act(Check(refs["I agree to the privacy policy"])) == "turned on"
    assert await visit.act(Click(refs["Send message"])) == "clicked"
    seen = await visit.observe()
    assert "Thank you, Ada!" in texts(seen, "heading")
    sent = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.org",
        "phone": "+44 20 7946 0000",
        "company": "Analytical Engines",
        "country": "United Kingdom",
        "topic": "A demo",
        "privacy": "on",
        "message": "Hello,\r\nplease call me (today)!".replace("\r", ""),
    }
    assert await visit.js("window.__submitted") == sent
    assert await until(visit.posted, bool) == [sent]


async def test_every_kind_of_field_takes_its_value(visit: Visit) -> None:
    seen = await visit.open("signup.html")
    refs = {e.name: e.ref for e in seen.elements}
    typed = {
        "Full name": "Ada Lovelace",
        "Password": "s3cret!pw",
        "Date of birth": "1990-12-10",
        "Call me at": "09:30",
        "Start month": "2026-11",
        "Training week": "2026-W48",
        "First visit": "2026-11-30T10:00",
        "Seats": "12",
        "Theme colour": "#ff8800",
        "Alert volume": "7",
        "About you": "I count.",
        "Note to the team": "Bonjour à tous",
    }
    for name, text in typed.items():
        assert await visit.act(Type(refs[name], text)) in ("typed", "set"), name
    await visit.act(Check(refs["Team"]))
    await visit.act(Check(refs["By phone"]))
    await visit.act(Check(refs["Send me the newsletter"]))
    await visit.act(Check(refs["Two-factor sign-in"]))
    await visit.act(Select(refs["Country"], ("Peru",)))
    await visit.act(Select(refs["Languages"], ("German", "Japanese")))
    await visit.act(Click(refs["Create account"]))
    assert texts(await visit.observe(), "status") == ["Account created."]
    assert await visit.js("window.__submitted") == {
        "name": "Ada Lovelace",
        "password": "s3cret!pw",
        "born": "1990-12-10",
        "call": "09:30",
        "start": "2026-11",
        "week": "2026-W48",
        "visit": "2026-11-30T10:00",
        "seats": "12",
        "colour": "#ff8800",
        "volume": "7",
        "plan": "team",
        "channel": "phone",
        "country": "Peru",
        "langs": ["German", "Japanese"],
        "bio": "I count.",
        "news": "on",
        "note": "Bonjour à tous",
    }


async def test_clicks_and_keys_are_trusted_events(visit: Visit) -> None:
    await visit.open("signup.html")
    await visit.act(Type(await visit.ref("Full name"), "Ada"))
    await visit.act(Click(await visit.ref("Send me the newsletter")))
    events = await visit.js("window.__events")
    assert {kind for kind, _, trusted in events if trusted} >= {"input", "keydown", "keyup", "click", "change"}
    assert all(trusted for _, _, trusted in events)


async def test_typing_replaces_what_the_field_held(visit: Visit) -> None:
    await visit.open("contact.html")
    ref = await visit.ref("Message")
    for text in ("first", "second\nline", "", "(third)"):
        assert await visit.act(Type(ref, text)) == "typed"
        assert await visit.js("document.getElementById('message').value") == text


async def test_a_field_that_changes_what_was_typed_says_so(visit: Visit) -> None:
    await visit.show(
        "<input aria-label=Phone oninput=\"this.value = this.value.replace(/\\D/g, '')\"><input aria-label=Code maxlength=3>"
        "<input aria-label=Fixed value=same oninput=\"this.value = 'same'\"><input type=password aria-label=Pin maxlength=2>"
    )
    assert await visit.act(Type(await visit.ref("Phone"), "12-34 5")) == "typed; the field now holds '12345'"
    assert await visit.act(Type(await visit.ref("Code"), "abcdef")) == "typed; the field now holds 'abc'"
    assert await visit.act(Type(await visit.ref("Pin"), "9876")) == "typed; the field holds 2 of 4 characters"
    with pytest.raises(Mistake, match="did not take the text: it still holds 'same'"):
        await visit.act(Type(await visit.ref("Fixed"), "other"))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Date of birth", "30.11.1990", "date takes 2026-11-30"),
        ("Call me at", "9 o'clock", "time takes 09:30"),
        ("Start month", "November", "month takes 2026-11"),
        ("Training week", "48", "week takes 2026-W48"),
        ("First visit", "2026-11-30", "datetime-local takes 2026-11-30T09:30"),
        ("Theme colour", "red", "color takes #1e90ff"),
        ("Seats", "many", "number takes 12 or 3.5"),
        ("Alert volume", "loud", "range takes a number"),
    ],
)
async def test_a_malformed_value_is_a_mistake_that_shows_the_form(
    visit: Visit, name: str, text: str, said: str
) -> None:
    seen = await visit.open("signup.html")
    before = element(seen, name)
    with pytest.raises(Mistake, match=said):
        await visit.act(Type(before.ref, text))
    assert element(await visit.observe(), name).value == before.value


async def test_a_value_out_of_range_is_set_and_the_complaint_told(visit: Visit) -> None:
    await visit.open("signup.html")
    assert "less than or equal to 50" in await visit.act(Type(await visit.ref("Seats"), "99"))
    assert await visit.act(Type(await visit.ref("Alert volume"), "99")) == "the field now holds '10'"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Customer number", "is read-only"),
        ("Create account", "is a button, not a field"),
        ("Logo", "Upload to it"),
    ],
)
async def test_what_cannot_be_typed_into_is_a_mistake(hasty: Visit, name: str, said: str) -> None:
    await hasty.open("signup.html")
    with pytest.raises(Mistake, match=said):
        await hasty.act(Type(await hasty.ref(name), "x"))


async def test_an_option_that_is_not_there_is_a_mistake_that_lists_them(visit: Visit) -> None:
    await visit.open("signup.html")
    with pytest.raises(Mistake, match=r"no option 'Atlantis'; there are Austria \| Chile \| Peru"):
        await visit.act(Select(await visit.ref("Country"), ("Atlantis",)))
    with pytest.raises(Mistake, match="takes one option, not 2"):
        await visit.act(Select(await visit.ref("Country"), ("Chile", "Peru")))
    assert await visit.act(Select(await visit.ref("Country"), ("Austria",))) == "Austria was selected already"


async def test_a_checkbox_is_clicked_only_when_it_differs(visit: Visit) -> None:
    await visit.open("signup.html")
    ref = await visit.ref("Send me the newsletter")
    assert await visit.act(Check(ref, on=False)) == "was off already"
    assert await visit.act(Check(ref)) == "turned on"
    assert await visit.act(Check(ref)) == "was on already"
    assert await visit.act(Check(ref, on=False)) == "turned off"
    assert len([e for e in await visit.js("window.__events") if e[0] == "click" and e[1] == "news"]) == 2


async def test_a_checkbox_that_does_not_turn_is_a_mistake(visit: Visit) -> None:
    await visit.open("signup.html")
    with pytest.raises(Mistake, match="was clicked but is still off"):
        await visit.act(Check(await visit.ref("Stays off")))
    with pytest.raises(Mistake, match="turn another one"):
        await visit.act(Check(await visit.ref("Free"), on=False))


async def test_what_stays_disabled_is_a_mistake(hasty: Visit) -> None:
    await hasty.open("signup.html")
    with pytest.raises(Mistake, match="is disabled"):
        await hasty.act(Check(await hasty.ref("Works")))


async def test_keys_and_chords_do_what_they_do_for_a_person(visit: Visit) -> None:
    await visit.show(
        '<form onsubmit="event.preventDefault(); document.title = `sent ${a.value}`"><input id=a aria-label=A><input aria-label=B><button hidden></button></form>'
    )
    a = await visit.ref("A")
    await visit.act(Type(a, "one two"))
    await visit.act(Press("Control+a"))
    await visit.act(Press("x"))
    await visit.act(Press("Shift+y"))
    await visit.act(Press("Enter", a))
    assert (await visit.observe()).title == "sent xY"
    await visit.act(Press("Tab"))
    assert "focused" in element(await visit.observe(), "B").states
    await visit.act(Press("Shift+Tab"))
    assert "focused" in element(await visit.observe(), "A").states
    with pytest.raises(Mistake, match="no key 'Entr'"):
        await visit.act(Press("Entr"))


async def test_an_aria_slider_moves_by_arrow_keys(visit: Visit) -> None:
    seen = await visit.open("listbox.html")
    slider = element(seen, "Brightness")
    assert (slider.role, slider.value, slider.hint, slider.takes) == ("slider", "4", "0 to 10", ("Click", "Type"))
    await visit.act(Press("ArrowRight", slider.ref))
    assert element(await visit.observe(), "Brightness").value == "5"


async def test_a_custom_listbox_is_chosen_from_by_clicking(visit: Visit) -> None:
    seen = await visit.open("listbox.html")
    assert element(seen, "Colour").options == ("Red", "Green", "Blue")
    await visit.act(Click(element(seen, "Green").ref))
    seen = await visit.observe()
    assert "selected" in element(seen, "Green").states
    with pytest.raises(Mistake, match="click it, then the option"):
        await visit.act(Select(element(seen, "Colour").ref, ("Red",)))


async def test_an_autocomplete_shows_its_options_once_they_have_come(visit: Visit) -> None:
    await visit.open("autocomplete.html")
    await visit.act(Type(await visit.ref("City"), "Ber"))
    seen = await visit.observe()
    assert [e.name for e in seen.elements if e.role == "option"] == ["Berlin", "Bern"]
    assert element(seen, "City").states == ("expanded", "focused") and element(seen, "City").options == (
        "Berlin",
        "Bern",
    )
    await visit.act(Click(element(seen, "Bern").ref))
    assert texts(await visit.observe(), "status") == ["Chosen: Bern"]


async def test_tabs_and_menus_open_on_click(visit: Visit) -> None:
    seen = await visit.open("tabs.html")
    await visit.act(Click(element(seen, "Billing").ref))
    assert "Download invoice" in names(await visit.observe())
    seen = await visit.open("menu.html")
    await visit.act(Click(element(seen, "Account").ref))
    seen = await visit.observe()
    assert element(seen, "Account").states[0] == "expanded"
    await visit.act(Click(element(seen, "Sign out").ref))
    assert texts(await visit.observe(), "status") == ["Chose Sign out"]


async def test_what_is_out_of_view_is_scrolled_to_past_a_sticky_header(visit: Visit) -> None:
    seen = await visit.open("sticky.html")
    for name in ("Buy 30", "Buy 2", "Buy 40"):
        await visit.act(Click(element(seen, name).ref))
        assert texts(await visit.observe(), "status") == [name.replace("Buy", "Bought")]


async def test_scrolling_says_whether_anything_moved(visit: Visit) -> None:
    seen = await visit.open("sticky.html")
    assert await visit.act(Scroll("down")) == "scrolled 612 px down"
    assert await visit.act(Scroll("up")) == "scrolled 612 px up"
    assert await visit.act(Scroll("up")) == "nothing moved: it does not scroll further up"
    assert await visit.act(Scroll("right")) == "nothing moved: it does not scroll further right"
    line = element(seen, "Line 1")
    assert (await visit.act(Scroll("down", line.ref))).startswith("scrolled 13")
    after = element(await visit.observe(), "Line 1")
    assert not after.in_view and after.box is None
    assert 130 <= await visit.js("document.querySelector('.pane').scrollTop") < 140


async def test_frames_and_shadow_roots_are_acted_in_like_the_page(visit: Visit) -> None:
    seen = await visit.open("frame.html")
    await visit.act(Type(element(seen, "Card number").ref, "4242 4242"))
    await visit.act(Click(element(seen, "Pay").ref))
    assert texts(await visit.observe(), "status") == ["Paid with 4242 4242"]
    await visit.act(Click(element(seen, "Below").ref))
    assert texts(await visit.observe(), "status") in ([], ["below clicked"])
    assert (
        await visit.js("document.querySelector('iframe').contentDocument.getElementById('said').textContent")
        == "below clicked"
    )
    seen = await visit.open("shadow.html")
    await visit.act(Type(element(seen, "Nickname").ref, "ada"))
    await visit.act(Click(element(seen, "Follow").ref))
    assert texts(await visit.observe(), "status") == ["Following as ada"]


async def test_what_was_drawn_anew_is_gone(visit: Visit) -> None:
    seen = await visit.open("rerender.html")
    done = element(seen, "Done: Call Ada")
    await visit.js("draw()")
    with pytest.raises(
        Mistake, match=rf"element \[{done.ref}\] is gone; there are {len(seen.elements)} on this page now"
    ):
        await visit.act(Click(done.ref))
    assert texts(await visit.observe(), "status") == []


async def test_what_jumps_away_from_the_mouse_is_caught_where_it_lands(visit: Visit) -> None:
    await visit.open("rerender.html")
    await visit.act(Click(await visit.ref("Come and go")))
    assert texts(await visit.observe(), "status") == ["caught"]


async def test_a_click_waits_until_the_element_is_enabled_still_and_free(visit: Visit) -> None:
    await visit.show(
        """<style>@keyframes in { from { margin-left: 300px } } #b { animation: in .4s linear }</style>
        <div id=veil style="position:fixed;inset:0;background:#fff8"></div><button id=b disabled onclick="document.title = event.isTrusted">Go</button>
        <script>addEventListener('mousemove', () => {}); setTimeout(() => { b.disabled = false; veil.remove(); }, 700)</script>"""
    )
    assert await visit.act(Click(await visit.ref("Go"))) == "clicked"
    assert (await visit.observe()).title == "true"


async def test_what_stays_covered_is_a_mistake_that_names_the_cover(hasty: Visit) -> None:
    seen = await hasty.open("dialog.html")
    await hasty.act(Click(element(seen, "Share").ref))
    with pytest.raises(Mistake, match=r"is covered by (dialog|div)"):
        await hasty.act(Click(element(seen, "New project").ref))


async def test_an_address_that_does_not_answer_is_a_mistake(visit: Visit) -> None:
    await visit.open("index.html")
    with pytest.raises(Mistake, match=r"ERR_CONNECTION_REFUSED|ERR_UNSAFE_PORT"):
        await visit.act(Goto("http://127.0.0.1:9/"))
    with pytest.raises(Mistake, match="no address to go to"):
        await visit.act(Goto("example"))
    with pytest.raises(Mistake, match="no address to go to"):
        await visit.act(Goto("javascript:alert(1)"))


async def test_going_back_needs_a_page_before(fresh: Visit) -> None:
    visit = fresh
    await visit.open("index.html")
    with pytest.raises(Mistake, match="no page to go back to"):
        await visit.act(Back())
    await visit.open("orders.html")
    assert await visit.act(Back()) == "went back"
    assert (await visit.observe()).url.endswith("/index.html")


async def test_waiting_is_bounded(visit: Visit) -> None:
    await visit.open("index.html")
    assert await visit.act(Wait(0.05)) == "waited 0.05 s"


async def test_hovering_a_disabled_element_is_allowed(visit: Visit) -> None:
    await visit.show("<button disabled>Off</button><div>more</div>")
    assert await visit.act(Hover(await visit.ref("Off"))) == "hovered"


async def test_a_label_is_pressed_beside_the_link_in_it(visit: Visit) -> None:
    await visit.show(
        "<style>input { display: none } label { display: block; width: 400px; text-align: center }</style>"
        '<input type="checkbox" id="a"><label for="a"><a href="#terms">Terms and conditions</a></label>'
    )
    seen = await visit.observe()
    assert await visit.act(Check(next(e.ref for e in seen.elements if e.role == "checkbox"))) == "turned on"
    assert "#terms" not in (await visit.observe()).url


async def test_a_field_is_waited_for_until_it_is_enabled(visit: Visit) -> None:
    await visit.show(
        "<input aria-label=Name disabled><script>setTimeout(() => document.querySelector('input').disabled = false, 300)</script>"
    )
    assert await visit.act(Type(await visit.ref("Name"), "Ada")) == "typed"


async def test_a_click_that_was_dispatched_is_not_dispatched_again(visit: Visit) -> None:
    await visit.show("<button onclick=\"document.title += '!'; this.remove()\">Once</button>")
    assert await visit.act(Click(await visit.ref("Once"))) == "clicked"
    assert (await visit.observe()).title == "Test!"


async def test_what_a_box_in_the_page_hides_is_scrolled_to(visit: Visit) -> None:
    await visit.show(
        '<div style="height: 90px; overflow: auto"><div style="height: 3000px"></div>'
        "<button onclick=\"document.title = 'reached'\">Deep</button></div>"
    )
    seen = await visit.observe()
    assert not element(seen, "Deep").in_view
    await visit.act(Click(element(seen, "Deep").ref))
    assert (await visit.observe()).title == "reached"


async def test_a_press_that_what_is_disabled_just_then_swallows_is_told(visit: Visit) -> None:
    seen = await visit.show("<button>Send</button><p id=said></p>")
    button = element(seen, "Send").ref
    disabled = "document.querySelector('button').disabled = true"
    with visit.just_before_a_press(disabled), pytest.raises(Mistake, match="disabled"):
        await visit.act(Click(button))
    await visit.js("document.querySelector('button').disabled = false")
    await visit.js(
        "void document.querySelector('button').addEventListener('click', (event) => { event.target.disabled = true })"
    )
    assert await visit.act(Click(button)) == "clicked"
