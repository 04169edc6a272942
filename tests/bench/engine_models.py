"""What engine.py measures with: the models, and what the machine could do at best."""

# torch and transformers are typed in part only
# pyright: basic
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from autoglm_backend.int8 import Int8Linear
from autoglm_backend.linears import least
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from tests.bench.model import folder_of
from tests.bench.model_stock import in_bf16, plain_config


def embedded_in_bf16(into: Path) -> None:
    """The model that ships, as those who cannot read its INT8 weights want it."""
    plain_config(folder_of("embedded")).save_pretrained(into)
    save_file(in_bf16(folder_of("embedded")), into / "model.safetensors", {"format": "pt"})


def random_250m(into: Path) -> None:
    """A GLM of 250 million parameters that knows nothing."""
    config = plain_config(folder_of("embedded"))
    config.hidden_size, config.num_hidden_layers, config.intermediate_size = 1024, 16, 4096
    config.num_attention_heads, config.num_key_value_heads = 16, 4
    torch.manual_seed(0)
    model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(into)


MODELS: dict[str, Callable[[Path], None]] = {"embedded": embedded_in_bf16, "250m": random_250m}


def model_in(folder: Path, shape: str) -> Path:
    """The model in bf16, made when it is not there."""
    into = folder / "models" / shape
    if not (into / "model.safetensors").exists():
        into.mkdir(parents=True, exist_ok=True)
        tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(folder_of("embedded"))
        tokenizer.save_pretrained(into)
        MODELS[shape](into)
    return into


@dataclass(frozen=True, slots=True)
class Floor:
    """What this machine can do at best, measured now."""

    weights: int
    """INT8 elements that every token meets."""
    per_s: float
    """Multiply-adds, 512 rows at once: torch's INT8 product, or MKL's in float32 where that is faster."""
    bytes_per_s: float
    """Read from as much memory as the weights take."""

    @classmethod
    def measure(cls, folder: Path) -> Floor:
        with safe_open(folder / "model.safetensors", framework="pt") as held:
            shapes = [held.get_slice(name).get_shape() for name in held.keys()]  # noqa: SIM118
        weights = sum(shape[0] * shape[1] for shape in shapes if len(shape) == 2)
        linear = Int8Linear.holding(torch.randint(-127, 127, (2816, 512), dtype=torch.int8), torch.rand(2816, 1), None)
        hidden, large = torch.randn(512, 512), torch.ones(weights // 4)
        weight = linear.weight.float()
        fastest = min(least(lambda: linear(hidden)), least(lambda: hidden @ weight.t()))
        return cls(weights, 512 * 512 * 2816 / fastest, weights / least(large.sum, 20))

    def at_least(self, tokens_per_s: float) -> Floor:
        """With the rate of an engine that read so many tokens, if it was higher."""
        return replace(self, per_s=max(self.per_s, self.weights * tokens_per_s))

    def seconds(self, new: int, out: int) -> float:
        return self.weights * new / self.per_s + self.weights * (out - 1) / self.bytes_per_s
