"""No fast path changes a token: reuse, chunks, forced tokens skipped, several at once, alone or all together.

The plain path is torch's, with float32 attention. The tie rule: OpenVINO keeps keys and values as halves, attention of
many queries may be in bf16, and sums come out differently in their last digits with more rows at once. So where two
tokens are nearly equally likely (TIE), either may come.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from autoglm_backend.engine import Engine, Run
from autoglm_backend.generation import Finished, Generation
from autoglm_backend.grammar import Ebnf
from autoglm_backend.linears import CompactLinear, HalfLinear, Kernels, int8_dots

TIE = 0.1  # logits; 0.03 was seen with bf16, none with float32
PAGE = r"""
root ::= "do(action=\"" ("Click\", ref=" [0-9] | "Type\", ref=" [0-9] ", text=\"" [a-z@. ]{0,9} "\"") ")"
"""
WORDS = "Page Contact us heading link button textbox value count name ada@example.org Select Click 12 7".split()
PLAIN = Kernels(HalfLinear, torch.float32)
FAST: dict[str, dict[str, Any]] = {
    "reuse": {"slots": 4, "chunk": 4096, "skip_forced": False},
    "chunks": {"slots": 1, "chunk": 7, "skip_forced": False},
    "forced tokens skipped": {"slots": 1, "chunk": 4096},
    "several at once": {"slots": 6, "chunk": 4096, "skip_forced": False},
    "all together": {"slots": 16, "chunk": 64},
}


def requests(count: int) -> list[Generation]:
    """Greedy ones, many with an opening in common, a third of them with a grammar."""
    random = Random(5)

    def some(most: int) -> str:
        return " ".join(random.choices(WORDS, k=random.randint(1, most)))

    openings = [some(40) for _ in range(5)]
    return [
        Generation(
            messages=({"role": "user", "content": f"{random.choice(openings)} {some(20)}"},),
            template={},
            temperature=0.0,
            max_tokens=random.randint(1, 24),
            grammar=Ebnf(PAGE, "grammar") if at % 3 == 0 else None,
        )
        for at in range(count)
    ]


def replies(engine: Engine, asked: list[Generation], at_once: int) -> list[list[int]]:
    """Their tokens, computed `at_once` at a time; a new one starts whenever one ends."""
    said: dict[int, list[int]] = {}
    left = list(enumerate(asked))
    running: dict[int, Run] = {}
    while left or running:
        while left and len(running) < at_once:
            at, request = left.pop(0)
            running[at] = engine.start(request)
        if going := [run for run in running.values() if not run.ended]:
            engine.step(going)
        for at, run in list(running.items()):
            if run.ended:
                assert isinstance(run.told()[-1], Finished)
                said[at] = run.reply
                del running[at]
    return [said[at] for at in range(len(asked))]


@pytest.fixture(scope="session")
def plain(make_engine: Callable[..., Engine], int8_dir: Path) -> Engine:
    """Each prompt whole and alone, each token by a forward pass of its own, nothing remembered."""
    return make_engine(int8_dir, PLAIN, slots=1, chunk=4096, skip_forced=False)


def differing(plain: Engine, asked: list[Generation], fast: list[list[int]]) -> int:
    """In how many replies another token came, each time one as likely."""
    count = 0
    for request, got in zip(asked, fast, strict=True):
        plain.forget()
        (want,) = replies(plain, [request], 1)
        if want != got:
            count += 1
            assert margin(plain, request, want, got) < TIE
    return count


def margin(plain: Engine, request: Generation, want: list[int], got: list[int]) -> float:
    """How much likelier the first token that differs is than the one that came in its place, in logits."""
    at = next(i for i, (a, b) in enumerate(zip(want, got, strict=False)) if a != b)
    plain.forget()
    ids = plain.lay_out(request) + want[:at]
    (logits,) = plain.forward([(plain.pool.take(ids), ids)])
    return float(logits[want[at]] - logits[got[at]])


@pytest.mark.parametrize(
    "kernels",
    [Kernels(int8_dots, torch.bfloat16), Kernels(HalfLinear, torch.float32), Kernels(CompactLinear, torch.float32)],
    ids=["int8", "halves", "compact"],
)
def test_the_kernels_of_other_processors_give_the_plain_paths_tokens(
    kernels: Kernels, make_engine: Callable[..., Engine], int8_dir: Path
) -> None:
    asked = requests(25)
    plain = make_engine(int8_dir, kernels, slots=1, chunk=4096, skip_forced=False)
    fast = make_engine(int8_dir, kernels, **FAST["all together"])
    assert differing(plain, asked, replies(fast, asked, 16)) <= 3


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize("kernels", [None, PLAIN], ids=["openvino", "torch"])
def test_a_fast_path_gives_the_plain_paths_tokens(
    kernels: Kernels | None, name: str, plain: Engine, make_engine: Callable[..., Engine], int8_dir: Path
) -> None:
    asked, how = requests(25), FAST[name]
    assert differing(plain, asked, replies(make_engine(int8_dir, kernels, **how), asked, how["slots"])) <= 1


@pytest.mark.timeout(0)
@pytest.mark.bench  # takes minutes: python -m pytest -m bench tests/backend/test_fast_paths.py
def test_five_hundred_prompts_have_the_plain_paths_tokens(
    plain: Engine, make_engine: Callable[..., Engine], int8_dir: Path
) -> None:
    asked = requests(500)
    assert differing(plain, asked, replies(make_engine(int8_dir, **FAST["all together"]), asked, 16)) <= 5


def test_what_prompts_share_is_computed_once_though_they_come_together(
    make_engine: Callable[..., Engine], watch: Callable[[Engine], Any], int8_dir: Path
) -> None:
    engine = make_engine(int8_dir, slots=4)
    opening = "Ünïcode páge " * 10
    asked = [
        Generation(({"role": "user", "content": opening + end},), {}, max_tokens=1, temperature=0.0)
        for end in ("first", "second", "third", "fourth")
    ]
    prompts = [len(engine.lay_out(request)) for request in asked]

    replies(engine, asked, 4)

    assert sum(watch(engine).widths) < max(prompts) + 4 * 24 < sum(prompts) / 2


def test_a_reply_goes_on_while_another_prompt_is_read(make_engine: Callable[..., Engine], int8_dir: Path) -> None:
    engine = make_engine(int8_dir, slots=2, chunk=16)
    short, long = (
        Generation(({"role": "user", "content": "é" * size},), {}, max_tokens=60, temperature=0.0, seed=1)
        for size in (2, 100)
    )
    first = engine.start(short)
    while first.reply == []:
        engine.step([first])
    second = engine.start(long)
    replied = len(first.reply)

    steps = 0
    while second.reply == []:
        engine.step([first, second])
        steps += 1

    assert steps >= 200 // 16
    assert len(first.reply) - replied >= min(steps, 60 - replied) or first.ended


def test_a_run_that_is_given_up_frees_its_slot_at_once(make_engine: Callable[..., Engine], int8_dir: Path) -> None:
    engine = make_engine(int8_dir, slots=1)
    (request,) = requests(1)
    given_up = engine.start(request)
    engine.step([given_up])

    engine.end(given_up)

    assert len(replies(engine, [request], 1)[0]) > 0
