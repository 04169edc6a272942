"""The model that ships on widgets that it was not trained on.

Of each kind that the scripted model is tried on in tests/browser/test_widgets_*.py it is said here what this one does:
KINDS in every wording here; MISSED not, though its language has the words; BEYOND not, for its language has none.

A kind of MISSED that it learns fails its test, and moves to KINDS.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from autoglm.browser.driver import CdpBrowser
from autoglm.dialects import EMBEDDED, dialect_of
from autoglm.seams import Cdp, Model
from autoglm.types import Goto, Limits
from tests.bench.harness import browser_tab, evaluate, model_at, steps_of
from tests.site.server import Site


@dataclass(frozen=True)
class Kind:
    page: str
    task: str
    """With {} for what differs from one variant to the next."""
    variants: tuple[str, ...]
    reads: str
    """JavaScript for what came of it."""
    becomes: str = "{}"


NAMES = ("Ada", "Grace Hopper", "Linus", "Margaret", "Edsger")
KINDS = {
    "a switch behind its label": Kind(
        "pick",
        "{}",
        (
            "Turn on Dark mode",
            "Switch on Dark mode",
            'Enable "Dark mode"',
            'Tick "Dark mode"',
            "Please turn Dark mode on.",
        ),
        "String(document.querySelector('.switch input').checked)",
        "true",
    ),
    "an ARIA switch": Kind(
        "pick",
        "{}",
        ("Turn on Wifi", "Switch on Wifi", 'Enable "Wifi"', 'Tick "Wifi"'),
        "document.querySelector('[role=switch]').ariaChecked",
        "true",
    ),
    "a radio card": Kind(
        "pick",
        "{}",
        ('Choose "Express"', 'Select "Express"', 'Tick "Express"', "Pick the Express option"),
        "String(document.querySelectorAll('[name=way]')[1].checked)",
        "true",
    ),
    "an item of a tree": Kind("pick", "{}", ('Click "Animals"',), "said.textContent", "tree Animals"),
    "a combobox whose list hangs elsewhere": Kind(
        "pick",
        "{} as the Fruit",
        ('Choose "Banana"', 'Select "Banana"', 'Pick "Banana"', "Choose Banana", "Select Banana"),
        "fruit.textContent",
        "Banana",
    ),
    "details, then what is in it": Kind(
        "pick",
        "{}",
        (
            'Open "Shipping" and click "Track it"',
            'Click "Shipping", then click "Track it"',
            'Click on "Shipping" and then on "Track it"',
            "Open Shipping, then click Track it",
            'Expand "Shipping" and press "Track it"',
        ),
        "said.textContent",
        "tracked",
    ),
    "a controlled input": Kind("fields", 'Type "{}" into the "Controlled" field', NAMES, "state.Controlled"),
    "a number field": Kind(
        "fields",
        'Set "Pieces" to {}',
        ("7", "3", "12", "40", "5"),
        "document.querySelector('[type=number][lang]').value",
    ),
    "a range": Kind("sliders", 'Set "Volume" to {}', ("85", "20", "0", "100", "35"), "native.value"),
    "an ARIA slider": Kind("sliders", 'Set "Price" to {}', ("740", "100", "1000", "330", "560"), "keys.ariaValueNow"),
    "a spin button": Kind("sliders", 'Set "Guests" to {}', ("7", "3", "12", "4", "5"), "amount.ariaValueNow"),
    "an editor": Kind("editors", 'Type "{}" into the "Plain" field', NAMES, "said('Plain').trim()"),
    "a row's own button": Kind(
        "lists",
        'Click "Remove {}"',
        ("One", "Two", "Three", "One", "Two"),
        "['One', 'Two', 'Three'].find(n => !rows.includes(n))",
    ),
    "widgets in shadow roots": Kind(
        "shadow",
        'Type {} into "Amount", choose "kilo" as the Unit, tick "Gift" and click "Order"',
        ("5", "2", "12", "7", "3"),
        "said.textContent",
        "{} kilo, gift, ripeness 1",
    ),
}

MISSED = {
    "a switch, asked for politely": Kind(
        "pick", "{}", ("Please turn Wifi on.",), "document.querySelector('[role=switch]').ariaChecked", "true"
    ),
    "a field whose suggestions are to be clicked: it clicks the field and another thing": Kind(
        "pick", 'Type "{}" into "Country" and click "Brazil"', ("Bra", "Br"), "country.value", "Brazil"
    ),
    "what must be scrolled to in an endless list: it clicks the likest that is there": Kind(
        "endless", 'Click "Story {}"', ("20", "40"), "said.textContent", "read Story {}"
    ),
    "what must be scrolled to in a virtual list: the same": Kind(
        "lists", 'Click "Row {}"', ("30", "40"), "said.textContent", "picked {}"
    ),
    "a menu that opens under the mouse: it clicks its head": Kind(
        "hover", 'Hover over "Products" and click "{}"', ("Phones", "Laptops"), "said.textContent", "chose {}"
    ),
    "a day in a calendar: it clicks another day": Kind(
        "calendar", 'Click "Arrival", then click "{} November 2026"', ("14", "21"), "day.value", "{}.11.2026"
    ),
    "tags that are ended by Enter: it types on": Kind(
        "fields", 'Type "{}" into "Tags" and press Enter', ("red", "green"), "tags.join()"
    ),
    "tabs by arrow keys": Kind("pick", '{}', ('Press ArrowRight on "Details"',), "panel.textContent", "Nice."),
    "a menu by keys": Kind(
        "pick", '{}', ('Press ArrowDown on "Actions", then press Enter on "Rename"',), "said.textContent", "menu Rename"
    ),
}  # fmt: skip
"""Tried on 2026-11-22; with what it does in its place."""

CANVAS = "show?html=%3Ccanvas%20width=300%20height=100%20aria-label=Chart%3E%3C/canvas%3E"
BEYOND = {
    "a double click": ("widgets/context.html", '("Double" | "Right") "Click'),
    "a right click, for the page's own menu": ("widgets/context.html", '("Double" | "Right") "Click'),
    "a click with keys held down": ("widgets/context.html", '", held='),
    "a place in a canvas": (CANVAS, '"Click\\", ref=" canvas'),
    "a line drawn on a canvas": ("widgets/canvas.html", '"Drag'),
    "cards dragged by HTML's drag events": ("widgets/board.html", '"Drag'),
    "a list sorted with pointer events": ("widgets/sortable.html", '"Drag'),
    "a handle dragged by pixels": ("widgets/sliders.html", '"Drag'),
    "a file input": ("widgets/files.html", '"Upload\\", ref='),
    "a drop zone": ("widgets/files.html", '"Upload\\", ref='),
    "a list scrolled to a part of its way": ("widgets/lists.html", '", to=" percent'),
}
"""Where each kind is, and the form in the grammar of larger models that it takes and this one was not taught."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[Model]:
    async with model_at(None) as model:
        yield model


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[tuple[CdpBrowser, Cdp]]:
    async with browser_tab() as tab:
        yield tab


