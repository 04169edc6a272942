"""Makes docs/panel.png, the README's picture of the side panel: a real run of the demo's task in a real Chromium.

python docs/panel_picture.py
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from autoglm.local_server import local_server
from autoglm.models.openai import OpenAIModel
from tests.extension.conftest import chrome_with_extension, pair, serving
from tests.site.demo import TASK
from tests.site.server import serve

OUT = Path(__file__).parent / "panel.png"
STEPS = 5
"""How far the run has come in the picture."""


async def main() -> None:
    with serve() as site, tempfile.TemporaryDirectory() as folder:
        async with local_server(progress=sys.stderr.write) as server:
            ready = await server.ready()
            async with OpenAIModel(ready.url, ready.model) as model, serving(Path(folder), model) as served:
                url = f"{site.url}/contact.html"
                async with chrome_with_extension(Path(folder) / "profile", url) as chrome:
                    await pair(chrome, served)
                    await chrome.start(TASK)
                    await chrome.panel.locator(".step:not(.now)").nth(STEPS - 1).wait_for(timeout=120_000)
                    await chrome.panel.locator(".step.now pre:not(:empty)").wait_for()
                    panel = Image.open(io.BytesIO(await chrome.panel.screenshot()))
                    page = Image.open(io.BytesIO(await chrome.work.screenshot()))
                    sys.stderr.write(f"{await chrome.ended(300)}\n")
    side_by_side(page, panel).save(OUT, optimize=True)
    sys.stdout.write(f"{OUT}\n")


def side_by_side(page: Image.Image, panel: Image.Image) -> Image.Image:
    """As they stand in Chrome's window: the page on the left, as high as the panel."""
    height = panel.height
    both = Image.new("RGB", (page.width + 2 + panel.width, height), "#c9cdd6")
    both.paste(page.crop((0, 0, page.width, height)), (0, 0))
    both.paste(panel, (page.width + 2, 0))
    return both


asyncio.run(main())
