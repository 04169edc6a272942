"""The values that a run typed and chose, by the names of their fields; the same run with others. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from autoglm.errors import AutoGLMError
from autoglm.types import Check, Select, Step, Type


class ValueUnknown(AutoGLMError):
    """A name that no field of the run has."""


@dataclass(frozen=True, slots=True)
class Value:
    name: str
    """The field's, in small letters: `work_email`."""
    step: int
    """The last one that set it."""
    text: str


def values(steps: Sequence[Step]) -> tuple[Value, ...]:
    """In the order in which they were first given; a field that was filled in twice has its last."""
    found: dict[str, Value] = {}
    names: dict[tuple[str, int], str] = {}
    for step in steps:
        if step.error or (told := text(step)) is None:
            continue
        action = step.action
        assert isinstance(action, Type | Select | Check)
        field = step.observation.url, action.ref
        if field not in names:
            names[field] = _unused(_slug(_field(step)), found)
        found[names[field]] = Value(names[field], step.index, told)
    return tuple(found.values())


def chosen(steps: Sequence[Step], given: Mapping[str, str]) -> dict[int, str]:
    """By step the text that is to take the place of the recorded one. Raises ValueUnknown."""
    known = {value.name: value for value in values(steps)}
    return {known[_resolve(name, known)].step: text for name, text in given.items()}


def put(step: Step, text: str) -> Step:
    """The step with another value."""
    match step.action:
        case Type():
            return replace(step, action=replace(step.action, text=text))
        case Select():
            return replace(step, action=replace(step.action, options=tuple(text.split(" | "))))
        case Check():
            return replace(step, action=replace(step.action, on=text.strip().lower() in ("on", "yes", "true", "1")))
        case _:
            return step


def _resolve(name: str, known: Mapping[str, Value]) -> str:
    """The name in full; `email` stands for `work_email` when no other one has that word."""
    wanted = _slug(name)
    if wanted in known:
        return wanted
    like = [each for each in known if f"_{wanted}_" in f"_{each}_"]
    if len(like) == 1:
        return like[0]
    there = ", ".join(f"{value.name}={value.text!r}" for value in known.values()) or "none"
    why = f"{name!r} may be {' or '.join(like)}" if like else f"no field of this run is called {name!r}"
    raise ValueUnknown(f"{why}; its values are {there}")


def text(step: Step) -> str | None:
    """What it gave to a field; None when it gave nothing to any."""
    match step.action:
        case Type(_, text):
            return text
        case Select(_, options):
            return " | ".join(options)
        case Check(_, on):
            return "on" if on else "off"
        case _:
            return None


def _field(step: Step) -> str:
    action = step.action
    assert isinstance(action, Type | Select | Check)
    element = step.observation.find(action.ref)
    return (element.name if element else "") or next((target.name for target in step.targets), "") or "field"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower()).strip("_")[:40] or "field"


def _unused(name: str, taken: Mapping[str, Value]) -> str:
    return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    count = 2
    while True:
        yield f"{name}_{count}"
        count += 1
