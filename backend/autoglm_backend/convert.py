"""A full-precision GLM folder to an INT8 one that this engine and vLLM both load. Reads one tensor at a time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from autoglm_backend.checkpoint import W8A8, each_shard, inspect, is_linear
from autoglm_backend.errors import CheckpointError
from autoglm_backend.int8 import quantize_rows

COPIED = (
    "tokenizer*",
    "*.jinja",
    "generation_config.json",
    "special_tokens_map.json",
    "vocab.*",
    "merges.txt",
    "LICENSE*",
)
INDEX = "model.safetensors.index.json"


def save_int8(source: Path, destination: Path) -> Path:
    """`destination`, now holding the weights of `source` in INT8 with its tokenizer and chat template.

    It appears whole or not at all. Raises CheckpointError when `source` cannot be used or `destination` is in use.
    """
    checkpoint = inspect(source)
    if checkpoint.int8:
        raise CheckpointError(f"{source} is INT8 already: serve it as it is, or quantize the full-precision weights")
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise CheckpointError(f"{destination} is not an empty folder: name a new one, or delete it first")
    partial = destination.with_name(destination.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)

    places: dict[str, str] = {}
    size = 0
    for shard in each_shard(checkpoint.shards):
        tensors = quantize_shard(shard)
        save_file(tensors, partial / shard.name, metadata={"format": "pt"})
        (partial / shard.name).chmod(0o644)  # safetensors 0.8 writes 0600: unreadable in a shared installation
        places.update(dict.fromkeys(tensors, shard.name))
        size += sum(tensor.nbytes for tensor in tensors.values())
    if len(checkpoint.shards) > 1:
        index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(places.items()))}
        (partial / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")

    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    config["quantization_config"] = W8A8
    (partial / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for pattern in COPIED:
        for file in source.glob(pattern):
            shutil.copy2(file, partial / file.name)

    if destination.exists():
        destination.rmdir()
    partial.rename(destination)
    return destination


def quantize_shard(shard: Path) -> dict[str, Tensor]:
    """Every tensor of the file, the linear layers' weights as INT8 with their scale beside them."""
    tensors: dict[str, Tensor] = {}
    with safe_open(shard, framework="pt") as opened:
        for name in opened.keys():  # noqa: SIM118  (not a dict)
            tensor: Tensor = opened.get_tensor(name)
            if is_linear(name):
                tensors[name], tensors[name + "_scale"] = quantize_rows(tensor)
            else:
                tensors[name] = tensor
    return tensors
