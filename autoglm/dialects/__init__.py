"""Which dialect a model speaks. Pure."""

from __future__ import annotations

from autoglm.dialects.ref import RefDialect
from autoglm.dialects.tokens import count_small
from autoglm.schema import Schema

EMBEDDED = "embedded"
"""The name of the model that ships; it copies and writes no words of its own."""
EMBEDDED_BUDGET = 1_700
"""Tokens of a page by `count_small`, which are about 3,500 characters: its longest training prompts have 1,664."""


def dialect_of(model: str, schema: Schema | None = None) -> RefDialect:
    """The dialect for a model of this name, in a run that is to return data of this schema."""
    if model == EMBEDDED:
        return RefDialect(EMBEDDED_BUDGET, copies=True, schema=schema, count=count_small)
    return RefDialect(schema=schema)
