"""The port itself: who gets in, and how fast the others are shown out. A real websocket, no browser."""

from __future__ import annotations

import asyncio
import json
import secrets
import stat
import tracemalloc
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

from autoglm.listen import ORIGIN, Keys, Listener, Session
from autoglm.protocol import HANDSHAKE_S, LIMITS, SUBPROTOCOL, Close, FromPerson, List, Refusal, code_key, prove


@dataclass
class Served:
    listener: Listener
    keys: Keys
    port: int
    wishes: list[FromPerson]
    joined: list[Session]

    def knock(self, **changed: Any) -> connect:
        options: dict[str, Any] = {
            "origin": Origin(ORIGIN),
            "subprotocols": [Subprotocol(SUBPROTOCOL)],
            "compression": None,
            "proxy": None,
        }
        return connect(f"ws://127.0.0.1:{self.port}/v1", **(options | changed))


@pytest_asyncio.fixture(loop_scope="session")
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    keys, wishes, joined = Keys(tmp_path / "keys.json"), list[FromPerson](), list[Session]()
    keys.fresh()
    listener = Listener(keys, lambda _, wish: wishes.append(wish), joined.append)
    async with listener.serving(0) as port:
        yield Served(listener, keys, port, wishes, joined)


def hello(key: str = "", **changed: Any) -> dict[str, Any]:
    return {
        "t": "hello",
        "versions": [1],
        "client": "0.1.0",
        "key": key,
        "nonce": secrets.token_hex(16),
        "worker": "56" * 16,
        "session": "",
        "seen": 0,
        **changed,
    }


async def say(socket: ClientConnection, message: dict[str, Any]) -> dict[str, Any]:
    await socket.send(json.dumps(message))
    return json.loads(await socket.recv())


async def enter(served: Served, socket: ClientConnection, **changed: Any) -> dict[str, Any]:
    """The welcome of a paired extension."""
    key = next(iter(served.keys.secrets))
    greeting = hello(key, **changed)
    said = await say(socket, greeting)
    secret = served.keys.secrets[key]
    assert said["mac"] == prove(secret, "s", greeting["nonce"], said["nonce"], said["server"])
    return await say(socket, {"t": "auth", "mac": prove(secret, "c", greeting["nonce"], said["nonce"], said["server"])})


async def closed(socket: ClientConnection) -> int:
    """The code with which the server closes."""
    with suppress(ConnectionClosed):
        async for _ in socket:
            pass
    assert socket.close_code
    return socket.close_code


@contextmanager
def no_time() -> Generator[None]:
    """The loop's clock stands still: what waits for a time does not come to pass."""
    loop, now = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    loop.time = lambda: now
    try:
        yield
    finally:
        del loop.time


async def test_a_paired_extension_gets_in_and_is_heard(served: Served) -> None:
    async with served.knock() as socket:
        welcome = await enter(served, socket)
        assert welcome["t"] == "welcome"
        await socket.send('{"v":1,"seq":1,"ack":0,"t":"list"}')
        assert json.loads(await socket.recv()) == {"v": 1, "ack": 1, "t": "ack"}
    assert served.wishes == [List()]


async def test_the_code_pairs_a_browser(served: Served) -> None:
    code = served.keys.offer()
    async with served.knock() as socket:
        greeting = hello()
        said = await say(socket, greeting)
        key = code_key(code, greeting["nonce"], said["nonce"])
        proof = prove(key, "c", greeting["nonce"], said["nonce"], said["server"])
        paired = await say(socket, {"t": "pair", "mac": proof})
        assert paired["mac"] == prove(key, "s", greeting["nonce"], said["nonce"], said["server"])
        assert json.loads(await socket.recv())["t"] == "welcome"
    assert served.keys.secrets[paired["key"]] == bytes.fromhex(paired["secret"])


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": None},
        {"origin": Origin("null")},
        {"origin": Origin("https://evil.example")},
        {"origin": Origin(ORIGIN + ".evil.example")},
        {"origin": Origin(ORIGIN[:-1])},
        {"origin": Origin("chrome-extension://" + "a" * 32)},
        {"additional_headers": {"Host": "evil.example"}},
        {"additional_headers": {"Host": "127.0.0.1.evil.example"}},
        {"subprotocols": [Subprotocol("autoglm.v2")]},
        {"subprotocols": None},
    ],
    ids=["none", "null", "foreign", "prefix", "shorter", "other", "rebinding", "prefix-host", "version", "no-protocol"],
)
async def test_hostile_handshakes_are_refused_at_once(served: Served, changed: dict[str, Any]) -> None:
    with no_time(), suppress(InvalidHandshake):
        async with served.knock(**changed) as socket:
            assert await closed(socket) in (Close.VERSION, Close.ORIGIN)
    assert not served.joined


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["{}"], Close.SCHEMA),
        (["x" * (LIMITS.handshake + 1)], Close.SIZE),
        ([json.dumps(hello(versions=[2]))], Close.VERSION),
        ([json.dumps(hello()), json.dumps({"t": "pair", "mac": "0" * 64})], Close.AUTH),
        ([json.dumps(hello()), json.dumps({"t": "auth", "mac": "0" * 64})], Close.SCHEMA),
        ([json.dumps({"v": 1, "seq": 1, "t": "start", "tab": 1, "url": "", "task": "x"})], Close.SCHEMA),
    ],
    ids=["schema", "oversized", "old", "wrong-code", "no-key", "no-greeting"],
)
async def test_who_does_not_hold_the_key_is_shown_out(served: Served, frames: list[str], code: Close) -> None:
    with no_time():
        async with served.knock() as socket:
            for frame in frames:
                await socket.send(frame)
            assert await closed(socket) == code
    assert not served.joined


