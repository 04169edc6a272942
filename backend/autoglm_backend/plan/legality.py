"""What vLLM refuses, predicted: each rule with the words that it would be refused in. facts/serving.md, 3.3 and 3.4.

Checked against vLLM 0.25.1 and 0.32 (config/model.py, models/glm4.py) and 0.33's release notes on machine code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from autoglm_backend.machine import Gpu
from autoglm_backend.models import Model
from autoglm_backend.plan.candidate import Setting, Violation

# Machine code in vLLM 0.25 to 0.33: no build for anything older than Turing.
LEAST: tuple[int, int] = (7, 5)
COMPILED = ((7, 5), (8, 0), (8, 6), (8, 9), (9, 0), (10, 0), (12, 0))
NO_FLOAT16 = ("glm4",)
FP8_NATIVE: tuple[int, int] = (8, 9)


def check(model: Model, setting: Setting, gpus: Sequence[Gpu], present: int | None = None) -> tuple[Violation, ...]:
    """Every rule broken by this model, in this setting, on these cards. `present`: cards that the machine has."""
    return (
        *cards(gpus, setting.tp),
        *world(setting, len(gpus) if present is None else present),
        *precisions(model, setting, gpus),
        *cuts(model, setting),
        *lengths(model, setting),
    )


def cards(gpus: Sequence[Gpu], tp: int) -> Iterator[Violation]:
    for gpu in {g.name: g for g in gpus}.values():
        if gpu.vendor != "nvidia" or gpu.compute_capability is None:
            yield Violation("nvidia", f"{gpu.name}: this build of vLLM runs on NVIDIA cards only")
        elif gpu.compute_capability < LEAST or not compiled(gpu.compute_capability):
            major, minor = gpu.compute_capability
            yield Violation(
                "machine code",
                f"{gpu.name} (compute capability {major}.{minor}): CUDA error: no kernel image is available for "
                "execution on the device",
            )
    if tp > 1 and len({(g.name, g.memory_bytes) for g in gpus}) > 1:
        yield Violation("equal cards", "tensor parallelism cuts evenly: the smallest and slowest card would rule all")


def compiled(capability: tuple[int, int]) -> bool:
    """Code for 8.6 runs on 8.7, never across major versions."""
    return any(major == capability[0] and minor <= capability[1] for major, minor in COMPILED)


def world(setting: Setting, present: int) -> Iterator[Violation]:
    size = setting.tp * setting.pp
    if size > present:
        yield Violation("world size", f"World size ({size}) is larger than the number of available GPUs ({present})")


def precisions(model: Model, setting: Setting, gpus: Iterable[Gpu]) -> Iterator[Violation]:
    oldest = min((g.capability for g in gpus), default=(0, 0))
    dtype = computing_dtype(setting, oldest)
    if setting.precision == "bf16" and oldest < (8, 0):
        yield Violation(
            "bf16", "Bfloat16 is only supported on GPUs with compute capability of at least 8.0. You can use float16"
        )
    if dtype == "fp16" and model.model_type in NO_FLOAT16:
        yield Violation(
            "fp16",
            f"The model type {model.model_type!r} does not support float16. Reason: Numerical instability. "
            "Please use bfloat16 or float32 instead.",
        )


def computing_dtype(setting: Setting, oldest: tuple[int, int]) -> str:
    """What activations are in: quantized weights still compute in bf16, or in fp16 on cards that have no bf16."""
    if setting.precision in ("fp32", "fp16", "bf16"):
        return setting.precision
    return "bf16" if oldest >= (8, 0) else "fp16"


def cuts(model: Model, setting: Setting) -> list[Violation]:
    """What does not divide among the ranks; heads, as vLLM asks for them first, else the widths of matrices."""
    return [*heads(model, setting)] or [*widths(model, setting)]


def heads(model: Model, setting: Setting) -> Iterator[Violation]:
    tp = setting.tp
    if model.heads % tp:
        yield Violation(
            "heads",
            f"Total number of attention heads ({model.heads}) must be divisible by tensor parallel size ({tp}).",
        )
    elif not model.mla and model.kv_heads % tp and tp % model.kv_heads:
        yield Violation(
            "kv heads",
            f"AssertionError: {model.kv_heads} key-value heads neither divide by {tp} nor divide it (models/glm4.py)",
        )
    if setting.pp > model.layers:
        yield Violation("layers", f"{setting.pp} pipeline stages and {model.layers} layers: a stage would be empty")


def widths(model: Model, setting: Setting) -> Iterator[Violation]:
    """What else is cut over the ranks: rows of the vocabulary, padded to 64, and the insides of MLPs and experts."""
    tp, rows = setting.tp, math.ceil(model.vocabulary / 64) * 64
    if rows % tp:
        yield Violation("vocabulary", f"AssertionError: {rows} is not divisible by {tp} (vocab_parallel_embedding.py)")
    if model.inner % tp:
        yield Violation("inner", f"AssertionError: {model.inner} is not divisible by {tp} (the MLP's inner size)")
    if model.expert_inner % tp:
        yield Violation(
            "experts", f"AssertionError: {model.expert_inner} % {tp}: an expert's inner size (fused_moe/config.py)"
        )


def lengths(model: Model, setting: Setting) -> Iterator[Violation]:
    if setting.ctx > model.max_ctx:
        yield Violation(
            "max model len",
            f"User-specified max_model_len ({setting.ctx}) is greater than the derived max_model_len ({model.max_ctx})",
        )


def vision_by_copies(model: Model, tp: int) -> bool:
    """Whether the vision tower must be copied (`--mm-encoder-tp-mode data`): GLM-4.1V's 12 heads do not split by 8."""
    return model.vision is not None and tp > 1 and bool(model.vision.heads % tp)


def kv_fp8(gpus: Iterable[Gpu]) -> Violation | None:
    """`--kv-cache-dtype fp8` needs hardware that has it."""
    if all(g.capability >= FP8_NATIVE for g in gpus):
        return None
    return Violation("fp8 cache", "native FP8 requires SM89+: --kv-cache-dtype fp8 does not run on this card")


def per_channel_fp8(gpus: Iterable[Gpu]) -> Violation | None:
    """`--quantization fp8_per_channel` raises where FP8 would go through Marlin."""
    if all(g.capability >= FP8_NATIVE for g in gpus):
        return None
    return Violation("fp8 per channel", "ValueError: fp8_per_channel is not supported with Marlin; use fp8")


def int8_online(model: Model) -> Violation | None:
    """vLLM's own INT8 without a checkpoint quantizes experts only (config/quantization.py)."""
    if model.experts:
        return None
    return Violation("int8 online", "int8_per_channel_weight_only: MoE experts only, linear stays unquantized")


def legal_tps(model: Model, most: int) -> list[int]:
    settings = (Setting(precision="bf16", tp=tp) for tp in range(1, most + 1))
    return [setting.tp for setting in settings if not cuts(model, setting)]
