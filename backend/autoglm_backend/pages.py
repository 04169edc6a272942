"""Conversations as lists of pages: which pages hold whose tokens, shared where they begin alike. Knows no model.

Tokens that several conversations have in common are in the same pages; who goes on alone writes into a page of its own.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Pages:
    """Memory for so many pages, in one buffer for each kind of value. A page never touched takes none."""

    def __init__(self, count: int, tokens: int, shapes: Sequence[tuple[int, ...]], dtype: Any) -> None:
        self.tokens = tokens  # in a page
        self.buffers = [private(count * int(np.prod(shape)) * np.dtype(dtype).itemsize) for shape in shapes]
        self.values: list[NDArray[Any]] = [
            np.frombuffer(buffer, dtype).reshape(count, *shape)
            for buffer, shape in zip(self.buffers, shapes, strict=True)
        ]  # each (pages, …)
        self.free = list(range(count))  # a heap: low pages first, so that few are ever touched
        self.holders = [0] * count

    def take(self) -> int:
        page = heappop(self.free)
        self.holders[page] = 1
        return page

    def share(self, pages: Iterable[int]) -> None:
        for page in pages:
            self.holders[page] += 1

    def give_back(self, pages: Iterable[int]) -> list[int]:
        """Those of them that nobody holds any more."""
        freed: list[int] = []
        for page in pages:
            self.holders[page] -= 1
            if self.holders[page] == 0:
                heappush(self.free, page)
                freed.append(page)
        return freed

    def copy(self, source: int, into: int) -> None:
        for values in self.values:
            values[into] = values[source]

    def empty(self, pages: Iterable[int]) -> None:
        """Returns the memory of these to the system, where it takes it."""
        if not hasattr(mmap, "MADV_DONTNEED"):  # Windows
            return
        for first, last in runs(sorted(pages)):
            for buffer, values in zip(self.buffers, self.values, strict=True):
                size = values[0].nbytes
                start = -(-first * size // mmap.PAGESIZE) * mmap.PAGESIZE
                end = (last + 1) * size // mmap.PAGESIZE * mmap.PAGESIZE
                if end > start:
                    buffer.madvise(mmap.MADV_DONTNEED, start, end - start)


class PagedCache:
    """One conversation; a `decoder.Cache`."""

    def __init__(self, memory: Pages) -> None:
        self.memory = memory
        self.pages: list[int] = []
        self.length = 0

    def keep(self, length: int) -> None:
        self.length = min(self.length, length)
        needed = -(-self.length // self.memory.tokens)
        freed = self.memory.give_back(self.pages[needed:])
        del self.pages[needed:]
        if self.length == 0:
            self.memory.empty(freed)

    def copy_from(self, other: PagedCache, length: int) -> None:
        kept = other.pages[: -(-length // self.memory.tokens)]
        self.memory.share(kept)
        self.memory.give_back(self.pages)
        self.pages, self.length = kept, length

    def grow(self, tokens: int) -> None:
        """Pages for so many more, none of which another conversation holds."""
        if self.length % self.memory.tokens and self.memory.holders[self.pages[-1]] > 1:
            own = self.memory.take()
            self.memory.copy(self.pages[-1], own)
            self.memory.give_back([self.pages[-1]])
            self.pages[-1] = own
        while len(self.pages) * self.memory.tokens < self.length + tokens:
            self.pages.append(self.memory.take())


def private(size: int) -> mmap.mmap:
    """Memory of this process alone: what is shared, as is Python's default, is not given up by MADV_DONTNEED."""
    if hasattr(mmap, "MAP_PRIVATE"):
        return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return mmap.mmap(-1, size)  # Windows


def runs(numbers: Sequence[int]) -> Iterable[tuple[int, int]]:
    """(first, last) of each row of neighbours."""
    for _, row in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in row]
        yield found[0], found[-1]
