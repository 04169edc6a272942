"""The wire between the Chrome extension and `autoglm serve`: frames to messages and back. Pure: frames in, events out.

    extension                      server
    hello    ──▶  ◀── challenge             each proves to the other that it holds the key,
    auth     ──▶  ◀── welcome               or, for the first time, that it knows the one-time code:
    pair     ──▶  ◀── paired                the server then makes the key
    … messages both ways, numbered from 1 in each direction, acknowledged, sent again after a broken connection

A frame is JSON text, or binary: four bytes of length (big endian), that much JSON, then a payload.
`extension/wire.js` is the other end and `extension/protocol.d.ts` the same contract for TypeScript;
`tests/extension/frames.json` holds frames that both must read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

VERSION = 1
SUBPROTOCOL = "autoglm.v1"
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs, none of which is read for another one (no I, O, 0, 1)."""
CODE_LENGTH = 8
CODE_TRIES = 5
CODE_S = 120.0
STRETCH = 200_000
"""Rounds of PBKDF2: 2^40 codes cannot be tried while one is good, nor for years after."""
HANDSHAKE_S = 3.0
HEARTBEAT_S = 20.0
"""Chrome ends a worker 30 s after its last message; the protocol's own pings do not count."""
ACK_EVERY = 32
"""Numbered messages; what came since the last frame of ours is acknowledged by then, or a quarter second later."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes; `unacknowledged` in messages."""

    handshake: int = 2_048
    text: int = 1 << 20
    """A JSON frame, or the JSON of a binary one."""
    frame: int = 8 << 20
    unacknowledged: int = 10_000
    kept: int = 8 << 20
    """All that was sent and not acknowledged."""
    outbox: int = 16 << 20
    """All that one connection was given and has not taken yet."""


LIMITS = Limits()


class Close(IntEnum):
    """Why a connection was closed. 4000-4999 are an application's own: RFC 6455, 7.4.2."""

    SCHEMA = 4400
    AUTH = 4401
    ORIGIN = 4403
    DEADLINE = 4408
    VERSION = 4409
    SIZE = 4413
    RATE = 4429
    REPLACED = 4440
    """The same extension has connected anew."""


class ProtocolError(Exception):
    """The other side broke the contract; the connection is to be closed with this code."""

    def __init__(self, close: Close, reason: str) -> None:
        super().__init__(reason)
        self.close = close
        self.reason = reason


# ---------------------------------------------------------------- messages

