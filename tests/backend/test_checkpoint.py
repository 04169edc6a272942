"""What can be loaded, and what is said of the rest."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from autoglm_backend.checkpoint import W8A8, find, find_shards, inspect, read_header
from autoglm_backend.convert import save_int8
from autoglm_backend.errors import CheckpointError
from safetensors.torch import load_file, save_file


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Path], Path]:
    return lambda folder: Path(shutil.copytree(folder, tmp_path / "copy"))


def edit_config(folder: Path, **changes: Any) -> None:
    values = json.loads((folder / "config.json").read_text())
    values.update(changes)
    (folder / "config.json").write_text(json.dumps(values))


def test_a_full_precision_and_an_int8_folder_count_the_same_parameters(glm4_dir: Path, int8_dir: Path) -> None:
    full, int8 = inspect(glm4_dir), inspect(int8_dir)

    assert (full.int8, int8.int8) == (False, True)
    assert full.config.parameters == int8.config.parameters
    tensors = load_file(glm4_dir / "model.safetensors")
    assert full.config.parameters == sum(tensor.numel() for tensor in tensors.values())


def test_an_int8_folder_says_compressed_tensors_w8a8_and_keeps_tokenizer_and_template(int8_dir: Path) -> None:
    config = json.loads((int8_dir / "config.json").read_text())
    tensors = load_file(int8_dir / "model.safetensors")

    assert config["quantization_config"] == W8A8
    assert {"tokenizer.json", "chat_template.jinja", "generation_config.json"} <= {
        file.name for file in int8_dir.iterdir()
    }
    weight, scale = (tensors["model.layers.0.mlp.down_proj.weight" + end] for end in ("", "_scale"))
    assert (str(weight.dtype), tuple(scale.shape)) == ("torch.int8", (weight.shape[0], 1))


def test_a_sharded_folder_becomes_a_sharded_int8_folder(
    copy: Callable[[Path], Path], glm4_dir: Path, tmp_path: Path
) -> None:
    folder = copy(glm4_dir)
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    shards = {"a.safetensors": names[:9], "b.safetensors": names[9:]}
    for file, held in shards.items():
        save_file({name: tensors[name] for name in held}, folder / file)
    (folder / "model.safetensors").unlink()
    places = {name: file for file, held in shards.items() for name in held}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))

    saved = save_int8(folder, tmp_path / "int8")

    assert [shard.name for shard in inspect(saved).shards] == list(shards)


def test_int8_weights_are_not_quantized_twice(int8_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is INT8 already"):
        save_int8(int8_dir, tmp_path / "again")


def test_a_folder_in_use_is_not_written_over(glm4_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(CheckpointError, match="is not an empty folder"):
        save_int8(glm4_dir, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("model", ["/no/such/folder", "nothing-here"])
def test_an_unknown_folder_is_named_with_what_could_be_given_instead(model: str) -> None:
    with pytest.raises(CheckpointError, match=f"there is no model folder {model}.*Hugging Face id"):
        find(model)


def test_a_file_is_not_a_model_folder(glm4_dir: Path) -> None:
    with pytest.raises(CheckpointError, match="is a file: a model is a folder"):
        find(str(glm4_dir / "config.json"))


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has no config.json"):
        inspect(tmp_path)


def test_broken_config_is_named(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    (folder / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"config.json is not JSON"):
        inspect(folder)


def test_a_config_without_a_size_names_the_missing_line(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    edit_config(folder, hidden_size=None)
    with pytest.raises(CheckpointError, match="hidden_size"):
        inspect(folder)


def test_another_architecture_is_refused_by_name(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    edit_config(folder, architectures=["LlamaForCausalLM"])
    with pytest.raises(CheckpointError, match=r"LlamaForCausalLM.*Glm4ForCausalLM and GlmForCausalLM only"):
        inspect(folder)


def test_another_quantization_is_refused_by_name(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    edit_config(folder, quantization_config={"quant_method": "gptq"})
    with pytest.raises(CheckpointError, match="quantization 'gptq'"):
        inspect(folder)


def test_truncated_weights_are_told_with_both_sizes(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    file = copy(glm4_dir) / "model.safetensors"
    whole = file.stat().st_size
    with file.open("r+b") as opened:
        opened.truncate(whole - 1000)
    with pytest.raises(CheckpointError, match=f"is {whole - 1000} bytes and its header promises {whole}"):
        inspect(file.parent)


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 40, (30).to_bytes(8, "little") + b"no json" * 10])
def test_a_file_that_is_no_safetensors_is_broken(copy: Callable[[Path], Path], glm4_dir: Path, content: bytes) -> None:
    file = copy(glm4_dir) / "model.safetensors"
    file.write_bytes(content)
    with pytest.raises(CheckpointError, match="it is broken; download it again"):
        inspect(file.parent)


def test_a_missing_tensor_is_named(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    file = copy(glm4_dir) / "model.safetensors"
    tensors = load_file(file)
    del tensors["model.layers.1.mlp.down_proj.weight"]
    save_file(tensors, file)
    with pytest.raises(CheckpointError, match=r"lacks 1 of \d+ tensors, first model.layers.1.mlp.down_proj.weight"):
        inspect(file.parent)


def test_a_tensor_of_another_shape_is_told_with_both_shapes(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    edit_config(folder, vocab_size=400)
    with pytest.raises(CheckpointError, match=r"embed_tokens.weight has shape \[352, 64\].*\[400, 64\]"):
        inspect(folder)


def test_full_weights_with_an_int8_config_are_refused(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    edit_config(folder, quantization_config=W8A8)
    with pytest.raises(CheckpointError, match=r"tensors, first .*_scale"):
        inspect(folder)


def test_weights_without_a_tokenizer_are_refused(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match=r"has no tokenizer.json"):
        inspect(folder)


def test_a_missing_shard_is_an_unfinished_download(copy: Callable[[Path], Path], glm4_dir: Path) -> None:
    folder = copy(glm4_dir)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"x": "gone.safetensors"}}))
    with pytest.raises(CheckpointError, match=r"first gone.safetensors: the download did not finish"):
        inspect(folder)


@pytest.mark.parametrize(
    "header",
    [
        '{"a": 1}',
        "[]",
        '{"a": {"dtype": "F32", "shape": [2]}}',
        '{"a": {"dtype": "F32", "shape": "x", "data_offsets": [0, 0]}}',
    ],
)
def test_a_header_that_lists_no_tensors_is_told(tmp_path: Path, header: str) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header.encode())
    with pytest.raises(CheckpointError, match=r"no list of tensors .*download it again"):
        read_header(file)


@pytest.mark.parametrize(
    ("index", "words"), [("[1]", "is broken"), ('{"weight_map": {"a": 3}}', "lacks 1 of 1 weight files, first 3")]
)
def test_an_index_that_names_no_files_is_told(tmp_path: Path, index: str, words: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(CheckpointError, match=words):
        find_shards(tmp_path)
