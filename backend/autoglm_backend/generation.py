"""A request and what comes of it, as values. Knows no model and no HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from autoglm_backend.errors import RequestError
from autoglm_backend.grammar import Grammar

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True)
class Generation:
    """One request, as the engine sees it. `None` stands for the model's own default."""

    messages: tuple[dict[str, str], ...]
    template: dict[str, Any]
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    grammar: Grammar | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float = 0.0
    seed: int | None = None


@dataclass(frozen=True)
class Timings:
    """Where the time went. Forced tokens are those of the reply that the grammar left no choice about."""

    prefill_s: float
    decode_s: float
    prompt_tokens: int
    cached_tokens: int
    decode_tokens: int
    forced_tokens: int


@dataclass(frozen=True)
class Started:
    """The request is valid and its prompt laid out."""

    prompt_tokens: int


@dataclass(frozen=True)
class Piece:
    text: str


@dataclass(frozen=True)
class Finished:
    reason: FinishReason
    timings: Timings


@dataclass(frozen=True)
class Failed:
    """The request ended without a reply."""

    error: RequestError


Event = Started | Piece | Finished | Failed
