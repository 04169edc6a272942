from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from autoglm.errors import AutoGLMError, ModelRefused, ModelUnavailable
from autoglm.models.openai import OpenAIModel
from autoglm.types import Completion, Message
from tests.agent.doubles import Request, Script, Served, Wire, scripted, serving

PROMPT = [Message("system", "Be brief."), Message("user", "你好")]
GRAMMAR = 'root ::= "yes" | "no"'


async def ask(script: Script, grammar: str | None = None, timeout_s: float = 5) -> tuple[Completion, Served]:
    async with serving(script) as served, OpenAIModel(served.url, "m", "secret", timeout_s) as model:
        return await model.complete(PROMPT, grammar), served


async def refused(script: Script, timeout_s: float = 5) -> AutoGLMError:
    with pytest.raises(AutoGLMError) as error:
        await ask(script, timeout_s=timeout_s)
    return error.value


async def test_a_stream_becomes_a_completion_with_its_counts() -> None:
    completion, served = await ask(scripted('do(action="Back")'))
    assert completion == Completion('do(action="Back")', "", "m", 120, 100, 9)
    (request,) = served.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer secret"
    assert request.body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "你好"}],
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_the_grammar_goes_as_vllm_takes_it() -> None:
    _, served = await ask(scripted("yes"), GRAMMAR)
    assert served.prompts[0]["structured_outputs"] == {"grammar": GRAMMAR}


@pytest.mark.parametrize(
    "said",
    [
        {"error": {"message": "Unrecognized request argument supplied: structured_outputs"}},
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "structured_outputs"], "msg": "Extra inputs are not"}]},
    ],
)
async def test_a_server_that_does_not_know_grammars_is_asked_without_and_that_is_remembered(said: object) -> None:
    well = scripted("yes", "no")

    async def script(request: Request, wire: Wire) -> None:
        if "structured_outputs" in request.body:
            await wire.json(said, "400 Bad Request")
        else:
            await well(request, wire)

    async with serving(script) as served, OpenAIModel(served.url, "m") as model:
        assert (await model.complete(PROMPT, GRAMMAR)).text == "yes"
        assert (await model.complete(PROMPT, GRAMMAR)).text == "no"
    assert ["structured_outputs" in body for body in served.prompts] == [True, False, False]


SCHEMA: dict[str, Any] = {"type": "array", "items": {"type": "string"}}


async def test_a_schema_goes_as_servers_take_it() -> None:
    async with serving(scripted("[]")) as served, OpenAIModel(served.url, "m") as model:
        await model.complete(PROMPT, SCHEMA)
    assert served.prompts[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "data", "schema": SCHEMA},
    }


@pytest.mark.parametrize(
    "said",
    [
        "Unrecognized request argument supplied: response_format",
        "invalid grammar in response_format.json_schema.schema: Unimplemented keys: ['not']",
        "Invalid schema for response_format 'data': In context=(), schema must be an object",
    ],
)
async def test_a_server_that_cannot_hold_to_a_schema_is_asked_plainly(said: str) -> None:
    well = scripted("[]", "[]", "yes")

    async def script(request: Request, wire: Wire) -> None:
        if "response_format" in request.body:
            await wire.json({"error": {"message": said}}, "400 Bad Request")
        else:
            await well(request, wire)

    async with serving(script) as served, OpenAIModel(served.url, "m") as model:
        for form in (SCHEMA, SCHEMA, GRAMMAR):
            await model.complete(PROMPT, form)
    assert ["response_format" in body for body in served.prompts] == [True, False, False, False]
    assert "structured_outputs" in served.prompts[3]


async def test_a_request_that_is_wrong_for_another_reason_is_not_asked_again() -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.json({"error": {"message": "the prompt has 9000 tokens, the context holds 8192"}}, "400 Bad Request")

    async with serving(script) as served, OpenAIModel(served.url, "m") as model:
        with pytest.raises(ModelRefused, match="answered 400: the prompt has 9000 tokens"):
            await model.complete(PROMPT, GRAMMAR)
        assert model.takes_grammar
    assert len(served.requests) == 1


async def test_the_name_is_asked_for_when_none_is_given() -> None:
    async with serving(scripted("yes")) as served, OpenAIModel(served.url) as model:
        completion = await model.complete(PROMPT, None)
        assert (completion.model, model.name) == ("script-1", "script-1")


