"""What model.py compares with: the same weights in stock Transformers, and what the machine could do at best."""

# torch and transformers are typed in part only
# pyright: basic
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast


def plain_config(folder: Path) -> Any:
    """The model's configuration without what says that its weights are INT8."""
    config: Any = AutoConfig.from_pretrained(folder)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    return config


def in_bf16(folder: Path) -> dict[str, torch.Tensor]:
    return whole_weights(folder, torch.bfloat16)


def whole_weights(folder: Path, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Its weights by name, INT8 ones times their scales."""
    held: dict[str, torch.Tensor] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        held |= load_file(shard)
    return {
        name: (tensor.float() * held[f"{name}_scale"].float() if f"{name}_scale" in held else tensor).to(dtype)
        for name, tensor in held.items()
        if not name.endswith("_scale")
    }


class Stock:
    """The same weights in bf16, as `AutoModelForCausalLM` and `generate` have it."""

    def __init__(self, folder: Path) -> None:
        config = plain_config(folder)
        self._model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).eval()
        whole = in_bf16(folder)
        missing, unexpected = self._model.load_state_dict(whole, strict=False)
        assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
        self._model.tie_weights()
        self._tokenizer: Any = PreTrainedTokenizerFast.from_pretrained(folder)
        self.weights = sum(p.numel() for p in self._model.parameters() if p.dim() == 2)
        """Matrix elements that every token meets; the tied embedding counts once, as the output layer."""

    def generate(self, chat: list[dict[str, str]], tokens: int) -> tuple[float, float]:
        """Seconds in all, and to the first token."""
        text: str = self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        ids = torch.tensor([self._tokenizer.encode(text, add_special_tokens=False)])
        return self._timed(ids, max(tokens, 1)), self._timed(ids, 1)

    def _timed(self, ids: Any, tokens: int) -> float:
        began = time.perf_counter()
        mask = torch.ones_like(ids)
        self._model.generate(ids, attention_mask=mask, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False)
        return time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class Machine:
    """What two cores of it can do, measured now."""

    int8_per_s: float
    """Multiply-adds of `torch._int_mm` at prefill's shape."""
    bytes_per_s: float
    """Read from as much memory as the INT8 weights take."""

    @classmethod
    def measure(cls, weights: int) -> Machine:
        left = torch.randint(-127, 127, (512, 512), dtype=torch.int8)
        right = torch.randint(-127, 127, (2816, 512), dtype=torch.int8)
        multiply: Any = torch._int_mm  # pyright: ignore[reportPrivateImportUsage]
        large = torch.ones(weights // 4)  # as large as the INT8 weights, which the cache may hold in part
        return cls(512 * 512 * 2816 / _fastest(lambda: multiply(left, right.t())), weights / _fastest(large.sum))

    def limit(self, weights: int, new_tokens: int, forwards: int) -> float:
        """Prefill bound by arithmetic, decoding by reading the weights each pass; attention is free."""
        return weights * new_tokens / self.int8_per_s + weights * forwards / self.bytes_per_s


def _fastest(work: Callable[[], object], times: int = 30) -> float:
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)
