"""Who is neither our panel nor our server gets nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from autoglm.listen import EXTENSION_ID
from tests.extension.conftest import Chrome, Served, chrome_with_extension
from tests.site.server import Site


async def test_a_web_page_can_neither_connect_to_the_port_nor_speak_to_the_extension(
    chrome: Chrome, served: Served, site: Site
) -> None:
    page = await chrome.context.new_page()
    await page.goto(f"{site.url}/index.html")
    opened = await page.evaluate(
        """port => new Promise(resolve => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}/v1`, ['autoglm.v1']);
          socket.onopen = () => resolve(true);
          socket.onerror = () => resolve(false);
        })""",
        served.port,
    )
    assert opened is False
    assert await page.evaluate("typeof chrome === 'undefined' || !chrome.runtime?.connect")
    for path in ("panel.html", "worker.js", "manifest.json"):  # nothing is web accessible
        assert await page.evaluate(
            "url => fetch(url).then(() => false, () => true)", f"chrome-extension://{EXTENSION_ID}/{path}"
        )
    await page.close()


async def test_a_second_extension_gets_nothing(site: Site, served: Served, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").write_text(
        json.dumps({"manifest_version": 3, "name": "Other", "version": "1", "background": {"service_worker": "w.js"}})
    )
    (other / "w.js").write_text("")
    async with chrome_with_extension(tmp_path / "profile", f"{site.url}/index.html", other) as chrome:
        async with asyncio.timeout(60):
            while not (strange := [w for w in chrome.context.service_workers if EXTENSION_ID not in w.url]):
                await asyncio.sleep(0.05)
        (worker,) = strange
        said = await worker.evaluate(
            """async ([id, port]) => {
              const connect = new Promise(resolve => {
                const opened = chrome.runtime.connect(id);
                opened.onDisconnect.addListener(() => resolve(chrome.runtime.lastError?.message ?? 'closed'));
                opened.onMessage.addListener(() => resolve('heard something'));
                opened.postMessage({t: 'list'});
              });
              const message = chrome.runtime.sendMessage(id, {t: 'list'}).then(() => 'answered', error => error.message);
              const socket = new Promise(resolve => {
                const it = new WebSocket(`ws://127.0.0.1:${port}/v1`, ['autoglm.v1']);
                it.onopen = () => resolve('opened');
                it.onerror = () => resolve('refused');
              });
              return [await connect, await message, await socket];
            }""",
            [EXTENSION_ID, served.port],
        )
    assert said[0] != "heard something"
    assert "Could not establish connection" in said[1]
    assert said[2] == "refused"


@pytest.mark.parametrize("knows", ["nothing", "the hello"])
async def test_a_squatter_on_the_port_learns_nothing(site: Site, served: Served, tmp_path: Path, knows: str) -> None:
    """Another program took the port: it hears one hello without a secret in it, and no proof."""
    heard: list[str] = []
    hung_up = asyncio.Event()

    async def squat(socket: ServerConnection) -> None:
        async for frame in socket:
            heard.append(str(frame))
            if knows == "the hello":
                nonce = "00" * 16
                wrong = {"t": "challenge", "version": 1, "server": "x", "nonce": nonce, "mac": "0" * 64}
                await socket.send(json.dumps(wrong))
        hung_up.set()

    async with serve(squat, "127.0.0.1", 0, subprotocols=["autoglm.v1"]) as server:  # type: ignore[list-item]
        port = server.sockets[0].getsockname()[1]
        async with chrome_with_extension(tmp_path / "profile", f"{site.url}/index.html") as chrome:
            key, secret = served.keys.fresh()
            kept = {"key": key, "secret": secret.hex(), "server": served.keys.server, "port": port}
            await chrome.panel.evaluate("kept => chrome.storage.local.set(kept)", kept)
            await chrome.panel.reload()
            await asyncio.wait_for(hung_up.wait(), 60)
            assert {json.loads(frame)["t"] for frame in heard} == {"hello"}
            assert not any(secret.hex() in frame for frame in heard)
