"""The model that ships on widgets that it was not trained on: the kinds that it does in every wording tried.

What it did not do in all five (2026-11-20): an ARIA switch (4), a radio card (4), an endless list (2), a field whose
suggestions are to be clicked (0).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from autoglm.browser.driver import CdpBrowser
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model() -> AsyncIterator[Model]:
    async with model_at(None) as model:
        yield model


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[tuple[CdpBrowser, Cdp]]:
    async with browser_tab() as tab:
        yield tab


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", KINDS)
async def test_the_model_that_ships_uses_it(site: Site, model: Model, tab: tuple[CdpBrowser, Cdp], kind: str) -> None:
    asked = KINDS[kind]
    browser, cdp = tab
    for variant in asked.variants:
        await browser.act(Goto(f"{site.url}/widgets/{asked.page}.html"))
        task = asked.task.format(variant)
        steps = [step async for step in steps_of(task, browser, model, Limits(steps=12, seconds=60))]
        done = await evaluate(cdp, asked.reads)
        assert done == asked.becomes.format(variant), (task, [step.action for step in steps])
