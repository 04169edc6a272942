"""Makes docs/demo.png, the README's picture: a real run of the demo, what it said and the pages it was on.

python docs/picture.py
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import launch
from autoglm.types import Viewport
from tests.site.demo import TASK
from tests.site.server import serve

OUT = Path(__file__).parent / "demo.png"
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 28px; background: #e9ecf5; display: flex; gap: 24px }}
pre {{ margin: 0; padding: 18px 20px; width: 668px; box-sizing: border-box; background: #101828; color: #d0d8ea;
  font: 12.5px/1.6 "DejaVu Sans Mono", monospace; border-radius: 12px; white-space: pre-wrap }}
pre b {{ color: #7ee2a8; font-weight: 500 }}
div {{ display: flex; flex-direction: column; gap: 20px }}
img {{ width: 560px; border-radius: 12px; box-shadow: 0 8px 30px #10182833 }}
</style><pre>{story}</pre><div><img src="{before}"><img src="{after}"></div>"""


def run() -> tuple[str, str, str]:
    """What the command said, and the page with its last field filled and at the end, as data URLs."""
    with serve() as site, tempfile.TemporaryDirectory() as folder:
        url = f"{site.url}/contact.html"
        command = [sys.executable, "-m", "autoglm", "run", "--task", TASK, "--url", url, "--json"]
        environment = {**os.environ, "AUTOGLM_DATA": folder}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        steps = [step for line in done.stdout.splitlines() if (step := json.loads(line))["type"] == "step"]
        screenshots = sorted(Path(folder).glob("screenshots/*/*.jpg"))
        before = screenshots[[step["action"]["kind"] for step in steps].index("Click")]
        said = [line for line in done.stderr.splitlines() if line[:3].strip().isdigit() or line.startswith("finished")]
        story = f'$ autoglm run --url {url} \\\n    --task "{TASK}"\n\n' + "\n".join(said)
        return story, _data_url(before), _data_url(screenshots[-1])


def _data_url(image: Path) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(image.read_bytes()).decode()}"


async def draw(story: str, before: str, after: str) -> None:
    html = PAGE.format(story=escape(story).replace("finished", "<b>finished</b>"), before=before, after=after)
    async with launch(find_browser(), headless=True, viewport=Viewport(1308, 726)) as pipe:
        tab = await (await pipe.tabs()).open()
        await tab.page.set_content(html)
        await tab.page.screenshot(path=OUT)


if __name__ == "__main__":
    asyncio.run(draw(*run()))
    sys.stdout.write(f"{OUT}\n")
