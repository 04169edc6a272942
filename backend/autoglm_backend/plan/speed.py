"""How fast: time of a decode step, to the first token, and to load. Fitted to vLLM 0.25.1 on H200 (docs/planner.md).

A decode step reads every weight it needs once and every cached token once, and pays for launching; a prompt is
multiplied through; the load is imports, reading, compiling and capturing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from autoglm_backend.machine import Cpu
from autoglm_backend.models import Model, tensor_bytes
from autoglm_backend.plan.candidate import Estimate, Setting
from autoglm_backend.plan.legality import FP8_NATIVE
from autoglm_backend.plan.memory import graph_sizes
from autoglm_backend.profiles import Profile

# Fitted 2026-11-22 to the boots with a * in docs/planner.md, relative errors, outliers damped.
# Share of the copy bandwidth that decoding reaches; of the sheet's bandwidth, where nobody measured.
REACHED, NOMINAL = 0.969, 0.86
CACHE, LATENT_CACHE = 0.64, 0.29  # share of that at which attention reads the cache, grouped and MLA
FP8_MANY = 0.85  # share of that at which FP8 products of several rows read their weights: fewer tiles than processors
LAYER_S = 52e-6  # of a dense model's decode step with CUDA graphs, whatever its width
EXPERTS_LAYER_S, LATENT_EXPERTS_LAYER_S = 63e-6, 72e-6  # with experts; and MLA
FP8_EXPERTS_LAYER_S = 18e-6  # more: activations are quantized by kernels of their own
EXPERTS_REQUEST_S = 0.5e-6  # a layer's, for each further request
EAGER_S = 0.3e-3  # a layer's, without graphs
ALL_REDUCE_S = 4e-6  # one small all-reduce over NVLink; over PCIe
ALL_REDUCE_PCIE_S = 25e-6
REQUEST_S = 2e-6  # sampling and bookkeeping of each further request in the step
PROMPT, PROMPT_NOMINAL = 0.841, 0.675  # of a measured matrix product; of the sheet's peak
ATTENTION = 0.813  # of that
FP8_PROMPT = 1.726  # times faster than bf16 where FP8 is native
FIRST_S = 7.1e-3  # from the request to its first chunk and back
CHUNK_S, EXPERTS_CHUNK_S = 4.2e-3, 34e-3
LEAST_S, EXPERTS_LEAST_S = 0.67e-3, 1.94e-3  # a layer's: eager launches between graphs
FP8_EXPERTS_CHUNK_S = 0.27e-3  # a layer's
REDUCED = 0.43  # share of the link's rate that all-reduces of a chunk reach
# The int8 engine on an H200, GLM-4-9B's shape (tests/bench/engine_card.py, 2026-11-21).
INT8_READ = 0.84  # share of the copy bandwidth at which its products read weights
INT8_LAYER_S = 18e-6  # a layer's attention and norms
INT8_MANY = 0.49  # the same of 2 to 16 rows
INT8_STEP_S = 0.13e-3  # logits to the processor, and a token chosen
INT8_PROMPT, INT8_PROMPT_NOMINAL = 0.6, 0.48  # of a measured matrix product; of the sheet's peak
INT8_CHUNK_S = 6e-3  # a prompt's pass more
INT8_START_S = 12.0  # imports and captures, the kernels compiled before
# The int8 engine on processors, the model that ships (tests/bench/engine.py, 2026-11-22; facts/cpu_serving.md).
CORE_FLOPS = {"avx512_vnni": 250e9, "avx2": 60e9}  # a core's when it reads a prompt, the best kind first; measured
OTHER_CORE_FLOPS = 30e9  # a prior
ROW = 0.18  # of a pass: what one more request's token adds to it
ANSWER_S = 0.02  # from the request to its first chunk and back
START_S = 44.0  # imports and processes
SEVERAL_S = 18.0  # more of them
PAGE_CACHE = 7e9  # bytes a second from a warm page cache to the card: 18.8 GB took 2.7 s
VISION_S = 35.0  # the processor's dummy images


@dataclass(frozen=True)
class Rates:
    """What one card reaches, with how sure that is."""

    bandwidth: float  # bytes a second
    matrix: float  # operations a second in the type the model computes in
    link: float  # bytes a second between cards
    nvlink: bool
    within: float


def rates(profile: Profile, setting: Setting) -> Rates:
    measured = profile.origin == "measured"
    peak = profile.fp32_tflops if setting.precision == "fp32" else profile.bf16_tflops or profile.fp16_tflops
    reached = (peak or 10.0) * (PROMPT if profile.matrix_measured else PROMPT_NOMINAL) * 1e12
    if setting.precision == "fp8" and native_fp8(profile):
        reached *= FP8_PROMPT
    if setting.precision == "int8" and (profile.int8_tops or 0) > (peak or 0):
        reached *= FP8_PROMPT
    return Rates(
        bandwidth=profile.bandwidth_gbps * (REACHED if measured else NOMINAL) * 1e9,
        matrix=reached,
        link=(profile.nvlink_gbps or profile.pcie_gbps) * 1e9,
        nvlink=profile.nvlink_gbps > 0,
        within=0.15 if measured else 0.3,
    )


def native_fp8(profile: Profile) -> bool:
    return profile.compute_capability is not None and profile.compute_capability >= FP8_NATIVE


def touched_bytes(model: Model, setting: Setting, batch: int, *, same_experts: bool = False) -> float:
    """Bytes of weights that one rank reads in a step. Tokens choose experts apart from one another, or all alike."""
    share = 1.0
    if model.experts:
        chosen = model.experts_per_token / model.experts
        share = chosen if same_experts else 1 - (1 - chosen) ** batch
    total = 0.0
    for tensor in model.network.tensors:
        if tensor.part in ("embedding", "vision") and not (model.network.tied and tensor.part == "embedding"):
            continue
        total += tensor_bytes(tensor, setting.precision) * (share if tensor.part == "experts" else 1.0)
    return total / setting.tp


def step_seconds(
    model: Model, setting: Setting, profile: Profile, *, ctx: int, batch: int = 1, same_experts: bool = False
) -> float:
    """Seconds of one decode step. A pipeline's stages follow one another: no faster for one request."""
    card = rates(profile, setting)
    quantized = setting.precision == "fp8"
    weights = touched_bytes(model, setting, batch, same_experts=same_experts) / card.bandwidth
    if quantized and batch > 1 and not model.experts:
        head = 2 * model.network.head.size / setting.tp / card.bandwidth
        weights = (weights - head) / FP8_MANY + head
    cached = batch * ctx * model.kv_bytes(tp=setting.tp)
    cache = cached / (card.bandwidth * (LATENT_CACHE if model.mla else CACHE))
    layer = LAYER_S
    if model.experts:
        layer = (LATENT_EXPERTS_LAYER_S if model.mla else EXPERTS_LAYER_S) + (batch - 1) * EXPERTS_REQUEST_S
        layer += FP8_EXPERTS_LAYER_S if quantized else 0.0
    if setting.eager:
        layer += EAGER_S
    reduce = 2 * model.layers * (ALL_REDUCE_S if card.nvlink else ALL_REDUCE_PCIE_S) if setting.tp > 1 else 0.0
    offload = setting.offload_gib * 2**30 / (profile.pcie_gbps * 0.8e9)
    return weights + cache + model.layers * layer + reduce + offload + (batch - 1) * REQUEST_S


