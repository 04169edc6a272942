"""Who answers when the model asks: a person at the terminal, or nobody. Knows nothing of runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading

from autoglm.seams import Asked

HINTS: dict[Asked, str] = {
    "ask": "",
    "approve": " (yes or no)",
    "take_over": "\nDo it in the browser's window (--headed shows it), then press Enter",
}


class Nobody:
    """Never answers; a run that asks ends as `needs_human`."""

    async def ask(self, question: str, kind: Asked = "ask") -> str | None:
        return None


class Terminal:
    """Asks on stderr and reads a line of stdin, while the loop goes on."""

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd
        self._read = b""

    async def ask(self, question: str, kind: Asked = "ask") -> str | None:
        sys.stderr.write(f"{question}{HINTS[kind]}\n> ")
        sys.stderr.flush()
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        # A thread of our own: the loop's executor would be waited for after Ctrl-C, until somebody pressed Enter.
        threading.Thread(target=self._answer, args=(answer,), daemon=True).start()
        return await answer

    def _answer(self, answer: asyncio.Future[str | None]) -> None:
        line = self._line()

        def resolve() -> None:
            if not answer.done():
                answer.set_result(line)

        with contextlib.suppress(RuntimeError):  # the loop was closed while we waited
            answer.get_loop().call_soon_threadsafe(resolve)

    def _line(self) -> str | None:
        """None at the end of the input. `os.read`, since a thread inside sys.stdin aborts Python's shutdown."""
        while b"\n" not in self._read:
            try:
                chunk = os.read(self._fd, 4096)
            except OSError:
                chunk = b""
            if not chunk:
                line, self._read = self._read, b""
                return line.decode(errors="replace").strip() or None
            self._read += chunk
        line, _, self._read = self._read.partition(b"\n")
        return line.decode(errors="replace").strip()
