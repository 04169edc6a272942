"""Where a model's files are, and whether this engine can run them. Reads headers only; imports no torch."""

from __future__ import annotations

import json
import math
import re
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from autoglm_backend.errors import CheckpointError

ARCHITECTURES = ("Glm4ForCausalLM", "GlmForCausalLM")
LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_up_proj", "down_proj")
EMBEDDED = Path(__file__).parent / "embedded"
DOWNLOADED = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
FLOATS = ("F32", "F16", "BF16")

# vLLM and llm-compressor read these same words; the format and the tensors' names come from compressed-tensors.
W8A8: dict[str, Any] = {
    "quant_method": "compressed-tensors",
    "format": "int-quantized",
    "quantization_status": "compressed",
    "global_compression_ratio": None,
    "kv_cache_scheme": None,
    "ignore": ["lm_head"],
    "config_groups": {
        "group_0": {
            "targets": ["Linear"],
            "weights": {
                "num_bits": 8,
                "type": "int",
                "symmetric": True,
                "strategy": "channel",
                "dynamic": False,
                "group_size": None,
                "block_structure": None,
                "actorder": None,
                "observer": "minmax",
                "observer_kwargs": {},
            },
            "input_activations": {
                "num_bits": 8,
                "type": "int",
                "symmetric": True,
                "strategy": "token",
                "dynamic": True,
                "group_size": None,
                "block_structure": None,
                "actorder": None,
                "observer": None,
                "observer_kwargs": {},
            },
            "output_activations": None,
        }
    },
}


@dataclass(frozen=True)
class Rope:
    """How a position turns queries and keys."""

    kind: str
    theta: float
    size: int  # of each head's values, how many are turned


class GlmConfig(BaseModel):
    """The lines of config.json that decide the tensors. Defaults are Transformers' for these architectures."""

    architectures: list[str]
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    vocab_size: int
    head_dim: int = 128
    max_position_embeddings: int = 131072
    tie_word_embeddings: bool = False
    attention_bias: bool = True
    quantization_config: dict[str, Any] | None = None
    rms_norm_eps: float = 1.5625e-7
    hidden_act: str = "silu"
    rope_theta: float = 10000.0
    partial_rotary_factor: float = 0.5
    rope_parameters: dict[str, Any] | None = None  # Transformers 5 has the two above in here
    rope_scaling: dict[str, Any] | None = None

    @property
    def rope(self) -> Rope:
        more = self.rope_parameters or self.rope_scaling or {}
        part = more.get("partial_rotary_factor", self.partial_rotary_factor)
        kind = more.get("rope_type", more.get("type", "default"))
        return Rope(kind, more.get("rope_theta", self.rope_theta), int(self.head_dim * part))

    @property
    def architecture(self) -> str:
        return self.architectures[0]

    @property
    def parameters(self) -> int:
        """Weights as the model's card counts them: a tied output counts once, quantization scales not at all."""
        return sum(math.prod(shape) for shape in full_precision_tensors(self).values())


@dataclass(frozen=True)
class Checkpoint:
    """A folder that was looked at and can be loaded."""

    path: Path
    config: GlmConfig
    int8: bool  # the files hold INT8 weights; otherwise they are quantized while loading
    shards: tuple[Path, ...]

    @property
    def linear_bytes(self) -> int:
        """What one decode step reads: the INT8 weights and the output matrix."""
        linears = (shape for name, shape in full_precision_tensors(self.config).items() if is_linear(name))
        return sum(math.prod(shape) for shape in linears) + self.config.vocab_size * self.config.hidden_size


@dataclass(frozen=True)
class TensorHeader:
    dtype: str  # safetensors' name: F32, F16, BF16, I8
    shape: tuple[int, ...]


def find(model: str) -> Path:
    """The folder that `--model` means: `embedded`, a folder, or a Hugging Face id, which is downloaded if need be."""
    if model == "embedded":
        if not (EMBEDDED / "config.json").is_file():
            raise CheckpointError(
                f"there is no embedded model in {EMBEDDED}: this installation was built without its weights; "
                "install a release, or name a model: --model DIR or --model zai-org/GLM-4-9B-0414"
            )
        return EMBEDDED
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise CheckpointError(
            f"{model} is a file: a model is a folder with config.json and *.safetensors; name its folder"
        )
    if re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", model):
        return download(model)
    raise CheckpointError(
        f"there is no model folder {model} (looked from {Path.cwd()}): "
        "name an existing folder, a Hugging Face id such as zai-org/GLM-4-9B-0414, or `embedded`"
    )


