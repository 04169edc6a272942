"""What engine.py measures with: the models, and what the machine could do at best."""

# torch and transformers are typed in part only
# pyright: basic
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from autoglm_backend.int8 import Int8Linear
from autoglm_backend.linears import CompactLinear, HalfLinear, least
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from tests.bench.model import folder_of


def embedded_in_bf16(into: Path) -> Path:
    """The model that ships, as those who cannot read its INT8 weights want it."""

    source = folder_of("embedded")
    held: dict[str, torch.Tensor] = {}
    for shard in sorted(source.glob("*.safetensors")):
        held |= load_file(shard)
    whole = {
        name: ((tensor.float() * held[f"{name}_scale"].float()) if f"{name}_scale" in held else tensor).bfloat16()
        for name, tensor in held.items()
        if not name.endswith("_scale")
    }
    config: Any = AutoConfig.from_pretrained(source)
    del config.quantization_config
    config.save_pretrained(into)
    tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(source)
    tokenizer.save_pretrained(into)
    save_file(whole, into / "model.safetensors", {"format": "pt"})
    return into


def random_250m(into: Path) -> Path:
    """A GLM of 250 million parameters that knows nothing."""

    source = folder_of("embedded")
    config: Any = AutoConfig.from_pretrained(source)
    del config.quantization_config
    config.hidden_size, config.num_hidden_layers, config.intermediate_size = 1024, 16, 4096
    config.num_attention_heads, config.num_key_value_heads = 16, 4
    torch.manual_seed(0)
    model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(into)
    tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(source)
    tokenizer.save_pretrained(into)
    return into


MODELS: dict[str, Callable[[Path], Path]] = {"embedded": embedded_in_bf16, "250m": random_250m}


def model_in(folder: Path, shape: str) -> Path:
    """The model in bf16, made when it is not there."""
    into = folder / "models" / shape
    if not (into / "model.safetensors").exists():
        into.mkdir(parents=True, exist_ok=True)
        MODELS[shape](into)
    return into


@dataclass(frozen=True, slots=True)
class Floor:
    """What this machine can do at best, measured now with torch's own kernels."""

    weights: int
    """INT8 elements that every token meets."""
    per_s: float
    """Multiply-adds of the fastest of our layers, 512 rows at once."""
    bytes_per_s: float
    """Read from as much memory as the weights take."""

    @classmethod
    def measure(cls, folder: Path) -> Floor:

        with safe_open(folder / "model.safetensors", framework="pt") as held:
            shapes = [held.get_slice(name).get_shape() for name in held.keys()]  # noqa: SIM118
        weights = sum(shape[0] * shape[1] for shape in shapes if len(shape) == 2)
        linear = Int8Linear.holding(torch.randint(-127, 127, (2816, 512), dtype=torch.int8), torch.rand(2816, 1), None)
        hidden, large = torch.randn(512, 512), torch.ones(weights // 4)
        fastest = min(least(lambda way=way: way(hidden)) for way in (linear, HalfLinear(linear), CompactLinear(linear)))
        return cls(weights, 512 * 512 * 2816 / fastest, weights / least(large.sum, 20))

    def seconds(self, new: int, out: int) -> float:
        return self.weights * new / self.per_s + self.weights * (out - 1) / self.bytes_per_s
