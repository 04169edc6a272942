"""Every way to run a model on a machine, best first: the ladder of facts/serving.md, section 8. Pure.

A candidate is chosen when it is legal, fits with the uncertainty against it, needs nothing made first, and is not
slower than wanted. The embedded model stands last and always runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from autoglm_backend import pool, profiles
from autoglm_backend.checkpoint import ARCHITECTURES
from autoglm_backend.cuda import placement
from autoglm_backend.machine import Gpu, Machine
from autoglm_backend.models import Model, Precision
from autoglm_backend.plan import command, legality, memory, speed
from autoglm_backend.plan.candidate import (
    Candidate,
    DeviceMemory,
    Estimate,
    Plan,
    Rung,
    Setting,
    Violation,
    Wanted,
    WayOut,
)
from autoglm_backend.plan.explain import MENDS, binding, ways_out, ways_out_int8, ways_out_processor

GIB = 2**30
LEAST_CTX = 8192  # a shorter context does not hold an agent's page and its history
PROGRAM = round(0.3 * GIB)  # the int8 engine with the model that ships, less weights and cache: tests/bench/engine.py
VLLM_PROGRAM = 3 * GIB // 2
QUANTIZED: tuple[Precision, ...] = ("fp8", "int8", "int4")


def plan(machine: Machine, model: Model, embedded: Model, wanted: Wanted | None = None) -> Plan:
    """The ordered candidates and the one to run."""
    asked = wanted or Wanted()
    candidates = tuple(climb(machine, model, embedded, asked))
    chosen = next((c for c in candidates if c.chosen_at(asked.slowest)), candidates[-1])
    remarks = [*model.notes, *machine.problems]
    if chosen.engine == "vllm" and machine.software.vllm is None and not machine.hypothetical:
        remarks.append("vLLM is not installed here yet: autoglm-backend install vllm")
    return Plan(model, asked, candidates, chosen, tuple(remarks))


def climb(machine: Machine, model: Model, embedded: Model, wanted: Wanted) -> Iterator[Candidate]:
    cards = by_room(machine.gpus)
    group = equal_group(machine.gpus)
    fast = [gpu for gpu in cards if gpu.capability >= legality.LEAST]
    if cards:
        best = fast[:1] or cards[:1]
        yield from one_card(machine, model, best, wanted)
        yield from several(machine, model, group, wanted)
    for other in wanted.others:
        if fast and other.parameters < model.parameters:
            name = other.name.split("/")[-1]
            ways = (c for c in one_card(machine, other, fast[:1], wanted) if c.fits)
            yield from (replace(c, rung="smaller", title=f"{name}, {c.title}") for c in ways)
    if cards and not fast:
        yield legacy(machine, model, cards, wanted)
    if able := placement.usable(machine.gpus):
        yield on_cards(machine, model, able, wanted)
    yield on_processor(machine, model, wanted)
    if not cards:
        yield vllm_on_processor(machine, model, wanted)
    if fast and not any(c.fits and c.needs is None for c in one_card(machine, model, fast[:1], wanted)):
        yield offload(machine, model, fast[:1], wanted)
    yield remote(model)
    yield embedded_candidate(machine, embedded, wanted)


def by_room(gpus: Sequence[Gpu]) -> list[Gpu]:
    """Cards that vLLM may use, the roomiest first."""
    nvidia = [gpu for gpu in gpus if gpu.vendor == "nvidia"]
    return sorted(nvidia, key=lambda gpu: (-gpu.available_bytes, gpu.index))


def equal_group(gpus: Sequence[Gpu]) -> list[Gpu]:
    """The largest set of cards of one kind; on a tie the roomier."""
    groups: dict[tuple[str, int], list[Gpu]] = {}
    for gpu in by_room(gpus):
        groups.setdefault((gpu.name, gpu.memory_bytes), []).append(gpu)
    return max(groups.values(), key=lambda group: (len(group), group[0].memory_bytes), default=[])


def default_ctx(model: Model, wanted: Wanted) -> int:
    """Tokens; AutoGLM-Phone's own server is started with 25,480."""
    return wanted.ctx or min(model.max_ctx, 25_480 if model.vision else 32_768)


