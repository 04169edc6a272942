"""The INT8 form of a full-precision checkpoint, made once and kept in the user's cache. Knows no engine.

A kept one is found by the hash of the source and the versions that made it; its files' checksums are compared each
time, which also brings them into memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autoglm_backend.checkpoint import Checkpoint, inspect
from autoglm_backend.errors import CheckpointError

SUMS = "checksums.json"
KNOWN = "sources.json"  # hashes of the sources that were read, by what their files looked like
BLOCK = 8 << 20
LAYOUT = 1  # of what convert.save_int8 writes; one more when it changes


def quantized(source: Checkpoint, tell: Callable[[str], object], root: Path | None = None) -> Checkpoint:
    """The INT8 checkpoint of `source`, from the cache or made now; `source` itself when the disk has no room for it."""
    root = root or cache_root()
    folder = root / key(source, root)
    if folder.exists():
        try:
            return checked(folder)
        except CheckpointError as error:
            tell(f"the kept INT8 weights are broken and made again: {error}")
            shutil.rmtree(folder)
    return made(source, folder, tell)


def made(source: Checkpoint, folder: Path, tell: Callable[[str], object]) -> Checkpoint:
    from autoglm_backend.convert import save_int8

    folder.parent.mkdir(parents=True, exist_ok=True)
    needed, free = source.linear_bytes * 5 // 4, shutil.disk_usage(folder.parent).free
    if needed > free:
        tell(
            f"INT8 weights are not kept: {needed / 1e9:.1f} GB are needed in {folder.parent}, {free / 1e9:.1f} are free"
        )
        return source
    tell(f"quantizing once, into {folder}")
    save_int8(source.path, folder)
    found = inspect(folder)
    sums = {shard.name: checksum(shard) for shard in found.shards}
    (folder / SUMS).write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")
    return found


def checked(folder: Path) -> Checkpoint:
    """The kept checkpoint. Raises CheckpointError when it is not what was written."""
    found = inspect(folder)
    try:
        sums = json.loads((folder / SUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder / SUMS} cannot be read ({error})") from error
    for shard in found.shards:
        if sums.get(shard.name) != checksum(shard):
            raise CheckpointError(f"{shard} does not have the checksum it was written with")
    return found


def checksum(file: Path) -> int:
    total = 0
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            total = zlib.crc32(block, total)
    return total


def key(source: Checkpoint, root: Path) -> str:
    """Differs whenever the source or what quantizes it does."""
    made_by = [LAYOUT, version("torch"), version("transformers")]
    return hashlib.sha256(json.dumps([contents(source, root), *made_by]).encode()).hexdigest()[:24]


def contents(source: Checkpoint, root: Path) -> str:
    """Hash of all that INT8 weights are made of. Files that look as they did (size and time) are not read again."""
    files = [*source.shards, source.path / "config.json", source.path / "tokenizer.json"]
    looks = [[file.name, (stat := file.stat()).st_size, stat.st_mtime_ns] for file in files]
    at = str(source.path.resolve())
    known = known_sources(root)
    if at in known and known[at]["looks"] == looks:
        return known[at]["sha256"]
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            total.update(hashlib.file_digest(opened, "sha256").digest())
    known[at] = {"looks": looks, "sha256": total.hexdigest()}
    root.mkdir(parents=True, exist_ok=True)
    part = root / f"{KNOWN}.{os.getpid()}"
    part.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    part.replace(root / KNOWN)
    return total.hexdigest()


def known_sources(root: Path) -> dict[str, Any]:
    try:
        return json.loads((root / KNOWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def cache_root() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("autoglm") / "int8"
