"""Both pipes, the same pages, the same script: the same recorded steps, but for times and pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import launch
from autoglm.models.scripted import ScriptedModel
from autoglm.session import Going
from autoglm.store import SqliteStore, new_id
from autoglm.types import (
    Action,
    Back,
    Click,
    Dialog,
    Extract,
    Finish,
    Goto,
    Hover,
    Message,
    NewTab,
    Note,
    Press,
    Run,
    Scroll,
    Seconds,
    Step,
    SwitchTab,
    Type,
    Viewport,
)
from tests.extension.conftest import Chrome, Served
from tests.extension.test_panel import FORM, on
from tests.site.server import Site

Script = list[Action | Callable[[Sequence[Message]], Action]]
TASK = "Follow the script"
SIZE = Viewport(1000, 720)
"""Of the pages in `Chrome`."""


def scripts(site: str) -> dict[str, Script]:
    return {
        "form": [*FORM],
        "mistakes": [
            Click(999),
            on("Send message", Click),
            Goto("file:///etc/passwd"),
            Extract(),
            Finish("Gave up.", success=False),
        ],
        "ways": [
            Goto(f"{site}/index.html"),
            Scroll("down"),
            Back(),
            NewTab(f"{site}/orders.html"),
            SwitchTab(1),
            on("First name", lambda ref: Type(ref, "Ada")),
            Press("Tab"),
            on("Send message", Hover),
            Note("seen"),
            Finish("Went about."),
        ],
        "dialogs": [
            Goto(f"{site}/confirm.html"),
            on("Delete account", Click),
            Dialog(accept=False),
            Finish("Kept it."),
        ],
        "frames and shadow roots": [
            Goto(f"{site}/frame.html"),
            Goto(f"{site}/shadow.html"),
            Goto(f"{site}/widgets/frames.html"),
            Finish("Looked."),
        ],
    }


async def through_playwright(script: Script, url: str, folder: Path) -> list[Step]:
    with SqliteStore(folder) as store:
        async with launch(find_browser(), viewport=SIZE) as pipe:
            tabs = await pipe.tabs()
            browser = CdpBrowser(tabs, await tabs.open(), screenshots=True)
            await browser.act(Goto(url))
            await browser.observe()  # what was answered until now is no news to the run
            run = Run(new_id(), TASK, "scripted", started=time.time())
            async for _ in Going(run, browser, ScriptedModel([*script]), store).steps():
                pass
            await browser.close()
        return store.steps(run.id)


async def through_the_extension(script: Script, chrome: Chrome, served: Served) -> list[Step]:
    served.script[:] = script
    await chrome.start(TASK)
    await chrome.ended()
    return served.store.steps(served.store.runs()[-1].run.id)


def recorded(steps: Sequence[Step]) -> list[Any]:
    """All that is in a step, without its times and its picture."""
    return [
        replace(step, seconds=Seconds(), observation=replace(step.observation, at=0, screenshot=None)) for step in steps
    ]


@pytest.mark.parametrize("name", list(scripts("")))
async def test_both_pipes_record_the_same_steps(
    name: str, chrome: Chrome, served: Served, site: Site, tmp_path: Path
) -> None:
    script = scripts(site.url)[name]
    ours = await through_playwright(script, f"{site.url}/contact.html", tmp_path)
    theirs = await through_the_extension(script, chrome, served)
    assert len(ours) == len(script)
    assert all(step.observation.screenshot for step in (*ours, *theirs) if not step.observation.dialog)
    for mine, other in zip(recorded(ours), recorded(theirs), strict=True):
        assert mine == other
