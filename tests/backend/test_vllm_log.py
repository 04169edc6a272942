"""vLLM's own sentences, as 0.32 and 0.33 write them, to what they mean and what is tried."""

from __future__ import annotations

import pytest
from autoglm_backend.engines.vllm_log import Kind, allocated, classify, option, repair, with_option, without_option

GIB = 1 << 30

FREE = (
    "ValueError: Free memory on device cuda:0 (10.5/23.6 GiB) on startup is less than desired GPU memory utilization "
    "(0.92, 21.71 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes."
)
NO_CACHE = "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when"
TOO_LONG = (
    "ValueError: To serve at least one request with the model's max seq len (32768), (1.25 GiB KV cache is needed, "
    "which is larger than the available KV cache memory (0.88 GiB). Based on the available memory, the estimated "
    "maximum model length is 23041. Try increasing `gpu_memory_utilization`"
)

OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 594.00 MiB. GPU 0 has a total capacity of 23.6 GiB"
CACHED = "INFO 11-20 14:02:41 [kv_cache_utils.py:2327] GPU KV cache size: 64,224 tokens, Maximum concurrency"

SENTENCES: list[tuple[str, Kind]] = [
    (FREE, "memory_taken"),
    (
        (
            "Available memory on node 0 (2.1/19.84 GiB) on startup is less than desired CPU memory utilization "
            "(0.92, 18.25 GiB). On the CPU backend, the `--gpu-memory-utilization` flag"
        ),
        "memory_taken",
    ),
    (NO_CACHE, "no_room_for_cache"),
    (TOO_LONG, "context_too_long"),
    (
        (
            "max seq len (32768) is larger than the maximum number of tokens that can be stored in "
            "KV cache (20576). Try increasing"
        ),
        "context_too_long",
    ),
    (
        (
            "ValueError: User-specified max_model_len (65536) is greater than the derived max_model_len "
            "(max_position_embeddings=32768.0 or model_max_length=None in model's config.json)."
        ),
        "context_too_long",
    ),
    (
        "ValueError: Total number of attention heads (32) must be divisible by tensor parallel size (3).",
        "tensor_parallel",
    ),
    ("ValueError: World size (4) is larger than the number of available GPUs (2) in this node.", "too_few_gpus"),
    (
        "ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has",
        "no_bfloat16",
    ),
    (
        "ValueError: The model type 'glm4' does not support float16. Reason: Numerical instability. ",
        "no_float16",
    ),
    ("RuntimeError: CUDA error: no kernel image is available for execution on the device", "no_kernel"),
    (
        "AssertionError: Error in memory profiling. Initial free memory 21.2 GiB, current free memory 22.9 GiB. This",
        "memory_moved",
    ),
    (OOM, "out_of_memory"),
    (f"{CACHED}\nsome more\n{OOM}", "cache_too_large"),
    ("OSError: [Errno 98] Address already in use", "port_busy"),
    ("OSError: [Errno 28] No space left on device", "disk_full"),
    ("safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata", "broken_weights"),
    ("vllm serve: error: unrecognized arguments: --swap-space 4", "unknown_option"),
    ("KeyError: 'strange'", "unknown"),
]


@pytest.mark.parametrize(("sentence", "kind"), SENTENCES, ids=[kind for _, kind in SENTENCES])
def test_every_sentence_has_its_kind_and_something_to_do(sentence: str, kind: Kind) -> None:
    lines = ["(EngineCore pid=9) INFO 11-20 14:02:39 [x.py:1] Starting", f"(EngineCore pid=9) ERROR {sentence}"]
    failure = classify([*lines, "RuntimeError: Engine core initialization failed. See root cause above."], 1)
    assert failure.kind == kind
    assert failure.next and len(str(failure).splitlines()) == 1


def test_a_signal_without_words_is_a_kill_from_outside() -> None:
    assert classify(["Loading weights"], 137).kind == "killed"


