"""What one step of the loop costs with the model left out, beside plain Playwright doing the same in the same run.

    python -m tests.bench.step [--rounds 7] [--browser-use] [--profile] [--json]

Ours: the real loop with a scripted model fills ten fields of one page, recording to a real store on disk; the step that
finishes acts on nothing and is not counted. Theirs: `locator.fill` and a walk of the page for each field, no more.
Rounds alternate; the goal is a ratio of 2. `--browser-use` runs that agent with the same script, its last step counted;
BROWSER_USE_PYTHON names an interpreter that has it.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import io
import json
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from autoglm.agent import run
from autoglm.browser.driver import CdpBrowser
from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import PlaywrightPipe, launch
from autoglm.dialects.ref import RefDialect
from autoglm.human import Nobody
from autoglm.models.scripted import ScriptedModel
from autoglm.policy import BasicPolicy
from autoglm.seams import Store
from autoglm.store import SqliteStore
from autoglm.types import Action, Finish, Goto, Limits, Run, Step, Type
from tests.bench.harness import Forget, site

GOAL = 2.0
FIELDS = {
    "given": ("Given name", "Ada"), "family": ("Family name", "Lovelace"), "mail": ("E-mail", "ada@example.org"),
    "phone": ("Phone", "+44 20 7946 0123"), "street": ("Street", "12 St James's Square"), "city": ("City", "London"),
    "post": ("Postcode", "SW1Y 4JH"), "org": ("Organisation", "Analytical Engines"), "role": ("Role", "Programmer"),
    "topic": ("Topic", "Bernoulli numbers"),
}  # fmt: skip
WALKER = """() => {
  const lines = [];
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) {
        const text = child.data.trim();
        if (text) lines.push(text);
      } else if (child.nodeType === 1 && child.checkVisibility()) {
        const box = child.getBoundingClientRect();
        if (child.matches('a[href], button, input, select, textarea, [role], [tabindex]')) {
          const name = child.getAttribute('aria-label') || child.labels?.[0]?.textContent || child.textContent.trim();
          const at = `${Math.round(box.x)},${Math.round(box.y)}`;
          lines.push(`[${lines.length}] ${child.localName} ${name} = ${child.value ?? ''} ${at}`);
        }
        walk(child);
      }
    }
  };
  walk(document.body);
  return lines.join('\\n');
}"""
HELD = "() => Object.fromEntries([...document.querySelectorAll('form [name]')].map(e => [e.name, e.value]))"


def page_html() -> str:
    """Some eighty elements of which some twenty can be used: the size of an ordinary contact form."""
    links = "".join(f"<li><a href='#{n}'>Section {n}</a></li>" for n in range(8))
    labels = {key: label for key, (label, _) in FIELDS.items()}
    fields = "".join(f"<p><label for={k}>{label}</label> <input id={k} name={k}></p>" for k, label in labels.items())
    facts = "".join(f"<li><b>Fact {n}</b> <span>said in a few words of its own</span></li>" for n in range(8))
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Ten fields</title><link rel=icon href='data:,'>"
        f"</head><body><nav><ul>{links}</ul></nav><main><h1>Ten fields</h1><ul>{facts}</ul><form>{fields}"
        "<p><label><input type=checkbox name=agree> I agree</label></p><button type=button>Send</button></form></main>"
        "<footer><a href='#imprint'>Imprint</a></footer></body></html>"
    )


@contextmanager
def stage() -> Generator[tuple[str, SqliteStore]]:
    """The page's address, and a store on disk."""
    with tempfile.TemporaryDirectory() as name, site(Path(name)) as base, SqliteStore(Path(name, "data")) as store:
        Path(name, "ten.html").write_text(page_html(), encoding="utf-8")
        yield f"{base}/ten.html", store


# ---------------------------------------------------------------- ours


async def ours(pipe: PlaywrightPipe, url: str, store: Store, *, screenshots: bool) -> dict[str, float]:
    """Seconds a step that fills a field, in all and by part. `render` is what goes before the model's answer."""
    tabs = await pipe.tabs()
    tab = await tabs.open()
    browser = CdpBrowser(tabs, tab, screenshots=screenshots)
    await browser.act(Goto(url))
    page = await browser.observe()
    refs = {element.name: element.ref for element in page.elements}
    actions: list[Action] = [Type(refs[label], value) for label, value in FIELDS.values()]
    begun = Run(f"bench{time.time_ns()}", "Fill in the ten fields.", "scripted", started=time.time())
    store.start(begun)
    stream = run(
        begun, browser, ScriptedModel([*actions, Finish("Filled in.")]),
        dialect=RefDialect(), policy=BasicPolicy(), human=Nobody(), store=store, limits=Limits(),
    )  # fmt: skip
    steps: list[Step] = []
    wall = 0.0
    began = time.perf_counter()
    async for step in stream:
        if isinstance(step.action, Finish):
            assert step.ends == "finished", step
        else:
            steps.append(step)
            wall = time.perf_counter() - began
    store.end(begun)
    assert len(steps) == len(FIELDS), steps
    held: dict[str, str] = await tab.page.evaluate(HELD)
    assert all(held[key] == value for key, (_, value) in FIELDS.items()), held
    await browser.close()
    parts = {
        "observe": sum(s.seconds.observe for s in steps) / len(steps),
        "render": sum(s.seconds.model for s in steps) / len(steps),
        "act": sum(s.seconds.act for s in steps) / len(steps),
    }
    whole = wall / len(steps)
    return {"step": whole, **parts, "record": whole - sum(parts.values())}


