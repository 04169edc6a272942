"""A checkpoint's tensors as numpy sees them, mapped from its files and read when they are touched. Knows no model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16, "I8": np.int8}


class Weights:
    """Tensors by name. bf16, which numpy lacks, is there as the bits that `floats` understands."""

    def __init__(self, shards: Sequence[Path]) -> None:
        self._held: dict[str, Array] = {}
        for shard in shards:
            self._held |= mapped(shard)

    def __contains__(self, name: str) -> bool:
        return name in self._held

    def __getitem__(self, name: str) -> Array:
        return self._held[name]

    def floats(self, name: str) -> NDArray[np.float32]:
        return floats(self._held[name])

    def int8(self, name: str) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """The weight (out, in) and its scale (out, 1), quantized now where the file has it in full precision."""
        if name + "_scale" in self:
            return self._held[name], self.floats(name + "_scale")
        return quantize_rows(self.floats(name))


def mapped(shard: Path) -> dict[str, Array]:
    """Format: safetensors' README. `checkpoint.inspect` has made sure that the file is whole."""
    raw = np.memmap(shard, mode="c", dtype=np.uint8)  # c: OpenVINO takes only what it could write to
    start = 8 + int(raw[:8].view(np.uint64)[0])
    entries: dict[str, Any] = json.loads(raw[8:start].tobytes())
    entries.pop("__metadata__", None)
    tensors: dict[str, Array] = {}
    for name, entry in entries.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        tensors[name] = raw[begin:end].view(TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def floats(values: Array) -> NDArray[np.float32]:
    """float32; bits (uint16) are bf16, the upper half of a float32."""
    if values.dtype == np.uint16:
        return (values.astype(np.uint32) << 16).view(np.float32)
    return np.asarray(values, dtype=np.float32)


def quantize_rows(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(int8, float32 scale with the last axis 1), the same as `int8.quantize_rows`."""
    scale = np.maximum(np.abs(values).max(axis=-1, keepdims=True), np.float32(1e-8)) / np.float32(127)
    return np.round(values / scale).astype(np.int8), scale
