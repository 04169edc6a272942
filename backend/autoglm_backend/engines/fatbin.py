"""For which GPUs a library holds CUDA code, read from its bytes. Needs no CUDA and runs nothing of it.

A CUDA library carries its kernels in containers: a header of 16 bytes (magic 0xBA55ED50, version u16, header size u16,
size of what follows u64), then entries, each with a header that gives kind (1: PTX, 2: machine code), its own size
(u32 at 4), the size of its code (u64 at 8) and the architecture (u32 at 28). NVIDIA does not document the form; this
reading gives for bitsandbytes 0.50.2 what its makers say of each of its seven libraries (2026-11-20).
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

MAGIC = struct.pack("<I", 0xBA55ED50)
PTX, MACHINE_CODE = 1, 2


def arches(library: Path) -> set[str]:
    """{"sm_80", "compute_90"}: machine code for, or PTX that newer drivers compile from. Empty: no CUDA in it."""
    found: set[str] = set()
    with library.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(MAGIC)
        while at >= 0:
            found |= container(data, at)
            at = data.find(MAGIC, at + len(MAGIC))
    return found


def container(data: mmap.mmap, start: int) -> set[str]:
    """Of one container; whatever does not look like one gives nothing: the magic may be chance."""
    found: set[str] = set()
    if start + 16 > len(data):
        return found
    version, header, size = struct.unpack_from("<HHQ", data, start + 4)
    if version != 1 or header != 16:
        return found
    at, end = start + header, min(start + header + size, len(data))
    while at + 32 <= end:
        kind, own, code = *struct.unpack_from("<H2xI", data, at), struct.unpack_from("<Q", data, at + 8)[0]
        arch = struct.unpack_from("<I", data, at + 28)[0]
        if kind not in (PTX, MACHINE_CODE) or own < 32 or not 20 <= arch < 1000:
            break
        found.add(f"{'sm' if kind == MACHINE_CODE else 'compute'}_{arch}")
        at += own + code
    return found
