"""The extension's half of the wire, run in the extension itself: the same frames, the same proofs as in Python."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from autoglm.protocol import Channel, Command, Result, code_key, prove, read_frame
from tests.extension.conftest import Chrome
from tests.extension.test_protocol import broken

FRAMES = json.loads(Path(__file__).with_name("frames.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("golden", [g for g in FRAMES if not g.get("wrong")], ids=lambda golden: golden["name"])
async def test_golden_frames_are_read_and_written_as_in_python(paired: Chrome, golden: dict[str, Any]) -> None:
    if golden["from"] == "server":
        read = await paired.panel.evaluate(
            """async ([text, hex]) => {
              const {Channel, unhex} = await import('/wire.js');
              const {message, payload} = new Channel(0).receive(text ?? unhex(hex).buffer);
              return [message, [...payload]];
            }""",
            [golden.get("text"), golden.get("hex")],
        )
        assert read == [golden["message"], list(bytes.fromhex(golden.get("payload", "")))]
    else:
        frame = await paired.panel.evaluate(
            """async ([message, payload]) => {
              const {Channel, unhex} = await import('/wire.js');
              const frame = new Channel(0).send(message, unhex(payload));
              return typeof frame === 'string' ? frame : [...frame];
            }""",
            [golden["message"], golden.get("payload", "")],
        )
        wanted = golden["text"] if "text" in golden else bytes.fromhex(golden["hex"])
        assert read_frame(frame if isinstance(frame, str) else bytes(frame)) == read_frame(wanted)


async def test_proofs_are_the_same_on_both_sides(paired: Chrome) -> None:
    proofs = await paired.panel.evaluate(
        """async ([code, hello, challenge, server]) => {
          const {codeKey, prove} = await import('/wire.js');
          const key = await codeKey(code, hello, challenge);
          return [await prove(key, 's', hello, challenge, server), await prove(key, 'c', hello, challenge, server)];
        }""",
        ["ABCD2345", "12" * 16, "34" * 16, "server"],
    )
    key = code_key("ABCD2345", "12" * 16, "34" * 16)
    assert proofs == [prove(key, side, "12" * 16, "34" * 16, "server") for side in ("s", "c")]


async def test_each_reads_what_the_other_writes(paired: Chrome) -> None:
    server = Channel()
    command = server.send(Command(id=1, tab=7, method="Page.enable", params={"ü": "表"}))
    early, answer = await paired.panel.evaluate(
        """async text => {
          const {Channel} = await import('/wire.js');
          const channel = new Channel(0);
          const {message} = channel.receive(text);
          const early = channel.send({t: 'pong'});
          channel.written = channel.received;
          return [early, channel.send({t: 'result', id: message.id, result: message.params})];
        }""",
        command,
    )
    server.receive(early)
    assert server.waiting  # what a later life of the worker would not find is not acknowledged
    received = server.receive(answer)
    assert received
    assert received.message == Result(id=1, result={"ü": "表"})
    assert not server.waiting  # the answer acknowledged the command


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        '{"v":2,"seq":1,"ack":0,"t":"ping"}',
        '{"v":1,"seq":3,"ack":0,"t":"command"}',
        '{"v":1,"ack":9,"t":"ack"}',
    ],
)
async def test_what_breaks_the_contract_is_refused_by_the_extension_too(paired: Chrome, frame: str) -> None:
    refused = await paired.panel.evaluate(
        """async text => {
          const {Channel, ProtocolError} = await import('/wire.js');
          try { new Channel(0).receive(text); return false } catch (error) { return error instanceof ProtocolError }
        }""",
        frame,
    )
    assert refused


async def test_ten_thousand_broken_frames_raise_one_kind_of_error_in_the_extension_too(paired: Chrome) -> None:
    random_ = random.Random(11)
    good = [golden["text"] for golden in FRAMES if golden["from"] == "server" and "text" in golden]
    refused, others = 0, list[str]()
    for _ in range(20):
        frames = [as_sent(broken(random_, random_.choice(good))) for _ in range(500)]
        told = await paired.panel.evaluate(
            """async frames => {
              const {Channel, ProtocolError, unhex} = await import('/wire.js');
              const channel = new Channel(0);
              let refused = 0;
              const others = [];
              for (const [kind, value] of frames) {
                const frame = kind === 'hex' ? unhex(value).buffer : kind === 'deep' ? '['.repeat(value) : value;
                try { channel.receive(frame) } catch (error) {
                  if (error instanceof ProtocolError) refused++;
                  else others.push(`${error} at ${String(value).slice(0, 80)}`);
                }
              }
              if (!Number.isInteger(channel.received) || channel.waiting.length) others.push('it lost count');
              return [refused, others];
            }""",
            frames,
        )
        refused, others = refused + told[0], others + told[1]
    assert not others
    assert refused > 7_500  # the rest has but one odd sign in a text


def as_sent(frame: str | bytes) -> tuple[str, str | int]:
    """As it travels to the page: 100,000 brackets as their number, and no half of a surrogate pair."""
    if isinstance(frame, bytes):
        return "hex", frame.hex()
    if frame and not frame.strip("["):
        return "deep", len(frame)
    return "text", frame.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("number", ["-1", "0.5", '"1"', "null", "1e400"])
async def test_what_is_no_number_of_a_message_is_refused_by_the_extension(paired: Chrome, number: str) -> None:
    frame = f'{{"v":1,"seq":{number},"ack":0,"t":"command","id":1,"tab":1,"session":"","method":"M","params":{{}}}}'
    await test_what_breaks_the_contract_is_refused_by_the_extension_too(paired, frame)
