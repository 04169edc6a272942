"""Weights into the page cache while the engine still imports its libraries, with a bar that counts real bytes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autoglm_backend.measure import BLOCK, READERS

WORTH_BYTES = 256 << 20  # less is read before anyone could look


class Prefetch:
    """Reads the files on threads of its own; the engine's loader then finds them in memory, or waits beside us."""

    def __init__(self, files: Sequence[Path], free_ram: int, *, worth: int = WORTH_BYTES) -> None:
        """Does nothing for little, and for more than the memory would keep: then it would push out what it read."""
        self.total = sum(file.stat().st_size for file in files)
        self.read = 0
        self.wanted = worth <= self.total <= free_ram
        self._stopped = threading.Event()
        self._counting = threading.Lock()
        self._files = files
        self._thread = threading.Thread(target=self._work, name="prefetch", daemon=True)

    def start(self) -> Prefetch:
        if self.wanted:
            self._thread.start()
        return self

    def stop(self) -> None:
        """The engine is ready, or gave up."""
        self._stopped.set()
        if self.wanted:
            self._thread.join()

    def _work(self) -> None:
        from tqdm import tqdm

        with tqdm(total=self.total, unit="B", unit_scale=True, desc="  weights") as bar:
            for file in self._files:
                self._read(file, bar.update)

    def _read(self, file: Path, show: Callable[[int], object]) -> None:
        descriptor = os.open(file, os.O_RDONLY)

        def read(offset: int) -> None:
            if self._stopped.is_set():
                return
            count = len(os.pread(descriptor, BLOCK, offset))
            with self._counting:
                self.read += count
                show(count)

        try:
            with ThreadPoolExecutor(READERS) as pool:
                list(pool.map(read, range(0, file.stat().st_size, BLOCK)))
        finally:
            os.close(descriptor)
