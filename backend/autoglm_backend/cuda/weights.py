"""A GLM that Transformers loaded, as the tensors that the kernels read. Knows no requests and launches nothing."""

# Transformers' modules are typed in part only
# pyright: basic
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autoglm_backend.int8 import quantize_rows

AT_ONCE = 8192  # rows of the output matrix that are float32 while it is quantized


@dataclass(frozen=True)
class Matrix:
    """INT8 with one scale an output: `weight` (out, in), `scale` and `bias` (out) float32."""

    weight: Tensor
    scale: Tensor
    bias: Tensor | None = None

    @property
    def outs(self) -> int:
        return self.weight.shape[0]

    @property
    def ins(self) -> int:
        return self.weight.shape[1]


@dataclass(frozen=True)
class Layer:
    norm: Tensor
    qkv: Matrix
    out: Matrix
    after_attention: Tensor | None  # GLM-4-0414 norms what it adds, too
    middle_norm: Tensor
    gate_up: Matrix
    down: Matrix
    after_mlp: Tensor | None


@dataclass(frozen=True)
class Sizes:
    """Of one layer, as the kernels ask."""

    hidden: int
    inner: int
    heads: int
    kv_heads: int
    head: int
    turned: int  # values of a head that rotary positions turn
    eps: float
    scaling: float


@dataclass(frozen=True)
class Weights:
    sizes: Sizes
    embedding: Tensor
    layers: tuple[Layer, ...]
    norm: Tensor
    output: Matrix
    cos: Tensor  # (positions, turned / 2) float32
    sin: Tensor


def take(model: Any, positions: int) -> Weights:
    """The model's tensors, each on the device that it lies on; `model` loses its own as they are joined."""
    decoder, config = model.model, model.config
    layers: list[Layer] = []
    turned = 0
    cos, sin = decoder.rotary_emb(
        torch.empty(1, device=decoder.rotary_emb.inv_freq.device),
        torch.arange(positions, device=decoder.rotary_emb.inv_freq.device).unsqueeze(0),
    )
    turned = cos.shape[-1]
    with torch.no_grad():
        for layer in decoder.layers:
            attention, mlp = layer.self_attn, layer.mlp
            layers.append(
                Layer(
                    norm=layer.input_layernorm.weight.detach(),
                    qkv=joined([attention.q_proj, attention.k_proj, attention.v_proj]),
                    out=joined([attention.o_proj]),
                    after_attention=weight_of(layer, "post_self_attn_layernorm"),
                    middle_norm=layer.post_attention_layernorm.weight.detach(),
                    gate_up=joined([mlp.gate_up_proj]),
                    down=joined([mlp.down_proj]),
                    after_mlp=weight_of(layer, "post_mlp_layernorm"),
                )
            )
            attention.q_proj = attention.k_proj = attention.v_proj = None
        output = quantized(model.get_output_embeddings().weight.detach())
    first = decoder.layers[0]
    sizes = Sizes(
        hidden=config.hidden_size,
        inner=config.intermediate_size,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head=first.self_attn.head_dim,
        turned=turned,
        eps=first.input_layernorm.variance_epsilon,
        scaling=first.self_attn.scaling,
    )
    half = turned // 2  # the second half repeats the first
    return Weights(
        sizes,
        decoder.embed_tokens.weight.detach(),
        tuple(layers),
        decoder.norm.weight.detach(),
        output,
        cos[0, :, :half].float().contiguous(),
        sin[0, :, :half].float().contiguous(),
    )


def joined(linears: Sequence[Any]) -> Matrix:
    """These layers side by side."""
    biases = [linear.bias.detach().float() for linear in linears if linear.bias is not None]
    if len(linears) == 1:
        (only,) = linears
        return Matrix(only.weight.detach(), only.weight_scale.detach().float().view(-1), biases[0] if biases else None)
    return Matrix(
        torch.cat([linear.weight.detach() for linear in linears]),
        torch.cat([linear.weight_scale.detach().float().view(-1) for linear in linears]),
        torch.cat(biases) if biases else None,
    )


def quantized(output: Tensor) -> Matrix:
    """The output matrix in INT8, a few rows at a time."""
    weight = torch.empty(output.shape, dtype=torch.int8, device=output.device)
    scale = torch.empty(output.shape[0], device=output.device)
    for start in range(0, output.shape[0], AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        weight[rows], found = quantize_rows(output[rows])
        scale[rows] = found[:, 0]
    return Matrix(weight, scale)


def weight_of(layer: Any, name: str) -> Tensor | None:
    norm = getattr(layer, name, None)
    return None if norm is None else norm.weight.detach()
