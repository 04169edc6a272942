"""The pipe through the extension without a browser: what is answered, what is lost, and how that is typed."""

from __future__ import annotations

import asyncio

import pytest

from autoglm.browser.extension_pipe import PICTURES_AHEAD, Extension, ExtensionCdp, ExtensionTabs
from autoglm.errors import BrowserGone, CdpError, TakenAway
from autoglm.protocol import Closed, Event, Hello, Picture, Result, read_frame
from autoglm.seams import Json
from autoglm.types import Download


class Wire:
    """The extension's end: what it was sent."""

    def __init__(self) -> None:
        self.extension = Extension()
        self.sent: list[dict[str, object]] = []
        self.connect()

    def connect(self, worker: str = "56" * 16) -> None:
        hello = Hello(versions=(1,), client="0", nonce="34" * 16, worker=worker)
        for frame in self.extension.connected(self.put, hello, "s"):
            self.put(frame)

    def put(self, frame: str | bytes) -> None:
        self.sent.append(read_frame(frame)[0])

    def credits(self) -> list[object]:
        return [message["pictures"] for message in self.sent if message["t"] == "credit"]

    async def tab(self, *, watched: bool = False) -> tuple[ExtensionTabs, ExtensionCdp]:
        tabs = ExtensionTabs(self.extension, "run", 7, watched=watched)
        opening = asyncio.create_task(tabs.open())
        while not self.sent or self.sent[-1]["t"] != "attach":
            await asyncio.sleep(0)
        self.extension.take(Result(id=1, result={}), b"")
        return tabs, await opening


async def asked(wire: Wire, cdp: ExtensionCdp) -> asyncio.Task[Json]:
    asking = asyncio.create_task(cdp.send("Runtime.evaluate", expression="1"))
    while wire.sent[-1]["t"] != "command":
        await asyncio.sleep(0)
    return asking


@pytest.mark.parametrize(
    ("why", "error", "words"),
    [
        ("closed", TakenAway, "the tab was closed"),
        ("canceled_by_user", TakenAway, "Chrome's own bar"),
        ("disconnected", TakenAway, "went away and did not come back"),
        ("crashed", BrowserGone, "crashed"),
    ],
)
async def test_how_a_tab_was_lost_is_typed(why: str, error: type[BrowserGone], words: str) -> None:
    wire = Wire()
    _, cdp = await wire.tab()
    asking = await asked(wire, cdp)
    if why == "disconnected":
        wire.extension.close()  # as AWAY_S after the connection broke
    else:
        wire.extension.take(Closed.model_validate({"tab": 7, "why": why}), b"")
    with pytest.raises(BrowserGone, match=words) as caught:
        await asking
    assert type(caught.value) is error


async def test_a_tab_that_is_let_go_of_does_not_wait_for_a_browser_that_is_gone() -> None:
    wire = Wire()
    _, cdp = await wire.tab()
    closing = asyncio.create_task(cdp.close())
    while wire.sent[-1]["t"] != "detach":
        await asyncio.sleep(0)
    wire.extension.close()
    await closing
    with pytest.raises(TakenAway, match="did not come back"):
        await ExtensionTabs(wire.extension, "next", 8).open()


async def test_pictures_come_on_credit_and_the_newest_is_kept() -> None:
    wire = Wire()
    await wire.tab(watched=True)
    assert wire.credits() == [PICTURES_AHEAD]
    for picture in (b"old", b"new"):
        wire.extension.take(Picture(tab=7), picture)
    assert wire.extension.pictures == {7: b"new"}
    assert wire.credits() == [PICTURES_AHEAD, 1, 1]
    wire.extension.disconnected()
    wire.connect()
    assert wire.credits()[-1] == PICTURES_AHEAD


async def test_a_tab_that_is_not_watched_gets_no_credit_and_its_pictures_are_not_kept() -> None:
    wire = Wire()
    await wire.tab()
    wire.extension.take(Picture(tab=7), b"unwanted")
    assert not wire.credits()
    assert not wire.extension.pictures


@pytest.mark.parametrize(
    ("message", "payload", "result"),
    [
        (Result(id=2, payload="data"), b"\xff\xd8", {"data": "/9g="}),
        (Result(id=2, payload="value"), "ü 表".encode(), {"result": {"type": "string", "value": "ü 表"}}),
        (Result(id=2, payload="json"), b'{"a":1}', {"a": 1}),
        (Result(id=2, result={"a": 1}), b"", {"a": 1}),
    ],
)
async def test_large_results_travel_as_bytes(message: Result, payload: bytes, result: object) -> None:
    wire = Wire()
    _, cdp = await wire.tab()
    asking = await asked(wire, cdp)
    wire.extension.take(message, payload)
    assert await asking == result


@pytest.mark.parametrize(
    ("kind", "payload"), [("json", b"{"), ("json", b"[" * 100_000), ("json", b"7"), ("value", b"\xff")]
)
async def test_an_answer_that_cannot_be_read_is_the_commands_error(kind: str, payload: bytes) -> None:
    wire = Wire()
    _, cdp = await wire.tab()
    asking = await asked(wire, cdp)
    wire.extension.take(Result.model_validate({"id": 2, "payload": kind}), payload)
    with pytest.raises(CdpError, match="cannot be read"):
        await asking


async def test_files_are_told_when_they_begin_and_when_it_is_known_what_became_of_them() -> None:
    wire = Wire()
    tabs, _ = await wire.tab()
    files = tabs.downloads()
    for name, state in (("a.txt", "completed"), ("b.txt", "canceled")):
        begin = {"guid": name, "suggestedFilename": name, "url": "", "frameId": ""}
        wire.extension.take(Event(tab=7, method="Page.downloadWillBegin", params=begin), b"")
        progress = {"guid": name, "totalBytes": 11, "receivedBytes": 11, "state": "inProgress"}
        wire.extension.take(Event(tab=7, method="Page.downloadProgress", params=progress), b"")
        wire.extension.take(Event(tab=7, method="Page.downloadProgress", params=progress | {"state": state}), b"")
    assert [await anext(files) for _ in range(4)] == [
        ("a.txt", None),
        ("a.txt", Download("a.txt", "", 11)),
        ("b.txt", None),
        ("b.txt", Download("b.txt", "", 0, "it was cancelled, or broke off")),
    ]
