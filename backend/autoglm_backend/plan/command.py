"""The command lines, environments and files that carry a plan out. vLLM 0.25 to 0.33 take these flags."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Gpu
from autoglm_backend.models import Model
from autoglm_backend.plan import legality
from autoglm_backend.plan.candidate import Candidate, Plan, Setting

DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
PARSERS = {
    "glm4_moe": ("glm45", "glm45"),
    "glm4v_moe": ("glm45", "glm45"),
    "glm4_moe_lite": ("glm47", "glm45"),
    "glm_moe_dsa": ("glm47", "glm45"),
    "glm5_next": ("glm47", "glm45"),
}


def where(model: Model) -> str:
    return str(model.path) if model.path else model.name


def vllm(model: Model, setting: Setting, cache: int) -> tuple[str, ...]:
    return ("vllm", "serve", where(model), *arguments(model, setting, cache))


def int8(model: Model, ctx: int | None = None) -> tuple[str, ...]:
    asked = ("--ctx", str(ctx)) if ctx else ()
    return ("autoglm-backend", "serve", "--model", "embedded" if model.name == "embedded" else where(model), *asked)


def arguments(model: Model, setting: Setting, cache: int) -> tuple[str, ...]:
    """What follows `vllm serve MODEL`. `cache`: bytes a card.

    With them vLLM measures nothing and promises nothing of its own; of the utilization it only checks, before it loads,
    that so much of the card is free.
    """
    found = [
        *("--max-model-len", str(setting.ctx)),
        *("--max-num-seqs", str(setting.seqs)),
        *("--max-num-batched-tokens", str(setting.batched)),
        *("--gpu-memory-utilization", f"{setting.utilization:g}"),
    ]
    found += ["--kv-cache-memory-bytes", str(cache)] if cache else []
    if setting.precision in DTYPES:
        found += ["--dtype", DTYPES[setting.precision]]
    if setting.precision == "fp8" and model.precision != "fp8":
        found += ["--quantization", "fp8"]
    if setting.tp > 1:
        found += ["--tensor-parallel-size", str(setting.tp)]
    if setting.pp > 1:
        found += ["--pipeline-parallel-size", str(setting.pp)]
    if setting.eager:
        found.append("--enforce-eager")
    if setting.offload_gib:
        found += ["--cpu-offload-gb", f"{setting.offload_gib:g}"]
    if model.vision:
        found += vision(model, setting)
    if parsers := PARSERS.get(model.model_type):
        found += ["--enable-auto-tool-choice", "--tool-call-parser", parsers[0], "--reasoning-parser", parsers[1]]
    return tuple(found)


def processor_arguments(ctx: int, requests: int, cache: int) -> tuple[str, ...]:
    """For the CPU build: a bounded cache, blocks small enough to share prefixes, no compiler (facts/cpu_serving.md)."""
    sized = ("--max-model-len", str(ctx), "--max-num-seqs", str(requests), "--kv-cache-memory-bytes", str(cache))
    return (*sized, "--block-size", "32", "--enforce-eager")


def vision(model: Model, setting: Setting) -> list[str]:
    """Open-AutoGLM's flags for AutoGLM-Phone and GLM-4.1V, but for `--allowed-local-media-path /`: our agent sends
    screenshots in the request, and that flag would let any client read any file."""
    found = ["--limit-mm-per-prompt", json.dumps({"image": setting.images})]
    if setting.max_pixels:
        found += ["--mm-processor-kwargs", json.dumps({"max_pixels": setting.max_pixels})]
    found += ["--mm-processor-cache-type", "shm", "--chat-template-content-format", "string"]
    if legality.vision_by_copies(model, setting.tp):
        found += ["--mm-encoder-tp-mode", "data"]
    return found


def environment(
    setting: Setting, gpus: Sequence[Gpu], peer_access: frozenset[tuple[int, int]] | None
) -> dict[str, str]:
    found = {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        "CUDA_VISIBLE_DEVICES": ",".join(gpu.uuid or str(gpu.index) for gpu in gpus),
        # vLLM's own all-reduce cannot share such segments: "custom_all_reduce.cuh: invalid argument" (docs/log.md).
        "PYTORCH_ALLOC_CONF": "expandable_segments:False",
        "VLLM_NO_USAGE_STATS": "1",
    }
    if setting.tp > 1 and peer_access is not None:
        pairs = {(min(a.index, b.index), max(a.index, b.index)) for a in gpus for b in gpus if a is not b}
        if not pairs <= peer_access:
            found["NCCL_P2P_DISABLE"] = "1"
    if setting.partition:
        found["VLLM_PP_LAYER_PARTITION"] = ",".join(map(str, setting.partition))
    return found


def export(plan: Plan, kind: str) -> str:
    """A file for Docker Compose, systemd or Ray Serve. Raises BackendError where the plan does not run vLLM."""
    chosen = plan.chosen
    if chosen.engine != "vllm":
        raise BackendError(f"--export {kind}: {chosen.title!r} needs no such file; run: {shlex.join(chosen.command)}")
    match kind:
        case "compose":
            return compose(plan)
        case "systemd":
            return systemd(chosen)
        case _:
            return ray_serve(plan, chosen)


def compose(plan: Plan) -> str:
    """One service for each replica, each with its card."""
    run, cards = plan.chosen, [plan.chosen.gpus]
    copies = next((c for c in plan.candidates if c.rung == "replicas" and c.fits), None)
    if copies and len(run.gpus) == 1 and copies.model == run.model:
        run, cards = copies, [(gpu,) for gpu in copies.gpus]
    lines = ["services:"]
    for number, gpus in enumerate(cards):
        lines += [
            f"  vllm-{number}:",
            "    image: vllm/vllm-openai:v0.25.1",
            f"    command: {json.dumps(run.command[2:])}",
            "    ipc: host",
            f'    ports: ["127.0.0.1:{8000 + number}:8000"]',
            '    volumes: ["~/.cache/huggingface:/huggingface"]',
            "    environment:",
            "      HF_HOME: /huggingface",
        ]
        lines += [f"      {name}: {json.dumps(value)}" for name, value in without_cards(run.environment).items()]
        ids = json.dumps([str(gpu) for gpu in gpus])
        lines.append("    deploy: {resources: {reservations: {devices: [{driver: nvidia, "
                     f"device_ids: {ids}, capabilities: [gpu]}}]}}}}}}")  # fmt: skip
    return "\n".join(lines) + "\n"


def without_cards(environment: dict[str, str]) -> dict[str, str]:
    """For who deals the cards out himself."""
    return {name: value for name, value in environment.items() if name != "CUDA_VISIBLE_DEVICES"}


def systemd(chosen: Candidate) -> str:
    environment = "\n".join(f"Environment={shlex.quote(f'{k}={v}')}" for k, v in chosen.environment.items())
    return f"""[Unit]
