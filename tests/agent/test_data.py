from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer
from llguidance.gbnf_to_lark import any_to_lark
from pydantic import BaseModel, Field, field_validator

from autoglm import agent
from autoglm.dialects.data import data_grammar, read_data
from autoglm.dialects.ref import RefDialect, unparse
from autoglm.errors import Mistake, SchemaInvalid
from autoglm.human import Nobody
from autoglm.models.scripted import Reply, ScriptedModel
from autoglm.policy import BasicPolicy
from autoglm.schema import Schema, merge, read_schema
from autoglm.types import Click, Element, Expand, Extract, Finish, Limits, Observation, Run, Step, Text
from tests.agent.doubles import MemoryStore, PaperBrowser


class Line(BaseModel):
    what: str
    price: float = Field(ge=0)


class Invoice(BaseModel):
    number: str
    lines: list[Line]

    @field_validator("number")
    @classmethod
    def begins_with_a_letter(cls, number: str) -> str:
        if not number[:1].isalpha():
            raise ValueError("a number begins with a letter")
        return number


NAMES = Schema({"type": "array", "items": {"type": "string"}, "maxItems": 3})
GOOD = '{"number": "R7", "lines": [{"what": "Tea", "price": 2.5}]}'


# ---------------------------------------------------------------- schemas


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("{", "it is not JSON"),
        ("[1]", "a JSON schema is an object"),
        ('{"type": "strnig"}', "is not valid under any of the given schemas"),
        ('{"properties": {"a": {"minLength": "x"}}}', "$.properties.a.minLength"),
        ('{"$ref": "https://example.org/schema.json"}', "nothing is fetched"),
        ('{"$ref": "#/$defs/lost"}', "leads nowhere"),
    ],
)
def test_what_is_no_schema_is_said_with_its_place(wanted: str, told: str) -> None:
    with pytest.raises(SchemaInvalid) as error:
        read_schema(wanted)
    assert told in str(error.value)


def test_a_type_that_pydantic_cannot_describe_is_said() -> None:
    with pytest.raises(SchemaInvalid, match="is no type that pydantic can describe"):
        Schema(RefDialect)


def test_data_are_held_to_a_schema_and_to_a_models_own_rules() -> None:
    schema = Schema(Invoice)
    assert schema.complaint(json.loads(GOOD)) is None
    assert schema.complaint({"number": "R7"}) == "$: 'lines' is a required property"
    assert schema.complaint({"number": "R7", "lines": [{"what": "Tea", "price": "2"}]}) == (
        "$.lines[0].price: '2' is not of type 'number'"
    )
    assert schema.complaint({"number": "7", "lines": []}) == ("$.number: Value error, a number begins with a letter")
    assert schema.load(GOOD) == Invoice(number="R7", lines=[Line(what="Tea", price=2.5)])


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ([1, 2], [2, 3], [1, 2, 3]),
        ({"a": 1, "b": [1]}, {"b": [1, 2], "c": 3}, {"a": 1, "b": [1, 2], "c": 3}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ("old", "new", "new"),
    ],
)
def test_data_of_several_pages_become_one(old: Any, new: Any, both: Any) -> None:
    assert merge(old, new) == both


@pytest.mark.parametrize(
    "text",
    ['["Ada"]', ' ["Ada"]\n', '```json\n["Ada"]\n```', 'Here:\n```\n["Ada"]\n```', '<think>a list</think>["Ada"]'],
)
def test_json_is_found_in_what_models_write_around_it(text: str) -> None:
    assert read_data(text, NAMES, None) == '["Ada"]'


@pytest.mark.parametrize(
    ("text", "so_far", "told"),
    [
        ("Ada", None, "are not JSON"),
        ("[1]", None, "$[0]: 1 is not of type 'string'"),
        ('["c", "d"]', ["a", "b"], "of all pages together"),
    ],
)
def test_data_that_do_not_fit_are_a_mistake_that_names_the_place(text: str, so_far: object, told: str) -> None:
    with pytest.raises(Mistake) as mistake:
        read_data(text, NAMES, so_far)
    assert told in str(mistake.value)


# ---------------------------------------------------------------- in a run


