"""The tabs of a person's own Chrome, through our extension. Knows messages, nothing of sockets: see autoglm/listen.py.

A command is carried out at most once. When the connection breaks it waits for the next one; when the extension's
worker died over it, it is in doubt, and the caller is told so instead of doing it again.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from autoglm.errors import BrowserGone, CdpError, InDoubt, TakenAway
from autoglm.protocol import (
    Attach,
    Channel,
    Closed,
    Command,
    Credit,
    Detach,
    Event,
    Hello,
    Open,
    Opened,
    Picture,
    ProtocolError,
    Result,
)
from autoglm.seams import Json
from autoglm.types import Download

AWAY_S = 60.0
"""How long a run waits for an extension that went away."""
PICTURES_AHEAD = 2
"""How many pictures of a tab may be on their way at once."""
IN_DOUBT = "Chrome restarted the extension in the middle of it: perhaps it was done; look at the page before going on"
WENT_AWAY = "the browser, or its extension, went away and did not come back"

Send = Callable[[str | bytes], None]
"""Puts a frame on the present connection; what is lost with it is kept by the channel."""


class Extension:
    """One paired browser for as long as its session lasts: commands out, results and events in."""

    def __init__(self) -> None:
        self.channel = Channel()
        self._send: Send | None = None
        self._pending: dict[int, tuple[int, asyncio.Future[Json]]] = {}
        """By the command's id: the number of its message, and what waits for its result."""
        self._last_id = 0
        self._tabs: dict[int, ExtensionCdp] = {}
        self._popups: dict[int, Callable[[ExtensionCdp], None]] = {}
        """Who is told of what a tab opens."""
        self.pictures: dict[int, bytes] = {}
        """How each tab that is watched looked last, JPEG; empty until the first has come."""
        self._away: asyncio.TimerHandle | None = None
        self._gone = False
        """Whether nobody waits for it any more."""

    # ------------------------------------------------------------ the connection

    def connected(self, send: Send, hello: Hello, session: str) -> list[str | bytes]:
        """The frames that the new connection begins with."""
        if self._away:
            self._away.cancel()
        self._gone = False
        frames, in_doubt = self.channel.resume(hello, session)
        self._send = send
        for number, result in [*self._pending.values()]:
            if number <= in_doubt and not result.done():
                result.set_exception(InDoubt(IN_DOUBT))
        credit = [self.channel.send(Credit(tab=tab, pictures=PICTURES_AHEAD)) for tab in self.pictures]
        return [*frames, *credit]

    def disconnected(self) -> None:
        self._send = None
        self._away = asyncio.get_running_loop().call_later(AWAY_S, self.close)

    def close(self) -> None:
        """Gone for good: everything that waits for it is told."""
        for tab in [*self._tabs.values()]:
            tab.end(WENT_AWAY, TakenAway)
        self._gone = True
        for _, result in self._pending.values():
            if not result.done():
                result.set_exception(TakenAway(WENT_AWAY))
        self._tabs.clear()
        self.pictures.clear()

    def tell(self, message: Any, payload: bytes = b"") -> None:
        """News for the panel; nobody hears it while nobody is connected."""
        if self._send:
            self._send(self.channel.send(message, payload))

    def watch(self, tab: int) -> None:
        """Has pictures of a tab sent from now on."""
        self.pictures[tab] = b""
        self.tell(Credit(tab=tab, pictures=PICTURES_AHEAD))

    # ------------------------------------------------------------ commands and what comes back

    async def ask(self, make: Callable[[int], Attach | Open | Detach | Command]) -> Json:
        """The result of a command. Raises CdpError with the browser's own words, InDoubt, BrowserGone."""
        if self._gone:
            raise TakenAway(WENT_AWAY)
        self._last_id += 1
        message = make(self._last_id)
        try:
            frame = self.channel.send(message)
        except ProtocolError as error:
            raise BrowserGone(f"the extension takes no commands any more: {error.reason}; open the panel") from error
        result: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._pending[self._last_id] = self.channel.sent, result
        if self._send:
            self._send(frame)
        try:
            return await result
        finally:
            del self._pending[message.id]

    def take(self, message: Result | Event | Opened | Closed | Picture, payload: bytes) -> None:
        match message:
            case Picture(tab=tab):
                if tab in self.pictures:
                    self.pictures[tab] = payload
                    self.tell(Credit(tab=tab, pictures=1))
            case Result():
                self._take_result(message, payload)
            case Event(tab=tab, session=session, method=method, params=params):
                if held := self._tabs.get(tab):
                    held.hear(method, params, session)
            case Opened(tab=tab, opener=opener):
                popup = ExtensionCdp(self, tab)
                self.hold(popup, self._popups.get(opener))
                if opener in self.pictures:
                    self.watch(tab)
                if told := self._popups.get(opener):
                    told(popup)
            case Closed(tab=tab, why=why):
                if held := self._tabs.get(tab):
                    self.let_go(tab)
                    held.end(*WHY[why])

    def _take_result(self, message: Result, payload: bytes) -> None:
        _, result = self._pending.get(message.id, (0, None))
        if result is None or result.done():
            return
        try:
            result.set_result(_content(message, payload))
        except CdpError as error:
            result.set_exception(error)

    def hold(self, tab: ExtensionCdp, popups: Callable[[ExtensionCdp], None] | None) -> None:
        self._tabs[tab.tab] = tab
        if popups:
            self._popups[tab.tab] = popups

    def let_go(self, tab: int) -> None:
        self._tabs.pop(tab, None)
        self._popups.pop(tab, None)
        self.pictures.pop(tab, None)


