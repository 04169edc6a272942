"""Recorded runs, replayed and exported: does it pass, is what is broken seen, is what was renamed found, how long.

    python -m tests.bench.replay [--seeds 0:3] [--forms 12] [--broken 3] [--harmless 2] [--heal] [--export] [--kept F]

Runs are recorded by scripts in the model's place, through the agent's own hands and eyes. Mutants are those that an
export is proved on (autoglm/export/mutants.py), each replayed in a fresh profile; with `--heal` one element of each run
is renamed, and the model that ships is asked. A replay is timed against a Playwright script of the same actions with
the same locators, in turns. All of it takes an hour; with `--kept` it can be done in pieces: what was measured of a run
is a line in the file, and a run that has one is not done again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Error, Page, Route

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_find import Scope, find
from autoglm.browser.playwright_pipe import PlaywrightPipe, launch
from autoglm.browser.playwright_stage import stage
from autoglm.changes import outcomes, was_done
from autoglm.conditions import TextShown, pieces
from autoglm.errors import AutoGLMError
from autoglm.export.mutants import Mutant, mutants
from autoglm.export.prove import prove, rehearse
from autoglm.export.scenes import story
from autoglm.export.secret import secrets_of
from autoglm.export.source import test_module
from autoglm.export.write import write
from autoglm.heal import ModelHeals
from autoglm.replay import Done, Heal, Healed, Played, play
from autoglm.seams import Model
from autoglm.types import Check, Click, Dialog, Goto, Press, Run, Select, Step, Target, Type
from tests.bench.harness import model_at, seeds
from tests.bench.replay_pages import Script, form_pages, miniwob_scripts, seeded, shop, shop_scripts, site_scripts
from tests.replay.recording import record
from tests.site.server import serve

FIND_S = 1.5
MUTATE = files("autoglm.export").joinpath("mutants.js").read_text(encoding="utf-8").rstrip().rstrip(";")
# What a version of the page by other hands may do to one element: another name, no ids, another place.
RENAME = """(paths) => {
  const change = () => {
    for (const path of paths) for (const el of document.querySelectorAll(path)) {
      if (el.dataset.renamed) continue;
      const texts = [el, ...(el.labels ?? [])].flatMap((each) =>
        [...each.childNodes].filter((node) => node.nodeType === 3 && node.data.trim()));
      for (const text of texts) text.data = `${text.data.trim()} here`;
      for (const key of ['aria-label', 'placeholder', 'title', 'alt'])
        if (el.getAttribute(key)) el.setAttribute(key, `${el.getAttribute(key)} here`);
      if (/^(submit|button)$/.test(el.type) && el.value && el.localName === 'input') el.value += ' here';
      el.dataset.renamed = 'yes';
    }
  };
  new MutationObserver(change).observe(document, { childList: true, subtree: true });
  addEventListener('DOMContentLoaded', change);
}"""


@dataclass(slots=True)
class Score:
    right: Counter[str] = field(default_factory=Counter[str])
    of: Counter[str] = field(default_factory=Counter[str])
    ratios: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])

    def count(self, what: str, right: bool, about: str) -> None:
        self.of[what] += 1
        self.right[what] += right
        if not right:
            self.wrong.append(f"{what}: {about}")

    def add(self, other: Score) -> None:
        self.right += other.right
        self.of += other.of
        self.ratios += other.ratios
        self.wrong += other.wrong


@asynccontextmanager
async def fresh(pipe: PlaywrightPipe, downloads: Path) -> AsyncGenerator[tuple[CdpBrowser, Page]]:
    tabs = await pipe.tabs(downloads=downloads)
    first = await tabs.open()
    browser = CdpBrowser(tabs, first)
    try:
        yield browser, first.page
    finally:
        await browser.close()


async def recorded(pipe: PlaywrightPipe, script: Script, downloads: Path) -> list[Step]:
    async with fresh(pipe, downloads) as (browser, _):
        moves = script.moves
        if callable(moves):
            await browser.act(Goto(script.url))
            moves = moves(await browser.observe())
        return await record(browser, script.url, moves)


async def replayed(
    pipe: PlaywrightPipe,
    steps: Sequence[Step],
    downloads: Path,
    mutant: Mutant | None = None,
    *,
    rename: Target | None = None,
    heal: Heal | None = None,
    patience_s: float = FIND_S,
) -> tuple[list[Played], float, bool]:
    """The results, the seconds, and whether the page could be changed."""
    applied: list[bool] = []
    async with fresh(pipe, downloads) as (browser, page):
        if mutant:
            tell = cast("Any", page).expose_function  # its own types are bare
            await tell("autoglmMutated", lambda: applied.append(True))
            await page.add_init_script(f"({MUTATE})({json.dumps(mutant.json())})")
            await served_otherwise(page, mutant, applied)
        if rename:
            paths = [way.value for way in rename.locators if way.kind == "path"]
            await page.add_init_script(f"({RENAME})({json.dumps(paths)})")
        began = time.perf_counter()
        async with (
            stage(browser, find_s=patience_s) as on,
            aclosing(play(steps, on, heal=heal, hold_s=patience_s)) as results,
        ):
            played = [result async for result in results]
        return played, time.perf_counter() - began, bool(applied)


async def served_otherwise(page: Page, mutant: Mutant, applied: list[bool]) -> None:
    async def fails(route: Route) -> None:
        if route.request.method == "GET":
            await route.continue_()
        else:
            applied.append(True)
            await route.fulfill(status=500, body="{}")

    async def slow(route: Route) -> None:
        applied.append(True)
        await asyncio.sleep(0.2)
        await route.continue_()

    if mutant.kind in ("fails", "slow"):
        await page.context.route("**/*", fails if mutant.kind == "fails" else slow)


async def by_hand(pipe: PlaywrightPipe, steps: Sequence[Step], downloads: Path) -> float | None:
    """Seconds of a Playwright script with the same actions and locators, that ends with the text the run ended with;
    None where a script would be written otherwise."""
    done = [step for step in steps if was_done(step)]
    if any(isinstance(step.action, Dialog | Press) or not step.targets for step in done):
        return None
    texts = [each for led in outcomes(steps)[-3:] for each in led if isinstance(each, TextShown)]
    async with fresh(pipe, downloads) as (_, page):
        began = time.perf_counter()
        await page.goto(steps[0].observation.url)
        for step in done:
            target = step.targets[0]
            scope: Scope = page
            for outer in target.frames:
                scope = find(scope, outer.locators[0]).content_frame
            way = target.locators[0]
            element = find(scope, way).nth(way.nth) if way.matches != 1 else find(scope, way)
            match step.action:
                case Click():
                    await element.click()
                case Type(_, text):
                    await element.fill(text)
                case Select(_, options):
                    await element.select_option(label=list(options))
                case Check(_, on):
                    await element.set_checked(on)
                case _:
                    return None
        for text in texts[:1]:
            await page.get_by_text(pieces(text.text)[0]).first.wait_for()
        return time.perf_counter() - began


def passed(played: Sequence[Played], steps: Sequence[Step]) -> bool:
    return len(played) == sum(map(was_done, steps)) and all(isinstance(each, Done | Healed) for each in played)


async def judge(
    pipe: PlaywrightPipe, script: Script, score: Score, downloads: Path, heal: Heal | None, args: argparse.Namespace
) -> None:
    try:
        steps = await recorded(pipe, script, downloads)
    except (AutoGLMError, AssertionError, StopIteration, IndexError) as error:
        score.count("is recorded", right=False, about=f"{script.name}: {error}")
        return
    score.count("is recorded", any(map(was_done, steps)), f"{script.name}: nothing was done")
    played, seconds, _ = await replayed(pipe, steps, downloads)
    score.count("replay passes", passed(played, steps), f"{script.name}: {played[-1] if played else ''!r:.300}")
    if not passed(played, steps):
        return
    await compare(pipe, steps, score, downloads, seconds)
    run = Run("bench", script.name, "script", outcome="finished")
    made = mutants(story(run, steps))
    for each in [*_some(made, args.broken, harmless=False), *_some(made, args.harmless, harmless=True)]:
        results, _, applied = await replayed(pipe, steps, downloads, each)
        if applied:
            green = passed(results, steps)
            what = "harmless stays green" if each.harmless else "broken is seen"
            score.count(what, green == each.harmless, f"{script.name}: {each.kind}: {each.about}")
    if heal:
        await heals(pipe, script, steps, score, downloads, heal)
    if args.export:
        await asyncio.to_thread(exports, run, steps, score)


async def compare(pipe: PlaywrightPipe, steps: Sequence[Step], score: Score, downloads: Path, seconds: float) -> None:
    """The least of two of each, in turns."""
    try:
        hand = await by_hand(pipe, steps, downloads)
        _, again, _ = await replayed(pipe, steps, downloads)
        second = await by_hand(pipe, steps, downloads)
    except Error:
        return  # it would have to be written otherwise
    if hand is None:
        return
    score.ratios.append(min(seconds, again) / min(hand, second or hand))


async def heals(
    pipe: PlaywrightPipe, script: Script, steps: Sequence[Step], score: Score, downloads: Path, heal: Heal
) -> None:
    """One element under another name, with no id to know it by: the last that was acted on."""
    last = [step for step in steps if was_done(step) and step.targets and step.targets[0].name]
    if not last:
        return
    step = last[-1]
    bare = replace(
        step,
        targets=tuple(
            replace(target, locators=tuple(way for way in target.locators if way.kind in KNOWN_BY_NAME))
            for target in step.targets
        ),
    )
    known = [bare if each is step else each for each in steps]
    played, _, _ = await replayed(pipe, known, downloads, rename=step.targets[0], heal=heal)
    if any(isinstance(each, Healed) for each in played) or not passed(played, steps):
        score.count("renamed is found", passed(played, steps), f"{script.name}: {played[-1]!r:.400}")
    if not any(isinstance(each, Healed) for each in played):
        return
    # The same on a page that does nothing: what was found must not be taken for right.
    dead = Mutant("dead", "it does nothing", step.targets[:1])
    results, _, applied = await replayed(pipe, known, downloads, dead, rename=step.targets[0], heal=heal)
    if applied:
        score.count("dead is not healed", not passed(results, steps), script.name)


KNOWN_BY_NAME = ("role", "label", "text", "placeholder", "title", "alt")


def exports(run: Run, steps: Sequence[Step], score: Score) -> None:
    told = story(run, steps)
    try:
        script = write(run, steps, told, "test_it")
        secrets = {name: text for text, name in secrets_of(steps).items()}
        source = test_module(script, rehearse(script, secrets))
        proof = prove(source, script, secrets, mutants(told), progress=lambda _: None)
    except AutoGLMError as error:
        score.count("export passes", right=False, about=f"{run.task}: {error!s:.300}")
        return
    score.count(
        "export passes", proof.holds, f"{run.task}: {len(proof.broken)} broken pages, {len(proof.harmless)} not"
    )
    for fate in proof.broken:
        score.count("export sees broken", fate.right, f"{run.task}: {fate.mutant}")
    for fate in proof.harmless:
        score.count("export stays green", fate.right, f"{run.task}: {fate.mutant}")


def _some(made: Sequence[Mutant], count: int, *, harmless: bool) -> list[Mutant]:
    """Spread over the kinds."""
    fit = [each for each in made if each.harmless == harmless]
    kinds = list(dict.fromkeys(each.kind for each in fit))
    ordered = sorted(
        fit, key=lambda each: ([m.kind for m in fit].index(each.kind) != fit.index(each), kinds.index(each.kind))
    )
    return ordered[:count]


WANTED = {
    "is recorded": 0.98,
    "replay passes": 0.98,
    "broken is seen": 0.95,
    "harmless stays green": 0.95,
    "renamed is found": 0.90,
    "dead is not healed": 1.0,
    "export passes": 0.98,
    "export sees broken": 0.95,
    "export stays green": 0.95,
}


async def measure(args: argparse.Namespace) -> Score:
    begun, known = time.monotonic(), kept_of(args.kept)
    pages, scripts_of = form_pages(args.forms)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as books,
        serve() as site,
        seeded(pages) as base,
        shop(Path(books)) as admin,
    ):
        scripts = [*site_scripts(site.url), *shop_scripts(admin)]
        scripts += [*miniwob_scripts(base, seeds(args.seeds)), *scripts_of(base)]
        scripts = [each for each in scripts if args.only in each.name]
        async with AsyncExitStack() as opened:
            pipe = await opened.enter_async_context(launch())
            heal = ModelHeals(_reach(opened)) if args.heal else None
            for i, script in enumerate(scripts, 1):
                if script.name in known:
                    continue
                if time.monotonic() - begun > args.minutes * 60:
                    break
                print(f"{i:3} of {len(scripts)}  {script.name}", file=sys.stderr, flush=True)
                known[script.name] = score = Score()
                await judge(pipe, script, score, Path(folder), heal, args)
                keep(args.kept, script.name, score)
    whole = Score()
    for each in known.values():
        whole.add(each)
    return whole


def kept_of(file: Path | None) -> dict[str, Score]:
    """By run what was measured of it before."""
    found: dict[str, Score] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file and file.exists() else ():
        told = json.loads(line)
        found[told["run"]] = Score(Counter(told["right"]), Counter(told["of"]), told["ratios"], told["wrong"])
    return found


def keep(file: Path | None, run: str, score: Score) -> None:
    told = {"run": run, "right": score.right, "of": score.of, "ratios": score.ratios, "wrong": score.wrong}
    if file:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(told) + "\n")


def _reach(opened: AsyncExitStack) -> Any:
    reached: list[Model] = []

    async def reach() -> Model:
        if not reached:
            reached.append(await opened.enter_async_context(model_at(None)))
        return reached[0]

    return reach


def table(score: Score) -> str:
    lines = [f"{'':24}{'right':>6}{'of':>6}{'share':>9}{'wanted':>9}"]
    for what, wanted in WANTED.items():
        if of := score.of[what]:
            lines.append(f"{what:24}{score.right[what]:6}{of:6}{score.right[what] / of:9.1%}{wanted:9.0%}")
    if score.ratios:
        ratios = sorted(score.ratios)
        lines.append(
            f"time of a hand-written script: median {ratios[len(ratios) // 2]:.2f}, most {ratios[-1]:.2f} "
            f"of {len(ratios)} runs (wanted: 1.5)"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="0:3", metavar="A:B", help="of each MiniWoB++ task")
    parser.add_argument("--forms", type=int, default=12)
    parser.add_argument("--broken", type=int, default=3, help="broken pages a run")
    parser.add_argument("--harmless", type=int, default=2)
    parser.add_argument("--heal", action="store_true", help="ask the model that ships for what was renamed")
    parser.add_argument("--export", action="store_true", help="export and prove each run, too")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="each run's figures, taken up from there")
    parser.add_argument("--minutes", type=float, default=60, help="no further run after so long")
    parser.add_argument("--only", default="", metavar="TEXT", help="runs with this in their name")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    score = asyncio.run(measure(args))
    for line in score.wrong:
        print(f"! {line}", file=sys.stderr)
    if args.json:
        print(json.dumps({what: [score.right[what], score.of[what]] for what in WANTED} | {"ratios": score.ratios}))
    else:
        print(table(score))


if __name__ == "__main__":
    main()
