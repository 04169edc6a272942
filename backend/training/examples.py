"""Endless token ids to train on: episodes played, steps rendered by the real dialect, batches of one length."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from autoglm.dialects.ref import RefDialect, unparse
from training.episode import Example, play
from training.families import Family, draw
from training.tokens import prompt_text

LENGTHS = (192, 320, 512, 896, 1664)
HELD_OUT = 1 << 40
"""Seeds from here on are for evaluation; training draws below."""

DIALECT = RefDialect(copies=True)


@dataclass(frozen=True)
class Pair:
    family: str
    prompt: str
    answer: str


def pair(family: str, example: Example) -> Pair:
    user = DIALECT.render(example.task, example.steps, example.observation)[1].content
    return Pair(family, prompt_text(user), unparse(example.action))


def episode_pairs(family: Family, seed: int, most: int, mishaps: float = 0.1) -> list[Pair]:
    """Up to `most` steps of the family's episode of this seed."""
    rng = random.Random(f"{family.__name__} {seed}")
    examples = play(rng, family(rng), mishaps)
    chosen = examples if len(examples) <= most else rng.sample(examples, most)
    return [pair(family.__name__, example) for example in chosen]


def stream(seed: int, held_out: bool = False) -> Iterator[Pair]:
    rng = random.Random(seed)
    while True:
        number = rng.randrange(HELD_OUT) + (HELD_OUT if held_out else 0)
        yield from episode_pairs(draw(rng), number, most=2)


def encode(tokenizer: Tokenizer, one: Pair) -> tuple[list[int], int] | None:
    """Ids, and how many of them are the prompt. None when longer than the longest length."""
    prompt = tokenizer.encode(one.prompt).ids
    answer = tokenizer.encode(one.answer + "<|endoftext|>").ids
    return (prompt + answer, len(prompt)) if len(prompt) + len(answer) <= LENGTHS[-1] + 1 else None


def batches(tokenizer: Tokenizer, pairs: Iterator[Pair], tokens: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(ids, weights), each (batch, length + 1): int32 and float32; padded on the right, weight 0 there."""
    waiting: dict[int, list[tuple[list[int], int]]] = {length: [] for length in LENGTHS}
    for one in pairs:
        encoded = encode(tokenizer, one)
        if encoded is None:
            continue
        length = next(x for x in LENGTHS if len(encoded[0]) <= x + 1)
        waiting[length].append(encoded)
        if len(waiting[length]) * length >= tokens:
            yield collate(waiting[length], length)
            waiting[length] = []


def collate(rows: list[tuple[list[int], int]], length: int) -> tuple[np.ndarray, np.ndarray]:
    ids = np.zeros((len(rows), length + 1), dtype=np.int32)
    weights = np.zeros((len(rows), length + 1), dtype=np.float32)
    for i, (row, prompt) in enumerate(rows):
        ids[i, : len(row)] = row
        weights[i, 1:prompt] = 0.1
        weights[i, prompt : len(row)] = 1.0
    return ids, weights


if __name__ == "__main__":  # the tokenizer anew, from 25,000 pairs
    from itertools import islice
    from pathlib import Path

    from training.tokens import train_tokenizer

    made = train_tokenizer(pair.prompt + pair.answer for pair in islice(stream(7), 25_000))
    made.save(str(Path(__file__).parent / "tokenizer.json"))
