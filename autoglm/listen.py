"""The port on this machine to which the extension connects: sockets, clocks and keys around autoglm/protocol.py.

Refused before a word is said: any peer, Host or Origin but our own extension's on the loopback interface. Refused in
the handshake: whoever does not hold the key. See docs/DESIGN.md, §8.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Origin, Subprotocol

from autoglm.browser.extension_pipe import Extension
from autoglm.protocol import (
    ACK_EVERY,
    CODE_ALPHABET,
    CODE_LENGTH,
    CODE_S,
    HANDSHAKE_S,
    HEARTBEAT_S,
    LIMITS,
    SUBPROTOCOL,
    Ack,
    Close,
    Closed,
    Event,
    FromPerson,
    Greeted,
    Greeting,
    Opened,
    Pairing,
    Picture,
    Ping,
    ProtocolError,
    Refusal,
    Result,
)

EXTENSION_ID = "pmcjhjielkmecoonikpehmhmhpaefnok"
"""Follows from the `key` in extension/manifest.json: SHA-256 of it, its first half in the letters a to p."""
ORIGIN = f"chrome-extension://{EXTENSION_ID}"
DEFAULT_PORT = 8426
ACK_S = 0.25


class Keys:
    """The keys of paired browsers, in a file that only this user can read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offered = path.with_suffix(".code")
        self._pairing: Pairing | None = None
        if not path.exists():
            self._keep(secrets.token_hex(16), {})

    @property
    def server(self) -> str:
        """A name that stays the same for this user on this machine."""
        return self._read()["server"]

    @property
    def secrets(self) -> dict[str, bytes]:
        """By the name of the key; read anew, since another process may have revoked some."""
        return {name: bytes.fromhex(secret) for name, secret in self._read()["keys"].items()}

    def fresh(self) -> tuple[str, bytes]:
        name, secret = secrets.token_hex(8), secrets.token_bytes(32)
        self._keep(self.server, self.secrets | {name: secret})
        return name, secret

    def offer(self) -> str:
        """A new one-time code; the last one is no longer good. `autoglm pair` makes one while the server runs."""
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        _write(self._offered, json.dumps({"code": code, "until": time.time() + CODE_S}))
        return code

    def pairing(self) -> Pairing | None:
        """The code that is good now, with the tries that are left of it."""
        if not self._offered.exists():
            return None
        offered = json.loads(self._offered.read_text(encoding="utf-8"))
        if self._pairing is None or self._pairing.code != offered["code"]:
            self._pairing = Pairing(offered["code"], offered["until"])
        return self._pairing

    def revoke(self) -> int:
        """How many browsers were paired until now."""
        count = len(self.secrets)
        self._keep(self.server, {})
        return count

    def _read(self) -> dict[str, Any]:
        return json.loads(self._path.read_text(encoding="utf-8"))

    def _keep(self, server: str, keys: dict[str, bytes]) -> None:
        _write(self._path, json.dumps({"server": server, "keys": {name: key.hex() for name, key in keys.items()}}))


def _write(path: Path, text: str) -> None:
    """At once and whole, for nobody else to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600, exist_ok=False)
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


@dataclass(slots=True)
class Session:
    """What a paired browser and its runs share, over all its connections."""

    name: str
    extension: Extension
    socket: ServerConnection | None = None


class Outbox:
    """Frames for one connection, which takes them at its own pace, or is given up."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._bytes = 0
        self._full = asyncio.Event()

    def put(self, frame: str | bytes) -> None:
        if self._bytes + len(frame) > LIMITS.outbox:
            self._full.set()  # what is numbered is kept by the channel, the rest is only news
        else:
            self._bytes += len(frame)
            self._frames.put_nowait(frame)

    async def take(self) -> str | bytes:
        frame = await self._frames.get()
        self._bytes -= len(frame)
        return frame

    async def overflow(self) -> None:
        """Raises ProtocolError once the other side reads too slowly."""
        await self._full.wait()
        raise ProtocolError(Close.RATE, f"{self._bytes} bytes wait for an extension that does not read them")


