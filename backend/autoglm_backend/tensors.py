"""Which tensors a GLM has, from its config.json alone. Names and shapes are Transformers 5.23's; reads no file.

A layer is a list of tensors, a model a list of layers with what stands before and after them, so that bytes can be
counted by part, by precision, and by the share that one of several GPUs holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

Part = Literal["embedding", "attention", "mlp", "experts", "shared", "router", "norms", "mixing", "vision", "head"]
# How tensor parallelism cuts a tensor: by attention heads, by key-value heads (copied where there are more ranks than
# heads), by the inner width of the MLP, by rows of the vocabulary, by the vision tower's own widths, or not at all.
Split = Literal["heads", "kv_heads", "inner", "vocabulary", "vision", "none"]


@dataclass(frozen=True)
class Tensor:
    part: Part
    name: str
    shape: tuple[int, ...]
    split: Split = "none"
    linear: bool = False  # a matrix that quantizers shrink: nn.Linear's weight, or a stack of experts
    fp32: bool = False  # vLLM keeps it in fp32 whatever the checkpoint's type

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def rows(self) -> int:
        """Output channels: INT8 and FP8 per channel hold a scale for each."""
        return self.size // self.shape[-1]


@dataclass(frozen=True)
class Kv:
    """What one layer keeps of each token, in elements of the cache's type."""

    heads: int = 0  # key-value heads of `head_dim` keys and as many values; 0: none
    head_dim: int = 0
    latent: int = 0  # MLA: one compressed vector and its rotary part, the same on every rank
    uncompressed: int = 0  # what an engine without MLA keeps instead: full keys and values of every head
    indexer: int = 0  # bytes: the sparse attention's own keys, FP8 with a scale for every 128
    state: int = 0  # elements for each request and none for a token: linear attention


@dataclass(frozen=True)
class Layer:
    tensors: tuple[Tensor, ...]
    kv: Kv


@dataclass(frozen=True)
class Network:
    """All tensors, in the order they run."""

    embedding: Tensor
    layers: tuple[Layer, ...]
    norm: Tensor
    head: Tensor  # counted only when not tied
    tied: bool
    vision: tuple[Tensor, ...] = ()

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        inner = tuple(tensor for layer in self.layers for tensor in layer.tensors)
        ends = (self.norm,) if self.tied else (self.norm, self.head)
        return (*self.vision, self.embedding, *inner, *ends)


DENSE = ("glm", "glm4", "glm4v", "glm46v", "glmga", "glm_ocr")
GQA_EXPERTS = ("glm4_moe", "glm4v_moe")
LATE_VISION = ("glm_ocr", "glm5_next")  # the second build of vision tower
KNOWN = (*DENSE, *GQA_EXPERTS, "glm4_moe_lite", "glm_moe_dsa", "glm5_next")
# config.json leaves these out where the class knows them.
BIASED = ("glm", "glm4", "glm4v", "glm46v", "glmga")
FOUR_NORMS = ("glm4", "glm4v", "glm46v", "glmga", "glm_ocr")


def text_config(config: dict[str, Any]) -> dict[str, Any]:
    """The language model's part; what only the outer part says is taken from there."""
    outer = {key: config[key] for key in ("tie_word_embeddings",) if key in config}
    return {**outer, **config["text_config"]} if "text_config" in config else config


def network(config: dict[str, Any]) -> Network:
    """Raises KeyError, with the key, where config.json lacks a size that has no default."""
    kind, text = str(config.get("model_type", "")), text_config(config)
    hidden, vocabulary = int(text["hidden_size"]), int(text["vocab_size"])
    cache: dict[tuple[bool, bool, bool], Layer] = {}
    layers: list[Layer] = []
    for index in range(int(text["num_hidden_layers"])):
        look = (has_experts(kind, text, index), has_indexer(text, index), is_linear_attention(kind, text, index))
        if look not in cache:
            cache[look] = layer(kind, text, *look)
        layers.append(cache[look])
    return Network(
        embedding=Tensor("embedding", "embed_tokens.weight", (vocabulary, hidden), "vocabulary"),
        layers=tuple(layers),
        norm=Tensor("norms", "norm.weight", (hidden,)),
        head=Tensor("head", "lm_head.weight", (vocabulary, hidden), "vocabulary"),
        tied=bool(text.get("tie_word_embeddings", False)),
        vision=vision_tower(kind, config["vision_config"]) if "vision_config" in config else (),
    )