def base_precision(model: Model, gpus: Sequence[Gpu]) -> Precision:
    """The checkpoint's own, except that bf16 becomes fp16 where the card has none."""
    oldest = min((gpu.capability for gpu in gpus), default=(0, 0))
    if model.precision in ("bf16", "fp16"):
        return "bf16" if oldest >= (8, 0) else "fp16"
    return model.precision


def base_setting(model: Model, gpus: Sequence[Gpu], wanted: Wanted) -> Setting:
    """vLLM's own step for the card's class; few requests at once, since an agent sends one at a time."""
    card = gpus[0]
    large = card.memory_bytes >= 70 * GIB and "A100" not in card.name
    return Setting(
        precision=base_precision(model, gpus),
        seqs=max(64 if card.memory_bytes > 40 * GIB else 16, wanted.requests),
        batched=8192 if large else 2048,
        ctx=default_ctx(model, wanted),
        utilization=min(utilization(gpu, wanted) for gpu in gpus),
        max_pixels=5_000_000 if model.vision else None,
        images=10 if model.vision else 1,
    )


def utilization(gpu: Gpu, wanted: Wanted) -> float:
    """vLLM refuses to start where less is free than it was promised; whoever else is on the card keeps what he has."""
    free = (gpu.available_bytes - memory.CONTEXT) / gpu.memory_bytes
    return max(0.05, min(wanted.utilization, math.floor(free * 100) / 100))


def tight(setting: Setting, wanted: Wanted) -> Setting:
    return replace(
        setting,
        seqs=max(4, wanted.requests),
        batched=1024,
        eager=True,
        images=min(setting.images, 2),
        max_pixels=2_500_000 if setting.max_pixels else None,
    )


def one_card(machine: Machine, model: Model, card: Sequence[Gpu], wanted: Wanted) -> Iterator[Candidate]:
    setting = base_setting(model, card, wanted)
    yield on_vllm(machine, "full", model, setting, card, wanted)
    yield on_vllm(machine, "tight", model, tight(setting, wanted), card, wanted)
    if setting.precision in QUANTIZED:
        return
    yield on_vllm(machine, "8-bit", model, replace(setting, precision="fp8"), card, wanted)
    yield on_vllm(machine, "8-bit", model, tight(replace(setting, precision="fp8"), wanted), card, wanted)
    profile = profiles.of(card[0])
    if (profile.int8_tops or 0) > (profile.bf16_tflops or profile.fp16_tflops or 0):
        made = model.architecture in ARCHITECTURES
        needs = "autoglm-backend quantize SRC DST, then plan DST" if made else "a W8A8 checkpoint of this model"
        yield on_vllm(machine, "8-bit", model, replace(setting, precision="int8"), card, wanted, needs)
    needs = "a 4-bit checkpoint of this model (AWQ or GPTQ): plan its folder or id"
    yield on_vllm(machine, "4-bit", model, replace(setting, precision="int4"), card, wanted, needs)


def several(machine: Machine, model: Model, group: Sequence[Gpu], wanted: Wanted) -> Iterator[Candidate]:
    """Tensor parallel where heads divide and cards are linked, else pipeline; replicas where one card is enough."""
    cards = by_room(machine.gpus)
    if len(cards) < 2:
        return
    tensor = list(tensor_parallel(machine, model, group, wanted))
    stages = list(pipeline(machine, model, cards, group, wanted))
    linked = profiles.of(group[0]).nvlink_gbps > 0
    yield from (*tensor, *stages) if linked else (*stages, *tensor)
    alone = next((c for c in one_card(machine, model, cards[:1], wanted) if c.fits and c.legal), None)
    if alone is not None:
        yield replicas(machine, model, alone, cards, wanted)


def tensor_parallel(machine: Machine, model: Model, group: Sequence[Gpu], wanted: Wanted) -> Iterator[Candidate]:
    if len(group) < 2:
        cards = by_room(machine.gpus)
        setting = replace(base_setting(model, cards, wanted), tp=len(cards))
        yield on_vllm(machine, "tensor-parallel", model, setting, cards, wanted)
        return
    widths = [len(group)]
    legal = [tp for tp in legality.legal_tps(model, len(group)) if tp > 1]
    widths += [legal[-1]] if legal and legal[-1] != len(group) else []
    for width in widths:
        setting = replace(base_setting(model, group, wanted), tp=width)
        yield on_vllm(machine, "tensor-parallel", model, setting, group[:width], wanted)
        if setting.precision not in QUANTIZED:
            yield on_vllm(machine, "tensor-parallel", model, replace(setting, precision="fp8"), group[:width], wanted)