def test_what_it_allocated_is_read_from_the_tightest_rank() -> None:
    log = """
(Worker_TP0 pid=11) INFO 11-20 14:02:39 [gpu_model_runner.py:5149] Model loading took 8.81 GiB memory and 3.250000 seconds
(Worker_TP1 pid=12) INFO 11-20 14:02:39 [gpu_model_runner.py:5149] Model loading took 8.76 GiB memory and 3.500000 seconds
(Worker_TP0 pid=11) INFO 11-20 14:02:41 [monitor.py:48] torch.compile takes 12.21 s in total
(Worker_TP0 pid=11) INFO 11-20 14:02:41 [gpu_worker.py:671] Initial free memory 21.1 GiB, reserved 10.25 GiB memory for KV Cache as specified by kv_cache_memory_bytes config and skipped memory profiling. This does not respect the gpu_memory_utilization config.
(EngineCore pid=10) INFO 11-20 14:02:41 [kv_cache_utils.py:2327] GPU KV cache size: 537,392 tokens, Maximum concurrency for 32,768 tokens per request: 16.40x
(Worker_TP0 pid=11) INFO 11-20 14:02:44 [gpu_model_runner.py:6581] Graph capturing finished in 3 secs, took 0.31 GiB
"""  # noqa: E501  (its own lines)
    found = allocated(log.splitlines())
    assert found.weights_bytes == round(8.81 * GIB) and found.weights_s == 3.5
    assert found.cache_bytes == round(10.25 * GIB) and found.cache_tokens == 537_392
    assert (found.concurrency, found.graphs_s, found.compile_s) == (16.4, 3.0, 12.21)
    assert found.graphs_bytes == round(0.31 * GIB)


def test_a_log_that_says_nothing_is_no_figures() -> None:
    assert allocated(["hello"]).cache_tokens is None


@pytest.mark.parametrize(
    ("sentence", "before", "after"),
    [
        (FREE, "--dtype bfloat16", "--dtype bfloat16 --gpu-memory-utilization 0.43"),
        (FREE, "--gpu-memory-utilization=0.92 --port 1", "--port 1 --gpu-memory-utilization 0.43"),
        (TOO_LONG, "--max-model-len 32768", "--max-model-len 23040"),
        (
            FREE,
            f"--gpu-memory-utilization 0.92 --kv-cache-memory-bytes {20 << 30}",
            f"--gpu-memory-utilization 0.43 --kv-cache-memory-bytes {8638 << 20}",
        ),
        (f"{CACHED}\n{OOM}", f"--kv-cache-memory-bytes {4 << 30}", f"--kv-cache-memory-bytes {3246 << 20}"),
        (OOM, "--max-num-seqs 64 --enforce-eager", "--enforce-eager --max-num-seqs 8"),
        (NO_CACHE, "--max-num-seqs 64", "--max-num-seqs 8 --enforce-eager"),
        (NO_CACHE, "--max-num-seqs 4", "--max-num-seqs 4 --enforce-eager"),
        (SENTENCES[11][0], "--dtype auto", "--dtype auto"),
    ],
)
def test_a_repair_changes_one_thing(sentence: str, before: str, after: str) -> None:
    change = repair(classify([sentence], 1), before.split(), least_ctx=2048)
    assert change is not None and change.words
    assert " ".join(change.arguments) == after


@pytest.mark.parametrize(
    ("sentence", "before", "least_ctx"),
    [
        (NO_CACHE, "--max-num-seqs 8 --enforce-eager", 0),
        (TOO_LONG, "--max-model-len 32768", 32768),
        (FREE, "--gpu-memory-utilization 0.4", 0),
        (FREE.replace("(10.5", "(7.5"), "--gpu-memory-utilization 0.4 --kv-cache-memory-bytes 1073741824", 0),
        (f"{CACHED}\n{OOM}", "--kv-cache-memory-bytes 536870912", 0),
        (SENTENCES[6][0], "--tensor-parallel-size 3", 0),
        (SENTENCES[16][0], "", 0),
    ],
)
def test_what_cannot_be_repaired_is_left(sentence: str, before: str, least_ctx: int) -> None:
    failure = classify([sentence.replace("(0.92, 21.71 GiB)", "(0.4, 9.4 GiB)")], 1)
    assert repair(failure, before.split(), least_ctx) is None


def test_options_are_read_and_set_in_both_spellings() -> None:
    arguments = ["--a", "1", "--b=2", "--flag"]
    assert (option(arguments, "--a"), option(arguments, "--b"), option(arguments, "--c")) == ("1", "2", None)
    assert without_option(arguments, "--a") == ("--b=2", "--flag")
    assert with_option(arguments, "--b", "3") == ("--a", "1", "--flag", "--b", "3")
