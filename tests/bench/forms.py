"""Form pages with seeds never trained on: is exactly the right data sent?

    python -m tests.bench.forms [--count 100] [--first SEED] [--json]

Pages and sentences come from the training generator's held-out seeds (3 to 12 fields, distractors, two languages),
written as HTML and opened in a real Chromium. Right means: the right button was pressed, every control then held what
was asked or what it held before, and the run ended as finished.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training import forms
from training.examples import HELD_OUT
from training.html import to_html
from training.world import Node

from autoglm.browser.driver import CdpBrowser
from autoglm.dialects.ref import unparse
from autoglm.errors import AutoGLMError
from autoglm.seams import Cdp, Model
from autoglm.types import Click, Goto, Limits, Select, Type
from tests.bench.harness import browser_tab, evaluate, model_at, site, steps_of, wilson

# Marks every control in the order of the page, lets drawn switches switch, and keeps what a button sent.
SCRIPT = """<script>
const kinds = 'input:not([type=button]):not([type=submit]), select, textarea, [role=switch]:not(input)'
const controls = [...document.querySelectorAll(kinds)]
const read = (c) => c.matches('[role=switch]:not(input)') ? c.getAttribute('aria-checked') === 'true'
  : c.type === 'checkbox' || c.type === 'radio' ? c.checked
  : c.tagName === 'SELECT' ? [...c.selectedOptions].map((o) => o.label).join(', ') : c.value
const exact = (c) => c.tagName === 'SELECT' ? [...c.selectedOptions].map((o) => o.label) : read(c)
for (const c of controls) if (c.matches('[role=switch]:not(input)'))
  c.addEventListener('click', () => c.setAttribute('aria-checked', String(c.getAttribute('aria-checked') !== 'true')))
window.sent = []
for (const b of document.querySelectorAll('button, [role=button], input[type=button], input[type=submit]'))
  b.addEventListener('click', () => {
    window.sent.push({ button: b.value || b.textContent, values: controls.map(exact) })
    THANKS
  })
</script>"""
THANKS = """const said = document.createElement('div')
    said.setAttribute('role', 'status'); said.textContent = 'Thank you!'; b.after(said)"""


Value = str | bool | tuple[str, ...]
"""What a control holds; of a list what was chosen in it, in any order."""


@dataclass(frozen=True)
class Page:
    seed: int
    task: str
    html: str
    button: str
    values: list[Value]


def held_out(count: int, first: int) -> Iterator[Page]:
    """Forms of three to twelve fields whose controls plain HTML can carry, and whose task is to fill and send them."""
    seed = first
    while count:
        rng = random.Random(f"form {HELD_OUT + seed}")
        episode = forms.form(rng)
        seed += 1
        controls = [n for n in episode.world.nodes if {"Type", "Select", "Check"} & set(n.takes or ())]
        fields = len({n.group or id(n) for n in controls})
        if not all(map(plain, episode.world.nodes)) or not 3 <= fields <= 12:
            continue
        html = to_html(random.Random(seed), episode.world.title, episode.world.nodes)
        button, values = expected(episode.expert, episode.world, controls)
        if button is None:
            continue
        count -= 1
        script = SCRIPT.replace("THANKS", THANKS if seed % 2 else "")
        yield Page(seed - 1, episode.task, html.replace("</body>", script + "</body>"), button, values)


def plain(node: Node) -> bool:
    """Whether HTML without scripts of its own can carry it."""
    drawn = node.role == "combobox" and node.takes != ("Select",)
    return node.style != "live" and node.role != "option" and not drawn


def expected(expert: Iterator[Any], world: Any, controls: list[Node]) -> tuple[str | None, list[Value]]:
    """The button that sends, and what every control holds then: a password itself, of which the world has the dots."""
    given: dict[int, Value] = {}
    world.observation()
    for action in expert:
        match action:
            case Click(ref) if (node := world.node(ref)).role == "button":
                return node.name, [given.get(id(n), value_of(n)) for n in controls]
            case Type(ref, text) if (node := world.node(ref)).type == "password":
                given[id(node)] = text
            case Select(ref, options):
                given[id(world.node(ref))] = tuple(options)
            case _:
                pass
        world.apply(action)
        world.observation()
    return None, []


def value_of(node: Node) -> str | bool:
    return "on" in node.states if "Check" in (node.takes or ()) else node.value or ""


def same(page: Page, sent: list[dict[str, Any]]) -> str:
    """Empty when what was sent first is right, else what is wrong."""
    if not sent:
        return "nothing was sent"
    if sent[0]["button"] != page.button:
        return f"pressed {sent[0]['button']!r}, not {page.button!r}"
    pairs = enumerate(zip(sent[0]["values"], page.values, strict=True))
    return "; ".join(f"#{i}: {got!r}, not {want!r}" for i, (got, want) in pairs if not equal(got, want))


def equal(got: str | bool | list[str], want: Value) -> bool:
    if isinstance(got, list):
        return sorted(got) == sorted(want) if isinstance(want, tuple) else ", ".join(got) == want
    return got == want


async def fill(base: str, page: Page, browser: CdpBrowser, tab: Cdp, model: Model) -> dict[str, Any]:
    await browser.act(Goto(f"{base}/{page.seed}.html"))
    taken: list[str] = []
    ends = None
    try:
        async for step in steps_of(page.task, browser, model, Limits(steps=40, seconds=120)):
            taken.append((unparse(step.action) if step.action else "?") + (f"  ! {step.error}" if step.error else ""))
            ends = step.ends
    except AutoGLMError as error:
        taken.append(f"! {error}")
    wrong = same(page, await evaluate(tab, "window.sent"))
    if not wrong and ends != "finished":
        wrong = f"the run ended as {ends}"
    return {"seed": page.seed, "right": not wrong, "wrong": wrong, "task": page.task, "steps": taken}


async def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    pages = list(held_out(arguments.count, arguments.first))
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as base:
        for page in pages:
            (Path(folder) / f"{page.seed}.html").write_text(page.html, encoding="utf-8")
        async with model_at(arguments.base_url, arguments.model) as model, browser_tab() as (browser, tab):
            for page in pages:
                results.append(await fill(base, page, browser, tab, model))
                if arguments.json:
                    print(json.dumps(results[-1], ensure_ascii=False), flush=True)
                print(f"\r{sum(r['right'] for r in results)} of {len(results)}", end="", file=sys.stderr, flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first held-out seed")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--base-url")
    parser.add_argument("--json", action="store_true", help="one object a page on stdout")
    results = asyncio.run(measure(parser.parse_args()))
    right = sum(r["right"] for r in results)
    low, high = wilson(right, len(results))
    print(f"\n{right} of {len(results)} pages exactly right (95 % interval {low:.1%} to {high:.1%})", file=sys.stderr)


if __name__ == "__main__":
    main()