def _content(message: Result, payload: bytes) -> Json:
    """What the browser answered. Raises CdpError."""
    if message.error is not None:
        raise CdpError("command", message.error)
    try:
        match message.payload:
            case "data":
                return {"data": b64encode(payload).decode()}
            case "value":
                return {"result": {"type": "string", "value": payload.decode()}}
            case "json":
                return dict(json.loads(payload))
            case _:
                return message.result or {}
    except (ValueError, TypeError, RecursionError) as error:
        raise CdpError("command", f"an answer of {len(payload)} bytes that cannot be read: {error!s:.100}") from error


WHY: dict[str, tuple[str, type[BrowserGone]]] = {
    "closed": ("the tab was closed", TakenAway),
    "canceled_by_user": ("the person ended it on Chrome's own bar", TakenAway),
    "crashed": ("the page's process crashed", BrowserGone),
    "replaced": ("Chrome replaced the tab", BrowserGone),
}


class ExtensionTabs:
    """`seams.Tabs`: the tab in which a run was started, and those that it opens."""

    def __init__(self, extension: Extension, run: str, start: int, *, watched: bool = False) -> None:
        """`watched`: pictures of them are sent all the time."""
        self._extension = extension
        self._run = run
        self._start = start
        self._watched = watched
        self._attached = False
        self._held: list[ExtensionCdp] = []
        self._listeners: set[asyncio.Queue[ExtensionCdp]] = set()
        self._files: asyncio.Queue[tuple[str, Download | None]] = asyncio.Queue()
        self._coming: dict[str, str] = {}
        """Names of the files on their way, by Chrome's own ids of them."""

    async def open(self) -> ExtensionCdp:
        """The person's tab for the first time, then new ones beside it."""
        if not self._attached:
            self._attached = True
            await self._ask(lambda number: Attach(id=number, tab=self._start, run=self._run))
            return self._hold(ExtensionCdp(self._extension, self._start))
        opener = self._start
        done = await self._ask(lambda number: Open(id=number, run=self._run, opener=opener))
        return self._hold(ExtensionCdp(self._extension, int(done["tab"])))

    async def _ask(self, make: Callable[[int], Attach | Open]) -> Json:
        try:
            return await self._extension.ask(make)
        except CdpError as error:
            raise BrowserGone(f"no tab to work in: {error.message}") from error

    def popups(self) -> AsyncIterator[ExtensionCdp]:
        """Listens from the call on, not from the first `async for`."""
        queue: asyncio.Queue[ExtensionCdp] = asyncio.Queue()
        self._listeners.add(queue)
        return self._drain(queue)

    async def downloads(self) -> AsyncGenerator[tuple[str, Download | None]]:
        """The person's own Chrome puts them where it always does and does not say where: they have no path."""
        while True:
            yield await self._files.get()

    def _download(self, method: str, params: Json) -> None:
        match method, params:
            case "Page.downloadWillBegin", {"guid": str(file), "suggestedFilename": str(name)}:
                self._coming[file] = name
                self._files.put_nowait((name, None))
            case "Page.downloadProgress", {"guid": str(file), "state": "completed" | "canceled" as state} if (
                file in self._coming
            ):
                name, size = self._coming.pop(file), int(params.get("receivedBytes", 0))
                failed = "" if state == "completed" else "it was cancelled, or broke off"
                self._files.put_nowait((name, Download(name, "", 0 if failed else size, failed)))
            case _:
                pass

    async def close(self) -> None:
        for tab in self._held:
            await tab.close()

    async def _drain(self, queue: asyncio.Queue[ExtensionCdp]) -> AsyncGenerator[ExtensionCdp]:
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)

    def _hold(self, tab: ExtensionCdp) -> ExtensionCdp:
        self._held.append(tab)
        tab.told = self._download
        self._extension.hold(tab, self._opened)
        if self._watched:
            self._extension.watch(tab.tab)
        return tab

    def _opened(self, popup: ExtensionCdp) -> None:
        self._held.append(popup)
        popup.told = self._download
        for queue in self._listeners:
            queue.put_nowait(popup)