class Tried:
    def __init__(self, schema: Schema | None, *replies: Reply) -> None:
        self.run = Run("r1", "Read the names", "scripted", schema=schema.text if schema else None)
        self.model = ScriptedModel(replies)
        self.steps: list[Step] = []
        self.stream = agent.run(
            self.run,
            PaperBrowser(),
            self.model,
            dialect=RefDialect(schema=schema),
            policy=BasicPolicy(),
            human=Nobody(),
            store=MemoryStore(),
            limits=Limits(),
        )

    async def whole(self) -> Tried:
        async with aclosing(self.stream):
            async for step in self.stream:
                self.steps.append(step)
                self.run = agent.conclude(self.run, step)
        return self


async def test_extract_asks_for_the_page_under_the_schema_and_its_data_are_the_runs() -> None:
    tried = await Tried(NAMES, Extract(), '["Ada"]', Click(1), Extract(), '["Ada", "Bo"]', Finish("Two.")).whole()
    assert (tried.run.outcome, tried.run.data, tried.run.answer) == ("finished", '["Ada", "Bo"]', "Two.")
    assert [step.outcome for step in tried.steps] == ['["Ada"]', "done", '["Ada", "Bo"]', "Two."]
    assert tried.model.grammars[1] == NAMES.json
    asked = tried.model.prompts[1][-1].content
    assert '[1] Name=""' in asked and NAMES.text in asked
    assert 'Read from earlier pages: ["Ada"]' in tried.model.prompts[4][-1].content
    assert 'do(action="Extract")' in tried.model.prompts[0][0].content
    assert '1. Extract data -> ["Ada"]' in tried.model.prompts[2][-1].content


async def test_data_that_do_not_fit_are_asked_for_once_more() -> None:
    tried = await Tried(NAMES, Extract(), "[1]", '["Ada"]', Finish("ok")).whole()
    assert tried.run.data == '["Ada"]'
    told = tried.model.prompts[2]
    assert told[-2].content == "[1]" and "$[0]: 1 is not of type 'string'" in told[-1].content


async def test_data_that_never_fit_are_a_mistake() -> None:
    tried = await Tried(NAMES, Extract(), "[1]", "[2]", Finish("none", success=False)).whole()
    assert tried.steps[0].mistake and "$[0]: 2 is not of type 'string'" in (tried.steps[0].error or "")
    assert (tried.run.outcome, tried.run.data) == ("failed", None)


async def test_a_run_that_is_to_return_data_reads_the_page_before_it_finishes() -> None:
    tried = await Tried(NAMES, Finish("Done."), '["Ada"]', Finish("Done.")).whole()
    assert [step.action for step in tried.steps] == [Extract(), Finish("Done.")]
    assert (tried.run.outcome, tried.run.data) == ("finished", '["Ada"]')


async def test_a_run_without_a_schema_extracts_nothing() -> None:
    tried = await Tried(None, Extract(), Finish("ok")).whole()
    assert tried.steps[0].error == "this run is to return no data; finish(message=…) says what was found"


async def test_expand_touches_nothing_and_needs_an_element() -> None:
    tried = await Tried(None, Expand(99), Expand(3), Finish("ok")).whole()
    assert "no element [99] to expand from" in (tried.steps[0].error or "")
    assert tried.steps[1].outcome == "opened" and tried.run.outcome == "finished"


# ---------------------------------------------------------------- what a model may write


TOKENS = LLTokenizer("byte")


def accepts(grammar: str, text: str) -> bool:
    matcher = LLMatcher(TOKENS, LLMatcher.grammar_from_lark(any_to_lark(grammar)))
    assert not matcher.is_error(), matcher.get_error()
    tokens = list(text.encode())
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


BILL = Observation(
    "http://localhost/bill",
    "Bill",
    (
        Text("heading", "Invoice R7"),
        Text("row", "Green tea | 2.50"),
        Text("row", 'Cup "Ada" | 1,250.00'),
        Text("text", "Paid: 007 times"),
        Element(1, "textbox", "Note", "by post", takes=("Type",)),
    ),
)