async def carried_out(
    asked: Kind, site: Site, model: Model, tab: tuple[CdpBrowser, Cdp]
) -> AsyncIterator[tuple[object, str, object]]:
    """For each wording: what the page says in the end, what it should say, and what was done."""
    browser, cdp = tab
    for variant in asked.variants:
        await browser.act(Goto(f"{site.url}/widgets/{asked.page}.html"))
        task = asked.task.format(variant)
        steps = [step async for step in steps_of(task, browser, model, Limits(steps=12, seconds=60))]
        done = await evaluate(cdp, asked.reads)
        yield done, asked.becomes.format(variant), (task, [step.action for step in steps])


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", KINDS)
async def test_the_model_that_ships_uses_it(site: Site, model: Model, tab: tuple[CdpBrowser, Cdp], kind: str) -> None:
    async for done, wanted, story in carried_out(KINDS[kind], site, model, tab):
        assert done == wanted, story


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", MISSED)
async def test_what_it_does_not_do_yet_is_known(
    site: Site, model: Model, tab: tuple[CdpBrowser, Cdp], kind: str
) -> None:
    async for done, wanted, story in carried_out(MISSED[kind], site, model, tab):
        assert done != wanted, story


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", BEYOND)
async def test_what_its_language_has_no_words_for_is_known(site: Site, tab: tuple[CdpBrowser, Cdp], kind: str) -> None:
    page, form = BEYOND[kind]
    browser, _ = tab
    await browser.act(Goto(f"{site.url}/{page}"))
    seen = await browser.observe()
    assert form in dialect_of("a larger model").grammar("Do it", [], seen)
    assert form not in dialect_of(EMBEDDED).grammar("Do it", [], seen)
