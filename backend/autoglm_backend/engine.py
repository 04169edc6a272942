"""A prompt to a reply, token by token, on one thread. Knows no HTTP.

Read `Engine.generate` first: it is the whole loop.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jinja2 import TemplateError
from torch import Tensor

from autoglm_backend.cache import KeyValueCache, PrefixPool, Slot
from autoglm_backend.errors import RequestError
from autoglm_backend.grammar import Grammar, GrammarCompiler, Matcher
from autoglm_backend.loading import LoadedModel
from autoglm_backend.text import TextStream

# Prompt tokens a forward pass, between which a request can be cancelled. 128: 1.5k tokens/s, 256: 2.1k, 512: 2.6k,
# 1536: 3.0k (36M parameters, 2 threads of a machine shared with others, 2026-11-20).
CHUNK = 512
# INT8 weights up to this are decoded on one thread. One row by 512x2816 took 24 us on one thread and 57 us on two
# (torch._int_mm, OMP_WAIT_POLICY=passive, 2026-11-20); facts/cpu_serving.md, section 4, has the same beside a browser.
ONE_THREAD_BYTES = 64 << 20
FEW = 16  # tokens in one forward pass up to which the threads of decoding are used
SLOTS = 4

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn. Temperature 0 takes the likeliest."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    seed: int | None = None


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


Event = Started | Piece | Finished


@dataclass(frozen=True)
class Threads:
    prefill: int
    decode: int

    @classmethod
    def choose(cls, threads: int | None, weight_bytes: int) -> Threads:
        """All cores to prefill; one to decode a small model, so that a browser beside it costs nothing."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        prefill = threads or cores
        return cls(prefill, 1 if weight_bytes <= ONE_THREAD_BYTES else prefill)


class Cancelled(Exception):
    """Nobody waits for the reply any more."""


