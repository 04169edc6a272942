"""A recording, played again without a model: find, act, wait for what the action led to when it was recorded.

Start reading at play(). Each step yields one typed result; the first that is neither Done nor Healed ends the replay.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from autoglm import values as fields
from autoglm.browser.playwright_stage import Found, Stage
from autoglm.changes import outcomes, seen_after, was_done
from autoglm.conditions import Condition, ControlGone, ControlShown, FieldHolds, TitleIs, fits, follow, held, holds
from autoglm.errors import Mistake
from autoglm.types import (
    Check,
    Download,
    Goto,
    JsDialog,
    Locator,
    Observation,
    OnElement,
    Response,
    Step,
    TakeOver,
    Target,
)

HOLD_S = 5.0
"""How long is waited for what an action leads to, beyond what it took when it was recorded; what is there sooner is not
waited for."""
MOST_S = 60.0
"""Of what it took: more was a person's or a model's time."""
POLL_S = 0.01
CONTROLS = frozenset({"button", "link", "checkbox", "radio", "switch", "tab", "option"} | {"menuitem", "treeitem"})
"""Roles that make something a control, whether or not it listens to anything."""
COMPARED = 400
"""Characters of a field's value; a look may have cut it."""


@dataclass(frozen=True, slots=True)
class Take:
    """A step that is played again, and what it led to."""

    step: Step
    expected: tuple[Condition, ...]
    took_s: float = 0.0
    """From the look before it to the one that saw what it led to, but for the model's time before it."""
    proof: tuple[Condition, ...] = ()
    """What it led to itself that would show another element to be the right one."""
    shown_later: bool = False
    """Whether what is expected later has in it what was typed or chosen, which shows as much."""


@dataclass(frozen=True, slots=True)
class Done:
    step: Step
    seconds: float
    way: Locator | None = None
    """By which it was found; None for what is done on no element, or was found by its role and name alone."""


@dataclass(frozen=True, slots=True)
class Healed:
    """It was not to be found; the model said what stands in its place, and that led to what it led to before."""

    step: Step
    seconds: float
    was: Target
    now: Target


@dataclass(frozen=True, slots=True)
class NotFound:
    step: Step
    seconds: float
    why: str
    lost: int = 0
    """Which of the step's targets: of a drag the second may be."""


@dataclass(frozen=True, slots=True)
class NotDone:
    """It was there, and the page did not let it be done."""

    step: Step
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class ConditionFailed:
    """It was done and did not lead to what it led to before."""

    step: Step
    seconds: float
    failed: tuple[Condition, ...]
    healed: bool = False
    """Whether it was done on what the model said; what that led to was something else."""


@dataclass(frozen=True, slots=True)
class NeedsPerson:
    """A person did something here."""

    step: Step
    seconds: float
    why: str


Played = Done | Healed | NotFound | NotDone | ConditionFailed | NeedsPerson


class Heal(Protocol):
    async def __call__(self, take: Take, page: Observation, lost: int) -> OnElement | None:
        """The same on this page, of whose targets one is lost; None when nothing might be it. Raises ModelError."""
        ...


def takes(steps: Sequence[Step], given: Mapping[str, str] | None = None) -> tuple[Take, ...]:
    """What is to be played, with other values for the fields in `given`. Raises ValueUnknown."""
    put = fields.chosen(steps, given or {})
    recorded = {value.step: value.text for value in fields.values(steps)}
    changed = {recorded[step]: text for step, text in put.items() if recorded[step] not in ("on", "off")}
    made: list[Take] = []
    all_led = outcomes(steps)
    for i, (step, led) in enumerate(zip(steps, all_led, strict=True)):
        if not was_done(step) and not isinstance(step.action, TakeOver):
            continue
        # A field may hold what others hold too: it follows its own value before all.
        own = {recorded[step.index]: put[step.index]} if step.index in put else {}
        # What is acted on later is looked for then, by all its ways.
        sought = {_acted_on(later) for later in steps[step.index + 1 :]}
        expected = tuple(
            _follow(each, own, changed)
            for each in led
            if not (isinstance(each, ControlShown) and (each.role, each.name) in sought)
        )
        proof = tuple(_follow(each, own, changed) for each in led if _proves(each))
        later = [each for conditions in all_led[i + 1 :] for each in conditions]
        played = fields.put(step, put[step.index]) if step.index in put else step
        made.append(Take(played, expected, _took(steps, i), proof, _is_shown(step, later)))
    return tuple(made)


