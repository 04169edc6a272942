"""Which dialect a model speaks. Pure."""

from __future__ import annotations

from autoglm.dialects.ref import RefDialect

EMBEDDED = "embedded"
"""The name of the model that ships; it copies and writes no words of its own."""
EMBEDDED_BUDGET = 3_500
"""Characters of a page: about as many tokens as its longest training prompts have, 1,664."""


def dialect_of(model: str) -> RefDialect:
    """The dialect for a model of this name."""
    return RefDialect(EMBEDDED_BUDGET, copies=True) if model == EMBEDDED else RefDialect()
