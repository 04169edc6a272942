"""What it costs to see a page, and whether all of it is seen: ours beside four peers, in the same Chromium and run.

    python -m tests.bench.observe --build --peers DIR      once: environments for the peers
    python -m tests.bench.observe --peers DIR [--rounds 5] [--pages a b c d] [--no-edges]

Pages of some 20, 2,000 and 20,000 elements and one of five frames and every kind of shadow root, made from a seed.
Each control that can be seen carries a token, which is found when it stands in a line that says how to act on it; so
does each hidden decoy, which counts when it stands anywhere. A page stands still before it is looked at: `first` is
the first look at a fresh document, `again` the next with nothing changed, `3 changed` after a script has changed a
text, a value and a class, `3 rows` after it has added three. A tab that we opened is looked at in its idle time before
anybody asks; `anew` is ours without that and without what it remembers: each look by a new CdpBrowser that comes to the
page as it stands. Then a page of 200,000 nodes, of which all that is in view must be told, and pages that hang. Peers
that are not in DIR are left out and named.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import PageCdp, PlaywrightPipe, PlaywrightTabs, launch
from autoglm.codec import to_json
from autoglm.dialects.page import page_text
from autoglm.errors import AutoGLMError
from autoglm.types import Acted, Goto, Observation
from tests.bench.harness import evaluate
from tests.bench.observe_pages import TOKEN, BenchPage, served
from tests.bench.observe_peers import Look, Snapshots, Watcher, build, missing, peers

STILL_S = 0.6
"""How long a page is left alone before it is looked at."""
PATIENCE_S = 90.0
"""Seconds of looking at one page after which a slow peer gets no more rounds."""
LOADED_JS = "document.readyState === 'complete' || new Promise((done) => addEventListener('load', () => done()))"
IN_VIEW = """[...document.querySelectorAll('a, button:not(.is-off)')].flatMap((each) => {
  const box = each.getBoundingClientRect();
  const seen = box.height > 4 && box.top >= 0 && box.bottom <= innerHeight && each.checkVisibility();
  return seen ? each.innerText.match(/\\bq\\d[0-9a-z]{2,3}\\b/g) ?? [] : [];
})"""
"""Tokens of links and buttons that stand in view with their text."""
WHOLE = 10**9
"""Tokens: a text form without a budget."""
KINDS = ("first", "again", "3 changed", "3 rows")


# ---------------------------------------------------------------- ours


class Ours:
    """One CdpBrowser for all looks, as in a run."""

    name = "ours"
    ref = re.compile(r"\[\d+\]")
    nested = False

    def __init__(self, tabs: PlaywrightTabs, tab: PageCdp) -> None:
        self.tabs, self.tab = tabs, tab
        self.browser = CdpBrowser(tabs, tab)

    @classmethod
    async def begin(cls, pipe: PlaywrightPipe) -> Self:
        tabs = await pipe.tabs()
        return cls(tabs, await tabs.open())

    async def open(self, url: str) -> None:
        """Until it is loaded, as with all peers."""
        await self.browser.act(Goto(url))
        await evaluate(self.tab, LOADED_JS)

    async def look(self) -> Look:
        return await timed(self.browser)

    async def script(self, expression: str) -> str:
        return str(await evaluate(self.tab, expression))

    async def close(self) -> None:
        await self.browser.close()


class OursAnew(Ours):
    """A new CdpBrowser and session for each look, at a tab that it has not opened: nothing was done ahead."""

    name = "ours, anew"

    async def open(self, url: str) -> None:
        await self.tab.page.goto(url)

    async def look(self) -> Look:
        page = self.tab.page
        session = await page.context.new_cdp_session(page)
        try:
            return await timed(CdpBrowser(self.tabs, PageCdp(page, session)))
        finally:
            await session.detach()


async def timed(browser: CdpBrowser) -> Look:
    began = time.perf_counter()
    seen = await browser.observe()
    took = time.perf_counter() - began
    text = page_text(seen, WHOLE)
    return Look(text, took, time.perf_counter() - began - took, size_of(seen))


def size_of(seen: Observation) -> int:
    """Bytes as JSON."""
    return len(json.dumps(to_json(seen), ensure_ascii=False).encode())


async def round_trip(tab: PageCdp, count: int = 20) -> float:
    """Seconds for an empty command over the same pipe, the median of so many in a row."""
    times: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        await tab.send("Runtime.evaluate", expression="0")
        times.append(time.perf_counter() - began)
    return median(times)


# ---------------------------------------------------------------- judged


@dataclass
class Seen:
    """What one watcher made of one page."""

    looks: dict[str, list[Look]] = field(default_factory=lambda: defaultdict(list))
    told: Counter[str] = field(default_factory=Counter[str])
    """Of the changes, how many stood in the text afterwards."""
    trips: list[float] = field(default_factory=list[float])
    """Empty commands, twenty in a row."""
    rested: list[float] = field(default_factory=list[float])
    """One after the stillness that each look comes after: both processes have gone to sleep."""
    failed: str = ""

    def times(self, kind: str) -> list[float]:
        return [look.seconds for look in self.looks[kind]]


def actionable(text: str, watcher: Watcher) -> set[str]:
    """Tokens in lines that say how to act on something; in a nested form also in the text right in or before one."""
    found: set[str] = set()
    before: set[str] = set()
    inside: list[tuple[int, bool]] = []
    """Depth of each line above this one, and whether it is actionable."""
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        tokens = set(TOKEN.findall(line))
        acts = watcher.ref.search(line) is not None
        while inside and inside[-1][0] >= depth:
            inside.pop()
        if acts:
            found |= tokens | before
        elif watcher.nested and inside and inside[-1][1]:
            found |= tokens
        before = tokens if watcher.nested and not acts else set()
        inside.append((depth, acts))
    return found


def changes_told(before: str, text: str, gone: str) -> int:
    """Of the three changes, how many the text shows; what was never shown is not told to be gone."""
    return sum(("now1" in text, "held1" in text, gone in before and gone not in text))


def rows_told(text: str) -> int:
    return sum(f"row1x{i}" in text for i in range(3))


# ---------------------------------------------------------------- measured


async def watched(watcher: Watcher, page: BenchPage, seen: Seen) -> None:
    """One round: a fresh document, four looks."""
    await watcher.open(page.url)
    await asyncio.sleep(STILL_S)
    seen.looks["first"].append(await watcher.look())
    again = await watcher.look()
    seen.looks["again"].append(again)
    gone = await watcher.script("change(1)")
    await asyncio.sleep(STILL_S)
    changed = await watcher.look()
    seen.looks["3 changed"].append(changed)
    seen.told["3 changed"] = changes_told(again.text, changed.text, "".join(TOKEN.findall(gone)[:1]) or gone)
    await watcher.script("grow(1)")
    await asyncio.sleep(STILL_S)
    grown = await watcher.look()
    seen.looks["3 rows"].append(grown)
    seen.told["3 rows"] = rows_told(grown.text)
    if isinstance(watcher, Ours):
        seen.trips.append(await round_trip(watcher.tab))
        await asyncio.sleep(STILL_S)
        seen.rested.append(await round_trip(watcher.tab, 1))


async def measure(
    pipe: PlaywrightPipe, pages: Sequence[BenchPage], rounds: int, folder: Path
) -> dict[str, dict[str, tuple[Watcher, Seen]]]:
    """By page and watcher's name. Rounds alternate, so that what slows the machine for a while slows all."""
    done: dict[str, dict[str, tuple[Watcher, Seen]]] = {}
    for page in pages:
        async with peers(pipe, folder, find_browser().path) as theirs:
            watchers: list[Watcher] = [await Ours.begin(pipe), await OursAnew.begin(pipe), *theirs]
            seen = {watcher.name: Seen() for watcher in watchers}
            for round_ in range(rounds):
                for watcher in watchers:
                    await _attempt(watcher, page, seen[watcher.name])
                print(f"{page.name}: round {round_ + 1} of {rounds}", file=sys.stderr, flush=True)
            for watcher in watchers[:2]:
                await watcher.close()
        done[page.name] = {watcher.name: (watcher, seen[watcher.name]) for watcher in watchers}
    return done


