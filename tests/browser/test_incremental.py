"""What the page script says of a page that changed is what a fresh one says that sees it for the first time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from autoglm.browser import page
from autoglm.browser.playwright_pipe import PageCdp, PlaywrightPipe
from autoglm.browser.seen import FrameItem, Seeable, Seen
from autoglm.types import Element, Text
from tests.site.server import Site

MUTATIONS = Path(__file__).with_name("mutations.js").read_text(encoding="utf-8").rstrip().rstrip(";")
PAGES = 16
"""Pages of the test, each with BATCHES × up to 12 mutations."""
BATCHES = 14
AT_REST = """Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(
  () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))))"""
"""Waits for what moves, for what was scrolled to be told so, and for a frame to be drawn."""


class World:
    """An instance of the script in an isolated world of its own, asked without a driver."""

    def __init__(self, cdp: PageCdp, context: int) -> None:
        self.cdp = cdp
        self.context = context
        self.seen = Seen()
        self.patches = 0

    @classmethod
    async def enter(cls, cdp: PageCdp, frame: str, name: str) -> World:
        made = await cdp.send("Page.createIsolatedWorld", frameId=frame, worldName=name)
        world = cls(cdp, made["executionContextId"])
        await world.renew()
        return world

    async def renew(self) -> None:
        """A fresh instance in the same world, which knows nothing of the one before."""
        await self.js("delete globalThis.autoglm")
        await self.js(page.script())
        self.seen = Seen()

    async def js(self, expression: str) -> Any:
        done = await self.cdp.send(
            "Runtime.evaluate", expression=expression, contextId=self.context, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]["exception"]["description"]
        return done["result"].get("value")

    async def hear(self) -> None:
        """Is told who listens to clicks, as far as it asks."""
        ask = (await self.js("autoglm.ahead(0, 0)"))["ask"]
        on = await self.cdp.send(
            "Runtime.evaluate", expression=page.listeners(ask["ways"]), includeCommandLineAPI=True, returnByValue=True
        )
        await self.js(f"autoglm.hear({json.dumps({'on': on['result']['value'], 'nodes': None})})")

    async def ahead(self) -> None:
        """Takes in what is said before anybody looks."""
        await self.hear()
        while "said" not in (done := await self.js("autoglm.ahead(0, 5000)")):
            await self.js("autoglm.clear(autoglm.hosts())")
        self.seen.apply(json.loads(done["said"]))

    async def look(self) -> list[tuple[Any, ...]]:
        """What is seen, with the boxes of things in the place of their refs."""
        options = {"patient": False, "quietMs": 0, "listeners": None, "known": self.seen.known, "view": None}
        answer = json.loads(await self.js(f"autoglm.look({json.dumps(options)})"))
        self.whole = answer["whole"]
        self.patches += not answer["whole"]
        self.seen.apply(answer)
        refs = [item.ref for item in self.seen.items if isinstance(item, Element)]
        assert len(set(refs)) == len(refs)
        boxes = iter(await self.js(f"{refs}.map((ref) => autoglm.box(ref))"))
        return [(self.seen.scroll, self.seen.title), *(_plain(item, boxes) for item in self.seen.items)]


def _plain(item: Seeable, boxes: Any) -> tuple[Any, ...]:
    if isinstance(item, Element):
        told = (item.role, item.name, item.value, item.states, item.options, item.takes, item.multiple, item.type)
        return (*told, item.hint, item.box, item.in_view, next(boxes))
    if isinstance(item, FrameItem):
        return (item.name, item.title, item.box, item.in_view, json.dumps(item.view))
    return (item.role, item.text, item.in_view)


@pytest_asyncio.fixture(loop_scope="session")
async def cdp(pipe: PlaywrightPipe) -> AsyncIterator[PageCdp]:
    tabs = await pipe.tabs()
    yield await tabs.open()
    await tabs.close()


async def _frames(cdp: PageCdp) -> list[str]:
    tree = (await cdp.send("Page.getFrameTree"))["frameTree"]
    return [tree["frame"]["id"], *(child["frame"]["id"] for child in tree.get("childFrames", ()))]


@pytest.mark.parametrize("seed", range(PAGES))
async def test_what_changed_is_told_as_a_first_look_tells_it(cdp: PageCdp, site: Site, seed: int) -> None:
    await cdp.page.goto(f"{site.url}/nothing.html")
    await cdp.page.set_content("<!doctype html><title>Random</title><body>")
    await cdp.page.evaluate(f"({MUTATIONS})({seed}); build(); {AT_REST}")
    main = (await _frames(cdp))[0]
    kept, fresh = await World.enter(cdp, main, "kept"), await World.enter(cdp, main, "fresh")
    await kept.js(f"for (let i = 0; i < {seed % 5}; i++) autoglm.goOn(-1)")
    said: list[list[str]] = []
    for batch in range(BATCHES):
        assert await kept.look() == await fresh.look(), f"seed {seed}, batch {batch}: {said[-3:]}"
        count = 1 + (seed + batch) % 12
        for some in (count // 2, count - count // 2):
            said.append(await cdp.page.evaluate(f"mutate({some})"))
            await cdp.page.evaluate(AT_REST)
            # As in the page's idle time: a bit of what the next look would do, in the smallest slices there are.
            await kept.js(f"for (let i = 0; i < {(batch + some) % 4}; i++) autoglm.goOn(-1)")
        await fresh.renew()


@pytest.mark.parametrize("seed", range(PAGES))
async def test_who_listens_may_be_told_in_the_middle_of_the_first_walk(cdp: PageCdp, site: Site, seed: int) -> None:
    await cdp.page.goto(f"{site.url}/nothing.html")
    await cdp.page.set_content("<!doctype html><title>Random</title><body>")
    await cdp.page.evaluate(f"({MUTATIONS})({seed}); build()")
    await cdp.page.evaluate(f"""() => {{
      for (const [i, el] of [...document.querySelectorAll('body *')].entries())
        if (i % 5 === {seed} % 5) el.addEventListener('click', () => {{}});
    }}""")
    await cdp.page.evaluate(AT_REST)
    main = (await _frames(cdp))[0]
    before, after = await World.enter(cdp, main, "kept"), await World.enter(cdp, main, "fresh")
    await before.hear()
    await after.js(f"for (let i = 0; i < {seed}; i++) autoglm.goOn(-1)")
    await after.hear()
    assert await after.look() == await before.look()


@pytest.mark.parametrize("seed", range(PAGES))
async def test_what_was_said_before_anybody_looked_is_brought_up_to_date(cdp: PageCdp, site: Site, seed: int) -> None:
    await cdp.page.goto(f"{site.url}/nothing.html")
    await cdp.page.set_content("<!doctype html><title>Random</title><body>")
    await cdp.page.evaluate(f"({MUTATIONS})({seed}); build()")
    main = (await _frames(cdp))[0]
    kept, fresh = await World.enter(cdp, main, "kept"), await World.enter(cdp, main, "fresh")
    await kept.ahead()
    await cdp.page.evaluate(f"mutate({seed % 5}); {AT_REST}")
    assert await kept.look() == await fresh.look()


async def test_a_look_at_a_page_that_was_said_before_tells_what_changed_since(cdp: PageCdp, site: Site) -> None:
    await cdp.page.goto(f"{site.url}/nothing.html")
    await cdp.page.set_content("<button>One</button>" * 50 + "<p id=text>Two</p>")
    main = (await _frames(cdp))[0]
    kept = await World.enter(cdp, main, "kept")
    await kept.ahead()
    assert len(kept.seen.items) == 51
    await cdp.page.evaluate("text.textContent = 'Three'")
    await kept.look()
    assert not kept.whole and [item.text for item in kept.seen.items if isinstance(item, Text)] == ["Three"]
    assert "said" not in await kept.js("autoglm.ahead(0, 1000)")


async def test_what_is_left_out_of_drawing_is_not_laid_out_to_be_looked_at(cdp: PageCdp, site: Site) -> None:
    await cdp.page.goto(f"{site.url}/nothing.html")
    skipped = "<div id=skipped style='content-visibility: hidden'>Here <button>is</button> nothing</div>"
    await cdp.page.set_content(f"<button>Real</button>{skipped}")
    main = (await _frames(cdp))[0]
    kept = await World.enter(cdp, main, "kept")
    await cdp.send("Performance.enable")
    await cdp.page.evaluate(AT_REST)
    before = await _layouts(cdp)
    await kept.look()
    assert [item.name for item in kept.seen.items if isinstance(item, Element)] == ["Real"]
    assert await _layouts(cdp) == before
    await cdp.page.evaluate("skipped.style.contentVisibility = 'visible'")
    await kept.look()
    assert [item.name for item in kept.seen.items if isinstance(item, Element)] == ["Real", "is"]


async def _layouts(cdp: PageCdp) -> float:
    metrics = (await cdp.send("Performance.getMetrics"))["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "LayoutCount")
