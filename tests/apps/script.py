"""A model that works by a script: it finds each thing on the page by role and name, as a reader of the page would."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoglm.dialects.grammar import quote
from autoglm.types import Completion, Message
from tests.agent.doubles import accepts

PATIENCE = 10
"""How many seconds, and looks, a thing is given to appear on the page."""
DONE = 'finish(message="Done.")'
Argument = str | bool | int | list[str]


@dataclass(frozen=True, slots=True)
class Do:
    """An action on the first line `[ref] on…` that the page has behind the text `after`."""

    action: str
    on: str = ""
    after: str = ""
    arguments: dict[str, Argument] = field(default_factory=dict[str, Argument])

    def call(self, page: str) -> str | None:
        """As the `ref` dialect writes it; None when the page has no such thing."""
        behind = max(page.find(self.after), 0)
        line = re.compile(rf"^\[(\d+)\] {re.escape(self.on)}", re.MULTILINE).search(page, behind)
        if self.after not in page or (self.on and not line):
            return None
        ref = {"ref": line[1]} if self.on and line else {}
        given = {**ref, **{key: _written(value) for key, value in self.arguments.items()}}
        return f"do({', '.join([f'action={quote(self.action)}', *(f'{key}={value}' for key, value in given.items())])})"


@dataclass(frozen=True, slots=True)
class See:
    """Nothing but waiting until the page has the text."""

    text: str


def do(action: str, on: str = "", /, *, after: str = "", **arguments: Argument) -> Do:
    return Do(action, on, after, arguments)


@dataclass(slots=True)
class Script:
    """`seams.Model`: a turn for each step, none for a `See`; says that it is done at the end, and again if asked."""

    steps: Sequence[Do | See]
    name: str = "script"
    page: str = ""
    """As last shown."""
    said: list[str] = field(default_factory=list[str])
    """Its replies."""
    _next: int = 0
    _waited: int = 0

    async def complete(self, messages: Sequence[Message], grammar: str | None) -> Completion:
        self.page = messages[-1].content
        while self._next < len(self.steps):
            step = self.steps[self._next]
            if isinstance(step, See) and step.text in self.page:
                self._next += 1
                continue
            reply = step.call(self.page) if isinstance(step, Do) else None
            return self._say(reply, grammar) if reply else self._wait(step)
        return Completion(DONE, model=self.name)

    def _say(self, reply: str, grammar: str | None) -> Completion:
        assert grammar is None or accepts(grammar, reply), f"the grammar of this page refuses {reply}\n{self.page}"
        self.said.append(reply)
        self._next, self._waited = self._next + 1, 0
        return Completion(reply, model=self.name)

    def _wait(self, step: Do | See) -> Completion:
        self._waited += 1
        assert self._waited <= PATIENCE, f"step {self._next} of the script, {step}, is not on the page\n{self.page}"
        return Completion('do(action="Wait", seconds=1)', model=self.name)


def _written(value: Argument) -> str:
    match value:
        case str():
            return quote(value)
        case list():
            return f"[{', '.join(map(quote, value))}]"
        case _:
            return str(value)