class Engine:
    """One model and the conversations it remembers. Not thread-safe: call it from one thread only."""

    def __init__(self, model: LoadedModel, threads: Threads, *, skip_forced: bool = True) -> None:
        self.model = model
        self.threads = threads
        self.skip_forced = skip_forced
        self.ctx = model.cache_shape.capacity
        self.grammars = GrammarCompiler(model.tokenizer, model.vocabulary, sorted(model.stop_ids))
        self.pool = PrefixPool(model.cache_shape, SLOTS)
        self.real_tokens = len(model.tokenizer)  # the head may have more rows; they mean nothing
        self.special = frozenset(model.tokenizer.all_special_ids)
        self.special_texts = [token.content for token in model.tokenizer.added_tokens_decoder.values() if token.special]

    @torch.inference_mode()
    def generate(self, request: Generation, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Started, then pieces of text, then Finished. Raises RequestError, or Cancelled as soon as `cancelled()`."""
        prompt = self.lay_out(request)
        limit = self.limit(len(prompt), request.max_tokens)
        matcher = self.grammars.compile(request.grammar) if request.grammar else None
        sampler = Sampler(self.sampling(request))
        text = TextStream(self.token_bytes, request.stop)
        yield Started(len(prompt))

        clock = Clock()
        slot = self.pool.take(prompt)
        clock.cached = len(slot.ids)
        reply = self.forced(matcher, limit)
        clock.forced = len(reply)
        yield from pieces(text, reply)
        pending = prompt[clock.cached :] + reply
        while True:
            if text.stopped or (matcher and matcher.stopped):
                reason = "stop"
                break
            if len(reply) >= limit:
                reason = "length"
                break
            logits = self.forward(slot, pending, cancelled)
            clock.mark(prefilled=True)
            token = sampler.choose(matcher.allow(logits) if matcher else logits)
            if token in self.model.stop_ids:
                reason = "stop"
                break
            if matcher:
                matcher.consume([token])
            forced = self.forced(matcher, limit - len(reply) - 1)
            pending = [token, *forced]
            reply += pending
            clock.forced += len(forced)
            yield from pieces(text, pending)
        if rest := text.flush():
            yield Piece(rest)
        yield Finished(reason, clock.timings(len(prompt), len(reply)))

    def lay_out(self, request: Generation) -> list[int]:
        """The prompt's tokens, by the model's chat template."""
        apply: Any = self.model.tokenizer.apply_chat_template  # its keywords are the template's, hence untyped
        try:
            text: str = apply(
                [self.disarm(message) for message in request.messages],
                tokenize=False,
                **{"add_generation_prompt": True, **request.template},
            )
        except (TemplateError, TypeError) as error:
            raise RequestError(
                f"the model's chat template refuses these messages: {error}", param="messages"
            ) from error
        return self.model.tokenizer.encode(text, add_special_tokens=False)

    def disarm(self, message: dict[str, str]) -> dict[str, str]:
        """The message, with a joiner inside whatever reads like a special token: content never opens a turn."""
        content = message["content"]
        for special in self.special_texts:
            content = content.replace(special, f"{special[0]}\u200d{special[1:]}")
        return {**message, "content": content}

    def limit(self, prompt: int, max_tokens: int | None) -> int:
        """How many tokens the reply may have. Raises RequestError when they do not fit."""
        if prompt + (max_tokens or 1) > self.ctx:
            asked = f" and max_tokens is {max_tokens}" if max_tokens else ""
            raise RequestError(
                f"the prompt has {prompt} tokens{asked}, and the context holds {self.ctx}: "
                "shorten the messages, ask for fewer tokens, or start the server with a larger --ctx",
                param="messages",
                code="context_length_exceeded",
            )
        return max_tokens or self.ctx - prompt

    def sampling(self, request: Generation) -> Sampling:
        """What the request says, then what the model's generation_config.json says, then OpenAI's defaults."""
        default = self.model.defaults
        return Sampling(
            temperature=default.get("temperature", 1.0) if request.temperature is None else request.temperature,
            top_p=default.get("top_p", 1.0) if request.top_p is None else request.top_p,
            top_k=int(default.get("top_k", 0)) if request.top_k is None else request.top_k,
            min_p=request.min_p,
            seed=request.seed,
        )

    def forced(self, matcher: Matcher | None, room: int) -> list[int]:
        """The tokens, at most `room`, that the grammar leaves no choice about, already consumed by it."""
        if matcher is None or not self.skip_forced or matcher.stopped:
            return []
        tokens = [token for token in matcher.forced() if token not in self.model.stop_ids][:room]
        matcher.consume(tokens)
        return tokens

    def forward(self, slot: Slot, tokens: Sequence[int], cancelled: Callable[[], bool]) -> Tensor:
        """Logits (vocabulary,) float32 after the last of `tokens`, which join the slot."""
        torch.set_num_threads(self.threads.decode if len(tokens) < FEW else self.threads.prefill)
        hidden = torch.empty(0)
        for start in range(0, len(tokens), CHUNK):
            if cancelled():
                raise Cancelled
            chunk = tokens[start : start + CHUNK]
            hidden = self.run(slot.cache, chunk)
            slot.ids += chunk
        logits = self.model.head(hidden[0, -1:])[0]
        logits[self.real_tokens :] = -torch.inf
        return logits

    def run(self, cache: KeyValueCache, tokens: Sequence[int]) -> Tensor:
        """Last hidden states (1, tokens, hidden), float32."""
        embedded = self.model.embedding(torch.tensor([list(tokens)])).float()
        return self.model.decoder(inputs_embeds=embedded, past_key_values=cache, use_cache=True).last_hidden_state

    @torch.inference_mode()
    def probe(self) -> int:
        """One token really generated, in a cache of its own. Proves that the engine works."""
        slot = Slot(KeyValueCache(self.pool.shape))
        return int(self.forward(slot, [0], lambda: False).argmax())

    def forget(self) -> None:
        """Drops every remembered conversation, after a failure that may have left one half written."""
        self.pool = PrefixPool(self.model.cache_shape, SLOTS)

    def token_bytes(self, token: int) -> bytes:
        """What this token adds to the text; special tokens add nothing."""
        return b"" if token in self.special else self.grammars.tokens.decode_bytes([token])


class Sampler:
    """Draws tokens. The same seed draws the same tokens from the same logits."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.generator = torch.Generator()
        if sampling.seed is None:
            self.generator.seed()
        else:
            self.generator.manual_seed(sampling.seed)

    def choose(self, logits: Tensor) -> int:
        """A token id, from logits (vocabulary,)."""
        how = self.sampling
        if how.temperature == 0:
            return int(logits.argmax())
        chances, ids = torch.softmax(logits / how.temperature, dim=-1).sort(descending=True)
        if how.top_k > 0:
            chances[how.top_k :] = 0
        if how.min_p > 0:
            chances[chances < how.min_p * chances[0]] = 0
        if how.top_p < 1:
            before = chances.cumsum(0) - chances
            chances[(before >= how.top_p).logical_and_(before > 0)] = 0
        return int(ids[int(torch.multinomial(chances, 1, generator=self.generator))])


class Clock:
    """Where a request's time goes: prefill until the first logits, decode from there."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.first: float | None = None
        self.cached = 0
        self.forced = 0

    def mark(self, *, prefilled: bool) -> None:
        if self.first is None and prefilled:
            self.first = time.perf_counter()

    def timings(self, prompt: int, reply: int) -> Timings:
        end = time.perf_counter()
        first = self.first or end
        return Timings(first - self.start, end - first, prompt, self.cached, reply, self.forced)


def pieces(text: TextStream, tokens: Sequence[int]) -> Iterator[Piece]:
    """The text that these tokens make certain, if any, in one piece."""
    if piece := "".join(text.push(token) for token in tokens):
        yield Piece(piece)
