"""Which conversations are remembered, and which of them a prompt continues. Knows no model and no text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autoglm_backend.decoder import Cache

MOST = 16  # conversations that are remembered, and requests that run at once, where memory allows
SHARE = 8  # of the free memory one in so many parts is for conversations


def room_for(free: int, each: int) -> int:
    """How many conversations of so many bytes, full, may lie in a processor's memory."""
    return max(1, min(MOST, free // SHARE // each))


@dataclass(eq=False)
class Slot:
    """A cache and the tokens it holds; between forward passes, `ids` and `cache.length` agree."""

    cache: Cache
    ids: list[int] = field(default_factory=list[int])
    used: int = 0  # the pool's clock when last taken
    busy: bool = False


class PrefixPool:
    """The last few conversations, so that what a prompt shares with one of them is not computed again."""

    def __init__(self, cache: Callable[[], Cache], slots: int) -> None:
        self.cache = cache
        self.limit = slots
        self.slots: list[Slot] = []
        self.clock = 0

    def take(self, prompt: Sequence[int]) -> Slot:
        """A slot that holds the longest known prefix of `prompt`, never all of it: the last token must be run.

        A slot that is busy, or would lose more than half of what it holds, lends its prefix to another instead, so that
        conversations with the same opening do not evict each other. Give it back; there must be a free one.
        """
        self.clock += 1
        shared, best = max(
            ((min(common_prefix(slot.ids, prompt), len(prompt) - 1), slot) for slot in self.slots),
            key=lambda found: found[0],
            default=(0, None),
        )
        if best is not None and not best.busy and 2 * shared >= len(best.ids):
            slot = best
        else:
            slot = self._oldest_or_new()
            if best is not None and slot is not best:
                slot.cache.copy_from(best.cache, shared)
        slot.cache.keep(shared)
        slot.ids = list(prompt[:shared])
        slot.used, slot.busy = self.clock, True
        return slot

    def give_back(self, slot: Slot) -> None:
        """The conversation is remembered until its slot is needed."""
        slot.busy = False
        self.shrink(self.limit)

    def shrink(self, slots: int) -> None:
        """At most so many from now on; those that are busy too many go when they are given back."""
        self.limit = slots
        while len(self.slots) > slots and (free := [slot for slot in self.slots if not slot.busy]):
            eldest = min(free, key=lambda slot: slot.used)
            eldest.cache.keep(0)
            self.slots.remove(eldest)

    def _oldest_or_new(self) -> Slot:
        if len(self.slots) < self.limit:
            self.slots.append(Slot(self.cache()))
            return self.slots[-1]
        return min((slot for slot in self.slots if not slot.busy), key=lambda slot: slot.used)


def common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens both begin with."""
    for at, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return at
    return min(len(left), len(right))