Description=vLLM serving {chosen.model}
After=network-online.target

[Service]
{environment}
ExecStart=/usr/bin/env {shlex.join((*chosen.command, "--host", "127.0.0.1", "--port", "8000"))}
Restart=on-failure
RestartSec=10
KillMode=control-group

[Install]
WantedBy=default.target
"""


def ray_serve(plan: Plan, chosen: Candidate) -> str:
    words = list(chosen.arguments)
    engine: dict[str, object] = {}
    for number, word in enumerate(words):
        if word.startswith("--"):
            follows = words[number + 1] if number + 1 < len(words) else "--"
            engine[word[2:].replace("-", "_")] = True if follows.startswith("--") else literal(follows)
    count = next((c.replicas for c in plan.candidates if c.rung == "replicas" and c.fits), 1)
    return f"""from ray import serve
from ray.serve.llm import LLMConfig, build_openai_app

config = LLMConfig(
    model_loading_config={{"model_id": {chosen.model!r}, "model_source": {chosen.command[2]!r}}},
    deployment_config={{"autoscaling_config": {{"min_replicas": 1, "max_replicas": {count}}}}},
    engine_kwargs={engine!r},
    runtime_env={{"env_vars": {without_cards(chosen.environment)!r}}},
)
serve.run(build_openai_app({{"llm_configs": [config]}}), blocking=True)
"""


def literal(word: str) -> object:
    """A flag's value as Python has it: numbers and JSON objects are not strings."""
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word
