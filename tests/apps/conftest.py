"""One Chromium for all applications, a fresh profile for each task, and the real loop between it and the script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import aclosing
from typing import Protocol

import pytest
import pytest_asyncio

from autoglm import agent
from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import PlaywrightPipe, launch
from autoglm.dialects.ref import RefDialect
from autoglm.human import Nobody
from autoglm.policy import BasicPolicy
from autoglm.types import Goto, Limits, Run, Step
from tests.agent.doubles import MemoryStore
from tests.apps.script import UNDONE, Do, Script, See


class CarryOut(Protocol):
    def __call__(self, url: str, *steps: Do | See) -> Awaitable[Script]: ...


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pipe() -> AsyncIterator[PlaywrightPipe]:
    async with launch() as pipe:
        yield pipe


@pytest.fixture
def carry_out(pipe: PlaywrightPipe) -> CarryOut:
    async def carry_out(url: str, *steps: Do | See) -> Script:
        """The script, at its end; each of its steps went well in the loop that carries out a model's."""
        script = Script(steps)
        tabs = await pipe.tabs()
        browser = CdpBrowser(tabs, await tabs.open())
        try:
            await browser.act(Goto(url))
            run = agent.run(
                Run("application", "", script.name),
                browser,
                script,
                dialect=RefDialect(),
                policy=BasicPolicy(),
                human=Nobody(),
                store=MemoryStore(),
                limits=Limits(steps=80, seconds=90),
            )
            taken: list[Step] = []
            async with aclosing(run):
                async for step in run:
                    taken.append(step)
                    passing = (step.error or "").startswith("the page changed while you were finishing")
                    passing |= (step.error or "").endswith(UNDONE)
                    assert not step.error or passing, f"{script.said[-1]}: {step.error}\n{script.page}"
            assert taken[-1].ends == "finished"
        finally:
            await browser.close()
        return script

    return carry_out
