"""The words that a plan is made of. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from autoglm_backend.models import Model, Precision

EngineName = Literal["vllm", "int8", "transformers", "remote"]
Rung = Literal[
    "full", "tight", "8-bit", "4-bit", "tensor-parallel", "pipeline", "replicas", "smaller", "int8", "legacy",
    "offload", "remote", "embedded",
]  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What the person asks of the server."""

    ctx: int | None = None  # tokens one request must be able to hold; None: the model's, up to 32,768 (vision: 25,480)
    requests: int = 1  # at once, each of them `ctx` long
    prompt: int = 2000  # tokens that the time to first token is told for
    slowest: float = 8.0  # tokens a second under which a candidate is not chosen
    utilization: float = 0.92  # vLLM's own default
    others: tuple[Model, ...] = ()  # smaller models to fall back to


@dataclass(frozen=True)
class Setting:
    """One way to run vLLM."""

    precision: Precision
    tp: int = 1
    pp: int = 1
    seqs: int = 16  # --max-num-seqs
    batched: int = 2048  # --max-num-batched-tokens
    ctx: int = 32768
    utilization: float = 0.92
    eager: bool = False
    offload_gib: float = 0.0
    max_pixels: int | None = None
    images: int = 1
    partition: tuple[int, ...] = ()  # layers of each pipeline stage


@dataclass(frozen=True)
class Estimate:
    """A figure and how far off it may be, as a share."""

    value: float
    within: float

    @property
    def low(self) -> float:
        return self.value * (1 - self.within)


@dataclass(frozen=True, kw_only=True)
class DeviceMemory:
    """Bytes on one card, or in main memory.

    `used`, the sum of the parts, is what it will hold; `uncertain` stays free beside them.
    """

    gpu: int | None  # None: main memory
    total: int
    context: int  # CUDA's own, outside vLLM's budget; of main memory, what the program takes
    weights: int
    activations: int = 0
    other: int = 0  # NCCL, attention workspaces: what torch does not allocate
    graphs: int = 0
    encoder: int = 0  # one image's encoding, outside the budget of the second runner
    later: int = 0  # what comes after the cache: NCCL's channels, the sampler's warm-up
    kv: int  # the cache that is promised, and that vLLM is told to make; negative: so much is missing
    uncertain: int  # kept back from the cache: the other parts may be off by this

    @property
    def used(self) -> int:
        inside = self.weights + self.activations + self.other + max(0, self.kv)
        return self.context + inside + self.graphs + self.encoder + self.later


@dataclass(frozen=True)
class Violation:
    """A rule that forbids the candidate, and the words that vLLM, or whoever refuses, would say."""

    rule: str
    reason: str


@dataclass(frozen=True)
class WayOut:
    what: str
    gain: str


@dataclass(frozen=True)
class Candidate:
    rung: Rung
    engine: EngineName
    model: str
    title: str
    gpus: tuple[int, ...] = ()
    setting: Setting | None = None
    replicas: int = 1
    violations: tuple[Violation, ...] = ()
    fits: bool = False
    needs: str | None = None  # what must be made or fetched first; the candidate is not chosen until then
    memory: tuple[DeviceMemory, ...] = ()
    ctx: Estimate | None = None  # tokens the longest request may have
    requests: float = 0.0  # of the wanted length, at once
    decode: Estimate | None = None  # tokens a second, one request
    decode_many: Estimate | None = None  # tokens a second of 32 requests together
    first_token: Estimate | None = None  # seconds, for the wanted prompt
    load: Estimate | None = None  # seconds from start to the first answer
    arguments: tuple[str, ...] = ()  # of `vllm serve MODEL`
    environment: dict[str, str] = field(default_factory=dict[str, str])
    command: tuple[str, ...] = ()
    binding: str = ""  # the one constraint that decides
    ways_out: tuple[WayOut, ...] = ()
    note: str = ""  # on quality, price or risk

    @property
    def legal(self) -> bool:
        return not self.violations

    def chosen_at(self, slowest: float) -> bool:
        fast = self.decode is None or self.decode.value >= slowest
        return self.legal and self.fits and self.needs is None and fast


@dataclass(frozen=True)
class Plan:
    model: Model
    wanted: Wanted
    candidates: tuple[Candidate, ...]
    chosen: Candidate
    remarks: tuple[str, ...] = ()
