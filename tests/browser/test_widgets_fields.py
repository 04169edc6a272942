"""What is typed, steered, copied and pasted: sliders, dates, editors, masks, tags, fields with a mind of their own."""

from __future__ import annotations

import pytest

from autoglm.errors import Mistake
from autoglm.types import Click, Press, Type
from tests.browser.conftest import Visit, element, names, texts, until


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Volume", "85"),
        ("Price", "740"),
        ("Price", "1000"),
        ("Price", "0"),
        ("Zoom", "25"),
        ("Zoom", "40"),
        ("Depth", "17"),
        ("Guests", "9"),
    ],
    ids=["native", "keys", "the end", "the begin", "its handle", "its handle to the end", "upright", "spin button"],
)
async def test_a_slider_is_set_to_a_number(visit: Visit, name: str, number: str) -> None:
    seen = await visit.open("widgets/sliders.html")
    slider = element(seen, name)
    assert "Type" in slider.takes
    assert await visit.act(Type(slider.ref, number)) == "set"
    assert element(await visit.observe(), name).value == number


async def test_a_slider_stops_at_the_nearest_step(visit: Visit) -> None:
    seen = await visit.open("widgets/sliders.html")
    assert await visit.act(Type(element(seen, "Price").ref, "743")) == "it now says 740"
    assert await visit.act(Type(element(seen, "Volume").ref, "43")) == "the field now holds '45'"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Price", "dear", "takes a number"),
        ("Price", "1001", "goes from 0 to 1000, not to 1001"),
        ("Stuck", "5", "did not move: it still says 3; try Drag"),
    ],
)
async def test_a_slider_that_does_not_go_there_is_a_mistake(visit: Visit, name: str, text: str, said: str) -> None:
    seen = await visit.open("widgets/sliders.html")
    with pytest.raises(Mistake, match=said):
        await visit.act(Type(element(seen, name).ref, text))


async def test_a_day_is_picked_from_a_calendar_that_pops_up(visit: Visit) -> None:
    seen = await visit.open("widgets/calendar.html")
    await visit.act(Click(element(seen, "Arrival").ref))
    seen = await visit.observe()
    assert "November 2026" in texts(seen, "heading")
    await visit.act(Click(element(seen, "Next month").ref))
    await visit.act(Click(await visit.ref("14 December 2026")))
    seen = await visit.observe()
    assert element(seen, "Arrival").value == "14.12.2026" and "Next month" not in names(seen)


async def test_text_is_copied_from_one_field_to_another(visit: Visit) -> None:
    await visit.show("<input aria-label=From value='copy me'><textarea aria-label=To></textarea>")
    here, there = await visit.ref("From"), await visit.ref("To")
    await visit.act(Press("Control+a", here))
    await visit.act(Press("Control+c", here))
    await visit.act(Press("Control+v", there))
    assert element(await visit.observe(), "To").value == "copy me"
    await visit.act(Press("Control+a", here))
    await visit.act(Press("Control+x", here))
    assert element(await visit.observe(), "From").value == ""
    await visit.act(Press("Control+z", here))
    assert element(await visit.observe(), "From").value == "copy me"
    await visit.act(Press("Control+Shift+z", here))
    await visit.act(Press("Control+v", there))
    seen = await visit.observe()
    assert (element(seen, "From").value, element(seen, "To").value) == ("", "copy mecopy me")


async def test_a_paste_reaches_the_page_as_one_trusted_event(visit: Visit) -> None:
    await visit.show(
        "<input aria-label=From value='a b'><div tabindex=0 role=application aria-label=Board>here</div><script>"
        "const got = []; addEventListener('paste', e => got.push([e.isTrusted, e.clipboardData.getData('text')]))</script>"
        "<button onclick=\"navigator.clipboard.writeText('by script').then(() => document.title = 'copied')\">Copy</button>"
    )
    await visit.act(Press("Control+a", await visit.ref("From")))
    await visit.act(Press("Control+c"))
    await visit.act(Press("Tab"))
    await visit.act(Press("Control+v"))
    assert await visit.js("got") == [[True, "a b"]]
    await visit.act(Click(await visit.ref("Copy")))
    seen = await until(visit.observe, lambda seen: seen.title == "copied")  # the browser is asked whether it may
    assert seen.title == "copied"
    await visit.act(Press("Control+a", await visit.ref("From")))
    await visit.act(Press("Control+v"))
    assert element(await visit.observe(), "From").value == "by script"


@pytest.mark.parametrize("kind", ["Plain", "Paragraphs", "Breaks", "Plain text only"])
async def test_an_editor_holds_the_lines_that_were_typed(visit: Visit, kind: str) -> None:
    seen = await visit.open("widgets/editors.html")
    text = 'First line\nSecond (line)\n\nLast "one"'
    await visit.act(Type(element(seen, kind).ref, "to be replaced"))
    await visit.act(Type(element(seen, kind).ref, text))
    lines = [line for line in (await visit.js(f"said('{kind}')")).split("\n") if line.strip()]
    assert lines == ["First line", "Second (line)", 'Last "one"']
    assert await visit.act(Type(element(seen, kind).ref, "short")) == "typed"
    assert (await visit.js(f"said('{kind}')")).strip() == "short"
    await visit.act(Type(element(seen, kind).ref, ""))
    assert (await visit.js(f"said('{kind}')")).strip() == ""


async def test_an_editor_that_indents_and_closes_brackets_gets_the_text_as_it_is(visit: Visit) -> None:
    seen = await visit.open("widgets/editors.html")
    code = "def f(x):\n    return {\n        1: (x,\n    }"
    assert await visit.act(Type(element(seen, "Code").ref, code)) == "typed"
    assert await visit.js("said('Code')") == code
    await visit.act(Type(element(seen, "Code").ref, "print("))
    assert await visit.js("said('Code')") == "print("


