"""Why a candidate is as it is, in a sentence, and the cheapest ways to loosen it with what each would gain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from autoglm_backend.cuda import placement
from autoglm_backend.machine import Gpu
from autoglm_backend.models import Model
from autoglm_backend.plan import legality, memory
from autoglm_backend.plan.candidate import Candidate, Setting, Wanted, WayOut

GIB = 2**30
# Rule to what mends it, cheapest first.
MENDS: dict[str, tuple[WayOut, ...]] = {
    "machine code": (
        WayOut("use another card, of compute capability 7.5 or more", "vLLM runs"),
        WayOut("Transformers INT8 with PyTorch up to 2.14 and CUDA 12.6", "the legacy rung"),
        WayOut("llama.cpp with a GGUF file of the model", "runs on Pascal and Volta"),
    ),
    "bf16": (
        WayOut("glm-4-9b-chat-hf (model type glm), which may run in fp16", "legal on Turing"),
        WayOut("a card of compute capability 8.0 or more", "bf16"),
        WayOut("the embedded model", "runs anywhere"),
    ),
    "heads": (
        WayOut("a tensor-parallel size that divides the heads, with fewer cards", "legal"),
        WayOut("--pipeline-parallel-size instead", "any number of cards"),
        WayOut("one server on each card", "each card's throughput"),
    ),
    "equal cards": (
        WayOut("--pipeline-parallel-size with layers by memory", "all cards' memory"),
        WayOut("one server on each card", "each card's throughput"),
        WayOut("the roomiest card alone", "no link between cards"),
    ),
    "max model len": (WayOut("a shorter --ctx", "what the model was made for"),),
    "int8 engine": (
        WayOut("a GLM-4 or GLM-4-0414 checkpoint", "the int8 engine runs it"),
        WayOut("vLLM: autoglm-backend install vllm", "runs every GLM"),
    ),
    "nvidia": (WayOut("the int8 engine on the processor", "runs anywhere"),),
    "world size": (WayOut("fewer ranks", "as many as there are cards"),),
}
for rule in ("kv heads", "vocabulary", "inner", "experts"):
    MENDS[rule] = MENDS["heads"]
MENDS["layers"] = MENDS["world size"]
MENDS["fp16"] = MENDS["bf16"]


def binding(candidate: Candidate, model: Model) -> str:
    if candidate.violations:
        return candidate.violations[0].reason
    setting = candidate.setting
    assert setting is not None
    if not candidate.fits:
        worst = min(candidate.memory, key=lambda held: held.kv)
        need = setting.ctx * model.kv_bytes(tp=setting.tp) / setting.pp
        short = (need - worst.kv) / GIB
        return (
            f"memory of card {worst.gpu}: {max(short, 0.01):.2f} GiB short of {setting.ctx:,} tokens "
            f"(weights {worst.weights / GIB:.2f}, activations {worst.activations / GIB:.2f}, "
            f"cache {need / GIB:.2f}, of {worst.total * setting.utilization / GIB:.2f})"
        )
    if candidate.ctx and candidate.ctx.low >= 0.99 * model.max_ctx:
        return f"the model's own longest context, {model.max_ctx:,} tokens"
    return f"memory left for the cache: {min(held.kv for held in candidate.memory) / GIB:.2f} GiB a card"


def ways_out(candidate: Candidate, model: Model, gpus: Sequence[Gpu], wanted: Wanted) -> tuple[WayOut, ...]:
    """At most three, the cheapest first, each with the tokens of cache that it would add."""
    if candidate.violations:
        return MENDS.get(candidate.violations[0].rule, ())
    setting = candidate.setting
    assert setting is not None
    now = memory.pool_tokens(model, setting, candidate.memory)
    found: list[WayOut] = []
    for what, changed in loosened(model, setting, gpus, wanted):
        cards = list(gpus) * (changed.tp * changed.pp // max(1, len(gpus))) if changed.tp > setting.tp else list(gpus)
        held = memory.devices(model, changed, cards)
        then = memory.pool_tokens(model, changed, held)
        if then > now * 1.05 + 256:
            fit = " (it fits then)" if not candidate.fits and then >= changed.ctx * wanted.requests else ""
            flag = f" --kv-cache-memory-bytes {memory.cache_bytes(model, changed, held)}" if what[:2] == "--" else ""
            found.append(WayOut(what + flag, f"{then:,} tokens of cache instead of {now:,}{fit}"))
    if not candidate.fits and now >= 2048:
        found.insert(0, WayOut(f"--ctx {now // 512 * 512}", "it fits then"))
    return tuple(found[:3])


def ways_out_int8(model: Model, cards: Sequence[Gpu], ctx: int, now: int) -> Iterator[WayOut]:
    """For the int8 engine on cards: what would hold more conversations than `now`."""
    room = [gpu.available_bytes for gpu in cards]
    for shorter in (ctx // 2, ctx // 4):
        found = placement.place(placement.Needs.of(model, shorter), room)
        if found and found.conversations > now:
            gain = f"{found.conversations} at once instead of {now}" if now else "it fits then"
            yield WayOut(f"--ctx {shorter}", gain)
            break
    for more in range(1, 8):
        found = placement.place(placement.Needs.of(model, ctx), room + [max(room)] * more)
        if found and found.conversations > now:
            gain = f"{found.conversations} at once instead of {now}" if now else "it fits then"
            yield WayOut(f"{more} more such card{'s' if more > 1 else ''}", gain)
            break
    yield WayOut("a 4-bit checkpoint of the model, in vLLM", "half the bytes to hold and to read for a token")


def ways_out_processor(model: Model, wanted: Wanted, short: int) -> Iterator[WayOut]:
    """For what runs on the processor, which lacks `short` bytes if it is more than 0."""
    if short > 0:
        yield WayOut(f"{short / GIB:.1f} GiB more of free main memory", "it fits then")
        spared = (wanted.ctx or 0) // 2 * model.kv_bytes("transformers")
        if spared * 1.1 > short:
            yield WayOut(f"--ctx {(wanted.ctx or 0) // 2}", "it fits then")
    yield WayOut("a smaller GLM", "tokens a second in proportion")
    yield WayOut(f"a card with {model.weight_bytes('int8') * 1.2 / GIB + 1:.0f} GiB", "its memory's bandwidth")


def loosened(model: Model, setting: Setting, gpus: Sequence[Gpu], wanted: Wanted) -> Iterator[tuple[str, Setting]]:
    """Changes in the order of what they cost: a flag, speed, accuracy, money."""
    few = max(4, wanted.requests)
    if setting.seqs > few or setting.batched > 1024:
        yield f"--max-num-seqs {few} --max-num-batched-tokens 1024", replace(setting, seqs=few, batched=1024)
    if setting.utilization < 0.95 and all(g.used_by_others_bytes == 0 for g in gpus):
        yield "--gpu-memory-utilization 0.95", replace(setting, utilization=0.95)
    if not setting.eager:
        slow = f"--enforce-eager --max-num-seqs {few} --max-num-batched-tokens 1024"
        yield slow, replace(setting, eager=True, seqs=few, batched=1024)
    if setting.precision in ("bf16", "fp16"):
        yield "--quantization fp8", replace(setting, precision="fp8")
    if setting.precision != "int4":
        yield "a 4-bit checkpoint of the model", replace(setting, precision="int4")
    more = next(
        (tp for tp in (2, 4, 8) if tp > setting.tp and setting.pp == 1 and tp in legality.legal_tps(model, 8)), None
    )
    if more:
        yield f"{more} such cards with --tensor-parallel-size {more}", replace(setting, tp=more)
