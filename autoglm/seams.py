"""The protocols at which parts are exchanged. Each has at least two implementations; see docs/DESIGN.md."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal, Protocol

from autoglm.types import (
    Acted,
    Action,
    Completion,
    Download,
    Message,
    Observation,
    OnBrowser,
    OnElement,
    Run,
    Step,
    Verdict,
)

Json = dict[str, Any]
Grammar = str | Json
"""What a reply is held to while it is decoded: EBNF, or a JSON schema."""


class Cdp(Protocol):
    """A pipe to one tab, in Chrome's DevTools protocol (https://chromedevtools.github.io/devtools-protocol).

    Frames of other sites live in targets of their own. They are reached through the same pipe, by the flat session
    that `Target.attachedToTarget` named; "" is the tab's own.
    """

    async def send(self, method: str, /, session: str = "", **params: Any) -> Json:
        """The command's result. Raises BrowserGone, or CdpError with the browser's own message."""
        ...

    def events(self) -> AsyncIterator[tuple[str, Json, str]]:
        """Every event of the tab from now on, as (method, params, session). Ends when the tab is gone."""
        ...

    async def close(self) -> None: ...


class Tabs(Protocol):
    """The tabs of one run: those that it opened and those that they opened. Nobody else's are seen or touched."""

    async def open(self) -> Cdp:
        """A new, empty tab. Raises BrowserGone."""
        ...

    def popups(self) -> AsyncIterator[Cdp]:
        """Every tab or window that one of ours opens from now on."""
        ...

    def downloads(self) -> AsyncIterator[tuple[str, Download | None]]:
        """Every file that one of ours gives from now on, by the site's name for it: (name, None) when it begins,
        (name, what became of it) when that is known."""
        ...

    async def close(self) -> None:
        """All of them."""
        ...


class Browser(Protocol):
    async def observe(self) -> Observation:
        """The page once it has settled. Raises BrowserGone, when the last tab is gone."""
        ...

    async def act(self, action: OnElement | OnBrowser) -> Acted:
        """What it led to, and how what it was done on is found again. Raises Mistake when the page does not allow it or
        hangs; BrowserGone."""
        ...

    async def close(self) -> None: ...


class Dialect(Protocol):
    """The page as the model reads it, and the actions as it writes them. Pure."""

    def render(self, task: str, steps: Sequence[Step], observation: Observation) -> list[Message]: ...

    def grammar(self, task: str, steps: Sequence[Step], observation: Observation) -> str | None:
        """EBNF (as vLLM and our INT8 engine take it) of all replies that make sense on this page."""
        ...

    def parse(self, text: str) -> Action:
        """Raises Mistake when the text holds no action; never takes that for a finish."""
        ...

    def ask_for_data(self, task: str, steps: Sequence[Step], observation: Observation) -> tuple[list[Message], Grammar]:
        """What to ask, so that the answer is this page's data, and what the answer is held to."""
        ...

    def read_data(self, text: str, steps: Sequence[Step]) -> str:
        """All data so far with those of this answer, as JSON. Raises Mistake naming what does not fit the schema."""
        ...


class Model(Protocol):
    name: str

    async def complete(self, messages: Sequence[Message], grammar: Grammar | None) -> Completion:
        """Raises ModelUnavailable, ModelRefused."""
        ...


Asked = Literal["ask", "approve", "take_over"]


class Human(Protocol):
    async def ask(self, question: str, kind: Asked = "ask") -> str | None:
        """The answer, or None when nobody is there. `approve` wants a yes, `take_over` any word once it is done."""
        ...


class Policy(Protocol):
    def judge(self, action: Action, observation: Observation, run: Run) -> Verdict: ...


class Store(Protocol):
    """Append and read. Whatever returned is on disk."""

    def start(self, run: Run) -> None: ...

    def intend(self, run: Run, index: int, action: Action) -> None:
        """Called before the browser acts: an intent without a step was perhaps carried out."""
        ...

    def append(self, run: Run, step: Step) -> None: ...

    def end(self, run: Run) -> None: ...
