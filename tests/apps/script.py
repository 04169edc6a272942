"""A model that works by a script: it finds each thing on the page by role and name, as a reader of the page would."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autoglm.dialects.grammar import quote
from autoglm.seams import Grammar
from autoglm.types import Completion, Message
from tests.agent.doubles import accepts
from tests.agent.reader import spelled

PATIENCE = 10
"""How many seconds, and looks, a thing is given to appear on the page."""
WAIT = 'do(action="Wait", seconds=1)'
DONE = 'finish(message="Done.")'
UNDONE = "nothing was done, look again"
"""What the browser says of an element that moved or was covered in that very moment; the step is said once more."""
Argument = str | bool | int | list[str]


@dataclass(frozen=True, slots=True)
class Do:
    """An action on the first line `[ref] on…` that the page has behind the text `after`."""

    action: str
    on: str = ""
    after: str = ""
    arguments: dict[str, Argument] = field(default_factory=dict[str, Argument])
    until: str = ""
    """Done again every two seconds until the page has this text: for keys that an application is slow to hear."""

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
    """Nothing but waiting until the page has the text, or has it no longer."""

    text: str
    there: bool = True


def do(action: str, on: str = "", /, *, after: str = "", until: str = "", **arguments: Argument) -> Do:
    return Do(action, on, after, arguments, until)


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
    _again: int = 0

    async def complete(self, messages: Sequence[Message], grammar: Grammar | None) -> Completion:
        page, _, done = messages[-1].content.rpartition("\n\nDone:")
        self.page = spelled(page)
        if done.endswith(UNDONE) and self._again < PATIENCE:
            self._next, self._again = self._next - 1, self._again + 1
        while self._next < len(self.steps):
            match self.steps[self._next]:
                case See(text, there) if (text in self.page) == there:
                    self._go_on()
                case Do(until=text) if text and text in self.page:
                    self._go_on()
                case Do() as step if not self._waited % 2 and (reply := step.call(self.page)):
                    if step.until:
                        self._waited += 1
                    else:
                        self._go_on()
                    return self._say(reply, grammar)
                case step:
                    self._waited += 1
                    assert self._waited <= PATIENCE, f"{step} is not on the page\n{self.page}"
                    return self._say(WAIT, grammar)
        return self._say(DONE, grammar)

    def _go_on(self) -> None:
        self._next, self._waited = self._next + 1, 0

    def _say(self, reply: str, grammar: Grammar | None) -> Completion:
        assert not isinstance(grammar, str) or accepts(grammar, reply), (
            f"the grammar of this page refuses {reply}\n{self.page}"
        )
        self.said.append(reply)
        return Completion(reply, model=self.name)


def _written(value: Argument) -> str:
    match value:
        case str():
            return quote(value)
        case list():
            return f"[{', '.join(map(quote, value))}]"
        case _:
            return str(value)
