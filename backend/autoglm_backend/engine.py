"""Prompts to replies, token by token, many at once, on one thread. Knows no HTTP.

Read `Engine.step` first: it is the whole loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jinja2 import TemplateError

from autoglm_backend.decoder import Decoder, Logits
from autoglm_backend.errors import RequestError
from autoglm_backend.generation import Event, Failed, Finished, FinishReason, Generation, Piece, Started, Timings
from autoglm_backend.grammar import GrammarCompiler, Matcher
from autoglm_backend.heap import give_memory_back
from autoglm_backend.language import Language
from autoglm_backend.pool import PrefixPool, Slot
from autoglm_backend.sampler import Sampler, Sampling
from autoglm_backend.text import TextStream

# Prompt tokens a forward pass, between which a request can be cancelled. 128: 1.5k tokens/s, 256: 2.1k, 512: 2.6k,
# 1536: 3.0k (36M parameters, 2 threads of a machine shared with others, 2026-11-20).
CHUNK = 512
BESIDE = 128  # of them while others decode, who wait for so long
FEW = 16  # tokens that a run is at most behind while it replies: more is a prompt, read by chunks
SLOTS = 4


class Cancelled(Exception):
    """Nobody waits for the reply any more."""


class Run:
    """One request on its way to a reply."""

    def __init__(self, prompt: list[int], limit: int, matcher: Matcher | None, sampler: Sampler, text: TextStream):
        self.pending = list(prompt)  # tokens that are known and not computed yet
        self.limit = limit  # of the reply's tokens
        self.matcher = matcher
        self.sampler = sampler
        self.text = text
        self.reply: list[int] = []
        self.clock = Clock(len(prompt))
        self.slot: Slot | None = None  # from its first forward pass until it ends
        self.ended = False
        self.events: list[Event] = [Started(len(prompt))]

    def told(self) -> list[Event]:
        """What has happened since this was last asked."""
        events, self.events = self.events, []
        return events


class Engine:
    """One model and the conversations it remembers. Not thread-safe: call it from one thread only."""

    def __init__(
        self,
        decoder: Decoder,
        language: Language,
        *,
        slots: int = SLOTS,
        chunk: int = CHUNK,
        beside: int = BESIDE,
        skip_forced: bool = True,
    ) -> None:
        self.decoder = decoder
        self.language = language
        self.chunk = chunk
        self.beside = beside
        self.skip_forced = skip_forced
        self.grammars = GrammarCompiler(language, decoder.vocabulary)
        self.pool = PrefixPool(decoder.cache, slots)

    def step(self, runs: Sequence[Run]) -> None:
        """One forward pass for these runs, at most as many as there are slots: schedule, run, postprocess."""
        chosen = self.schedule(runs)
        logits = self.forward([(slot, run.pending[:count]) for run, slot, count in chosen])
        for (run, _, count), row in zip(chosen, logits, strict=True):
            del run.pending[:count]
            if not run.pending:
                self.proceed(run, row)

    def schedule(self, runs: Sequence[Run]) -> list[tuple[Run, Slot, int]]:
        """Who computes how many tokens now: every reply goes on, and beside them the eldest prompt, by a chunk.

        One prompt at a time, so that what it shares with the next one is computed once.
        """
        chosen = [(run, run.slot, len(run.pending)) for run in runs if run.slot and len(run.pending) < FEW]
        replying = {run for run, _, _ in chosen}
        if reading := next((run for run in runs if run not in replying), None):
            slot = reading.slot or self.open(reading)
            most = min(self.chunk, self.beside) if chosen else self.chunk
            chosen.append((reading, slot, min(len(reading.pending), most)))
        return chosen

    def open(self, run: Run) -> Slot:
        """A slot for the run, which then need not compute what the slot holds."""
        run.slot = self.pool.take(run.pending)
        del run.pending[: len(run.slot.ids)]
        run.clock.cached = min(len(run.slot.ids), run.clock.prompt)
        return run.slot

    def proceed(self, run: Run, logits: Logits) -> None:
        """The run, one drawn token and what the grammar forces after it further."""
        run.clock.mark()
        try:
            token = run.sampler.choose(run.matcher.allow(logits) if run.matcher else logits)
            if token in self.language.stop_ids:
                self.finish(run, "stop")
                return
            if run.matcher:
                run.matcher.consume([token])
            self.add(run, [token])
        except RequestError as error:
            self.end(run, Failed(error))

    def add(self, run: Run, drawn: list[int]) -> None:
        """These tokens and those that the grammar forces after them join the reply, and may end it."""
        forced = self.forced(run.matcher, run.limit - len(run.reply) - len(drawn))
        tokens = drawn + forced
        run.pending += tokens
        run.reply += tokens
        run.clock.forced += len(forced)
        if piece := "".join(run.text.push(token) for token in tokens):
            run.events.append(Piece(piece))
        if run.text.stopped or (run.matcher and run.matcher.stopped):
            self.finish(run, "stop")
        elif len(run.reply) >= run.limit:
            self.finish(run, "length")

    def finish(self, run: Run, reason: FinishReason) -> None:
        if rest := run.text.flush():
            run.events.append(Piece(rest))
        self.end(run, Finished(reason, run.clock.timings(len(run.reply))))

    def end(self, run: Run, last: Finished | Failed | None = None) -> None:
        """The run is over and its slot free; the conversation is remembered. `None`: nobody wants to know."""
        if last is not None:
            run.events.append(last)
        run.ended = True
        if run.slot is not None:
            self.pool.give_back(run.slot)
            run.slot = None

    def start(self, request: Generation) -> Run:
        """A run, which has ended already when the grammar leaves one text only. Raises RequestError."""
        prompt = self.lay_out(request)
        run = Run(
            prompt,
            self.limit(len(prompt), request.max_tokens),
            self.grammars.compile(request.grammar) if request.grammar else None,
            Sampler(self.sampling(request)),
            TextStream(self.token_bytes, request.stop),
        )
        self.add(run, [])
        return run

    def generate(self, request: Generation, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """One request alone: Started, pieces of text, Finished. Raises RequestError, or Cancelled."""
        run = self.start(request)
        try:
            while True:
                for event in run.told():
                    if isinstance(event, Failed):
                        raise event.error
                    yield event
                if run.ended:
                    return
                if cancelled():
                    raise Cancelled
                self.step([run])
        finally:
            self.end(run)

    def lay_out(self, request: Generation) -> list[int]:
        """The prompt's tokens, by the model's chat template."""
        try:
            text = self.language.lay_out([self.disarm(message) for message in request.messages], **request.template)
        except (TemplateError, TypeError) as error:
            raise RequestError(
                f"the model's chat template refuses these messages: {error}", param="messages"
            ) from error
        return self.language.encode(text)

    def disarm(self, message: dict[str, str]) -> dict[str, str]:
        """The message, with a joiner inside whatever reads like a special token: content never opens a turn."""
        content = message["content"]
        for special in self.language.specials.values():
            content = content.replace(special, f"{special[0]}\u200d{special[1:]}")
        return {**message, "content": content}

    def limit(self, prompt: int, max_tokens: int | None) -> int:
        """How many tokens the reply may have. Raises RequestError when they do not fit."""
        if prompt + (max_tokens or 1) > self.decoder.capacity:
            asked = f" and max_tokens is {max_tokens}" if max_tokens else ""
            raise RequestError(
                f"the prompt has {prompt} tokens{asked}, and the context holds {self.decoder.capacity}: "
                "shorten the messages, ask for fewer tokens, or start the server with a larger --ctx",
                param="messages",
                code="context_length_exceeded",
            )
        return max_tokens or self.decoder.capacity - prompt

    def sampling(self, request: Generation) -> Sampling:
        """What the request says, then what the model's generation_config.json says, then OpenAI's defaults."""
        default = self.language.defaults
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
        tokens = [token for token in matcher.forced() if token not in self.language.stop_ids][:room]
        matcher.consume(tokens)
        return tokens

    def forward(self, parts: Sequence[tuple[Slot, Sequence[int]]]) -> Logits:
        """Logits (parts, vocabulary) after the last token of each part. The tokens join their slots."""
        logits = self.decoder.logits([(slot.cache, tokens) for slot, tokens in parts])
        for slot, tokens in parts:
            slot.ids += tokens
        logits[:, self.language.tokens :] = -np.inf  # the output matrix may have more rows; they mean nothing
        return logits

    def probe(self) -> int:
        """One token really generated, in a cache of its own. Proves that the engine works."""
        slot = Slot(self.decoder.cache())
        token = int(self.forward([(slot, [0])]).argmax())
        slot.cache.keep(0)
        return token

    def forget(self) -> None:
        """Drops every remembered conversation, after a failure that may have left one half written."""
        for slot in self.pool.slots:
            slot.cache.keep(0)
        self.pool = PrefixPool(self.decoder.cache, self.pool.limit)
        give_memory_back()

    def remember(self, slots: int) -> None:
        """At most this many conversations from now on, those that run included; the memory of the others is free."""
        self.pool.shrink(slots)
        give_memory_back()

    def token_bytes(self, token: int) -> bytes:
        """What this token adds to the text; special tokens add nothing."""
        return b"" if token in self.language.specials else self.grammars.tokens.decode_bytes([token])


class Clock:
    """Where a request's time goes, prefill until the first logits and decode from there."""

    def __init__(self, prompt: int) -> None:
        self.start = time.perf_counter()
        self.first: float | None = None
        self.prompt, self.cached, self.forced = prompt, 0, 0

    def mark(self) -> None:
        if self.first is None:
            self.first = time.perf_counter()

    def timings(self, reply: int) -> Timings:
        end = time.perf_counter()
        first = self.first or end
        return Timings(first - self.start, end - first, self.prompt, self.cached, reply, self.forced)
