"""What a request says its reply must look like, to a matcher over tokens. Knows no model."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import llguidance
import numpy as np

from autoglm_backend.decoder import Logits
from autoglm_backend.ebnf import EbnfError, is_ebnf, to_lark
from autoglm_backend.errors import RequestError
from autoglm_backend.language import Language

# Spaces inside JSON would let a weak model pad its reply until max_tokens (facts/cpu_serving.md, section 1, pitfall 4).
COMPACT: Any = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
# llguidance (1.9.1) goes 3 KiB deeper for each rule that names another, and a stack that is full ends the process: the
# usual 8 MiB after 2,500 rules, which a task of 1,250 words has.
STACK = 64 << 20


@dataclass(frozen=True)
class JsonSchema:
    schema: dict[str, Any] | str
    field: str


@dataclass(frozen=True)
class Regex:
    pattern: str
    field: str


@dataclass(frozen=True)
class Choice:
    texts: tuple[str, ...]
    field: str


@dataclass(frozen=True)
class Ebnf:
    """xgrammar's EBNF, which is llama.cpp's GBNF; or Lark, which has no `::=`."""

    text: str
    field: str


Grammar = JsonSchema | Regex | Choice | Ebnf


class Matcher:
    """Says which tokens may come next, and which must."""

    def __init__(self, matcher: llguidance.LLMatcher) -> None:
        self.matcher = matcher

    @property
    def stopped(self) -> bool:
        """Whether the text is complete and nothing can follow."""
        return self.matcher.is_stopped()

    def forced(self) -> list[int]:
        """The tokens that must come next, whatever the model thinks."""
        return self.matcher.compute_ff_tokens()

    def allow(self, logits: Logits) -> Logits:
        """`logits` (vocabulary,) with -inf at what the grammar forbids."""
        allowed = np.frombuffer(self.matcher.compute_logit_bias(), dtype=np.uint8)
        self.check()
        return np.where(allowed[: len(logits)], logits, np.float32(-np.inf))

    def consume(self, tokens: Sequence[int]) -> None:
        self.matcher.consume_tokens(list(tokens))
        self.check()

    def check(self) -> None:
        if self.matcher.is_error():
            cause = first_line(self.matcher.get_error())
            raise RequestError(
                f"the grammar became too costly while decoding ({cause}): make it smaller or less ambiguous"
            )


class GrammarCompiler:
    """Grammars to matchers over one tokenizer."""

    def __init__(self, language: Language, vocabulary: int) -> None:
        self.tokens = llguidance.LLTokenizer(
            language.tokenizer.to_str(), n_vocab=vocabulary, eos_token=sorted(language.stop_ids) or None
        )
        before = threading.stack_size(STACK)
        self.deep = ThreadPoolExecutor(1, "grammars")
        self.deep.submit(int).result()  # the thread is there
        threading.stack_size(before)

    def compile(self, grammar: Grammar) -> Matcher:
        """A matcher at the start of its text. Raises RequestError with the cause when the grammar is invalid."""
        source = self.source(grammar)
        matcher = self.deep.submit(llguidance.LLMatcher, self.tokens, source, log_level=0).result()
        if matcher.is_error():
            raise invalid(grammar, matcher.get_error())
        return Matcher(matcher)

    def source(self, grammar: Grammar) -> str:
        """The grammar in llguidance's own form."""
        match grammar:
            case JsonSchema(schema):
                try:
                    return llguidance.LLMatcher.grammar_from_json_schema(schema, overrides=COMPACT)
                except ValueError as error:
                    raise invalid(grammar, str(error)) from error
            case Regex(pattern):
                return llguidance.LLMatcher.grammar_from_regex(pattern)
            case Choice(texts):
                choices = " | ".join(json.dumps(text, ensure_ascii=False) for text in texts)
                return llguidance.LLMatcher.grammar_from_lark(f"start: {choices}")
            case Ebnf(text) if not is_ebnf(text):
                return llguidance.LLMatcher.grammar_from_lark(text)
            case Ebnf(text):
                try:
                    return llguidance.LLMatcher.grammar_from_lark(to_lark(text))
                except EbnfError as error:
                    raise invalid(grammar, str(error)) from error


def invalid(grammar: Grammar, cause: str) -> RequestError:
    return RequestError(
        f"invalid grammar in {grammar.field}: {first_line(cause)}; correct it and send the request again",
        param=grammar.field,
        code="invalid_grammar",
    )


def first_line(text: str) -> str:
    """The message without the grammar's listing that llguidance appends; of a regex error also what is wrong."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    details = [line for line in lines[1:] if line.startswith("error: ")]
    return " ".join([*lines[:1], *details])[:500] or "no cause given"
