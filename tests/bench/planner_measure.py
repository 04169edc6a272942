"""What real vLLM allocates and how fast it is, with true-size GLM configurations and dummy weights, started with the
arguments that the plan has for the cards that are there. Runs on the GPU machine: vLLM, our package, the standard
library. `planner.py` compares with what the plan foretold.

    PYTHONPATH=backend python3 tests/bench/planner_measure.py OUT --seconds 560 CASE …

Each case boots `vllm` on free GPUs of its own and is measured over HTTP; OUT/results.jsonl gets one line a case,
OUT/CASE.log vLLM's whole log. Cases run side by side as GPUs are free, in the order given; none begins that could not
end within --seconds.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import importlib
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autoglm_backend import models
from autoglm_backend.machine import Gpu
from autoglm_backend.models import Model
from autoglm_backend.plan import memory
from autoglm_backend.plan.candidate import Setting
from autoglm_backend.plan.command import arguments, environment
from autoglm_backend.probe import find_nvml, see_cards

SPECIAL = {
    "<|begin_of_image|>": "image_start_token_id",
    "<|image|>": "image_token_id",
    "<|end_of_image|>": "image_end_token_id",
    "<|begin_of_video|>": "video_start_token_id",
    "<|video|>": "video_token_id",
    "<|end_of_video|>": "video_end_token_id",
}


@dataclass(frozen=True)
class Case:
    """One boot of vLLM."""

    model: str  # a file of autoglm_backend/configs
    utilization: float = 0.92
    seqs: int = 256
    ctx: int | None = 32768  # None: --max-model-len auto
    tp: int = 1
    pp: int = 1
    fp8: bool = False
    batched: int = 8192
    eager: bool = False
    real: bool = False  # weights written to disk and read back, instead of dummy ones
    vision: bool = False

    @property
    def gpus(self) -> int:
        return self.tp * self.pp


CASES = {
    "9b-a": Case("glm-4-9b-0414"),
    "9b-b": Case("glm-4-9b-0414", utilization=0.155, seqs=16, ctx=None, batched=2048),
    "9b-fp8": Case("glm-4-9b-0414", fp8=True, utilization=0.155, seqs=64, batched=2048),
    "9b-tp2": Case("glm-4-9b-0414", tp=2, utilization=0.5),
    "9b-pp2": Case("glm-4-9b-0414", pp=2, utilization=0.3, seqs=64, batched=2048),
    "9b-real": Case("glm-4-9b-0414", utilization=0.5, seqs=32, batched=2048, real=True),
    "9bhf-a": Case("glm-4-9b-chat-hf", utilization=0.3, seqs=128, ctx=65536, batched=4096),
    "v-a": Case("glm-4.1v-9b", vision=True, ctx=25480),
    "v-b": Case("glm-4.1v-9b", vision=True, utilization=0.18, seqs=16, ctx=None, batched=2048),
    "32b-a": Case("glm-4-32b-0414"),
    "32b-b": Case("glm-4-32b-0414", utilization=0.46, seqs=16, ctx=None, batched=2048),
    "32b-fp8": Case("glm-4-32b-0414", fp8=True, utilization=0.5, seqs=64, batched=4096),
    "32b-tp2": Case("glm-4-32b-0414", tp=2),
    "32b-pp2": Case("glm-4-32b-0414", pp=2, utilization=0.6, seqs=128),
    "flash-a": Case("glm-4.7-flash"),
    "flash-b": Case("glm-4.7-flash", utilization=0.44, seqs=16, ctx=None, batched=2048),
    "flash-fp8": Case("glm-4.7-flash", fp8=True, utilization=0.4, seqs=64, batched=4096),
    "flash-tp2": Case("glm-4.7-flash", tp=2, utilization=0.5),
    "air-fp8": Case("glm-4.5-air", fp8=True, seqs=64, ctx=None, batched=4096),
    "air-tp2": Case("glm-4.5-air", tp=2, seqs=64, ctx=None, batched=4096),
    "air-tp4": Case("glm-4.5-air", tp=4),
    "9b-eager": Case("glm-4-9b-0414", utilization=0.155, seqs=16, batched=2048, eager=True),
    "9bhf-b": Case("glm-4-9b-chat-hf", utilization=0.15, seqs=8, ctx=None, batched=1024),
    "v-fp8": Case("glm-4.1v-9b", vision=True, utilization=0.13, seqs=32, ctx=25480, batched=4096, fp8=True),
    "flash-c": Case("glm-4.7-flash", utilization=0.55, seqs=32, ctx=65536, batched=4096),
    "32b-tp4": Case("glm-4-32b-0414", tp=4, utilization=0.4, seqs=32, batched=4096),
    "air-tp2pp2": Case("glm-4.5-air", tp=2, pp=2, utilization=0.7, seqs=128),
    # On cards of 80 GB.
    "9b-80": Case("glm-4-9b-0414", utilization=0.27, seqs=16, batched=2048),
    "v-80": Case("glm-4.1v-9b", vision=True, utilization=0.3, seqs=32, ctx=25480, batched=4096),
    "32b-80": Case("glm-4-32b-0414", seqs=64),
    "flash-80": Case("glm-4.7-flash", seqs=64, batched=4096),
    "flash-fp8-80": Case("glm-4.7-flash", fp8=True, utilization=0.7, seqs=64, batched=4096),
}
LOG = {
    "weights_gib": r"Model loading took ([\d.]+) GiB",
    "weights_s": r"Model loading took [\d.]+ GiB (?:memory )?and ([\d.]+) seconds",
    "read_s": r"Loading weights took ([\d.]+) seconds",
    "kv_gib": r"reserved ([\d.]+) GiB memory for KV Cache as specified",
    "kv_tokens": r"GPU KV cache size: ([\d,]+) tokens",
    "concurrency": r"Maximum concurrency for [\d,]+ tokens per request: ([\d.]+)x",
    "fitted_ctx": r"Auto-fit max_model_len: reduced from \d+ to (\d+)",
    "full_ctx": r"Auto-fit max_model_len: full model context length (\d+) fits",
    "graphs_estimated_gib": r"Estimated CUDA graph memory: ([\d.]+) GiB",
    "graphs_gib": r"Graph capturing finished in [\d.]+ secs, took (-?[\d.]+) GiB",
    "graphs_s": r"Graph capturing finished in ([\d.]+) secs",
    "compile_s": r"torch.compile took ([\d.]+) s in total",
    "init_s": r"init engine \([^)]*\) took ([\d.]+) s",
    "non_kv_gib": r"Total non KV cache memory: ([\d.]+)GiB",
    "peak_gib": r"torch peak memory increase: ([\d.]+)GiB",
    "non_torch_gib": r"non-torch forward increase memory: ([\d.]+)GiB",
    "requested_gib": r"Requested memory: [\d.]+ \(util\), ([\d.]+) GiB",
}


WRITING = threading.Lock()


class Failed(Exception):
    """The server did not come up or died; its last words."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("cases", nargs="+", choices=list(CASES), metavar="CASE")
    parser.add_argument("--seconds", type=float, default=560)
    parser.add_argument(
        "--least", type=float, default=150, help="seconds that a case needs; none begins with less left"
    )
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + asked.seconds
    cards = see_cards(find_nvml(), {}, Path("/")).gpus
    free, lock = list(range(len(cards))), threading.Condition()

    def run(name: str, gpus: list[int]) -> None:
        try:
            result = measure(name, [cards[gpu] for gpu in gpus], asked.out, deadline)
        except (Failed, OSError, KeyError, ValueError) as error:
            result = {"error": f"{type(error).__name__}: {error}", **read_log(asked.out / f"{name}.log")}
        with lock:
            with (asked.out / "results.jsonl").open("a") as file:
                file.write(json.dumps({"case": name, **asdict(CASES[name]), **result}) + "\n")
            short = {
                k: result.get(k)
                for k in ("error", "weights_gib", "kv_gib", "kv_tokens", "decode_1", "ttft_s", "ready_s")
            }
            print(f"{asked.seconds - deadline + time.monotonic():6.0f} s  {name:<10} {short}", flush=True)
            free.extend(gpus)
            lock.notify_all()

    threads: list[threading.Thread] = []
    for name in asked.cases:
        with lock:
            need = CASES[name].gpus
            lock.wait_for(lambda: len(free) >= need, timeout=max(0, deadline - time.monotonic()))  # noqa: B023
            if len(free) < CASES[name].gpus or deadline - time.monotonic() < asked.least:
                print(f"         {name:<10} not begun: too little time left", flush=True)
                continue
            gpus, free[:] = sorted(free)[: CASES[name].gpus], sorted(free)[CASES[name].gpus :]
        threads.append(threading.Thread(target=run, args=(name, gpus)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return 0


def measure(name: str, gpus: list[Gpu], out: Path, deadline: float) -> dict[str, Any]:
    case = CASES[name]
    folder = model_folder(case, Path("/tmp/models") / f"{case.model}{'-real' if case.real else ''}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = out / f"{name}.log"
    path = [place for place in os.environ["PATH"].split(":") if not (Path(place) / "nvcc").exists()]
    found = models.read(case.model)
    setting = setting_of(case, found)
    held = memory.devices(found, setting, gpus)
    cache = memory.cache_bytes(found, setting, held)
    words = arguments(found, setting, cache)
    planned = {
        "software": f"vLLM {version('vllm')}, PyTorch {version('torch')}, Transformers {version('transformers')}",
        "card": gpus[0].name,
        "total": gpus[0].memory_bytes,
        "free": [gpu.available_bytes for gpu in gpus],
        "ctx": setting.ctx,
        "cache": cache,
        "promised": memory.pool_tokens(found, setting, held),
        "arguments": words,
    }
    variables = {
        **os.environ,
        "PATH": ":".join(path),  # without nvcc FlashInfer and DeepGEMM compile nothing for minutes: FA3 and Triton run
        "VLLM_USE_DEEP_GEMM": "0",
        **environment(setting, gpus, None),
        "VLLM_LOGGING_LEVEL": "DEBUG",
        "HF_HUB_OFFLINE": "1",
        "VLLM_USE_FLASHINFER_SAMPLER": "0",
    }
    started = time.monotonic()
    with log.open("w") as file:
        server = subprocess.Popen(
            command(case, folder, port, words),
            env=variables,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(server, url, deadline)
        complete(url, prompt(8), 2)
        ready_s = time.monotonic() - started
        result: dict[str, Any] = {**planned, "ready_s": round(ready_s, 2), **read_log(log)}
        result["used_gib"] = used_gib(gpus)
        result |= speeds(url, setting.ctx, case.seqs, deadline)
        if case.vision:
            result["used_before_image_gib"] = used_gib(gpus)
            result["image_s"] = [round(look_at_image(url), 3) for _ in range(2)]
        result["used_after_gib"] = used_gib(gpus)
        return result
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        time.sleep(3)  # the driver gives the memory back


def setting_of(case: Case, model: Model) -> Setting:
    return Setting(
        precision="fp8" if case.fp8 else "bf16",
        tp=case.tp,
        pp=case.pp,
        seqs=case.seqs,
        batched=case.batched,
        ctx=case.ctx or min(32768, model.max_ctx),
        utilization=case.utilization,
        eager=case.eager,
        max_pixels=5_000_000 if case.vision else None,
        images=10,
    )


def command(case: Case, folder: Path, port: int, planned: Sequence[str]) -> list[str]:
    found = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder)]
    found += ["--served-model-name", "glm", "--host", "127.0.0.1", "--port", str(port)]
    return [*found, *([] if case.real else ["--load-format", "dummy"]), *planned]


def wait_ready(server: subprocess.Popen[bytes], url: str, deadline: float) -> None:
    while time.monotonic() < deadline - 20:
        if server.poll() is not None:
            raise Failed(f"vLLM ended with {server.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.25)
    raise Failed("not ready in time")


def speeds(url: str, limit: int, seqs: int, deadline: float) -> dict[str, Any]:
    """Time to first token by prompt length and decode by context, each the median of three; then 32 at once.

    A first request of one token is the time to first token; two more with the same prompt, whose prefix is then
    cached, of 8 and 136 tokens: their difference is 128 decode steps.
    """
    ttft: dict[int, float] = {}
    decode: dict[int, float] = {}
    for length in (256, 1024, 4096, 16384):
        if length + 200 > limit or time.monotonic() > deadline - 60:
            continue
        firsts, rates = list[float](), list[float]()
        for _ in range(3):
            ids = prompt(length)
            firsts.append(complete(url, ids, 1))
            if length != 256:
                short, long = complete(url, ids, 8), complete(url, ids, 136)
                rates.append(128 / (long - short))
        ttft[length] = round(statistics.median(firsts), 4)
        if rates:
            decode[length] = round(statistics.median(rates), 2)
    result: dict[str, Any] = {"ttft_s": ttft, "decode_1": decode, "many": {}}
    for many in (8, 32):
        if many <= seqs and time.monotonic() < deadline - 40:
            result["many"][many] = round(statistics.median(together(url, many) for _ in range(2)), 1)
    return result


def together(url: str, many: int) -> float:
    """Tokens a second of `many` requests at once, prompts of 512 tokens, between their 8th and 136th token."""
    prompts = [prompt(512) for _ in range(many)]

    def timed(pool: ThreadPoolExecutor, tokens: int) -> float:
        since = time.perf_counter()
        list(pool.map(complete, [url] * many, prompts, [tokens] * many))
        return time.perf_counter() - since

    with ThreadPoolExecutor(many) as pool:
        timed(pool, 12)  # fills the prefix cache, compiles kernels of this batch size
        short = timed(pool, 8)
        return many * 128 / (timed(pool, 136) - short)


def complete(url: str, ids: list[int], tokens: int) -> float:
    """Seconds that one request took."""
    body = {"model": "glm", "prompt": ids, "max_tokens": tokens, "temperature": 0, "ignore_eos": True}
    request = urllib.request.Request(
        f"{url}/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    since = time.perf_counter()
    with urllib.request.urlopen(request, timeout=240) as answer:
        usage = json.load(answer)["usage"]
    if usage["completion_tokens"] != tokens:
        raise Failed(f"asked for {tokens} tokens, got {usage['completion_tokens']}")
    return time.perf_counter() - since


def look_at_image(url: str) -> float:
    """Seconds to the first token about a picture of stripes, 2,560 × 1,920 pixels, just under `max_pixels`."""
    wide, high = 2560, 1920
    rows = (b"\0" + random.randbytes(3 * wide)) * high
    parts = ((b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows, 1)))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*parts, (b"IEND", b""))
    )
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()
    content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}}]
    body = {"model": "glm", "messages": [{"role": "user", "content": content}], "max_tokens": 1, "temperature": 0}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    since = time.perf_counter()
    with urllib.request.urlopen(request, timeout=240) as answer:
        json.load(answer)
    return time.perf_counter() - since


