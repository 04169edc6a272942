"""The JSON that comes in and goes out: OpenAI's form with vLLM's grammar fields. Knows the engine's values only."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autoglm_backend.errors import RequestError
from autoglm_backend.generation import Finished, Generation, Timings
from autoglm_backend.grammar import Choice, Ebnf, Grammar, JsonSchema, Regex


class Strict(BaseModel):
    """A field that is not known is refused: silently ignoring it could change the reply."""

    model_config = ConfigDict(extra="forbid")


class TextPart(Strict):
    type: Literal["text"]
    text: str


class Message(Strict):
    role: str
    content: str | list[TextPart] | None = None
    name: str | None = None
    reasoning_content: str | None = None

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content or [])


class NamedSchema(Strict):
    name: str = ""
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class JsonSchemaFormat(Strict):
    type: Literal["json_schema"]
    json_schema: NamedSchema


class PlainFormat(Strict):
    type: Literal["json_object", "text"]


class StructuredOutputs(Strict):
    """vLLM's field of this name; exactly one way of saying it."""

    json_: dict[str, Any] | str | None = Field(default=None, alias="json")
    regex: str | None = None
    choice: Annotated[list[str], Field(min_length=1)] | None = None
    grammar: str | None = None
    json_object: bool | None = None


class StreamOptions(Strict):
    include_usage: bool = False
    continuous_usage_stats: Literal[False] | None = None


class ChatRequest(Strict):
    """One request for a reply. The last block holds what is accepted at its neutral value only, or changes nothing."""

    model: str | None = None
    messages: Annotated[list[Message], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=-1)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    stream: bool = False
    stream_options: StreamOptions | None = None
    response_format: Annotated[JsonSchemaFormat | PlainFormat, Field(discriminator="type")] | None = None
    structured_outputs: StructuredOutputs | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    add_generation_prompt: bool = True
    continue_final_message: bool = False

    user: str | None = None
    metadata: dict[str, Any] | None = None
    store: bool | None = None
    service_tier: str | None = None
    request_id: str | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repetition_penalty: float | None = None
    logit_bias: dict[str, float] | None = None


# Field -> the values with which it changes nothing. Any other value is refused.
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "tools": (None, []),
    "tool_choice": (None, "none", "auto"),
    "presence_penalty": (None, 0),
    "frequency_penalty": (None, 0),
    "repetition_penalty": (None, 1),
    "logit_bias": (None, {}),
}


# Variables of a chat template that are the server's to give.
RESERVED = frozenset(
    "messages tools documents chat_template add_generation_prompt continue_final_message goes_on".split()
)


def read_request(body: bytes) -> ChatRequest:
    """The request in this body. Raises RequestError, naming the field."""
    try:
        request = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise refuse(error) from error
    for name, neutral in NEUTRAL.items():
        value = getattr(request, name)
        if value not in neutral:
            raise RequestError(
                f"{name}={json.dumps(value)[:80]} is not supported by the int8 engine: leave it out, or use vLLM",
                param=name,
                code="unsupported",
            )
    return request


