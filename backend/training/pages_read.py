"""Pages written as HTML and read by the real page script in a real Chromium, so that training sees what use will see.

    python -m training.pages_read --out pages.jsonl.gz --count 20000

Kept of each page: family, seed and the items that were read; the episode is played again from the seed.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autoglm.types import Element, Observation, ScrollPosition, Text
from training import forms, letters, pages, prose
from training.episode import Episode, play
from training.examples import HELD_OUT, Pair, pair, stream
from training.families import BY_NAME, FAMILIES, Family
from training.html import to_html
from training.world import World

READABLE: tuple[Family, ...] = (
    *(forms.form, forms.same_text, forms.copy_from_page, forms.focus, forms.impossible, forms.wizard),
    *(pages.clicks, pages.ordinal, pages.icons, pages.records, pages.several_records, pages.read, pages.post_menu, pages.inbox, pages.search),
    *(prose.natural, prose.in_order, letters.letter, letters.described, letters.numbered),
)  # fmt: skip


def episode_of(family: Family, seed: int) -> tuple[random.Random, Episode]:
    rng = random.Random(f"{family.__name__} {seed}")
    return rng, family(rng)


def adopt(world: World, items: list[Element | Text], scroll: ScrollPosition) -> bool:
    """The page as it was read takes the place of the make-believe one. False when they do not have the same controls."""
    if any(n.style == "live" or "covered" in n.states for n in world.nodes):
        return False
    runs: list[tuple[Element | Text, ...]] = []
    run: list[Element | Text] = []
    for item in items:
        run.append(item)
        if isinstance(item, Element):
            runs.append(tuple(run))
            run = []
    controls = [n for n in world.nodes if n.takes is not None]
    if len(controls) != len(runs):
        return False
    for node, read in zip(controls, runs, strict=True):
        real = read[-1]
        assert isinstance(real, Element)
        if set(real.takes) != set(node.takes or ()) and "disabled" not in real.states:
            return False
    if not world.adopt(runs, tuple(run)):
        return False
    for node, read in zip(controls, runs, strict=True):
        real = read[-1]
        assert isinstance(real, Element)
        node.states = [s for s in real.states if s != "focused"]
        if real.value is not None and real.type != "password":
            node.value = real.value
    world.scroll = scroll
    return True


# ---------------------------------------------------------------- reading


async def read_pages(out: Path, count: int, first: int) -> None:
    from autoglm.browser.driver import CdpBrowser
    from autoglm.browser.find import find_browser
    from autoglm.browser.playwright_pipe import launch

    weights = [FAMILIES[f] for f in READABLE]
    rng = random.Random(first)
    kept = 0
    async with launch(find_browser(), headless=True) as pipe:
        tabs = await pipe.tabs()
        tab = await tabs.open()
        browser = CdpBrowser(tabs, tab)
        with gzip.open(out, "at", encoding="utf-8") as file:
            for number in range(first, first + count):
                family = rng.choices(READABLE, weights)[0]
                _, episode = episode_of(family, number)
                world = episode.world
                await tab.page.set_content(to_html(random.Random(number), world.title, world.nodes))
                seen = await browser.observe()
                if adopt(world, list(seen.items), seen.scroll):
                    kept += 1
                    file.write(json.dumps([family.__name__, number, *pack(seen)], ensure_ascii=False) + "\n")
                if number % 500 == 499:
                    print(f"{number + 1 - first} of {count} read, {kept} kept", file=sys.stderr, flush=True)


def pack(seen: Observation) -> tuple[list[Any], list[float]]:
    items = [
        [i.role, i.text, i.in_view]
        if isinstance(i, Text)
        else [i.role, i.name, i.in_view, i.value, i.states, i.options, i.takes, i.multiple, i.type, i.hint]
        for i in seen.items
    ]
    return items, [seen.scroll.y, seen.scroll.height]


def unpack(items: list[Any]) -> list[Element | Text]:
    return [
        Text(i[0], i[1], i[2])
        if len(i) == 3
        else Element(0, i[0], i[1], i[3], tuple(i[4]), tuple(i[5]), tuple(i[6]), i[7], i[8], i[9], in_view=i[2])
        for i in items
    ]


def read_stream(seed: int, file: Path, share: float) -> Iterator[Pair]:
    """Endless: `share` of the examples from pages that were read, the others make-believe."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        pages_read: list[str] = list(lines)
    rng = random.Random(seed)
    others = stream(seed)
    while True:
        if rng.random() >= share:
            yield next(others)
            continue
        yield from _pairs(rng, json.loads(rng.choice(pages_read)))


def _pairs(rng: random.Random, line: list[Any]) -> Iterator[Pair]:
    name, number, items, (y, height) = line
    if number >= HELD_OUT:
        return
    own, episode = episode_of(BY_NAME[name], number)
    if not adopt(episode.world, unpack(items), ScrollPosition(0, y, 1280, height)):
        return
    del own
    examples = play(random.Random(rng.random()), episode)
    for example in rng.sample(examples, min(2, len(examples))):
        yield pair(name, example)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first page")
    given = parser.parse_args()
    asyncio.run(read_pages(given.out, given.count, given.first))
