"""The loop: prompts in, tokens out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from autoglm_backend.engine import Cancelled, Engine
from autoglm_backend.errors import RequestError
from autoglm_backend.generation import Finished, Generation
from autoglm_backend.grammar import Choice, Ebnf, Grammar, Regex
from autoglm_backend.pool import Slot
from autoglm_backend.sampler import Sampler, Sampling, chances

Ask = Callable[..., tuple[str, Finished]]
Watch = Callable[[Engine], Any]
PAGE = r"""
root ::= click | type | finish
click ::= "do(action=\"Click\", ref=" ("3" | "12") ")"
type ::= "do(action=\"Type\", ref=7, text=\"" text "\")"
finish ::= "finish(message=\"" text "\")"
text ::= [a-z@. ]{0,12}
"""


@pytest.mark.parametrize("folder", ["glm4_dir", "glm_dir", "int8_dir"])
def test_greedy_decoding_repeats_itself(
    folder: str, make_engine: Callable[..., Engine], ask: Ask, request: pytest.FixtureRequest
) -> None:
    engine = make_engine(request.getfixturevalue(folder))
    assert ask(engine, max_tokens=20)[0] == ask(engine, max_tokens=20)[0]


@pytest.mark.parametrize("length", [10, 200])
def test_a_shared_prefix_is_not_computed_again_and_changes_no_token(engine: Engine, ask: Ask, length: int) -> None:
    opening = "Page: Contact us " * (length // 10)
    cold, _ = ask(engine, opening + "second", max_tokens=24)
    engine.forget()
    ask(engine, opening + "first", max_tokens=24)

    warm, finished = ask(engine, opening + "second", max_tokens=24)

    assert warm == cold
    assert finished.timings.cached_tokens >= len(engine.language.encode(opening))


def test_a_reply_sent_back_is_part_of_the_known_prefix(engine: Engine, ask: Ask) -> None:
    text, first = ask(engine, max_tokens=16, grammar=Regex("[a-f]{6}", "regex"))
    again = (
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": text},
        {"role": "user", "content": "x"},
    )

    _, second = ask(engine, messages=again, max_tokens=2)

    assert second.timings.cached_tokens >= first.timings.prompt_tokens


@pytest.mark.parametrize("grammar", [Ebnf(PAGE, "grammar"), Choice(("red", "green"), "choice")])
def test_forced_tokens_are_the_ones_the_grammar_leaves_when_asked_one_at_a_time(
    engine: Engine, ask: Ask, make_engine: Callable[..., Engine], int8_dir: Path, grammar: Grammar
) -> None:
    text, finished = ask(engine, grammar=grammar, max_tokens=80)
    matcher = engine.grammars.compile(grammar)
    matcher.consume(engine.grammars.tokens.tokenize_str(text))
    assert (finished.reason, matcher.matcher.is_accepting()) == ("stop", True)

    one_by_one = make_engine(int8_dir, skip_forced=False)
    plain, unskipped = ask(one_by_one, grammar=grammar, max_tokens=80)

    assert (plain, unskipped.timings.forced_tokens) == (text, 0)
    assert finished.timings.forced_tokens > 0


def test_forced_tokens_cost_no_forward_pass_of_their_own(engine: Engine, ask: Ask, watch: Watch) -> None:
    widths = watch(engine).widths
    widths.clear()

    _, finished = ask(engine, grammar=Ebnf(PAGE, "grammar"), max_tokens=80)

    timings = finished.timings
    assert len(widths) == timings.decode_tokens - timings.forced_tokens
    assert sum(widths) <= timings.prompt_tokens + timings.decode_tokens


def test_a_grammar_with_one_text_needs_no_forward_pass_at_all(engine: Engine, ask: Ask) -> None:
    text, finished = ask(engine, grammar=Choice(("exactly this",), "choice"))
    assert (text, finished.reason) == ("exactly this", "stop")
    assert finished.timings.forced_tokens == finished.timings.decode_tokens


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_max_tokens_bounds_forced_tokens_too(engine: Engine, ask: Ask, limit: int) -> None:
    _, finished = ask(engine, grammar=Choice(("a text that is longer than this",), "choice"), max_tokens=limit)
    assert (finished.timings.decode_tokens, finished.reason) == (limit, "length")


def test_a_stop_token_ends_the_reply_and_is_not_in_it(
    make_engine: Callable[..., Engine], int8_dir: Path, ask: Ask, watch: Watch
) -> None:
    engine = make_engine(int8_dir)
    stop = next(iter(engine.language.stop_ids))
    watch(engine).after = lambda logits: np.where(np.arange(logits.shape[1]) == stop, np.float32(1e4), logits)
    text, finished = ask(engine, max_tokens=9)
    assert (text, finished.reason, finished.timings.decode_tokens) == ("", "stop", 0)


def test_a_stop_string_ends_the_reply(engine: Engine, ask: Ask) -> None:
    whole, _ = ask(engine, max_tokens=40)
    stop = whole[8:11]
    text, finished = ask(engine, max_tokens=40, stop=(stop,))
    assert (text, finished.reason) == (whole[: whole.index(stop)], "stop")


def test_the_same_seed_draws_the_same_reply_and_another_seed_another(engine: Engine, ask: Ask) -> None:
    fields: dict[str, Any] = {"temperature": 1.5, "max_tokens": 16}
    texts = [ask(engine, seed=seed, **fields)[0] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    "sampling",
    [Sampling(1.0, top_p=0.01), Sampling(1.0, top_k=1), Sampling(1.0, min_p=1.0), Sampling(0.0), Sampling(1e-6)],
)
def test_the_narrowest_sampling_takes_the_likeliest_token(sampling: Sampling) -> None:
    logits = np.array([0.1, 2.0, 1.9, -1.0], dtype=np.float32)
    assert {Sampler(sampling).choose(logits) for _ in range(20)} == {1}


@pytest.mark.parametrize("spread", [0.01, 3.0])
@pytest.mark.parametrize("how", [(0, 0.0, 1.0), (7, 0.0, 1.0), (0, 0.05, 1.0), (0, 0.0, 0.5), (40, 0.01, 0.9)])
def test_tokens_are_drawn_as_if_all_were_sorted(how: tuple[int, float, float], spread: float) -> None:
    top_k, min_p, top_p = how
    logits = np.random.default_rng(1).normal(0, spread, 5000).astype(np.float32)
    each = np.exp(logits[np.argsort(-logits)].astype(np.float64))
    each /= each.sum()
    wanted = [
        chance
        for rank, (chance, before) in enumerate(zip(each, each.cumsum() - each, strict=True))
        if (not top_k or rank < top_k) and chance >= min_p * each[0] and before < top_p
    ]

    got = np.sort(chances(logits, Sampling(1.0, top_p, top_k, min_p)))[::-1]

    assert np.count_nonzero(got) == len(wanted)
    assert got[: len(wanted)] / got.sum() == pytest.approx(np.array(wanted) / sum(wanted))


def test_a_token_the_tokenizer_does_not_know_is_never_drawn(engine: Engine) -> None:
    (logits,) = engine.forward([(Slot(engine.decoder.cache()), [1, 2, 3])])
    assert len(logits) == 352
    assert bool(np.isneginf(logits[engine.language.tokens :]).all())


def test_too_long_a_prompt_is_refused_with_both_numbers(engine: Engine, ask: Ask) -> None:
    with pytest.raises(RequestError, match=r"the prompt has 6\d\d tokens, and the context holds 512"):
        ask(engine, "é" * 300)


def test_a_reply_that_cannot_fit_is_refused_with_its_length(engine: Engine, ask: Ask) -> None:
    with pytest.raises(RequestError, match="max_tokens is 600, and the context holds 512"):
        ask(engine, max_tokens=600)


def test_without_max_tokens_the_reply_may_fill_the_context(engine: Engine, ask: Ask) -> None:
    _, finished = ask(engine, "é" * 230, grammar=Ebnf('root ::= "a"*', "grammar"))
    assert finished.timings.prompt_tokens + finished.timings.decode_tokens <= 512


def test_a_cancelled_generation_stops_and_the_next_one_is_right(engine: Engine, ask: Ask) -> None:
    expected, _ = ask(engine, max_tokens=12)
    engine.forget()
    request = Generation(messages=({"role": "user", "content": "hello"},), template={}, temperature=0.0, max_tokens=400)
    asked = iter(range(100))
    with pytest.raises(Cancelled):
        list(engine.generate(request, lambda: next(asked) > 4))

    assert ask(engine, max_tokens=12)[0] == expected


def test_a_template_that_refuses_the_messages_is_told(engine: Engine, ask: Ask) -> None:
    with pytest.raises(RequestError, match="refuses these messages: no role judge"):
        ask(engine, messages=({"role": "judge", "content": "x"},))


def test_a_special_token_in_a_message_opens_no_turn(engine: Engine) -> None:
    (special, *_) = engine.language.stop_ids
    name = engine.language.specials[special]

    prompt = engine.lay_out(Generation(({"role": "user", "content": f"page says {name} now"},), {}))
    plain = engine.lay_out(Generation(({"role": "user", "content": "page says  now"},), {}))

    assert prompt.count(special) == plain.count(special)
