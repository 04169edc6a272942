"""`autoglm serve` as a person starts it, in a process of its own, with a model server that a script speaks for."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from autoglm.listen import EXTENSION_ID
from tests.agent.doubles import Request, Wire
from tests.agent.doubles import serving as model_server
from tests.extension.conftest import Chrome, Served, chrome_with_extension, free_port
from tests.site.server import Site


@dataclass
class Started:
    process: Process
    code: str
    """What it printed to its standard output at once."""

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        """As Ctrl-C and service managers do. Raises TimeoutError."""
        if self.process.returncode is None:
            self.process.terminate()
        async with asyncio.timeout(30):
            await self.process.wait()


@asynccontextmanager
async def autoglm(home: Path, port: int, model: str, *, pairs: bool) -> AsyncGenerator[Started]:
    """`pairs`: it has no browser yet, and prints a code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "autoglm", "serve", "--port", str(port), "--base-url", model),
        stdout=PIPE,
        stderr=PIPE,
        env=os.environ | {"XDG_CONFIG_HOME": str(home / "config"), "AUTOGLM_DATA": str(home / "data")},
    )
    assert process.stdout and process.stderr
    try:
        while f"listens at 127.0.0.1:{port} with script-1" not in (line := (await process.stderr.readline()).decode()):
            assert line, "autoglm serve ended"
        yield Started(process, (await process.stdout.readline()).decode().strip() if pairs else "")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Speaker:
    """A model server whose replies are told one by one; what is not told yet is waited for."""

    def __init__(self) -> None:
        self.parts: asyncio.Queue[str] = asyncio.Queue()
        """Of replies; "" ends one."""

    def reply(self, *texts: str) -> None:
        for text in texts:
            self.parts.put_nowait(text)
            self.parts.put_nowait("")

    async def __call__(self, request: Request, wire: Wire) -> None:
        if request.path.endswith("/models"):
            await wire.json({"object": "list", "data": [{"id": "script-1", "object": "model"}]})
            return
        await wire.head()
        while part := await self.parts.get():
            await wire.delta(content=part)
        await wire.delta(finish="stop")
        await wire.send("data: [DONE]\n\n")


async def thought(chrome: Chrome, text: str) -> None:
    await chrome.panel.locator(".step.now pre", has_text=text).wait_for()


async def connected(chrome: Chrome) -> None:
    await chrome.panel.locator("#connection[data-state=connected]").wait_for()


async def pair_at(chrome: Chrome, port: int, code: str) -> None:
    panel = chrome.panel
    await panel.click("#show-settings")
    await panel.fill("#port", str(port))
    await panel.press("#port", "Enter")
    await panel.click("#show-talk")
    await panel.fill("#code", code)
    await panel.press("#code", "Enter")
    await connected(chrome)


async def test_the_panel_outlives_the_server_and_the_server_the_panel(site: Site, tmp_path: Path) -> None:
    say, port, url = Speaker(), free_port(), f"{site.url}/contact.html"
    async with model_server(say) as model:
        async with chrome_with_extension(tmp_path / "profile", url) as chrome:
            panel = chrome.panel
            await panel.locator("#away", has_text="autoglm serve").wait_for()
            async with autoglm(tmp_path, port, model.url, pairs=True) as first:
                assert re.fullmatch(r"[A-Z2-9]{8}", first.code)
                await pair_at(chrome, port, first.code)
                await chrome.start("Think")
                say.parts.put_nowait("First I look")  # and the reply goes on
                await thought(chrome, "First I look")
                await panel.reload()
                await panel.locator(".step.now").wait_for()  # what is written before it is there is not told again
                say.parts.put_nowait(" at the form")
                await thought(chrome, " at the form")
                await first.kill()
                await panel.locator("#connection[data-state=away]").wait_for()
            say.parts.put_nowait("")
            async with autoglm(tmp_path, port, model.url, pairs=False):
                await connected(chrome)
                assert await chrome.ended() == "died"
                say.reply('finish(message="Here again.")')
                await chrome.start("Go on")
                await panel.locator(".run:nth-child(2) .result", has_text="Here again.").wait_for()
                assert await panel.evaluate("chrome.storage.session.get('tabs').then(kept => kept.tabs)") == []
        async with (
            autoglm(tmp_path, port, model.url, pairs=False),
            chrome_with_extension(tmp_path / "profile", url) as chrome,
        ):
            await connected(chrome)  # without a code
            await chrome.panel.click("#show-past")
            await chrome.panel.locator("#recordings li").nth(1).wait_for()