class ExtensionCdp:
    """`seams.Cdp` over chrome.debugger."""

    def __init__(self, extension: Extension, tab: int) -> None:
        self.tab = tab
        """Chrome's own id of it."""
        self.told: Callable[[str, Json], None] | None = None
        """Who hears of its files."""
        self._extension = extension
        self._gone: asyncio.Future[tuple[str, type[BrowserGone]]] = asyncio.get_running_loop().create_future()
        self._listeners: set[asyncio.Queue[tuple[str, Json, str] | None]] = set()

    async def send(self, method: str, /, session: str = "", **params: Any) -> Json:
        if self._gone.done():
            raise self._lost(method)
        asking = asyncio.create_task(
            self._extension.ask(
                lambda number: Command(id=number, tab=self.tab, session=session, method=method, params=params)
            )
        )
        try:
            await asyncio.wait((asking, self._gone), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise self._lost(method)
            return asking.result()
        except CdpError as error:
            raise CdpError(method, error.message) from error
        finally:
            asking.cancel()

    def events(self) -> AsyncIterator[tuple[str, Json, str]]:
        """Listens from the call on, not from the first `async for`."""
        queue: asyncio.Queue[tuple[str, Json, str] | None] = asyncio.Queue()
        if self._gone.done():
            queue.put_nowait(None)
        self._listeners.add(queue)
        return self._drain(queue)

    async def close(self) -> None:
        """Lets go of the tab; one that the run opened is closed."""
        if self._gone.done():
            return
        self.end("it was closed")
        self._extension.let_go(self.tab)
        with suppress(TakenAway):  # and its tabs with it
            await self._extension.ask(lambda number: Detach(id=number, tab=self.tab, close=True))

    def hear(self, method: str, params: Json, session: str) -> None:
        for queue in self._listeners:
            queue.put_nowait((method, params, session))
        if self.told:
            self.told(method, params)
        if method == "Inspector.targetCrashed" and not session:
            self.end(*WHY["crashed"])

    def end(self, why: str, as_error: type[BrowserGone] = BrowserGone) -> None:
        if self._gone.done():
            return
        self._gone.set_result((why, as_error))
        for queue in self._listeners:
            queue.put_nowait(None)

    async def _drain(self, queue: asyncio.Queue[tuple[str, Json, str] | None]) -> AsyncGenerator[tuple[str, Json, str]]:
        try:
            while event := await queue.get():
                yield event
        finally:
            self._listeners.discard(queue)

    def _lost(self, method: str) -> BrowserGone:
        why, as_error = self._gone.result()
        return as_error(f"{method} was not answered: {why}; start the task again in an open tab")