def pipeline(
    machine: Machine, model: Model, cards: Sequence[Gpu], group: Sequence[Gpu], wanted: Wanted
) -> Iterator[Candidate]:
    """Stages may be unequal: each card takes layers by its room, one at the least."""
    chosen = (group if len(group) == len(cards) else cards)[: model.layers]
    setting = replace(base_setting(model, chosen, wanted), pp=len(chosen))
    if len(group) != len(cards):
        room = [gpu.available_bytes for gpu in chosen]
        counts = [1 + int((model.layers - len(room)) * size / sum(room)) for size in room]
        counts[0] += model.layers - sum(counts)
        setting = replace(setting, partition=tuple(counts))
    yield on_vllm(machine, "pipeline", model, setting, chosen, wanted)


def replicas(machine: Machine, model: Model, alone: Candidate, cards: Sequence[Gpu], wanted: Wanted) -> Candidate:
    """A server on each card on which the model fits alone, behind a router that keeps sessions together."""
    assert alone.setting is not None
    each = [on_vllm(machine, alone.rung, model, alone.setting, [gpu], wanted, alone.needs) for gpu in cards]
    running = [c for c in each if c.fits and c.legal]
    total = sum(c.decode_many.value for c in running if c.decode_many)
    tightest = min(running, key=lambda c: c.memory[0].kv)  # one command runs on all
    return replace(
        tightest,
        rung="replicas",
        title=f"vLLM {alone.setting.precision}, one server on each of {len(running)} cards",
        gpus=tuple(gpu for c in running for gpu in c.gpus),
        replicas=len(running),
        memory=tuple(held for c in running for held in c.memory),
        requests=sum(c.requests for c in running),
        decode_many=Estimate(total, 0.35),
        needs=alone.needs or "a router before the servers: `plan --export compose` writes them",
        note="No faster for one request; each further card adds its whole throughput.",
    )


def on_vllm(
    machine: Machine,
    rung: Rung,
    model: Model,
    setting: Setting,
    gpus: Sequence[Gpu],
    wanted: Wanted,
    needs: str | None = None,
) -> Candidate:
    """One vLLM server, with everything that is predicted of it."""
    used = gpus[: setting.tp * setting.pp]
    setting = shortened(model, setting, used, wanted)
    held = memory.devices(model, setting, used)
    violations = legality.check(model, setting, used, present=len(machine.gpus))
    pool, cache = memory.pool_tokens(model, setting, held), memory.cache_bytes(model, setting, held)
    weakest = min((profiles.of(gpu) for gpu in used), key=lambda p: p.bandwidth_gbps)
    candidate = Candidate(
        rung=rung,
        engine="vllm",
        model=model.name,
        title=title(setting),
        gpus=tuple(gpu.index for gpu in used),
        setting=setting,
        violations=violations,
        fits=pool >= setting.ctx * wanted.requests,
        needs=needs,
        memory=held,
        ctx=Estimate(min(pool, model.max_ctx), 0.0),
        requests=round(pool / setting.ctx, 2),
        decode=speed.decode(model, setting, weakest, ctx=min(setting.ctx, wanted.prompt)),
        decode_many=speed.decode(model, setting, weakest, ctx=min(setting.ctx, wanted.prompt), batch=32),
        first_token=speed.first_token(model, setting, weakest, wanted.prompt),
        load=speed.load(model, setting, weakest, machine.disk.read_gbps, machine.disk.cached_share),
        note=note(model, setting, used),
    )
    return replace(
        candidate,
        arguments=command.arguments(model, setting, cache),
        environment=command.environment(setting, used, machine.peer_access),
        command=command.vllm(model, setting, cache),
        binding=binding(candidate, model),
        ways_out=ways_out(candidate, model, used, wanted),
    )


