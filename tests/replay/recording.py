"""Recordings made without a model: what a run would have recorded, had its model known what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from autoglm.browser.driver import CdpBrowser
from autoglm.types import Action, Element, Finish, Goto, Observation, OnRun, Step

Move = Callable[[Observation], Action]
"""What is done, on the page as it is seen then."""


def on(kind: type[Any], name: str, *more: Any, role: str = "", nth: int = 0, **named: Any) -> Move:
    """An action on the element of this name."""
    return lambda page: kind(ref_of(page, name, role, nth), *more, **named)


def ref_of(page: Observation, name: str, role: str = "", nth: int = 0) -> int:
    found = [e for e in page.elements if e.name == name and role in ("", e.role) and _is_meant(e)]
    assert len(found) > nth, f"no {role} {name!r} among {[(e.role, e.name) for e in page.elements]}"
    return found[nth].ref


def _is_meant(element: Element) -> bool:
    return bool(element.takes)


async def record(browser: CdpBrowser, url: str, moves: Sequence[Move | Action]) -> list[Step]:
    await browser.act(Goto(url))
    steps: list[Step] = []
    for move in moves:
        page = await browser.observe()
        action = move(page) if callable(move) else move
        step = Step(len(steps), page, action=action)
        if isinstance(action, OnRun):
            steps.append(replace(step, outcome="noted"))
            continue
        done = await browser.act(action)
        steps.append(replace(step, outcome=done.said, targets=done.targets))
    return [*steps, Step(len(steps), await browser.observe(), action=Finish("Done."), outcome="Done.", ends="finished")]