def on_this_machine(model: str) -> bool:
    """Whether serving it downloads nothing: `embedded`, a folder, or a Hugging Face id whose files are all cached."""
    if model == "embedded" or Path(model).expanduser().is_dir():
        return True
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(model, "config.json")
    if not isinstance(config, str):
        return False
    try:
        find_shards(Path(config).parent)
    except CheckpointError:
        return False
    return True


def download(repository: str) -> Path:
    """The folder of a Hugging Face repository in the local cache, fetched first where a file is missing."""
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, allow_patterns=list(DOWNLOADED)))
    except LocalEntryNotFoundError as error:
        raise CheckpointError(
            f"cannot download {repository}: it is not in the Hugging Face cache and huggingface.co does not answer; "
            "go online once, or copy the model's folder to this machine and pass its path to --model"
        ) from error
    except HfHubHTTPError as error:
        raise CheckpointError(
            f"cannot download {repository}: {str(error).splitlines()[0]}; "
            "check the name, and for a gated model run `hf auth login` first"
        ) from error
    except (httpx.HTTPError, OSError) as error:
        raise CheckpointError(
            f"cannot download {repository}: {error}; try again, or pass a folder to --model"
        ) from error


def inspect(path: Path) -> Checkpoint:
    """What the folder holds. Raises CheckpointError for anything that could not be loaded and served."""
    config = read_config(path / "config.json")
    for name in ("tokenizer.json",):
        if not (path / name).is_file():
            raise CheckpointError(
                f"{path} has no {name}: the engine needs a fast tokenizer; copy it beside the weights"
            )
    int8 = is_int8(path, config)
    shards = find_shards(path)
    found: dict[str, TensorHeader] = {}
    for shard in shards:
        found.update(read_header(shard))
    check_tensors(path, expected_tensors(config, int8), found)
    return Checkpoint(path, config, int8, shards)


def read_config(file: Path) -> GlmConfig:
    """config.json, checked."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointError(f"{file.parent} has no config.json: this is not a model folder; check --model") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{file} is not JSON ({error}): download or copy it again") from error
    named = values.get("architectures") if isinstance(values, dict) else None
    if not isinstance(named, list) or not named or named[0] not in ARCHITECTURES:
        raise CheckpointError(
            f"{file}: architectures is {named}, and the int8 engine runs {' and '.join(ARCHITECTURES)} only; "
            "choose a text GLM, or serve this model with vLLM"
        )
    try:
        config = GlmConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CheckpointError(f"{file}: {where}: {first['msg']}; download or export the model again") from error
    if config.rope.kind in ("dynamic", "longrope"):
        raise CheckpointError(
            f"{file}: rope_type {config.rope.kind!r} changes with the length of the text, which the int8 engine does "
            "not do; serve this model with vLLM"
        )
    return config


def is_int8(path: Path, config: GlmConfig) -> bool:
    """Whether the weights are INT8 already. Raises for any other quantization."""
    quantization = config.quantization_config
    if quantization is None:
        return False
    groups: list[dict[str, Any]] = list(quantization.get("config_groups", {}).values())
    weights = [group.get("weights") or {} for group in groups]
    w8a8 = quantization.get("format") == W8A8["format"] and all(
        weight.get("num_bits") == 8
        and weight.get("type") == "int"
        and weight.get("strategy") == "channel"
        and weight.get("symmetric")
        for weight in weights
    )
    if quantization.get("quant_method") != W8A8["quant_method"] or not groups or not w8a8:
        method, form = quantization.get("quant_method"), quantization.get("format")
        raise CheckpointError(
            f"{path / 'config.json'}: quantization {method!r} with format {form!r} is not one the int8 engine reads "
            "(compressed-tensors, int-quantized, 8 bits, symmetric, per channel); "
            "point --model at the full-precision weights, which are quantized while loading"
        )
    return True


def find_shards(path: Path) -> tuple[Path, ...]:
    """The safetensors files, in the order of the index where there is one."""
    index = path / "model.safetensors.index.json"
    if index.is_file():
        try:
            names = sorted({str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()})
        except (json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
            raise CheckpointError(f"{index} is broken ({error!r}): download it again") from error
        missing = [name for name in names if not (path / name).is_file()]
        if missing:
            raise CheckpointError(
                f"{path} lacks {len(missing)} of {len(names)} weight files, first {missing[0]}: "
                "the download did not finish; start it again"
            )
        return tuple(path / name for name in names)
    single = path / "model.safetensors"
    if single.is_file():
        return (single,)
    raise CheckpointError(
        f"{path} has no model.safetensors and no model.safetensors.index.json: "
        "the engine reads safetensors only; download or export the weights in that form"
    )


def read_header(file: Path) -> dict[str, TensorHeader]:
    """Every tensor's name, type and shape. Raises when the file is not whole. Format: safetensors' README."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else -1
        if not 2 <= length <= size - 8:
            raise CheckpointError(f"{file} ({size} bytes) has no safetensors header: it is broken; download it again")
        try:
            entries: dict[str, Any] = json.loads(opened.read(length))
        except ValueError as error:
            raise CheckpointError(
                f"{file}: its safetensors header is not JSON: it is broken; download it again"
            ) from error
    try:
        entries.pop("__metadata__", None)
        end = 8 + length + max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        found = {name: TensorHeader(entry["dtype"], tuple(map(int, entry["shape"]))) for name, entry in entries.items()}
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{file}: its safetensors header is no list of tensors ({error!r}): it is broken; download it again"
        ) from error
    if end != size:
        raise CheckpointError(
            f"{file} is {size} bytes and its header promises {end}: it was cut short or altered; download it again"
        )
    return found