async def _attempt(watcher: Watcher, page: BenchPage, seen: Seen) -> None:
    spent = sum(look.seconds for looks in seen.looks.values() for look in looks)
    if seen.failed or spent > PATIENCE_S:
        return
    try:
        await watched(watcher, page, seen)
    except (RuntimeError, TimeoutError) as error:
        # A peer that gives up is a result too.
        seen.failed = f"{type(error).__name__}: {error}".splitlines()[0][:120]
        print(f"{page.name}: {watcher.name}: {seen.failed}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------- at the edge


async def huge(pipe: PlaywrightPipe, page: BenchPage) -> str:
    ours = await Ours.begin(pipe)
    tab, browser = ours.tab, ours.browser
    await ours.open(page.url)
    nodes = await evaluate(tab, "nodes()")
    await asyncio.sleep(STILL_S)
    counts = f"{nodes} nodes ({page.elements} elements, {len(page.controls)} controls)"
    lines = [f"\nA page of {counts}, goal 2 s and 2 MB; its layout alone takes {await _layout(tab):.2f} s:\n"]
    for what, script in (("first", None), ("again", None), ("3 changed", "change(1)"), ("3 rows", "grow(1)")):
        if script:
            await evaluate(tab, script)
            await asyncio.sleep(STILL_S)
        told, seen = await outcome(browser.observe())
        took, size = re.findall(r"[\d.]+(?= s,| MB)", told) or (math.inf, math.inf)
        in_view = page.controls.keys() & set(await evaluate(tab, IN_VIEW))
        lost = in_view - {token for e in seen.elements for token in TOKEN.findall(e.name)}
        good = float(took) <= 2 and float(size) <= 2 and ", truncated True" in told and in_view and not lost
        verdict = "met" if good else "MISSED"
        told += f", {len(lost)} of {len(in_view)} links and buttons in view not told"
        lines.append(f"- {verdict}: {what}: {told}")
    await browser.close()
    return "\n".join(lines)


async def _layout(tab: PageCdp) -> float:
    """Seconds Chrome takes for the layout of the whole page after its width has changed."""
    script = "(() => { const t = performance.now(); document.body.style.width = '1000px'; document.body.offsetHeight; "
    return await evaluate(tab, script + "return performance.now() - t; })()") / 1000


async def hung(pipe: PlaywrightPipe, pages: Mapping[str, BenchPage]) -> str:
    """What a page whose script never ends leads to, and whether the next tab still works."""
    lines = ["\nPages that hang:\n"]
    for name in ("hang", "hang-loading", "hang-frame"):
        browser = (await Ours.begin(pipe)).browser
        opened, _ = await outcome(browser.act(Goto(pages[name].url)))
        await asyncio.sleep(2 * STILL_S)
        looked, _ = await outcome(browser.observe())
        began = time.perf_counter()
        await browser.close()
        closed = time.perf_counter() - began
        after = (await Ours.begin(pipe)).browser
        await after.act(Goto(pages["a"].url))
        count = len((await after.observe()).elements)
        await after.close()
        lines.append(
            f"- {name}: Goto: {opened}; observe: {looked}; closed in {closed:.1f} s; next tab: {count} controls"
        )
    return "\n".join(lines)


async def outcome(doing: Awaitable[Observation | Acted]) -> tuple[str, Observation]:
    """What came of it, and when; and what was seen."""
    began = time.perf_counter()
    nothing = Observation("", "")
    try:
        done = await doing
    except AutoGLMError as error:
        return f"{type(error).__name__} after {time.perf_counter() - began:.2f} s ({error})", nothing
    took = time.perf_counter() - began
    if isinstance(done, Acted):
        return f"{done.said} after {took:.2f} s", nothing
    facts = (
        f"{len(done.elements)} controls, {len(done.items)} items, truncated {done.truncated}, settled {done.settled}"
    )
    return f"{took:.2f} s, {size_of(done) / 1e6:.2f} MB as JSON, {facts}", done


# ---------------------------------------------------------------- told


HEAD = (
    "| page | who | recall | decoys | first ms | x | again ms | 3 changed ms | told | 3 rows ms | told | text ms "
    "| chars | chars/control | bytes |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def row(page: BenchPage, watcher: Watcher, seen: Seen, base: Seen) -> str:
    if not seen.looks["first"]:
        return f"| {page.name} | {watcher.name} | {seen.failed} |"
    look = seen.looks["first"][-1]
    found = actionable(look.text, watcher)
    right = len(found & page.controls.keys())
    leaked = len(page.decoys.keys() & set(TOKEN.findall(look.text)))
    cells = [
        page.name, watcher.name, f"{right / len(page.controls):.3f}", f"{leaked} of {len(page.decoys)}",
        _ms(seen.times("first")), f"{_ratio(seen.times('first'), base.times('first')):.2f}", _ms(seen.times("again")),
        _ms(seen.times("3 changed")), f"{seen.told['3 changed']}/3", _ms(seen.times("3 rows")),
        f"{seen.told['3 rows']}/3", f"{1000 * median(each.text_s for each in seen.looks['first']):.1f}",
        str(len(look.text)), f"{len(look.text) / right:.1f}" if right else "nothing listed", str(look.bytes),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |{f' gave up later: {seen.failed}' if seen.failed else ''}"


def _ms(seconds: Sequence[float]) -> str:
    return f"{1000 * median(seconds):.1f} [{1000 * min(seconds):.1f}]" if seconds else "-"


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the rounds' ratios."""
    pairs = list(zip(ours, theirs, strict=False))
    return median(a / b for a, b in pairs) if pairs else float("nan")


def table(pages: Sequence[BenchPage], done: Mapping[str, Mapping[str, tuple[Watcher, Seen]]]) -> str:
    lines = [HEAD]
    for page in pages:
        base = done[page.name][Snapshots.name][1]
        trip = _ms(done[page.name][Ours.name][1].trips)
        lines.append(f"| {page.name} | an empty round trip | | | {trip} | | {trip} | {trip} | | {trip} | | | | | |")
        trip = _ms(done[page.name][Ours.name][1].rested)
        lines.append(
            f"| {page.name} | one after as long a rest | | | {trip} | | {trip} | {trip} | | {trip} | | | | | |"
        )
        lines += [row(page, watcher, seen, base) for watcher, seen in done[page.name].values()]
    return "\n".join(lines)


def verdicts(pages: Sequence[BenchPage], done: Mapping[str, Mapping[str, tuple[Watcher, Seen]]]) -> str:
    """The goals, and what was found."""
    lines = ["\nGoals:\n"]

    def goal(page: BenchPage, what: str, found: float, limit: float, *, least: bool = False) -> None:
        met = found >= limit if least else found <= limit
        lines.append(f"- {'met' if met else 'MISSED'}: {page.name}: {what} {found:.3g} (goal {limit:g})")

    for page in pages:
        watcher, seen = done[page.name][Ours.name]
        theirs = done[page.name][Snapshots.name][1]
        text = seen.looks["first"][-1].text
        found = actionable(text, watcher) & page.controls.keys()
        goal(page, "recall of controls", len(found) / len(page.controls), 1, least=True)
        goal(page, "decoys listed", len(page.decoys.keys() & set(TOKEN.findall(text))), 0)
        goal(page, "characters a listed control", len(text) / max(len(found), 1), 30)
        if page.name in ("b", "c"):
            goal(page, "first look / Playwright's", _ratio(seen.times("first"), theirs.times("first")), 0.125)
        if page.name == "c":
            goal(page, "ms after three changes", 1000 * median(seen.times("3 changed")), 10)
            goal(
                page,
                "the same / an empty round trip after such a rest",
                _ratio(seen.times("3 changed"), seen.rested),
                3,
            )
            goal(page, "the same / one of twenty in a row", _ratio(seen.times("3 changed"), seen.trips), 3)
        lines.append(f"  ({page.elements} elements, {len(page.controls)} controls, {len(page.decoys)} decoys)")
        if lost := Counter(kind for token, kind in page.controls.items() if token not in found):
            lines.append(f"  not listed: {_counted(lost)}")
        if leaks := Counter(kind for token, kind in page.decoys.items() if token in TOKEN.findall(text)):
            lines.append(f"  decoys listed: {_counted(leaks)}")
    return "\n".join(lines)


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())


async def out_of_process(pipe: PlaywrightPipe, page: BenchPage) -> str:
    """That the frame of another site is a process of its own. Raises RuntimeError: without that d proves less."""
    ours = await Ours.begin(pipe)
    await ours.tab.page.goto(page.url)
    await asyncio.sleep(STILL_S)
    browser = ours.tab.page.context.browser
    assert browser
    session: Any = await browser.new_browser_cdp_session()
    targets = await session.send("Target.getTargets")
    frames = [each["url"] for each in targets["targetInfos"] if each["type"] == "iframe"]
    await session.detach()
    await ours.close()
    if len(frames) != 1:
        raise RuntimeError(f"{len(frames)} frames of {page.url} are targets of their own, not 1: {frames}")
    return f"\nOn d one frame is a target of its own: {frames[0].split('/')[-1]} at another host name."


async def everything(arguments: argparse.Namespace, pages: dict[str, BenchPage]) -> None:
    chosen = [pages[name] for name in arguments.pages]
    async with launch(find_browser(), headless=True) as pipe:
        separate = await out_of_process(pipe, pages["d"])
        done = await measure(pipe, chosen, arguments.rounds, arguments.peers)
        print(table(chosen, done))
        print(f"\nx: against {Snapshots.name}, the median of the rounds' ratios. ms: median [best].{separate}")
        for name in missing(arguments.peers):
            print(f"Left out: {name} is not in the folder of --peers; --build makes it.")
        print(verdicts(chosen, done))
        if arguments.edges:
            print(await huge(pipe, pages["huge"]))
            print(await hung(pipe, pages))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", nargs="*", default=["a", "b", "c", "d"], choices=["a", "b", "c", "d"])
    parser.add_argument("--peers", type=Path, default=Path("build/peers"), help="folder with the peers' environments")
    parser.add_argument("--build", action="store_true", help="make those environments, and stop")
    parser.add_argument("--no-edges", dest="edges", action="store_false", help="without the huge and the hanging pages")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.build:
        build(arguments.peers)
        return
    with served(arguments.seed) as pages:
        asyncio.run(everything(arguments, pages))


if __name__ == "__main__":
    main()
