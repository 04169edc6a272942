"""A random model obeys every grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from autoglm_backend.engine import Engine
from autoglm_backend.errors import RequestError
from autoglm_backend.generation import Finished
from autoglm_backend.grammar import Choice, Ebnf, Grammar, JsonSchema, Regex

Ask = Callable[..., tuple[str, Finished]]
SEEDS = range(4)
PAGE = r"""
# one action on this page
root ::= ("do(" action ")") | finish
action ::= "action=\"Click\", ref=" ref-click | "action=\"Select\", ref=9, option=\"" option "\""
ref-click ::= "1" | "12" | "13"
option ::= "United States" | "Cura\u00e7ao" | "C\\A"
finish ::= "finish(message=\"" ([^"\\\n] | "\\" ["\\n]){1,16} "\")"
"""
PAGE_TEXT = (
    r'do\((action="Click", ref=(1|12|13)|action="Select", ref=9, option="(United States|Curaçao|C\\A)")\)'
    r'|finish\(message="([^"\\\n]|\\["\\n]){1,16}"\)'
)
LARK = 'start: "ref=" NUMBER\nNUMBER: /[1-9][0-9]?/'
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"kind": {"enum": ["a", "b"]}, "count": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["kind", "count"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("grammar", "pattern"),
    [
        (Ebnf(PAGE, "grammar"), PAGE_TEXT),
        (Ebnf(LARK, "grammar"), "ref=[1-9][0-9]?"),
        (Ebnf('root ::= [a-c]{2,5} "z" | "é" [0-9]', "grammar"), "[a-c]{2,5}z|é[0-9]"),
        (Ebnf('root ::=\n  "x" [a\\-c]\n  | "\\x41\\u00e7"  # c\n\nb ::= "::="', "grammar"), "x[a\\-c]|Aç"),
        # not \d: llguidance (1.9.1) knows digits of a newer Unicode than Python 3.11 does
        (Regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "regex"), r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
        (Choice(("red", 'gr"een', "blau\nrot", "größe", "a/b"), "choice"), 'red|gr"een|blau\nrot|größe|a/b'),
    ],
    ids=["page", "lark", "classes", "lines", "regex", "choice"],
)
def test_a_random_model_writes_only_what_the_grammar_allows(
    engine: Engine, ask: Ask, grammar: Grammar, pattern: str, seed: int
) -> None:
    text, finished = ask(engine, grammar=grammar, temperature=1.5, seed=seed, max_tokens=120)
    assert finished.reason == "stop"
    assert re.fullmatch(pattern, text), text


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_model_writes_json_of_the_schema(engine: Engine, ask: Ask, seed: int) -> None:
    text, finished = ask(engine, grammar=JsonSchema(SCHEMA, "json"), temperature=1.5, seed=seed, max_tokens=120)
    value = json.loads(text)
    assert finished.reason == "stop"
    assert (set(value), value["kind"] in "ab", 0 <= value["count"] <= 99) == ({"kind", "count"}, True, True)


@pytest.mark.parametrize(
    ("grammar", "cause"),
    [
        (Ebnf("root ::= missing", "structured_outputs.grammar"), "rule 'missing' is not defined"),
        (Ebnf('root ::= "unclosed', "structured_outputs.grammar"), "does not end on this line"),
        (Ebnf("no grammar at all", "structured_outputs.grammar"), "grammar"),
        (Ebnf("root ::= )", "structured_outputs.grammar"), "closes nothing"),
        (Ebnf('other ::= "x"', "structured_outputs.grammar"), "rule 'root' is not defined"),
        (Ebnf("start: missing", "structured_outputs.grammar"), "missing"),
        (Regex("(", "structured_outputs.regex"), "unclosed group"),
        (JsonSchema({"type": "nonsense"}, "structured_outputs.json"), "nonsense"),
        (JsonSchema("{", "structured_outputs.json"), "EOF"),
    ],
)
def test_an_invalid_grammar_is_refused_with_its_field_and_cause(
    engine: Engine, ask: Ask, grammar: Grammar, cause: str
) -> None:
    with pytest.raises(RequestError) as refused:
        ask(engine, grammar=grammar)
    assert (refused.value.status, refused.value.param) == (400, grammar.field)
    assert cause in refused.value.message


def test_a_long_chain_of_rules_is_read(engine: Engine, ask: Ask) -> None:
    """A task of thousands of words has one; it ended the process."""
    chain = "\n".join(f'r{at} ::= "a" r{at + 1}?' for at in range(9_998))
    grammar = f'root ::= r0\n{chain}\nr9998 ::= "b"'
    text, _ = ask(engine, grammar=Ebnf(grammar, "grammar"), temperature=0, max_tokens=4)
    assert set(text) == {"a"}
    with pytest.raises(RequestError, match=r"10,001 rules, and 10,000 are the most"):
        ask(engine, grammar=Ebnf(f'{grammar}\nmore ::= "c"', "grammar"))
