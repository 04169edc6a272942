"""Asks the model which element stands in the place of one that is no longer found. Knows nothing of browsers.

The model only chooses: the reply is held to the same action on an element that may be meant, and what it leads to is
proved afterwards (replay.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from autoglm.conditions import describe as describe_condition
from autoglm.dialects import dialect_of
from autoglm.dialects.ref import describe, unparse
from autoglm.effects import GRAVE
from autoglm.errors import Mistake
from autoglm.replay import Take
from autoglm.seams import Model
from autoglm.types import (
    Check,
    Click,
    DoubleClick,
    Drag,
    Element,
    Observation,
    OnElement,
    RightClick,
    Select,
    Step,
    Text,
    Type,
    Upload,
    Verb,
)

MOST_CHOICES = 30
"""A page on which more is new is another page."""


class ModelHeals:
    """`replay.Heal`."""

    def __init__(self, reach: Callable[[], Awaitable[Model]]) -> None:
        """`reach` gives the model; it is called when there is something to ask."""
        self._reach = reach

    async def __call__(self, take: Take, page: Observation, lost: int) -> OnElement | None:
        found = choices(take, page, lost)
        done = [made for each in found if (made := _done_on(take.step, page, lost, each.ref))]
        if not done:
            return None
        model = await self._reach()
        dialect = dialect_of(model.name)
        narrowed = replace(page, items=tuple(_narrowed(page, {each.ref for each in found})))
        prompt = dialect.render(intent(take), (), narrowed)
        replies = {unparse(action): action for action in done}
        grammar = "root ::= " + " | ".join(_literal(reply) for reply in replies)
        try:
            said = dialect.parse((await model.complete(prompt, grammar)).text)
        except Mistake:
            return None
        return replies.get(unparse(said))


def intent(take: Take) -> str:
    """What was done, on what, and what came of it, as a task."""
    step = take.step
    assert step.action
    did = describe(step.action, step.observation)
    led = "; ".join(describe_condition(each) for each in take.expected[:4])
    after = f" Afterwards {led}." if led else ""
    return f"{did}. It may be called otherwise or stand elsewhere on this page.{after}"


def choices(take: Take, page: Observation, lost: int = 0) -> list[Element]:
    """What may stand in its place: what is called the same, or else what was not there under this name before.

    What pays, sends or deletes by its name stands in for nothing that did not.
    """
    step, action = take.step, take.step.action
    ref = _refs(action)[lost] if isinstance(action, OnElement) else None
    if ref is None or not isinstance(action, OnElement):
        return []
    was = step.observation.find(ref)
    name = was.name if was else step.targets[lost].name
    known = {(e.role, e.name) for e in step.observation.elements if e is not was}
    able = [e for e in page.elements if _takes(e, action)]
    # One of several that are called alike has the others beside it still, which are not it.
    alike = sum(e.name == name for e in step.observation.elements)
    same = [e for e in able if e.name and e.name == name and alike <= 1]
    new = [e for e in able if (e.role, e.name) not in known and (not GRAVE.search(e.name) or GRAVE.search(name))]
    found = same or new
    return found if len(found) <= MOST_CHOICES else []


def _refs(action: OnElement) -> tuple[int | None, ...]:
    """What it is done on; of a drag also where it ends."""
    return (action.ref, action.to) if isinstance(action, Drag) else (action.ref,)


def _done_on(step: Step, page: Observation, lost: int, ref: int) -> OnElement | None:
    """The action with the lost one in this element; None when the other end of a drag is not on the page."""
    action = step.action
    assert isinstance(action, OnElement)
    if not isinstance(action, Drag) or action.to is None:
        return replace(action, ref=ref)
    was = step.observation.find(action.to if lost == 0 else action.ref)
    others = [e.ref for e in page.elements if was and (e.role, e.name) == (was.role, was.name) and e.ref != ref]
    if len(others) != 1:
        return None
    return replace(action, ref=ref, to=others[0]) if lost == 0 else replace(action, ref=others[0], to=ref)


def _takes(element: Element, action: OnElement) -> bool:
    verb: Verb | None
    match action:
        case Click() | DoubleClick() | RightClick():
            verb = "Click"
        case Type():
            verb = "Type"
        case Select(_, options):
            return "Select" in element.takes and set(options) <= set(element.options)
        case Check():
            verb = "Check"
        case Upload():
            verb = "Upload"
        case _:
            verb = None
    return verb in element.takes if verb else bool(element.takes)


def _narrowed(page: Observation, refs: set[int]) -> list[Element | Text]:
    """The page with nothing to act on but these."""
    return [
        item if not isinstance(item, Element) or item.ref in refs else replace(item, takes=()) for item in page.items
    ]


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
