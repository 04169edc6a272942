"""The server over real HTTP."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from autoglm_backend.engine import Engine

Chat = Callable[..., httpx.Response]
ReadEvents = Callable[[str], list[dict[str, Any]]]


def content(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return response.json()["choices"][0]["message"]["content"]


def test_the_served_model_is_listed_with_its_context(client: httpx.Client) -> None:
    (model,) = client.get("/v1/models").json()["data"]
    assert (model["id"], model["object"], model["max_model_len"]) == ("tiny", "model", 512)


def test_a_reply_has_text_usage_and_timings(chat: Chat) -> None:
    reply = chat(model="tiny").json()
    usage, timings = reply["usage"], reply["timings"]

    assert reply["object"] == "chat.completion"
    assert reply["choices"][0]["message"]["role"] == "assistant"
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == timings["cached_tokens"]
    assert set(timings) == {
        "prefill_s", "decode_s", "prompt_tokens", "cached_tokens", "decode_tokens", "forced_tokens"
    }  # fmt: skip
    assert timings["decode_tokens"] == usage["completion_tokens"] == 12


def test_the_second_of_two_equal_requests_is_mostly_cached(chat: Chat) -> None:
    first, second = (chat(messages=[{"role": "user", "content": "the same again"}]).json() for _ in range(2))
    assert second["usage"]["prompt_tokens_details"]["cached_tokens"] == second["usage"]["prompt_tokens"] - 1
    assert first["choices"] == second["choices"]


@pytest.mark.parametrize("fields", [{}, {"structured_outputs": {"regex": "[a-d ]{9}é[0-9]"}}, {"stop": ["e", "a"]}])
def test_a_streamed_reply_equals_the_whole_one(chat: Chat, read_events: ReadEvents, fields: dict[str, Any]) -> None:
    whole = chat(max_tokens=30, **fields).json()["choices"][0]
    events = read_events(chat(max_tokens=30, stream=True, **fields).text)

    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events) == whole["message"]["content"]
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-1]["choices"][0]["finish_reason"] == whole["finish_reason"]
    assert events[-1]["timings"]["decode_tokens"] > 0
    assert len({event["id"] for event in events}) == 1


def test_a_stream_ends_with_usage_when_asked(chat: Chat, read_events: ReadEvents) -> None:
    events = read_events(chat(stream=True, stream_options={"include_usage": True}).text)
    assert events[-1]["choices"] == []
    assert events[-1]["usage"]["completion_tokens"] == events[-1]["timings"]["decode_tokens"] == 12
    assert all("usage" not in event for event in events[:-1])


def test_text_parts_are_one_text(chat: Chat) -> None:
    parts = [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]
    assert content(chat(messages=[{"role": "user", "content": parts}])) == content(chat())


def test_max_completion_tokens_is_max_tokens(chat: Chat) -> None:
    assert chat(max_tokens=None, max_completion_tokens=3).json()["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize(
    ("fields", "pattern"),
    [
        ({"structured_outputs": {"regex": "[0-9]{3}"}}, "[0-9]{3}"),
        ({"structured_outputs": {"choice": ["yes", "no"]}}, "yes|no"),
        ({"structured_outputs": {"grammar": 'root ::= "ref=" [1-3]'}}, "ref=[1-3]"),
        ({"structured_outputs": {"grammar": 'start: "ref=" /[1-3]/'}}, "ref=[1-3]"),
        ({"structured_outputs": {"json": {"enum": [1, 2]}}}, "1|2"),
        ({"structured_outputs": {"json": '{"enum": [1, 2]}'}}, "1|2"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"enum": ["x"]}}}}, '"x"'),
        ({"response_format": {"type": "text"}, "structured_outputs": {"choice": ["a"]}}, "a"),
    ],
)
def test_every_way_to_ask_for_a_grammar_is_obeyed(chat: Chat, fields: dict[str, Any], pattern: str) -> None:
    assert re.fullmatch(pattern, content(chat(**fields)))


def test_a_reply_that_was_begun_is_gone_on_with(chat: Chat) -> None:
    question = {"role": "user", "content": "hello"}
    begun = [question, {"role": "assistant", "content": "é"}]

    asked = chat(messages=begun, continue_final_message=True).json()["usage"]["prompt_tokens"]

    assert asked == chat(messages=[question]).json()["usage"]["prompt_tokens"] + 2  # bytes


@pytest.mark.parametrize(
    "fields", [{"response_format": {"type": "json_object"}}, {"structured_outputs": {"json_object": True}}]
)
def test_json_object_means_an_object(chat: Chat, fields: dict[str, Any]) -> None:
    assert content(chat(max_tokens=20, **fields)).startswith("{")


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"n": 2}, "n", "n=2 is not supported by the int8 engine"),
        ({"logprobs": True}, "logprobs", "not supported"),
        ({"tools": [{"type": "function"}]}, "tools", "not supported"),
        ({"presence_penalty": 0.5}, "presence_penalty", "not supported"),
        ({"best_of": 2}, "best_of", "best_of is not supported"),
        ({"temperature": -1}, "temperature", "greater than or equal to 0"),
        ({"max_tokens": 0}, "max_tokens", "greater than or equal to 1"),
        ({"max_tokens": 5000}, "messages", "max_tokens is 5000, and the context holds 512"),
        ({"messages": []}, "messages", "at least 1 item"),
        ({"messages": [{"role": "user", "content": "é" * 400}]}, "messages", "and the context holds 512"),
        ({"chat_template_kwargs": {"chat_template": "x"}}, "chat_template_kwargs", "may not set chat_template"),
        ({"structured_outputs": {}}, "structured_outputs", "exactly one"),
        ({"structured_outputs": {"regex": "a", "choice": ["b"]}}, "structured_outputs.choice", "exactly one"),
        (
            {"structured_outputs": {"regex": "a"}, "response_format": {"type": "json_object"}},
            "structured_outputs.regex",
            "exactly one",
        ),
        (
            {"structured_outputs": {"grammar": "root ::= nothing"}},
            "structured_outputs.grammar",
            "is not defined",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_done_is_refused_in_openais_shape(
    chat: Chat, fields: dict[str, Any], param: str, words: str, stream: bool
) -> None:
    response = chat(**fields, stream=stream)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param)
    assert words in error["message"]


def test_an_image_is_refused_by_name(chat: Chat) -> None:
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    response = chat(messages=[{"role": "user", "content": [part]}])
    assert response.status_code == 400
    assert "'image_url' is not supported by the int8 engine: it reads text only" in response.json()["error"]["message"]


def test_a_body_that_is_not_json_is_refused(client: httpx.Client) -> None:
    response = client.post("/v1/chat/completions", content=b"{")
    assert (response.status_code, "Invalid JSON" in response.json()["error"]["message"]) == (400, True)


def test_another_model_is_not_found_by_name(chat: Chat) -> None:
    response = chat(model="gpt-9")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
    assert "'gpt-9' here, only 'tiny'" in response.json()["error"]["message"]


def test_an_unknown_route_names_the_routes(client: httpx.Client) -> None:
    response = client.get("/v1/completions")
    assert (response.status_code, "POST /v1/chat/completions" in response.json()["error"]["message"]) == (404, True)


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_request_from_a_web_page_is_turned_away(client: httpx.Client, headers: dict[str, str]) -> None:
    response = client.get("/v1/models", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "foreign_origin")


def test_health_generates_a_token(client: httpx.Client, server: Any) -> None:
    assert client.get("/health").json()["status"] == "ok"


def test_metrics_count_requests_and_tokens(chat: Chat, client: httpx.Client) -> None:
    def read() -> dict[str, float]:
        lines = [line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    before = read()
    usage = chat(structured_outputs={"choice": ["only this"]}).json()["usage"]
    after = read()

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown('autoglm_requests_total{outcome="finished"}') == 1
    assert grown("autoglm_prompt_tokens_total") == usage["prompt_tokens"]
    assert grown("autoglm_generated_tokens_total") == grown("autoglm_forced_tokens_total") == usage["completion_tokens"]
    assert grown("autoglm_prefill_seconds_count") == grown("autoglm_decode_seconds_count") == 1
    assert after["autoglm_queue"] == 0


def endless(decoder: Any) -> dict[str, Any]:
    """A request that runs until it is cancelled: each forward pass waits, and the grammar has no end."""
    decoder.before = lambda: time.sleep(0.05)
    return {
        "messages": [{"role": "user", "content": "x"}],
        "structured_outputs": {"grammar": 'root ::= [ab] root'},
        "temperature": 0,
    }  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_cancels_its_generation(
    start_server: Callable[..., Any],
    make_engine: Callable[..., Engine],
    watch: Callable[[Engine], Any],
    int8_dir: Path,
    stream: bool,
) -> None:
    engine = make_engine(int8_dir)
    running = start_server(engine)
    body = {**endless(watch(engine)), "stream": stream}

    patience = httpx.Timeout(60, read=60 if stream else 1)
    with httpx.Client(base_url=running.url, timeout=patience) as client:
        if stream:
            with client.stream("POST", "/v1/chat/completions", json=body) as response:
                next(response.iter_lines())
        else:
            with pytest.raises(httpx.ReadTimeout):
                client.post("/v1/chat/completions", json=body)

    def cancelled() -> bool:
        return 'autoglm_requests_total{outcome="cancelled"} 1.0' in running.metrics.text().decode()

    deadline = time.monotonic() + 20
    while not cancelled() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert cancelled()
    assert not running.worker.running


async def test_a_full_line_is_refused_with_retry_after(
    start_server: Callable[..., Any],
    make_engine: Callable[..., Engine],
    watch: Callable[[Engine], Any],
    int8_dir: Path,
) -> None:
    engine = make_engine(int8_dir, slots=1)
    running = start_server(engine, waiting=1, health_s=0.2)
    body = endless(watch(engine))

    async with httpx.AsyncClient(timeout=60) as client:
        asked = [asyncio.ensure_future(client.post(f"{running.url}/v1/chat/completions", json=body)) for _ in range(4)]
        answers = asyncio.as_completed(asked)
        refused = [await next(answers) for _ in range(2)]
        answered = [one.done() for one in asked].count(True)
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    assert [response.status_code for response in refused] == [503, 503]
    assert answered == 2
    assert all(int(response.headers["Retry-After"]) > 0 for response in refused)
    assert refused[0].json()["error"]["code"] == "queue_full"


def test_health_is_503_while_the_engine_is_stuck_and_200_beside_requests(
    start_server: Callable[..., Any],
    make_engine: Callable[..., Engine],
    watch: Callable[[Engine], Any],
    int8_dir: Path,
) -> None:
    engine = make_engine(int8_dir, slots=1)
    running = start_server(engine, waiting=1, health_s=5.0)
    body = endless(watch(engine))
    free = threading.Event()
    free.set()
    watch(engine).before = lambda: free.wait(30) and time.sleep(0.05)

    with httpx.Client(base_url=running.url, timeout=60) as client:
        streaming = client.stream("POST", "/v1/chat/completions", json={**body, "stream": True})
        with streaming as response:
            lines = response.iter_lines()  # dropping it would close the stream
            next(lines)
            beside = client.get("/health")
            free.clear()
            stuck = client.get("/health")
            free.set()
    assert beside.status_code == 200
    assert (stuck.status_code, stuck.json()["error"]["code"]) == (503, "unhealthy")