def shortened(model: Model, setting: Setting, gpus: Sequence[Gpu], wanted: Wanted) -> Setting:
    """With no length asked for, what fits is taken, down to LEAST_CTX."""
    if wanted.ctx is not None:
        return setting
    pool = memory.pool_tokens(model, setting, memory.devices(model, setting, gpus)) // wanted.requests
    if LEAST_CTX <= pool < setting.ctx:
        return replace(setting, ctx=pool // 512 * 512)
    return setting


def title(setting: Setting) -> str:
    shape = f" × {setting.tp} tensor-parallel" if setting.tp > 1 else ""
    shape += f" × {setting.pp} stages" if setting.pp > 1 else ""
    return f"vLLM {setting.precision}{' eager' if setting.eager else ''}{shape}"


def note(model: Model, setting: Setting, gpus: Sequence[Gpu]) -> str:
    oldest = min((gpu.capability for gpu in gpus), default=(0, 0))
    notes: list[str] = []
    if setting.precision == "fp8":
        notes.append("FP8 natively." if oldest >= legality.FP8_NATIVE else "FP8 weights only (Marlin).")
    if setting.precision == "int4":
        notes.append("4 bits cost some accuracy: try the agent's own tasks.")
    if legality.computing_dtype(setting, oldest) == "fp16" and model.model_type in ("glm4v", "glm46v", "glmga"):
        notes.append("fp16 with GLM-4-0414's backbone can overflow to '!!!!': check a first answer.")
    if oldest < (8, 0) and gpus:
        notes.append("No FlashAttention here: Triton attention, slower on long prompts.")
    return " ".join(notes)


def on_cards(machine: Machine, model: Model, cards: Sequence[Gpu], wanted: Wanted) -> Candidate:
    """Our INT8 engine on the fewest cards that hold it; on several their layers follow one another."""
    ctx = min(model.max_ctx, wanted.ctx or LEAST_CTX)
    here = machine.hypothetical or bool(machine.software.torch_arches)
    candidate = Candidate(
        rung="int8",
        engine="int8",
        model=model.name,
        title="INT8 on the card",
        command=command.int8(model, wanted.ctx),
        needs=None if here else "PyTorch's CUDA build beside this package: pip install --force-reinstall torch",
    )
    if broken := int8_rules(model, wanted):
        return replace(candidate, violations=broken, binding=broken[0].reason)
    needs = placement.Needs.of(model, ctx)
    found = placement.place(needs, [gpu.available_bytes for gpu in cards])
    if found is None:
        least = needs.layers * (needs.layer + 2 * needs.conversation) + needs.first + needs.last + needs.space
        free = sum(gpu.available_bytes for gpu in cards)
        words = f"{least / GIB:.1f} GiB needed and {free / GIB:.1f} GiB of the cards free"
        return replace(candidate, binding=words, ways_out=tuple(ways_out_int8(model, cards, ctx, 0)))
    used = cards[: len(found.layers)]
    size = sum(found.weights(needs, at) for at in range(len(used)))
    weakest = min((profiles.of(gpu) for gpu in used), key=lambda p: p.bandwidth_gbps)
    return replace(
        candidate,
        title=f"INT8 on {len(used)} card{'s' if len(used) > 1 else ''}",
        gpus=tuple(gpu.index for gpu in used),
        fits=True,
        memory=tuple(on_card(gpu, needs, found, at) for at, gpu in enumerate(used)),
        ctx=Estimate(ctx, 0.0),
        requests=found.conversations,
        decode=speed.card_decode(model, weakest),
        decode_many=speed.card_decode_many(model, weakest, found.conversations),
        first_token=speed.card_first_token(model, weakest, wanted.prompt, placement.CHUNK),
        load=Estimate(speed.INT8_START_S + read_seconds(machine, size), 0.5),
        environment={"CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
        binding=f"{weakest.name}'s memory bandwidth",
        ways_out=tuple(ways_out_int8(model, used, ctx, found.conversations)),
        note="Activations, keys and values in bf16. The first start compiles some 20 s longer.",
    )


def on_card(gpu: Gpu, needs: placement.Needs, found: placement.Placement, at: int) -> DeviceMemory:
    """The int8 engine's share of one card: all of it is taken at the start."""
    weights, kept = found.weights(needs, at), found.kept(needs, at)
    return DeviceMemory(
        gpu=gpu.index,
        total=gpu.memory_bytes,
        context=placement.OUTSIDE,
        weights=weights,
        activations=needs.space,
        kv=kept,
        uncertain=round(0.02 * (weights + kept + needs.space + placement.OUTSIDE)),
    )


def read_seconds(machine: Machine, size: float) -> float:
    """From the disk, of half a gigabyte a second where nobody measured it."""
    return size / ((machine.disk.read_gbps or 0.5) * 1e9)


def int8_rules(model: Model, wanted: Wanted) -> tuple[Violation, ...]:
    """What the int8 engine cannot do, on cards or off them."""
    found: list[Violation] = []
    if model.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        found.append(Violation("int8 engine", f"{model.architecture} is not one the int8 engine runs ({known})"))
    if wanted.ctx and wanted.ctx > model.max_ctx:
        found.append(Violation("max model len", f"this model was made for at most {model.max_ctx} tokens"))
    return tuple(found)


def on_processor(machine: Machine, model: Model, wanted: Wanted) -> Candidate:
    """Our INT8 engine on the processor."""
    size = model.weight_bytes("int8") - model.network.embedding.size * 2 * (not model.network.tied)
    ctx = wanted.ctx or min(model.max_ctx, LEAST_CTX)  # as `serve` chooses it
    kv = ctx * model.kv_bytes("transformers")
    fits = (size + kv) * 1.1 < machine.ram_free_bytes
    requests = pool.room_for(machine.ram_free_bytes, kv)
    violations = int8_rules(model, wanted)
    rate = speed.processor_decode(model, machine.cpu.memory_gbps)
    why = f"the processor's memory bandwidth: {rate.value:.1f} tok/s"
    if violations:
        why = violations[0].reason
    elif not fits:
        need, free = (size + kv) * 1.1 / GIB, machine.ram_free_bytes / GIB
        why = f"{need:.1f} GiB needed and {free:.1f} GiB of main memory free"
    return Candidate(
        rung="int8",
        engine="int8",
        model=model.name,
        title="INT8 on the processor",
        violations=violations,
        fits=fits,
        ctx=Estimate(ctx, 0.0),
        requests=requests,
        memory=(in_main_memory(machine, PROGRAM, size, requests * kv),),
        decode=rate,
        decode_many=speed.processor_decode_many(rate, requests),
        first_token=speed.processor_first_token(model, machine.cpu, wanted.prompt),
        load=Estimate(10 + read_seconds(machine, size), 0.5),
        command=command.int8(model, wanted.ctx),
        binding=why,
        ways_out=tuple(ways_out_processor(model, wanted, round((size + kv) * 1.1) - machine.ram_free_bytes)),
    )


def in_main_memory(machine: Machine, program: int, weights: int, kv: int) -> DeviceMemory:
    """What a program on the processor comes to hold when all its conversations are full."""
    return DeviceMemory(
        gpu=None,
        total=machine.ram_bytes,
        context=program,
        weights=weights,
        kv=kv,
        uncertain=round(0.1 * (program + weights + kv)),
    )


def vllm_on_processor(machine: Machine, model: Model, wanted: Wanted) -> Candidate:
    """vLLM's CPU build, with a cache for `requests` of the wanted length and no more: it would take all memory."""
    requests, ctx = max(8, wanted.requests), min(default_ctx(model, wanted), 8192 if wanted.ctx is None else 1 << 30)
    cache = max(model.kv_bytes() * (ctx + 32) * requests, 128 << 20)
    weights = model.weight_bytes(model.precision)
    need = weights + cache + VLLM_PROGRAM
    decode = Estimate(min(speed.processor_decode(model, machine.cpu.memory_gbps).value, 150.0), 0.4)
    arguments = command.processor_arguments(ctx, requests, cache)
    made = machine.software.vllm_device == "cpu"
    broken = tuple(legality.lengths(model, Setting(model.precision, ctx=ctx)))
    memory_words = f"{need / GIB:.1f} GiB needed and {machine.ram_free_bytes / GIB:.1f} GiB of main memory free"
    return Candidate(
        rung="full",
        engine="vllm",
        model=model.name,
        title="vLLM on the processor",
        violations=broken,
        fits=need < machine.ram_free_bytes,
        needs=None if made else "autoglm-backend install vllm --build cpu",
        ctx=Estimate(ctx, 0.0),
        requests=requests,
        memory=(in_main_memory(machine, VLLM_PROGRAM, weights, cache),),
        decode=decode,
        decode_many=speed.processor_decode_many(decode, requests),
        first_token=speed.processor_first_token(model, machine.cpu, wanted.prompt),
        load=Estimate(20 + read_seconds(machine, need), 0.5),
        arguments=arguments,
        command=("vllm", "serve", command.where(model), *arguments),
        binding=broken[0].reason if broken else memory_words,
        ways_out=tuple(ways_out_processor(model, wanted, need - machine.ram_free_bytes)),
        note="No faster than the int8 engine for one request; better for several at once.",
    )


def legacy(machine: Machine, model: Model, cards: Sequence[Gpu], wanted: Wanted) -> Candidate:
    """Cards older than vLLM's machine code: layers dealt over them, one card busy at a time."""
    size = model.weight_bytes("int8")
    room = sum(gpu.available_bytes for gpu in cards) * 0.9
    ctx = default_ctx(model, wanted)
    kv = ctx * model.kv_bytes("transformers") * 2  # fp32 computing keeps fp32 keys and values
    held = size + kv + len(cards) * memory.CONTEXT
    profile = profiles.of(cards[0])
    return Candidate(
        rung="legacy",
        engine="transformers",
        model=model.name,
        title=f"Transformers INT8, layers over {len(cards)} old card{'s' if len(cards) > 1 else ''}",
        gpus=tuple(gpu.index for gpu in cards),
        fits=held < room and ctx <= model.max_ctx,
        needs="PyTorch up to 2.14 with CUDA 12.6, and kernels for such old cards, which this version does not have",
        ctx=Estimate(ctx, 0.0),
        requests=1,
        memory=tuple(dealt(gpu, size // len(cards), kv // len(cards)) for gpu in cards),
        decode=speed.transformers_decode(model, profile, size),
        decode_many=speed.transformers_decode(model, profile, size),
        first_token=speed.old_first_token(model, profile, wanted.prompt),
        load=Estimate(speed.INT8_START_S + read_seconds(machine, size), 0.5),
        binding=f"{profile.name}: {profile.notes[0]}" if profile.notes else "compute capability below 7.5",
        ways_out=MENDS["machine code"],
        note="Compute in fp32: fp16 is 64 times slower on P40 and overflows with GLM-4-0414. llama.cpp runs here too.",
    )


def dealt(gpu: Gpu, weights: int, kv: int) -> DeviceMemory:
    """An even share of a model on one of several old cards."""
    return DeviceMemory(
        gpu=gpu.index,
        total=gpu.memory_bytes,
        context=memory.CONTEXT,
        weights=weights,
        kv=kv,
        uncertain=round(0.1 * (weights + kv)),
    )


def offload(machine: Machine, model: Model, card: Sequence[Gpu], wanted: Wanted) -> Candidate:
    """vLLM with part of the weights in main memory, and what that costs a token."""
    setting = tight(base_setting(model, card, wanted), wanted)
    held = memory.devices(model, setting, card)[0]
    missing = setting.ctx * wanted.requests * model.kv_bytes() - held.kv
    setting = replace(setting, offload_gib=float(math.ceil(max(1, missing / GIB))))
    found = on_vllm(machine, "offload", model, setting, card, wanted)
    enough = setting.offload_gib * GIB < min(machine.ram_free_bytes, held.weights)
    profile = profiles.of(card[0])
    price = setting.offload_gib * GIB / (profile.pcie_gbps * 0.8e9)
    return replace(
        found,
        title=f"{found.title}, {setting.offload_gib:.0f} GiB in main memory",
        fits=found.fits and enough,
        note=f"Each token waits {price * 1000:.0f} ms for PCIe: quantize before you offload.",
    )


def remote(model: Model) -> Candidate:
    return Candidate(
        rung="remote",
        engine="remote",
        model=model.name,
        title="someone else's server",
        fits=True,
        needs="its address: autoglm run --model URL",
        note="Pages leave this machine.",
    )


def embedded_candidate(machine: Machine, embedded: Model, wanted: Wanted) -> Candidate:
    found = on_processor(machine, embedded, Wanted())
    short = ""
    if wanted.ctx and wanted.ctx > embedded.max_ctx:
        short = f" It holds {embedded.max_ctx:,} tokens, not the {wanted.ctx:,} that were asked for."
    return replace(
        found,
        rung="embedded",
        title="the embedded GLM, INT8 on the processor",
        fits=True,
        binding="none: it ships with the package and runs anywhere",
        ways_out=(WayOut("a card, and a larger GLM for it", "general knowledge"),),
        note=f"{embedded.parameters / 1e6:.0f} million parameters, trained for forms; no general knowledge.{short}",
    )
