"""Records a run as `autoglm run` would, but for the model, whose part a list of steps plays."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from autoglm import agent
from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.dialects import dialect_of
from autoglm.human import Nobody
from autoglm.models.scripted import ScriptedModel
from autoglm.policy import BasicPolicy
from autoglm.seams import Human
from autoglm.store import SqliteStore, new_id
from autoglm.types import Action, Finish, Goto, Limits, Message, Run, Type
from tests.agent.reader import spelled

Line = str
"""An element by how its line on the page begins: `textbox "Name"`; `#2 button "Delete"` is the second such line."""
Said = Action | str | Callable[[Callable[[Line], int]], Action]


async def record(
    pipe: PlaywrightPipe,
    store: SqliteStore,
    url: str,
    task: str,
    *said: Said,
    human: Human | None = None,
    downloads: Path | None = None,
) -> str:
    """The id of a run that began at the address and did these; without a Finish at the end one is added."""
    replies = [*said] if said and isinstance(said[-1], Finish) else [*said, Finish("Done.")]
    model = ScriptedModel([_reply(each) for each in replies])
    run = Run(new_id(), task, model.name, started=time.time())
    tabs = await pipe.tabs(downloads=downloads)
    browser = CdpBrowser(tabs, await tabs.open(), screenshots=True)
    try:
        await browser.act(Goto(url))
        store.start(run)
        steps = agent.run(
            run,
            browser,
            model,
            dialect=dialect_of(run.model),
            policy=BasicPolicy(),
            human=human or Nobody(),
            store=store,
            limits=Limits(),
        )
        async with aclosing(steps):
            async for step in steps:
                run = agent.conclude(run, step)
        store.end(run)
    finally:
        await browser.close()
    return run.id


def ref_of(prompt: str, line: Line) -> int:
    which, begins = re.match(r"(?:#(\d+) )?(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
    found = re.findall(rf"^\[(\d+)\] {re.escape(begins)}", spelled(prompt), re.MULTILINE)
    assert len(found) >= int(which or 1), f"no {line} on\n{prompt}"
    return int(found[int(which or 1) - 1])


def _reply(said: Said) -> Callable[[Sequence[Message]], str | Action]:
    def reply(messages: Sequence[Message]) -> str | Action:
        return said(lambda line: ref_of(messages[-1].content, line)) if callable(said) else said

    return reply


def fill(line: Line, text: str) -> Said:
    return lambda ref: Type(ref(line), text)


def on(line: Line, action: Action) -> Said:
    """The action, whose ref is the element's."""
    return lambda ref: replace(action, ref=ref(line))  # type: ignore[call-arg]
