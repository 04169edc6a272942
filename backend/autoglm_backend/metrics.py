"""What the server counts, for Prometheus. Knows no HTTP."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from autoglm_backend.generation import Timings

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """One server's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str) -> Counter:
            return Counter(f"autoglm_{name}", text, registry=self.registry)

        def histogram(name: str, text: str) -> Histogram:
            return Histogram(f"autoglm_{name}", text, buckets=SECONDS, registry=self.registry)

        self.requests = Counter("autoglm_requests", "Requests, by how they ended", ["outcome"], registry=self.registry)
        self.prompt_tokens = counter("prompt_tokens", "Tokens of prompts, cached ones included")
        self.cached_tokens = counter("cached_tokens", "Tokens of prompts that were not computed again")
        self.generated_tokens = counter("generated_tokens", "Tokens of replies, forced ones included")
        self.forced_tokens = counter("forced_tokens", "Tokens of replies that the grammar left no choice about")
        self.prefill = histogram("prefill_seconds", "From the engine's start on a request to its first logits")
        self.decode = histogram("decode_seconds", "From the first logits to the end of the reply")
        self.queue = Gauge("autoglm_queue", "Requests waiting, those that run not included", registry=self.registry)
        self.running = Gauge("autoglm_running", "Requests that run", registry=self.registry)

    def finished(self, timings: Timings) -> None:
        self.prompt_tokens.inc(timings.prompt_tokens)
        self.cached_tokens.inc(timings.cached_tokens)
        self.generated_tokens.inc(timings.decode_tokens)
        self.forced_tokens.inc(timings.forced_tokens)
        self.prefill.observe(timings.prefill_s)
        self.decode.observe(timings.decode_s)

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)
