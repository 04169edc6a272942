"""The lines of a test before its rehearsal: where there are several ways, the rehearsal shows which one holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Do:
    """One action: the first way that can be carried out."""

    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold: the first way that does; left out when none does, for then it is chance and not the task."""

    ways: tuple[str, ...]
    bare: bool = False
    """Whether the ways are conditions for `assert`; else they are `expect(…)` in full."""
    result: bool = False
    """Whether it is about what the whole task led to."""


@dataclass(frozen=True, slots=True)
class Code:
    """As it stands."""

    line: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an action leads to and is waited for: `with page.expect_popup() as popup_info:`"""

    heads: tuple[str, ...]
    body: tuple[Do, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """The request that was answered by `variable`: which of the values it carries, the rehearsal shows."""

    variable: str
    values: tuple[tuple[str, str], ...]
    """Parameter and value."""


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty line."""


Line = Do | Check | Code | Waiting | Sent | Gap


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Secret:
    name: str
    """The fixture's."""
    variable: str
    """The environment's."""
    field: str


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    task: str
    run: str
    parameters: tuple[Parameter, ...]
    secrets: tuple[Secret, ...]
    lines: tuple[Line, ...]
    server: str = ""
    """Where it was recorded; another one can be named when the test is run."""
    files: tuple[str, ...] = ()
    """Paths of the files that the run gave to the page."""
