"""The trained model in INT8 files small enough to carry, and back; at the end one folder as the package ships it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from autoglm_backend.int8 import quantize_rows
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import Glm4Config, Glm4ForCausalLM

from training.tokens import save_tokenizer

SHARD = 13 << 20


def int8_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Linear weights as INT8 with their scales, the rest as bf16; the head shares the embedding."""
    tensors: dict[str, Tensor] = {}
    linear = {name + ".weight" for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    for name, value in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        if name in linear:
            tensors[name], tensors[name + "_scale"] = (t.cpu().contiguous() for t in quantize_rows(value))
        else:
            tensors[name] = value.to(torch.bfloat16).cpu().contiguous()
    return tensors


def save_shards(model: Glm4ForCausalLM, folder: Path) -> None:
    """`part.0.safetensors` … of at most SHARD bytes, and config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    part: dict[str, Tensor] = {}
    count = 0
    for name, tensor in int8_tensors(model).items():
        if part and sum(t.nbytes for t in part.values()) + tensor.nbytes > SHARD:
            save_file(part, folder / f"part.{count}.safetensors")
            part, count = {}, count + 1
        part[name] = tensor
    save_file(part, folder / f"part.{count}.safetensors")
    config: dict[str, Any] = model.config.to_dict()
    config["architectures"], config["dtype"] = ["Glm4ForCausalLM"], "bfloat16"
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def load_shards(folder: Path) -> Glm4ForCausalLM:
    """The model in float32, as near as INT8 kept it."""
    given: dict[str, Any] = json.loads((folder / "config.json").read_text())
    given.pop("quantization_config", None)
    config = Glm4Config(**given)
    model = Glm4ForCausalLM(config)
    tensors = _read(folder)
    state = {
        name: tensor.float() * tensors[name + "_scale"] if name + "_scale" in tensors else tensor.float()
        for name, tensor in tensors.items()
        if not name.endswith("_scale")
    }
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert set(missing) <= {"lm_head.weight"} and not unexpected, (missing, unexpected)
    return model


def export(parts: Path, tokenizer: Path, folder: Path) -> None:
    """One folder that our engine, Transformers' compressed-tensors and vLLM load."""
    from autoglm_backend.checkpoint import W8A8

    folder.mkdir(parents=True, exist_ok=True)
    save_file(_read(parts), folder / "model.safetensors", metadata={"format": "pt"})
    config: dict[str, Any] = json.loads((parts / "config.json").read_text())
    config["quantization_config"] = W8A8
    config.pop("transformers_version", None)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    generation = {"eos_token_id": config["eos_token_id"], "pad_token_id": config["pad_token_id"], "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")
    save_tokenizer(Tokenizer.from_file(str(tokenizer)), folder, config["max_position_embeddings"])


def _read(folder: Path) -> dict[str, Tensor]:
    return {name: tensor for part in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(part).items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="python -m training.weights PARTS FOLDER: export to FOLDER")
    parser.add_argument("parts", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tokenizer", type=Path, default=Path(__file__).parent / "tokenizer.json")
    given = parser.parse_args()
    export(given.parts, given.tokenizer, given.folder)