@pytest.mark.parametrize(
    ("action", "taken"), [(Extract(), True), (Finish("Done."), False), (Finish("No.", False), True)]
)
def test_without_data_only_giving_up_ends_a_run(action: Extract | Finish, taken: bool) -> None:
    assert accepts(RefDialect(schema=NAMES).grammar("t", [], BILL), unparse(action)) is taken


def test_with_data_a_run_may_finish() -> None:
    read = Step(0, BILL, action=Extract(), outcome='["Ada"]')
    assert accepts(RefDialect(schema=NAMES).grammar("t", [read], BILL), unparse(Finish("Done.")))


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ('{"number":"R7","lines":[{"what":"Green tea","price":2.50}]}', True),
        ('{"number":"Invoice R7","lines":[]}', True),
        ('{"number":"Paid","lines":[{"what":"Cup \\"Ada\\"","price":1250.00}]}', True),
        ('{"number":"by post","lines":[]}', True),
        ('{"number":"R8","lines":[]}', False),
        ('{"number":"R7"}', False),
        ('{"lines":[],"number":"R7"}', False),
        ('{"number":"R7","lines":[{"what":"Green tea","price":2.51}]}', False),
        ('{"number":"R7","lines":[{"what":"Green te","price":2.50}]}', False),
        ('{"number":"R7","lines":[{"what":"Green tea","price":007}]}', False),
    ],
)
def test_a_model_that_copies_writes_only_what_the_page_says(text: str, taken: bool) -> None:
    assert accepts(data_grammar(Schema(Invoice).json, BILL), text) is taken


ANY = {
    "type": "object",
    "properties": {
        "state": {"enum": ["paid", "open", None, 3]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "count": {"type": ["integer", "null"]},
        "ok": {"type": "boolean"},
        "tree": {"$ref": "#/$defs/node"},
    },
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "below": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "required": ["name"],
        }
    },
}


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("{}", True),
        ('{"state":"open","note":null,"count":null,"ok":true}', True),
        ('{"note":"Green tea","ok":false}', True),
        ('{"state":3}', True),
        ('{"tree":{"name":"Bill","below":[{"name":"Note"},{"name":"tea","below":[]}]}}', False),
        ('{"tree":{"name":"Invoice","below":[{"name":"Note"},{"name":"tea","below":[]}]}}', True),
        ('{"state":"gone"}', False),
        ('{,"ok":true}', False),
    ],
)
def test_every_kind_of_schema_has_a_grammar(text: str, taken: bool) -> None:
    assert accepts(data_grammar(ANY, BILL), text) is taken


LEAVES: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "boolean"},
    {"type": "number"},
    {"type": "null"},
    {"enum": ["a", 1, 'q"\\']},
]


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    kind = draw(st.sampled_from(["leaf", "array", "object", "either"] if depth else ["leaf"]))
    inner = schemas(depth - 1)
    match kind:
        case "array":
            return {"type": "array", "items": draw(inner), "minItems": draw(st.integers(0, 2)), "maxItems": 4}
        case "object":
            named = draw(st.dictionaries(st.sampled_from(["a", "b", "c d", 'e"']), inner, max_size=3))
            return {"type": "object", "properties": named, "required": sorted(named)[: draw(st.integers(0, 3))]}
        case "either":
            return {"anyOf": [draw(inner), draw(inner)]}
        case _:
            return draw(st.sampled_from(LEAVES))


@given(schemas(), st.randoms(use_true_random=False))
def test_whatever_a_copying_model_writes_fits_the_schema(schema: dict[str, Any], rng: Any) -> None:
    matcher = LLMatcher(TOKENS, LLMatcher.grammar_from_lark(any_to_lark(data_grammar(schema, BILL))))
    assert not matcher.is_error(), matcher.get_error()
    written = bytearray()
    while not matcher.is_stopped() and len(written) < 4000:
        allowed = [i for i, bias in enumerate(matcher.compute_logit_bias()[:256]) if bias]
        if matcher.is_accepting() or not allowed:
            break
        written.append(rng.choice(allowed))
        matcher.consume_token(written[-1])
    assert Schema(schema).complaint(json.loads(written)) is None
