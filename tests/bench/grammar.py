"""How long an agent's grammar takes to be read: our way from EBNF to Lark, and llguidance's own.

    python -m tests.bench.grammar [--runs 6]

Pages of recorded runs over forms at seeds never trained on; then one whose task has 200 words. Milliseconds, medians of
the grammars, both ways in turn.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from statistics import median

from autoglm_backend.ebnf import to_lark
from llguidance.gbnf_to_lark import gbnf_to_lark
from training import forms
from training.episode import play
from training.examples import DIALECT, HELD_OUT


def recorded(runs: int) -> list[str]:
    rng = random.Random(f"grammars {HELD_OUT}")
    return [
        DIALECT.grammar(example.task, example.steps, example.observation)
        for _ in range(runs)
        for example in play(rng, forms.form(rng), mishaps=0)
    ]


def long_task() -> str:
    rng = random.Random(f"grammars {HELD_OUT}")
    example = play(rng, forms.form(rng), mishaps=0)[0]
    return DIALECT.grammar(" ".join(f"word{at}" for at in range(200)), (), example.observation)


def milliseconds(convert: Callable[[str], str], grammar: str) -> float:
    began = time.perf_counter()
    convert(grammar)
    return 1000 * (time.perf_counter() - began)


def line(what: str, grammars: Sequence[str]) -> str:
    pairs = [(milliseconds(to_lark, grammar), milliseconds(gbnf_to_lark, grammar)) for grammar in grammars]
    ours, theirs = (median(each) for each in zip(*pairs, strict=True))
    return (
        f"{what}, {len(grammars)} of {median(map(len, grammars)):,.0f} characters: ours {ours:.1f} ms, "
        f"llguidance's {theirs:.1f} ms, {median(their / our for our, their in pairs):.0f} times ours"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=6)
    arguments = parser.parse_args()
    print(line("recorded pages", recorded(arguments.runs)))
    print(line("a task of 200 words", [long_task()] * 3))


if __name__ == "__main__":
    main()
