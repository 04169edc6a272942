"""EBNF says the same as Lark: what a matcher lets through."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import llguidance
import numpy as np
import pytest
from autoglm_backend.checkpoint import find
from autoglm_backend.ebnf import EbnfError, is_ebnf, to_lark
from autoglm_backend.language import read_language
from llguidance.gbnf_to_lark import gbnf_to_lark
from training import forms
from training.episode import play
from training.examples import DIALECT, HELD_OUT


@pytest.fixture(scope="module")
def tokens() -> llguidance.LLTokenizer:
    language = read_language(find("embedded"))
    return llguidance.LLTokenizer(language.tokenizer.to_str(), eos_token=sorted(language.stop_ids))


def matcher(tokens: llguidance.LLTokenizer, lark: str) -> llguidance.LLMatcher:
    made = llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_lark(lark), log_level=0)
    assert not made.is_error(), made.get_error()
    return made


def takes(tokens: llguidance.LLTokenizer, grammar: str, text: str) -> bool:
    """Whether the whole text is one of the grammar's."""
    reading = matcher(tokens, to_lark(grammar))
    ids = tokens.tokenize_str(text)
    return reading.try_consume_tokens(ids) == len(ids) and reading.is_accepting()


@pytest.mark.parametrize(
    ("grammar", "yes", "no"),
    [
        (r'root ::= "a\"\\\n\t\x41\u00e7\U0001f600"', ['a"\\\n\tAç😀'], ["a", 'a"\\n\tAç😀']),
        (r"root ::= [a-c\-\]^é\\/]+", ["abc", "-]^é\\/"], ["d", "[", ""]),
        (r"root ::= [^a-z\n]", ["A", "é", "\t"], ["b", "\n"]),
        (r"root ::= [-a] [a-] [\x30-\u0039]", ["--0", "aa9"], ["b-0", "aaa"]),
        (r"root ::= [&~|[.] [a&&b] [+--] [a~~b]", ["&&-~", "[b+a", ".a,b"], ["b&-a", "&c-a", "&a/a"]),
        ('root ::= . "."', ["é.", "\n."], ["..."]),
        (
            'root ::= "a"{2} "b"{1,} "c"{ 0, 2 } "d"* "e"? ("f" | "g")+',
            ["aabf", "aabbccddegf"],
            ["abf", "aabcccf", "aab"],
        ),
        ('root ::= "a" | "b" "c" | ("d" | "e") "f"', ["a", "bc", "ef"], ["ac", "b", "e"]),
        ('root ::= "a" ("b" |) ( | "c")', ["a", "abc"], ["b"]),
        ('root ::=\nx ::= "y"', [""], ["y"]),
        ('root ::= "x" # "y"\n\n  | "z" tail\ntail::="::=" # ]\n', ["x", "z::="], ["z", "y"]),
        ('root ::= a-b a_b 1st\na-b ::= "1"\na_b ::= "2"\n1st ::= "3"', ["123"], ["113", "12"]),
        ('root ::= "(" root ")" | inner\ninner ::= [0-9]+', ["((7))", "12"], ["((7)", "()"]),
        ('root ::= a\na ::= "x" b | "."\nb ::= "y" a', ["xyxy.", "."], ["x.", "xy"]),
        ('root ::= "\\x00\\u007f\\x80\\x85\\u2028\\ufeff\\uffff"', ["\x00\x7f\x80\x85\u2028\ufeff\uffff"], ["0"]),
    ],
    ids=str,
)
def test_it_takes_what_the_grammar_says(
    tokens: llguidance.LLTokenizer, grammar: str, yes: Sequence[str], no: Sequence[str]
) -> None:
    assert [takes(tokens, grammar, text) for text in yes] == [True] * len(yes)
    assert [takes(tokens, grammar, text) for text in no] == [False] * len(no)


def test_it_is_what_the_other_converter_makes(tokens: llguidance.LLTokenizer) -> None:
    """Of the agent's own pages, along random texts: the same tokens at each place, and the same forced."""
    rng = random.Random(f"grammars {HELD_OUT}")
    places = 0
    for example in play(rng, forms.form(rng), mishaps=0)[:6]:
        grammar = DIALECT.grammar(example.task, example.steps, example.observation)
        ours, theirs = matcher(tokens, to_lark(grammar)), matcher(tokens, gbnf_to_lark(grammar))
        while not ours.is_stopped():
            allowed = np.frombuffer(ours.compute_logit_bias(), dtype=np.uint8)
            assert (allowed == np.frombuffer(theirs.compute_logit_bias(), dtype=np.uint8)).all()
            assert ours.compute_ff_tokens() == theirs.compute_ff_tokens()
            token = int(rng.choice(np.flatnonzero(allowed)))
            ours.consume_token(token)
            theirs.consume_token(token)
            places += 1
        assert theirs.is_stopped()
    assert places > 20


@pytest.mark.parametrize(
    ("grammar", "cause"),
    [
        ("root ::= missing", "rule 'missing' is not defined, and 'root' names it"),
        ('other ::= "x"', "rule 'root' is not defined"),
        ("", "rule 'root' is not defined"),
        ('"x"\nroot ::= "y"', "line 1: a rule begins with `name ::=`"),
        ('root ::= "x"\nroot ::= "y"', "line 2: rule 'root' is defined twice"),
        ('root ::= a\na ::= "open', "line 2: '\"' means nothing here, or what it opens does not end on this line"),
        ("root ::= [a-z", "line 1: '[' means nothing here"),
        ("root ::= [z-a]", "line 1: the range z-a holds no character"),
        ("root ::= []", "line 1: a class [] holds no character"),
        ('root ::= ("x"', "a ( is not closed"),
        ('root ::= ("x"\nb ::= "y")', "line 2: a ( is not closed"),
        ('root ::= "x")', "line 1: this ) closes nothing"),
        ('root ::= "x" | *', "line 1: nothing stands before * to be repeated"),
        ("root ::= ({2})", "nothing stands before {2}"),
        (r'root ::= "\q"', r"line 1: \q is no escape"),
        (r'root ::= "\ud800"', r"line 1: \ud800 is no character"),
        (r'root ::= "\U00110000"', "is no character"),
        ('root ::= "x" @', "line 1: '@' means nothing here"),
    ],
    ids=str,
)
def test_what_is_no_grammar_is_refused_with_its_place(grammar: str, cause: str) -> None:
    with pytest.raises(EbnfError, match=re.escape(cause)):
        to_lark(grammar)


def test_a_rule_tells_ebnf_from_lark() -> None:
    assert is_ebnf("# x: y\nroot ::= x")
    assert not is_ebnf('start: "a ::= b" X # c ::= d\nX: /[::=]/')