class Listener:
    """Takes connections; gives each paired browser's wishes to `wish`."""

    def __init__(
        self,
        keys: Keys,
        wish: Callable[[Session, FromPerson], None],
        joined: Callable[[Session], None],
    ) -> None:
        self.keys = keys
        self.sessions: dict[str, Session] = {}
        """By the name of the key."""
        self._wish = wish
        self._joined = joined
        self._hosts: set[str] = set()

    @asynccontextmanager
    async def serving(self, port: int = DEFAULT_PORT) -> AsyncGenerator[int]:
        """The port that it listens at. Raises OSError when that is taken."""
        server: Server = await serve(
            self._connection,
            "127.0.0.1",
            port,
            process_request=self._admit,
            origins=[Origin(ORIGIN)],
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            open_timeout=HANDSHAKE_S,
            # Chrome's worker dies of silence whatever the protocol's pings say, so ours are messages.
            ping_interval=None,
            max_size=LIMITS.frame,
            max_queue=16,
            compression=None,
            server_header=None,
        )
        bound = server.sockets[0].getsockname()[1]
        self._hosts = {f"{name}:{bound}" for name in ("127.0.0.1", "localhost", "[::1]")}
        try:
            yield bound
        finally:
            server.close()
            await server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """A refusal, or None to go on; the library then looks at Origin and subprotocol."""
        hosts = request.headers.get_all("Host")
        if len(hosts) != 1 or hosts[0] not in self._hosts:  # DNS rebinding
            return connection.respond(HTTPStatus.FORBIDDEN, "this is not the host that you asked for\n")
        if request.path != "/v1":
            return connection.respond(HTTPStatus.NOT_FOUND, "nothing is here\n")
        return None

    async def _connection(self, socket: ServerConnection) -> None:
        try:
            if socket.subprotocol != SUBPROTOCOL:
                raise ProtocolError(Close.VERSION, f"this server speaks {SUBPROTOCOL}")
            await self._serve(socket, await self._greet(socket))
        except ProtocolError as error:
            with suppress(ConnectionClosed):
                await socket.send(Refusal(message=error.reason).model_dump_json(include={"t", "message"}))
            await socket.close(error.close, error.reason[:120])
        except ConnectionClosed:
            return

    async def _greet(self, socket: ServerConnection) -> Greeted:
        greeting = Greeting(
            self.keys.server, self.keys.secrets, self.keys.pairing(), secrets.token_hex(16), self.keys.fresh
        )
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                while not greeting.done:
                    for frame in greeting.receive(await socket.recv(), time.time()):
                        await socket.send(frame)
        except TimeoutError:
            raise ProtocolError(Close.DEADLINE, f"no greeting within {HANDSHAKE_S:g} s") from None
        return greeting.done

    async def _serve(self, socket: ServerConnection, greeted: Greeted) -> None:
        key = greeted.hello.key
        session = self.sessions.get(key)
        if session and session.socket:
            await session.socket.close(Close.REPLACED, "the same browser connected anew")
        if session and session.name != greeted.hello.session:  # the browser was started anew: its tabs are others
            session.extension.close()
            session = None
        if session is None:
            session = self.sessions[key] = Session(secrets.token_hex(8), Extension())
        outbox = Outbox()
        session.socket = socket
        for frame in session.extension.connected(outbox.put, greeted.hello, session.name):
            outbox.put(frame)
        self._joined(session)
        work = (self._read(session, socket), self._write(socket, outbox), outbox.overflow(), self._beat(session))
        tasks = [asyncio.create_task(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if session.socket is socket:
                session.socket = None
                session.extension.disconnected()

    async def _read(self, session: Session, socket: ServerConnection) -> None:
        while True:
            received = session.extension.channel.receive(await socket.recv())
            match received and received.message:
                case None:
                    pass
                case (Result() | Event() | Opened() | Closed() | Picture()) as told:
                    assert received
                    session.extension.take(told, received.payload)
                case wish:
                    self._wish(session, wish)
            if session.extension.channel.received - session.extension.channel.told >= ACK_EVERY:
                session.extension.tell(Ack())

    async def _write(self, socket: ServerConnection, outbox: Outbox) -> None:
        while True:
            await socket.send(await outbox.take())

    async def _beat(self, session: Session) -> None:
        """Acknowledges what came, and says something before Chrome takes the silence for the end."""
        spoke = time.monotonic()
        while True:
            await asyncio.sleep(ACK_S)
            channel = session.extension.channel
            if time.monotonic() - spoke >= HEARTBEAT_S:
                session.extension.tell(Ping())
                spoke = time.monotonic()
            elif channel.received != channel.told:
                session.extension.tell(Ack())
