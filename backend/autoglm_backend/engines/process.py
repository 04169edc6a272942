"""A program that serves: its log as it comes, its end, and how to end it. Knows no engine."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from autoglm_backend.engines.guard import GRACE_S

KEPT_LINES = 2000  # of the log: vLLM's errors come with a traceback of each of its processes


class EngineProcess:
    """Started at once, under a guard that ends its whole group when this process ends (`guard.py`)."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], heard: Callable[[str], None] | None = None
    ) -> None:
        """`heard` gets each line that it writes, on a thread of its own. Raises OSError as subprocess.Popen does."""
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.written = 0  # lines so far, those no longer kept included
        self._heard = heard
        guard = [sys.executable, "-I", str(Path(__file__).with_name("guard.py")), *command]
        self._process = subprocess.Popen(
            guard,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C in the terminal is for us
        )
        self._reader = threading.Thread(target=self._read, name="engine log", daemon=True)
        self._reader.start()

    def exit_code(self) -> int | None:
        """None while it runs; 128 + N when signal N ended it. Its last words are in `lines` by then."""
        code = self._process.poll()
        if code is not None:
            self._reader.join(5)
        return code

    def stop(self) -> int:
        """Its exit code, once it and everything it started are gone."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            code = self._process.wait(GRACE_S + 10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(5)
        return code

    def log(self) -> str:
        return "\n".join(self.lines)

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as log:
            for line in log:
                self.lines.append(line.rstrip("\n"))
                self.written += 1
                if self._heard:
                    self._heard(self.lines[-1])
