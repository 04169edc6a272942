"""The wire without a socket: frames in, messages out."""

from __future__ import annotations

import json
import random
import secrets
import tracemalloc
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoglm.protocol import (
    CODE_TRIES,
    LIMITS,
    Ack,
    Auth,
    Challenge,
    Channel,
    Close,
    Command,
    Event,
    Greeting,
    Hello,
    Pair,
    Paired,
    Pairing,
    Picture,
    ProtocolError,
    Result,
    code_key,
    prove,
    read_frame,
    write_frame,
)

FRAMES = json.loads(Path(__file__).with_name("frames.json").read_text(encoding="utf-8"))
CODE = "ABCDEFGH"
SERVER = "ab" * 16
NONCE = "12" * 16


def hello(**changes: Any) -> Hello:
    given = {"versions": (1,), "client": "0.1.0", "nonce": "34" * 16, "worker": "56" * 16} | changes
    return Hello.model_validate(given)


def greeting(keys: dict[str, bytes] | None = None, pairing: Pairing | None = None) -> Greeting:
    kept = keys if keys is not None else {}

    def fresh() -> tuple[str, bytes]:
        kept["new"] = secrets.token_bytes(32)
        return "new", kept["new"]

    return Greeting(SERVER, kept, pairing, NONCE, fresh)


def challenge(server: Greeting, by: Hello) -> Challenge:
    (frame,) = server.receive(by.model_dump_json(), 0)
    return Challenge.model_validate_json(frame)


def refused(server: Greeting, frame: str | bytes, now: float = 0) -> Close:
    with pytest.raises(ProtocolError) as caught:
        server.receive(frame, now)
    return caught.value.close


# ---------------------------------------------------------------- the handshake


def test_both_prove_that_they_hold_the_key() -> None:
    key = secrets.token_bytes(32)
    server = greeting({"k": key})
    by = hello(key="k")
    said = challenge(server, by)
    assert said.mac == prove(key, "s", by.nonce, NONCE, SERVER)
    server.receive(Auth(mac=prove(key, "c", by.nonce, NONCE, SERVER)).model_dump_json(), 0)
    assert server.done and server.done.hello == by


@pytest.mark.parametrize(
    "mac",
    [
        prove(b"k" * 32, "c", "34" * 16, "00" * 16, SERVER),  # taken from an earlier handshake
        prove(b"x" * 32, "c", "34" * 16, NONCE, SERVER),  # of another key
        prove(b"k" * 32, "s", "34" * 16, NONCE, SERVER),  # the server's own, sent back
        prove(b"k" * 32, "c", "34" * 16, NONCE, "cd" * 16),  # meant for another server
    ],
)
def test_a_wrong_or_replayed_proof_is_refused(mac: str) -> None:
    server = greeting({"k": b"k" * 32})
    challenge(server, hello(key="k"))
    assert refused(server, Auth(mac=mac).model_dump_json()) == Close.AUTH
    assert server.done is None


def test_who_has_no_key_is_told_nothing_that_helps() -> None:
    assert challenge(greeting({"k": b"k" * 32}), hello(key="other")).mac == ""


def test_the_code_makes_a_key_that_the_next_handshake_takes() -> None:
    keys: dict[str, bytes] = {}
    server, by = greeting(keys, Pairing(CODE, 120)), hello()
    assert challenge(server, by).mac == ""
    key = code_key(CODE, by.nonce, NONCE)
    (frame,) = server.receive(Pair(mac=prove(key, "c", by.nonce, NONCE, SERVER)).model_dump_json(), 1)
    paired = Paired.model_validate_json(frame)
    assert paired.mac == prove(key, "s", by.nonce, NONCE, SERVER)
    assert keys[paired.key] == bytes.fromhex(paired.secret)
    assert server.done and server.done.hello.key == paired.key


def test_a_code_is_good_once() -> None:
    pairing, by = Pairing(CODE, 120), hello()
    proof = Pair(mac=prove(code_key(CODE, by.nonce, NONCE), "c", by.nonce, NONCE, SERVER)).model_dump_json()
    for again in (False, True):
        server = greeting({}, pairing)
        challenge(server, by)
        if again:
            assert refused(server, proof) == Close.AUTH
        else:
            server.receive(proof, 0)