async def test_an_editor_that_takes_so_many_characters_says_what_it_holds(visit: Visit) -> None:
    seen = await visit.open("widgets/editors.html")
    assert "now holds 'twelve chars'" in await visit.act(Type(element(seen, "Short").ref, "twelve chars and more"))


async def test_formatting_is_put_on_by_a_shortcut(visit: Visit) -> None:
    seen = await visit.open("widgets/editors.html")
    ref = element(seen, "Plain").ref
    await visit.act(Type(ref, "bold"))
    await visit.act(Press("Control+a", ref))
    await visit.act(Press("Control+b", ref))
    assert await visit.js("document.querySelector('[aria-label=Plain]').innerHTML") == "<b>bold</b>"


async def test_a_mask_that_wants_every_key_gets_them(visit: Visit) -> None:
    seen = await visit.open("widgets/fields.html")
    assert "'(030) 1234-567'" in await visit.act(Type(element(seen, "Phone").ref, "0301234567"))
    assert "'4111 1111 1111 1111'" in await visit.act(Type(element(seen, "Card").ref, "4111111111111111"))
    await visit.act(Type(element(seen, "Digit 1").ref, "123456"))
    assert [element(await visit.observe(), f"Digit {n}").value for n in range(1, 7)] == list("123456")


async def test_a_controlled_input_keeps_what_was_typed(visit: Visit) -> None:
    seen = await visit.open("widgets/fields.html")
    assert await visit.act(Type(element(seen, "Controlled").ref, "Ada")) == "typed"
    await visit.act(Type(element(seen, "Controlled amount").ref, "12"))
    assert await visit.js("state") == {"Controlled": "Ada", "Controlled amount": "12"}
    seen = await visit.observe()
    assert (element(seen, "Controlled").value, element(seen, "Controlled amount").value) == ("Ada", "12")


async def test_what_a_field_loses_on_leaving_it_is_seen_at_the_next_look(visit: Visit) -> None:
    seen = await visit.open("widgets/fields.html")
    await visit.act(Type(element(seen, "Only cities").ref, "Atlantis"))
    await visit.act(Click(element(await visit.observe(), "Elsewhere").ref))
    assert element(await visit.observe(), "Only cities").value == ""


async def test_tags_are_added_by_enter_and_comma_and_taken_away_by_backspace(visit: Visit) -> None:
    seen = await visit.open("widgets/fields.html")
    ref = element(seen, "Tags").ref
    await visit.act(Type(ref, "red"))
    await visit.act(Press("Enter", ref))
    await visit.act(Type(ref, "green,"))
    assert await visit.js("tags") == ["red", "green"]
    await visit.act(Press("Backspace", ref))
    assert await visit.js("tags") == ["red"]
    await visit.act(Click(await visit.ref("Remove red")))
    assert await visit.js("tags") == []


async def test_a_number_in_the_pages_own_notation_is_left_as_it_is(visit: Visit) -> None:
    seen = await visit.open("widgets/fields.html")
    assert await visit.act(Type(element(seen, "Betrag").ref, "1234,5")) == "typed"
    await visit.act(Press("ArrowUp", element(seen, "Pieces").ref))
    seen = await visit.observe()
    assert (element(seen, "Betrag").value, element(seen, "Pieces").value) == ("1.234,50", "3")
    assert await visit.act(Type(element(seen, "Pieces").ref, "2.5")) in (
        "set",
        "set; the field says: Please enter a valid value. The two nearest valid values are 2 and 3.",
    )


async def test_shortcuts_go_to_the_element_or_to_the_page(visit: Visit) -> None:
    seen = await visit.open("widgets/fields.html")
    await visit.act(Press("Control+Shift+p", element(seen, "Tags").ref))
    await visit.act(Press("Alt+2"))
    await visit.act(Press("?"))
    assert await visit.js("chords") == ["Control+Shift+P in Tags", "Alt+2 in Tags", "? in Tags"]


@pytest.mark.parametrize("keys", ["ArrowDown", ""], ids=["by keys", "by its handle"])
async def test_a_slider_that_runs_downwards_is_set_to_a_number(visit: Visit, keys: str) -> None:
    seen = await visit.show(
        f"""<div style="position:relative;height:200px;width:10px;background:#ccc;margin:40px"><div id=it role=slider tabindex=0 aria-label=Depth
        aria-orientation=vertical aria-valuemin=0 aria-valuemax=10 aria-valuenow=5 style="position:absolute;top:90px;width:20px;height:20px;background:#36c"></div></div>
        <script>let from = null; const now = () => +it.getAttribute('aria-valuenow');
        const set = (n) => {{ n = Math.min(10, Math.max(0, n)); it.setAttribute('aria-valuenow', n); it.style.top = `${{18 * n}}px` }};
        it.onkeydown = (event) => {{ const by = {{ArrowDown: 1, ArrowUp: -1}}[event.key]; if (by && '{keys}') set(now() + by) }};
        it.onpointerdown = (event) => {{ from = event.clientY - 18 * now() }};
        onpointermove = (event) => {{ if (from !== null) set(Math.round((event.clientY - from) / 18)) }};
        onpointerup = () => {{ from = null }}</script>"""
    )
    assert await visit.act(Type(element(seen, "Depth").ref, "8")) == "set"
    assert await visit.act(Type(element(seen, "Depth").ref, "2")) == "set"
    assert await visit.js("now()") == 2