def layer(kind: str, text: dict[str, Any], experts: bool, indexer: bool, linear: bool) -> Layer:
    hidden = int(text["hidden_size"])
    names = ["input_layernorm", "post_attention_layernorm"]
    if kind in FOUR_NORMS:
        names += ["post_self_attn_layernorm", "post_mlp_layernorm"]
    tensors = [Tensor("norms", f"{name}.weight", (hidden,)) for name in names]
    if linear:
        attention, kv = kimi_attention(text)
    elif "kv_lora_rank" in text:
        attention, kv = latent_attention(text, indexer, pooled=kind == "glm5_next")
    else:
        attention, kv = grouped_attention(kind, text)
    tensors += attention
    if experts:
        tensors += mixture(text)
    else:
        fused = kind in DENSE
        tensors += perceptron("mlp", "mlp", hidden, int(text["intermediate_size"]), fused)
    if kind == "glm5_next":
        tensors += hyper_connections(text)
    return Layer(tuple(tensors), kv)


def has_experts(kind: str, text: dict[str, Any], index: int) -> bool:
    if "n_routed_experts" not in text:
        return False
    kinds = text.get("mlp_layer_types")
    if kinds:
        return kinds[index] == "sparse"
    default = 3 if kind in ("glm_moe_dsa", "glm5_next") else 1
    first = 1 if kind == "glm4_moe_lite" else int(text.get("first_k_dense_replace", default))
    return index >= first


def has_indexer(text: dict[str, Any], index: int) -> bool:
    """GLM-5.2's layers share an indexer: the ones called `shared` have none of their own."""
    if "index_topk" not in text:
        return False
    if kinds := text.get("indexer_types"):
        return kinds[index] == "full"
    if pattern := text.get("index_topk_pattern"):
        return pattern[index] in ("F", "full")
    frequency, offset = max(int(text.get("index_topk_freq", 1)), 1), int(text.get("index_skip_topk_offset", 2))
    return max(index - offset + 1, 0) % frequency == 0


def is_linear_attention(kind: str, text: dict[str, Any], index: int) -> bool:
    if kind != "glm5_next":
        return False
    kinds = text.get("layer_types")
    return kinds[index] == "linear_attention" if kinds else index % 4 != 3


