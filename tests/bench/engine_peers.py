"""One engine that a user could take instead of ours, in the Python that has it: engine.py starts this as a program.

    PYTHON engine_peers.py NAME FOLDER

FOLDER holds the model in bf16, as Transformers has it. Says {"ready": …} on a line of its own when it has generated
once, then answers each line {"ids": […], "out": n} with {"seconds": …}: how long n tokens took, no more and no fewer.
Only vLLM is behind HTTP, which is how its users have it.
"""

# what is imported is in the environment of each, not in ours
# pyright: basic, reportMissingImports=false
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Generate = Callable[[list[int], int], object]
"""Generates so many tokens after these."""
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
CONTEXT = 4096


def stock(folder: Path, dtype: str, **options: Any) -> Generate:
    import torch
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype), **options).eval()

    def generate(ids: list[int], out: int) -> None:
        prompt = torch.tensor([ids])
        with torch.inference_mode():
            model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=out,
                min_new_tokens=out,
                do_sample=False,
            )

    return generate


def torchao(folder: Path) -> Generate:
    from torchao.quantization import Int8WeightOnlyConfig
    from transformers import TorchAoConfig

    return stock(folder, "bfloat16", quantization_config=TorchAoConfig(Int8WeightOnlyConfig()))


def openvino(folder: Path) -> Generate:
    import numpy
    import openvino_genai as genai
    from openvino import Tensor

    scheduler = genai.SchedulerConfig()
    scheduler.enable_prefix_caching = True
    scheduler.cache_size = 1  # GB
    pipeline = genai.LLMPipeline(str(exported(folder)), "CPU", scheduler_config=scheduler)

    def generate(ids: list[int], out: int) -> None:
        config = genai.GenerationConfig(max_new_tokens=out, min_new_tokens=out, ignore_eos=True, do_sample=False)
        tensor = Tensor(numpy.array([ids], dtype=numpy.int64))
        ones = Tensor(numpy.ones((1, len(ids)), dtype=numpy.int64))
        pipeline.generate(genai.TokenizedInputs(tensor, ones), config)

    return generate


def exported(folder: Path) -> Path:
    """The model as OpenVINO has it, INT8; made once."""
    made = folder.with_name(f"{folder.name}-openvino")
    if not (made / "openvino_model.xml").exists():
        cli = Path(sys.executable).with_name("optimum-cli")
        options = ["--task", "text-generation-with-past", "--weight-format", "int8"]
        command = [str(cli), "export", "openvino", "--model", str(folder), *options, str(made)]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return made


def llama(folder: Path) -> Generate:
    from llama_cpp import Llama

    engine = Llama(
        str(converted(folder)), n_ctx=CONTEXT, n_batch=512, n_threads=CORES, n_threads_batch=CORES, verbose=False
    )

    def generate(ids: list[int], out: int) -> None:
        # Keeps what it holds of the longest common prefix by itself.
        for count, _ in enumerate(engine.generate(ids, temp=0.0), 1):
            if count == out:
                return

    return generate


def converted(folder: Path) -> Path:
    """The model as llama.cpp has it, Q8_0; made once."""
    import gguf
    import numpy
    from safetensors import safe_open

    made = folder.with_name(f"{folder.name}-q8_0.gguf")
    if made.exists():
        return made
    config = json.loads((folder / "config.json").read_text())
    rope = config["rope_parameters"]
    part = made.with_suffix(".part")
    writer = gguf.GGUFWriter(part, "glm4")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(int(config["head_dim"] * rope["partial_rotary_factor"]))
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    # It is only ever given numbers of tokens, so their texts are of no account.
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([f"token{i}" for i in range(config["vocab_size"])])
    writer.add_token_types([gguf.TokenType.NORMAL] * config["vocab_size"])
    writer.add_token_merges(["t o"])
    writer.add_eos_token_id(0)
    with safe_open(folder / "model.safetensors", framework="pt") as held:
        for name in held.keys():  # noqa: SIM118 - safetensors' own object is no mapping
            if (theirs := theirs_of(name)) is None:
                continue
            tensor = held.get_tensor(name).float().numpy()
            if tensor.ndim == 1:
                writer.add_tensor(theirs, tensor.astype(numpy.float32))
            else:
                kind = gguf.GGMLQuantizationType.Q8_0
                writer.add_tensor(theirs, gguf.quants.quantize(tensor, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.rename(made)
    return made


def theirs_of(name: str) -> str | None:
    """llama.cpp's name of a tensor; None for the output layer, which is the embedding."""
    match name.split("."):
        case ["model", "embed_tokens", _]:
            return "token_embd.weight"
        case ["model", "norm", _]:
            return "output_norm.weight"
        case ["model", "layers", number, *rest, _]:
            return f"blk.{number}.{LAYER['.'.join(rest)]}.weight"
        case _:
            return None


LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_self_attn_layernorm": "post_attention_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_mlp_layernorm": "post_ffw_norm",
}


def vllm(folder: Path) -> Generate:
    """Its server, compiled, with all cores and prefix caching; stopped when our stdin closes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "--model": str(folder), "--served-model-name": "glm", "--host": "127.0.0.1", "--port": str(port),
        "--max-model-len": str(CONTEXT), "--max-num-seqs": "8", "--kv-cache-memory-bytes": str(128 << 20),
        "--block-size": "32",
    }  # fmt: skip
    env = os.environ | {
        "VLLM_CPU_OMP_THREADS_BIND": f"0-{CORES - 1}",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    server = subprocess.Popen(command + [word for pair in options.items() for word in pair], stdout=sys.stderr, env=env)
    STARTED.append(server)
    url = f"http://127.0.0.1:{port}"
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()
            break
        except OSError:
            time.sleep(0.2)

    def generate(ids: list[int], out: int) -> None:
        asked = {
            "model": "glm", "prompt": ids, "max_tokens": out, "min_tokens": out, "temperature": 0, "ignore_eos": True,
        }  # fmt: skip
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/v1/completions", json.dumps(asked).encode(), headers)
        with urllib.request.urlopen(request, timeout=600) as answer:
            used = json.load(answer)["usage"]["completion_tokens"]
        assert used == out, used

    return generate


STARTED: list[subprocess.Popen[bytes]] = []

PEERS: dict[str, Callable[[Path], Generate]] = {
    "stock bf16": lambda folder: stock(folder, "bfloat16"),
    "stock fp32": lambda folder: stock(folder, "float32"),
    "torchao INT8": torchao,
    "OpenVINO GenAI INT8": openvino,
    "llama.cpp Q8_0": llama,
    "vLLM bf16": vllm,
}


@contextmanager
def our_stdout():
    """Stdout for us alone: what engines print goes to stderr."""
    ours = os.dup(1)
    os.dup2(2, 1)
    with os.fdopen(ours, "w", buffering=1) as out:
        yield out


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    with our_stdout() as out:
        generate = PEERS[name](folder)
        generate(list(range(10, 40)), 2)
        print(json.dumps({"ready": name}), file=out)
        for line in sys.stdin:
            asked = json.loads(line)
            began = time.perf_counter()
            generate(asked["ids"], asked["out"])
            print(json.dumps({"seconds": time.perf_counter() - began}), file=out)
    for server in STARTED:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
