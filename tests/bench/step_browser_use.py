"""browser-use filling in ten fields by a script; step.py runs this with an interpreter that has browser-use.

    python step_browser_use.py URL '{"field": "value", …}' BROWSER

A fake OpenAI server in this process reads each prompt and says which field to fill in next. Prints one JSON object.
"""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

os.environ |= {
    "ANONYMIZED_TELEMETRY": "false", "BROWSER_USE_CLOUD_SYNC": "false", "BROWSER_USE_VERSION_CHECK": "false",
    "SKIP_LLM_API_KEY_VERIFICATION": "true", "BROWSER_USE_LOGGING_LEVEL": "result",
}  # fmt: skip

from browser_use import Agent, BrowserProfile, BrowserSession, ChatOpenAI

URL, VALUES, BROWSER = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]


class Fake(BaseHTTPRequestHandler):
    """Answers chat completions from the script."""

    turn = 0

    def do_POST(self) -> None:
        messages = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"]
        prompts = [message["content"] for message in messages]
        text = "\n".join(p if isinstance(p, str) else "".join(part.get("text", "") for part in p) for p in prompts)
        names = list(VALUES)
        if Fake.turn < len(names):
            name = names[Fake.turn]
            found = re.findall(rf"\[(\d+)\]<input[^>]*\b(?:name|id)={name}\b", text)
            if not found:
                sys.stderr.write(f"no {name} in the prompt:\n{text[-4000:]}\n")
                os._exit(1)
            action: dict[str, Any] = {"input": {"index": int(found[-1]), "text": VALUES[name]}}
        else:
            action = {"done": {"text": "Filled in.", "success": True, "files_to_display": []}}
        Fake.turn += 1
        said = {"thinking": "", "evaluation_previous_goal": "", "memory": "", "next_goal": "", "action": [action]}
        message = {"role": "assistant", "content": json.dumps(said)}
        reply = {
            "id": "x", "object": "chat.completion", "created": 0, "model": "fake",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }  # fmt: skip
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002


class Timed(ChatOpenAI):
    """Knows how long it was waited for."""

    async def ainvoke(self, *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return await super().ainvoke(*args, **kwargs)
        finally:
            waited.append(time.perf_counter() - began)


waited: list[float] = []


async def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Fake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = BrowserProfile(
            executable_path=BROWSER, headless=True, chromium_sandbox=False, enable_default_extensions=False,
            user_data_dir=str(Path(folder, "profile")), keep_alive=True,
        )  # fmt: skip
        session = BrowserSession(browser_profile=profile)
        await session.start()
        await session.navigate_to(URL)
        llm = Timed(model="gpt-4.1", base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="x")
        agent = Agent(
            task="Fill in the ten fields.", llm=llm, browser_session=session, use_vision=False, use_judge=False
        )
        began = time.perf_counter()
        history = await agent.run(max_steps=len(VALUES) + 1)
        wall = time.perf_counter() - began
        page = await session.get_current_page()
        held = json.loads(
            await page.evaluate(
                "() => JSON.stringify(Object.fromEntries("
                "[...document.querySelectorAll('form [name]')].map(e => [e.name, e.value])))"
            )
        )
        print(
            json.dumps({
                "seconds": wall - sum(waited), "steps": history.number_of_steps(),
                "held": {key: held.get(key) for key in VALUES},
            }),
            flush=True,
        )  # fmt: skip
        await session.kill()
    os._exit(0)  # it leaves threads and tasks behind


asyncio.run(main())
