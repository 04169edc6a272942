"""The extension's worker dies when Chrome likes. No run is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

from autoglm.types import Action, Click, Finish, Message
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
    served.panel.choices = served.panel.choices.model_copy(update={"steps": 1000})
    random_ = random.Random(3)
    await chrome.start("Count")
    slowest = 0.0
    for _ in range(20):
        await asyncio.sleep(random_.uniform(0.05, 0.8))
        connected = len(served.joined)
        stopped = time.monotonic()
        await stop_workers(chrome)
        while len(served.joined) == connected:
            assert time.monotonic() - stopped < 5
            await asyncio.sleep(0.01)
        slowest = max(slowest, served.joined[-1] - stopped)
    enough.set()
    ended = await chrome.ended()
    run = served.store.runs()[-1].run
    steps = served.store.steps(run.id)
    clicked = sum(isinstance(step.action, Click) and step.error is None for step in steps)
    in_doubt = sum(isinstance(step.action, Click) and "perhaps" in (step.error or "") for step in steps)
    counted = int(await chrome.work.inner_text("#clicks"))
    assert clicked <= counted <= clicked + in_doubt
    assert (ended, clicked >= 5) == ("finished", True), steps[-1].error
