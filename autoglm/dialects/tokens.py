"""How many tokens a text is, without a tokenizer: pieces counted as vocabularies cut them. Pure.

Fitted to err upwards, on 240 pages of MiniWoB++ and forms and 16 of lists, tables, news and shops, English and Chinese
(2026-11-20, docs/log.md). Estimate by true count, least and most a page; `python -m tests.bench.tokens`:

    count_large     0.96 to 1.38, prose 1.55    cl100k_base, on which GLM-4's vocabulary of 151,552 builds
    count_small     0.96 to 1.52, forms in training to 1.82                the embedded model's own vocabulary of 4,096
"""

from __future__ import annotations

import re

_LARGE = re.compile(
    r" ?[A-Z]?[a-z]{1,6}| ?[A-Z]{1,2}|[0-9]{1,3}|[\u3000-\u9fff\uac00-\ud7ff\uff00-\uffef]"
    r"| ?[^\W\d_a-zA-Z]{1,2}| ?[^\w\s]{1,3}|\s+|[\s\S]"
)
_SMALL = re.compile(r'\n\[|\] [a-z]+ "|\n[a-z]+ "|" = "|": "| \| |[A-Z]?[a-z]{1,3}|[A-Z]|[\s\S]')
_FOREIGN = re.compile(r"[\u0100-\u2e7f]")
_EASTERN = re.compile(r"[\u2e80-\U0010ffff]")
_PICTURE = re.compile(r"[\U00010000-\U0010ffff]")


def count_large(text: str) -> int:
    """For a vocabulary of 100,000 and more, as every GLM-4 has."""
    pieces = float(len(_LARGE.findall(text)))
    if not text.isascii():
        pieces += len(_EASTERN.findall(text)) / 4 + 2 * len(_PICTURE.findall(text))
    return int(1.07 * pieces) + 1


def count_small(text: str) -> int:
    """For the embedded model's vocabulary, in which a space, a digit and a sign is a token each."""
    pieces = float(len(_SMALL.findall(text)))
    if not text.isascii():
        pieces += 1.25 * len(_FOREIGN.findall(text)) + 0.55 * len(_EASTERN.findall(text))
        pieces += 2 * len(_PICTURE.findall(text))
    return int(1.15 * pieces) + 1
