"""Chrome's own bar, clicked by a real mouse in a real window: what no protocol can reach."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import ImageGrab

from autoglm.types import Wait
from tests.extension.conftest import Chrome, chrome_with_extension, pair, serving
from tests.site.server import Site

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool (apt install xvfb xdotool)"
)


@pytest_asyncio.fixture(loop_scope="session")
async def display() -> AsyncIterator[str]:
    """An X server's name."""
    told, tells = os.pipe()
    options = ("-displayfd", str(tells), "-screen", "0", "1200x900x24", "-nolisten", "tcp")
    process = await asyncio.create_subprocess_exec(
        "Xvfb", *options, pass_fds=(tells,), stderr=asyncio.subprocess.DEVNULL
    )
    os.close(tells)
    with os.fdopen(told) as line:
        yield f":{(await asyncio.to_thread(line.readline)).strip()}"
    process.terminate()
    await process.wait()


def cancel_button(display: str, page_top: int, page_width: int) -> tuple[int, int] | None:
    """The middle of what is blue on the bar, which is right above the page."""
    bar = ImageGrab.grab(xdisplay=display).convert("RGB").crop((0, page_top - 50, page_width, page_top - 8))
    blue = [
        (x, y)
        for y in range(bar.height)
        for x in range(bar.width)
        if (pixel := bar.getpixel((x, y))) and isinstance(pixel, tuple) and pixel[2] > 180 > 2 * pixel[0]
    ]
    if len(blue) < 1000:
        return None
    return sum(x for x, _ in blue) // len(blue), page_top - 50 + sum(y for _, y in blue) // len(blue)


async def click(display: str, at: tuple[int, int]) -> None:
    command = ("xdotool", "mousemove", str(at[0]), str(at[1]), "click", "1")
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, "DISPLAY": display})
    assert await process.wait() == 0


async def where_the_page_is(chrome: Chrome) -> tuple[int, int]:
    """Its top and its width on the screen."""
    top, width = await chrome.work.evaluate("[screenY + outerHeight - innerHeight, innerWidth]")
    return int(top), int(width)


async def test_cancel_on_chromes_bar_stops_the_run(site: Site, display: str, tmp_path: Path) -> None:
    own = chrome_with_extension(tmp_path / "profile", f"{site.url}/contact.html", display=display)
    async with serving(tmp_path) as served, own as chrome:
        await pair(chrome, served)
        served.script[:] = [Wait(10)] * 9
        await chrome.start("Wait")
        await chrome.panel.locator(".step.now").wait_for()
        at = before = None
        async with asyncio.timeout(60):
            while at is None or at != before:  # the bar slides in
                before, at = at, cancel_button(display, *await where_the_page_is(chrome))
                await asyncio.sleep(0.1)
        await click(display, at)
        assert await chrome.ended() == "stopped"
        assert "Chrome's own bar" in await chrome.panel.locator(".run .result").inner_text()
        assert served.store.runs()[-1].run.outcome == "stopped"
        assert await chrome.panel.evaluate("chrome.storage.session.get('tabs').then(kept => kept.tabs)") == []
