"""What a card will hold, before anything is loaded: parts fitted to vLLM 0.25.1, and the cache it is told to make.

    cache = total × utilization − weights − activations at their peak − what torch does not allocate − graphs (V1)
            − what these may be off by

and never more than the card has free beside them. vLLM gets the result as `--kv-cache-memory-bytes`, so the cache is as
long as promised, and what can be wrong is only whether all of it has room. The fit is of docs/planner.md
(tests/bench/planner.py, 2026-11-20, H200). Dense GLMs run on vLLM's second model runner, mixtures of experts on the
first; the two reserve differently.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from autoglm_backend.machine import Gpu
from autoglm_backend.models import Model
from autoglm_backend.plan.candidate import DeviceMemory, Setting

GIB = 2**30
CONTEXT = round(0.51 * GIB)  # taken before vLLM looks: outside its budget
ROTARY = 64  # cosines and sines of each position; MLA keeps them in fp32
VISION_BUFFERS = round(0.03 * GIB)  # of a vision model, in "Model loading took"
STAGE_OTHER = round(0.07 * GIB)  # pipeline: NCCL has not yet opened its channels when vLLM looks
VISION = round(0.095 * GIB)  # positions and buffers of a vision model, beside the forward pass


def devices(model: Model, setting: Setting, gpus: Sequence[Gpu]) -> tuple[DeviceMemory, ...]:
    """One entry a card, in the order of ranks: tensor-parallel ranks of stage 0 first."""
    stages = stage_layers(model.layers, setting.pp, setting.partition)
    room = [
        device(model, setting, gpu, stages[rank // setting.tp], rank // setting.tp)
        for rank, gpu in enumerate(gpus[: setting.tp * setting.pp])
    ]
    blocks, state = pool_blocks(model, setting, room), state_bytes(model, setting)
    if not blocks:
        return tuple(room)
    return tuple(replace(h, kv=blocks * block_bytes(model, setting, rank) + state) for rank, h in enumerate(room))


def device(model: Model, setting: Setting, gpu: Gpu, layers: range, stage: int) -> DeviceMemory:
    first, last = stage == 0, stage == setting.pp - 1
    weights = model.rank_bytes(setting.precision, setting.tp, layers, first=first, last=last)
    weights += model.max_ctx * ROTARY * (4 if model.mla else 2) + (VISION_BUFFERS if model.vision else 0)
    weights = max(0, weights - round(setting.offload_gib * GIB))
    peak = activations(model, setting, first=first)
    other = outside_torch(model, setting)
    graphs = graph_bytes(model, setting, len(layers))
    # The second runner captures its graphs and encodes its images outside of what it calls its share.
    encoder = encoder_bytes(model, setting) if first and not model.experts else 0
    uncertain = uncertainty(model, setting, gpu, graphs)
    share = math.ceil(gpu.memory_bytes * setting.utilization) - (graphs if model.experts else 0)
    later = later_bytes(model, setting, gpu)
    free = gpu.available_bytes - CONTEXT - graphs - encoder - later
    return DeviceMemory(
        gpu=gpu.index,
        total=gpu.memory_bytes,
        context=CONTEXT,
        weights=weights,
        activations=peak,
        other=other,
        graphs=graphs,
        encoder=encoder,
        later=later,
        kv=min(share, free) - weights - peak - other - uncertain,
        uncertain=uncertain,
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
    forward = forward_bytes(model, setting)
    sampler = (8.0 if model.experts else 2.5) * setting.seqs * model.vocabulary * 4
    if model.mla:
        forward += expanded_latents(model, setting)
    encoding = encoder_bytes(model, setting) if model.experts else 0  # the first runner tries an image, the second none
    return round(max(compiling, forward, sampler, encoding) + (VISION if model.vision else 0))


def forward_bytes(model: Model, setting: Setting) -> float:
    """The widest layer's, of one step."""
    if not model.experts:
        return setting.batched * (6 * model.inner / setting.tp + 4 * model.hidden)
    narrow = max(model.expert_inner / setting.tp, model.hidden)
    wide = max(2 * model.expert_inner / setting.tp, model.hidden)
    return setting.batched * (2 * model.experts_per_token * (narrow + wide) + 18.6 * model.hidden)


def expanded_latents(model: Model, setting: Setting) -> float:
    """MLA's dummy run expands the longest chunk of context that it may meet: 65,536 tokens' keys and values.

    Beyond 4,096 tokens a step it took 4.9 kB more for every head and token; fitted, not explained.
    """
    chunk = min(max(8 * setting.ctx, 4 * setting.seqs * 16), 65_536)
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


def later_bytes(model: Model, setting: Setting, gpu: Gpu) -> int:
    """What is there after the first requests and was not when vLLM sized its cache: nvidia-smi less all other parts.

    Mixtures of experts warm their sampler up after the graphs; several cards open NCCL's channels, few without NVLink
    (that is a prior), and a pipeline has a further step's activations in flight.
    """
    found = 0.0
    if model.experts:
        found += 0.3 * GIB + 8.0 * setting.seqs * model.vocabulary * 4
    if setting.tp > 1:
        found += (1.3 if gpu.nvlink_gbps else 0.35) * GIB
    elif setting.pp > 1:
        found += (0.8 if gpu.nvlink_gbps else 0.3) * GIB + forward_bytes(model, setting)
    return round(found)


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
    """Tokens that the cache holds: whole blocks, less the null block."""
    return max(0, pool_blocks(model, setting, memory) - 1) * block_size(model)


def cache_bytes(model: Model, setting: Setting, memory: Sequence[DeviceMemory]) -> int:
    """For `--kv-cache-memory-bytes`, which is one number for all ranks; 0: there is no room for a cache.

    vLLM takes the fewest blocks that any rank makes of it, so the rank with the largest blocks decides.
    """
    largest = max(block_bytes(model, setting, rank) for rank in range(len(memory)))
    return pool_blocks(model, setting, memory) * largest + state_bytes(model, setting)


def pool_blocks(model: Model, setting: Setting, memory: Sequence[DeviceMemory]) -> int:
    """What the rank with the least room for its own blocks can have."""
    rooms = (held.kv - state_bytes(model, setting) for held in memory)
    return max(0, min(room // block_bytes(model, setting, rank) for rank, room in enumerate(rooms)))


def block_bytes(model: Model, setting: Setting, rank: int) -> int:
    stages = stage_layers(model.layers, setting.pp, setting.partition)
    return model.kv_bytes(tp=setting.tp, layers=stages[rank // setting.tp]) * block_size(model)


def block_size(model: Model) -> int:
    """Tokens of a block. FlashMLA takes 64; where vLLM takes 16 the pool is up to 48 tokens longer."""
    return 64 if model.mla else 16


def state_bytes(model: Model, setting: Setting) -> int:
    """One rank's share of what linear-attention layers keep for every request."""
    return setting.seqs * model.state_bytes // (setting.tp * setting.pp)