def head_width(text: dict[str, Any]) -> int:
    return int(text.get("head_dim") or int(text["hidden_size"]) // int(text["num_attention_heads"]))


def key_value_heads(text: dict[str, Any]) -> int:
    return int(text.get("num_key_value_heads") or text["num_attention_heads"])


def matrix(part: Part, name: str, rows: int, columns: int, split: Split = "none") -> Tensor:
    return Tensor(part, f"{name}.weight", (rows, columns), split, linear=True)


def grouped_attention(kind: str, text: dict[str, Any]) -> tuple[list[Tensor], Kv]:
    hidden, width, groups = int(text["hidden_size"]), head_width(text), key_value_heads(text)
    heads = int(text["num_attention_heads"]) * width
    # glm4v's text model has the biases whatever its config.json says; glm_ocr's has none.
    if kind in ("glm4v", "glm46v", "glmga"):
        biased = True
    elif kind == "glm_ocr":
        biased = False
    else:
        biased = bool(text.get("attention_bias", kind in BIASED or kind == "glm4v_moe"))
    tensors: list[Tensor] = []
    projections: list[tuple[str, int, Split]] = [
        ("q_proj", heads, "heads"),
        ("k_proj", groups * width, "kv_heads"),
        ("v_proj", groups * width, "kv_heads"),
    ]
    for name, rows, split in projections:
        tensors.append(matrix("attention", f"self_attn.{name}", rows, hidden, split))
        if biased:
            tensors.append(Tensor("attention", f"self_attn.{name}.bias", (rows,), split))
    tensors.append(matrix("attention", "self_attn.o_proj", hidden, heads, "heads"))
    if text.get("use_qk_norm"):
        tensors += [Tensor("norms", f"self_attn.{name}.weight", (width,)) for name in ("q_norm", "k_norm")]
    return tensors, Kv(heads=groups, head_dim=width)


def latent_attention(text: dict[str, Any], indexer: bool, *, pooled: bool) -> tuple[list[Tensor], Kv]:
    """MLA: queries and keys come out of narrow vectors; only the keys' narrow vector is kept."""
    hidden, heads = int(text["hidden_size"]), int(text["num_attention_heads"])
    nope, rope, value = (int(text[key]) for key in ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"))
    latent, query = int(text["kv_lora_rank"]), text.get("q_lora_rank")
    if query is None:
        tensors = [matrix("attention", "self_attn.q_proj", heads * (nope + rope), hidden, "heads")]
    else:
        tensors = [
            matrix("attention", "self_attn.q_a_proj", int(query), hidden),
            Tensor("norms", "self_attn.q_a_layernorm.weight", (int(query),)),
            matrix("attention", "self_attn.q_b_proj", heads * (nope + rope), int(query), "heads"),
        ]
    tensors += [
        matrix("attention", "self_attn.kv_a_proj_with_mqa", latent + rope, hidden),
        Tensor("norms", "self_attn.kv_a_layernorm.weight", (latent,)),
        matrix("attention", "self_attn.kv_b_proj", heads * (nope + value), latent, "heads"),
        matrix("attention", "self_attn.o_proj", hidden, heads * value, "heads"),
    ]
    index_bytes = 0
    if indexer:
        width, index_heads = int(text["index_head_dim"]), int(text["index_n_heads"])
        index_bytes = width + 4 * math.ceil(width / 128)
        tensors += [
            matrix("attention", "self_attn.indexer.wq_b", index_heads * width, int(query or hidden)),
            matrix("attention", "self_attn.indexer.wk", width, hidden),
            Tensor("norms", "self_attn.indexer.k_norm.weight", (width,)),
            Tensor("norms", "self_attn.indexer.k_norm.bias", (width,)),
            matrix("attention", "self_attn.indexer.weights_proj", index_heads, hidden),
        ]
        if pooled:
            pool = int(text["index_kpool"])
            tensors += [
                Tensor("attention", "self_attn.indexer.index_kpool_compress_ape", (pool, width)),
                Tensor("attention", "self_attn.indexer.index_kpool_compress_gate", (width, hidden)),
            ]
    return tensors, Kv(latent=latent + rope, uncompressed=heads * (nope + rope + value), indexer=index_bytes)


def kimi_attention(text: dict[str, Any]) -> tuple[list[Tensor], Kv]:
    """KDA, GLM-5.3's linear attention: a fixed state for each request and no cache for a token."""
    hidden = int(text["hidden_size"])
    # The checkpoint nests these; the class flattens them.
    nested: dict[str, Any] = text.get("linear_attn_config") or {}
    heads = int(nested.get("num_heads", text.get("linear_num_heads", 64)))
    width = int(nested.get("head_dim", text.get("linear_head_dim", 128)))
    kernel = int(nested.get("short_conv_kernel_size", text.get("linear_conv_kernel_dim", 4)))
    inner = heads * width
    tensors = [
        matrix("attention", f"self_attn.{name}", inner, hidden, "heads") for name in ("q_proj", "k_proj", "v_proj")
    ]
    tensors += [
        Tensor("attention", "self_attn.conv1d.weight", (3 * inner, 1, kernel), "heads"),
        Tensor("attention", "self_attn.forget_gate.dt_bias", (inner,), "heads"),
        Tensor("attention", "self_attn.forget_gate.A_log", (heads,), "heads"),
        matrix("attention", "self_attn.forget_gate.f_a_proj", width, hidden),
        matrix("attention", "self_attn.forget_gate.f_b_proj", inner, width, "heads"),
        matrix("attention", "self_attn.b_proj", heads, hidden, "heads"),
        matrix("attention", "self_attn.g_a_proj", width, hidden),
        matrix("attention", "self_attn.g_b_proj", inner, width, "heads"),
        Tensor("norms", "self_attn.o_norm.weight", (width,)),
        matrix("attention", "self_attn.o_proj", hidden, inner, "heads"),
    ]
    return tensors, Kv(state=inner * width + 3 * inner * (kernel - 1))


def perceptron(part: Part, name: str, hidden: int, inner: int, fused: bool) -> list[Tensor]:
    up = (
        [matrix(part, f"{name}.gate_up_proj", 2 * inner, hidden, "inner")]
        if fused
        else [matrix(part, f"{name}.{half}_proj", inner, hidden, "inner") for half in ("gate", "up")]
    )
    return [*up, matrix(part, f"{name}.down_proj", hidden, inner, "inner")]


def mixture(text: dict[str, Any]) -> list[Tensor]:
    hidden, inner, experts = (int(text[key]) for key in ("hidden_size", "moe_intermediate_size", "n_routed_experts"))
    tensors = [
        Tensor("experts", "mlp.experts.gate_up_proj", (experts, 2 * inner, hidden), "inner", linear=True),
        Tensor("experts", "mlp.experts.down_proj", (experts, hidden, inner), "inner", linear=True),
        Tensor("router", "mlp.gate.weight", (experts, hidden), fp32=True),
    ]
    shared = int(text.get("n_shared_experts") or 0)
    return [*tensors, *(perceptron("shared", "mlp.shared_experts", hidden, shared * inner, False) if shared else ())]


def hyper_connections(text: dict[str, Any]) -> list[Tensor]:
    """GLM-5.3's several residual streams and the small matrices that mix them."""
    streams, hidden = int(text.get("hc_mult", 4)), int(text["hidden_size"])
    mixes = streams * (streams + 2)
    return [
        Tensor("mixing", f"{where}.{name}", shape)
        for where in ("attn_hc", "ffn_hc")
        for name, shape in (("fn", (mixes, streams * hidden)), ("base", (mixes,)), ("scale", (3,)))
    ]


def vision_tower(kind: str, vision: dict[str, Any]) -> tuple[Tensor, ...]:
    """The image encoder. Two builds: GLM-4.1V's, and the one that GLM-OCR and GLM-5.3 share."""
    late = kind in LATE_VISION
    depth = int(vision.get("depth") or vision["num_hidden_layers"])
    heads = int(vision.get("num_heads") or vision["num_attention_heads"])
    hidden, out, merge = int(vision["hidden_size"]), int(vision["out_hidden_size"]), int(vision["spatial_merge_size"])
    patch, channels = int(vision["patch_size"]), int(vision.get("in_channels", 3))
    temporal, inner = int(vision["temporal_patch_size"]), int(vision["intermediate_size"])
    biased = bool(vision.get("attention_bias", late))
    block: list[Tensor] = [Tensor("vision", f"norm{n}.weight", (hidden,)) for n in (1, 2)]

    def project(name: str, rows: int, columns: int) -> list[Tensor]:
        weight = matrix("vision", name, rows, columns, "vision")
        return [weight, Tensor("vision", f"{name}.bias", (rows,), "vision")] if biased else [weight]

    block += [*project("attn.qkv", 3 * hidden, hidden), *project("attn.proj", hidden, hidden)]
    if late:
        block += [Tensor("vision", f"attn.{name}.weight", (hidden // heads,)) for name in ("q_norm", "k_norm")]
    block_inner = inner if late else out
    for name in ("gate_proj", "up_proj"):
        block += project(f"mlp.{name}", block_inner, hidden)
    block += project("mlp.down_proj", hidden, block_inner)

    tensors: list[Tensor] = [
        Tensor("vision", "patch_embed.proj.weight", (hidden, channels, temporal, patch, patch)),
        Tensor("vision", "patch_embed.proj.bias", (hidden,)),
        Tensor("vision", "downsample.weight", (out, hidden, merge, merge)),
        Tensor("vision", "downsample.bias", (out,)),
        Tensor("vision", "post_layernorm.weight", (hidden,)),
        *block * depth,
    ]
    if not late:
        places = (int(vision["image_size"]) // patch) ** 2
        tensors.append(Tensor("vision", "embeddings.position_embedding.weight", (places, hidden)))
        tensors.append(Tensor("vision", "post_conv_layernorm.weight", (hidden,)))
    merger_inner = int(vision.get("projection_intermediate_size") or out * channels) if late else inner
    tensors += [
        matrix("vision", "merger.proj", out, out, "vision"),
        Tensor("vision", "merger.post_projection_norm.weight", (out,)),
        Tensor("vision", "merger.post_projection_norm.bias", (out,)),
        *(replace(tensor, split="vision") for tensor in perceptron("vision", "merger", out, merger_inner, False)),
    ]
    return tuple(tensors)