async def test_a_replayed_proof_is_worth_nothing(served: Served) -> None:
    key, secret = served.keys.fresh()
    greeting = hello(key)
    async with served.knock() as socket:
        said = await say(socket, greeting)
        proof = prove(secret, "c", greeting["nonce"], said["nonce"], said["server"])
        assert (await say(socket, {"t": "auth", "mac": proof}))["t"] == "welcome"
    async with served.knock() as socket:
        await say(socket, greeting)
        await socket.send(json.dumps({"t": "auth", "mac": proof}))
        assert await closed(socket) == Close.AUTH


async def test_a_silent_peer_is_shown_out(served: Served) -> None:
    async with served.knock() as socket:
        assert await asyncio.wait_for(closed(socket), HANDSHAKE_S + 60) == Close.DEADLINE


async def test_a_slow_upgrade_is_ended(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /v1 HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    await writer.drain()
    assert b"101" not in await asyncio.wait_for(reader.read(), HANDSHAKE_S + 60)
    writer.close()


async def test_plain_http_finds_nothing(served: Served) -> None:
    for request in (b"GET /v1 HTTP/1.1", b"POST /v1 HTTP/1.1", b"GET / HTTP/1.1"):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request + f"\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 60)
        assert answer.partition(b" ")[2][:1] == b"4", answer
        assert b"AutoGLM" not in answer
        writer.close()


async def test_a_frame_of_seventeen_megabytes_ends_the_connection(served: Served) -> None:
    socket = await served.knock()
    await enter(served, socket)
    with suppress(ConnectionClosed):
        await socket.send(b"x" * (17 << 20))
    with pytest.raises(ConnectionClosed):
        await socket.recv()
    async with served.knock() as socket:
        assert (await enter(served, socket))["t"] == "welcome"


async def test_the_same_browser_replaces_its_own_older_connection(served: Served) -> None:
    async with served.knock() as old:
        welcome = await enter(served, old)
        async with served.knock() as new:
            again = await enter(served, new, session=welcome["session"])
            assert again["session"] == welcome["session"]
            assert await closed(old) == Close.REPLACED


async def test_a_revoked_key_no_longer_opens(served: Served, tmp_path: Path) -> None:
    key, _ = served.keys.fresh()
    Keys(tmp_path / "keys.json").revoke()  # another process: `autoglm pair --revoke`
    async with served.knock() as socket:
        assert (await say(socket, hello(key)))["mac"] == ""


async def test_a_code_made_by_another_process_is_known(served: Served, tmp_path: Path) -> None:
    code = Keys(tmp_path / "keys.json").offer()
    pairing = served.keys.pairing()
    assert pairing and pairing.code == code


def test_only_the_user_can_read_the_keys(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "deep" / "keys.json")
    keys.fresh()
    keys.offer()
    assert [stat.S_IMODE(p.stat().st_mode) for p in sorted((tmp_path / "deep").iterdir())] == [0o600, 0o600]


async def test_an_extension_that_reads_nothing_is_given_up_before_it_fills_the_memory(served: Served) -> None:
    async with served.knock(max_queue=1) as socket:
        await enter(served, socket)
        while not served.joined:
            await asyncio.sleep(0.01)
        extension = served.joined[0].extension
        tracemalloc.start()
        for i in range(2000):  # 200 MB
            extension.tell(Refusal(message=f"{i} " + "x" * 99_000))
            if i % 100 == 0:
                await asyncio.sleep(0)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 2 * LIMITS.outbox
        assert await closed(socket) == Close.RATE
    async with served.knock() as socket:
        assert (await enter(served, socket))["t"] == "welcome"
