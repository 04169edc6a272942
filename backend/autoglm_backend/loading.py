"""A checkpoint to a model ready to run, through Transformers. Knows no requests and no HTTP."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from autoglm_backend.attention import NAME, FusedRmsNorm, GlmInt8Attention, RotaryTable
from autoglm_backend.cache import CacheShape
from autoglm_backend.checkpoint import Checkpoint
from autoglm_backend.errors import CheckpointError
from autoglm_backend.int8 import METHOD, Int8Config, Int8Linear, quantize_rows
from autoglm_backend.linears import Kernels, put

BIG = 1 << 30  # bytes of weights from which Transformers' own progress bar is worth its lines


@dataclass(frozen=True)
class LoadedModel:
    """Modules and tokenizer of one checkpoint. `decoder` and `head` are float32 in and out."""

    embedding: nn.Module  # ids (1, tokens) -> (1, tokens, hidden), in the checkpoint's dtype
    decoder: nn.Module
    head: nn.Module
    tokenizer: PreTrainedTokenizerFast
    cache_shape: CacheShape
    vocabulary: int  # rows of `head`, padding included
    stop_ids: frozenset[int]
    defaults: dict[str, float]  # temperature, top_p, top_k, as generation_config.json has them


def load(checkpoint: Checkpoint, ctx: int, kernels: Kernels | None = None) -> LoadedModel:
    """The model in memory with room for `ctx` tokens a conversation; the fastest kernels here, or those given."""
    keep_freed_memory()
    tokenizer = load_tokenizer(checkpoint)
    model = load_model(checkpoint)
    decoder = model.get_submodule("model")
    kernels = kernels or Kernels.fastest(checkpoint.linear_bytes)
    specialise(decoder, ctx, kernels.blocks)
    put(decoder, kernels.linear)
    head = kernels.linear(int8_head(model.get_output_embeddings()))
    return describe(checkpoint, model, head, tokenizer, ctx)


def describe(
    checkpoint: Checkpoint, model: Any, head: nn.Module, tokenizer: PreTrainedTokenizerFast, ctx: int
) -> LoadedModel:
    """A model with all that is known of it."""
    config = checkpoint.config
    shape = CacheShape(config.num_hidden_layers, config.num_key_value_heads, config.head_dim, ctx)
    generation: Any = model.generation_config
    stops = generation.eos_token_id if generation.eos_token_id is not None else model.config.eos_token_id
    decoder = model.get_submodule("model")
    return LoadedModel(
        embedding=decoder.get_submodule("embed_tokens"),
        decoder=decoder,
        head=head,
        tokenizer=tokenizer,
        cache_shape=shape,
        vocabulary=config.vocab_size,
        stop_ids=frozenset([stops] if isinstance(stops, int) else stops or ()),
        defaults={
            name: value
            for name in ("temperature", "top_p", "top_k")
            if isinstance(value := getattr(generation, name, None), int | float)
        },
    )


def load_tokenizer(checkpoint: Checkpoint) -> PreTrainedTokenizerFast:
    """The fast tokenizer with its chat template."""
    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(checkpoint.path)
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{checkpoint.path}: its tokenizer cannot be read ({error}); download it again"
        ) from error
    if not tokenizer.chat_template:
        raise CheckpointError(
            f"{checkpoint.path} has no chat template (chat_template.jinja, or in tokenizer_config.json): "
            "the engine cannot lay out messages without one; take the model's chat version, or add the file"
        )
    return tokenizer


def load_model(checkpoint: Checkpoint) -> transformers.PreTrainedModel:
    """The Transformers model with `Int8Linear` layers, its weights in place."""
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


def keep_freed_memory() -> None:
    """Tells glibc to reuse big blocks instead of returning them to the system after every operation.

    Otherwise each temporary of a prefill is mapped and zeroed page by page: a 512-token matrix product with its
    rescaling took 11.5 ms, and 4.1 ms so (1 thread, 512x2816, 2026-11-20, torch 2.13, glibc).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return  # not glibc: nothing to tell
    mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
    mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD
    mallopt(-8, 1)  # M_ARENA_MAX: the engine's thread would have an arena of its own, which forgets the other two


def give_memory_back() -> None:
    """Returns freed memory to the system, which `keep_freed_memory` keeps otherwise."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):
        return