async def play(
    steps: Sequence[Step],
    stage: Stage,
    *,
    given: Mapping[str, str] | None = None,
    heal: Heal | None = None,
    pause_s: float = 0.0,
    hold_s: float = HOLD_S,
) -> AsyncGenerator[Played]:
    """One result a step. Raises ValueUnknown before anything is done, BrowserGone, ModelError."""
    script = takes(steps, given)
    if begin := beginning(steps):
        await stage.drive(Goto(begin))
    before_s = 0.0
    for take in script:
        result = await _play(take, stage, hold_s, before_s)
        before_s = take.took_s
        if isinstance(result, NotFound) and heal and take.step.targets:
            if take.proof or take.shown_later:
                result = await _heal(take, stage, heal, result, hold_s)
            else:
                result = replace(result, why=f"{result.why}; nothing was recorded that would prove another one right")
        yield result
        if not isinstance(result, Done | Healed):
            return
        await asyncio.sleep(pause_s)


def beginning(steps: Sequence[Step]) -> str:
    """Where the run began; empty when that was a blank page."""
    url = steps[0].observation.url if steps else ""
    return "" if url in ("", "about:blank") else url


async def _play(take: Take, stage: Stage, hold_s: float, before_s: float) -> Played:
    """`before_s`: how long what was done before took to lead to the page on which this was done."""
    step, action, began = take.step, take.step.action, time.perf_counter()

    def took() -> float:
        return time.perf_counter() - began

    if isinstance(action, TakeOver):
        return NeedsPerson(step, took(), action.reason)
    found: list[Found] = []
    try:
        if not isinstance(action, OnElement):
            assert was_done(step)
            await stage.drive(action)  # type: ignore[arg-type]
        elif step.targets and all(each.locators for target in step.targets for each in (target, *target.frames)):
            for target in step.targets:
                one = await stage.find(target, before_s)
                if one is None:
                    return NotFound(step, took(), _unfound(target), len(found))
                found.append(one)
            await stage.act(action, found)
        elif action.ref is None:
            await stage.act(action, ())
        else:
            # In a closed shadow root, where Playwright finds nothing and our own eyes and hands do.
            seen = await _by_name(step, stage, hold_s + before_s)
            if seen is None:
                return NotFound(step, took(), "nothing was recorded of it but its role and name, which no longer fit")
            await stage.drive(seen)
    except Mistake as mistake:
        return NotDone(step, took(), str(mistake))
    failed = await _hold(take.expected, stage, found[0] if found else None, None, hold_s + take.took_s)
    if failed:
        return ConditionFailed(step, took(), failed)
    return Done(step, took(), found[0].way if found else None)


async def _heal(take: Take, stage: Stage, heal: Heal, missing: NotFound, hold_s: float) -> Played:
    began = time.perf_counter()
    page = await stage.observe()
    action = await heal(take, page, missing.lost)
    seconds = missing.seconds + time.perf_counter() - began
    if action is None:
        return replace(missing, seconds=seconds)
    try:
        done = await stage.drive(action)
    except Mistake as mistake:
        return NotDone(take.step, seconds, f"{missing.why}; in its place: {mistake}")
    expected = tuple(dict.fromkeys((*take.expected, *take.proof)))
    failed = await _hold(expected, stage, None, action.ref, hold_s + take.took_s)
    seconds = missing.seconds + time.perf_counter() - began
    if failed or missing.lost >= len(done.targets):
        return ConditionFailed(take.step, seconds, failed, healed=True)
    return Healed(take.step, seconds, take.step.targets[missing.lost], done.targets[missing.lost])


@dataclass(slots=True)
class _Since:
    """What came by itself since an action began."""

    responses: list[Response] = field(default_factory=list[Response])
    downloads: list[Download] = field(default_factory=list[Download])
    dialog: JsDialog | None = None

    def add(self, page: Observation) -> Observation:
        self.responses += page.responses
        self.downloads += page.downloads
        self.dialog = page.dialog or self.dialog
        return replace(page, responses=tuple(self.responses), downloads=tuple(self.downloads), dialog=self.dialog)


