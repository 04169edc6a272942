"""What a model is: its parameters by part, its bytes at every precision, its cache, its work. Downloads no weights.

From a folder, a config.json, or a Hugging Face id (config.json and the headers of its safetensors files). An
architecture that is not in `tensors.KNOWN` is counted as if it were a plain dense one, and `notes` says so.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from autoglm_backend import checkpoint
from autoglm_backend.errors import CheckpointError
from autoglm_backend.tensors import (
    KNOWN,
    LATE_VISION,
    Layer,
    Network,
    Part,
    Tensor,
    head_width,
    key_value_heads,
    network,
    text_config,
)

# What the linear weights are; all else stays at 2 bytes (4 with fp32). int8 is W8A8 with a scale a row, fp8 has one
# scale a matrix, int4 a scale of 2 bytes and a 4-bit zero for every 128 weights (AWQ, GPTQ).
Precision = Literal["fp32", "bf16", "fp16", "fp8", "int8", "int4"]
Engine = Literal["vllm", "transformers"]
BYTES: dict[Precision, float] = {"fp32": 4, "bf16": 2, "fp16": 2, "fp8": 1, "int8": 1, "int4": 0.5 + 2.5 / 128}
STORED: dict[str, Precision] = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}
# Parts that quantized checkpoints leave alone: facts/serving.md, section 2, "Weights". vLLM's online FP8 takes the
# vision tower's matrices too: 10.88 GiB were measured for GLM-4.1V-9B, where 11.57 had been expected (docs/planner.md).
CONFIGS = Path(__file__).parent / "configs"
# Hugging Face id to the config.json that ships, so that a plan needs no network. AutoGLM-Phone has GLM-4.1V's shape.
SHIPPED = {
    "zai-org/GLM-4-9B-0414": "glm-4-9b-0414",
    "zai-org/GLM-Z1-9B-0414": "glm-4-9b-0414",
    "zai-org/glm-4-9b-chat-hf": "glm-4-9b-chat-hf",
    "zai-org/GLM-4-32B-0414": "glm-4-32b-0414",
    "zai-org/GLM-Z1-32B-0414": "glm-4-32b-0414",
    "zai-org/GLM-4.1V-9B-Thinking": "glm-4.1v-9b",
    "zai-org/AutoGLM-Phone-9B": "glm-4.1v-9b",
    "zai-org/AutoGLM-Phone-9B-Multilingual": "glm-4.1v-9b",
    "zai-org/GLM-4.6V-Flash": "glm-4.6v-flash",
    "zai-org/GLM-4.5-Air": "glm-4.5-air",
    "zai-org/GLM-4.5": "glm-4.5",
    "zai-org/GLM-4.5V": "glm-4.5v",
    "zai-org/GLM-4.7-Flash": "glm-4.7-flash",
}
PAGE = 2 << 20
NEVER_QUANTIZED: frozenset[Part] = frozenset({"embedding", "head", "router", "norms", "mixing", "vision"})


@dataclass(frozen=True)
class Vision:
    """The image encoder's measures."""

    patch: int  # pixels a side
    merge: int  # patches a side that become one token
    heads: int
    hidden: int
    inner: int  # of a block's MLP
    depth: int

    def tokens(self, width: int, height: int, max_pixels: int | None = None) -> int:
        """Tokens that one image of width × height pixels becomes, after it is fitted to `max_pixels`."""
        side = self.patch * self.merge
        scale = min(1.0, math.sqrt(max_pixels / (width * height))) if max_pixels else 1.0
        columns = max(1, (math.floor if scale < 1 else round)(width * scale / side))
        rows = max(1, (math.floor if scale < 1 else round)(height * scale / side))
        return columns * rows


