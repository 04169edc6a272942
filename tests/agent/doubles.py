"""Small real implementations of the seams, and a server to talk to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from llguidance import LLMatcher, LLTokenizer
from llguidance.gbnf_to_lark import any_to_lark

from autoglm.errors import AutoGLMError, Mistake
from autoglm.seams import Asked
from autoglm.types import (
    Acted,
    Action,
    Back,
    Check,
    Click,
    Element,
    Goto,
    Hover,
    Observation,
    OnBrowser,
    OnElement,
    Press,
    Run,
    Scroll,
    Select,
    Step,
    Text,
    Type,
    Wait,
)

JPEG = b"\xff\xd8\xff\xe0 not much of a picture"

CONTACT = (
    Text("heading", "Contact us"),
    Element(1, "textbox", "Name", "", takes=("Click", "Type")),
    Element(2, "textbox", "Work email", "", takes=("Click", "Type")),
    Element(3, "combobox", "Country", "", options=("Austria", "Chile"), takes=("Select",)),
    Element(4, "checkbox", "I agree", states=("off",), takes=("Click", "Check")),
    Element(5, "button", "Send", takes=("Click",)),
)


class PaperBrowser:
    """A form that lives in memory: fields hold what was typed, Send thanks whoever filled them in."""

    def __init__(self, items: Iterable[Element | Text] = CONTACT, *, restless: int = 0) -> None:
        """`restless`: in how many looks the page is different each time."""
        self.page = Observation("http://localhost/contact", "Contact us", tuple(items), screenshot=JPEG)
        self.acted: list[Action] = []
        self.looks = 0
        self.fails: AutoGLMError | None = None
        """Raised by the next act."""
        self._restless = restless

    async def observe(self) -> Observation:
        self.looks += 1
        if self.looks <= self._restless:
            self._say(f"{self.looks} visitors")
        return self.page

    async def act(self, action: OnElement | OnBrowser) -> Acted:
        if self.fails:
            raise self.fails
        self.acted.append(action)
        match action:
            case Type(ref, text):
                self._change(replace(self._on(ref), value=text))
            case Select(ref, options):
                self._change(replace(self._on(ref), value=", ".join(options)))
            case Check(ref, on):
                self._change(replace(self._on(ref), states=("on" if on else "off",)))
            case Click(ref):
                if self._on(ref).name == "Send":
                    self._say(f"Thank you, {self._on(1).value}")
            case Goto(url):
                self.page = replace(self.page, url=url)
            case Press() | Hover() | Scroll() | Back():
                pass
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case other:
                raise AssertionError(f"{other} is not for a browser")
        return Acted("done")

    async def close(self) -> None: ...

    def _on(self, ref: int) -> Element:
        if element := self.page.find(ref):
            return element
        raise Mistake(f"no element [{ref}]; there are {len(self.page.elements)} on this page")

    def _change(self, element: Element) -> None:
        items = tuple(
            element if isinstance(item, Element) and item.ref == element.ref else item for item in self.page.items
        )
        self.page = replace(self.page, items=items)

    def _say(self, text: str) -> None:
        self.page = replace(self.page, items=(*self.page.items, Text("text", text)))


@dataclass(slots=True)
class MemoryStore:
    """Every call in order."""

    log: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])

    def start(self, run: Run) -> None:
        self.log.append(("start", run))

    def intend(self, run: Run, index: int, action: Action) -> None:
        self.log.append(("intend", (index, action)))

    def append(self, run: Run, step: Step) -> None:
        self.log.append(("append", step))

    def end(self, run: Run) -> None:
        self.log.append(("end", run))

    @property
    def steps(self) -> list[Step]:
        return [value for what, value in self.log if what == "append"]


@dataclass(frozen=True, slots=True)
class Person:
    """Answers every question alike."""

    answer: str

    async def ask(self, question: str, kind: Asked = "ask") -> str | None:
        return self.answer


# ---------------------------------------------------------------- a server that says what the test wants


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(slots=True)
class Wire:
    """One connection, as the server's script sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes | str) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def head(self, status: str = "200 OK", content_type: str = "text/event-stream") -> None:
        await self.send(f"HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n")

    async def json(self, value: object, status: str = "200 OK") -> None:
        await self.head(status, "application/json")
        await self.send(json.dumps(value))

    async def event(self, value: object) -> None:
        await self.send(f"data: {json.dumps(value)}\n\n")

    async def delta(self, finish: str | None = None, **part: str) -> None:
        await self.event({"choices": [{"index": 0, "delta": part, "finish_reason": finish}]})

    async def answer(self, text: str) -> None:
        """A whole well-behaved stream."""
        await self.head()
        await self.delta(role="assistant", content="")
        for i in range(0, len(text), 7):
            await self.delta(content=text[i : i + 7])
        await self.delta(finish="stop")
        usage = {"prompt_tokens": 120, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 100}}
        await self.event({"choices": [], "usage": usage})
        await self.send("data: [DONE]\n\n")


Script = Callable[[Request, Wire], Any]


@dataclass(slots=True)
class Served:
    url: str
    requests: list[Request] = field(default_factory=list[Request])

    @property
    def prompts(self) -> list[Any]:
        return [request.body for request in self.requests if request.method == "POST"]


@asynccontextmanager
async def serving(script: Script) -> AsyncGenerator[Served]:
    """An HTTP server on a free port whose answers `script(request, wire)` writes itself."""
    served = Served("")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            served.requests.append(request)
            await script(request, Wire(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # browsers connect ahead, and then ask for nothing
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield served


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, json.loads(body) if body else None)


def scripted(*replies: str) -> Script:
    """A well-behaved server with one model, which says these one after another."""
    left = list(replies)

    async def script(request: Request, wire: Wire) -> None:
        if request.path.endswith("/models"):
            await wire.json({"object": "list", "data": [{"id": "script-1", "object": "model"}]})
        elif left:
            await wire.answer(left.pop(0))
        else:
            await wire.json({"error": {"message": "the script is over"}}, "500 Internal Server Error")

    return script


# ---------------------------------------------------------------- what an engine could write

TOKENS = LLTokenizer("byte")


def accepts(grammar: str, text: str) -> bool:
    """Whether the engine could write exactly this, byte by byte."""
    matcher = LLMatcher(TOKENS, LLMatcher.grammar_from_lark(any_to_lark(grammar)))
    assert not matcher.is_error(), matcher.get_error()
    tokens = list(text.encode())
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()