def test_a_code_is_good_for_two_minutes_and_five_tries() -> None:
    by = hello()
    right = Pair(mac=prove(code_key(CODE, by.nonce, NONCE), "c", by.nonce, NONCE, SERVER)).model_dump_json()
    late = greeting({}, Pairing(CODE, 120))
    challenge(late, by)
    assert refused(late, right, 120) == Close.AUTH
    pairing = Pairing(CODE, 120)
    for _ in range(CODE_TRIES):
        server = greeting({}, pairing)
        challenge(server, by)
        assert refused(server, Pair(mac="0" * 64).model_dump_json()) == Close.AUTH
    server = greeting({}, pairing)
    challenge(server, by)
    assert refused(server, right) == Close.AUTH


def test_only_the_version_that_both_speak_is_spoken() -> None:
    assert refused(greeting(), hello(versions=(2, 3)).model_dump_json()) == Close.VERSION


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        '{"t":"auth","mac":"' + "0" * 64 + '"}',  # before hello
        '{"t":"pair","mac":"' + "0" * 64 + '"}',
        '{"t":"command"}',
        '{"t":"hello"}',
        hello().model_dump_json()[:-1] + ',"scopes":["all"]}',  # what it may do is not the extension's to say
        hello().model_dump_json() + " " * LIMITS.handshake,
        b"\0\0\0\2{}",
    ],
)
def test_anything_but_a_greeting_is_refused(frame: str | bytes) -> None:
    assert refused(greeting(), frame) in (Close.SCHEMA, Close.SIZE)


# ---------------------------------------------------------------- the channel


def test_messages_are_numbered_and_kept_until_they_are_acknowledged() -> None:
    channel = Channel()
    frames = [channel.send(Command(id=i, tab=1, method="Page.enable", params={})) for i in (1, 2, 3)]
    assert [read_frame(frame)[0]["seq"] for frame in frames] == [1, 2, 3]
    channel.receive('{"v":1,"ack":2,"t":"ack"}')
    assert [number for number, *_ in channel.waiting] == [3]


def test_news_is_not_numbered_and_not_kept() -> None:
    channel = Channel()
    assert "seq" not in read_frame(channel.send(Ack()))[0]
    assert not channel.waiting


def result(seq: int, ack: int = 0) -> str:
    return json.dumps({"v": 1, "seq": seq, "ack": ack, "t": "result", "id": 1, "result": {}})


def test_what_was_taken_before_is_not_taken_again() -> None:
    channel = Channel()
    assert channel.receive(result(1))
    assert channel.receive(result(1)) is None
    assert channel.receive(result(2))


@pytest.mark.parametrize("frame", [result(2), result(0), result(1, ack=1)])
def test_missing_messages_and_acknowledgements_of_what_was_never_sent_are_refused(frame: str) -> None:
    with pytest.raises(ProtocolError):
        Channel().receive(frame)


def test_a_worker_that_lived_on_is_sent_what_it_had_not_seen() -> None:
    channel = Channel(worker="56" * 16)
    for i in (1, 2, 3):
        channel.send(Command(id=i, tab=1, method="Page.enable", params={}))
    channel.receive(result(1))
    frames, in_doubt = channel.resume(hello(session="s", seen=2), "s")
    assert in_doubt == 0
    assert json.loads(frames[0]) == {"t": "welcome", "session": "s", "seen": 1}
    assert [read_frame(frame)[0]["seq"] for frame in frames[1:]] == [3]


def test_what_a_dead_worker_had_taken_is_in_doubt_and_not_sent_again() -> None:
    channel = Channel(worker="56" * 16)
    for i in (1, 2, 3):
        channel.send(Command(id=i, tab=1, method="Page.enable", params={}))
    channel.receive(result(1))
    frames, in_doubt = channel.resume(hello(session="s", seen=2, worker="78" * 16), "s")
    assert in_doubt == 2
    assert read_frame(frames[1])[0]["ack"] == 0  # the new worker has sent nothing yet
    assert json.loads(frames[0])["seen"] == 0
    assert [read_frame(frame)[0]["seq"] for frame in frames[1:]] == [3]