async def test_an_address_with_a_path_is_used_as_it_is() -> None:
    async with serving(scripted("yes")) as served, OpenAIModel(f"{served.url}/api/paas/v4/", "m") as model:
        await model.complete(PROMPT, None)
    assert served.requests[0].path == "/api/paas/v4/chat/completions"


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_thinking_comes_apart_when_the_server_splits_it(field: str) -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.head()
        await wire.delta(**{field: "It has "})
        await wire.delta(**{field: "a button."})
        await wire.delta(content='do(action="Back")')
        await wire.delta(finish="stop")

    completion, _ = await ask(script)
    assert (completion.thinking, completion.text) == ("It has a button.", 'do(action="Back")')


@pytest.mark.parametrize(
    ("said", "thinking", "text"),
    [
        ("<think>It has a button.</think>\nyes", "It has a button.", "yes"),
        ("It has a button.</think>yes", "It has a button.", "yes"),
        ("<think>cut off in the mid", "cut off in the mid", ""),
    ],
)
async def test_thinking_comes_apart_when_the_tags_are_left_in(said: str, thinking: str, text: str) -> None:
    completion, _ = await ask(scripted(said))
    assert (completion.thinking, completion.text) == (thinking, text)


async def test_a_server_that_does_not_stream_is_understood() -> None:
    async def script(request: Request, wire: Wire) -> None:
        message = {"role": "assistant", "content": "yes"}
        await wire.json({"model": "m2", "choices": [{"message": message, "finish_reason": "stop"}]})

    completion, _ = await ask(script)
    assert (completion.text, completion.model) == ("yes", "m2")


async def test_no_server_is_said_with_what_to_do() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens
        port = held.getsockname()[1]
        async with OpenAIModel(f"http://127.0.0.1:{port}", "m") as model:
            with pytest.raises(
                ModelUnavailable, match=rf"no model server at http://127.0.0.1:{port}/v1: .*autoglm-backend"
            ):
                await model.complete(PROMPT, None)


async def test_a_silent_server_is_given_up() -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.head()
        await wire.delta(content="ye")
        await wire.reader.read()

    error = await refused(script, timeout_s=0.1)
    assert isinstance(error, ModelUnavailable)
    assert "was silent for 0.1 s" in str(error)


async def test_a_server_that_dies_in_the_middle_is_noticed() -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.head()
        await wire.delta(content="do(acti")

    error = await refused(script)
    assert isinstance(error, ModelUnavailable)
    assert "broke off after 7 characters" in str(error)


async def test_a_server_that_hangs_up_at_once_is_noticed() -> None:
    async def script(request: Request, wire: Wire) -> None: ...

    error = await refused(script)
    assert isinstance(error, ModelUnavailable)
    assert "RemoteProtocolError" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        ("401 Unauthorized", {"error": {"message": "bad key"}}, "answered 401: bad key; name the variable"),
        ("404 Not Found", {"object": "error", "message": "no model m"}, "answered 404: no model m; look at"),
        ("429 Too Many Requests", {"error": "slow down"}, "answered 429: slow down; wait"),
        ("503 Service Unavailable", {"detail": "loading"}, "answered 503: loading; look at the server's log"),
    ],
)
async def test_what_the_server_says_is_passed_on(status: str, body: object, told: str) -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.json(body, status)

    error = await refused(script)
    assert isinstance(error, ModelRefused)
    assert told in str(error)


async def test_an_error_page_is_quoted_in_one_line() -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.head("502 Bad Gateway", "text/html")
        await wire.send("<html>\n<h1>Bad Gateway</h1></html>")

    assert "answered 502: <html> <h1>Bad Gateway</h1></html>" in str(await refused(script))


async def test_an_error_in_the_middle_of_a_stream_is_told() -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.head()
        await wire.delta(content="do(")
        await wire.event({"error": {"message": "out of memory", "code": 500}})

    error = await refused(script)
    assert isinstance(error, ModelRefused)
    assert "gave up: out of memory" in str(error)


async def test_something_that_is_no_model_server_is_recognized() -> None:
    async def script(request: Request, wire: Wire) -> None:
        await wire.head(content_type="text/html")
        await wire.send("<html>Welcome</html>")

    error = await refused(script)
    assert isinstance(error, ModelRefused)
    assert "does not speak OpenAI's form, it said '<html>Welcome</html>'" in str(error)


async def test_cancelling_closes_the_stream_so_that_the_server_stops() -> None:
    begun, hung_up = asyncio.Event(), asyncio.Event()

    async def script(request: Request, wire: Wire) -> None:
        await wire.head()
        await wire.delta(content="do(")
        begun.set()
        assert await wire.reader.read() == b""
        hung_up.set()

    async with serving(script) as served, OpenAIModel(served.url, "m") as model:
        asking = asyncio.create_task(model.complete(PROMPT, None))
        await begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(hung_up.wait(), 30)


async def test_a_proxy_is_not_asked_about_our_own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    completion, _ = await ask(scripted("yes"))
    assert completion.text == "yes"
