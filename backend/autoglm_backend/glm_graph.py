"""A GLM as OpenVINO's operations, straight from a checkpoint's tensors. Knows no conversations.

Inputs, for the rows of all conversations side by side: `hidden` (rows, hidden) from the embedding, `cos` and `sin`
(rows, 1, turned / 2), `ends` (conversations,) the last row of each, and what the paged attention reads, named as there.
"""

# OpenVINO's operations are typed in part only
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
from __future__ import annotations

from typing import Any

import numpy as np
import openvino
import openvino.opset13 as ops
from numpy.typing import NDArray

from autoglm_backend.checkpoint import GlmConfig
from autoglm_backend.weights import Weights, quantize_rows

ov: Any = openvino  # its stubs lack the paged attention
Float = NDArray[np.float32]
Node = Any
INDEXES = ("past_lens", "subsequence_begins", "block_indices", "block_indices_begins")


class Glm:
    """Builds the graph, layer by layer."""

    def __init__(self, config: GlmConfig, weights: Weights) -> None:
        self.config = config
        self.weights = weights
        self.inputs: list[Node] = []
        half = config.rope.size // 2
        rows = [self.input("hidden", ov.Type.f32, -1, config.hidden_size)]
        rows += [self.input(name, ov.Type.f32, -1, 1, half) for name in ("cos", "sin")]
        self.hidden, self.cos, self.sin = rows
        self.ends = self.input("ends", ov.Type.i32, -1)
        self.indexes = [self.input(name, ov.Type.i32, -1) for name in INDEXES]
        self.longest = self.input("max_context_len", ov.Type.i32)

    def model(self) -> openvino.Model:
        """Logits (conversations, vocabulary), float32."""
        hidden = self.hidden
        for layer in range(self.config.num_hidden_layers):
            hidden = self.layer(layer, hidden, last=layer == self.config.num_hidden_layers - 1)
        hidden = self.norm(hidden, "model.norm")
        head = "model.embed_tokens.weight" if self.config.tie_word_embeddings else "lm_head.weight"
        logits = linear(hidden, *quantize_rows(self.weights.floats(head)))
        return ov.Model([ops.result(logits)], self.inputs, "glm")

    def layer(self, number: int, hidden: Node, last: bool) -> Node:
        at = f"model.layers.{number}."
        mixed = self.attention(number, self.norm(hidden, at + "input_layernorm"))
        if last:  # what comes after is of one row a conversation
            hidden, mixed = (ops.gather(rows, self.ends, constant(0)) for rows in (hidden, mixed))
        mixed = self.linear(mixed, at + "self_attn.o_proj")
        hidden = ops.add(hidden, self.norm(mixed, at + "post_self_attn_layernorm"))
        inner = self.mlp(self.norm(hidden, at + "post_attention_layernorm"), at + "mlp.")
        return ops.add(hidden, self.norm(inner, at + "post_mlp_layernorm"))

    def attention(self, number: int, hidden: Node) -> Node:
        config, at = self.config, f"model.layers.{number}.self_attn."
        heads, kv_heads, size = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        projected = linear(hidden, *self.side_by_side(at))
        turned, value = split(projected, (heads + kv_heads) * size, kv_heads * size)
        query, key = split(self.rotated(turned, heads + kv_heads), heads * size, kv_heads * size)
        memory = [self.input(f"{kind}.{number}", ov.Type.dynamic, -1, -1, -1, -1) for kind in ("keys", "values")]
        attention: Any = ov.op._PagedAttentionExtension(
            [
                each if isinstance(each, openvino.Output) else each.output(0)
                for each in (
                    query, key, value, *memory, *self.indexes,
                    constant(size**-0.5, np.float32),
                    constant(0),  # no sliding window
                    none(np.float32),  # no ALiBi
                    self.longest,
                    *unused(),
                )
            ]
        )  # fmt: skip
        for name, of in (
            ("num_k_heads", kv_heads),
            ("num_v_heads", kv_heads),
            ("k_head_size", size),
            ("v_head_size", size),
        ):
            attention.get_rt_info()[name] = of
        return attention.output(0)

    def side_by_side(self, at: str) -> tuple[NDArray[np.int8], Float, Float | None]:
        """One matrix for query, key and value: each product costs a handing out of work, 0.01 ms of two threads."""
        names = [f"{at}{kind}_proj" for kind in "qkv"]
        weights, scales = zip(*(self.weights.int8(name + ".weight") for name in names), strict=True)
        biases = [self.weights.floats(name + ".bias") for name in names if name + ".bias" in self.weights]
        order = self.halves_first()
        weight, scale = np.concatenate(weights)[order], np.concatenate(scales)[order]
        return weight, scale, np.concatenate(biases)[order] if biases else None

    def halves_first(self) -> NDArray[np.intp]:
        """Where the outputs of query, key and value come from, so that pairs to be turned lie a half apart and not side
        by side.

        Scores stay the same when keys and queries are ordered alike.
        """
        config = self.config
        turned = np.arange(config.rope.size)
        order = np.concatenate([turned[0::2], turned[1::2], np.arange(config.rope.size, config.head_dim)])
        heads = config.num_attention_heads + config.num_key_value_heads
        values = heads * config.head_dim + np.arange(config.num_key_value_heads * config.head_dim)
        return np.concatenate([(np.arange(heads)[:, None] * config.head_dim + order).reshape(-1), values])

    def mlp(self, hidden: Node, at: str) -> Node:
        inner = self.config.intermediate_size
        gate, up = split(self.linear(hidden, at + "gate_up_proj"), inner, inner)
        return self.linear(ops.multiply(ops.swish(gate), up), at + "down_proj")

    def linear(self, hidden: Node, name: str) -> Node:
        return linear(hidden, *self.weights.int8(name + ".weight"))

    def rotated(self, states: Node, heads: int) -> Node:
        half, rest = self.config.rope.size // 2, self.config.head_dim - self.config.rope.size
        shaped = ops.reshape(states, constant([-1, heads, self.config.head_dim]), special_zero=False)
        left, right, *straight = split(shaped, half, half, *([rest] if rest else []))
        turned = [
            ops.subtract(ops.multiply(left, self.cos), ops.multiply(right, self.sin)),
            ops.add(ops.multiply(right, self.cos), ops.multiply(left, self.sin)),
        ]
        joined = ops.concat([*turned, *straight], -1)
        return ops.reshape(joined, constant([-1, heads * self.config.head_dim]), special_zero=False)

    def norm(self, hidden: Node, name: str) -> Node:
        """RMS norm; as it is where the architecture has none of this name."""
        if name + ".weight" not in self.weights:
            return hidden
        square = ops.reduce_mean(ops.power(hidden, constant(2, np.float32)), constant([-1]), keep_dims=True)
        root = ops.sqrt(ops.add(square, constant(self.config.rms_norm_eps, np.float32)))
        straight = ops.multiply(hidden, ops.divide(constant(1, np.float32), root))
        return ops.multiply(straight, ops.constant(self.weights.floats(name + ".weight").reshape(1, -1)))

    def input(self, name: str, kind: openvino.Type, *shape: int) -> Node:
        parameter = ops.parameter(ov.PartialShape(list(shape)), kind)
        parameter.output(0).get_tensor().set_names({name})
        self.inputs.append(parameter)
        return parameter