def check_tensors(path: Path, expected: dict[str, TensorHeader], found: dict[str, TensorHeader]) -> None:
    """Raises unless every expected tensor is there with its shape and type."""
    missing = [name for name in expected if name not in found]
    if missing:
        raise CheckpointError(
            f"{path} lacks {len(missing)} of {len(expected)} tensors, first {missing[0]}: "
            "weights and config.json do not belong together, or a file is missing; download or export them again"
        )
    for name, want in expected.items():
        have = found[name]
        if have.shape != want.shape:
            raise CheckpointError(
                f"{path}: {name} has shape {list(have.shape)} and config.json asks for {list(want.shape)}: "
                "weights and config.json do not belong together; download or export them again"
            )
        if have.dtype != want.dtype and not (want.dtype == "float" and have.dtype in FLOATS):
            raise CheckpointError(
                f"{path}: {name} is {have.dtype} and must be {want.dtype}: "
                "the quantization_config of config.json does not belong to these weights; export them again"
            )


def expected_tensors(config: GlmConfig, int8: bool) -> dict[str, TensorHeader]:
    """Every tensor that the files must hold; "float" stands for any floating type."""
    tensors: dict[str, TensorHeader] = {}
    for name, shape in full_precision_tensors(config).items():
        quantized = int8 and is_linear(name)
        tensors[name] = TensorHeader("I8" if quantized else "float", shape)
        if quantized:
            tensors[name + "_scale"] = TensorHeader("float", (shape[0], 1))
    return tensors


def full_precision_tensors(config: GlmConfig) -> dict[str, tuple[int, ...]]:
    """Name to shape, as Transformers saves these architectures."""
    hidden, inner = config.hidden_size, config.intermediate_size
    heads, kv_heads = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
    norms = ["input_layernorm", "post_attention_layernorm"]
    if config.architecture == "Glm4ForCausalLM":
        norms += ["post_self_attn_layernorm", "post_mlp_layernorm"]
    tensors: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config.vocab_size, hidden)}
    for layer in range(config.num_hidden_layers):
        at = f"model.layers.{layer}."
        for name, rows in (("q_proj", heads), ("k_proj", kv_heads), ("v_proj", kv_heads)):
            tensors[f"{at}self_attn.{name}.weight"] = (rows, hidden)
            if config.attention_bias:
                tensors[f"{at}self_attn.{name}.bias"] = (rows,)
        tensors[f"{at}self_attn.o_proj.weight"] = (hidden, heads)
        tensors[f"{at}mlp.gate_up_proj.weight"] = (2 * inner, hidden)
        tensors[f"{at}mlp.down_proj.weight"] = (hidden, inner)
        for norm in norms:
            tensors[f"{at}{norm}.weight"] = (hidden,)
    tensors["model.norm.weight"] = (hidden,)
    if not config.tie_word_embeddings:
        tensors["lm_head.weight"] = (config.vocab_size, hidden)
    return tensors


def is_linear(name: str) -> bool:
    """Whether this tensor is a weight that INT8 checkpoints hold as INT8."""
    module, _, tensor = name.rpartition(".")
    return tensor == "weight" and module.rpartition(".")[2] in LINEARS


class Stages:
    """The story of a long start on stderr: one aligned line a stage, with its seconds."""

    def __init__(self, write: Any) -> None:
        self.write = write
        self.since = time.perf_counter()

    def done(self, stage: str, detail: str = "") -> None:
        now = time.perf_counter()
        self.write(f"  {stage:<9} {detail:<58} {now - self.since:5.1f} s\n")
        self.since = now


def each_shard(shards: tuple[Path, ...]) -> Iterator[Path]:
    """The shards, with a progress bar on stderr when there are several."""
    if len(shards) < 2:
        yield from shards
        return
    from tqdm import tqdm

    yield from tqdm(shards, unit="file", desc="  weights")