def prompt(length: int) -> list[int]:
    return [random.randrange(1000, 150000) for _ in range(length)]


def used_gib(gpus: list[Gpu]) -> list[float]:
    """What nvidia-smi says is in use on these cards."""
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return []
    text = subprocess.run(
        [smi, "--query-gpu=memory.used", "--format=csv,noheader,nounits"], capture_output=True, text=True, check=True
    ).stdout
    return [round(float(text.splitlines()[gpu.index]) / 1024, 3) for gpu in gpus]


def read_log(file: Path) -> dict[str, Any]:
    """Every figure of vLLM's log, the largest where several ranks report; and its last error."""
    text = file.read_text(errors="replace") if file.exists() else ""
    found: dict[str, Any] = {}
    for name, pattern in LOG.items():
        values = [float(value.replace(",", "")) for value in re.findall(pattern, text)]
        if values:
            found[name] = min(values) if name in ("kv_gib", "kv_tokens") else max(values)
            if len(set(values)) > 1:
                found[f"{name}_all"] = values
    errors = re.findall(r"^.*(?:Error|error):? .*$", text, re.MULTILINE)
    return found if "kv_tokens" in found else {**found, "last_error": [e[-300:] for e in errors[-3:]]}


def model_folder(case: Case, folder: Path) -> Path:
    """config.json, a tokenizer of one word a token, and for a vision model its processor's settings."""
    with WRITING:
        if not (folder / "done").exists():
            write_folder(case, folder)
            (folder / "done").touch()
    return folder