Name = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=100_000)]
Nonce = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Mac = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Id = Annotated[int, Field(ge=1, le=2**53 - 1)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Json = dict[str, Any]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


# from the extension: the handshake


class Hello(_Message):
    t: Literal["hello"] = "hello"
    versions: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = Field(min_length=1, max_length=16, strict=False)
    client: Name
    """Version of the extension."""
    key: Name = ""
    """Which key it holds; empty when it was not paired yet."""
    nonce: Nonce
    worker: Nonce
    """Made anew by each life of the extension's worker: with it the numbers of its messages begin anew."""
    session: Name = ""
    """The session that it would go on with."""
    seen: Count = 0
    """Number of the last message of that session that it took."""


class Pair(_Message):
    t: Literal["pair"] = "pair"
    mac: Mac


class Auth(_Message):
    t: Literal["auth"] = "auth"
    mac: Mac


# from the server: the handshake


class Challenge(_Message):
    t: Literal["challenge"] = "challenge"
    version: Count
    server: Name
    nonce: Nonce
    mac: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Empty when it does not know the key: then the extension has to pair."""


class Paired(_Message):
    t: Literal["paired"] = "paired"
    mac: Mac
    key: Name
    secret: Mac


class Welcome(_Message):
    t: Literal["welcome"] = "welcome"
    session: Name
    seen: Count
    """Number of the last message of this worker that the server took."""


# from the extension: what its tabs answer and tell, and what the person wants


class Result(_Message):
    """To the command of this `id`: what came of it, or the browser's error.

    Large ones travel as the frame's payload: as JSON, as the bytes of its `data` (a picture) when that is all there
    is to it, or as the text of its `value` (a page's snapshot) when it is what Runtime.evaluate says of a text.
    """

    t: Literal["result"] = "result"
    id: Id
    result: Json | None = None
    payload: Literal["", "json", "data", "value"] = ""
    error: Words | None = None


class Event(_Message):
    t: Literal["event"] = "event"
    tab: Count
    session: Name = ""
    method: Name
    params: Json


class Opened(_Message):
    """A tab of ours opened another one, which is attached now."""

    t: Literal["opened"] = "opened"
    tab: Count
    opener: Count
    url: Words


class Closed(_Message):
    """A tab of ours can no longer be spoken to."""

    t: Literal["closed"] = "closed"
    tab: Count
    why: Literal["closed", "canceled_by_user", "crashed", "replaced"]


class Picture(_Message):
    """How a tab looks now, JPEG as the payload. Only sent on credit; one that was not sent gives way to a newer one."""

    t: Literal["picture"] = "picture"
    tab: Count


class Start(_Message):
    """A task for the tab that the person looks at; `run` is the earlier run of the conversation that it follows.

    The panel says it again, under the same `wish`, until a RunState tells that it was heard.
    """

    t: Literal["start"] = "start"
    wish: Name
    tab: Count
    url: Words
    task: Annotated[str, Field(min_length=1, max_length=10_000)]
    run: Name = ""


class Stop(_Message):
    t: Literal["stop"] = "stop"
    run: Name


class Pause(_Message):
    t: Literal["pause"] = "pause"
    run: Name


class Resume(_Message):
    t: Literal["resume"] = "resume"
    run: Name


class Answer(_Message):
    """None: the person does not want to answer."""

    t: Literal["answer"] = "answer"
    run: Name
    question: Id
    text: Annotated[str, Field(max_length=10_000)] | None


class List(_Message):
    t: Literal["list"] = "list"


class Show(_Message):
    t: Literal["show"] = "show"
    run: Name


class Look(_Message):
    """The picture that a run's step saw is wanted; for the number of all its steps: how it left the page."""

    t: Literal["look"] = "look"
    run: Name
    index: Count


class Redo(_Message):
    """A recorded run is wanted once more, in the server's own browser: to look on, or to become a test."""

    t: Literal["redo"] = "redo"
    run: Name
    how: Literal["replay", "export"]


class Choices(_Message):
    """What a person decides about their runs."""

    steps: Annotated[int, Field(ge=1, le=1000)] = 40
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 10
    careful: bool = False
    """Ask before every action that changes something on a page."""
    pictures: bool = True
    """Record a picture with every step."""
    base_url: Name = ""
    """Of an OpenAI-compatible server; empty: the one that `autoglm serve` was started with."""
    model: Name = ""
    """Of that server; empty: its first."""


class Settings(_Message):
    t: Literal["settings"] = "settings"
    choices: Choices


class Pong(_Message):
    t: Literal["pong"] = "pong"


# from the server: what its tabs are to do, and what the person is to see


class Attach(_Message):
    """Take hold of the person's tab for a run."""

    t: Literal["attach"] = "attach"
    id: Id
    tab: Count
    run: Name


class Open(_Message):
    """A new tab in the run's group; its result is {"tab": …}."""

    t: Literal["open"] = "open"
    id: Id
    run: Name
    opener: Count


class Detach(_Message):
    """Let go of a tab, and close it when it was opened for the run."""

    t: Literal["detach"] = "detach"
    id: Id
    tab: Count
    close: bool


class Command(_Message):
    t: Literal["command"] = "command"
    id: Id
    tab: Count
    session: Name = ""
    method: Name
    params: Json


class Credit(_Message):
    """So many more pictures of this tab may come. A new connection begins with none."""

    t: Literal["credit"] = "credit"
    tab: Count
    pictures: Count


class RunState(_Message):
    t: Literal["run"] = "run"
    run: Name
    wish: Name
    tab: Count
    task: Words
    model: Name
    state: Literal["running", "paused", "asking", "finished", "failed", "stopped", "limit", "needs_human"]
    answer: Words = ""
    error: Words = ""


class StepDone(_Message):
    t: Literal["step"] = "step"
    run: Name
    index: Count
    did: Words
    """The action in words."""
    thinking: Words = ""
    outcome: Words = ""
    error: Words = ""
    seconds: float
    picture: bool
    """Whether there is one to look at."""


class Thinking(_Message):
    """What the model writes, as it writes it."""

    t: Literal["thinking"] = "thinking"
    run: Name
    index: Count
    text: Words


class Point(_Message):
    """Where on the page the next action happens: a rectangle in CSS px of the viewport, the action in words."""

    t: Literal["point"] = "point"
    run: Name
    tab: Count
    box: tuple[float, float, float, float] = Field(strict=False)
    label: Words


class Question(_Message):
    t: Literal["question"] = "question"
    run: Name
    question: Id
    kind: Literal["ask", "approve", "take_over"]
    text: Words


class Runs(_Message):
    """The recorded runs, newest first, in the form that `autoglm runs --json` gives."""

    t: Literal["runs"] = "runs"
    runs: tuple[Json, ...] = Field(strict=False)


class Recording(_Message):
    """One recorded run with its steps, in the form that `autoglm show --json` gives."""

    t: Literal["recording"] = "recording"
    run: Json
    steps: tuple[Json, ...] = Field(strict=False)


class Shot(_Message):
    """The picture that was wanted as the payload, JPEG or PNG; empty when none was taken."""

    t: Literal["shot"] = "shot"
    run: Name
    index: Count


class Redone(_Message):
    """How that goes, line by line; with `done`, the test as the payload if that was wanted."""

    t: Literal["redone"] = "redone"
    run: Name
    how: Literal["replay", "export"]
    state: Literal["going", "done", "failed"]
    line: Words = ""


class Status(_Message):
    """The model in use, how it runs, and why so; and what the person decided."""

    t: Literal["status"] = "status"
    model: Name
    engine: Name = ""
    precision: Name = ""
    tokens_per_s: float | None = None
    why: Words = ""
    choices: Choices = Choices()


class Refusal(_Message):
    """What the person wanted cannot be done, in words that say what to do."""

    t: Literal["error"] = "error"
    run: Name = ""
    message: Words


class Ping(_Message):
    t: Literal["ping"] = "ping"


class Ack(_Message):
    """Nothing but the acknowledgement that every envelope carries."""

    t: Literal["ack"] = "ack"


FromTabs = Result | Event | Opened | Closed | Picture
FromPerson = Start | Stop | Pause | Resume | Answer | List | Show | Look | Redo | Settings
FromServer = (
    Attach | Open | Detach | Command | Credit | RunState | StepDone | Thinking | Point | Question | Runs | Recording
    | Shot | Redone | Status | Refusal | Ping | Ack
)  # fmt: skip
NUMBERED = (Attach, Open, Detach, Command, Result, Event, Opened, Closed, *get_args(FromPerson))
"""Sent again after a broken connection. The rest is only news: a panel that comes back asks how things stand."""

_INCOMING: TypeAdapter[Any] = TypeAdapter(Annotated[FromTabs | FromPerson | Pong | Ack, Field(discriminator="t")])
_GREETING: TypeAdapter[Any] = TypeAdapter(Annotated[Hello | Pair | Auth, Field(discriminator="t")])


# ---------------------------------------------------------------- frames


class _Envelope(BaseModel):
    """What every frame after the handshake has beside its message."""

    model_config = ConfigDict(strict=True)
    v: Literal[1]
    seq: Count = 0
    """0 for what is not numbered."""
    ack: Count = 0


def read_frame(frame: str | bytes, limits: Limits = LIMITS) -> tuple[Json, bytes]:
    """The JSON object and the payload. Raises ProtocolError."""
    if len(frame) > limits.frame:
        raise ProtocolError(Close.SIZE, f"a frame of {len(frame)} bytes; at most {limits.frame}")
    if isinstance(frame, str):
        return _object(frame, limits), b""
    if len(frame) < 4:
        raise ProtocolError(Close.SCHEMA, "a binary frame without its length")
    size = int.from_bytes(frame[:4], "big")
    if size > len(frame) - 4:
        raise ProtocolError(Close.SCHEMA, f"a binary frame that ends in its head: {size} of {len(frame) - 4} bytes")
    return _object(frame[4 : 4 + size], limits), frame[4 + size :]


def write_frame(content: Json, payload: bytes = b"") -> str | bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if not payload:
        return text
    head = text.encode()
    return len(head).to_bytes(4, "big") + head + payload


def _object(text: str | bytes, limits: Limits) -> Json:
    if len(text) > limits.text:
        raise ProtocolError(Close.SIZE, f"{len(text)} bytes of JSON; at most {limits.text}")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(Close.SCHEMA, f"no JSON: {error!s:.100}") from error
    if not isinstance(content, dict):
        raise ProtocolError(Close.SCHEMA, "JSON, but no object")
    return content  # pyright: ignore[reportUnknownVariableType] - the keys of a JSON object are texts


def _checked(adapter: TypeAdapter[Any], content: Json) -> Any:
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ProtocolError(Close.SCHEMA, f"{where or 'message'}: {first['msg']}") from error


# ---------------------------------------------------------------- the handshake, the server's side


def code_key(code: str, hello: str, challenge: str) -> bytes:
    """What both make of the one-time code and the two nonces; 32 bytes."""
    return hashlib.pbkdf2_hmac("sha256", code.encode(), f"autoglm|{hello}|{challenge}".encode(), STRETCH)


def prove(key: bytes, side: Literal["s", "c"], hello: str, challenge: str, server: str) -> str:
    return hmac.new(key, f"{side}|{hello}|{challenge}|{server}".encode(), "sha256").hexdigest()


@dataclass(slots=True)
class Pairing:
    """One code, good for some time and some tries."""

    code: str
    until: float
    """By the clock that `Greeting.receive` is given."""
    tries: int = CODE_TRIES

    def take(self, now: float) -> str | None:
        """The code, for one more try; None when it is used up or too old."""
        if self.tries <= 0 or now >= self.until:
            return None
        self.tries -= 1
        return self.code


@dataclass(frozen=True, slots=True)
class Greeted:
    """The handshake is over; `hello` is the extension's."""

    hello: Hello


@dataclass(slots=True)
class Greeting:
    """One handshake: each frame in gives the frames to send back, and at the end a Greeted."""

    server: str
    """A name that stays the same for this server."""
    keys: Mapping[str, bytes]
    """Secrets by the name of the key."""
    pairing: Pairing | None
    nonce: str
    """32 hexadecimal digits from a secure source, made for this handshake."""
    fresh: Callable[[], tuple[str, bytes]]
    """A new key's name and secret, already kept."""
    hello: Hello | None = None
    pairs: bool = False
    done: Greeted | None = None

    def receive(self, frame: str | bytes, now: float) -> list[str]:
        """Raises ProtocolError, which is to be told to the other side before the connection is closed."""
        if not isinstance(frame, str) or len(frame) > LIMITS.handshake:
            raise ProtocolError(Close.SIZE, "a greeting is a short text")
        message = _checked(_GREETING, read_frame(frame)[0])
        match message:
            case Hello() if self.hello is None:
                return [self._challenge(message)]
            case Auth(mac=mac) if self.hello and not self.pairs:
                self._verify(self.keys[self.hello.key], mac, "the key is another one; pair again")
                self.done = Greeted(self.hello)
                return []
            case Pair(mac=mac) if self.hello and self.pairs:
                return [self._pair(self.hello, mac, now)]
            case _:
                raise ProtocolError(Close.SCHEMA, f"{message.t} out of turn")

    def _challenge(self, hello: Hello) -> str:
        if VERSION not in hello.versions:
            raise ProtocolError(Close.VERSION, f"this server speaks version {VERSION}; update the extension or autoglm")
        self.hello = hello
        self.pairs = hello.key not in self.keys
        mac = "" if self.pairs else prove(self.keys[hello.key], "s", hello.nonce, self.nonce, self.server)
        return _text(Challenge(version=VERSION, server=self.server, nonce=self.nonce, mac=mac))

    def _pair(self, hello: Hello, mac: str, now: float) -> str:
        code = self.pairing.take(now) if self.pairing else None
        if code is None:
            raise ProtocolError(Close.AUTH, "no code is good now; run `autoglm pair` for a new one")
        key = code_key(code, hello.nonce, self.nonce)
        self._verify(key, mac, "the code is another one; look at it again")
        assert self.pairing
        self.pairing.tries = 0
        name, secret = self.fresh()
        self.done = Greeted(hello.model_copy(update={"key": name}))
        proof = prove(key, "s", hello.nonce, self.nonce, self.server)
        return _text(Paired(mac=proof, key=name, secret=secret.hex()))

    def _verify(self, key: bytes, mac: str, otherwise: str) -> None:
        assert self.hello
        if not hmac.compare_digest(mac, prove(key, "c", self.hello.nonce, self.nonce, self.server)):
            raise ProtocolError(Close.AUTH, otherwise)


def _text(message: _Message) -> str:
    return message.model_dump_json()


# ---------------------------------------------------------------- after the handshake


@dataclass(frozen=True, slots=True)
class Received:
    message: FromTabs | FromPerson
    payload: bytes


@dataclass(slots=True)
class Channel:
    """The server's half of a session, which outlives its connections. Numbers, acknowledges, keeps what may be lost."""

    sent: int = 0
    received: int = 0
    worker: str = ""
    """Which life of the extension's worker `received` counts for."""
    waiting: deque[tuple[int, _Message, int]] = field(default_factory=deque[tuple[int, "_Message", int]])
    """Sent and not acknowledged, in order: number, message, size of its frame."""
    kept: int = 0
    """Size of all that waits."""
    told: int = 0
    """The `received` that the last frame acknowledged."""

    def send(self, message: _Message, payload: bytes = b"") -> str | bytes:
        """The frame; only news has a payload. Raises ProtocolError when nothing is acknowledged any more."""
        if not isinstance(message, NUMBERED):
            return self._frame(message, payload=payload)
        if len(self.waiting) >= LIMITS.unacknowledged or self.kept >= LIMITS.kept:
            raise ProtocolError(Close.RATE, f"{len(self.waiting)} messages ({self.kept} bytes) were not acknowledged")
        self.sent += 1
        frame = self._frame(message, self.sent)
        self.waiting.append((self.sent, message, len(frame)))
        self.kept += len(frame)
        return frame

    def _frame(self, message: _Message, seq: int = 0, payload: bytes = b"") -> str | bytes:
        self.told = self.received
        numbered = {"v": VERSION, "seq": seq} if seq else {"v": VERSION}
        return write_frame(numbered | {"ack": self.received} | message.model_dump(mode="json"), payload)

    def receive(self, frame: str | bytes) -> Received | None:
        """What is new in a frame; None for what was taken before or only acknowledges. Raises ProtocolError."""
        content, payload = read_frame(frame)
        envelope = _checked(TypeAdapter(_Envelope), {k: content.pop(k) for k in ("v", "seq", "ack") if k in content})
        message = _checked(_INCOMING, content)
        self.acknowledged(envelope.ack)
        if not isinstance(message, NUMBERED):
            return Received(message, payload) if isinstance(message, Picture) else None
        if envelope.seq == 0 or envelope.seq > self.received + 1:
            raise ProtocolError(Close.SCHEMA, f"message {envelope.seq} after {self.received}: some are missing")
        if envelope.seq <= self.received:
            return None
        self.received = envelope.seq
        return Received(message, payload)

    def acknowledged(self, upto: int) -> None:
        if upto > self.sent:
            raise ProtocolError(Close.SCHEMA, f"message {upto} is acknowledged, but {self.sent} were sent")
        while self.waiting and self.waiting[0][0] <= upto:
            self.kept -= self.waiting.popleft()[2]

    def resume(self, hello: Hello, session: str) -> tuple[list[str | bytes], int]:
        """What a new connection begins with, and the number up to which a dead worker had taken messages.

        A worker that lives on answers all it took. One that died did some of it and cannot say how far it came: what
        it took without answering is in doubt and is never sent again. The number is 0 when nothing is.
        """
        died = hello.worker != self.worker
        if died:
            self.worker, self.received = hello.worker, 0
        self.acknowledged(min(hello.seen, self.sent))
        again = [self._frame(message, number) for number, message, _ in self.waiting]
        return [_text(Welcome(session=session, seen=self.received)), *again], hello.seen if died else 0