async def _hold(
    expected: Sequence[Condition], stage: Stage, found: Found | None, ref: int | None, hold_s: float
) -> tuple[Condition, ...]:
    """Those that do not come to hold in time. What the action was done on is `found`, or `ref` of the last look."""
    since, until = _Since(), time.monotonic() + hold_s
    own = [each for each in expected if isinstance(each, FieldHolds) and each.own]
    others = [each for each in expected if each not in own]
    # What a glance does not ask of the browser, a look that has settled does: who listens to clicks.
    look = stage.observe if any(map(_may_be_heard_only, others)) else stage.glance
    while True:
        failed: list[Condition] = []
        if own and found:
            value = await stage.held(found)
            failed += [each for each in own if value is None or not _same(each.value, value)]
        if others or (own and not found):
            page = since.add(await look())
            failed += [each for each in others if not holds(each, page)]
            if not found:
                failed += [each for each in own if not _holds_at(each, page, ref)]
        if not failed or time.monotonic() > until:
            return tuple(failed)
        await asyncio.sleep(POLL_S)


def _may_be_heard_only(condition: Condition) -> bool:
    """Whether it is about what may be a control for no other reason than that it listens to clicks."""
    return isinstance(condition, ControlShown | ControlGone) and condition.role not in CONTROLS


def _holds_at(condition: FieldHolds, page: Observation, ref: int | None) -> bool:
    element = page.find(ref) if ref is not None else None
    return _same(condition.value, held(element) or "") if element else holds(condition, page)


def _same(wanted: str, value: str) -> bool:
    return fits(" ".join(wanted.split())[:COMPARED], " ".join(value.split())[:COMPARED])


def _is_shown(step: Step, later: Sequence[Condition]) -> bool:
    """Whether what it typed or chose is. All else that came later would have come of another element, too."""
    value = "" if isinstance(step.action, Check) else fields.text(step)
    return any(value and _proves(each) and follow(each, {value: ""}) != each for each in later)


def _proves(condition: Condition) -> bool:
    """Whether it says more than that what was typed was typed somewhere."""
    return not isinstance(condition, TitleIs) and not (isinstance(condition, FieldHolds) and condition.own)


def _took(steps: Sequence[Step], i: int) -> float:
    step, after = steps[i], seen_after(steps, i)
    if not after or not step.observation.at:
        return 0.0
    return min(max(after.at - step.observation.at - step.seconds.model, 0.0), MOST_S)


def _follow(condition: Condition, own: Mapping[str, str], changed: Mapping[str, str]) -> Condition:
    if isinstance(condition, FieldHolds) and condition.own:
        return replace(condition, value=own.get(condition.value, condition.value))
    return follow(condition, changed)


def _acted_on(step: Step) -> tuple[str, str] | None:
    element = step.observation.find(step.action.ref) if isinstance(step.action, OnElement) and step.action.ref else None
    return (element.role, element.name) if element else None


async def _by_name(step: Step, stage: Stage, wait_s: float) -> OnElement | None:
    """The action on the only element that is called as its own was; None when it does not come in time."""
    action, until = step.action, time.monotonic() + wait_s
    assert isinstance(action, OnElement)
    assert action.ref is not None
    was = step.observation.find(action.ref)
    while True:
        page = await stage.observe()
        like = [e for e in page.elements if was and (e.role, e.name) == (was.role, was.name)]
        if len(like) == 1:
            return replace(action, ref=like[0].ref)
        if not was or time.monotonic() > until:
            return None
        await asyncio.sleep(POLL_S)


def _unfound(target: Target) -> str:
    """What was looked for in vain, the best ways first."""
    ways = ", ".join(dict.fromkeys(say(way) for way in target.locators if way.kind != "path")) or "its place"
    return f"no element is found by {ways}"


def say(way: Locator) -> str:
    """`role button "Send"`, `label "Mail"`."""
    match way.kind:
        case "role" | "has_text" | "css":
            text = f'{way.kind} {way.value} "{way.name}"' if way.name else f"{way.kind} {way.value}"
        case "test_id" | "path":
            text = f"{way.kind} {way.value}"
        case _:
            text = f'{way.kind} "{way.value}"'
    place = f" {way.nth + 1} of {way.matches}" if way.matches != 1 else ""
    return f"{text}{place} in {say(way.within)}" if way.within else f"{text}{place}"
