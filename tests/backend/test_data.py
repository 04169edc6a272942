"""Data under a schema through the real server: what it writes fits, however weak the model is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autoglm.dialects.data import data_grammar
from autoglm.models.openai import OpenAIModel
from autoglm.schema import Schema
from autoglm.types import Message, Observation, Text
from tests.backend.conftest import Running

PAGE = Observation("http://localhost/", "Order", (Text("row", "Green tea | 2.50"), Text("text", "Total: 41")))
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "state": {"enum": ["open", "paid"]},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 1, "maxItems": 2},
        "ok": {"type": "boolean"},
    },
    "required": ["state", "tags", "ok"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("grammar", [SCHEMA, data_grammar(SCHEMA, PAGE)], ids=["schema", "grammar"])
async def test_the_int8_server_holds_the_answer_to_the_schema(server: Running, grammar: Any) -> None:
    async with OpenAIModel(f"{server.url}/v1") as model:
        said = await model.complete([Message("user", "Order?")], grammar)
        assert model.takes_schema and model.takes_grammar
    assert Schema(SCHEMA).complaint(json.loads(said.text)) is None