def linear(hidden: Node, weight: NDArray[np.int8], scale: Float, bias: Float | None = None) -> Node:
    """OpenVINO keeps weights in this form INT8, and multiplies by them as its processor does best."""
    whole = ops.multiply(
        ops.convert(ov.op.Constant(np.ascontiguousarray(weight), shared_memory=True), "f32"), ops.constant(scale)
    )
    out = ops.matmul(hidden, whole, transpose_a=False, transpose_b=True)
    return out if bias is None else ops.add(out, ops.constant(bias.reshape(1, -1)))


def split(values: Node, *sizes: int) -> list[Node]:
    return ops.variadic_split(values, constant(-1), constant(sizes)).outputs()


def constant(value: Any, dtype: Any = np.int32) -> Node:
    return ops.constant(np.asarray(value, dtype=dtype))


def none(dtype: Any, axes: int = 1) -> Node:
    return ops.constant(np.zeros((0,) * axes, dtype=dtype))


def unused() -> list[Node]:
    """The attention's inputs for what it does not do here, in its order (OpenVINO 2026.4, PagedAttentionExtension)."""
    return [
        none(np.int32),  # score aggregation
        none(np.int32), none(np.int32), none(np.float32),  # rotation of what is cached: blocks, angles, table
        none(np.float32), constant(0), constant(0),  # sparse attention: threshold, block, stride
        none(np.float32, 4),  # sinks
        constant(0), none(np.int32), none(np.int32), none(np.int32), none(np.int32),  # eviction
        none(np.uint8), none(np.int32),  # masks between queries
    ]  # fmt: skip