@dataclass(frozen=True)
class Model:
    name: str
    model_type: str
    architecture: str
    network: Network
    precision: Precision  # of the weights as they lie on the disk
    max_ctx: int
    heads: int
    kv_heads: int
    head_dim: int
    hidden: int
    inner: int  # of the dense MLP
    vocabulary: int
    experts: int = 0
    experts_per_token: int = 0
    expert_inner: int = 0
    mla: bool = False
    kv_up_per_token: int = 0  # MLA: elements that a token's latent becomes when it is expanded
    vision: Vision | None = None
    path: Path | None = None  # where the weights are; None: only config.json is known
    stored_bytes: int | None = None  # of the safetensors files
    notes: tuple[str, ...] = ()

    @property
    def layers(self) -> int:
        return len(self.network.layers)

    @property
    def parameters(self) -> int:
        return sum(tensor.size for tensor in self.network.tensors)

    @property
    def parts(self) -> dict[Part, int]:
        """Parameters of each part that the model has."""
        counted: dict[Part, int] = {}
        for tensor in self.network.tensors:
            counted[tensor.part] = counted.get(tensor.part, 0) + tensor.size
        return counted

    @property
    def active_parameters(self) -> int:
        """Parameters that one token's forward pass multiplies with: not the input embedding, not the vision tower,
        of the experts only the chosen ones."""
        share = self.experts_per_token / self.experts if self.experts else 1.0
        skipped: set[Part] = {"embedding", "vision"}
        counted = sum(
            t.size * (share if t.part == "experts" else 1.0) for t in self.network.tensors if t.part not in skipped
        )
        return round(counted) + (self.network.embedding.size if self.network.tied else 0)

    def weight_bytes(self, precision: Precision) -> int:
        """The whole model's weights in memory."""
        return round(sum(tensor_bytes(tensor, precision) for tensor in self.network.tensors))

    def rank_bytes(self, precision: Precision, tp: int, layers: range, *, first: bool, last: bool) -> int:
        """Weights that one rank of a tensor-parallel group holds, of one pipeline stage, as vLLM lays them out.

        Rows of the vocabulary are padded to 64; key-value heads are copied where there are more ranks than heads;
        narrow MLA projections, routers and norms are on every rank (vllm/model_executor/models/glm4*.py, 0.25.1).
        With quantized weights MLA keeps `kv_b_proj` once more at 2 bytes, for the absorbed products. Each
        large parameter is rounded up as torch allocates it: 0.12 GiB of GLM-4-32B's on two ranks.
        """
        tensors = [tensor for index in layers for tensor in self.network.layers[index].tensors]
        tensors += [*self.network.vision, self.network.embedding] if first else []
        tensors += [self.network.norm] if last else []
        if last and not (self.network.tied and first):
            tensors.append(self.network.head)
        held = sum(self._share(t, tp) * tensor_bytes(t, precision) for t in tensors if not t.linear)
        held += sum(self._absorbed(tensor, tp, precision) for tensor in tensors)
        for _, merged in groupby((t for t in tensors if t.linear), parameter):
            held += allocated(sum(self._share(t, tp) * tensor_bytes(t, precision) for t in merged))
        return round(held)

    def _share(self, tensor: Tensor, tp: int) -> float:
        match tensor.split:
            case "heads" | "inner" | "vision":
                return 1 / tp
            case "kv_heads":
                return max(1, self.kv_heads // tp) / self.kv_heads
            case "vocabulary":
                return math.ceil(self.vocabulary / 64 / tp) * 64 / self.vocabulary
            case "none":
                return 1.0

    def _absorbed(self, tensor: Tensor, tp: int, precision: Precision) -> float:
        quantized = precision in ("fp8", "int8", "int4")
        return 2 * tensor.size / tp if quantized and "kv_b_proj" in tensor.name else 0.0

    def kv_bytes(
        self, engine: Engine = "vllm", *, tp: int = 1, element_bytes: float = 2, layers: range | None = None
    ) -> int:
        """Bytes of cache that one token takes on one rank.

        vLLM and Transformers (5.x) both keep MLA's compressed vector; on every rank of a tensor-parallel group, since
        it has one head. Key-value heads fewer than ranks are copied.
        """
        ranks = tp if engine == "vllm" else 1
        chosen = self.network.layers if layers is None else [self.network.layers[index] for index in layers]
        return round(sum(layer_kv_bytes(layer, ranks, element_bytes) for layer in chosen))

    @property
    def expanded_kv_bytes(self) -> int:
        """What an engine without MLA would keep for each token, in bf16. The 17.8-fold of ollama#13789."""
        return sum(
            2 * (layer.kv.uncompressed or 2 * layer.kv.heads * layer.kv.head_dim) for layer in self.network.layers
        )

    @property
    def state_bytes(self) -> int:
        """What linear-attention layers keep for each request, in fp32, however long it is."""
        return sum(4 * layer.kv.state for layer in self.network.layers)

    def flops(self, tokens: int, before: int = 0) -> float:
        """Floating-point operations to read `tokens` new tokens after `before` others; logits of the last one only."""
        linear = 2.0 * (self.active_parameters - self.network.head.size) * tokens + 2.0 * self.network.head.size
        return linear + self.attention_flops(tokens, before)

    def attention_flops(self, tokens: int, before: int = 0) -> float:
        """Of these, what attention takes."""
        attended = tokens * before + tokens * tokens / 2
        return 4.0 * attended * self.heads * self.head_dim * self.attention_layers

    @property
    def attention_layers(self) -> int:
        return sum(1 for layer in self.network.layers if not layer.kv.state)


def parameter(tensor: Tensor) -> str:
    """What vLLM makes one parameter of: queries, keys and values; a gated MLP's two halves."""
    return re.sub(r"\b[qkv]_proj", "qkv_proj", re.sub(r"\b(gate|up)_proj", "gate_up_proj", tensor.name))


def allocated(size: float) -> float:
    """Bytes that torch's allocator takes for so many: whole pages of 2 MiB from 10 MiB on.

    A rest over 1 MiB it cuts off and gives to others (c10/cuda/CUDACachingAllocator.cpp, kRoundLarge, kSmallSize).
    """
    rest = -size % PAGE
    return size + rest if size >= 5 * PAGE and rest <= PAGE / 2 else size


def tensor_bytes(tensor: Tensor, precision: Precision) -> float:
    if precision == "fp32" or tensor.fp32:
        return 4.0 * tensor.size
    left_alone = tensor.part in NEVER_QUANTIZED and not (tensor.part == "vision" and precision == "fp8")
    if left_alone or not tensor.linear or precision in ("bf16", "fp16"):
        return 2.0 * tensor.size
    scales = 4 * tensor.rows if precision == "int8" else 0
    return BYTES[precision] * tensor.size + scales


def layer_kv_bytes(layer: Layer, tp: int, element_bytes: float) -> float:
    kv = layer.kv
    local = max(1, kv.heads // tp) if kv.heads else 0
    return (2 * local * kv.head_dim + kv.latent) * element_bytes + kv.indexer


def read(model: str) -> Model:
    """`embedded`, a folder, a config.json, one that ships (`glm-4-9b-0414`), or a Hugging Face id.

    Raises CheckpointError.
    """
    path = checkpoint.EMBEDDED if model == "embedded" else Path(model).expanduser()
    if path.is_dir():
        config = read_json(path / "config.json")
        return describe(
            config, "embedded" if path == checkpoint.EMBEDDED else path.resolve().name, path=path, stored=sizes(path)
        )
    if (shipped := CONFIGS / f"{SHIPPED.get(model, model)}.json").is_file():
        return describe(read_json(shipped), model)
    if path.is_file():
        return describe(read_json(path), path.resolve().parent.name if path.name == "config.json" else path.stem)
    if model.count("/") == 1 and not model.startswith((".", "~", "/")):
        return from_hub(model)
    raise CheckpointError(
        f"there is no model {model}: name a folder with config.json, a config.json, a Hugging Face id such as "
        "zai-org/GLM-4-9B-0414, or `embedded`"
    )


def from_hub(repository: str, endpoint: str | None = None, cache: Path | None = None) -> Model:
    """config.json and safetensors' headers of a repository on Hugging Face's hub, a few hundred kilobytes."""
    import httpx
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, NotASafetensorsRepoError

    try:
        config = read_json(Path(hf_hub_download(repository, "config.json", endpoint=endpoint, cache_dir=cache)))
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx.HTTPError, OSError) as error:
        raise CheckpointError(
            f"cannot read config.json of {repository}: {str(error).splitlines()[0]}; check the name and the network, "
            "or give the folder or the config.json of a model that is here"
        ) from error
    try:
        found = HfApi(endpoint=endpoint).get_safetensors_metadata(repository)
    except (HfHubHTTPError, NotASafetensorsRepoError, httpx.HTTPError, OSError):
        return describe(config, repository)
    offsets = (tensor.data_offsets for file in found.files_metadata.values() for tensor in file.tensors.values())
    return describe(config, repository, stored=sum(end - start for start, end in offsets))


def sizes(folder: Path) -> int | None:
    """Bytes of tensors in the folder's safetensors files; None where there are none."""
    if not any(folder.glob("*.safetensors")):
        return None
    headers = (checkpoint.read_header(shard) for shard in checkpoint.find_shards(folder))
    return sum(header_bytes(header.values()) for header in headers)


def header_bytes(tensors: Iterable[checkpoint.TensorHeader]) -> int:
    width = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2}
    return sum(width.get(tensor.dtype, 1) * math.prod(tensor.shape) for tensor in tensors)