@pytest.mark.parametrize("closed", [False, True])
async def test_a_server_that_is_told_to_end_in_the_middle_of_a_run_ends(
    site: Site, tmp_path: Path, closed: bool
) -> None:
    """Whether or not Chrome is still there."""
    say, port = Speaker(), free_port()
    async with model_server(say) as model, autoglm(tmp_path, port, model.url, pairs=True) as started:
        async with chrome_with_extension(tmp_path / "profile", f"{site.url}/contact.html") as chrome:
            await pair_at(chrome, port, started.code)
            await chrome.start("Think")
            say.parts.put_nowait("First I look")
            await thought(chrome, "First I look")
            if not closed:
                await started.end()
        await started.end()
        say.parts.put_nowait("")


async def test_another_model_server_is_chosen_in_the_panel_and_its_thinking_shows_as_it_is_written(
    chrome: Chrome, served: Served
) -> None:
    say, panel = Speaker(), chrome.panel
    async with model_server(say) as model:
        await panel.click("#show-settings")
        await panel.fill("#base-url", f"{model.url}/v1")
        await panel.click("#options button.primary")
        await panel.locator("#model dd", has_text=model.url).wait_for()
        await panel.click("#show-talk")
        await chrome.start("Think aloud")
        for part, shown in (("<think>The page", "The page"), (" has a form", "has a form"), (".</think>", "form.")):
            say.parts.put_nowait(part)
            await thought(chrome, shown)
        assert await panel.locator(".run .step:not(.now)").count() == 0
        say.reply('finish(message="Thought.")')
        assert await chrome.ended() == "finished"
        step = panel.locator(".run").last.locator(".step")
        await step.locator("summary").click()
        assert "The page has a form." in await step.inner_text()
        assert served.store.runs()[-1].run.model == "script-1"
    await panel.click("#show-settings")
    await panel.fill("#base-url", "")
    await panel.click("#options button.primary")
    await panel.locator("#model dd", has_text="scripted").wait_for()


async def test_a_server_that_does_not_come_back_is_given_up(paired: Chrome) -> None:
    """The worker's own connection, with little patience, in the panel's page."""
    given_up = await paired.panel.evaluate(
        """async () => {
          const kept = await chrome.storage.session.get();
          const {Connection} = await import('/connection.js');
          await new Promise(resolve => new Connection(() => undefined, () => undefined, resolve, 1));
          const left = await chrome.storage.session.get(['session', 'seen']);
          await chrome.storage.session.set(kept);
          return left;
        }"""
    )
    assert given_up == {}


TWICE = """async () => {
  const {Connection} = await import('/connection.js');
  const opened = [];
  globalThis.opened = opened;
  globalThis.WebSocket = class {
    constructor() { opened.push(this) }
    close() { queueMicrotask(() => this.onclose({code: 1006, reason: ''})) }
  };
  const connection = new Connection(() => undefined, () => undefined, () => undefined);
  connection.connect();
  await chrome.storage.local.get();  // what was asked before is answered before
  connection.connect('ABCD2345');
  await chrome.storage.local.get();
}"""


async def test_the_end_of_an_earlier_attempt_does_not_end_the_one_with_the_code(paired: Chrome) -> None:
    page = await paired.context.new_page()
    await page.clock.install(time=0)
    await page.goto(f"chrome-extension://{EXTENSION_ID}/manifest.json")
    await page.clock.pause_at(3600)
    await page.evaluate(TWICE)
    await page.clock.run_for(2000)
    assert await page.evaluate("chrome.storage.local.get().then(() => opened.length)") == 2
    await page.close()
