"""browser-use looking at pages for observe.py, which runs this with an interpreter that has it.

    python observe_browser_use.py BROWSER

Reads {"open": URL}, {"look": true} or {"script": JS} a line and answers each with a JSON object.
"""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ |= {
    "ANONYMIZED_TELEMETRY": "false", "BROWSER_USE_CLOUD_SYNC": "false", "BROWSER_USE_VERSION_CHECK": "false",
    "BROWSER_USE_LOGGING_LEVEL": "result",
}  # fmt: skip

from browser_use import BrowserProfile, BrowserSession


async def look(session: Any) -> dict[str, Any]:
    began = time.perf_counter()
    state = await session.get_browser_state_summary(include_screenshot=False)
    seen = time.perf_counter()
    text = state.dom_state.llm_representation()
    return {"seconds": seen - began, "text_s": time.perf_counter() - seen, "text": text}


async def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = BrowserProfile(
            executable_path=sys.argv[1], headless=True, chromium_sandbox=False, enable_default_extensions=False,
            user_data_dir=str(Path(folder, "profile")), keep_alive=True,
        )  # fmt: skip
        session = BrowserSession(browser_profile=profile)
        await session.start()
        while line := await asyncio.to_thread(sys.stdin.readline):
            match json.loads(line):
                case {"open": url}:
                    await session.navigate_to(url)
                    answer: dict[str, Any] = {}
                case {"script": script}:
                    page = await session.get_current_page()
                    answer = {"value": await page.evaluate(f"() => String({script})")}
                case _:
                    answer = await look(session)
            print(json.dumps(answer), flush=True)
        await session.kill()
    os._exit(0)  # it leaves threads and tasks behind


asyncio.run(main())
