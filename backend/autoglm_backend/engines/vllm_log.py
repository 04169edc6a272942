"""What vLLM's start-up log says: what it allocated, or why it gave up and what can be tried. Pure.

The words are those of vLLM 0.32 and 0.33 (v1/worker/gpu_worker.py, v1/core/kv_cache_utils.py, config/model.py); older
ones where they differ. facts/serving.md, section 3.4, has the list.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

MIB, GIB = 1 << 20, 1 << 30
FEW_SEQUENCES = 8  # one person's agent needs one; vLLM reserves sampler memory for each, 256 or 1024 of them by default
MEMORY_STEP = 0.01  # of gpu_memory_utilization: what stays free below what was found free
MEMORY_MARGIN = 0.25  # GiB: what stays free beside what was tried to be had
CACHE = "--kv-cache-memory-bytes"

Kind = Literal[
    "memory_taken",
    "no_room_for_cache",
    "context_too_long",
    "tensor_parallel",
    "too_few_gpus",
    "no_bfloat16",
    "no_float16",
    "no_kernel",
    "memory_moved",
    "out_of_memory",
    "cache_too_large",
    "port_busy",
    "broken_weights",
    "disk_full",
    "unknown_option",
    "killed",
    "unknown",
]


@dataclass(frozen=True)
class Allocated:
    """What each device holds, the tightest one where there are several. None: the log does not say."""

    weights_bytes: int | None = None
    weights_s: float | None = None
    cache_bytes: int | None = None
    cache_tokens: int | None = None
    concurrency: float | None = None  # requests of the full context that the cache holds
    graphs_bytes: int | None = None
    graphs_s: float | None = None
    compile_s: float | None = None


@dataclass(frozen=True)
class Failure:
    """Why it ended. `numbers` are those that a repair needs, as the pattern names them."""

    kind: Kind
    said: str  # its own words
    numbers: dict[str, float]
    next: str  # what a person can do

    def __str__(self) -> str:
        return f"{self.said}; {self.next}"


@dataclass(frozen=True)
class Repair:
    """The same launch, changed in one way."""

    arguments: tuple[str, ...]
    words: str  # what was changed, for the person
    wait_s: float = 0.0


def allocated(lines: Iterable[str]) -> Allocated:
    """The figures of a start that went well."""
    found: dict[str, list[float]] = {}
    for line in lines:
        for pattern in FIGURES:
            if match := pattern.search(line):
                for name, text in match.groupdict().items():
                    found.setdefault(name, []).append(float(text.replace(",", "")))

    def most(name: str) -> float | None:
        return max(found.get(name, ()), default=None)

    def least(name: str) -> float | None:
        return min(found.get(name, ()), default=None)

    def in_bytes(gib: float | None) -> int | None:
        return None if gib is None else round(gib * GIB)

    tokens = least("cache_tokens")
    return Allocated(
        weights_bytes=in_bytes(most("weights_gib")),
        weights_s=most("weights_s"),
        cache_bytes=in_bytes(least("cache_gib")),
        cache_tokens=None if tokens is None else int(tokens),
        concurrency=least("concurrency"),
        graphs_bytes=in_bytes(most("graphs_gib")),
        graphs_s=most("graphs_s"),
        compile_s=most("compile_s"),
    )


def worth_telling(line: str) -> str | None:
    """What a person who waits would like to read of this line, if anything."""
    return one_line(line) if any(pattern.search(line) for pattern in FIGURES) else None


NUMBER = r"[\d.,]*\d"
FIGURES = [
    re.compile(rf"Model loading took (?P<weights_gib>{NUMBER}) GiB(?: memory)? and (?P<weights_s>{NUMBER}) seconds"),
    re.compile(rf"Loading weights took (?P<weights_s>{NUMBER}) seconds"),
    re.compile(rf"Available KV cache memory: (?P<cache_gib>{NUMBER}) GiB"),
    re.compile(rf"Explicitly set \((?P<cache_gib>{NUMBER})/{NUMBER}\) GiB for KV cache"),
    re.compile(rf"reserved (?P<cache_gib>{NUMBER}) GiB memory for KV Cache as specified"),
    re.compile(rf"KV cache size: (?P<cache_tokens>{NUMBER}) tokens"),
    re.compile(rf"Maximum concurrency for {NUMBER} tokens per request: (?P<concurrency>{NUMBER})x"),
    re.compile(rf"Graph capturing finished in (?P<graphs_s>{NUMBER}) secs, took (?P<graphs_gib>{NUMBER}) GiB"),
    re.compile(rf"torch\.compile takes (?P<compile_s>{NUMBER}) s in total"),
]


def classify(lines: Sequence[str], exit_code: int) -> Failure:
    """Why the engine ended with this code, from the last that it wrote."""
    text = "\n".join(lines)
    for kind, pattern, what_next in FAILURES:
        if matches := list(pattern.finditer(text)):
            named = matches[-1].groupdict()
            said = named.pop("said", matches[-1][0])
            numbers = {name: float(value.replace(",", "")) for name, value in named.items() if value is not None}
            return Failure(kind, one_line(said), numbers, what_next)
    if exit_code == 128 + 9:
        return Failure(
            "killed",
            "the engine was killed from outside (signal 9)",
            {},
            "most often the system ran out of memory: see `dmesg`, close other programs, or choose a smaller model",
        )
    return Failure("unknown", last_words(lines, exit_code), {}, "its whole log is above; run `autoglm-backend doctor`")


# The first that matches counts: causes stand before what follows from them. Patterns end where the sentence does.
SENTENCES: list[tuple[Kind, str, str]] = [
    (
        "memory_taken",
        (
            rf"(?:Free memory on device|Available memory on node)[^\n]*?\((?P<free>{NUMBER})/(?P<total>{NUMBER}) GiB\)"
            rf"[^\n]*?less than desired [GC]PU memory utilization \((?P<wanted>{NUMBER}), {NUMBER} GiB\)"
        ),
        "close the programs that hold the memory (`autoglm-backend doctor` names them), or ask for less of it",
    ),
    (
        "memory_taken",
        (
            rf"Available memory on node[^\n]*?\((?P<free>{NUMBER})/(?P<total>{NUMBER}) GiB\) on kv cache"
            rf" allocation is less than requested memory for kv \({NUMBER} GiB\)"
        ),
        "close the programs that hold the memory, or ask for a shorter context with --ctx",
    ),
    (
        "memory_moved",
        r"Error in memory profiling\. Initial free memory [^\n]*?GiB\.",
        "another program gave memory back while vLLM measured: start again when the card is quiet",
    ),
    (
        "no_room_for_cache",
        r"No available memory for the cache blocks",
        "the weights fill the card: choose a smaller model or one in 8 or 4 bits, or more cards",
    ),
    (
        "context_too_long",
        (
            r"To serve at least one request with the model's max seq len \((?P<asked>\d+)\)[^\n]*? cache memory "
            r"\([^)]*\)(?:\. Based on the available memory, the estimated maximum model length is (?P<possible>\d+))?"
        ),
        "ask for a shorter context with --ctx",
    ),
    (
        "context_too_long",
        (
            r"max seq len \((?P<asked>\d+)\) is larger than the maximum number of tokens that can be stored in "
            r"KV cache \((?P<possible>\d+)\)"
        ),
        "ask for a shorter context with --ctx",
    ),
    (
        "context_too_long",
        (
            r"User-specified max_model_len \((?P<asked>\d+)\) is greater than the derived max_model_len "
            r"\([^)]*?(?P<possible>\d+)[^)]*\)"
        ),
        "the model was made for no more: ask for a shorter context with --ctx",
    ),
    (
        "tensor_parallel",
        r"Total number of attention heads \(\d+\) must be divisible by tensor parallel size \(\d+\)",
        "use a number of cards that divides the heads, or pipeline parallelism (`autoglm-backend plan` has it)",
    ),
    (
        "too_few_gpus",
        r"World size \(\d+\) is larger than the number of available GPUs \(\d+\)",
        "ask for fewer cards, or look why the others are hidden (`autoglm-backend doctor`, CUDA_VISIBLE_DEVICES)",
    ),
    (
        "no_bfloat16",
        r"Bfloat16 is only supported on GPUs with compute capability of at least 8\.0",
        "this card computes in float16 only: take a model that is sound in it, or --engine int8",
    ),
    (
        "no_float16",
        r"model type '[^']*' does not support float16\. Reason: [^\n]*",
        "this model overflows in float16: a card of compute capability 8.0 or higher, or --engine int8",
    ),
    (
        "no_kernel",
        r"no kernel image is available for execution on the device",
        "this build of vLLM has no code for this card: --engine int8",
    ),
    (
        "cache_too_large",
        (
            r"KV cache size: [\d,]+ tokens.*(?P<said>CUDA out of memory\. Tried to allocate "
            rf"(?:(?P<tried_gib>{NUMBER}) GiB|(?P<tried_mib>{NUMBER}) MiB|{NUMBER} KiB))"
        ),
        "choose a smaller model or one in 8 or 4 bits, or close what else is on the card",
    ),
    (
        "out_of_memory",
        r"CUDA out of memory\. Tried to allocate [\d.]+ [KMG]iB",
        "choose a smaller model or one in 8 or 4 bits, or close what else is on the card",
    ),
    (
        "out_of_memory",
        r"DefaultCPUAllocator: (?:can't allocate memory|not enough memory)[^\n]*",
        "choose a smaller model, or close other programs",
    ),
    ("disk_full", r"\[Errno 28\][^\n]*|No space left on device", "free some space (`df -h`) and start again"),
    ("port_busy", r"[Aa]ddress already in use", "stop what holds the port, or choose another with --port"),
    (
        "broken_weights",
        r"(?:SafetensorError: [^\n]*|Error while deserializing header[^\n]*|header too large)",
        "a weight file is cut short or altered: download it again",
    ),
    (
        "unknown_option",
        r"error: (?:unrecognized arguments|argument --\S+): [^\n]*",
        "this vLLM is of another version than the plan is for: `autoglm-backend install vllm` makes the right one",
    ),
]
FAILURES: Sequence[tuple[Kind, re.Pattern[str], str]] = [
    (kind, re.compile(pattern, re.DOTALL), what_next) for kind, pattern, what_next in SENTENCES
]


def repair(failure: Failure, arguments: Sequence[str], least_ctx: int) -> Repair | None:
    """What to try next, or None when nothing would help. Never a context below `least_ctx` tokens."""
    match failure.kind:
        case "memory_taken" if "wanted" in failure.numbers:
            return smaller_share(failure, arguments)
        case "memory_moved":
            return Repair(tuple(arguments), "the same once more, in 10 s", wait_s=10.0)
        case "no_room_for_cache" | "out_of_memory":
            return fewer_sequences(arguments)
        case "cache_too_large":
            tried = failure.numbers.get("tried_gib", 0) + failure.numbers.get("tried_mib", 0) / 1024
            return smaller_cache(arguments, tried + MEMORY_MARGIN)
        case "context_too_long":
            return shorter_context(failure, arguments, least_ctx)
        case _:
            return None


def smaller_share(failure: Failure, arguments: Sequence[str]) -> Repair | None:
    """--gpu-memory-utilization down to what is free now, and the cache, which vLLM takes as it is told, with it."""
    numbers = failure.numbers
    share = math.floor((numbers["free"] / numbers["total"] - MEMORY_STEP) * 100) / 100
    if not 0.05 <= share < numbers["wanted"]:
        return None
    less = changed(arguments, "--gpu-memory-utilization", f"{share:.2f}")
    if option(arguments, CACHE) is None:
        return less
    cache = smaller_cache(less.arguments, (numbers["wanted"] - share) * numbers["total"])
    return cache and Repair(cache.arguments, f"{less.words} and {cache.words}")


def smaller_cache(arguments: Sequence[str], less_gib: float) -> Repair | None:
    """So many GiB less for it; should no request of the full length fit then, vLLM says what would."""
    now = option(arguments, CACHE)
    left = math.floor((int(now or 0) - less_gib * GIB) / MIB)
    return changed(arguments, CACHE, str(left * MIB)) if left > 0 else None


def shorter_context(failure: Failure, arguments: Sequence[str], least_ctx: int) -> Repair | None:
    """--max-model-len down to what vLLM says it can hold, in whole blocks of 16."""
    possible = int(failure.numbers.get("possible", 0)) // 16 * 16
    if not max(least_ctx, 1) <= possible < failure.numbers["asked"]:
        return None
    return changed(arguments, "--max-model-len", str(possible))


def fewer_sequences(arguments: Sequence[str]) -> Repair | None:
    """Less set aside for the sampler and for graphs; None when both are at their least."""
    now = option(arguments, "--max-num-seqs")
    fewer = tuple(arguments)
    words: list[str] = []
    if now is None or int(now) > FEW_SEQUENCES:
        step = changed(fewer, "--max-num-seqs", str(FEW_SEQUENCES))
        fewer = step.arguments
        words.append(step.words)
    if "--enforce-eager" not in fewer:
        fewer = (*fewer, "--enforce-eager")
        words.append("--enforce-eager")
    return Repair(fewer, " and ".join(words)) if words else None


def changed(arguments: Sequence[str], name: str, value: str) -> Repair:
    before = option(arguments, name)
    words = f"{name} {value}" + (f" in place of {before}" if before else "")
    return Repair(with_option(arguments, name, value), words)


def option(arguments: Sequence[str], name: str) -> str | None:
    """The value of `--name value` or `--name=value`; the last one counts, as it does for argparse."""
    value = None
    for at, argument in enumerate(arguments):
        if argument == name and at + 1 < len(arguments):
            value = arguments[at + 1]
        elif argument.startswith(name + "="):
            value = argument.removeprefix(name + "=")
    return value


def without_option(arguments: Sequence[str], name: str) -> tuple[str, ...]:
    """The arguments less `--name value`."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip or argument.startswith(name + "="):
            skip = False
        elif argument == name:
            skip = True
        else:
            kept.append(argument)
    return tuple(kept)


def with_option(arguments: Sequence[str], name: str, value: str) -> tuple[str, ...]:
    return (*without_option(arguments, name), name, value)


def last_words(lines: Sequence[str], exit_code: int) -> str:
    """The last line that names an error, else the last that says anything."""
    errors = [line for line in lines if re.search(r"\b[A-Z]\w*(?:Error|Exception)\b: ", line)]
    said = errors or [line for line in lines if line.strip()]
    return one_line(f"the engine ended (exit {exit_code}): {said[-1] if said else 'it said nothing'}")


def one_line(text: str, limit: int = 300) -> str:
    """The text without the process and time that vLLM writes before each line."""
    text = re.sub(r"\(\w+ pid=\d+\) (?:(?:INFO|WARNING|ERROR) \S+ \S+ \[[^\]]*\] )?", "", text)
    text = " ".join(text.split()).rstrip(".;")
    return text if len(text) <= limit else text[: limit - 1] + "…"