def read_json(file: Path) -> dict[str, Any]:
    try:
        values: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{file.parent} has no config.json: this is not a model folder; name another") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{file} is not JSON ({error}): download or copy it again") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{file} is not a model's config.json: it holds no object; name another")
    return values


def describe(config: dict[str, Any], name: str, *, path: Path | None = None, stored: int | None = None) -> Model:
    """The model that config.json means. Raises CheckpointError where a size is missing."""
    text = text_config(config)
    kind = str(config.get("model_type", "unknown"))
    try:
        for size in ("hidden_size", "num_attention_heads", "num_hidden_layers", "vocab_size"):
            if int(text[size]) < 1:
                raise ValueError(f"{size} ({text[size]})")
        net = network(config)
        heads, hidden = int(text["num_attention_heads"]), int(text["hidden_size"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise CheckpointError(
            f"config.json of {name} ({kind}) lacks or garbles {error}: the plan needs the model's sizes; "
            "take config.json from the model's own repository"
        ) from error
    mla = "kv_lora_rank" in text
    nope, rope, value = (int(text.get(key) or 0) for key in ("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"))
    model = Model(
        name=name,
        model_type=kind,
        architecture=str((config.get("architectures") or [kind])[0]),
        network=net,
        precision=stored_precision(config, text),
        max_ctx=int(text.get("max_position_embeddings") or 32768),
        heads=heads,
        kv_heads=heads if mla else key_value_heads(text),
        head_dim=nope + rope if mla else head_width(text),
        hidden=hidden,
        inner=int(text.get("intermediate_size") or 4 * hidden),
        vocabulary=int(text["vocab_size"]),
        experts=int(text.get("n_routed_experts") or 0),
        experts_per_token=int(text.get("num_experts_per_tok") or 0),
        expert_inner=int(text.get("moe_intermediate_size") or 0),
        mla=mla,
        kv_up_per_token=heads * (nope + value) if mla else 0,
        vision=vision_of(config),
        path=path,
        stored_bytes=stored,
    )
    return replace(model, notes=remarks(model))


def vision_of(config: dict[str, Any]) -> Vision | None:
    if "vision_config" not in config:
        return None
    vision = config["vision_config"]
    return Vision(
        patch=int(vision["patch_size"]),
        merge=int(vision["spatial_merge_size"]),
        heads=int(vision.get("num_heads") or vision["num_attention_heads"]),
        hidden=int(vision["hidden_size"]),
        inner=int(vision["intermediate_size" if config.get("model_type") in LATE_VISION else "out_hidden_size"]),
        depth=int(vision.get("depth") or vision["num_hidden_layers"]),
    )


def stored_precision(config: dict[str, Any], text: dict[str, Any]) -> Precision:
    """What the weights are on the disk, by quantization_config and dtype."""
    quantization: dict[str, Any] = config.get("quantization_config") or {}
    if quantization:
        method = str(quantization.get("quant_method", ""))
        groups: list[dict[str, Any]] = list((quantization.get("config_groups") or {}).values())
        weights: dict[str, Any] = (groups[0].get("weights") or {}) if groups else {}
        bits = int(weights.get("num_bits") or quantization.get("bits") or (8 if "8" in method else 4))
        floating = "fp8" in method or weights.get("type") == "float"
        return "fp8" if bits == 8 and floating else "int8" if bits == 8 else "int4"
    kind = str(
        config.get("dtype") or config.get("torch_dtype") or text.get("dtype") or text.get("torch_dtype") or "bfloat16"
    )
    return STORED.get(kind, "bf16")


def remarks(model: Model) -> tuple[str, ...]:
    notes: list[str] = []
    if model.model_type not in KNOWN:
        notes.append(
            f"{model.model_type!r} is not a GLM that this version knows: its tensors are guessed as a plain dense "
            "Transformer's, so bytes may be off by several percent"
        )
    expected = model.weight_bytes(model.precision)
    if model.stored_bytes is not None and abs(model.stored_bytes - expected) > 0.01 * expected:
        difference = (model.stored_bytes - expected) / 2**30
        notes.append(
            f"the files hold {difference:+.2f} GiB against config.json's {expected / 2**30:.2f}: layers for "
            "multi-token prediction, or tensors this version does not count"
        )
    return tuple(notes)
