"""How fast memory and disk are here, in a fraction of a second each, and how much of a file is in memory already."""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BLOCK = 4 << 20  # bytes a direct read
READERS = 4  # at once, as prefetching and safetensors' loaders do
SAMPLE = 256 << 20  # bytes of a file that are read at most
MEMORY_SAMPLE = 128 << 20  # bytes a thread: more than any cache holds for it
O_DIRECT = getattr(os, "O_DIRECT", 0)


def memory_gbps(cores: int, free_bytes: int) -> float | None:
    """Read bandwidth of RAM with all cores, best of three; None when there is too little memory to tell."""
    import numpy as np

    threads = min(cores, 16, free_bytes // 4 // MEMORY_SAMPLE)
    if threads < 1:
        return None
    blocks = [np.ones(MEMORY_SAMPLE // 4, dtype=np.float32) for _ in range(threads)]  # written, hence really there
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(3):
            since = time.perf_counter()
            list(pool.map(np.add.reduce, blocks))  # lets other threads run while it sums
            best = max(best, threads * MEMORY_SAMPLE / (time.perf_counter() - since) / 1e9)
    return best


def read_gbps(file: Path) -> float | None:
    """What the disk gives, past the page cache; None when the system does not allow it or the file is too small."""
    size = min(file.stat().st_size, SAMPLE) // BLOCK * BLOCK
    if not size or not O_DIRECT:
        return None
    try:
        descriptor = os.open(file, os.O_RDONLY | O_DIRECT)
    except OSError:  # tmpfs and some network disks have no such reads
        return None

    def read(offset: int) -> None:
        with mmap.mmap(-1, BLOCK) as aligned:  # as direct reads must be
            os.preadv(descriptor, [aligned], offset)

    try:
        since = time.perf_counter()
        with ThreadPoolExecutor(READERS) as pool:
            list(pool.map(read, range(0, size, BLOCK)))
        return size / (time.perf_counter() - since) / 1e9
    except OSError:
        return None
    finally:
        os.close(descriptor)


def cached_share(files: Iterable[Path]) -> float | None:
    """How much of the files the page cache holds, 0 to 1; None where mincore(2) is missing."""
    resident = pages = 0
    for file in files:
        size = file.stat().st_size
        if not size:
            continue
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            with file.open("rb") as opened, mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_COPY) as mapped:
                count = -(-size // mmap.PAGESIZE)
                vector = (ctypes.c_ubyte * count)()
                place = ctypes.c_char.from_buffer(mapped)
                failed = libc.mincore(ctypes.byref(place), ctypes.c_size_t(size), vector)
                del place
        except (OSError, AttributeError, TypeError):
            return None
        if failed:
            return None
        resident += sum(entry & 1 for entry in vector)
        pages += count
    return resident / pages if pages else None
