"""What a card will hold, before anything is loaded. vLLM 0.25.1's own start-up arithmetic with constants fitted to it.

    cache = total × utilization − weights − activations at their peak − what torch does not allocate − graphs (V1)

The fit is of docs/planner.md (tests/bench/planner.py, 2026-11-20, H200). Dense GLMs run on vLLM's second model runner,
mixtures of experts on the first; the two reserve differently.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from autoglm_backend.machine import Gpu
from autoglm_backend.models import Model
from autoglm_backend.plan.candidate import DeviceMemory, Setting

GIB = 2**30
BLOCK = 16  # tokens
CONTEXT = round(0.51 * GIB)  # taken before vLLM looks: outside its budget
SLACK = round(0.03 * GIB)  # rotary tables and the allocator's rounding, in "Model loading took"
VISION_SLACK = round(0.09 * GIB)  # the same of a vision model
STAGE_OTHER = round(0.07 * GIB)  # pipeline: NCCL has not yet opened its channels when vLLM looks
VISION = round(0.095 * GIB)  # positions and buffers of a vision model, beside the forward pass


def devices(model: Model, setting: Setting, gpus: Sequence[Gpu]) -> tuple[DeviceMemory, ...]:
    """One entry a card, in the order of ranks: tensor-parallel ranks of stage 0 first."""
    stages = stage_layers(model.layers, setting.pp, setting.partition)
    return tuple(
        device(model, setting, gpu, stages[rank // setting.tp], rank // setting.tp)
        for rank, gpu in enumerate(gpus[: setting.tp * setting.pp])
    )


def device(model: Model, setting: Setting, gpu: Gpu, layers: range, stage: int) -> DeviceMemory:
    first, last = stage == 0, stage == setting.pp - 1
    weights = model.rank_bytes(setting.precision, setting.tp, layers, first=first, last=last)
    weights += VISION_SLACK if model.vision else SLACK
    weights = max(0, weights - round(setting.offload_gib * GIB))
    peak = activations(model, setting, first=first)
    other = outside_torch(model, setting)
    graphs = graph_bytes(model, setting, len(layers))
    budget = math.ceil(gpu.memory_bytes * setting.utilization)
    # The second runner captures its graphs after the cache is sized: they come on top of the budget.
    kv = budget - weights - peak - other - (graphs if model.experts else 0)
    return DeviceMemory(
        gpu=gpu.index,
        total=gpu.memory_bytes,
        context=CONTEXT,
        weights=weights,
        activations=peak,
        other=other,
        graphs=graphs,
        encoder=encoder_bytes(model, setting) if first and not model.experts else 0,
        kv=kv,
        uncertain=uncertainty(model, setting, gpu, graphs),
    )


def uncertainty(model: Model, setting: Setting, gpu: Gpu, graphs: int) -> int:
    """Bytes. Fitted on Hopper with FlashAttention 3; other cards have other kernels (facts/serving.md, 3.2).

    The first runner's own estimate of its graphs is unsteady with FP8 experts: 0.46 and 1.44 GiB were seen where
    bf16 has 0.33.
    """
    unsteady = 1.2 * GIB if model.experts and setting.precision == "fp8" and not setting.eager else 0
    if gpu.compute_capability == (9, 0):
        # The largest misses among 26 boots: 0.07 GiB dense, 0.23 with experts.
        return round((0.25 if model.experts else 0.1) * GIB + 0.25 * graphs + unsteady)
    return round(0.3 * GIB + 0.5 * graphs + unsteady)


def stage_layers(layers: int, pp: int, partition: tuple[int, ...] = ()) -> list[range]:
    """The layers of each stage, as vLLM deals them: what is left over goes to the ones before the last."""
    counts = list(partition) if partition else [layers // pp] * pp
    if not partition:
        for back in range(2, layers % pp + 2):
            counts[-back] += 1
    starts = [sum(counts[:stage]) for stage in range(pp)]
    return [range(start, start + count) for start, count in zip(starts, counts, strict=True)]


def activations(model: Model, setting: Setting, *, first: bool = True) -> int:
    """Bytes at the peak of the dummy run that vLLM measures, over what was allocated before it."""
    tokens, tp, hidden = setting.batched, setting.tp, model.hidden
    # While the first graph is compiled a copy of the embedding stands beside it; vision models embed outside the graph.
    embedding = 0 if model.vision or not first else model.vocabulary * hidden * 2 / tp
    compiling = 0 if setting.eager else embedding + 4 * hidden * tokens
    if model.experts:
        narrow = max(model.expert_inner / tp, hidden)
        wide = max(2 * model.expert_inner / tp, hidden)
        forward = tokens * (2 * model.experts_per_token * (narrow + wide) + 18.6 * hidden)
        sampler = 8.0 * setting.seqs * model.vocabulary * 4
    else:
        forward = tokens * (6 * model.inner / tp + 4 * hidden)
        sampler = 2.5 * setting.seqs * model.vocabulary * 4
    if model.mla:
        forward += expanded_latents(model, setting)
    encoding = encoder_bytes(model, setting) if model.experts else 0  # the first runner tries an image, the second none
    return round(max(compiling, forward, sampler, encoding) + (VISION if model.vision else 0))


def expanded_latents(model: Model, setting: Setting) -> float:
    """MLA's dummy run expands the longest chunk of context that it may meet: 65,536 tokens' keys and values.

    Beyond 4,096 tokens a step it took 4.9 kB more for every head and token; fitted, not explained.
    """
    chunk = min(max(8 * setting.ctx, 4 * setting.seqs * BLOCK), 65_536)
    local = model.heads / setting.tp
    return chunk * model.kv_up_per_token / setting.tp * 2 + max(0, setting.batched - 4096) * local * 4900


def encoder_bytes(model: Model, setting: Setting) -> int:
    """The vision tower's peak for the largest image that is allowed: pixels, two residuals and the MLP's widths.

    By formula: vLLM's second runner tries no image before it sizes the cache, so nobody has kept this room.
    """
    if model.vision is None:
        return 0
    vision = model.vision
    patches = (setting.max_pixels or 9_633_792) / vision.patch**2
    return round(patches * 2 * (2 * vision.hidden + 3 * vision.inner + 6 * vision.patch**2))


def outside_torch(model: Model, setting: Setting) -> int:
    if setting.tp == 1:
        return STAGE_OTHER if setting.pp > 1 else round((0.25 if model.experts else 0.22) * GIB)
    pairs = math.log2(setting.tp)
    return round((0.42 + 0.12 * pairs + (0.05 if model.experts else 0)) * GIB)


def graph_sizes(setting: Setting) -> int:
    """Batch sizes that vLLM captures: 1, 2, 4, every 8 to 256, then every 16, up to twice max_num_seqs or 512."""
    if setting.eager:
        return 0
    most = min(2 * setting.seqs, 512)
    return sum(1 for size in (1, 2, 4) if size <= most) + most // 8 - max(0, (most - 256) // 16)


def graph_bytes(model: Model, setting: Setting, layers: int) -> int:
    count = graph_sizes(setting)
    if not count:
        return 0
    if model.experts:
        return round((0.08 + 0.0131 * count * layers / 47) * GIB)
    return round((0.1 + 0.00027 * count * layers) * GIB)


def pool_tokens(model: Model, setting: Setting, memory: Sequence[DeviceMemory]) -> int:
    """Tokens that the cache holds: the fewest of any stage, in whole blocks, less the null block."""
    stages = stage_layers(model.layers, setting.pp, setting.partition)
    fewest = None
    for rank, held in enumerate(memory):
        token = model.kv_bytes(tp=setting.tp, layers=stages[rank // setting.tp])
        room = held.kv - setting.seqs * model.state_bytes // (setting.tp * setting.pp)
        blocks = room // (token * BLOCK) if token else 0
        fewest = blocks if fewest is None else min(fewest, blocks)
    return max(0, ((fewest or 0) - 1) * BLOCK)


def safe_tokens(model: Model, setting: Setting, memory: Sequence[DeviceMemory]) -> int:
    """As pool_tokens, with all the uncertainty against us."""
    worst = [replace(held, kv=held.kv - held.uncertain) for held in memory]
    return pool_tokens(model, setting, worst)


def overcommitted(held: DeviceMemory, gpu: Gpu, utilization: float, *, graphs_outside: bool) -> int:
    """Bytes by which the budget and what lies outside it exceed the card. Positive: it would run out later."""
    outside = held.context + held.encoder + (held.graphs if graphs_outside else 0) + held.uncertain // 2
    return round(held.total * utilization) + outside + gpu.used_by_others_bytes - held.total
