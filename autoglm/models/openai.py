"""Messages to a completion over HTTP, from any server that speaks OpenAI's chat form. Knows nothing of browsers."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from autoglm.errors import ModelRefused, ModelUnavailable
from autoglm.seams import Grammar
from autoglm.types import Completion, Message

M = TypeVar("M", bound=BaseModel)


class OpenAIModel:
    """Streams, so that a server which stops answering is noticed and one that is no longer wanted stops."""

    def __init__(
        self, base_url: str, model: str | None = None, api_key: str | None = None, timeout_s: float = 120.0
    ) -> None:
        """`model` None: the first one the server has. `timeout_s`: the longest silence, not the longest answer."""
        self.base_url = base_url.rstrip("/") if urlsplit(base_url).path.strip("/") else f"{base_url.rstrip('/')}/v1"
        self.name = model or ""
        """Empty until the server was asked for it."""
        self.takes_grammar = True
        """False once the server said that it does not know the field."""
        self.takes_schema = True
        """False once the server refused a JSON schema: it does not know the field, or not all that the schema says."""
        self._timeout_s = timeout_s
        self._heard: Callable[[str], None] | None = None
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(timeout_s, connect=10.0),
            trust_env=not _is_loopback(base_url),  # a proxy has no business between us and our own machine
        )

    def heard_by(self, heard: Callable[[str], None]) -> OpenAIModel:
        """The same model over the same connections, which also tells what it writes as it writes it."""
        told = copy(self)
        told._heard = heard
        return told

    async def close(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> OpenAIModel:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def find_name(self) -> str:
        """The model's name; asks the server when none was given."""
        if not self.name:
            async with self._request("GET", "/models") as response:
                models = _parse(_Models, await response.aread(), self.base_url).data
            if not models:
                raise ModelRefused(f"the server at {self.base_url} has no model; start it with one")
            self.name = models[0].id
        return self.name

    async def complete(self, messages: Sequence[Message], grammar: Grammar | None) -> Completion:
        body: dict[str, Any] = {
            "model": await self.find_name(),
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        try:
            match grammar:
                case str() if self.takes_grammar:
                    return await self._stream(body | {"structured_outputs": {"grammar": grammar}})
                case dict() if self.takes_schema:
                    named = {"name": "data", "schema": grammar}
                    return await self._stream(body | {"response_format": {"type": "json_schema", "json_schema": named}})
                case _:
                    pass
        except _UnknownField:
            self.takes_grammar = self.takes_grammar and not isinstance(grammar, str)
            self.takes_schema = self.takes_schema and not isinstance(grammar, dict)
        return await self._stream(body)

    async def _stream(self, body: dict[str, Any]) -> Completion:
        answer = _Answer()
        async with self._request("POST", "/chat/completions", json=body) as response:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                answer.add(_parse(_Chunk, await response.aread(), self.base_url))  # it does not stream
            else:
                try:
                    await self._listen(response, answer)
                except (httpx.RemoteProtocolError, httpx.ReadError) as error:
                    raise self._broke_off(answer) from error
        if not answer.finished:
            raise self._broke_off(answer)
        return answer.completion(self.name)

    async def _listen(self, response: httpx.Response, answer: _Answer) -> None:
        """https://html.spec.whatwg.org/multipage/server-sent-events.html, of which this form uses one-line data."""
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                continue
            data = line[5:].strip()
            if data == "[DONE]":
                answer.finished = True
                return
            piece = answer.add(_parse(_Chunk, data.encode(), self.base_url))
            if piece and self._heard:
                self._heard(piece)

    def _broke_off(self, answer: _Answer) -> ModelUnavailable:
        return ModelUnavailable(
            f"the model server at {self.base_url} broke off after {len(answer.text) + len(answer.thinking)} characters "
            "of its answer; it may have died or run out of memory: look at its log"
        )

    @asynccontextmanager
    async def _request(self, method: str, path: str, **given: Any) -> AsyncGenerator[httpx.Response]:
        """The response once its head is there and good. Leaving closes it, which stops the server generating."""
        url = self.base_url + path
        try:
            async with self._client.stream(method, url, **given) as response:
                if response.is_error:
                    raise _refusal(response, await response.aread())
                yield response
        except httpx.ConnectError as error:
            raise ModelUnavailable(
                f"no model server at {self.base_url}: {error}; start one with `autoglm-backend serve`, or leave "
                "--base-url out and one is started"
            ) from error
        except httpx.TimeoutException as error:
            raise ModelUnavailable(
                f"the model server at {self.base_url} was silent for {self._timeout_s:g} s; it may be overloaded "
                "or hung: look at its log"
            ) from error
        except httpx.HTTPError as error:
            raise ModelUnavailable(
                f"talking to the model server at {self.base_url} failed: {type(error).__name__}: {error}; is it an "
                "OpenAI-compatible server, and does it still run?"
            ) from error


class _UnknownField(Exception):
    pass


# How servers say it. vLLM before 0.11 and FastAPI: "Extra inputs are not permitted"; OpenAI: "Unrecognized request
# argument supplied: …"; Gemini: 'Unknown name "structured_outputs": Cannot find field'.
_UNKNOWN = re.compile(
    r"unknown|unrecogni[sz]ed|unexpected|extra|not permitted|not allowed|not supported|unsupported", re.IGNORECASE
)

_SCHEMA = re.compile(f"schema|grammar|response_format|{_UNKNOWN.pattern}", re.IGNORECASE)


def _refusal(response: httpx.Response, body: bytes) -> Exception:
    said = _message(body) or response.reason_phrase
    asked_for_grammar = b'"structured_outputs"' in response.request.content and _UNKNOWN.search(said)
    asked_for_schema = b'"response_format"' in response.request.content and _SCHEMA.search(said)
    if response.status_code in (400, 422) and (asked_for_grammar or asked_for_schema):
        return _UnknownField(said)
    hint = {
        401: "; name the variable that holds the key with --api-key-env",
        403: "; name the variable that holds the key with --api-key-env",
        404: "; look at --base-url and --model",
        429: "; wait, or use another server",
    }.get(response.status_code, "; look at the server's log" if response.is_server_error else "")
    return ModelRefused(f"{response.request.url} answered {response.status_code}: {said}{hint}")


def _message(body: bytes) -> str:
    """Of {"error": {"message": …}}, {"error": …}, {"message": …}, {"detail": …}, or whatever else was sent."""
    try:
        found = _Refusal.model_validate_json(body)
    except ValidationError:
        return " ".join(body.decode(errors="replace").split())[:300]
    error = found.error.message if isinstance(found.error, _ErrorMessage) else found.error
    said = error or found.message or found.detail
    return said if isinstance(said, str) else body.decode(errors="replace")[:300]


def _parse(model: type[M], body: bytes, base_url: str) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        if b'"error"' in body and (said := _message(body)):
            raise ModelRefused(f"the model server at {base_url} gave up: {said}") from None
        start = " ".join(body.decode(errors="replace").split())[:120]
        raise ModelRefused(f"{base_url} does not speak OpenAI's form, it said {start!r}; look at --base-url") from error


@dataclass(slots=True)
class _Answer:
    """What has come so far."""

    text: str = ""
    thinking: str = ""
    model: str = ""
    finished: bool = False
    usage: _Usage | None = None

    def add(self, chunk: _Chunk) -> str:
        """What is new in it, thinking and answer alike."""
        self.model = chunk.model or self.model
        self.usage = chunk.usage or self.usage
        piece = ""
        for choice in chunk.choices[:1]:
            part = choice.delta or choice.message or _Part()
            thought, said = part.reasoning_content or part.reasoning or "", part.content or ""
            self.thinking += thought
            self.text += said
            piece += thought + said
            self.finished = self.finished or choice.finish_reason is not None
        return piece

    def completion(self, name: str) -> Completion:
        thinking, text = _split(self.text)
        usage = self.usage or _Usage()
        return Completion(
            text=text.strip(),
            thinking=(self.thinking or thinking).strip(),
            model=self.model or name,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=(usage.prompt_tokens_details or _Details()).cached_tokens or 0,
            completion_tokens=usage.completion_tokens,
        )


def _split(text: str) -> tuple[str, str]:
    """The thinking and the answer, of a server that leaves the tags in. Thinking that never ended has no answer."""
    if "</think>" in text:
        thinking, _, text = text.rpartition("</think>")
        return thinking.replace("<think>", ""), text
    before, tag, thinking = text.partition("<think>")
    return (thinking, before) if tag else ("", text)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1", "0.0.0.0") or host.startswith("127.")  # noqa: S104 - compared, not bound


# ---------------------------------------------------------------- what comes over the wire
# https://platform.openai.com/docs/api-reference/chat; `reasoning_content` as DeepSeek, Z.ai and vLLM name it.


class _Part(BaseModel):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(BaseModel):
    delta: _Part | None = None
    message: _Part | None = None
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Details | None = None


class _Chunk(BaseModel):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


class _ModelCard(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_ModelCard]


class _ErrorMessage(BaseModel):
    message: str


class _Refusal(BaseModel):
    error: _ErrorMessage | str | None = None
    message: str | None = None
    detail: object = None