def refuse(error: ValidationError) -> RequestError:
    """The first complaint, in OpenAI's words."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    given = first["input"]
    if first["type"] == "extra_forbidden":
        message = f"{where} is not supported by the int8 engine: leave it out, or use vLLM"
        return RequestError(message, param=where, code="unsupported")
    if "content" in first["loc"] and isinstance(given, str) and first["type"] == "literal_error":
        message = f"{where}: a content part of type {given!r} is not supported by the int8 engine: it reads text only"
        return RequestError(message, param=where, code="unsupported")
    if "content" in first["loc"]:
        for other in error.errors():
            if other["type"] == "literal_error":
                return refuse_part(other["input"], ".".join(str(part) for part in other["loc"]))
    return RequestError(
        f"{where or 'body'}: {first['msg']}; correct it and send the request again", param=where or None
    )


def refuse_part(kind: Any, where: str) -> RequestError:
    message = f"{where}: a content part of type {kind!r} is not supported by the int8 engine: it reads text only"
    return RequestError(message, param=where, code="unsupported")


def to_generation(request: ChatRequest) -> Generation:
    """The same request as the engine's value."""
    stop = [request.stop] if isinstance(request.stop, str) else request.stop or []
    template = dict(request.chat_template_kwargs or {})
    if taken := RESERVED & template.keys():
        raise RequestError(
            f"chat_template_kwargs may not set {', '.join(sorted(taken))}: leave it out", param="chat_template_kwargs"
        )
    template["add_generation_prompt"] = request.add_generation_prompt and not request.continue_final_message
    if request.continue_final_message:
        template["goes_on"] = True
    return Generation(
        messages=tuple({"role": message.role, "content": message.text} for message in request.messages),
        template=template,
        max_tokens=request.max_completion_tokens or request.max_tokens,
        stop=tuple(text for text in stop if text),
        grammar=grammar_of(request),
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=None if request.top_k is None else max(request.top_k, 0),
        min_p=request.min_p or 0.0,
        seed=request.seed,
    )


def grammar_of(request: ChatRequest) -> Grammar | None:
    """The one grammar that the request asks for. Raises RequestError when it asks for two."""
    grammars = response_grammar(request) + structured_grammars(request.structured_outputs)
    if len(grammars) > 1:
        fields = " and ".join(grammar.field for grammar in grammars)
        raise RequestError(f"{fields} both constrain the reply: send exactly one", param=grammars[1].field)
    if request.structured_outputs is not None and not structured_grammars(request.structured_outputs):
        raise RequestError(
            "structured_outputs is empty: give exactly one of json, regex, choice, grammar, json_object",
            param="structured_outputs",
        )
    return grammars[0] if grammars else None


def response_grammar(request: ChatRequest) -> list[Grammar]:
    match request.response_format:
        case JsonSchemaFormat(json_schema=named):
            return [JsonSchema(named.schema_, "response_format.json_schema.schema")]
        case PlainFormat(type="json_object"):
            return [JsonSchema({"type": "object"}, "response_format")]
        case _:
            return []


def structured_grammars(asked: StructuredOutputs | None) -> list[Grammar]:
    if asked is None:
        return []
    found: list[Grammar] = []
    if asked.json_ is not None:
        found.append(JsonSchema(asked.json_, "structured_outputs.json"))
    if asked.regex is not None:
        found.append(Regex(asked.regex, "structured_outputs.regex"))
    if asked.choice is not None:
        found.append(Choice(tuple(asked.choice), "structured_outputs.choice"))
    if asked.grammar is not None:
        found.append(Ebnf(asked.grammar, "structured_outputs.grammar"))
    if asked.json_object:
        found.append(JsonSchema({"type": "object"}, "structured_outputs.json_object"))
    return found


def error_body(error: RequestError) -> dict[str, Any]:
    """OpenAI's error shape."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}


def usage(timings: Timings) -> dict[str, Any]:
    """OpenAI's counts."""
    return {
        "prompt_tokens": timings.prompt_tokens,
        "completion_tokens": timings.decode_tokens,
        "total_tokens": timings.prompt_tokens + timings.decode_tokens,
        "prompt_tokens_details": {"cached_tokens": timings.cached_tokens},
    }


def completion(head: dict[str, Any], text: str, finished: Finished) -> dict[str, Any]:
    """The whole reply as one object."""
    message = {"role": "assistant", "content": text}
    return {
        **head,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finished.reason}],
        "usage": usage(finished.timings),
        "timings": asdict(finished.timings),
    }


def chunk(head: dict[str, Any], delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
    """One piece of a streamed reply."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return {**head, "object": "chat.completion.chunk", "choices": [choice]}


def server_sent(value: dict[str, Any]) -> str:
    """The object as one server-sent event."""
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
