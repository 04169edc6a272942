"""What is drawn and not written: a box, and the best name there is."""

from __future__ import annotations

import pytest

from autoglm.types import Box, Element, Text
from tests.browser.conftest import Visit, element, texts

DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
BOX = Box(10, 20, 300, 100)


@pytest.mark.parametrize(
    ("html", "role", "name"),
    [
        ("<canvas aria-label=Board>", "canvas", "Board"),
        ("<canvas>Sales by month</canvas>", "canvas", "Sales by month"),
        (
            "<figure style='margin:0'><canvas></canvas><figcaption>Share of votes</figcaption></figure>",
            "canvas",
            "Share of votes",
        ),
        ("<canvas id=salesChart>", "canvas", "sales chart"),
        ("<video controls title=Intro>", "video", "Intro"),
        ("<audio controls aria-label=Song>", "audio", "Song"),
    ],
)
async def test_what_no_script_can_read_is_a_control(visit: Visit, html: str, role: str, name: str) -> None:
    seen = await visit.show(
        f"<style>body {{ margin: 20px 10px }} canvas, video, audio {{ width: 300px; height: 100px; display: block }}</style>{html}"
    )
    it = next(item for item in seen.items if isinstance(item, Element))
    assert (it.role, it.name, it.box, it.takes) == (role, name, BOX, ("Click",))


@pytest.mark.parametrize(
    ("html", "role", "name"),
    [
        (f"<img alt='A cat' src='{DOT}'>", "image", "A cat"),
        ("<img src='/shop/red-shoes.jpg?w=300'>", "image", "red shoes"),
        (f"<img src='{DOT}' id=qr-code>", "image", "qr code"),
        ("<svg><title>Votes</title><circle r=9></svg>", "image", "Votes"),
        ("<canvas style='pointer-events:none' aria-label=Snow></canvas>", "canvas", "Snow"),
        ("<video title=Loop></video>", "video", "Loop"),
    ],
)
async def test_a_picture_that_is_only_looked_at_is_a_line(visit: Visit, html: str, role: str, name: str) -> None:
    seen = await visit.show(
        f"<style>body {{ margin: 20px 10px }} img, svg, canvas, video {{ width: 300px; height: 100px; display: block }}</style>{html}"
    )
    assert seen.items == (Text(role, name),)
    (it,) = seen.items
    assert it.box == BOX


async def test_ornaments_are_not_told(visit: Visit) -> None:
    seen = await visit.show(
        f"<img alt='' src='/wave.png' width=300 height=90><img src='/dot.png' width=9 height=9><canvas width=8 height=8></canvas>"
        f"<canvas aria-hidden=true></canvas><button><img src='/heart.png' width=50 height=50>Like</button><img src='{DOT}' width=90 height=90>"
    )
    assert [item.name if isinstance(item, Element) else item.text for item in seen.items] == ["Like"]


async def test_a_canvas_that_grows_is_told(visit: Visit) -> None:
    await visit.show("<div style='display:flex'><canvas aria-label=Map style='width:9px;height:90px'></canvas></div>")
    await visit.js("document.querySelector('canvas').style.width = '200px'")
    assert element(await visit.observe(), "Map").box == Box(8, 8, 200, 90)


async def test_a_picture_in_a_row_is_a_word_of_it(visit: Visit) -> None:
    seen = await visit.show(f"<table><tr><td><img alt=Paid src='{DOT}' width=90 height=40><td>4711</table>")
    assert texts(seen, "row") == ["Paid | 4711"]


STARRED = """<form><label>Name <b>*</b> <input></label><label><input type=checkbox required> I agree *</label>
<div>City: *</div><input><div>Street *:</div><input><label>* Zip <input></label><label>File * <input type=file></label>
<table><tr><td>Phone *<td><input></table><div><input type=checkbox> News</div><button>Rate *</button></form>"""


async def test_the_star_of_a_label_is_said_as_required_whatever_the_field_is(visit: Visit) -> None:
    seen = await visit.show(STARRED)
    starred = [e.name for e in seen.elements if "required" in e.states]
    assert starred == ["Name", "I agree", "City", "Street", "Zip", "File", "Phone"]
    assert [e.name for e in seen.elements if "required" not in e.states] == ["News", "Rate *"]
