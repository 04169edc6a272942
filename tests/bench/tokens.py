"""The estimates of tokens against real tokenizers, over pages of the training generator's held-out seeds.

    python -m tests.bench.tokens [--tokenizer GLM/tokenizer.json] [--count 100]

`count_small` against the embedded model's own; `count_large` against the tokenizer given, if one is.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import autoglm_backend
from tokenizers import Tokenizer
from training.examples import stream

from autoglm.dialects.page import Count
from autoglm.dialects.tokens import count_large, count_small

EMBEDDED = Path(autoglm_backend.__file__).parent / "embedded" / "tokenizer.json"


def line(name: str, count: Count, file: Path, texts: list[str]) -> str:
    """Estimate by true count: the smallest, the mean and the largest of a page."""
    real = Tokenizer.from_file(str(file))
    shares = [count(text) / len(real.encode(text, add_special_tokens=False).ids) for text in texts]
    return f"{name}  {min(shares):.2f}  {sum(shares) / len(shares):.2f}  {max(shares):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.json")
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args()
    texts = [pair.prompt for pair in islice(stream(0, held_out=True), given.count)]
    print("estimate / true   least  mean  most")
    print(line("count_small    ", count_small, EMBEDDED, texts))
    if given.tokenizer:
        print(line("count_large    ", count_large, given.tokenizer, texts))


if __name__ == "__main__":
    main()
