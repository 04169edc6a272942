"""The extension's worker dies when Chrome likes. No run is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from autoglm.browser.extension_pipe import AWAY_S
from autoglm.protocol import Choices
from autoglm.types import Action, Click, Finish, Message, Step
from tests.extension.conftest import Chrome, Served
from tests.extension.test_panel import on

COUNTER = """<!doctype html><title>Counter</title>
  <button onclick="
    clicks.textContent = Number(clicks.textContent) + 1;
    said.textContent = 'Clicked ' + clicks.textContent">Count</button>
  <output id="clicks">0</output><p id="said"></p>"""


async def stop_workers(chrome: Chrome) -> None:
    session: Any = await chrome.panel.context.new_cdp_session(chrome.panel)
    await session.send("ServiceWorker.enable")
    await session.send("ServiceWorker.stopAllWorkers")
    await session.detach()


async def test_a_worker_stopped_twenty_times_loses_no_run_and_repeats_no_click(chrome: Chrome, served: Served) -> None:
    await chrome.work.set_content(COUNTER)
    asked = 0

    def count(messages: Sequence[Message]) -> Action:
        nonlocal asked
        asked += 1
        return Finish("Counted.") if enough.is_set() else on("Count", Click)(messages)

    enough = asyncio.Event()
    served.script[:] = [count] * 2000
    served.panel.choices = Choices(steps=1000)
    random_ = random.Random(3)
    await chrome.start("Count")
    for _ in range(20):
        await asyncio.sleep(random_.uniform(0.05, 0.8))
        connected = len(served.joined)
        await stop_workers(chrome)
        async with asyncio.timeout(AWAY_S):  # so long a run waits for it
            while len(served.joined) == connected:
                await asyncio.sleep(0.01)
    run = served.store.runs()[-1].run
    async with asyncio.timeout(60):
        while sum(map(clicked, served.store.steps(run.id))) < 5:
            await asyncio.sleep(0.1)
    enough.set()
    assert await chrome.ended() == "finished"
    served.panel.choices = Choices()
    steps = served.store.steps(run.id)
    in_doubt = sum(isinstance(step.action, Click) and "perhaps" in (step.error or "") for step in steps)
    counted = int(await chrome.work.inner_text("#clicks"))
    assert sum(map(clicked, steps)) <= counted <= sum(map(clicked, steps)) + in_doubt


def clicked(step: Step) -> bool:
    return isinstance(step.action, Click) and step.error is None
