"""A GLM's forward pass by torch on the processor: Transformers' model, its layers put in faster forms.

It runs on every processor that torch has, in one process. What runs elsewhere is held to its tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging as transformers_logging

from autoglm_backend.attention import NAME, FusedRmsNorm, GlmInt8Attention, RotaryTable
from autoglm_backend.cache import Batch, CacheShape, KeyValueCache
from autoglm_backend.checkpoint import Checkpoint
from autoglm_backend.decoder import Logits
from autoglm_backend.heap import keep_freed_memory
from autoglm_backend.int8 import METHOD, Int8Config, Int8Linear, quantize_rows
from autoglm_backend.linears import Kernels, put
from autoglm_backend.probe import ROOT, usable_cores

BIG = 1 << 30  # bytes of weights from which Transformers' own progress bar is worth its lines
# INT8 weights up to this are decoded on one thread. One row by 512x2816 took 24 us on one thread and 57 us on two
# (torch._int_mm, OMP_WAIT_POLICY=passive, 2026-11-20); facts/cpu_serving.md, section 4, has the same beside a browser.
ONE_THREAD_BYTES = 64 << 20
FEW = 16  # tokens in one forward pass up to which the threads of decoding are used


@dataclass(frozen=True)
class Threads:
    prefill: int
    decode: int

    @classmethod
    def choose(cls, threads: int | None, weight_bytes: int) -> Threads:
        """All cores to prefill; one to decode a small model, so that a browser beside it costs nothing."""
        prefill = threads or usable_cores(ROOT)
        return cls(prefill, 1 if weight_bytes <= ONE_THREAD_BYTES else prefill)


@dataclass(frozen=True)
class TorchDecoder:
    """Modules of one checkpoint; a `Decoder`. `decoder` and `head` are float32 in and out."""

    embedding: nn.Module  # ids (1, tokens) -> (1, tokens, hidden), in the checkpoint's dtype
    decoder: nn.Module
    head: nn.Module
    shape: CacheShape
    vocabulary: int
    threads: Threads

    @property
    def name(self) -> str:
        return f"torch, {self.threads.prefill} threads prefill, {self.threads.decode} decode"

    @property
    def capacity(self) -> int:
        return self.shape.capacity

    @property
    def conversation_bytes(self) -> int:
        return self.shape.bytes

    def cache(self) -> KeyValueCache:
        return KeyValueCache(self.shape)

    @torch.inference_mode()
    def logits(self, parts: Sequence[tuple[KeyValueCache, Sequence[int]]]) -> Logits:
        rows = [token for _, tokens in parts for token in tokens]
        torch.set_num_threads(self.threads.decode if len(rows) < FEW else self.threads.prefill)
        hidden = self.run(Batch([(cache, len(tokens)) for cache, tokens in parts]), rows)
        ends: list[int] = []
        for _, tokens in parts:
            ends.append((ends[-1] if ends else -1) + len(tokens))
        return self.head(hidden[0, ends]).numpy()

    def run(self, batch: Batch, rows: Sequence[int]) -> Tensor:
        """Last hidden states (1, rows, hidden), float32."""
        embedded = self.embedding(torch.tensor([rows])).float()
        return self.decoder(
            inputs_embeds=embedded, position_ids=batch.positions(), past_key_values=batch, use_cache=True
        ).last_hidden_state


def load(checkpoint: Checkpoint, ctx: int, threads: Threads, kernels: Kernels | None = None) -> TorchDecoder:
    """The model in memory with room for `ctx` tokens a conversation; the fastest kernels here, or those given."""
    keep_freed_memory()
    model = load_model(checkpoint)
    decoder = model.get_submodule("model")
    kernels = kernels or Kernels.fastest(checkpoint.linear_bytes)
    specialise(decoder, ctx, kernels.blocks)
    put(decoder, kernels.linear)
    head = kernels.linear(int8_head(model.get_output_embeddings()))
    config = checkpoint.config
    shape = CacheShape(config.num_hidden_layers, config.num_key_value_heads, config.head_dim, ctx)
    return TorchDecoder(decoder.get_submodule("embed_tokens"), decoder, head, shape, config.vocab_size, threads)


def load_model(
    checkpoint: Checkpoint, devices: Mapping[str, torch.device] | None = None
) -> transformers.PreTrainedModel:
    """The Transformers model with `Int8Linear` layers, its weights in place: on `devices` by module, or in memory."""
    config: Any = AutoConfig.from_pretrained(checkpoint.path)
    if checkpoint.int8:
        # Our own quantizer reads compressed-tensors' tensors; left as it is, Transformers would ask for the
        # compressed-tensors package, which computes in full precision.
        config.quantization_config = {"quant_method": METHOD}
    own: Any = Int8Config  # Transformers' registering decorators are untyped
    transformers_logging.set_verbosity_error()
    if checkpoint.linear_bytes < BIG:
        transformers_logging.disable_progress_bar()
    return AutoModelForCausalLM.from_pretrained(
        checkpoint.path,
        config=config,
        dtype="auto",
        attn_implementation=NAME,
        quantization_config=None if checkpoint.int8 else own(),
        device_map=None if devices is None else dict(devices),
        local_files_only=True,
    ).eval()


def specialise(decoder: nn.Module, ctx: int, blocks: torch.dtype) -> None:
    """Swaps attention, norms and rotary embedding for versions that do the same in fewer kernels."""
    for name, module in list(decoder.named_modules()):
        kind = type(module).__name__
        if kind in ("Glm4Attention", "GlmAttention"):
            decoder.set_submodule(name, GlmInt8Attention(module, blocks))
        elif kind in ("Glm4RMSNorm", "GlmRMSNorm"):
            decoder.set_submodule(name, FusedRmsNorm(module))
        elif kind in ("Glm4RotaryEmbedding", "GlmRotaryEmbedding"):
            decoder.set_submodule(name, RotaryTable(module, ctx))


def int8_head(output: Any) -> Int8Linear:
    """The output matrix in INT8 for computing; a tied embedding keeps its own precision."""
    weight, scale = quantize_rows(output.weight.detach())
    return Int8Linear.holding(weight, scale, output.bias)