def write_folder(case: Case, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads((models.CONFIGS / f"{case.model}.json").read_text())
    (folder / "config.json").write_text(json.dumps(config))
    vocab = config.get("text_config", config)["vocab_size"]
    special = {config[key]: word for word, key in SPECIAL.items() if key in config}
    words = {special.get(i, f"w{i}"): i for i in range(vocab)}
    tokenizer: dict[str, Any] = {
        "version": "1.0",
        "added_tokens": [
            {
                "id": i,
                "content": w,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for i, w in sorted({0: "w0", **special}.items())
        ],
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "w0"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "w0", "eos_token": "w0", "pad_token": "w0"}
    settings["chat_template"] = "{% for m in messages %}w5 {{ m.content }}{% endfor %} w6"
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 1 << 20}))
    if "vision_config" in config:
        processor = {
            "do_rescale": True, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
            "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
            "image_processor_type": "Glm4vImageProcessor", "processor_class": "Glm4vProcessor",
            "size": {"shortest_edge": 12544, "longest_edge": 9633792},
        }  # fmt: skip
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))
        video = {
            **processor,
            "video_processor_type": "Glm4vVideoProcessor",
            "fps": 2,
            "num_frames": 16,
            "max_image_size": {"longest_edge": 47040000},
            "size": {"shortest_edge": 12544, "longest_edge": 47040000},
        }
        video.pop("image_processor_type")
        (folder / "video_preprocessor_config.json").write_text(json.dumps(video))
    if case.real:
        write_weights(config, folder)


def write_weights(config: dict[str, Any], folder: Path) -> None:
    """Random weights under the names that Transformers saves, in shards of about 5 GB."""
    import torch

    transformers: Any = importlib.import_module("transformers")
    safetensors: Any = importlib.import_module("safetensors.torch")
    with torch.device("meta"):
        model = getattr(transformers, config["architectures"][0])(transformers.AutoConfig.for_model(**config))
    shards: list[dict[str, torch.Size]] = [{}]
    size = 0
    for key, tensor in model.state_dict().items():
        if size > 5e9:
            shards.append({})
            size = 0
        shards[-1][key] = tensor.shape
        size += tensor.numel() * 2
    where: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        tensors = {
            key: torch.empty(shape, dtype=torch.bfloat16).normal_(std=0.01)
            if len(shape) == 1
            else torch.zeros(shape, dtype=torch.bfloat16)
            for key, shape in shard.items()
        }
        safetensors.save_file(tensors, folder / name, {"format": "pt"})
        where |= dict.fromkeys(shard, name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))


if __name__ == "__main__":
    sys.exit(main())
