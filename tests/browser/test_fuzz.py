"""Random legal actions on random pages: no crash, no hang, and nothing ever goes to another widget than it was meant for.

A share of them runs with the other tests; all of them, which takes half an hour:

    AUTOGLM_FUZZ_PAGES=500 AUTOGLM_FUZZ_ACTIONS=20 python -m pytest tests/browser/test_fuzz.py --log-cli-level=INFO
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.errors import Mistake
from autoglm.types import (
    Check,
    Click,
    DoubleClick,
    Drag,
    Goto,
    Hover,
    Observation,
    OnElement,
    Press,
    RightClick,
    Scroll,
    Select,
    Type,
    Upload,
)
from tests.browser.conftest import Visit, until
from tests.site.server import Site

PAGES = int(os.environ.get("AUTOGLM_FUZZ_PAGES", "20"))
ACTIONS = int(os.environ.get("AUTOGLM_FUZZ_ACTIONS", "10"))
FIRST = int(os.environ.get("AUTOGLM_FUZZ_FIRST", "0"))
"""Number of the first page."""
TABS = 3
MOST_S = 30
"""Nothing that is done takes as long, unless it hangs."""
KEYS = ("Enter", "Tab", "Escape", "Space", "ArrowDown", "ArrowUp", "Home", "Control+a", "Backspace", "x")
TEXTS = {"date": "2026-11-30", "number": "7", "range": "40", "color": "#1e90ff", "": "Some words"}


@pytest.mark.timeout(0)  # as long as the pages that are asked for take
async def test_random_actions_on_random_pages_reach_what_they_were_meant_for(
    pipe: PlaywrightPipe, site: Site, tmp_path: Path
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    seeds = iter(range(FIRST, FIRST + PAGES))
    outcomes: Counter[str] = Counter()

    async def work() -> None:
        visit = await Visit.begin(pipe, site, actionable_s=0.4, settle_s=1.0)
        for seed in seeds:
            try:
                await play(visit, seed, str(file), outcomes)
            except TimeoutError:
                raise AssertionError(f"page {seed}: nothing for {MOST_S} s") from None
        await visit.browser.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(TABS):
            group.create_task(work())
    logging.getLogger(__name__).info("%d pages: %s", PAGES, dict(outcomes.most_common()))
    assert outcomes.total() >= PAGES * ACTIONS * 0.9


async def play(visit: Visit, seed: int, file: str, outcomes: Counter[str]) -> None:
    random = Random(seed)
    await visit.act(Goto(f"{visit.site.url}/fuzz?seed={seed}"))
    seen = await bounded(visit.browser.observe())
    for turn in range(ACTIONS):
        # Now and then it acts on what it saw some time ago, or the page changes before it acts.
        if turn and random.random() < 0.7:
            seen = await bounded(visit.browser.observe())
        action = choose(random, seen, file)
        if random.random() < 0.3:
            await visit.js("mutate()")
        since = await visit.js("1e3 * (performance.timeOrigin + performance.now())")
        try:
            await bounded(visit.act(action))
            outcome = type(action).__name__
        except Mistake as mistake:
            outcome = "Mistake: " + " ".join(str(mistake).partition("] ")[2].split(";")[0].split()[:3])
        outcomes[outcome] += 1
        await judge(visit, seed, turn, action, seen, since, outcome)


async def bounded(doing: Any) -> Any:
    async with asyncio.timeout(MOST_S):
        return await doing


def choose(random: Random, seen: Observation, file: str) -> OnElement:
    """An action that the page's own grammar allows."""
    able = [e for e in seen.elements if e.takes]
    if not able or random.random() < 0.1:
        return random.choice((Press(random.choice(KEYS)), Scroll(random.choice(("up", "down")))))
    e = random.choice(able)
    other = random.choice(able).ref
    actions: list[OnElement] = [Hover(e.ref), Press(random.choice(KEYS), e.ref), Drag(e.ref, other), Drag(e.ref, dx=30)]
    if random.random() < 0.8:
        actions = []
    for verb in e.takes:
        match verb:
            case "Click":
                actions += [Click(e.ref), Click(e.ref), DoubleClick(e.ref), RightClick(e.ref)]
            case "Type":
                actions += [Type(e.ref, "7" if e.role in ("slider", "spinbutton") else TEXTS.get(e.type, TEXTS[""]))]
            case "Select":
                actions += [Select(e.ref, (random.choice(e.options),))]
            case "Check":
                actions += [Check(e.ref, e.role == "radio" or random.random() < 0.5)]
            case "Upload":
                actions += [Upload(e.ref, (file,))]
            case "Scroll":
                actions += [Scroll(random.choice(("up", "down")), e.ref)]
    return random.choice(actions)


async def judge(
    visit: Visit, seed: int, turn: int, action: OnElement, seen: Observation, since: float, outcome: str
) -> None:
    """Raises AssertionError when a press, key or change of the action went to another widget than its own."""
    target = seen.find(action.ref) if action.ref is not None else None
    if target is None or target.takes == ("Scroll",):  # a list that is no widget, but may hold some
        return
    pressed = outcome in ("Click", "DoubleClick", "RightClick")
    events: list[Any] = []

    async def hear() -> list[Any]:
        heard = await visit.js("typeof events === 'undefined' ? [] : events.splice(0)")
        events.extend(event for event in heard if event[1] > since)
        return events

    def reached(events: list[Any]) -> bool:
        return not pressed or any(kind == "mousedown" for kind, _, _ in events)

    # A frame's events come by message.
    if not reached(await until(hear, reached) if target.frame else await hear()):
        raise AssertionError(f"page {seed}, action {turn}, {action} on {target}: nothing got it")
    for kind, widgets in merged(events):
        if kind in kinds(action) and not widgets & {*target.name.split()}:
            raise AssertionError(
                f"page {seed}, action {turn}, {action} on {target}: {kind} went to {widgets or 'none'}"
            )


def kinds(action: OnElement) -> frozenset[str]:
    """Events that only what is acted on may get first."""
    match action:
        case Click() | DoubleClick() | RightClick() | Check() | Drag():
            return frozenset({"mousedown", "dragstart"})
        case Type() | Select() | Upload():
            return frozenset({"keydown", "input", "mousedown"})
        case Press():
            return frozenset({"keydown"})
        case _:
            return frozenset()


def merged(events: list[Any]) -> list[tuple[str, set[str]]]:
    """An event that a closed shadow root saw too is one event."""
    found: dict[tuple[str, int], set[str]] = {}
    for kind, at, widgets in events:
        found.setdefault((kind, at), set()).update(widgets)
    return [(kind, widgets) for (kind, _), widgets in found.items()]