def decode(model: Model, setting: Setting, profile: Profile, *, ctx: int, batch: int = 1) -> Estimate:
    """Tokens a second of all requests together."""
    seconds = step_seconds(model, setting, profile, ctx=ctx, batch=batch)
    return Estimate(batch / seconds, rates(profile, setting).within + (0.05 if batch > 1 else 0))


def first_token_seconds(model: Model, setting: Setting, profile: Profile, prompt: int) -> float:
    card = rates(profile, setting)
    quantized = setting.precision == "fp8"
    dense = card.matrix * ATTENTION / (FP8_PROMPT if quantized and native_fp8(profile) else 1.0)  # 16 bits, always
    chunks = math.ceil(prompt / setting.batched)
    total = 0.0
    for chunk in range(chunks):
        before = chunk * setting.batched
        tokens = min(setting.batched, prompt - before)
        attention = model.attention_flops(tokens, before)
        work = ((model.flops(tokens, before) - attention) / card.matrix + attention / dense) / setting.tp
        work += 2 * model.layers * tokens * model.hidden * 2 / (card.link * REDUCED) if setting.tp > 1 else 0.0
        if model.experts:
            total += max(model.layers * EXPERTS_LEAST_S, EXPERTS_CHUNK_S + work)
            total += model.layers * FP8_EXPERTS_CHUNK_S if quantized else 0.0
        else:
            total += max(model.layers * LEAST_S, CHUNK_S + work)
        total += setting.offload_gib * 2**30 / (profile.pcie_gbps * 0.8e9)
    return FIRST_S + total * (chunks + setting.pp - 1) / (chunks * setting.pp)


def first_token(model: Model, setting: Setting, profile: Profile, prompt: int) -> Estimate:
    return Estimate(first_token_seconds(model, setting, profile, prompt), 0.2 if profile.origin == "measured" else 0.4)


