"""A machine that is not here, from words: `2x RTX 3060`, `3 x P40, 64 GB RAM`, `RTX 3090 + RTX 5090`, `no GPU`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from autoglm_backend.errors import BackendError
from autoglm_backend.machine import Cpu, Disk, Gpu, Machine, Software
from autoglm_backend.profiles import GIB, ProfileFile, capability, load

COUNT = re.compile(r"^\s*(-?[\d.]+)\s*[x×*]\s*", re.IGNORECASE)
MOST = 64  # cards of one machine; sixteen is the most that is sold
RAM = re.compile(r"(\d+)\s*Gi?B\s+(?:of\s+)?RAM", re.IGNORECASE)
MEMORY = re.compile(r"\b(\d+)\s*Gi?B?\b", re.IGNORECASE)
NONE = re.compile(r"^\s*(no gpu|none|cpu(?: only)?)\s*$", re.IGNORECASE)


def machine(text: str, files: Iterable[ProfileFile] | None = None) -> Machine:
    """Raises BackendError, with what can be named, for a card without a profile, or a number that no machine has."""
    known = tuple(load() if files is None else files)
    ram = RAM.search(text)
    cards = [part for part in re.split(r"[+,]", RAM.sub("", text)) if part.strip()]
    if not cards:
        raise BackendError(f'--what-if {text!r} names no card: say "2x RTX 3060", or "no GPU"')
    gpus: list[Gpu] = []
    for card in cards:
        if NONE.match(card):
            continue
        found = COUNT.match(card)
        count = found[1] if found else "1"
        if not count.isdigit() or not 0 < int(count) <= MOST - len(gpus):
            raise BackendError(f"--what-if {card.strip()}: one machine is planned for, with 1 to {MOST} cards in all")
        profile = choose(COUNT.sub("", card).strip(), known)
        gpus += [gpu(profile, len(gpus) + n) for n in range(int(count))]
    size = int(ram[1]) * GIB if ram else max(32 * GIB, 2 * sum(card.memory_bytes for card in gpus))
    return Machine(
        cpu=Cpu("a processor", cores=16, flags=frozenset({"avx2", "avx512f", "avx512_vnni"}), memory_gbps=40.0),
        ram_bytes=size,
        ram_free_bytes=round(size * 0.9),
        disk=Disk("", free_bytes=1 << 40, read_gbps=1.0),
        gpus=tuple(gpus),
        software=Software(python="3.12"),
        hypothetical=True,
    )


def choose(name: str, known: tuple[ProfileFile, ...]) -> ProfileFile:
    """The profile that the words mean; of several sizes the one that is named, else the usual one."""
    memory = [int(size) for size in MEMORY.findall(name)]
    bare = MEMORY.sub("", name).strip()
    found = [p for p in known if p.facts.memory_gib and any(hit(p, text) for text in {name, bare})]
    sized = [p for p in found if any(size == p.facts.memory_gib for size in memory)]
    for candidates in (sized, () if memory else [p for p in found if p.default], () if memory else found):
        if candidates:
            return candidates[0]
    names = ", ".join(sorted(p.name for p in found or known if p.facts.memory_gib))
    raise BackendError(f"--what-if: no profile for {name!r}; name one of: {names}; or add a file to hardware_profiles")


def hit(profile: ProfileFile, text: str) -> bool:
    """By the profile's own pattern, or by whole words of its name with a number: `3060`, but not `RTX`."""
    if re.search(profile.match, text, re.IGNORECASE):
        return True
    words = rf"\b{re.escape(text)}\b"
    return any(c.isdigit() for c in text) and bool(re.search(words, profile.name.split(" (")[0], re.IGNORECASE))


def gpu(profile: ProfileFile, index: int) -> Gpu:
    facts = profile.facts
    size = facts.visible_gib or (facts.memory_gib or 0) * 0.98
    return Gpu(
        index=index,
        name=profile.name,
        memory_bytes=round(size * GIB),
        compute_capability=capability(facts.compute_capability),
        nvlink_gbps=facts.nvlink_gbps,
    )
