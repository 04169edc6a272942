"""INT8 weights are made once, and made again when what is kept is not what was written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from autoglm_backend.checkpoint import Checkpoint, inspect
from autoglm_backend.quantized import quantized


@pytest.fixture
def source(glm4_dir: Path, tmp_path: Path) -> Checkpoint:
    return inspect(shutil.copytree(glm4_dir, tmp_path / "source"))


def test_the_second_start_takes_what_the_first_has_made(source: Checkpoint, tmp_path: Path) -> None:
    told: list[str] = []
    first = quantized(source, told.append, tmp_path / "cache")
    written = first.shards[0].stat().st_mtime_ns

    second = quantized(source, told.append, tmp_path / "cache")

    assert (first.int8, second.path, second.shards[0].stat().st_mtime_ns) == (True, first.path, written)
    assert len(told) == 1


@pytest.mark.parametrize("harm", ["a byte turned", "cut short", "no checksums"])
def test_broken_weights_are_noticed_and_made_again(source: Checkpoint, tmp_path: Path, harm: str) -> None:
    told: list[str] = []
    kept = quantized(source, told.append, tmp_path / "cache")
    shard = kept.shards[0]
    whole = shard.read_bytes()
    match harm:
        case "a byte turned":
            shard.write_bytes(whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:])
        case "cut short":
            shard.write_bytes(whole[:-1])
        case _:
            (kept.path / "checksums.json").unlink()

    again = quantized(source, told.append, tmp_path / "cache")

    assert again.shards[0].read_bytes() == whole
    assert "made again" in told[1]


def test_the_same_weights_elsewhere_are_not_quantized_again(source: Checkpoint, tmp_path: Path) -> None:
    first = quantized(source, lambda _: None, tmp_path / "cache")
    copy = shutil.copytree(source.path, tmp_path / "copy", copy_function=shutil.copyfile)
    assert quantized(inspect(copy), lambda _: None, tmp_path / "cache").path == first.path


def test_other_weights_in_the_same_folder_are_quantized_anew(source: Checkpoint, tmp_path: Path) -> None:
    first = quantized(source, lambda _: None, tmp_path / "cache")
    shard = source.shards[0]
    shard.write_bytes(shard.read_bytes()[:-1] + b"\x01")
    assert quantized(inspect(source.path), lambda _: None, tmp_path / "cache").path != first.path


def test_a_broken_list_of_known_sources_is_no_hindrance(source: Checkpoint, tmp_path: Path) -> None:
    first = quantized(source, lambda _: None, tmp_path / "cache")
    (tmp_path / "cache" / "sources.json").write_text("{")
    assert quantized(source, lambda _: None, tmp_path / "cache").path == first.path