def load(model: Model, setting: Setting, profile: Profile, disk_gbps: float | None, cached: float | None) -> Estimate:
    """Seconds from the start of the process to the first answer, when compiled code is not cached."""
    size = model.stored_bytes or model.weight_bytes(model.precision)
    cold = size * (1 - (cached or 0.0)) / ((disk_gbps or 0.5) * 1e9)
    copy = size / min(profile.pcie_gbps * 0.8e9, PAGE_CACHE)
    return Estimate(boot_seconds(model, setting) + max(cold, copy), 0.25 if disk_gbps else 0.5)


def boot_seconds(model: Model, setting: Setting) -> float:
    """All of the load but the weights."""
    compiling = 0.0 if setting.eager else 0.52 * model.layers * (1.35 if model.experts else 1.0)
    if setting.precision == "fp8":
        compiling *= 1.75
    capturing = graph_sizes(setting) * (0.45 if model.experts else 0.08)
    several = SEVERAL_S if setting.tp * setting.pp > 1 else 0.0
    return START_S + several + (VISION_S if model.vision else 0.0) + 15.0 + compiling / setting.pp + capturing


def transformers_decode(model: Model, profile: Profile, bytes_touched: float) -> Estimate:
    """Transformers without a compiled graph: bound by launches, about 0.85 ms a layer on an A100's host."""
    bandwidth = profile.bandwidth_gbps * NOMINAL * 1e9
    return Estimate(1 / max(bytes_touched / bandwidth, model.layers * 0.85e-3), 0.4)


def card_decode(model: Model, profile: Profile) -> Estimate:
    """Our INT8 engine on a card: a pass reads the weights, and each layer's small kernels wait for one another."""
    read = sum(t.size for t in model.network.tensors if t.linear and t.part != "vision") + model.network.head.size
    bandwidth = profile.bandwidth_gbps * (INT8_READ if profile.origin == "measured" else INT8_READ * NOMINAL) * 1e9
    within = 0.1 if profile.origin == "measured" else 0.3
    return Estimate(1 / (read / bandwidth + model.layers * INT8_LAYER_S + INT8_STEP_S), within)


def card_decode_many(model: Model, profile: Profile, requests: int) -> Estimate:
    """Tokens a second of 32 requests, of which so many are replied to at once."""
    one = card_decode(model, profile)
    layers = model.layers * INT8_LAYER_S + INT8_STEP_S
    rows = min(32, requests)
    pass_s = 1 / one.value if rows == 1 else (1 / one.value - layers) * INT8_READ / INT8_MANY + layers
    return Estimate(rows / pass_s, one.within + 0.1)


def card_first_token(model: Model, profile: Profile, prompt: int, chunk: int) -> Estimate:
    """The layers of several cards follow one another: no sooner on two."""
    peak = (profile.bf16_tflops or 10.0) * 1e12
    matrix = peak * (INT8_PROMPT if profile.matrix_measured else INT8_PROMPT_NOMINAL)
    passes = math.ceil(prompt / chunk)
    return Estimate(
        FIRST_S + passes * INT8_CHUNK_S + model.flops(prompt) / matrix, 0.2 if profile.matrix_measured else 0.4
    )


def old_first_token(model: Model, profile: Profile, prompt: int) -> Estimate:
    """Transformers in fp32, at half of the sheet's rate: nobody measured it."""
    return Estimate(FIRST_S + model.flops(prompt) / (0.5 * (profile.fp32_tflops or 5.0) * 1e12), 0.6)


def processor_decode_many(decode: Estimate, requests: int) -> Estimate:
    """Tokens a second of 32 requests, of which so many are replied to at once."""
    rows = min(32, requests)
    return Estimate(decode.value * rows / (1 + ROW * (rows - 1)), decode.within + 0.1)


def processor_first_token(model: Model, cpu: Cpu, prompt: int) -> Estimate:
    core = next((rate for kind, rate in CORE_FLOPS.items() if kind in cpu.flags), OTHER_CORE_FLOPS)
    return Estimate(ANSWER_S + model.flops(prompt) / (core * cpu.cores), 0.5)


def processor_decode(model: Model, memory_gbps: float | None) -> Estimate:
    """Our INT8 engine on the processor: 70 % of the read bandwidth, at most 300 tokens a second (facts/cpu_serving)."""
    linear = sum(t.size for t in model.network.tensors if t.linear and t.part != "vision")
    head = model.network.head.size * 2
    rate = 0.7 * (memory_gbps or 40.0) * 1e9 / (linear + head)
    return Estimate(min(rate, 300.0), 0.4)