# ---------------------------------------------------------------- theirs


async def plain(pipe: PlaywrightPipe, url: str, *, screenshots: bool = False) -> float:
    """Seconds a field: fill it, walk the page."""
    tabs = await pipe.tabs()
    tab = await tabs.open()
    page = tab.page
    await page.goto(url)
    began = time.perf_counter()
    for key, (_, value) in FIELDS.items():
        await page.locator(f"#{key}").fill(value)
        await page.evaluate(WALKER)
        if screenshots:
            await page.screenshot(type="jpeg", quality=70)
    took = time.perf_counter() - began
    held: dict[str, str] = await page.evaluate(HELD)
    assert all(held[key] == value for key, (_, value) in FIELDS.items()), held
    await tab.close()
    return took / len(FIELDS)


async def browser_use(python: str, url: str) -> float:
    """Seconds a step of browser-use, its model left out."""
    script = Path(__file__).with_name("step_browser_use.py")
    values = json.dumps({key: value for key, (_, value) in FIELDS.items()})
    process = await asyncio.create_subprocess_exec(
        python, str(script), url, values, str(find_browser().path), stdout=-1, stderr=-1
    )
    out, err = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"browser-use failed ({process.returncode}): {err.decode(errors='replace')[-1500:]}")
    done = json.loads(out.decode().splitlines()[-1])
    assert done["held"] == json.loads(values), done["held"]
    return done["seconds"] / done["steps"]


# ---------------------------------------------------------------- all rounds


async def measure(arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds by what was measured, one a round."""
    times: dict[str, list[float]] = {}

    def note(name: str, seconds: float) -> None:
        times.setdefault(name, []).append(seconds)

    python = os.environ.get("BROWSER_USE_PYTHON", sys.executable)
    with stage() as (url, store):
        async with launch(find_browser(), headless=True) as pipe:
            await ours(pipe, url, Forget(), screenshots=False)  # warm: what is loaded and compiled once
            await plain(pipe, url)
            for round_ in range(arguments.rounds):
                for name, seconds in (await ours(pipe, url, store, screenshots=False)).items():
                    note(name, seconds)
                note("playwright", await plain(pipe, url))
                note("step, store that forgets", (await ours(pipe, url, Forget(), screenshots=False))["step"])
                note("step with screenshot", (await ours(pipe, url, store, screenshots=True))["step"])
                note("playwright with screenshot", await plain(pipe, url, screenshots=True))
                if arguments.browser_use:
                    note("browser-use", await browser_use(python, url))
                print(f"round {round_ + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
    return times


async def profiled() -> str:
    """Where the loop's own processor time goes, by function."""
    with stage() as (url, store):
        async with launch(find_browser(), headless=True) as pipe:
            await ours(pipe, url, store, screenshots=False)
            with cProfile.Profile() as profile:
                for _ in range(5):
                    await ours(pipe, url, store, screenshots=False)
    said = io.StringIO()
    pstats.Stats(profile, stream=said).sort_stats("cumulative").print_stats(35)
    return said.getvalue()


def report(times: dict[str, list[float]]) -> str:
    base = times["playwright"]
    lines = [f"{'':28}{'ms a step':>10}{'min':>8}{'max':>8}{'ratio':>8}"]
    lines += [row(name, seconds, base) for name, seconds in times.items()]
    found = ratio(times["step"], base)
    verdict = "met" if found <= GOAL else "MISSED"
    lines.append(f"\nstep / playwright fill + walk: {found:.2f} (goal {GOAL:g}: {verdict})")
    shots = ratio(times["step with screenshot"], times["playwright with screenshot"])
    lines.append(f"the same, both with a JPEG of the viewport: {shots:.2f}")
    return "\n".join(lines)


def row(name: str, seconds: Sequence[float], base: Sequence[float]) -> str:
    numbers = f"{1000 * median(seconds):10.1f}{1000 * min(seconds):8.1f}{1000 * max(seconds):8.1f}"
    return f"{name:28}{numbers}{ratio(seconds, base):8.2f}"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the rounds' ratios: what slows the machine down for a while slows both."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--browser-use", action="store_true")
    parser.add_argument("--profile", action="store_true", help="in place of measuring")
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    arguments = parser.parse_args()
    if arguments.profile:
        print(asyncio.run(profiled()))
        return
    times = asyncio.run(measure(arguments))
    print(report(times), file=sys.stderr)
    if arguments.json:
        result: dict[str, Any] = {"goal": GOAL, "ratio": ratio(times["step"], times["playwright"]), "seconds": times}
        print(json.dumps(result))


if __name__ == "__main__":
    main()