def test_a_side_that_acknowledges_nothing_is_given_up() -> None:
    channel = Channel()
    command = Command(id=1, tab=1, method="Page.enable", params={})
    for _ in range(LIMITS.unacknowledged):
        channel.send(command)
    with pytest.raises(ProtocolError) as caught:
        channel.send(command)
    assert caught.value.close == Close.RATE


def test_what_is_kept_for_it_is_bounded_in_bytes_too() -> None:
    channel = Channel()
    command = Command(id=1, tab=1, method="Runtime.evaluate", params={"expression": "x" * (1 << 20)})
    sending = (channel.send(command) for _ in range(10))
    with pytest.raises(ProtocolError) as caught:
        deque(sending, maxlen=0)
    assert caught.value.close == Close.RATE
    channel.acknowledged(channel.sent)
    assert channel.kept == 0
    channel.send(command)


# ---------------------------------------------------------------- frames


@pytest.mark.parametrize("golden", FRAMES, ids=lambda golden: golden["name"])
def test_golden_frames_are_read_as_written(golden: dict[str, Any]) -> None:
    frame = golden["text"] if "text" in golden else bytes.fromhex(golden["hex"])
    if golden["from"] == "server":
        content, payload = read_frame(frame)
        assert write_frame(content, payload) == frame
        return
    if golden["wrong"]:
        with pytest.raises(ProtocolError):
            Channel().receive(frame)
        return
    received = Channel().receive(frame)
    assert received
    assert received.message.model_dump(mode="json", exclude_unset=True) == golden["message"]
    assert received.payload.hex() == golden.get("payload", "")


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()), st.binary(max_size=200))
def test_a_frame_is_read_as_it_was_written(content: dict[str, Any], payload: bytes) -> None:
    assert read_frame(write_frame(content, payload)) == (content, payload)


def test_a_payload_travels_as_it_is() -> None:
    frame = write_frame({"v": 1, "t": "picture", "tab": 3}, b"\xff\xd8jpeg")
    received = Channel().receive(frame)
    assert received
    assert (received.message, received.payload) == (Picture(tab=3), b"\xff\xd8jpeg")


def test_ten_thousand_broken_frames_raise_one_kind_of_error_and_keep_no_memory() -> None:
    random_ = random.Random(7)
    good = [
        Event(tab=1, method="Page.frameNavigated", params={"frame": {"id": "A"}}).model_dump_json(),
        Result(id=1, result={"a": [1, 2]}).model_dump_json(),
        *(golden["text"] for golden in FRAMES if "text" in golden),
    ]
    tracemalloc.start()
    refused = 0
    channel = Channel()
    for _ in range(10_000):
        frame: Any = broken(random_, random_.choice(good))
        try:
            channel.receive(frame)
        except ProtocolError:
            refused += 1
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused > 9_000
    assert held < 16 << 20
    assert len(channel.waiting) == 0


def broken(random_: random.Random, text: str) -> str | bytes:
    match random_.randrange(7):
        case 0:
            return text[: random_.randrange(len(text))]
        case 1:
            at = random_.randrange(len(text))
            return text[:at] + chr(random_.randrange(0x110000 - 0x800)) + text[at + 1 :]
        case 2:
            return random_.randbytes(random_.randrange(200))
        case 3:
            return "[" * random_.randrange(1, 100_000)
        case 4:
            return text.replace('"t"', '"T"')
        case 5:
            return random_.randrange(2**32).to_bytes(4, "big") + text.encode()
        case _:
            return text[:-1] + f', "x{random_.randrange(99)}": {random_.random()}' + "}"


@pytest.mark.parametrize("size", [LIMITS.text + 1, LIMITS.frame + 1])
def test_what_is_too_large_is_refused_unread(size: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        Channel().receive(" " * size)
    assert caught.value.close == Close.SIZE
